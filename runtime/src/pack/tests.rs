//! Attackers, on real files. What needs a privilege that is not there prints `SKIPPED` and why.

mod archive;
mod caps;
mod change;
mod door;
mod manifest;
mod names;
mod scan;
mod tree;
mod walk;

use super::door::{Folder, Way};
use super::exclude::Patterns;
use super::finding::{Findings, Rule};
use super::manifest::{Content, Manifest};
use super::tree::Caps;
use super::{Failed, pack_within};
use crate::contract::Contract;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

const WAYS: [Way; 2] = [Way::Openat2, Way::Openat];
/// Stands in files outside of the workspace, and must never be in the outbox.
const CANARY: &str = "canary-4f1d0c52-outside";

/// A workspace, an outbox, and something outside of both.
struct Bench {
    home: PathBuf,
}

impl Bench {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("pure-agent-pack-{}-{number}", std::process::id());
        let home = std::env::temp_dir().join(name);
        assert!(
            !home.exists(),
            "{} is left from an earlier run",
            home.display()
        );
        for folder in ["workspace", "outbox", "outside/folder"] {
            fs::create_dir_all(home.join(folder)).unwrap();
        }
        fs::write(home.join("outside/secret"), CANARY).unwrap();
        fs::write(home.join("outside/folder/secret"), CANARY).unwrap();
        Self { home }
    }

    fn workspace(&self) -> PathBuf {
        self.home.join("workspace")
    }

    fn outbox(&self) -> PathBuf {
        self.home.join("outbox")
    }

    fn outside(&self) -> PathBuf {
        self.home.join("outside")
    }

    /// A path in the workspace, whose folders exist.
    fn at(&self, path: &str) -> PathBuf {
        let path = self.workspace().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn file(&self, path: &str, content: impl AsRef<[u8]>) {
        fs::write(self.at(path), content).unwrap();
    }

    fn link(&self, path: &str, to: impl AsRef<Path>) {
        std::os::unix::fs::symlink(to, self.at(path)).unwrap();
    }

    fn root(&self, way: Way) -> Folder {
        Folder::root_by(&self.workspace(), way).unwrap()
    }

    /// Packs an upload without a cap that matters, and a pull request.
    fn pack(&self, way: Way) -> Manifest {
        self.pack_by(
            &contract(&[upload(&[], 1 << 40), pull(&[])]),
            way,
            Caps::RUN,
        )
        .unwrap()
    }

    fn pack_by(&self, contract: &Contract, way: Way, caps: Caps) -> Result<Manifest, Failed> {
        pack_within(contract, &self.root(way), &self.outbox(), caps)
    }

    /// Paths and bytes of all files in the outbox, sorted.
    fn packed(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.outbox()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                } else {
                    assert!(entry.file_type().unwrap().is_file(), "{entry:?}");
                    let name = entry.path().strip_prefix(self.outbox()).unwrap().to_owned();
                    let name = name.to_str().unwrap().to_owned();
                    files.push((name, fs::read(entry.path()).unwrap()));
                }
            }
        }
        files.sort();
        files
    }

    /// Fails where the canary is in the outbox.
    fn is_tight(&self) {
        for (name, bytes) in self.packed() {
            let holds = bytes.windows(CANARY.len()).any(|w| w == CANARY.as_bytes());
            assert!(!holds, "the canary is in {name}");
        }
    }

    fn archive(&self, name: &str) -> Vec<(String, Vec<u8>)> {
        let bytes = fs::read(self.outbox().join("archives").join(format!("{name}.tar"))).unwrap();
        members(&bytes)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.home));
    }
}

/// Names and contents of an archive, whose headers are what they must be.
fn members(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    use std::io::Read as _;
    let mut archive = tar::Archive::new(bytes);
    let mut members = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header();
        assert_eq!(header.entry_type(), tar::EntryType::Regular);
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        assert_eq!(header.mtime().unwrap(), 0);
        assert!([0o644, 0o755].contains(&header.mode().unwrap()));
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        assert!(!path.starts_with('/') && path.split('/').all(|part| part != ".."));
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        members.push((path, content));
    }
    members
}

fn paths(members: &[(String, Vec<u8>)]) -> Vec<&str> {
    members.iter().map(|(path, _)| path.as_str()).collect()
}

fn upload(exclude: &[&str], size: u64) -> serde_json::Value {
    serde_json::json!({"kind": "upload", "on": "linear", "to": {"input": "issue"}, "exclude": exclude, "size": size})
}

fn pull(protect: &[&str]) -> serde_json::Value {
    serde_json::json!({"kind": "pull-request", "on": "github", "repo": "a/b", "base": "main", "branch": "agent/**", "exclude": [],
        "protect": protect, "files": 100, "size": 1 << 20})
}

/// A contract with these actions, named `e0`, `e1`, …
fn contract(actions: &[serde_json::Value]) -> Contract {
    let exports: Vec<_> = actions
        .iter()
        .enumerate()
        .map(|(i, action)| {
            serde_json::json!({"name": format!("e{i}"), "when": "always", "action": action, "auth": "a", "times": 1})
        })
        .collect();
    serde_json::from_value(serde_json::json!({
        "version": 1, "spec": "spec", "namespace": "n", "inputs": [], "agents": [], "entry": "a", "models": [],
        "servers": [], "approvals": [], "limits": {"depth": 1, "deadline": 1, "cycle": 1, "export": 1, "turns": 1,
        "tokens": 1, "traffic": 1, "concurrency": 1}, "finish": {"submission": true, "reminders": 0},
        "exports": exports, "record": {"usage": false}, "retry": {"infrastructure": 0, "backoff": 0}, "secrets": [],
        "network": {"closed": [], "private": []}
    }))
    .unwrap()
}

fn none() -> Patterns {
    Patterns::default()
}

/// Rules and paths of the findings.
fn told(findings: &Findings) -> Vec<(Rule, &str)> {
    let told = findings.list.iter();
    told.map(|finding| (finding.rule, finding.path.as_str()))
        .collect()
}

fn findings(manifest: &Manifest, export: usize) -> Vec<(Rule, &str)> {
    told(&manifest.exports[export].findings)
}

fn refused(manifest: &Manifest, export: usize) -> Option<Rule> {
    match &manifest.exports[export].content {
        Content::Refused { rule } => Some(*rule),
        _ => None,
    }
}

/// Runs what may block in a thread of its own, and fails when it does.
fn within<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        drop(done.send(work()));
    });
    result
        .recv_timeout(std::time::Duration::from_secs(60))
        .expect("it blocks")
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
