//! What there is to tell of a run while it runs. The record says it: what is not in there has not happened.

use serde_json::Value;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How often the record is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// Most bytes of a line.
const MOST_LINE: usize = 16 << 20;

/// One thing to tell. Texts of others may stand in it, control characters included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tiding {
    /// The run goes on with this.
    Step(String),
    /// Something went wrong, and the run goes on or ends with it.
    Trouble(String),
    /// The agent of the run was chosen: which, and why.
    Chosen(String, String),
    /// A cycle has begun.
    Cycle(u64),
    /// So much was used so far.
    Used(Used),
    /// A tool was called: its server and its name.
    Tool(String, String),
    /// A request was refused: the rule, and what was asked for.
    Denied(String, String),
    /// More were refused than the record lists: how many.
    DeniedMore(u64),
    /// The agent has submitted.
    Submitted,
    /// A person is asked: how, and about what.
    Asked(String, String),
    /// Somebody answered: whether with a yes.
    Answered(bool),
    /// A step came to something: its name, and what.
    Passed(String, String),
    /// The router decided: what comes next, and why.
    Decided(String, String),
    /// An export has ended: its name, and how.
    Exported(String, String),
    /// A request of an export that was shown instead of sent.
    WouldSend(Value),
}

/// What models were used for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// Calls.
    pub turns: u64,
    /// Tokens.
    pub tokens: u64,
    /// Millionths of the currency.
    pub micros: u64,
}

/// Where tidings go.
#[derive(Debug, Clone)]
pub struct Tidings(UnboundedSender<Tiding>);

/// A record that is looked at until this ends.
pub(super) struct Watched {
    over: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Watched {
    /// Tells the rest.
    pub(super) async fn end(self) {
        let _gone = self.over.send(());
        // What it has not told stands in the record.
        drop(self.task.await);
    }
}

impl Tidings {
    /// Those that this receives.
    #[must_use]
    pub fn new(sender: UnboundedSender<Tiding>) -> Self {
        Self(sender)
    }

    fn tell(&self, tiding: Tiding) {
        // Nobody need listen.
        drop(self.0.send(tiding));
    }

    pub(super) fn step(&self, what: &str) {
        self.tell(Tiding::Step(what.to_owned()));
    }

    pub(super) fn trouble(&self, what: &str) {
        self.tell(Tiding::Trouble(what.to_owned()));
    }

    pub(super) fn would_send(&self, request: &Value) {
        self.tell(Tiding::WouldSend(request.clone()));
    }

    /// Tells what a record says, from its first line on.
    pub(super) fn watch(&self, record: PathBuf) -> Watched {
        let (over, mut end) = oneshot::channel();
        let tidings = self.clone();
        let task = tokio::spawn(async move {
            let mut reader = Reader::new(tidings, record);
            loop {
                let ended = tokio::time::timeout(LOOK, &mut end).await.is_ok();
                reader.read();
                if ended {
                    return;
                }
            }
        });
        Watched { over, task }
    }
}

struct Reader {
    tidings: Tidings,
    path: PathBuf,
    at: u64,
    rest: Vec<u8>,
    used: Used,
}

impl Reader {
    fn new(tidings: Tidings, path: PathBuf) -> Self {
        Self {
            tidings,
            path,
            at: 0,
            rest: Vec::new(),
            used: Used::default(),
        }
    }

    fn read(&mut self) {
        // Where it cannot be read now, it is read later, or by whoever verifies it.
        let Ok(new) = rest(&self.path, self.at) else {
            return;
        };
        self.at = self.at.saturating_add(new.len() as u64);
        self.rest.extend(new);
        let before = self.used;
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let after = self.rest.split_off(end.saturating_add(1));
            let line = std::mem::replace(&mut self.rest, after);
            let value: Value = serde_json::from_slice(&line).unwrap_or_default();
            if let Some(event) = value.get("event") {
                self.event(event);
            }
        }
        if self.rest.len() > MOST_LINE {
            self.rest.clear();
        }
        if self.used != before {
            self.tidings.tell(Tiding::Used(self.used));
        }
    }

    fn event(&mut self, event: &Value) {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let number = |name: &str| event[name].as_u64().unwrap_or_default();
        let told = match event["kind"].as_str().unwrap_or_default() {
            "route-chosen" => Tiding::Chosen(text("agent"), text("reason")),
            "cycle-claimed" | "step-begun" => Tiding::Cycle(number("cycle")),
            "settled" => {
                let tokens = number("gen_ai.usage.input_tokens")
                    .saturating_add(number("gen_ai.usage.output_tokens"));
                self.used.turns = self.used.turns.saturating_add(number("turns"));
                self.used.tokens = self.used.tokens.saturating_add(tokens);
                self.used.micros = self.used.micros.saturating_add(number("micros"));
                return;
            }
            "tool-called" => Tiding::Tool(text("server"), text("gen_ai.tool.name")),
            "request-denied" => Tiding::Denied(text("rule"), text("target")),
            "denials-counted" => {
                let rules = event["rules"].as_object();
                let counts = rules
                    .into_iter()
                    .flatten()
                    .filter_map(|(_, count)| count.as_u64());
                Tiding::DeniedMore(counts.fold(0, u64::saturating_add))
            }
            "submission" => Tiding::Submitted,
            "approval-asked" => Tiding::Asked(text("approval"), subject(&event["subject"])),
            "approval-given" => Tiding::Answered(true),
            "approval-refused" => Tiding::Answered(false),
            "router-decided" => {
                if let (Some(step), Some(outcome)) = (
                    event["passed"]["step"].as_str(),
                    event["passed"]["outcome"].as_str(),
                ) {
                    let passed = Tiding::Passed(step.to_owned(), outcome.to_owned());
                    self.tidings.tell(passed);
                }
                Tiding::Decided(text("decision"), text("reason"))
            }
            "export-done" => Tiding::Exported(text("name"), outcome(&event["outcome"])),
            _ => return,
        };
        self.tidings.tell(told);
    }
}

fn rest(path: &Path, from: u64) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut new = Vec::new();
    file.take(MOST_LINE as u64).read_to_end(&mut new)?;
    Ok(new)
}

fn subject(subject: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match &subject["tool"] {
        Value::Object(tool) => {
            let part = |name: &str| tool.get(name).map(text).unwrap_or_default();
            format!("tool {}.{}", part("server"), part("gen_ai.tool.name"))
        }
        _ => format!("export {}", text(&subject["export"])),
    }
}

fn outcome(outcome: &Value) -> String {
    let Some((word, about)) = outcome.as_object().and_then(|map| map.iter().next()) else {
        return String::new();
    };
    let about = about
        .as_str()
        .or_else(|| about["url"].as_str())
        .unwrap_or_default();
    format!("{word} {about}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tokio::sync::mpsc::unbounded_channel;

    #[test]
    fn half_a_line_waits_for_its_end_and_usage_adds_up() {
        let folder = std::env::temp_dir().join(format!("tidings-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("record.jsonl");
        let (sender, mut told) = unbounded_channel();
        let mut reader = Reader::new(Tidings::new(sender), path.clone());
        reader.read();
        let settled = json!({"event": {"kind": "settled", "turns": 1, "micros": 7,
            "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5}});
        let denied =
            json!({"event": {"kind": "request-denied", "rule": "path", "target": "GET /x"}});
        let text = format!("{settled}\n{denied}\n{settled}\n");
        let (first, second) = text.split_at(text.len() - 10);
        std::fs::write(&path, first).unwrap();
        reader.read();
        std::fs::write(&path, format!("{first}{second}")).unwrap();
        reader.read();
        std::fs::remove_dir_all(folder).unwrap();
        let all: Vec<Tiding> = std::iter::from_fn(|| told.try_recv().ok()).collect();
        let used = |n: u64| {
            Tiding::Used(Used {
                turns: n,
                tokens: 15 * n,
                micros: 7 * n,
            })
        };
        let denied = Tiding::Denied("path".to_owned(), "GET /x".to_owned());
        assert_eq!(all, [denied, used(1), used(2)]);
    }

    #[test]
    fn subjects_and_outcomes_are_as_the_record_writes_them() {
        let tool = json!({"tool": {"server": "linear", "gen_ai.tool.name": "get_issue"}});
        assert_eq!(subject(&tool), "tool linear.get_issue");
        assert_eq!(subject(&json!({"export": "comment"})), "export comment");
        assert_eq!(
            outcome(&json!({"done": {"url": "https://x"}})),
            "done https://x"
        );
        assert_eq!(outcome(&json!({"refused": "approval"})), "refused approval");
    }
}
