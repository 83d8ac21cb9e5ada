//! The programs of pinned versions, installed once.

use crate::shim::place::log;
use pure_agent_tests::sources::repository;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder with the programs, installed once for a build folder and a list of versions.
pub(super) fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        // target/<profile>/deps/<test>
        let folder = test.ancestors().nth(3).unwrap().join("harness");
        let lock = std::fs::read(repository().join("tests/harness/package-lock.json")).unwrap();
        let stamp = folder.join("installed");
        if std::fs::read(&stamp).ok().as_ref() != Some(&lock) {
            install(&folder);
            std::fs::write(&stamp, &lock).unwrap();
        }
        folder.join("bin")
    })
}

fn install(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(
            repository().join("tests/harness").join(name),
            folder.join(name),
        )
        .unwrap();
    }
    // No script of a package runs: Claude Code's would copy the program of this platform, which is linked below.
    let done = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .output()
        .expect("npm");
    assert!(done.status.success(), "{}", log(&done));
    let modules = folder.join("node_modules");
    let found = std::fs::read_dir(modules.join("@anthropic-ai"))
        .unwrap()
        .flatten();
    let mut found = found
        .map(|entry| entry.path().join("claude"))
        .filter(|path| path.is_file());
    let claude = found.next().expect("Claude Code for this platform");
    let bin = folder.join("bin");
    drop(std::fs::remove_dir_all(&bin));
    std::fs::create_dir(&bin).unwrap();
    for (name, path) in [
        ("claude", claude),
        ("codex", modules.join(".bin/codex")),
        ("gemini", modules.join(".bin/gemini")),
    ] {
        std::os::unix::fs::symlink(path, bin.join(name)).unwrap();
    }
}
