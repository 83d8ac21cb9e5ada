//! A stand-in for the gateway as the shim sees it: a prompt, and a word on the submission.

use pure_agent_tests::standin::{Asked, Reply, Standin};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

pub(crate) const BEARER: &str = "canary-bearer-0123456789-0123456789-abc";
pub(crate) const PROMPT: &str = "Do the canary task.";
pub(crate) const REMINDER: &str = "Nothing was submitted yet: canary reminder.";

/// What the agent did.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Arguments of the submission.
    pub(crate) submitted: Option<Value>,
    /// Requests with another credential, for another path, or without what belongs to them.
    pub(crate) wrong: Vec<String>,
}

pub(crate) struct Gateway {
    pub(crate) standin: Standin,
    pub(crate) seen: Arc<Mutex<Seen>>,
}

impl Gateway {
    /// An agent of this run owes a submission, and is reminded so often.
    pub(crate) fn start(required: bool, reminders: u32, prompt: &str) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (kept, prompt) = (Arc::clone(&seen), prompt.to_owned());
        let standin = Standin::start(move |asked| {
            let mut seen = kept.lock().unwrap();
            let path = asked.what.split('?').next().unwrap_or_default();
            if path != "POST /v1/claim" && bearer(asked).as_deref() != Some(BEARER) {
                seen.wrong.push(format!("credential of {}", asked.what));
                return reply(401, &json!({}));
            }
            match path {
                "POST /v1/claim" => reply(200, &json!({"bearer": BEARER})),
                "GET /v1/prompt" => reply(200, &json!({"prompt": prompt})),
                "GET /v1/submission" => {
                    let submitted = seen.submitted.is_some();
                    let told = json!({"submitted": submitted, "required": required,
                        "reminders": reminders, "reminder": REMINDER});
                    reply(200, &told)
                }
                _ => {
                    seen.wrong.push(asked.what.clone());
                    reply(404, &json!({"error": {"message": "nothing is there"}}))
                }
            }
        });
        Self { standin, seen }
    }

    pub(crate) fn address(&self) -> String {
        self.standin.address.to_string()
    }
}

fn bearer(asked: &Asked) -> Option<String> {
    let bearer = asked.header("authorization")?.strip_prefix("Bearer ");
    bearer.map(str::to_owned)
}

fn reply(status: u16, body: &Value) -> Reply {
    (status, body.to_string()).into()
}
