//! Names to declarations: duplicates, unknown names, and the one run of a spec.
//!
//! After this stage every name that is written refers to something.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::nodes::Decl;
use crate::policy::Policy;
use crate::shape::nearest;
use crate::span::{SourceId, Span, Spanned};
use crate::spec::graph::Graph;
use crate::spec::{Agent, Approval, Input, Model, Run, Secret, Server, Skill, Spec, Tools};
use crate::target::Target;
use std::collections::BTreeMap;
use std::rc::Rc;

/// One spec with everything that decides about it. Names are resolved, places are kept.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The file that was asked for.
    pub root: SourceId,
    /// What it and the files that it uses declare.
    pub spec: Spec,
    /// Its run.
    pub run: Run,
    /// Every policy that bounds it: required ones and those that it uses; sorted by name.
    pub policies: Vec<Rc<Policy>>,
    /// Where it goes.
    pub target: Rc<Target>,
    /// Whether a name refers to nothing, so that what seems unused may be what was meant.
    pub dangling: bool,
    /// Texts of files that it names (prompts and skills), by the path as written and the place.
    pub files: BTreeMap<Span, String>,
    /// Runs of other specs that it may submit, by the place that names their file.
    pub others: BTreeMap<Span, Run>,
}

impl Unit {
    /// A secret by name.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<&Secret> {
        self.spec.secrets.iter().find(|d| d.name.value == name)
    }

    /// A model by name.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&Model> {
        self.spec.models.iter().find(|d| d.name.value == name)
    }

    /// A server by name.
    #[must_use]
    pub fn server(&self, name: &str) -> Option<&Server> {
        self.spec.servers.iter().find(|d| d.name.value == name)
    }

    /// A list of tools by name.
    #[must_use]
    pub fn tools(&self, name: &str) -> Option<&Tools> {
        self.spec.tools.iter().find(|d| d.name.value == name)
    }

    /// A skill by name.
    #[must_use]
    pub fn skill(&self, name: &str) -> Option<&Skill> {
        self.spec.skills.iter().find(|d| d.name.value == name)
    }

    /// An approval by name.
    #[must_use]
    pub fn approval(&self, name: &str) -> Option<&Approval> {
        self.spec.approvals.iter().find(|d| d.name.value == name)
    }

    /// An agent by name.
    #[must_use]
    pub fn agent(&self, name: &str) -> Option<&Agent> {
        self.spec.agents.iter().find(|d| d.name.value == name)
    }

    /// An input of the run by name.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&Input> {
        self.run.inputs.iter().find(|d| d.name.value == name)
    }

    /// The agents that the run can start, in the order of their names.
    #[must_use]
    pub fn reachable_agents(&self) -> Vec<&Agent> {
        let route = || self.run.route.iter();
        let choices = route().flat_map(|r| &r.choices).map(|c| &c.agent);
        let fallback = route().filter_map(|r| r.fallback.as_ref());
        let steps = self.run.graph.iter().flat_map(|graph| graph.agents());
        let named = self.run.agent.iter().chain(choices).chain(fallback);
        let named = named.chain(steps);
        let mut agents: Vec<&Agent> = Vec::new();
        for agent in named.filter_map(|a| self.agent(&a.value)) {
            if !agents.iter().any(|a| a.name.span == agent.name.span) {
                agents.push(agent);
            }
        }
        agents
    }

    /// The same with a run that starts one agent, for what is true of each that a route may choose.
    #[must_use]
    pub fn starting(&self, agent: &Agent) -> Self {
        let mut only = self.clone();
        only.run.agent = Some(agent.name.clone());
        only.run.route = None;
        only
    }
}

/// Checks that names are declared once and that each reference has its declaration.
///
/// Returns the run, if there is exactly one.
#[must_use]
pub fn resolve(spec: &Spec, whole: Span) -> (Option<Run>, Findings) {
    let mut findings = Findings::default();
    let mut names = Names::default();
    for (decl, name) in &spec.declared {
        names.declare(*decl, std::iter::once(name), &mut findings);
    }
    let run = only_run(spec, whole, &mut findings);
    if let Some(run) = run {
        names.declare(
            Decl::Input,
            run.inputs.iter().map(|d| &d.name),
            &mut findings,
        );
    }
    for (decl, name) in references(spec, run) {
        names.check(decl, name, &mut findings);
    }
    (run.cloned(), findings)
}

fn only_run<'a>(spec: &'a Spec, whole: Span, findings: &mut Findings) -> Option<&'a Run> {
    let Some(first) = spec.runs.first() else {
        findings.push(
            Finding::new(Code::NoRun, whole, "spec has no `run`")
                .help("add `run \"NAME\" { … }`; files that only declare are for `use`"),
        );
        return None;
    };
    for more in spec.runs.iter().skip(1) {
        findings.push(
            Finding::new(Code::ManyRuns, more.span, "spec has more than one `run`")
                .related(first.span, "the first")
                .help("give each run a file of its own and share declarations by `use`"),
        );
    }
    Some(first)
}

#[derive(Default)]
struct Names<'a>(BTreeMap<Decl, BTreeMap<&'a str, Span>>);

impl<'a> Names<'a> {
    fn declare(
        &mut self,
        decl: Decl,
        names: impl Iterator<Item = &'a Spanned<String>>,
        findings: &mut Findings,
    ) {
        let known = self.0.entry(decl).or_default();
        for name in names {
            match known.get(name.value.as_str()) {
                // The shape has reported repeats within one file.
                Some(first) if first.source == name.span.source => {}
                Some(first) => findings.push(
                    Finding::new(
                        Code::DeclaredTwice,
                        name.span,
                        format!("{} `{}` is declared twice", decl.word(), name.value),
                    )
                    .related(*first, "first here")
                    .help("rename one of the two, or keep one"),
                ),
                None => {
                    known.insert(&name.value, name.span);
                }
            }
        }
    }

    fn check(&self, decl: Decl, name: &Spanned<String>, findings: &mut Findings) {
        let empty = BTreeMap::new();
        let known = self.0.get(&decl).unwrap_or(&empty);
        if known.contains_key(name.value.as_str()) {
            return;
        }
        let finding = Finding::new(
            Code::UnknownName,
            name.span,
            format!("no {} is called `{}`", decl.word(), name.value),
        );
        findings.push(match nearest(&name.value, known.keys().copied()) {
            Some(near) => finding
                .help(format!("did you mean `{near}`?"))
                .fix(name.span, format!("\"{near}\"")),
            None if known.is_empty() => finding.help(format!(
                "declare it: `{} \"{}\" {{ … }}`",
                decl.word(),
                name.value
            )),
            None => {
                let list: Vec<_> = known.keys().take(8).map(|n| format!("`{n}`")).collect();
                finding.help(format!("declared: {}", list.join(", ")))
            }
        });
    }
}

fn references<'a>(spec: &'a Spec, run: Option<&'a Run>) -> Vec<(Decl, &'a Spanned<String>)> {
    let mut out: Vec<(Decl, &Spanned<String>)> = Vec::new();
    for m in &spec.models {
        out.extend(m.auth.iter().map(|a| (Decl::Secret, a)));
    }
    for s in &spec.servers {
        out.extend(s.auth.iter().map(|a| (Decl::Secret, a)));
    }
    for a in &spec.approvals {
        out.extend(a.auth.iter().map(|a| (Decl::Secret, a)));
    }
    for grant in spec.tools.iter().flat_map(|t| &t.grants) {
        out.push((Decl::Mcp, &grant.server));
        out.extend(grant.approval.iter().map(|a| (Decl::Approval, a)));
        if run.is_some() {
            out.extend(
                grant
                    .binds
                    .iter()
                    .filter_map(|b| b.input.as_ref())
                    .map(|i| (Decl::Input, i)),
            );
        }
    }
    for a in &spec.agents {
        out.extend(a.models.iter().map(|m| (Decl::Model, m)));
        out.extend(a.tools.iter().map(|t| (Decl::Tools, t)));
        out.extend(a.skills.iter().map(|s| (Decl::Skill, s)));
        out.extend(
            a.http
                .iter()
                .filter_map(|h| h.auth.as_ref())
                .map(|s| (Decl::Secret, s)),
        );
    }
    if let Some(run) = run {
        of_run(run, &mut out);
    }
    // One server is named once for each of its tools: the place says it once.
    out.sort_by_key(|(decl, name)| (name.span, *decl));
    out.dedup_by_key(|(decl, name)| (name.span, *decl));
    out
}

fn of_run<'a>(run: &'a Run, out: &mut Vec<(Decl, &'a Spanned<String>)>) {
    out.extend(run.agent.iter().map(|a| (Decl::Agent, a)));
    if let Some(route) = &run.route {
        out.extend(route.model.iter().map(|m| (Decl::Model, m)));
        out.extend(route.input.iter().map(|i| (Decl::Input, i)));
        out.extend(route.fallback.iter().map(|a| (Decl::Agent, a)));
        out.extend(route.choices.iter().map(|c| (Decl::Agent, &c.agent)));
    }
    if let Some(graph) = &run.graph {
        of_graph(graph, out);
    }
    for e in &run.exports {
        out.extend(e.auth.iter().map(|s| (Decl::Secret, s)));
        out.extend(e.approval.iter().map(|a| (Decl::Approval, a)));
        let bound = e.binds.iter().filter_map(|b| b.input.as_ref());
        out.extend(bound.map(|i| (Decl::Input, i)));
        out.extend(
            e.to.iter()
                .filter_map(|t| t.input.as_ref())
                .map(|i| (Decl::Input, i)),
        );
    }
    if let Some(t) = &run.record.transcripts {
        out.push((Decl::Secret, &t.auth));
    }
    if let Some(s) = &run.record.session {
        out.push((Decl::Secret, &s.auth));
        out.extend(s.to.input.iter().map(|i| (Decl::Input, i)));
    }
    let handed = run.triggers.iter().flat_map(|t| &t.inputs);
    out.extend(handed.map(|h| (Decl::Input, &h.input)));
}

fn of_graph<'a>(graph: &'a Graph, out: &mut Vec<(Decl, &'a Spanned<String>)>) {
    out.extend(graph.agents().map(|agent| (Decl::Agent, agent)));
    out.extend(
        graph
            .asks()
            .map(|(_, approval, _)| (Decl::Approval, approval)),
    );
    for (_, call) in graph.calls() {
        out.push((Decl::Mcp, &call.grant.server));
        let inputs = call.grant.binds.iter().filter_map(|b| b.input.as_ref());
        out.extend(inputs.map(|input| (Decl::Input, input)));
    }
}
