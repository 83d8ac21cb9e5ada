//! `pure-agent check`

use super::args::{CheckArgs, CheckFormat};
use super::checked::{Workspace, show, workspaces};
use super::exit::{Exit, Failure};
use super::groups::Group;
use super::terminal::Terminal;
use crate::diag::{Base, Report, github, gitlab, human::number, json, sarif, short};

pub(super) fn run(args: &CheckArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let list = workspaces(&args.sources, &args.strictness, |group| {
        base(group, args.format)
    })?;
    let specs = list.iter().map(|w: &Workspace| w.specs).sum();
    let reports: Vec<Report> = list.into_iter().map(|w| w.report).collect();
    match args.format {
        CheckFormat::Human => {
            show(reports.iter(), terminal);
            if reports.iter().all(|r| r.iter().next().is_none()) {
                terminal.err(&format!(
                    "checked {}: nothing found\n",
                    number(specs, "spec")
                ));
            }
        }
        CheckFormat::Short => terminal.stream(|out| short::write(&reports, out))?,
        CheckFormat::Github => terminal.stream(|out| github::write(&reports, out))?,
        CheckFormat::Gitlab => terminal.stream(|out| gitlab::write(&reports, out))?,
        CheckFormat::Json => terminal.stream(|out| json::write(&reports, specs, out))?,
        CheckFormat::Sarif => terminal.stream(|out| sarif::write(&reports, out))?,
    }
    Ok(if args.exit_zero {
        Exit::Fine
    } else {
        Exit::of(&reports)
    })
}

/// People and editors look from where they are; services from the root of the repository.
fn base(group: &Group, format: CheckFormat) -> Base {
    match format {
        CheckFormat::Human | CheckFormat::Short => group.seen_from_here(),
        CheckFormat::Github | CheckFormat::Gitlab | CheckFormat::Json | CheckFormat::Sarif => {
            group.seen_from_repository()
        }
    }
}
