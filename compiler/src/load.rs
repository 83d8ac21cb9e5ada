//! From a workspace to specs: the workspace file, its policies and targets, and what `use` brings.
//!
//! Every file is read once, whatever refers to it, and only through the [world](crate::world).

mod others;

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::nodes::Document;
use crate::policy::{Policy, PolicyFile};
use crate::reserved::mentions_placeholder;
use crate::resolve::{Unit, resolve};
use crate::shape::{document_of, nearest, shape};
use crate::span::{SourceId, Sources, Span, Spanned};
use crate::spec::Spec;
use crate::syntax;
use crate::target::{self, Target};
use crate::workspace::Workspace;
use crate::world::{ReadError, World, join};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Name of the file at the root of a workspace.
pub const WORKSPACE_FILE: &str = "pure-agent.kdl";

/// Texts that the command line hands in beside the workspace, by the name to show for them.
#[derive(Debug, Clone, Default)]
pub struct Extra {
    /// Policies that are required in addition (`--policy`).
    pub policies: Vec<(String, Vec<u8>)>,
    /// A file of targets (`--target FILE`).
    pub target_file: Option<(String, Vec<u8>)>,
    /// The target to use (`--target NAME`).
    pub target: Option<String>,
    /// Texts that stand for files, such as standard input.
    pub texts: BTreeMap<String, Vec<u8>>,
}

/// A workspace with everything read so far.
pub struct Loader<'w> {
    world: &'w dyn World,
    extra: Extra,
    /// Every text read.
    pub sources: Sources,
    /// What was found while reading; taken over by whoever reports.
    pub findings: Findings,
    /// The workspace file, if there is one.
    pub workspace: Option<Workspace>,
    files: BTreeMap<String, Rc<File>>,
    required: Vec<Rc<Policy>>,
    targets: Vec<Rc<Target>>,
    /// Whether they come from a file that the command line names.
    targets_given: bool,
}

impl std::fmt::Debug for Loader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loader")
            .field("files", &self.files.keys())
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct File {
    source: SourceId,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Spec(Rc<Spec>),
    Policies(Vec<Spanned<String>>, Vec<Rc<Policy>>),
    Targets(Vec<Rc<Target>>),
    Workspace(Workspace),
}

impl Content {
    fn word(&self) -> &'static str {
        match self {
            Self::Spec(_) => Document::Spec.word(),
            Self::Policies(..) => Document::Policy.word(),
            Self::Targets(_) => Document::Target.word(),
            Self::Workspace(_) => Document::Workspace.word(),
        }
    }
}

impl<'w> Loader<'w> {
    /// Reads the workspace file, the policies that it requires and the targets.
    #[must_use]
    pub fn open(world: &'w dyn World, extra: Extra) -> Self {
        let mut loader = Self {
            world,
            extra,
            sources: Sources::default(),
            findings: Findings::default(),
            workspace: None,
            files: BTreeMap::new(),
            required: Vec::new(),
            targets: Vec::new(),
            targets_given: false,
        };
        loader.read_workspace();
        loader
    }

    fn read_workspace(&mut self) {
        if let Ok(file) = self.file(WORKSPACE_FILE, Document::Workspace)
            && let Content::Workspace(workspace) = &file.content
        {
            self.workspace = Some(workspace.clone());
        }
        self.read_policies();
        self.read_targets();
    }

    fn read_policies(&mut self) {
        let workspace = self.workspace.clone().unwrap_or_default();
        let known = self.globbed(&workspace.policies, Document::Policy);
        let known: Vec<Rc<Policy>> = known
            .iter()
            .flat_map(|f| match &f.content {
                Content::Policies(_, list) => list.clone(),
                _ => Vec::new(),
            })
            .collect();
        for name in &workspace.require {
            if let Some(policy) = known.iter().find(|p| p.name.value == name.value) {
                self.required.push(Rc::clone(policy));
            } else {
                let names = known.iter().map(|p| p.name.value.as_str());
                self.findings.push(unknown("policy", name, names));
            }
        }
        for (shown, bytes) in std::mem::take(&mut self.extra.policies) {
            let file = match self.files.get(&shown) {
                // A policy of the workspace, named again: its rules count once.
                Some(known) if self.holds(known, &bytes) => Rc::clone(known),
                _ => self.text(&shown, &bytes, Some(Document::Policy)),
            };
            if let Content::Policies(_, list) = &file.content {
                let known: BTreeSet<Span> = self.required.iter().map(|p| p.name.span).collect();
                let new = list.iter().filter(|p| !known.contains(&p.name.span));
                self.required.extend(new.cloned());
            }
        }
    }

    fn holds(&self, file: &File, bytes: &[u8]) -> bool {
        let text = syntax::read(bytes);
        text.is_readable()
            && self
                .sources
                .get(file.source)
                .is_some_and(|s| *s.text == *text.text)
    }

    fn read_targets(&mut self) {
        let workspace = self.workspace.clone().unwrap_or_default();
        if let Some((shown, bytes)) = self.extra.target_file.take() {
            self.targets_given = true;
            let file = self.text(&shown, &bytes, Some(Document::Target));
            if let Content::Targets(list) = &file.content {
                self.targets.extend(list.iter().cloned());
            }
            return;
        }
        for file in self.globbed(&workspace.targets, Document::Target) {
            if let Content::Targets(list) = &file.content {
                self.targets.extend(list.iter().cloned());
            }
        }
        if self.extra.target.is_none()
            && let Some(name) = &workspace.target
            && !self.targets.iter().any(|t| t.name.value == name.value)
        {
            let names = self.targets.iter().map(|t| t.name.value.as_str());
            self.findings.push(unknown("target", name, names));
        }
    }

    fn globbed(&mut self, patterns: &[Spanned<String>], expected: Document) -> Vec<Rc<File>> {
        let mut out = Vec::new();
        for pattern in patterns {
            match self.world.glob(&pattern.value) {
                Ok(paths) if paths.is_empty() => self.findings.push(
                    Finding::new(
                        Code::FileNotRead,
                        pattern.span,
                        format!("no file matches `{}`", pattern.value),
                    )
                    .help("patterns are relative to this file; `*` is one part, `**` any number"),
                ),
                Ok(paths) => {
                    for path in paths {
                        out.extend(self.expect(&path, expected, Some(pattern.span)));
                    }
                }
                Err(e) => self.findings.push(unreadable(&e, Some(pattern.span))),
            }
        }
        out
    }

    /// The policies that bound every spec from outside: `require` of the workspace, and `--policy`.
    #[must_use]
    pub fn required(&self) -> &[Rc<Policy>] {
        &self.required
    }

    /// Paths of the specs of the workspace, sorted.
    pub fn spec_paths(&mut self) -> Vec<String> {
        let patterns = self.workspace.clone().unwrap_or_default().specs;
        let mut paths = BTreeSet::new();
        for pattern in &patterns {
            match self.world.glob(&pattern.value) {
                Ok(found) => paths.extend(found),
                Err(e) => self.findings.push(unreadable(&e, Some(pattern.span))),
            }
        }
        paths.into_iter().collect()
    }

    /// The target that was chosen, by the command line or the workspace file. In a file of targets
    /// that the command line names, the only one is chosen whatever the workspace file says.
    #[must_use]
    pub fn target(&self) -> Option<Rc<Target>> {
        let default = self
            .workspace
            .as_ref()
            .and_then(|w| w.target.as_ref())
            .map(|t| &t.value);
        let named = |name: &String| self.targets.iter().find(|t| t.name.value == *name).cloned();
        match (&self.extra.target, default) {
            (Some(name), _) => named(name),
            (None, Some(name)) if !self.targets_given => named(name),
            (None, _) => match self.targets.as_slice() {
                [only] => Some(Rc::clone(only)),
                _ => default.and_then(named),
            },
        }
    }

    /// Reads a file that the command line names, whatever kind it is of, and says whether it is
    /// a run spec. A policy or a target is checked by being read.
    pub fn check_file(&mut self, path: &str) -> bool {
        match self.any(path) {
            Ok(file) => matches!(file.content, Content::Spec(_)),
            Err(e) => {
                self.findings.push(unreadable(&e, None));
                false
            }
        }
    }

    /// A spec with everything that it uses; `None` if something that it cannot do without is
    /// missing, which the findings then tell.
    pub fn unit(&mut self, path: &str) -> Option<Unit> {
        let file = self.expect(path, Document::Spec, None)?;
        let Content::Spec(first) = &file.content else {
            return None;
        };
        let mut all = Gathered {
            spec: (**first).clone(),
            policies: self.required.clone(),
        };
        let mut trail = vec![path.to_owned()];
        self.gather(
            path,
            &first.uses.clone(),
            &mut all,
            &mut trail,
            &mut BTreeSet::new(),
        );
        let whole = self.whole(file.source);
        let (run, findings) = resolve(&all.spec, whole);
        let dangling = findings.iter().any(|f| f.code == Code::UnknownName);
        self.findings.extend(findings);
        let files = self.prompts(&all.spec);
        let others = run
            .as_ref()
            .map(|run| self.others(path, run))
            .unwrap_or_default();
        all.policies
            .sort_by(|a, b| (&a.name.value, a.span).cmp(&(&b.name.value, b.span)));
        all.policies.dedup_by(|a, b| a.span == b.span);
        let run = run?;
        if all.policies.is_empty() {
            self.findings.push(no_policy(run.name.span));
        }
        let Some(target) = self.target() else {
            self.findings.push(self.no_target(run.name.span));
            return None;
        };
        Some(Unit {
            root: file.source,
            spec: all.spec,
            run,
            policies: all.policies,
            target,
            dangling,
            files,
            others,
        })
    }

    fn no_target(&self, place: Span) -> Finding {
        let finding = Finding::new(
            Code::NoTarget,
            place,
            match &self.extra.target {
                Some(name) => format!("no target is called `{name}`"),
                None => "no target is chosen".to_owned(),
            },
        );
        let names: Vec<String> = self
            .targets
            .iter()
            .map(|t| format!("`{}`", t.name.value))
            .collect();
        if names.is_empty() {
            finding.help(format!(
                "add `targets \"targets/*.kdl\"` to `{WORKSPACE_FILE}`, or pass `--target FILE.kdl`"
            ))
        } else {
            finding.help(format!("pass `--target`, one of {}", names.join(", ")))
        }
    }

    fn gather(
        &mut self,
        base: &str,
        uses: &[Spanned<String>],
        all: &mut Gathered,
        trail: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) {
        for used in uses {
            let path = match join(base, &used.value) {
                Ok(path) => path,
                Err(e) => {
                    self.findings.push(unreadable(&e, Some(used.span)));
                    continue;
                }
            };
            if trail.contains(&path) {
                self.findings.push(cycle(trail, &path, used.span));
                continue;
            }
            if !done.insert(path.clone()) {
                continue;
            }
            let file = match self.any(&path) {
                Ok(file) => file,
                Err(e) => {
                    self.findings.push(unreadable(&e, Some(used.span)));
                    continue;
                }
            };
            trail.push(path.clone());
            match &file.content {
                Content::Spec(spec) => {
                    all.spec.absorb((**spec).clone());
                    self.gather(&path, &spec.uses, all, trail, done);
                }
                Content::Policies(uses, list) => {
                    all.policies.extend(list.iter().cloned());
                    self.gather(&path, uses, all, trail, done);
                }
                other => self.findings.push(wrong_kind(
                    &used.value,
                    other.word(),
                    "run spec or policy file",
                    Some(used.span),
                )),
            }
            trail.pop();
        }
    }

    fn prompts(&mut self, spec: &Spec) -> BTreeMap<Span, String> {
        let mut out = BTreeMap::new();
        for file in spec.files() {
            let base = self.sources.path(file.span.source).to_owned();
            let text = join(&base, &file.value).and_then(|path| self.world.read(&path));
            match text {
                Ok(bytes) => {
                    if let Some(text) = self.prompt(file, &bytes) {
                        out.insert(file.span, text);
                    }
                }
                Err(e) => self.findings.push(unreadable(&e, Some(file.span))),
            }
        }
        out
    }

    fn prompt(&mut self, file: &Spanned<String>, bytes: &[u8]) -> Option<String> {
        let text = syntax::read(bytes);
        let reserved = mentions_placeholder(&text.text);
        if !text.is_readable() || bytes.len() > MAX_PROMPT || reserved {
            self.findings.push(
                Finding::new(
                    Code::FileNotRead,
                    file.span,
                    format!("`{}` is not usable as a prompt", file.value),
                )
                .help("write UTF-8 text of at most 64 KiB without control or invisible characters"),
            );
            return None;
        }
        Some(text.text)
    }

    fn expect(&mut self, path: &str, expected: Document, from: Option<Span>) -> Option<Rc<File>> {
        match self.file(path, expected) {
            Ok(file) => {
                let fits = matches!(
                    (&file.content, expected),
                    (Content::Spec(_), Document::Spec)
                        | (Content::Policies(..), Document::Policy)
                        | (Content::Targets(_), Document::Target)
                        | (Content::Workspace(_), Document::Workspace)
                );
                if !fits {
                    let word = file.content.word();
                    self.findings
                        .push(wrong_kind(path, word, expected.word(), from));
                    return None;
                }
                Some(file)
            }
            Err(e) => {
                self.findings.push(unreadable(&e, from));
                None
            }
        }
    }

    fn any(&mut self, path: &str) -> Result<Rc<File>, ReadError> {
        self.read(path, None)
    }

    fn file(&mut self, path: &str, default: Document) -> Result<Rc<File>, ReadError> {
        self.read(path, Some(default))
    }

    fn read(&mut self, path: &str, default: Option<Document>) -> Result<Rc<File>, ReadError> {
        if let Some(file) = self.files.get(path) {
            return Ok(Rc::clone(file));
        }
        let bytes = match self.extra.texts.get(path) {
            Some(bytes) => bytes.clone(),
            None => self.world.read(path)?,
        };
        let file = self.text(path, &bytes, default);
        self.files.insert(path.to_owned(), Rc::clone(&file));
        Ok(file)
    }

    fn text(&mut self, path: &str, bytes: &[u8], default: Option<Document>) -> Rc<File> {
        let document = syntax::load(&mut self.sources, path, bytes);
        self.findings.extend(document.findings);
        let kind = document_of(&document.nodes)
            .or(default)
            .unwrap_or(Document::Spec);
        let (items, findings) = shape(kind, document.nodes, self.whole(document.source));
        self.findings.extend(findings);
        let content = match kind {
            Document::Spec => Content::Spec(Rc::new(Spec::decode(&items))),
            Document::Policy => {
                let file = PolicyFile::decode(&items);
                Content::Policies(file.uses, file.policies.into_iter().map(Rc::new).collect())
            }
            Document::Target => {
                Content::Targets(target::decode(&items).into_iter().map(Rc::new).collect())
            }
            Document::Workspace => Content::Workspace(Workspace::decode(&items)),
        };
        Rc::new(File {
            source: document.source,
            content,
        })
    }

    /// The first line of a source: where something stands that the whole file lacks.
    fn whole(&self, source: SourceId) -> Span {
        let text = self.sources.get(source).map_or("", |s| &*s.text);
        let end = text.find('\n').unwrap_or(text.len());
        Span {
            source,
            start: 0,
            end: u32::try_from(end).unwrap_or(0),
        }
    }
}

const MAX_PROMPT: usize = 64 * 1024;

struct Gathered {
    spec: Spec,
    policies: Vec<Rc<Policy>>,
}

fn unknown<'a>(
    what: &str,
    name: &Spanned<String>,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Finding {
    let finding = Finding::new(
        Code::UnknownName,
        name.span,
        format!("no {what} is called `{}`", name.value),
    );
    if let Some(near) = nearest(&name.value, names.clone()) {
        return finding
            .help(format!("did you mean `{near}`?"))
            .fix(name.span, format!("\"{near}\""));
    }
    let list: Vec<String> = names.map(|n| format!("`{n}`")).collect();
    if list.is_empty() {
        finding.help(format!("no file of the workspace declares a {what}"))
    } else {
        finding.help(format!("declared: {}", list.join(", ")))
    }
}

fn cycle(trail: &[String], path: &str, span: Span) -> Finding {
    let from = trail.iter().position(|p| p == path).unwrap_or(0);
    let mut round: Vec<&str> = trail.iter().skip(from).map(String::as_str).collect();
    round.push(path);
    Finding::new(
        Code::UseCycle,
        span,
        format!("files use each other: {}", round.join(" → ")),
    )
    .help("move what both need into a third file")
}

fn wrong_kind(path: &str, is: &str, wanted: &str, from: Option<Span>) -> Finding {
    let message = format!("`{path}` is a {is}, not a {wanted}");
    let finding = match from {
        Some(span) => Finding::new(Code::WrongKind, span, message),
        None => Finding::placeless(Code::WrongKind, message),
    };
    finding.help(format!("name a {wanted} here"))
}

fn no_policy(place: Span) -> Finding {
    Finding::new(
        Code::NoPolicy,
        place,
        "no policy bounds this run, so nothing is permitted",
    )
    .help(format!(
        "add `require \"NAME\"` to `{WORKSPACE_FILE}`, or `use` a policy file"
    ))
}

/// A file that could not be read, as a finding at the place that names it.
#[must_use]
pub fn unreadable(error: &ReadError, from: Option<Span>) -> Finding {
    let code = match error {
        ReadError::OutsideRoot(_) | ReadError::LinkLeavesRoot(_) => Code::LeavesRoot,
        _ => Code::FileNotRead,
    };
    let message = error.to_string();
    let finding = match from {
        Some(span) => Finding::new(code, span, message),
        None => Finding::placeless(code, message),
    };
    match code {
        Code::LeavesRoot => finding.help(format!(
            "name a file below the folder that holds `{WORKSPACE_FILE}`; copy it there if need be"
        )),
        _ => finding.help("check the path; it is relative to the file that names it"),
    }
}
