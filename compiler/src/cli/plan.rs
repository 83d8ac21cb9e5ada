//! `pure-agent plan`

use super::args::{PlanArgs, PlanFormat};
use super::checked::{show, workspaces};
use super::exit::{Exit, Failure};
use super::groups::Group;
use super::terminal::Terminal;
use crate::plan::{build::build, json::json, text::text};

pub(super) fn run(args: &PlanArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let list = workspaces(&args.sources, &args.strictness, Group::seen_from_here)?;
    show(list.iter().map(|w| &w.report), terminal);
    let exit = Exit::of(list.iter().map(|w| &w.report));
    if exit != Exit::Fine {
        return Ok(exit);
    }
    for (at, unit) in list.iter().flat_map(|w| &w.units).enumerate() {
        let plan = build(unit);
        match args.format {
            PlanFormat::Json => terminal.out(&json(&plan))?,
            PlanFormat::Text => {
                if at > 0 {
                    terminal.out("\n")?;
                }
                terminal.out(&text(&plan))?;
            }
        }
    }
    Ok(exit)
}
