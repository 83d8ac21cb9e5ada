//! The real client, as a process.

use serde_json::Value;
use std::fmt;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What came of a call.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Whether it ended with 0.
    pub ok: bool,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.out, self.err)
    }
}

/// Runs `kubectl` with `input` on standard input. Words in `args` are split at blanks.
///
/// # Panics
/// When there is no `kubectl`.
#[must_use]
pub fn kubectl(args: &str, input: &str) -> Answer {
    words(&args.split_whitespace().collect::<Vec<_>>(), input)
}

/// The same with the words given one by one.
///
/// # Panics
/// When there is no `kubectl`.
#[must_use]
#[allow(
    clippy::expect_used,
    reason = "tests that reach this line have found kubectl before"
)]
pub fn words(args: &[&str], input: &str) -> Answer {
    let mut child = Command::new("kubectl")
        .arg("--request-timeout=60s")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kubectl starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let text = input.to_owned();
    let writer = std::thread::spawn(move || {
        // A client that refuses early closes its end; its message says why.
        let _unread = stdin.write_all(text.as_bytes());
    });
    let output = child.wait_with_output().expect("kubectl ends");
    writer.join().expect("the writer ends");
    Answer {
        ok: output.status.success(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs `kubectl` and gives its output.
///
/// # Panics
/// When it fails.
#[must_use]
pub fn sure(args: &str, input: &str) -> String {
    let answer = kubectl(args, input);
    assert!(answer.ok, "kubectl {args}\n{answer}");
    answer.out
}

/// What `kubectl get … -o json` says; null where there is no such thing.
#[must_use]
pub fn get(args: &str) -> Value {
    let answer = kubectl(&format!("get {args} -o json"), "");
    serde_json::from_str(&answer.out).unwrap_or(Value::Null)
}

/// Asks the API server what it would say to a new pod or Workflow from `user`; nothing is stored.
#[must_use]
pub fn would_create(user: &str, object: &Value) -> Answer {
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    let path = match object["kind"].as_str() {
        Some("Workflow") => format!("/apis/argoproj.io/v1alpha1/namespaces/{namespace}/workflows"),
        _ => format!("/api/v1/namespaces/{namespace}/pods"),
    };
    let query = "?dryRun=All&fieldValidation=Strict";
    kubectl(
        &format!("create --raw {path}{query} -f - --as={user}"),
        &object.to_string(),
    )
}

/// Reads or writes an address of the API as `user`, without storing anything: `get`, `create` (POST) or
/// `replace` (PUT), with `body` where there is one.
#[must_use]
pub fn raw(verb: &str, path: &str, user: &str, body: &Value) -> Answer {
    let mark = if path.contains('?') { '&' } else { '?' };
    match verb {
        "get" => kubectl(&format!("get --raw {path} --as={user}"), ""),
        _ => kubectl(
            &format!("{verb} --raw {path}{mark}dryRun=All -f - --as={user}"),
            &body.to_string(),
        ),
    }
}

/// Whether there is a cluster to test on. Says so when there is none.
#[must_use]
pub fn reachable() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let found = Command::new("kubectl")
            .args(["--request-timeout=10s", "get", "--raw", "/readyz"])
            .stdin(Stdio::null())
            .output()
            .is_ok_and(|output| output.status.success());
        let argo = found && kubectl("get crd workflows.argoproj.io", "").ok;
        if !argo {
            crate::readers::skipped("no cluster: KUBECONFIG names none that answers and has Argo");
        }
        argo
    })
}
