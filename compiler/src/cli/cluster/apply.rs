//! `pure-agent apply` and `pure-agent delete`

use super::args::{ApplyArgs, DeleteArgs, Part};
use super::compiled::{connect, specs, wanted};
use super::show::agreed;
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;
use crate::cluster::apply::{Change, Changes, Step, Wanted};
use crate::cluster::compare::short;
use crate::cluster::kinds::NAMESPACE;
use crate::diag::human::number;
use crate::diag::plain::one_line;
use std::fmt::Write as _;

pub(super) fn apply(args: &ApplyArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let specs = match specs(&args.sources, &args.strictness, terminal)? {
        Ok(specs) => specs,
        Err(exit) => return Ok(exit),
    };
    let cluster = connect(&args.reach)?;
    let mut plans = Vec::new();
    for wanted in wanted(&specs, args.part)? {
        let changes = cluster.changes(&wanted, args.prune)?;
        terminal.out(&told(&wanted, &changes))?;
        plans.push((wanted, changes));
    }
    terminal.flush()?;
    if plans.iter().all(|(_, changes)| changes.is_empty()) {
        terminal.err("the cluster is what the sources compile to\n");
        return Ok(Exit::Fine);
    }
    if args.dry_run {
        return Ok(Exit::Fine);
    }
    if !agreed("apply this?", args.yes, terminal)? {
        terminal.err("nothing was changed\n");
        return Ok(Exit::Findings);
    }
    let mut done = 0;
    for (wanted, changes) in &plans {
        cluster.apply(wanted, changes, &mut |change| {
            done += 1;
            terminal.err(&format!("{} {}\n", past(&change.step), change.place));
        })?;
    }
    terminal.err(&format!("applied {}\n", number(done, "change")));
    Ok(Exit::Fine)
}

fn past(step: &Step) -> &'static str {
    match step {
        Step::Create => "created",
        Step::Change(_) => "changed",
        Step::Keep => "kept",
        Step::Delete => "deleted",
        Step::Key => "made, if it was missing,",
    }
}

/// What would happen, object by object and field by field.
fn told(wanted: &Wanted, changes: &Changes) -> String {
    let mut text = format!("namespace `{}`:\n", wanted.namespace);
    let mut kept = 0;
    for change in &changes.list {
        kept += usize::from(change.step == Step::Keep);
        text.push_str(&line(change));
    }
    // Writing into a string cannot fail.
    let _ = writeln!(text, "  {} as compiled", number(kept, "object"));
    for why in &changes.unseen {
        let _ = writeln!(
            text,
            "  not looked for what is left over: {}",
            one_line(why)
        );
    }
    if !changes.running.is_empty() {
        let _ = writeln!(
            text,
            "  runs under way whose further pods will be refused: {}; stop them, or wait for their end",
            changes.running.join(", ")
        );
    }
    text
}

fn line(change: &Change) -> String {
    let place = &change.place;
    match &change.step {
        Step::Keep => String::new(),
        Step::Create => format!("  + {place}\n"),
        Step::Delete => format!("  - {place}\n"),
        Step::Key => format!("  + {place}, a key of 32 random bytes, if it is missing\n"),
        Step::Change(differences) => {
            let mut text = format!("  ~ {place}\n");
            for one in differences {
                let _ = writeln!(text, "      {}:", one_line(&one.field));
                if let Some(cluster) = &one.cluster {
                    let _ = writeln!(text, "        - {}", one_line(&short(cluster)));
                }
                if let Some(bundle) = &one.bundle {
                    let _ = writeln!(text, "        + {}", one_line(&short(bundle)));
                }
            }
            text
        }
    }
}

pub(super) fn delete(args: &DeleteArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let specs = match specs(&args.sources, &args.strictness, terminal)? {
        Ok(specs) => specs,
        Err(exit) => return Ok(exit),
    };
    let cluster = connect(&args.reach)?;
    let mut all = Vec::new();
    for wanted in wanted(&specs, args.part)? {
        let places = cluster.installed(&wanted)?;
        let mut text = format!("namespace `{}`:\n", wanted.namespace);
        for place in &places {
            let _ = writeln!(text, "  - {place}");
            if *place.kind == NAMESPACE {
                let _ = writeln!(text, "      and with it every run, Secret and volume in it");
            }
        }
        if args.part == Part::Spec {
            for spec in &wanted.specs {
                let _ = writeln!(
                    text,
                    "  Secret {spec}-key stays: by it earlier exports are found again"
                );
            }
        }
        terminal.out(&text)?;
        all.extend(places);
    }
    terminal.flush()?;
    if all.is_empty() {
        terminal.err("the cluster has none of these objects\n");
        return Ok(Exit::Fine);
    }
    if !agreed("delete this?", args.yes, terminal)? {
        terminal.err("nothing was deleted\n");
        return Ok(Exit::Findings);
    }
    cluster.delete(&all, &mut |place| {
        terminal.err(&format!("deleted {place}\n"))
    })?;
    Ok(Exit::Fine)
}
