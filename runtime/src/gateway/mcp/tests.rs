//! Bytes in, bytes and record out.

mod calls;
mod gone;
mod list;
mod names;
mod protocol;
mod submission;
mod transport;

use super::beside::{Beside, Later};
use crate::approval::Ask;
use crate::gateway::Gateway;
use crate::gateway::answer::Refusal;
use crate::gateway::now;
use crate::gateway::testing::{self, BEARER, Running};
use crate::record::Event;
use crate::record::event::{ApprovalAnswer, ApprovalAsked};
use crate::submission::Problem;
use crate::tools::{Arguments, Call, Described, Failed, Output};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// What stands beside the server in these tests.
pub(super) struct Double {
    /// Tools by server.
    tools: Mutex<BTreeMap<String, Vec<Described>>>,
    /// What a call answers; none: its own arguments.
    answer: Mutex<Option<Result<Output, Failed>>>,
    /// What was called, and with which arguments.
    calls: Mutex<Vec<(String, Value)>>,
    /// How many calls have ended.
    ended: AtomicU32,
    /// Whether calls wait for a permit.
    slow: AtomicBool,
    permits: Semaphore,
    /// Whether people take their time.
    thinking: AtomicBool,
    consents: Semaphore,
    asked: Mutex<Vec<Value>>,
    /// Whether people are asked as they are outside of tests.
    really: AtomicBool,
}

pub(super) struct Served {
    pub(super) running: Running,
    pub(super) double: Arc<Double>,
}

fn described(name: &str, input: Value) -> Described {
    Described {
        name: name.to_owned(),
        description: format!("does {name}"),
        input,
        output: None,
    }
}

fn of(names: &[&str]) -> Value {
    let properties: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| ((*name).to_owned(), json!({"type": "string"})))
        .collect();
    json!({"type": "object", "properties": properties, "required": [names[0]], "additionalProperties": false})
}

/// A gateway by the changed example, with builtin tools that stand in.
async fn served(change: impl FnOnce(&mut Value)) -> Served {
    served_at(crate::web::testing::web(&[]), change).await
}

async fn served_at(web: crate::web::Web, change: impl FnOnce(&mut Value)) -> Served {
    let running = testing::running(web, change).await;
    let linear = vec![
        described("get_issue", of(&["issue_id"])),
        described("get_issue_comments", of(&["issue_id"])),
        described("list_issues", of(&["query"])),
        described("request_feature", of(&["title", "reason"])),
    ];
    let tools = BTreeMap::from([
        (
            "git".to_owned(),
            vec![described("clone", of(&["repository", "branch"]))],
        ),
        ("linear".to_owned(), linear),
        ("web".to_owned(), vec![described("fetch", of(&["url"]))]),
    ]);
    let double = Arc::new(Double {
        tools: Mutex::new(tools),
        answer: Mutex::default(),
        calls: Mutex::default(),
        ended: AtomicU32::new(0),
        slow: AtomicBool::new(false),
        permits: Semaphore::new(0),
        thinking: AtomicBool::new(false),
        consents: Semaphore::new(0),
        asked: Mutex::default(),
        really: AtomicBool::new(false),
    });
    let beside: Arc<dyn Beside> = double.clone();
    assert!(running.gateway.mcp.beside.set(beside).is_ok());
    Served { running, double }
}

impl Beside for Double {
    fn list<'a>(
        &'a self,
        _gateway: &'a Gateway,
        server: &'a str,
    ) -> Later<'a, Result<Vec<Described>, Failed>> {
        let tools = self.tools.lock().unwrap().get(server).cloned();
        let message = "the server is down".to_owned();
        Box::pin(async {
            tools.ok_or(Failed {
                rule: "upstream-late",
                message,
            })
        })
    }

    fn call<'a>(
        &'a self,
        _gateway: &'a Gateway,
        call: Call<'a>,
    ) -> Later<'a, Result<Output, Failed>> {
        let text = Value::Object(call.arguments.clone());
        let name = format!("{}/{} {}", call.server, call.tool, call.cycle);
        self.calls.lock().unwrap().push((name, text.clone()));
        let answer = self.answer.lock().unwrap().clone();
        Box::pin(async move {
            if self.slow.load(Ordering::SeqCst) {
                self.permits.acquire().await.unwrap().forget();
            }
            self.ended.fetch_add(1, Ordering::SeqCst);
            answer.unwrap_or_else(|| Ok(Output::text(text.to_string())))
        })
    }

    fn approve<'a>(
        &'a self,
        gateway: &'a Arc<Gateway>,
        ask: Ask,
    ) -> Later<'a, Result<String, Refusal>> {
        if self.really.load(Ordering::SeqCst) {
            return Box::pin(crate::approval::wait(gateway, ask));
        }
        let id = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(ask.shown.clone());
            format!("approval-{}", asked.len())
        };
        Box::pin(async move {
            let (arguments, nonce) = (ask.arguments.clone(), "nonce".to_owned());
            let event = Event::ApprovalAsked(ApprovalAsked {
                id: id.clone(),
                cycle: ask.cycle,
                approval: ask.approval,
                subject: ask.subject,
                arguments: ask.arguments,
                nonce: nonce.clone(),
                expires: now() + 60,
            });
            let _line = gateway.journal.record(event)?.await;
            if self.thinking.load(Ordering::SeqCst) {
                self.consents.acquire().await.unwrap().forget();
            }
            let by = Some("kim".to_owned());
            let answer = ApprovalAnswer {
                id: id.clone(),
                arguments,
                nonce,
                by,
            };
            let _line = gateway.journal.record(Event::ApprovalGiven(answer))?.await;
            Ok(id)
        })
    }

    fn actions(&self, _gateway: &Gateway) -> Value {
        json!({"actions": ["report"]})
    }

    fn schema(&self, _gateway: &Gateway) -> Value {
        json!({"type": "object", "properties": {"summary": {"type": "string"}}})
    }

    fn read(&self, _gateway: &Gateway, arguments: &Arguments) -> Result<String, Vec<Problem>> {
        let problem = Problem {
            pointer: "/summary".to_owned(),
            rule: "submission-summary",
            message: "a summary is required".to_owned(),
        };
        match arguments.contains_key("summary") {
            true => Ok(Value::Object(arguments.clone()).to_string()),
            false => Err(vec![problem]),
        }
    }
}

/// The header of a client of 2025.
const LINES: [&str; 3] = [
    "Content-Type: application/json",
    "Accept: application/json, text/event-stream",
    "MCP-Protocol-Version: 2025-11-25",
];

impl Served {
    async fn post(&self, lines: &[&str], body: &str) -> (u16, String, Vec<Value>) {
        let answer = self.running.ask("POST /mcp", lines, body.as_bytes()).await;
        let (status, head, body) = answer;
        (status, head.to_ascii_lowercase(), messages(&body))
    }

    /// The one message that answers a request.
    async fn ask(&self, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let (_, _, messages) = self.post(&LINES, &body.to_string()).await;
        messages.last().cloned().unwrap_or(Value::Null)
    }

    async fn call(&self, name: &str, arguments: Value) -> Value {
        let params = json!({"name": name, "arguments": arguments});
        self.ask("tools/call", params).await
    }

    /// The text of a result, and whether it is an error.
    async fn told(&self, name: &str, arguments: Value) -> (bool, String) {
        let answer = self.call(name, arguments).await;
        let result = &answer["result"];
        let text = result["content"][0]["text"].as_str();
        let text = text.unwrap_or_else(|| panic!("no text: {answer}"));
        (result["isError"] == true, text.to_owned())
    }

    fn calls(&self) -> Vec<(String, Value)> {
        self.double.calls.lock().unwrap().clone()
    }

    /// How often the record holds this text.
    fn recorded(&self, text: &str) -> usize {
        self.running.record().matches(text).count()
    }

    /// Waits until something is so; a test that waits for ever fails.
    async fn until(&self, what: &str, is: impl Fn(&Self) -> bool) {
        for _ in 0..200 {
            if is(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("never: {what}");
    }

    /// Sends a call and leaves the connection open.
    async fn open(&self, id: u32, lines: &[&str], name: &str, arguments: Value) -> TcpStream {
        let params = json!({"name": name, "arguments": arguments});
        let body = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
        let body = body.to_string();
        let mut head =
            format!("POST /mcp HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {BEARER}\r\n");
        for line in lines {
            head += &format!("{line}\r\n");
        }
        head += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        let mut stream = TcpStream::connect(&self.running.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }
}

/// The messages of a document or of a stream.
fn messages(body: &[u8]) -> Vec<Value> {
    if let Ok(document) = serde_json::from_slice(body) {
        return vec![document];
    }
    let text = String::from_utf8_lossy(body);
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
