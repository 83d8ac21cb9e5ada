//! Checking what the command line names: the first half of every command that reads specs.

use super::args::{Sources, Strictness};
use super::exit::Failure;
use super::groups::{Group, groups};
use super::terminal::Terminal;
use crate::compile::{Options, check_all};
use crate::diag::{self, Base, Report};
use crate::load::Loader;
use crate::resolve::Unit;

/// One workspace after all checks.
#[derive(Debug)]
pub(super) struct Workspace {
    /// Its findings and its sources.
    pub(super) report: Report,
    /// The specs that could be read.
    pub(super) units: Vec<Unit>,
    /// How many specs were asked for.
    pub(super) specs: usize,
    /// Whether these are all specs of the workspace.
    pub(super) whole: bool,
}

/// Reads and checks everything that was asked for. `base` says how paths are shown.
pub(super) fn workspaces(
    sources: &Sources,
    strictness: &Strictness,
    base: impl Fn(&Group) -> Base,
) -> Result<Vec<Workspace>, Failure> {
    let levels = strictness.levels();
    let mut list = Vec::new();
    for group in groups(sources)? {
        let disk = group.disk()?;
        let mut loader = Loader::open(&disk, group.extra(sources)?);
        let files = group.files(&mut loader)?;
        let whole = group.is_whole();
        let options = Options {
            as_of: Some(strictness.as_of()?),
            whole,
        };
        let checked = check_all(&mut loader, &files, options);
        let Loader {
            mut findings,
            sources,
            ..
        } = loader;
        levels.apply(&mut findings);
        let report = Report::new(findings, sources, base(&group));
        list.push(Workspace {
            report,
            units: checked.units,
            specs: checked.specs,
            whole,
        });
    }
    Ok(list)
}

/// Findings for people, on standard error; nothing where there are none.
pub(super) fn show<'a>(reports: impl Iterator<Item = &'a Report> + Clone, terminal: &mut Terminal) {
    if reports.clone().any(|r| r.iter().next().is_some()) {
        let text = diag::human::render(reports, terminal.look());
        terminal.err(&text);
    }
}
