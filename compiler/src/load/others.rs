//! Runs that a run may submit: what their specs declare, and that no run comes back to itself by them.

use super::{Content, Loader};
use crate::codes::Code;
use crate::diag::Finding;
use crate::nodes::Document;
use crate::span::{Span, Spanned};
use crate::spec::{Run, RunOf};
use crate::world::join;
use std::collections::{BTreeMap, BTreeSet};

/// The way from the run of a file to others.
struct Trail {
    /// Paths of the files, and the names of their runs.
    steps: Vec<(String, String)>,
    /// Files from which every way was followed to its end.
    done: BTreeSet<String>,
}

impl Loader<'_> {
    /// The runs that the run of a file may submit, by the place that names their file. What they may submit in turn is
    /// read too, to its end.
    pub(super) fn others(&mut self, path: &str, run: &Run) -> BTreeMap<Span, Run> {
        let mut trail = Trail {
            steps: vec![(path.to_owned(), run.name.value.clone())],
            done: BTreeSet::new(),
        };
        let mut others = BTreeMap::new();
        for wish in wishes(run) {
            let found = self.follow(&wish, &mut trail);
            others.extend(found.map(|other| (wish.file.span, other)));
        }
        others
    }

    fn follow(&mut self, wish: &RunOf, trail: &mut Trail) -> Option<Run> {
        let (path, run) = self.other(wish)?;
        if trail.steps.iter().any(|(before, _)| *before == path) {
            self.findings.push(circle(trail, &path, &wish.file));
            return None;
        }
        if trail.done.contains(&path) {
            return Some(run);
        }
        if trail.steps.len() > MOST {
            self.findings.push(long(&wish.file));
            return None;
        }
        trail.steps.push((path.clone(), run.name.value.clone()));
        for next in wishes(&run) {
            // A circle further on is told where it closes; this run is known in any case.
            let _other = self.follow(&next, trail);
        }
        trail.steps.pop();
        trail.done.insert(path);
        Some(run)
    }

    /// The one run of a file, which has the name that is written.
    fn other(&mut self, wish: &RunOf) -> Option<(String, Run)> {
        let RunOf { name, file } = wish;
        let path = match join(self.sources.path(file.span.source), &file.value) {
            Ok(path) => path,
            Err(e) => {
                self.findings.push(super::unreadable(&e, Some(file.span)));
                return None;
            }
        };
        let found = self.expect(&path, Document::Spec, Some(file.span))?;
        let Content::Spec(spec) = &found.content else {
            return None;
        };
        let Some(run) = spec.runs.first() else {
            let message = format!("`{}` declares no run", file.value);
            self.findings
                .push(Finding::new(Code::NoRun, file.span, message).help(format!(
                    "name the file with `run \"{}\" {{ … }}`",
                    name.value
                )));
            return None;
        };
        if run.name.value != name.value {
            let (is, written) = (&run.name.value, &name.value);
            let message = format!("`{}` declares the run `{is}`, not `{written}`", file.value);
            self.findings.push(
                Finding::new(Code::UnknownName, name.span, message)
                    .related(run.name.span, "the run of that file")
                    .help(format!("did you mean `{is}`?"))
                    .fix(name.span, format!("\"{is}\"")),
            );
            return None;
        }
        Some((path, run.clone()))
    }
}

/// Most runs of which one submits the next.
const MOST: usize = 16;

fn wishes(run: &Run) -> Vec<RunOf> {
    let wishes = run.exports.iter().filter_map(|export| export.run.clone());
    wishes.collect()
}

fn circle(trail: &Trail, path: &str, place: &Spanned<String>) -> Finding {
    let from = trail.steps.iter().position(|(before, _)| before == path);
    let round = trail.steps.iter().skip(from.unwrap_or(0));
    let mut names: Vec<&str> = round.map(|(_, run)| run.as_str()).collect();
    names.extend(names.first().copied());
    Finding::new(
        Code::UseCycle,
        place.span,
        format!("runs submit each other: {}", names.join(" → ")),
    )
    .label("here the circle closes")
    .help(
        "leave one of these exports out: a run that is submitted never leads back to its own spec",
    )
}

fn long(place: &Spanned<String>) -> Finding {
    let message = format!("more than {MOST} runs of which one submits the next");
    Finding::new(Code::UseCycle, place.span, message).help("submit some of them from one run")
}

#[cfg(test)]
mod tests;
