//! A rehearsal: what would change something outside is shown instead of sent.
//!
//! Services are asked what is there already, as in earnest: an export that exists is found, and what a pull request
//! changes is known only from its base. What would make something is shown, without the header, in which the
//! credentials stand, and answered here as the service answers it; what was made like this is found again.

use super::client::{Ask, Got, Payload};
use super::place::{GITHUB, LINEAR, LINEAR_UPLOADS};
use crate::digest::hex;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{ETAG, HeaderMap, HeaderValue};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Most bytes of a body that are shown.
const MOST: usize = 64 * 1024;
/// Where things are that were not made.
const NOWHERE: &str = "not-sent";

/// Keeps what was not made.
pub struct Rehearsal {
    show: fn(&str, Value),
    made: Mutex<Made>,
}

impl std::fmt::Debug for Rehearsal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rehearsal")
    }
}

#[derive(Default)]
struct Made {
    /// Who Linear says we are.
    viewer: String,
    /// Comments by id.
    comments: BTreeMap<String, Value>,
    /// Branches by the path that asks for them.
    branches: BTreeMap<String, Value>,
    /// Pull requests by the path that lists them.
    pulls: BTreeMap<String, Vec<Value>>,
}

impl Rehearsal {
    /// One that shows by this function: a word and what belongs to it.
    #[must_use]
    pub fn new(show: fn(&str, Value)) -> Self {
        let made = Mutex::default();
        Self { show, made }
    }

    /// Shows what is done by somebody else.
    pub(super) fn show(&self, what: &Value) {
        (self.show)("would-send", what.clone());
    }

    /// The answer to what is not sent; none for a question, which is.
    pub(super) fn answer(&self, ask: &Ask) -> Option<Got> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let known = if ask.host() == LINEAR {
            linear(ask, &mut made)
        } else {
            github(ask, &mut made)
        };
        let question = matches!(*ask.method(), Method::GET | Method::HEAD)
            || ask.host() == LINEAR && graphql(ask).0.starts_with("query");
        if question {
            return known;
        }
        let body = shown(ask.payload());
        let (method, url) = (ask.method().as_str(), ask.shown());
        (self.show)(
            "would-send",
            json!({"method": method, "url": url, "body": body}),
        );
        Some(known.unwrap_or_else(|| other(ask)))
    }

    /// Learns from the answer to a question.
    pub(super) fn heard(&self, ask: &Ask, got: &Got) {
        if ask.host() == LINEAR
            && let Ok(answer) = serde_json::from_slice::<Value>(&got.body)
            && let Some(viewer) = answer["data"]["viewer"]["id"].as_str()
        {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            viewer.clone_into(&mut made.viewer);
        }
    }
}

fn whole(payload: &Payload) -> &[u8] {
    match payload {
        Payload::Whole(bytes) => bytes,
        Payload::Empty | Payload::Part { .. } => &[],
    }
}

/// A body for people.
fn shown(payload: &Payload) -> String {
    let bytes = match payload {
        Payload::Empty => return String::new(),
        Payload::Part { length, .. } => return format!("[{length} bytes of an archive]"),
        Payload::Whole(bytes) => bytes,
    };
    match std::str::from_utf8(bytes) {
        Ok(text) if text.len() <= MOST => text.to_owned(),
        _ => format!("[{} bytes]", bytes.len()),
    }
}

fn json_of(payload: &Payload) -> Value {
    serde_json::from_slice(whole(payload)).unwrap_or_default()
}

fn got(status: StatusCode, value: &Value) -> Got {
    Got {
        status,
        headers: HeaderMap::new(),
        body: value.to_string().into(),
    }
}

/// What is asked of Linear, and with what.
fn graphql(ask: &Ask) -> (String, Value) {
    let mut body = json_of(ask.payload());
    let query = body["query"].as_str().unwrap_or_default().to_owned();
    (query, body["variables"].take())
}

fn linear(ask: &Ask, made: &mut Made) -> Option<Got> {
    let (query, with) = graphql(ask);
    let fine = |data: Value| Some(got(StatusCode::OK, &json!({"data": data})));
    match query.split(['(', ' ']).nth(1)? {
        "Find" => {
            let comment = made.comments.get(with["id"].as_str()?)?;
            fine(json!({"comment": comment}))
        }
        "Create" => {
            let input = &with["input"];
            let id = input["id"].as_str()?.to_owned();
            let comment = json!({
                "id": id, "body": input["body"], "url": format!("https://linear.app/{NOWHERE}"),
                "user": {"id": made.viewer}, "issue": {"id": input["issueId"]},
            });
            made.comments.insert(id.clone(), comment);
            fine(json!({"commentCreate": {"success": true, "comment": {"id": id}}}))
        }
        "File" => {
            let url = format!("https://{LINEAR_UPLOADS}/{NOWHERE}");
            let file = json!({"uploadUrl": url, "assetUrl": url, "headers": []});
            fine(json!({"fileUpload": {"success": true, "uploadFile": file}}))
        }
        _ => None,
    }
}

fn github(ask: &Ask, made: &mut Made) -> Option<Got> {
    if ask.host() != GITHUB {
        return None;
    }
    let (_, path) = ask.url().split_once(GITHUB)?;
    let body = json_of(ask.payload());
    if *ask.method() == Method::GET {
        let (plain, _) = path.split_once('?').unwrap_or((path, ""));
        let branch = made.branches.get(path).cloned();
        let pulls = made.pulls.get(plain).cloned().map(Value::from);
        return branch.or(pulls).map(|found| got(StatusCode::OK, &found));
    }
    let created = |value: Value| Some(got(StatusCode::CREATED, &value));
    let (repository, what) = path
        .strip_prefix("/repos/")?
        .split_at(path.strip_prefix("/repos/")?.match_indices('/').nth(1)?.0);
    match what {
        "/git/blobs" => {
            let content = STANDARD.decode(body["content"].as_str()?).ok()?;
            created(json!({"sha": named("blob", &content)}))
        }
        "/git/trees" | "/git/commits" => {
            let kind = what.trim_start_matches("/git/");
            created(json!({"sha": named(kind, whole(ask.payload()))}))
        }
        "/git/refs" => {
            let name = body["ref"].as_str()?.strip_prefix("refs/")?;
            let path = format!("/repos/{repository}/git/ref/{name}");
            let object = json!({"type": "commit", "sha": body["sha"]});
            let branch = json!({"ref": body["ref"], "object": object});
            made.branches.insert(path, branch.clone());
            created(branch)
        }
        "/pulls" => {
            let pull = json!({
                "number": 0, "base": {"ref": body["base"]},
                "head": {"ref": body["head"], "repo": {"full_name": repository}},
            });
            made.pulls
                .entry(path.to_owned())
                .or_default()
                .push(pull.clone());
            created(pull)
        }
        _ => None,
    }
}

/// The name that git gives to contents; of trees and commits one that no git gives.
fn named(kind: &str, content: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(format!("{kind} {}\0", content.len()));
    hash.update(content);
    hex(&hash.finalize())
}

/// A yes of whoever takes objects and posts.
fn other(ask: &Ask) -> Got {
    let begins = *ask.method() == Method::POST && ask.url().contains("?uploads");
    let body = match begins {
        true => format!("<UploadId>{NOWHERE}</UploadId>"),
        false => String::new(),
    };
    let tag = HeaderValue::from_static("\"not-sent\"");
    Got {
        status: StatusCode::OK,
        headers: HeaderMap::from_iter([(ETAG, tag)]),
        body: body.into(),
    }
}
