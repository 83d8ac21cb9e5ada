//! Which files of a folder are ours: those that an index of ours lists, and the index.

use super::NotWritten;
use crate::bundle::{INDEX_FILE, INDEX_SCHEMA};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

/// The files of the previous output, by relative path: of the folder's own index, and of the indices
/// one folder below.
///
/// # Errors
/// A folder with files but without an index of ours, and a target that is no plain folder.
pub(super) fn in_folder(dir: &Path) -> Result<BTreeSet<String>, NotWritten> {
    let io = |error| NotWritten::Io(dir.to_owned(), error);
    match dir.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(io(error)),
        Ok(metadata) if !metadata.is_dir() => return Err(NotWritten::NotAFolder(dir.to_owned())),
        Ok(_) => {}
    }
    let mut files = listed(dir, "").unwrap_or_default();
    let mut empty = true;
    for entry in fs::read_dir(dir).map_err(io)? {
        let entry = entry.map_err(io)?;
        empty = false;
        if let Ok(name) = entry.file_name().into_string()
            && entry.file_type().map_err(io)?.is_dir()
        {
            files.extend(listed(dir, &format!("{name}/")).unwrap_or_default());
        }
    }
    if files.is_empty() && !empty {
        Err(NotWritten::NotOurs(dir.to_owned()))
    } else {
        Ok(files)
    }
}

/// The files that the index in `dir/prefix` lists, and itself; `None` if it is not one of ours.
///
/// An index may come from a stranger's repository, so a path in it counts only where `compile` could
/// have written it.
fn listed(dir: &Path, prefix: &str) -> Option<BTreeSet<String>> {
    let index = format!("{prefix}{INDEX_FILE}");
    let path = dir.join(&index);
    if !path.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let json: serde_json::Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    if json.get("schema")?.as_str()? != INDEX_SCHEMA {
        return None;
    }
    let rows = json.get("objects")?.as_array()?.iter();
    let files = rows
        .filter_map(|row| row.get("file")?.as_str())
        .filter(|file| {
            let (folder, name) = file.split_once('/').unwrap_or_default();
            matches!(folder, "platform" | "spec") && plain(name) && !name.contains('/')
        });
    let mut files: BTreeSet<String> = files.map(|file| format!("{prefix}{file}")).collect();
    files.insert(index);
    Some(files)
}

/// Whether a path is one that `compile` writes: one to three parts of plain characters, none of which
/// is `.` or `..` or hidden.
pub(super) fn plain(path: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || "-_.".contains(c))
    };
    path.split('/').count() <= 3 && path.split('/').all(part)
}

/// Whether a file may be put at a path: no folder on the way is a link, and what stands there is a
/// file of ours, or nothing.
pub(super) fn replaceable(
    dir: &Path,
    name: &str,
    before: &BTreeSet<String>,
) -> Result<(), NotWritten> {
    let mut path = dir.to_owned();
    let parts: Vec<&str> = name.split('/').collect();
    for (at, part) in parts.iter().enumerate() {
        path.push(part);
        let last = at + 1 == parts.len();
        match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(NotWritten::Io(path, error)),
            Ok(metadata) if last && metadata.is_file() && before.contains(name) => {}
            Ok(_) if last => return Err(NotWritten::NotOurs(path)),
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(NotWritten::NotAFolder(path)),
        }
    }
    Ok(())
}
