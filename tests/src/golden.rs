//! Golden files: what is written must be what stands in the repository.
//!
//! `GOLDEN=accept cargo test` writes them; without it a missing, extra or changed file fails.

use std::collections::BTreeMap;
use std::path::Path;

/// Whether files are written instead of compared.
#[must_use]
pub fn accepting() -> bool {
    std::env::var("GOLDEN").as_deref() == Ok("accept")
}

/// Compares one file, or writes it.
///
/// # Errors
/// Says where the first difference is.
pub fn file(path: &Path, actual: &[u8]) -> Result<(), String> {
    if accepting() {
        let folder = path.parent().unwrap_or(path);
        return std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(path, actual))
            .map_err(|e| format!("{}: {e}", path.display()));
    }
    match std::fs::read(path) {
        Ok(expected) if expected == actual => Ok(()),
        Ok(expected) => Err(format!(
            "{}: {}",
            path.display(),
            difference(&expected, actual)
        )),
        Err(e) => Err(format!("{}: {e} (GOLDEN=accept writes it)", path.display())),
    }
}

/// Compares a folder with files by relative path, or writes it and removes what is not there.
///
/// # Errors
/// Names every missing, extra and changed file.
pub fn folder(root: &Path, actual: &BTreeMap<String, Vec<u8>>) -> Result<(), String> {
    let existing = if root.exists() {
        crate::sources::folder(root)
    } else {
        BTreeMap::new()
    };
    let mut wrong = Vec::new();
    for (name, bytes) in actual {
        wrong.extend(file(&root.join(name), bytes).err());
    }
    for name in existing.keys().filter(|n| !actual.contains_key(*n)) {
        if accepting() {
            std::fs::remove_file(root.join(name)).map_err(|e| format!("{name}: {e}"))?;
        } else {
            wrong.push(format!(
                "{}: not produced any more",
                root.join(name).display()
            ));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

fn difference(expected: &[u8], actual: &[u8]) -> String {
    let (expected, actual) = (
        String::from_utf8_lossy(expected),
        String::from_utf8_lossy(actual),
    );
    let pairs = expected.lines().zip(actual.lines()).enumerate();
    match pairs.into_iter().find(|(_, (e, a))| e != a) {
        Some((n, (e, a))) => format!("line {}\n  - {e}\n  + {a}", n + 1),
        None => format!(
            "{} lines, now {}",
            expected.lines().count(),
            actual.lines().count()
        ),
    }
}
