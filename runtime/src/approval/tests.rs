mod gatekeeper;
mod keys;
mod signature;
mod signed;

use super::{Ask, wait};
use crate::digest::sha256;
use crate::gateway::Gateway;
use crate::gateway::answer::Refusal;
use crate::gateway::testing::Running;
use crate::record::event::Subject;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// What a person reads; the record must not hold it.
const CANARY: &str = "canary-of-the-arguments";

fn subject() -> Subject {
    Subject::Tool {
        server: "web".to_owned(),
        tool: "fetch".to_owned(),
    }
}

/// A question about a call with some arguments in cycle 0.
fn ask(approval: &str, arguments: &str) -> Ask {
    Ask {
        cycle: Some(0),
        approval: approval.to_owned(),
        subject: subject(),
        arguments: sha256(arguments),
        shown: json!({"url": CANARY, "arguments": arguments}),
    }
}

type Waiting = JoinHandle<Result<String, Refusal>>;

fn start(gateway: &Arc<Gateway>, ask: Ask) -> Waiting {
    let gateway = Arc::clone(gateway);
    tokio::spawn(async move { wait(&gateway, ask).await })
}

/// The end of a wait, within a bound.
async fn ended(waiting: Waiting) -> Result<String, &'static str> {
    let ended = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    let ended = ended.expect("an end in time").unwrap();
    ended.map_err(|refusal| refusal.rule())
}

/// Waits until something is so.
async fn until(what: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never was so");
}

fn count(running: &Running, kind: &str) -> usize {
    let kind = format!("\"kind\":\"{kind}\"");
    let record = running.record();
    record.lines().filter(|line| line.contains(&kind)).count()
}
