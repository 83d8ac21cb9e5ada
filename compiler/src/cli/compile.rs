//! `pure-agent compile`

mod output;
mod stream;

use super::args::CompileArgs;
use super::checked::{Workspace, show, workspaces};
use super::exit::{Exit, Failure};
use super::groups::Group;
use super::terminal::Terminal;
use crate::bundle::{Bundle, Secret};
use crate::compile::Compiler;
use crate::resolve::Unit;
use crate::span::Sources;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

pub(super) fn run(args: &CompileArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let list = workspaces(&args.sources, &args.strictness, Group::seen_from_here)?;
    show(list.iter().map(|w| &w.report), terminal);
    let exit = Exit::of(list.iter().map(|w| &w.report));
    if exit != Exit::Fine {
        return Ok(exit);
    }
    let jobs = Jobs::new(&list)?;
    match &args.output {
        Some(dir) if args.check => output::compare(dir, &jobs, terminal),
        Some(dir) => output::write(dir, &jobs, terminal),
        None => stream::print(args.format, &jobs, terminal),
    }
}

/// What is to be compiled: one unit at a time, so that one bundle at a time is in memory.
struct Jobs<'a> {
    list: Vec<(&'a Unit, &'a Sources)>,
    /// Whether these are all specs of one workspace.
    whole: bool,
}

impl<'a> Jobs<'a> {
    fn new(workspaces: &'a [Workspace]) -> Result<Self, Failure> {
        let all = workspaces
            .iter()
            .flat_map(|w| w.units.iter().map(|u| (u, &w.report.sources)));
        let jobs = Self {
            list: all.collect(),
            whole: workspaces.iter().all(|w| w.whole),
        };
        if jobs.list.is_empty() {
            return Err(Failure::usage(
                "nothing to compile: no spec was named",
                "name a run spec, or list specs in `pure-agent.kdl`",
            ));
        }
        let mut names = BTreeSet::new();
        match jobs
            .list
            .iter()
            .find(|(u, _)| !names.insert(&u.run.name.value))
        {
            None => Ok(jobs),
            Some((unit, _)) => Err(Failure::usage(
                format!("two of the specs have a run `{}`", unit.run.name.value),
                "compile one of them at a time, or give each run a name of its own",
            )),
        }
    }
}

fn bundle(compiler: &mut Compiler, unit: &Unit, sources: &Sources) -> Result<Bundle, Failure> {
    let bundle = compiler.compile(unit, sources);
    bundle.map_err(|why| Failure::Bug(format!("`{}`: {why}", unit.run.name.value)))
}

/// Secrets that must exist, by namespace.
#[derive(Default)]
struct Needed(BTreeMap<String, BTreeSet<Secret>>);

impl Needed {
    fn add(&mut self, unit: &Unit, bundle: &Bundle) {
        let known = self
            .0
            .entry(unit.target.namespace.value.clone())
            .or_default();
        known.extend(bundle.secrets.iter().cloned());
    }

    fn show(&self, terminal: &mut Terminal) {
        let mut text = String::new();
        for (namespace, secrets) in &self.0 {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "these Secrets must exist in namespace `{namespace}`:");
            let width = |part: fn(&Secret) -> &str| {
                secrets
                    .iter()
                    .map(|s| part(s).chars().count())
                    .max()
                    .unwrap_or(0)
            };
            let (names, keys) = (width(|s| &s.name), width(|s| &s.key));
            for Secret { name, key, purpose } in secrets {
                let _ = writeln!(text, "  {name:names$}  {key:keys$}  {purpose}");
            }
        }
        terminal.err(&text);
    }
}
