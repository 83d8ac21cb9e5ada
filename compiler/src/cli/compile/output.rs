//! Objects as files: `DIR/<run>/{platform,spec}/…` and `DIR/<run>/bundle.json`, always, so that a
//! second spec moves no file of the first.
//!
//! If all specs of the workspace are compiled, the folder is theirs: what a removed spec left is
//! removed, or is drift. If some are, only their folders are looked at.

use super::super::exit::{Exit, Failure};
use super::super::terminal::Terminal;
use super::super::write::{NotWritten, Written, write_tree};
use super::{Jobs, Needed, bundle};
use crate::bundle::{Drift, INDEX_FILE, drift};
use crate::codes::Code;
use crate::compile::Compiler;
use crate::diag::{Base, Finding, Findings, Report, human, human::number};
use crate::span::Sources;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// Files of one run, by path below its folder.
type Files = Vec<(String, Vec<u8>)>;

/// Writes what changed; what is there stays as it is if anything goes wrong.
pub(super) fn write(dir: &Path, jobs: &Jobs<'_>, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let mut needed = Needed::default();
    let mut compiler = Compiler::default();
    let mut total = Written::default();
    if jobs.whole {
        let mut fault = None;
        let files = AllFiles {
            jobs: jobs.list.iter(),
            now: Vec::new().into_iter(),
            compiler,
            needed: &mut needed,
            fault: &mut fault,
        };
        let written = write_tree(dir, files);
        if let Some(fault) = fault {
            return Err(fault);
        }
        total = written.map_err(not_written)?;
    } else {
        for (unit, sources) in &jobs.list {
            let bundle = bundle(&mut compiler, unit, sources)?;
            needed.add(unit, &bundle);
            let folder = dir.join(&unit.run.name.value);
            let Written {
                written,
                unchanged,
                removed,
            } = write_tree(&folder, bundle.files()).map_err(not_written)?;
            total.written += written;
            total.unchanged += unchanged;
            total.removed += removed;
        }
    }
    let Written {
        written,
        unchanged,
        removed,
    } = total;
    terminal.err(&format!(
        "{} written to `{}`, {unchanged} unchanged, {removed} removed\n",
        number(written, "file"),
        dir.display()
    ));
    needed.show(terminal);
    Ok(Exit::Fine)
}

fn not_written(why: NotWritten) -> Failure {
    Failure::Refused(why.to_string())
}

/// The files of all runs, one bundle at a time.
struct AllFiles<'a, 'b> {
    jobs: std::slice::Iter<'a, (&'b crate::resolve::Unit, &'b Sources)>,
    now: std::vec::IntoIter<(String, Vec<u8>)>,
    compiler: Compiler,
    needed: &'a mut Needed,
    fault: &'a mut Option<Failure>,
}

impl Iterator for AllFiles<'_, '_> {
    type Item = (String, Vec<u8>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(file) = self.now.next() {
                return Some(file);
            }
            let (unit, sources) = self.jobs.next()?;
            match bundle(&mut self.compiler, unit, sources) {
                Ok(bundle) => {
                    self.needed.add(unit, &bundle);
                    let run = &unit.run.name.value;
                    let files: Files = bundle
                        .files()
                        .into_iter()
                        .map(|(f, b)| (format!("{run}/{f}"), b))
                        .collect();
                    self.now = files.into_iter();
                }
                Err(fault) => {
                    *self.fault = Some(fault);
                    // A file without a name is refused, and with it the whole output.
                    return Some((String::new(), Vec::new()));
                }
            }
        }
    }
}

/// Compares what is there with what the sources compile to, and names what differs.
pub(super) fn compare(
    dir: &Path,
    jobs: &Jobs<'_>,
    terminal: &mut Terminal,
) -> Result<Exit, Failure> {
    let shown = dir.display().to_string();
    let mut compiler = Compiler::default();
    let mut found = Vec::new();
    let mut runs = Vec::new();
    for (unit, sources) in &jobs.list {
        let run = unit.run.name.value.as_str();
        let expected = bundle(&mut compiler, unit, sources)?.files();
        let there = existing(&dir.join(run))?;
        found.extend(
            drift(&expected, &there)
                .into_iter()
                .map(|d| finding(&shown, run, &d)),
        );
        runs.push(run);
    }
    if jobs.whole {
        for folder in other_runs(dir, &runs)? {
            found.push(
                Finding::placeless(
                    Code::Drift,
                    format!("no spec compiles to `{shown}/{folder}`"),
                )
                .help("remove the folder, or bring the spec back"),
            );
        }
    }
    let mut findings = Findings::default();
    found.into_iter().for_each(|f| findings.push(f));
    let report = Report::new(findings, Sources::default(), Base::default());
    let exit = Exit::of([&report]);
    if exit == Exit::Fine {
        terminal.err(&format!(
            "{} as compiled in `{shown}`\n",
            number(runs.len(), "run")
        ));
    } else {
        let text = human::render([&report], terminal.look());
        terminal.err(&text);
    }
    Ok(exit)
}

fn finding(dir: &str, run: &str, drift: &Drift) -> Finding {
    let whole = Drift {
        path: format!("{dir}/{run}/{}", drift.path),
        difference: drift.difference.clone(),
    };
    Finding::placeless(Code::Drift, whole.to_string()).help(format!(
        "run `pure-agent compile -o {dir}` and review what changes"
    ))
}

/// Every file of a run's folder. Nothing outside of `platform`, `spec` and the index is ours.
fn existing(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let mut files = BTreeMap::new();
    for zone in ["platform", "spec"] {
        for name in names(&folder.join(zone))? {
            let path = folder.join(zone).join(&name);
            files.insert(format!("{zone}/{name}"), read(&path)?);
        }
    }
    let index = folder.join(INDEX_FILE);
    if index.symlink_metadata().is_ok() {
        files.insert(INDEX_FILE.to_owned(), read(&index)?);
    }
    Ok(files)
}

/// A file's bytes; for what is no plain file nothing, which differs from everything we write.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let cannot = |e| Failure::Io(format!("cannot read `{}`", path.display()), e);
    if path.symlink_metadata().map_err(cannot)?.is_file() {
        fs::read(path).map_err(cannot)
    } else {
        Ok(Vec::new())
    }
}

/// Folders with an index that no run of the list belongs to.
fn other_runs(dir: &Path, runs: &[&str]) -> Result<Vec<String>, Failure> {
    let mut others = names(dir)?;
    others.retain(|name| !runs.contains(&&**name) && dir.join(name).join(INDEX_FILE).is_file());
    Ok(others)
}

/// What stands in a folder, sorted; nothing if there is no such folder.
fn names(folder: &Path) -> Result<Vec<String>, Failure> {
    let cannot = |e| Failure::Io(format!("cannot read `{}`", folder.display()), e);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(Vec::new());
        }
        Err(e) => return Err(cannot(e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(
            entry
                .map_err(cannot)?
                .file_name()
                .to_string_lossy()
                .into_owned(),
        );
    }
    names.sort();
    Ok(names)
}
