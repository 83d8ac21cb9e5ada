//! The table of nodes: one description that drives the decoder, suggestions, `explain NODE`, the
//! language reference and the JSON Schema.
//!
//! A node that is not in the table does not exist; nothing about the form of a document is decided
//! anywhere else.

mod graph;
pub mod policy;
mod service;
pub mod spec;
mod submit;
pub mod target;
mod trigger;
mod workloads;
pub mod workspace;

use std::sync::OnceLock;

/// The four kinds of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Document {
    /// What an author wishes.
    Spec,
    /// What an owner permits.
    Policy,
    /// Facts of a cluster.
    Target,
    /// `pure-agent.kdl` at the root of a repository.
    Workspace,
}

impl Document {
    /// All kinds.
    pub const ALL: [Document; 4] = [Self::Spec, Self::Policy, Self::Target, Self::Workspace];

    /// The word for it in messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Spec => "run spec",
            Self::Policy => "policy file",
            Self::Target => "target file",
            Self::Workspace => "workspace file",
        }
    }

    /// Its top-level nodes.
    #[must_use]
    pub fn nodes(self) -> &'static [&'static NodeDef] {
        match self {
            Self::Spec => spec::TOP,
            Self::Policy => policy::TOP,
            Self::Target => target::TOP,
            Self::Workspace => workspace::TOP,
        }
    }
}

/// One node of the language.
#[derive(Debug)]
pub struct NodeDef {
    /// Its name.
    pub name: &'static str,
    /// What it says, in full sentences.
    pub doc: &'static str,
    /// A line or block that shows it; parses within its parent.
    pub example: &'static str,
    /// Positional arguments.
    pub args: &'static [ArgDef],
    /// Whether the last argument may be repeated.
    pub rest: bool,
    /// Properties.
    pub props: &'static [PropDef],
    /// Nodes of its block; empty: no block.
    pub children: &'static [&'static NodeDef],
    /// How often it may occur in its parent.
    pub count: Count,
    /// What makes two of them the same.
    pub unique: Unique,
}

/// What makes two nodes of one name in one block duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique {
    /// The first argument.
    First,
    /// All arguments.
    Args,
    /// All arguments and properties.
    All,
    /// Nothing: each stands for itself.
    Never,
}

/// How often a node occurs in its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Exactly once.
    One,
    /// At most once.
    Optional,
    /// Any number.
    Many,
    /// At least once.
    Some,
}

/// A positional argument.
#[derive(Debug)]
pub struct ArgDef {
    /// Name in the reference.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Whether it may be left out.
    pub optional: bool,
}

/// A property.
#[derive(Debug)]
pub struct PropDef {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Whether it may be left out.
    pub optional: bool,
    /// What it says.
    pub doc: &'static str,
}

/// What a value must be. The unit of every amount is part of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A new name of the language.
    Name,
    /// The name of something declared.
    Ref(Decl),
    /// Text of one line.
    Line,
    /// Any text.
    Text,
    /// A whole number within bounds.
    Int(i64, i64),
    /// `#true` or `#false`.
    Bool,
    /// One of a list of words.
    Word(&'static [&'static str]),
    /// `"30s"`, `"2h"`, `"3d"`.
    Duration,
    /// `"100Ki"`, `"10Gi"`.
    Size,
    /// `"500m"`, `"1"`.
    Cpu,
    /// `"25 USD"`.
    Money,
    /// `0.3`, a number and no text.
    Temperature,
    /// A host or `*.` pattern.
    Host,
    /// A pattern within one segment.
    IdPattern,
    /// A pattern of image repositories, or the kind of a builtin.
    ImagePattern,
    /// `owner/name`, or a pattern of such.
    OwnerRepo,
    /// A path that starts with `/`, or a pattern of such.
    PathPattern,
    /// A pattern of files of a repository or workspace.
    FilePattern,
    /// `host/owner/name`, or a pattern of such.
    RepoPattern,
    /// A branch, or a pattern of branches.
    BranchPattern,
    /// An image with a digest.
    Image,
    /// `https://…`.
    Url,
    /// `s3://bucket/prefix`.
    S3,
    /// An anchored regular expression.
    Regex,
    /// A cron expression of five fields.
    Cron,
    /// A time zone.
    Timezone,
    /// A CIDR block.
    Cidr,
    /// An SSH public key.
    SshKey,
    /// `YYYY-MM-DD`.
    Date,
    /// The name of a Kubernetes object.
    ObjectName,
    /// A key of a Secret or ConfigMap.
    SecretKey,
    /// A label key.
    LabelKey,
    /// A label value.
    LabelValue,
    /// The name of an environment variable.
    EnvName,
    /// A path to a file beside this one, inside the workspace.
    FilePath,
    /// Where a file stands below a folder of ours.
    FileName,
    /// A pattern of files inside the workspace.
    Glob,
    /// A diagnostic code.
    Code,
    /// A method in upper case.
    Method,
    /// The name of a typed tool or of its argument.
    Identifier,
    /// A path in which `{name}` is the value of an argument.
    PathTemplate,
    /// A JSON Pointer in which `{name}` is the value of an argument.
    Pointer,
    /// A JSON Pointer into the payload of an event.
    EventPointer,
    /// A version `3.7.15`.
    Semver,
    /// `system:serviceaccount:NAMESPACE:NAME`.
    Account,
}

/// What a name can refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decl {
    /// `secret`
    Secret,
    /// `model`
    Model,
    /// `mcp`
    Mcp,
    /// `tools`
    Tools,
    /// `skill`
    Skill,
    /// `approval`
    Approval,
    /// `agent`
    Agent,
    /// `input` of the run
    Input,
    /// `policy`
    Policy,
    /// `target`
    Target,
}

impl Decl {
    /// All kinds of declarations.
    pub const ALL: [Decl; 10] = [
        Self::Secret,
        Self::Model,
        Self::Mcp,
        Self::Tools,
        Self::Skill,
        Self::Approval,
        Self::Agent,
        Self::Input,
        Self::Policy,
        Self::Target,
    ];

    /// The node that declares it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Model => "model",
            Self::Mcp => "mcp",
            Self::Tools => "tools",
            Self::Skill => "skill",
            Self::Approval => "approval",
            Self::Agent => "agent",
            Self::Input => "input",
            Self::Policy => "policy",
            Self::Target => "target",
        }
    }
}

const fn node(name: &'static str, doc: &'static str) -> NodeDef {
    NodeDef {
        name,
        doc,
        example: "",
        args: &[],
        rest: false,
        props: &[],
        children: &[],
        count: Count::Optional,
        unique: Unique::First,
    }
}

const fn arg(name: &'static str, kind: Kind) -> ArgDef {
    ArgDef {
        name,
        kind,
        optional: false,
    }
}

const fn maybe(name: &'static str, kind: Kind) -> ArgDef {
    ArgDef {
        name,
        kind,
        optional: true,
    }
}

const fn need(name: &'static str, kind: Kind, doc: &'static str) -> PropDef {
    PropDef {
        name,
        kind,
        optional: false,
        doc,
    }
}

const fn may(name: &'static str, kind: Kind, doc: &'static str) -> PropDef {
    PropDef {
        name,
        kind,
        optional: true,
        doc,
    }
}

impl NodeDef {
    const fn args(mut self, args: &'static [ArgDef]) -> Self {
        self.args = args;
        self
    }
    const fn rest(mut self) -> Self {
        self.rest = true;
        self
    }
    const fn props(mut self, props: &'static [PropDef]) -> Self {
        self.props = props;
        self
    }
    const fn children(mut self, children: &'static [&'static NodeDef]) -> Self {
        self.children = children;
        self
    }
    const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }
    const fn one(mut self) -> Self {
        self.count = Count::One;
        self
    }
    const fn many(mut self) -> Self {
        self.count = Count::Many;
        self
    }
    const fn some(mut self) -> Self {
        self.count = Count::Some;
        self
    }
    const fn unique(mut self, unique: Unique) -> Self {
        self.unique = unique;
        self
    }
}

/// Every node with the path by which `explain` names it (`agent/egress/http`), parents first.
#[must_use]
pub fn walk() -> &'static [(Document, String, &'static NodeDef)] {
    static ALL: OnceLock<Vec<(Document, String, &'static NodeDef)>> = OnceLock::new();
    ALL.get_or_init(all)
}

fn all() -> Vec<(Document, String, &'static NodeDef)> {
    fn below(
        document: Document,
        prefix: &str,
        nodes: &'static [&'static NodeDef],
        out: &mut Vec<(Document, String, &'static NodeDef)>,
    ) {
        for def in nodes {
            let path = if prefix.is_empty() {
                def.name.to_owned()
            } else {
                format!("{prefix}/{}", def.name)
            };
            out.push((document, path.clone(), def));
            below(document, &path, def.children, out);
        }
    }
    let mut out = Vec::new();
    for document in Document::ALL {
        below(document, "", document.nodes(), &mut out);
    }
    out
}
