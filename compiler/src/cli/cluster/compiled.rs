//! What commands of a cluster are about: compiled specs, and the namespace of runs.

use super::args::{Part, Reach, SpecsThere, Where};
use crate::bundle::{Bundle, Zone};
use crate::cli::args::{Sources, TargetArg};
use crate::cli::checked::{show, workspaces};
use crate::cli::exit::{Exit, Failure};
use crate::cli::groups::{Group, here, nothing};
use crate::cli::terminal::Terminal;
use crate::cluster::apply::{Compiled, Wanted};
use crate::cluster::{Cluster, Trouble};
use crate::compile::Compiler;
use crate::load::Loader;
use crate::plan::{self, Plan};
use std::collections::BTreeSet;

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::Refused(crate::diag::plain::lines(&trouble.to_string()))
    }
}

/// The cluster that the command line names.
pub(super) fn connect(reach: &Reach) -> Result<Cluster, Failure> {
    Ok(Cluster::connect(reach.context.as_deref())?)
}

/// One spec, compiled.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub(super) plan: Plan,
    pub(super) bundle: Bundle,
}

/// Every spec that was named; the exit where the sources have mistakes, which are shown then.
pub(super) fn specs(
    there: &SpecsThere,
    terminal: &mut Terminal,
) -> Result<Result<Vec<Spec>, Exit>, Failure> {
    let list = workspaces(&there.sources, &there.strictness, Group::seen_from_here)?;
    show(list.iter().map(|w| &w.report), terminal);
    let exit = Exit::of(list.iter().map(|w| &w.report));
    if exit != Exit::Fine {
        return Ok(Err(exit));
    }
    let mut compiler = Compiler::default();
    let mut specs = Vec::new();
    for workspace in &list {
        for unit in &workspace.units {
            let bundle = compiler
                .compile(unit, &workspace.report.sources)
                .map_err(|why| Failure::Bug(format!("`{}`: {why}", unit.run.name.value)))?;
            let plan = plan::build(unit);
            specs.push(Spec { plan, bundle });
        }
    }
    let names: BTreeSet<_> = specs.iter().map(id).collect();
    let twice = specs.len() != names.len();
    match specs.first() {
        None => Err(Failure::usage(
            "no spec was named",
            "name a run spec, or list specs in `pure-agent.kdl`",
        )),
        Some(_) if twice => Err(Failure::usage(
            "two of the specs have a run of the same name",
            "name one of them at a time, or give each run a name of its own",
        )),
        Some(_) => Ok(Ok(specs)),
    }
}

fn id(spec: &Spec) -> (&str, &str) {
    (&spec.plan.target.namespace, &spec.plan.name)
}

/// The one spec that was named.
pub(super) fn spec(
    there: &SpecsThere,
    terminal: &mut Terminal,
) -> Result<Result<Spec, Exit>, Failure> {
    let specs = match specs(there, terminal)? {
        Ok(specs) => specs,
        Err(exit) => return Ok(Err(exit)),
    };
    let names: Vec<String> = specs
        .iter()
        .map(|spec| format!("`{}`", spec.plan.name))
        .collect();
    let mut all = specs.into_iter();
    match (all.next(), all.next()) {
        (Some(only), None) => Ok(Ok(only)),
        _ => Err(Failure::usage(
            format!("one spec is needed, and {} were named", names.join(", ")),
            "name the file of the spec",
        )),
    }
}

/// The objects of specs and of their targets, by namespace.
pub(super) fn wanted(specs: &[Spec], part: Part) -> Result<Vec<Wanted>, Failure> {
    let mut list: Vec<Wanted> = Vec::new();
    for spec in specs {
        let namespace = &spec.plan.target.namespace;
        let at = match list.iter().position(|one| one.namespace == *namespace) {
            Some(at) => at,
            None => {
                list.push(Wanted {
                    namespace: namespace.clone(),
                    platform: part != Part::Spec,
                    workloads: spec.plan.target.workloads.clone(),
                    ..Wanted::default()
                });
                list.len() - 1
            }
        };
        let Some(wanted) = list.get_mut(at) else {
            continue;
        };
        if part != Part::Platform {
            wanted.specs.push(spec.plan.name.clone());
        }
        for sealed in &spec.bundle.objects {
            let asked = match sealed.object.zone {
                Zone::Platform => part != Part::Spec,
                Zone::Spec => part != Part::Platform,
            };
            let one = Compiled::of(sealed)?;
            if asked && !wanted.objects.iter().any(|known| known.place == one.place) {
                wanted.objects.push(one);
            }
        }
    }
    // Platform first: the namespace holds everything else.
    for wanted in &mut list {
        wanted.objects.sort_by_key(|one| one.zone);
    }
    Ok(list)
}

/// The namespace of runs: what the command line says, else the workspace's target, else the context.
pub(super) fn namespace(at: &Where, cluster: &Cluster) -> Result<String, Failure> {
    if let Some(namespace) = &at.namespace {
        return Ok(namespace.clone());
    }
    let sources = Sources {
        paths: Vec::new(),
        stdin_path: None,
        target: at.target.clone(),
        policy: Vec::new(),
    };
    let group = match (here(), &at.target) {
        (Ok(group), _) => group,
        (Err(_), Some(TargetArg::File(_))) => nothing()?,
        (Err(failure), Some(TargetArg::Name(_))) => return Err(failure),
        (Err(_), None) => return Ok(cluster.namespace.clone()),
    };
    let disk = group.disk()?;
    let loader = Loader::open(&disk, group.extra(&sources)?);
    match loader.target() {
        Some(target) => Ok(target.namespace.value.clone()),
        None if at.target.is_some() => Err(Failure::usage(
            "there is no such target",
            "`targets` in `pure-agent.kdl` lists the files that hold targets",
        )),
        None => Ok(cluster.namespace.clone()),
    }
}
