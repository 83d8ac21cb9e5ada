//! Tree × table: whatever the [table](crate::nodes) says about the form of a document is checked
//! here, once, for every node. What comes out holds only known nodes with well-formed values, so
//! that decoding has nothing left to refuse.

mod kinds;
mod names;
mod repeat;

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::nodes::{Count, Document, Kind, NodeDef};
use crate::span::{Span, Spanned};
use crate::syntax::tree::{Node, Property, Value};
pub use names::nearest;
use names::{quote_list, unknown_child};

/// A node that fits its description.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its description.
    pub def: &'static NodeDef,
    /// From the name to the last entry.
    pub span: Span,
    args: Vec<Option<Spanned<Scalar>>>,
    props: Vec<(&'static str, Spanned<Scalar>)>,
    children: Vec<Item>,
    broken: bool,
    spoilt: bool,
}

/// A well-formed value. Amounts with a unit stay text; they have been parsed once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    /// Text.
    Text(String),
    /// A whole number within the bounds of its kind.
    Int(i64),
    /// A truth value.
    Bool(bool),
}

impl Item {
    /// Whether something of the node itself was refused (its findings are already there); later
    /// stages then keep quiet about what is missing.
    #[must_use]
    pub fn broken(&self) -> bool {
        self.broken
    }

    /// Whether something of the node or of its block was refused, so that what seems to be missing
    /// may be what was meant.
    #[must_use]
    pub fn spoilt(&self) -> bool {
        self.spoilt
    }

    /// Text of an argument.
    #[must_use]
    pub fn text(&self, index: usize) -> Option<Spanned<String>> {
        as_text(self.args.get(index)?.as_ref()?)
    }

    /// Texts of all arguments.
    #[must_use]
    pub fn texts(&self) -> Vec<Spanned<String>> {
        self.args.iter().flatten().filter_map(as_text).collect()
    }

    /// Number of an argument.
    #[must_use]
    pub fn int(&self, index: usize) -> Option<Spanned<i64>> {
        as_int(self.args.get(index)?.as_ref()?)
    }

    /// Truth value of an argument.
    #[must_use]
    pub fn bool(&self, index: usize) -> Option<Spanned<bool>> {
        match self.args.get(index)?.as_ref()? {
            Spanned {
                value: Scalar::Bool(b),
                span,
            } => Some(Spanned::new(*b, *span)),
            _ => None,
        }
    }

    /// Text of a property.
    #[must_use]
    pub fn prop(&self, name: &str) -> Option<Spanned<String>> {
        self.props
            .iter()
            .find(|(n, _)| *n == name)
            .and_then(|(_, v)| as_text(v))
    }

    /// Number of a property.
    #[must_use]
    pub fn prop_int(&self, name: &str) -> Option<Spanned<i64>> {
        self.props
            .iter()
            .find(|(n, _)| *n == name)
            .and_then(|(_, v)| as_int(v))
    }

    /// The first child of a name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Item> {
        self.children.iter().find(|c| c.def.name == name)
    }

    /// All children of a name, in order.
    pub fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Item> {
        self.children.iter().filter(move |c| c.def.name == name)
    }

    /// All children, in order.
    pub fn all(&self) -> impl Iterator<Item = &Item> {
        self.children.iter()
    }
}

fn as_text(value: &Spanned<Scalar>) -> Option<Spanned<String>> {
    match &value.value {
        Scalar::Text(t) => Some(Spanned::new(t.clone(), value.span)),
        Scalar::Int(_) | Scalar::Bool(_) => None,
    }
}

fn as_int(value: &Spanned<Scalar>) -> Option<Spanned<i64>> {
    match value.value {
        Scalar::Int(i) => Some(Spanned::new(i, value.span)),
        Scalar::Text(_) | Scalar::Bool(_) => None,
    }
}

/// The kind of a document, by the first top-level node that only one kind has.
#[must_use]
pub fn document_of(nodes: &[Node]) -> Option<Document> {
    let own = |d: Document, n: &Node| {
        d.nodes().iter().any(|def| def.name == n.name.value)
            && Document::ALL
                .iter()
                .all(|o| *o == d || o.nodes().iter().all(|def| def.name != n.name.value))
    };
    let targets = |n: &Node| n.name.value == "target" && n.children.is_some();
    nodes.iter().find_map(|n| {
        if targets(n) {
            return Some(Document::Target);
        }
        Document::ALL.into_iter().find(|d| own(*d, n))
    })
}

/// Checks the top level of a document.
#[must_use]
pub fn shape(document: Document, nodes: Vec<Node>, start: Span) -> (Vec<Item>, Findings) {
    let mut shaper = Shaper {
        document,
        findings: Findings::default(),
    };
    let items = shaper.block(document.nodes(), nodes, start, document.word());
    shaper.version(&items, start);
    (items, shaper.findings)
}

struct Shaper {
    document: Document,
    findings: Findings,
}

impl Shaper {
    fn version(&mut self, items: &[Item], start: Span) {
        if let Some(first) = items.first()
            && first.def.name != "version"
            && let Some(version) = items.iter().find(|i| i.def.name == "version")
        {
            self.findings.push(
                Finding::new(
                    Code::BadVersion,
                    version.span,
                    "`version` is not the first node",
                )
                .related(
                    Span {
                        end: start.start,
                        ..start
                    },
                    "it belongs here",
                )
                .help("move `version 1` to the first line"),
            );
        }
    }

    fn block(
        &mut self,
        defs: &'static [&'static NodeDef],
        nodes: Vec<Node>,
        parent: Span,
        parent_word: &str,
    ) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::with_capacity(nodes.len());
        let mut unknown = false;
        for node in nodes {
            if let Some(def) = defs.iter().copied().find(|d| d.name == node.name.value) {
                let item = self.node(def, node);
                items.push(item);
            } else {
                unknown = true;
                self.findings
                    .push(unknown_child(self.document, defs, &node, parent_word));
            }
        }
        self.repeats(&items);
        for def in defs {
            let required = matches!(def.count, Count::One | Count::Some);
            if required && !items.iter().any(|i| i.def.name == def.name) && !unknown {
                self.missing(def, parent, parent_word);
            }
        }
        items
    }

    fn missing(&mut self, def: &'static NodeDef, parent: Span, parent_word: &str) {
        let code = if def.name == "version" {
            Code::BadVersion
        } else {
            Code::MissingNode
        };
        self.findings.push(
            Finding::new(code, parent, format!("{parent_word} has no `{}`", def.name))
                .label("needed here")
                .help(format!(
                    "add `{}`",
                    def.example.lines().next().unwrap_or(def.name)
                )),
        );
    }

    fn node(&mut self, def: &'static NodeDef, node: Node) -> Item {
        let before = self.findings.len();
        for span in &node.annotations {
            self.findings.push(
                Finding::new(
                    Code::TypeAnnotation,
                    *span,
                    "the language has no type annotations",
                )
                .help("remove the part in parentheses")
                .fix(*span, ""),
            );
        }
        let args = self.arguments(def, node.arguments, node.head);
        let props = self.properties(def, node.properties, node.head);
        let broken = self.findings.len() > before;
        let word = format!("`{}`", def.name);
        let children = match node.children {
            Some(children) if def.children.is_empty() && !children.is_empty() => {
                self.findings.push(
                    Finding::new(
                        Code::UnexpectedBlock,
                        node.head,
                        format!("{word} takes no block"),
                    )
                    .help("remove the braces and what stands between them"),
                );
                Vec::new()
            }
            Some(children) => self.block(def.children, children, node.head, &word),
            None => self.block(def.children, Vec::new(), node.head, &word),
        };
        Item {
            def,
            span: node.head,
            args,
            props,
            children,
            broken,
            spoilt: self.findings.len() > before,
        }
    }

    fn arguments(
        &mut self,
        def: &'static NodeDef,
        written: Vec<Spanned<Value>>,
        head: Span,
    ) -> Vec<Option<Spanned<Scalar>>> {
        let mut out = Vec::with_capacity(written.len());
        let count = written.len();
        for (index, value) in written.into_iter().enumerate() {
            let described = def
                .args
                .get(index)
                .or(if def.rest { def.args.last() } else { None });
            let Some(described) = described else {
                self.findings.push(extra(def, value.span));
                continue;
            };
            match kinds::check(described.kind, &value) {
                Ok(scalar) => out.push(Some(Spanned::new(scalar, value.span))),
                Err(refusal) => {
                    self.findings.push(refusal.finding(def.name, value.span));
                    out.push(kept(described.kind, value));
                }
            }
        }
        if let Some(missing) = def.args.get(count).filter(|a| !a.optional) {
            self.findings.push(
                Finding::new(
                    Code::MissingArgument,
                    head,
                    format!("`{}` needs its {}", def.name, missing.name),
                )
                .help(format!(
                    "write `{}`",
                    def.example.lines().next().unwrap_or(def.name)
                )),
            );
        }
        out
    }

    fn properties(
        &mut self,
        def: &'static NodeDef,
        written: Vec<Property>,
        head: Span,
    ) -> Vec<(&'static str, Spanned<Scalar>)> {
        let mut out: Vec<(&'static str, Spanned<Scalar>)> = Vec::new();
        let mut seen: Vec<Spanned<String>> = Vec::new();
        let mut unknown = false;
        for Property { name, value } in written {
            let Some(described) = def.props.iter().find(|p| p.name == name.value) else {
                unknown = true;
                self.findings.push(names::unknown_property(def, &name));
                continue;
            };
            if let Some(first) = seen.iter().find(|s| s.value == name.value) {
                self.findings.push(
                    Finding::new(
                        Code::Duplicate,
                        name.span,
                        format!("property `{}` is written twice", name.value),
                    )
                    .related(first.span, "first here")
                    .help("keep one of the two"),
                );
                continue;
            }
            seen.push(name);
            match kinds::check(described.kind, &value) {
                Ok(scalar) => out.push((described.name, Spanned::new(scalar, value.span))),
                Err(refusal) => self
                    .findings
                    .push(refusal.finding(described.name, value.span)),
            }
        }
        for p in def.props.iter().filter(|p| !p.optional && !unknown) {
            if !seen.iter().any(|s| s.value == p.name) {
                self.findings.push(
                    Finding::new(
                        Code::MissingProperty,
                        head,
                        format!("`{}` needs `{}=`", def.name, p.name),
                    )
                    .label(format!(
                        "it says: {}",
                        p.doc.trim_end_matches('.').to_lowercase()
                    ))
                    .help(format!(
                        "write `{}`",
                        def.example.lines().next().unwrap_or(def.name)
                    )),
                );
            }
        }
        out
    }
}

/// A name that is not allowed still names something: what refers to it is not to blame.
fn kept(kind: Kind, value: Spanned<Value>) -> Option<Spanned<Scalar>> {
    match (kind, value.value) {
        (Kind::Name | Kind::Ref(_), Value::String(text)) => {
            Some(Spanned::new(Scalar::Text(text), value.span))
        }
        _ => None,
    }
}

fn extra(def: &'static NodeDef, span: Span) -> Finding {
    let finding = Finding::new(
        Code::ExtraArgument,
        span,
        match def.args.len() {
            0 => format!("`{}` takes no argument", def.name),
            1 => format!("`{}` takes one argument", def.name),
            n => format!("`{}` takes {n} arguments", def.name),
        },
    );
    if def.props.is_empty() {
        let repeat = matches!(def.count, Count::Many | Count::Some);
        finding.help(if repeat {
            format!("repeat the node for more: one `{}` a line", def.name)
        } else {
            "remove it, or put it on a line of its own".to_owned()
        })
    } else {
        let names = quote_list(def.props.iter().map(|p| p.name));
        finding.help(format!(
            "a qualifier is written `name=value`; `{}` knows {names}",
            def.name
        ))
    }
}

/// What a [`Kind`] is called in the reference and in messages.
#[must_use]
pub fn kind_word(kind: Kind) -> String {
    kinds::word(kind)
}
