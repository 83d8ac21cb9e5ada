//! The clients, installed once for a target folder.

use pure_agent_runtime::digest::sha256;
use pure_agent_tests::readers::skipped;
use pure_agent_tests::sources::repository;
use std::fs::{File, copy, create_dir_all, read, read_dir};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Python with the pinned packages.
pub(crate) fn python() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let made = installed("python", &["requirements.txt"], |folder| {
            let python = Command::new("python3");
            ended(python, &["-m", "venv", "."], folder)?;
            let pip = Command::new(folder.join("bin/python"));
            let install = ["-m", "pip", "install", "--quiet", "--require-hashes"];
            let list = [
                &install[..],
                &["--only-binary", ":all:", "-r", "requirements.txt"],
            ];
            ended(pip, &list.concat(), folder)
        });
        made.map(|folder| folder.join("bin/python"))
    });
    found.as_deref()
}

/// A folder with the scripts for Node and the pinned packages.
pub(crate) fn node() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let files = ["package.json", "package-lock.json"];
        let folder = installed("node", &files, |folder| {
            let ci = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
            ended(Command::new("npm"), &ci, folder)
        })?;
        // A script finds packages by where it stands.
        for script in read_dir(repository().join("tests/clients")).unwrap() {
            let script = script.unwrap().path();
            if script.extension().is_some_and(|e| e == "mjs") {
                copy(&script, folder.join(script.file_name().unwrap())).unwrap();
            }
        }
        Some(folder)
    });
    found.as_deref()
}

/// A folder of `target/clients` for exactly these files, filled by `fill` unless it is.
fn installed(
    name: &str,
    files: &[&str],
    fill: impl Fn(&Path) -> Result<(), String>,
) -> Option<PathBuf> {
    let from = repository().join("tests/clients");
    let all = files.iter().flat_map(|file| read(from.join(file)).unwrap());
    let digest = sha256(all.collect::<Vec<u8>>());
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target
        .join("clients")
        .join(format!("{name}-{}", &digest[..16]));
    create_dir_all(&folder).unwrap();
    // Another test binary may be at it.
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    if !folder.join("whole").is_file() {
        for file in files {
            copy(from.join(file), folder.join(file)).unwrap();
        }
        if let Err(why) = fill(&folder) {
            let forged = ["DO NOT MATCH THE HASHES", "EINTEGRITY"];
            assert!(!forged.iter().any(|mark| why.contains(mark)), "{why}");
            let last = why.trim().lines().last().unwrap_or_default();
            skipped(&format!("no clients in {name}: {last}"));
            return None;
        }
        File::create(folder.join("whole")).unwrap();
    }
    Some(folder)
}

fn ended(mut program: Command, args: &[&str], folder: &Path) -> Result<(), String> {
    let done = program.args(args).current_dir(folder).output();
    let done = done.map_err(|e| format!("{}: {e}", program.get_program().display()))?;
    let said = String::from_utf8_lossy(&done.stderr);
    done.status.success().then_some(()).ok_or(said.into_owned())
}
