//! Path patterns: `*` within a segment, `**` for any number of segments.

use std::fs;
use std::path::Path;

use super::{ReadError, io_error};

/// Folder entries that one pattern may look at.
pub const MAX_ENTRIES: usize = 100_000;
/// Folders within folders.
const MAX_DEPTH: usize = 64;

/// Whether a pattern matches a logical path.
#[must_use]
pub fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    // `reached[n]`: the segments so far can be taken by the first `n` of the pattern. Linear in
    // the product of both lengths, whatever the number of `**`.
    let mut reached = vec![false; pattern.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    skip_any(&pattern, &mut reached);
    for segment in path {
        let mut next = vec![false; pattern.len() + 1];
        for (at, part) in pattern.iter().enumerate() {
            if !reached.get(at).copied().unwrap_or(false) {
                continue;
            }
            let to = match *part {
                "**" if !segment.starts_with('.') => at,
                part if part != "**" && segment_matches(part, segment) => at + 1,
                _ => continue,
            };
            if let Some(slot) = next.get_mut(to) {
                *slot = true;
            }
        }
        reached = next;
        skip_any(&pattern, &mut reached);
    }
    reached.last().copied().unwrap_or(false)
}

/// `**` may stand for nothing.
fn skip_any(pattern: &[&str], reached: &mut [bool]) {
    for (at, part) in pattern.iter().enumerate() {
        if *part == "**"
            && reached.get(at).copied().unwrap_or(false)
            && let Some(next) = reached.get_mut(at + 1)
        {
            *next = true;
        }
    }
}

/// `*` stands for any characters; a leading dot is matched by a dot only.
fn segment_matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut left) = name.strip_prefix(head) else {
        return false;
    };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let tail = pieces.pop().unwrap_or("");
    for piece in pieces {
        match left.find(piece) {
            Some(at) => left = left.get(at + piece.len()..).unwrap_or(""),
            None => return false,
        }
    }
    left.ends_with(tail)
}

/// A walk through the folders that a pattern can reach.
struct Walk<'a> {
    root: &'a Path,
    pattern: &'a str,
    found: Vec<String>,
    seen: usize,
}

pub(super) fn on_disk(root: &Path, pattern: &str) -> Result<Vec<String>, ReadError> {
    let mut walk = Walk {
        root,
        pattern,
        found: Vec::new(),
        seen: 0,
    };
    let fixed: Vec<&str> = pattern
        .split('/')
        .take_while(|p| !p.contains('*'))
        .collect();
    let segments = pattern.split('/').count();
    let base = fixed
        .get(..fixed.len().min(segments - 1))
        .unwrap_or(&[])
        .join("/");
    let folder = root.join(&base);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let real = fs::canonicalize(&folder).map_err(|e| io_error(pattern, &e))?;
    if !real.starts_with(root) {
        return Err(ReadError::LinkLeavesRoot(base));
    }
    walk.folder(&base, 0)?;
    walk.found.sort();
    Ok(walk.found)
}

impl Walk<'_> {
    fn folder(&mut self, logical: &str, depth: usize) -> Result<(), ReadError> {
        if depth > MAX_DEPTH {
            return Err(ReadError::TooMany(self.pattern.to_owned()));
        }
        let entries = fs::read_dir(self.root.join(logical)).map_err(|e| io_error(logical, &e))?;
        for entry in entries {
            let entry = entry.map_err(|e| io_error(logical, &e))?;
            self.seen += 1;
            if self.seen > MAX_ENTRIES {
                return Err(ReadError::TooMany(self.pattern.to_owned()));
            }
            // Names that are not UTF-8, or hold a backslash, have no logical path.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            if name.contains('\\') {
                continue;
            }
            let path = if logical.is_empty() {
                name
            } else {
                format!("{logical}/{name}")
            };
            let kind = entry.file_type().map_err(|e| io_error(&path, &e))?;
            // Links to files are kept (reading them checks where they lead); links to folders
            // are not walked, so that no walk leaves the root or turns in circles.
            if kind.is_dir() {
                if self.may_hold(&path) {
                    self.folder(&path, depth + 1)?;
                }
            } else if matches(self.pattern, &path) && (kind.is_file() || self.is_file(&path)) {
                self.found.push(path);
            }
        }
        Ok(())
    }

    /// Whether the pattern reaches below a folder; it never reaches below hidden ones.
    fn may_hold(&self, folder: &str) -> bool {
        let is_hidden = folder
            .rsplit('/')
            .next()
            .is_some_and(|n| n.starts_with('.'));
        let reaches = self.pattern.contains("**") || depth_of(self.pattern) > depth_of(folder);
        reaches && !is_hidden
    }

    fn is_file(&self, path: &str) -> bool {
        fs::metadata(self.root.join(path)).is_ok_and(|m| m.is_file())
    }
}

fn depth_of(path: &str) -> usize {
    path.split('/').count()
}
