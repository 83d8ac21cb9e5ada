//! `pure-agent apply` and `pure-agent delete`

use super::args::{ApplyArgs, DeleteArgs, Part};
use super::compiled::{connect, specs, wanted};
use super::show::agreed;
use crate::bundle::{BUNDLE_ANNOTATION, DIGEST_ANNOTATION};
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;
use crate::cluster::apply::{Change, Changes, Step, Wanted};
use crate::cluster::compare::{Difference, short};
use crate::cluster::kinds::NAMESPACE;
use crate::diag::human::number;
use crate::diag::plain::one_line;
use serde_json::Value;
use std::fmt::Write as _;

pub(super) fn apply(args: &ApplyArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let specs = match specs(&args.there, terminal)? {
        Ok(specs) => specs,
        Err(exit) => return Ok(exit),
    };
    let cluster = connect(&args.there.reach)?;
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
            let (bundle, rest) = without_digests(differences);
            if bundle {
                text.push_str("      carries the new digest of its bundle\n");
            }
            for one in rest {
                let _ = writeln!(text, "      {}:", one_line(&one.field));
                let (minus, plus) = sides(one.cluster.as_ref(), one.bundle.as_ref());
                for (sign, lines) in [('-', minus), ('+', plus)] {
                    for line in lines {
                        let _ = writeln!(text, "        {sign} {}", one_line(&line));
                    }
                }
            }
            text
        }
    }
}

/// The differences that are not only those of the bundle's digest, and whether there is one of those. Every object of
/// a spec names it, so where the spec changes it differs in all of them.
fn without_digests(differences: &[Difference]) -> (bool, Vec<&Difference>) {
    let field = format!("metadata.annotations.{BUNDLE_ANNOTATION}");
    let text = |value: &Option<Value>| value.as_ref().and_then(|v| v.as_str().map(str::to_owned));
    let digests = differences
        .iter()
        .find(|one| one.field == field)
        .and_then(|one| Some((text(&one.cluster)?, text(&one.bundle)?)));
    let Some((old, new)) = digests else {
        return (false, differences.iter().collect());
    };
    let own = format!("metadata.annotations.{DIGEST_ANNOTATION}");
    let rest = differences.iter().filter(|one| {
        let same = text(&one.cluster).map(|text| text.replace(&old, &new)) == text(&one.bundle);
        one.field != own && !(same && one.cluster.is_some())
    });
    (true, rest.collect())
}

/// Most lines of one field that are shown.
const LINES: usize = 12;

/// What goes and what comes: of two texts of several lines only the lines that differ.
fn sides(old: Option<&Value>, new: Option<&Value>) -> (Vec<String>, Vec<String>) {
    let one = |value: Option<&Value>| value.map(short).into_iter().collect();
    let (Some(Value::String(a)), Some(Value::String(b))) = (old, new) else {
        return (one(old), one(new));
    };
    if !a.contains('\n') && !b.contains('\n') {
        return (one(old), one(new));
    }
    let (a, b): (Vec<&str>, Vec<&str>) = (a.lines().collect(), b.lines().collect());
    let start = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let end = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    // No line of the shorter one counts twice.
    let end = end.min(a.len().min(b.len()) - start);
    let part = |lines: &[&str]| -> Vec<String> {
        let middle = lines.get(start..lines.len() - end).unwrap_or_default();
        let mut shown: Vec<String> = middle
            .iter()
            .take(LINES)
            .map(|line| (*line).to_owned())
            .collect();
        if middle.len() > LINES {
            shown.push(format!("… {} more lines", middle.len() - LINES));
        }
        shown
    };
    (part(&a), part(&b))
}

pub(super) fn delete(args: &DeleteArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let specs = match specs(&args.there, terminal)? {
        Ok(specs) => specs,
        Err(exit) => return Ok(exit),
    };
    let cluster = connect(&args.there.reach)?;
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

#[cfg(test)]
mod tests {
    use super::{sides, without_digests};
    use crate::cluster::compare::compare;
    use serde_json::json;

    #[test]
    fn of_long_texts_only_what_differs_is_shown() {
        let (old, new) = (json!("a\nb\nc\nd\n"), json!("a\nx\ny\nc\nd\n"));
        let shown = sides(Some(&old), Some(&new));
        assert_eq!(
            shown,
            (vec!["b".to_owned()], vec!["x".to_owned(), "y".to_owned()])
        );
        let shown = sides(Some(&json!("a\na\n")), Some(&json!("a\na\na\n")));
        assert_eq!(shown, (vec![], vec!["a".to_owned()]));
        assert_eq!(sides(None, Some(&json!(1))), (vec![], vec!["1".to_owned()]));
    }

    #[test]
    fn a_new_digest_of_the_bundle_is_told_once() {
        let object = |digest: &str, text: &str| {
            json!({"kind": "ConfigMap", "metadata": {"annotations": {"pure-agent.dev/bundle": digest,
                "pure-agent.dev/digest": text}}, "data": {"a": format!("of {digest}"), "b": text}})
        };
        let differences = compare(&object("new", "x"), &object("old", "y"));
        let (bundle, rest) = without_digests(&differences);
        let fields: Vec<&str> = rest.iter().map(|one| one.field.as_str()).collect();
        assert!(bundle);
        assert_eq!(fields, ["data.b"]);
    }
}
