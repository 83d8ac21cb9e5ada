//! `pure-agent fmt`

use super::args::FmtArgs;
use super::checked::show;
use super::exit::{Exit, Failure};
use super::groups::here;
use super::input::{absolute, replace, stdin};
use super::terminal::Terminal;
use crate::codes::Code;
use crate::compile::{Options, check_all};
use crate::diag::{Base, Finding, Findings, Report, human::number};
use crate::fmt::format;
use crate::load::{Extra, Loader, unreadable};
use crate::span::{SourceId, Sources, Span};
use crate::syntax::read;
use crate::world::{Disk, ReadError, World as _};
use std::path::Path;
use std::sync::Arc;

pub(super) fn run(args: &FmtArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let mut work = Work {
        check: args.check,
        ..Work::default()
    };
    if args.paths.is_empty() {
        work.workspace()?;
    }
    for path in &args.paths {
        if path == Path::new("-") {
            let name = args.stdin_path.as_deref().unwrap_or(Path::new("stdin.kdl"));
            let text = work.text(&name.to_string_lossy(), &stdin()?);
            if let (Some(text), false) = (text, args.check) {
                terminal.out(&text)?;
            }
        } else {
            work.path(path)?;
        }
    }
    work.finish(terminal)
}

/// What was formatted, and what could not be.
#[derive(Default)]
struct Work {
    check: bool,
    base: Base,
    findings: Findings,
    sources: Sources,
    files: usize,
    changed: usize,
}

impl Work {
    /// Every source that the specs of the workspace are made of, files that they use too.
    fn workspace(&mut self) -> Result<(), Failure> {
        let group = here()?;
        let disk = group.disk()?;
        let mut loader = Loader::open(&disk, Extra::default());
        let files = group.files(&mut loader)?;
        check_all(&mut loader, &files, Options::default());
        let mut paths: Vec<String> = loader.sources.iter().map(|(_, s)| s.path.clone()).collect();
        paths.sort();
        paths.dedup();
        self.base = group.seen_from_here();
        paths
            .iter()
            .try_for_each(|path| self.file(&disk, path, path))
    }

    /// A file, or every KDL file below a folder.
    fn path(&mut self, path: &Path) -> Result<(), Failure> {
        let whole = absolute(path)?;
        let cannot = |e| Failure::Io(format!("cannot read `{}`", path.display()), e);
        // A link is no folder here, wherever it leads: what it names is refused like any other link.
        if !std::fs::symlink_metadata(&whole).map_err(cannot)?.is_dir() {
            let folder = whole.parent().unwrap_or(&whole);
            let name = whole
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let disk = Disk::new(folder).map_err(cannot)?;
            return self.file(&disk, &name, &path.to_string_lossy());
        }
        let disk = Disk::new(&whole).map_err(cannot)?;
        let found = disk.glob("**/*.kdl").map_err(|e| no_file(&e))?;
        found
            .iter()
            .try_for_each(|inner| self.file(&disk, inner, &path.join(inner).to_string_lossy()))
    }

    fn file(&mut self, disk: &Disk, path: &str, shown: &str) -> Result<(), Failure> {
        let bytes = match disk.read(path) {
            Ok(bytes) => bytes,
            Err(e) => {
                self.findings.push(unreadable(&e, None));
                return Ok(());
            }
        };
        self.files += 1;
        let Some(text) = self.text(shown, &bytes) else {
            return Ok(());
        };
        if text.as_bytes() == bytes || self.check {
            return Ok(());
        }
        self.changed += 1;
        replace(&disk.root().join(path), text.as_bytes())
            .map_err(|e| Failure::Io(format!("cannot write `{shown}`"), e))
    }

    /// The text in the one layout; `None` if it has mistakes, which are then among the findings.
    fn text(&mut self, name: &str, bytes: &[u8]) -> Option<String> {
        let text = read(bytes);
        let source = self
            .sources
            .add(name.to_owned(), Arc::from(text.text.as_str()));
        let faults = text.findings(source);
        if !faults.is_empty() {
            self.findings.extend(faults);
            return None;
        }
        match format(&text.text, source) {
            Ok(formatted) => {
                if self.check && formatted.as_bytes() != bytes {
                    self.findings
                        .push(not_formatted(source, &text.text, &formatted));
                }
                Some(formatted)
            }
            Err(findings) => {
                self.findings.extend(findings);
                None
            }
        }
    }

    fn finish(self, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let report = Report::new(self.findings, self.sources, self.base);
        show([&report].into_iter(), terminal);
        let exit = Exit::of([&report]);
        if self.changed > 0 {
            let (all, changed) = (number(self.files, "file"), self.changed);
            terminal.err(&format!("formatted {changed} of {all}\n"));
        }
        Ok(exit)
    }
}

fn no_file(error: &ReadError) -> Failure {
    Failure::usage(error.to_string(), "name files instead of the folder")
}

/// The finding stands at the first line that would change. Line ends and a byte order mark have no
/// line of their own: then it is the first one.
fn not_formatted(source: SourceId, text: &str, formatted: &str) -> Finding {
    let mut start = 0;
    let mut new = formatted.split('\n');
    for line in text.split('\n') {
        if new.next() != Some(line) {
            break;
        }
        start += line.len() + 1;
    }
    if start >= text.len() && text == formatted {
        start = 0;
    }
    let rest = text.get(start.min(text.len())..).unwrap_or("");
    let start = start.min(text.len());
    let end = start + rest.find('\n').unwrap_or(rest.len());
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let span = Span {
        source,
        start: place(start),
        end: place(end),
    };
    Finding::new(Code::NotFormatted, span, "file is not in the one layout")
        .label("the first line that would change")
        .help("run `pure-agent fmt` on it")
}
