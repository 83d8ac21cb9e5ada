mod attack;
mod crash;
mod file;

use super::chain::Chain;
use super::event::{Event, Request, RunOpened};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that goes with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("pure-agent-record-{}-{next}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("record")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

pub(crate) fn opened() -> RunOpened {
    RunOpened {
        uid: "34f30468-bff5-4185-9f89-33119f4650fd".to_owned(),
        bundle: "b".repeat(64),
        contract: "c".repeat(64),
        time: 1_000,
    }
}

/// Waits for the disk.
pub(crate) fn wait<T>(what: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(what)
}

fn denied(target: &str) -> Event {
    Event::RequestDenied(Request {
        cycle: Some(0),
        agent: None,
        rule: "deny".to_owned(),
        target: target.to_owned(),
    })
}

/// Lines of a small log.
fn small() -> Vec<Vec<u8>> {
    let events = [
        Event::RunOpened(opened()),
        denied("GET /\n\"hash\":\"\u{0}\u{1f600}"),
        Event::Submission {
            cycle: 0,
            document: r#"{"a":0.1,"hash":""}"#.to_owned(),
        },
    ];
    let mut chain = Chain::default();
    events
        .iter()
        .map(|event| {
            let text = serde_json::to_string(event).unwrap();
            chain.write(5, event.opens(), &text).unwrap()
        })
        .collect()
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}
