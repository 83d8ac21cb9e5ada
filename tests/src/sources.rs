//! Workspaces as the tests build them: in memory, from strings or from a folder of the repository.

use pure_agent::compile::{Options, check_all};
use pure_agent::diag::Finding;
use pure_agent::load::{Extra, Loader};
use pure_agent::span::Sources;
use pure_agent::values::date::Date;
use pure_agent::world::Memory;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The root of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_owned)
        .unwrap_or_default()
}

/// Every file below a folder, by its path relative to it.
///
/// # Panics
/// If the folder cannot be read.
#[must_use]
pub fn folder(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn below(root: &Path, at: &Path, out: &mut BTreeMap<String, Vec<u8>>) {
        let mut entries: Vec<_> = std::fs::read_dir(at)
            .unwrap_or_else(|e| panic!("{}: {e}", at.display()))
            .map(|e| e.map(|e| e.path()))
            .collect::<Result<_, _>>()
            .unwrap_or_else(|e| panic!("{}: {e}", at.display()));
        entries.sort();
        for path in entries {
            if path.is_dir() {
                below(root, &path, out);
            } else {
                let name = path
                    .strip_prefix(root)
                    .unwrap_or(&path)
                    .to_string_lossy()
                    .into_owned();
                let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
                out.insert(name, bytes);
            }
        }
    }
    let mut out = BTreeMap::new();
    below(root, root, &mut out);
    out
}

/// The smallest workspace that compiles without a finding.
#[must_use]
pub fn base() -> BTreeMap<String, Vec<u8>> {
    folder(&repository().join("golden/pages/base"))
}

/// A world of these files.
#[must_use]
pub fn memory(files: &BTreeMap<String, Vec<u8>>) -> Memory {
    let mut world = Memory::default();
    for (path, bytes) in files {
        world.add(path.clone(), bytes.clone());
    }
    world
}

/// Everything that checking a whole workspace finds on a fixed day, sorted, with the sources.
#[must_use]
pub fn findings(files: &BTreeMap<String, Vec<u8>>) -> (Sources, Vec<Finding>) {
    let world = memory(files);
    let mut loader = Loader::open(&world, Extra::default());
    let paths = loader.spec_paths();
    let options = Options {
        as_of: Date::parse("2026-11-01").ok(),
        whole: true,
    };
    drop(check_all(&mut loader, &paths, options));
    loader.findings.sort(&loader.sources);
    (
        loader.sources.clone(),
        loader.findings.iter().cloned().collect(),
    )
}

/// The examples, by the names of their folders.
pub const EXAMPLES: [&str; 11] = [
    "agent-platform",
    "agent-service",
    "code-review",
    "graph",
    "jobrunner",
    "local-model",
    "monitoring",
    "nightly-report",
    "pure-agent",
    "quickstart",
    "routed",
];

/// A target with the queues and the workloads that an example expects of its own, as whoever owns the target would add
/// them.
///
/// # Panics
/// If the example has no target of kind, or one of both is no target.
#[must_use]
pub fn extended(target: &str, example: &str) -> String {
    let path = repository()
        .join("examples")
        .join(example)
        .join("targets/kind.kdl");
    let own = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut more = String::new();
    for rest in own.split("    queue ").skip(1) {
        let (block, _) = rest.split_once("\n    }\n").expect("the end of a queue");
        more.push_str(&format!("    queue {block}\n    }}\n"));
    }
    for line in own
        .lines()
        .filter(|line| line.starts_with("    workloads "))
    {
        more.push_str(&format!("{line}\n"));
    }
    assert_eq!(target.matches("    dns {").count(), 1, "a target");
    target.replace("    dns {", &format!("{more}    dns {{"))
}
