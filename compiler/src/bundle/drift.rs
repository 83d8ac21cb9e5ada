//! How files differ from what the sources compile to.

use std::collections::BTreeMap;
use std::fmt;

/// One file that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Relative path of the file.
    pub path: String,
    /// How it differs.
    pub difference: Difference,
}

/// How a file differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// It should be there.
    Missing,
    /// Nothing compiles to it.
    Extra,
    /// Its text differs.
    Changed {
        /// The first line that differs, from 1.
        line: usize,
        /// The field that the line belongs to, as `spec.rules[0].verbs`; may be empty.
        field: String,
        /// What should stand there; empty where the text ends.
        expected: String,
        /// What stands there; empty where the text ends.
        found: String,
    },
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.difference {
            Difference::Missing => write!(f, "`{}` is missing", self.path),
            Difference::Extra => write!(f, "`{}` is not part of the bundle", self.path),
            Difference::Changed { line, field, .. } if field.is_empty() => {
                write!(f, "`{}` differs in line {line}", self.path)
            }
            Difference::Changed { line, field, .. } => {
                write!(f, "`{}` differs in line {line}, `{field}`", self.path)
            }
        }
    }
}

/// Compares expected files with those found, by path.
#[must_use]
pub fn drift(expected: &[(String, Vec<u8>)], found: &BTreeMap<String, Vec<u8>>) -> Vec<Drift> {
    let expected: BTreeMap<&str, &[u8]> = expected
        .iter()
        .map(|(path, bytes)| (&**path, &**bytes))
        .collect();
    let ours = expected.iter().filter_map(|(path, bytes)| {
        let difference = match found.get(*path) {
            None => Difference::Missing,
            Some(other) if other == bytes => return None,
            Some(other) => changed(bytes, other),
        };
        Some(Drift {
            path: (*path).to_owned(),
            difference,
        })
    });
    let extra = found.keys().filter(|path| !expected.contains_key(&***path));
    let extra = extra.map(|path| Drift {
        path: path.clone(),
        difference: Difference::Extra,
    });
    let mut all: Vec<Drift> = ours.chain(extra).collect();
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

fn changed(expected: &[u8], found: &[u8]) -> Difference {
    let (expected, found) = (
        String::from_utf8_lossy(expected),
        String::from_utf8_lossy(found),
    );
    // Not `lines()`: a carriage return or a missing newline at the end is a difference.
    let ours: Vec<&str> = expected.split('\n').collect();
    let theirs: Vec<&str> = found.split('\n').collect();
    let same = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
    let text = |lines: &[&str]| lines.get(same).map(|line| line.trim().to_owned());
    Difference::Changed {
        line: same + 1,
        field: field(
            if ours.get(same).is_some_and(|l| !l.is_empty()) {
                &ours
            } else {
                &theirs
            },
            same,
        ),
        expected: text(&ours).unwrap_or_default(),
        found: text(&theirs).unwrap_or_default(),
    }
}

/// The path of the field that a line of our own YAML (or pretty JSON) belongs to.
///
/// Lines are read from the top; the stack holds the keys and list elements that are open, each with its
/// column. A list stands in the column of its key. Text within a literal block is read the same way,
/// which leads into an embedded manifest.
fn field(lines: &[&str], at: usize) -> String {
    let mut open: Vec<(usize, Step)> = Vec::new();
    for line in lines.iter().take(at + 1) {
        let mut rest = line.trim_start_matches(' ');
        let mut column = line.len() - rest.len();
        while let Some(inner) = rest.strip_prefix("- ") {
            open.retain(|(c, _)| *c <= column);
            match open.last_mut() {
                Some((c, Step::Element(n))) if *c == column => *n += 1,
                _ => open.push((column, Step::Element(0))),
            }
            (rest, column) = (inner, column + 2);
        }
        if let Some(key) = key(rest) {
            open.retain(|(c, _)| *c < column);
            open.push((column, Step::Key(key)));
        }
    }
    let mut path = String::new();
    for (_, step) in &open {
        match step {
            Step::Element(n) => path.push_str(&format!("[{n}]")),
            Step::Key(key) if path.is_empty() => path.push_str(key),
            Step::Key(key) => {
                path.push('.');
                path.push_str(key);
            }
        }
    }
    path
}

/// A part of a path.
enum Step<'a> {
    Key(&'a str),
    Element(usize),
}

fn key(text: &str) -> Option<&str> {
    let (key, rest) = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => text.split_once(':').map(|(key, _)| (key, ":"))?,
    };
    (rest.starts_with(':') && !key.is_empty() && !key.contains(' ')).then_some(key)
}
