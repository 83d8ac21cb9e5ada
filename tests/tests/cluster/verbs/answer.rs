//! `approve` and `reject`

use super::ground::{Ground, OPERATOR, SPEC};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pure_agent_runtime::proof::{Key, Use};
use pure_agent_tests::cluster::kubectl::get;
use pure_agent_tests::cluster::wait;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The gateway's control port, forwarded for the export step that the test plays.
struct Forward {
    child: Child,
    port: u16,
    proof: String,
}

impl Drop for Forward {
    fn drop(&mut self) {
        let _dead = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Forward {
    fn to(ground: &Ground, run: &str) -> Self {
        let secret = get(&format!("secret {SPEC}-key -n {}", ground.namespace));
        let key = STANDARD
            .decode(secret["data"]["key"].as_str().unwrap())
            .unwrap();
        let uid =
            get(&format!("workflow {run} -n {}", ground.namespace))["metadata"]["uid"].clone();
        let free = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new("kubectl")
            .args([
                "port-forward",
                &format!("pod/{run}-gateway"),
                &format!("{free}:9090"),
            ])
            .args(["--namespace", &ground.namespace, "--address", "127.0.0.1"])
            .env(
                "KUBECONFIG",
                ground.folder.path.join(format!("{OPERATOR}.conf")),
            )
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let forward = Self {
            child,
            port: free,
            proof: Key::new(key)
                .unwrap()
                .proof(uid.as_str().unwrap(), Use::Export),
        };
        wait("the forwarded port", Duration::from_secs(30), || {
            TcpStream::connect(("127.0.0.1", free)).ok()
        });
        forward
    }

    /// Asks for consent to a webhook and waits for the answer, as the export step does.
    fn ask(&self, digit: &str) -> std::thread::JoinHandle<String> {
        let body = json!({"arguments": digit.repeat(64), "shown": {"title": "\u{1b}[2Jdeploy", "to": "staging"}}).to_string();
        let request = format!(
            "POST /v1/exports/webhook/approval HTTP/1.1\r\nhost: gateway.pure-agent\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.proof,
            body.len()
        );
        let port = self.port;
        std::thread::spawn(move || {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(120)))
                .unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            let _end = stream.read_to_string(&mut answer);
            answer
        })
    }
}

#[test]
fn a_person_is_shown_what_is_asked_signs_and_is_heard() {
    let Some(ground) = Ground::applied("answer") else {
        return;
    };
    let run = ground.waiting_run();
    let none = ground.run(OPERATOR, &["approve", &run]);
    assert_eq!(none.code, Some(1), "{}", none.err);
    assert!(
        none.err.contains("nothing of this run waits"),
        "{}",
        none.err
    );
    let forward = Forward::to(&ground, &run);

    let asked = forward.ask("a");
    waiting(&ground, &run);
    strangers(&ground, &run);
    let done = ground.run(OPERATOR, &["approve", &run, "--key", "approver", "--yes"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    for part in [
        "approval `lead`",
        "title: ",
        "staging",
        &"a".repeat(64),
        "approved by `kim`",
    ] {
        assert!(done.err.contains(part), "{part}: {}", done.err);
    }
    assert!(
        !done.err.contains('\u{1b}'),
        "what is shown moves the cursor"
    );
    let answer = asked.join().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let asked = forward.ask("b");
    let id = waiting(&ground, &run);
    let other = ground.run(
        OPERATOR,
        &["reject", &run, "nothing", "--key", "approver", "--yes"],
    );
    assert_eq!(other.code, Some(2), "{}", other.err);
    let done = ground.run(
        OPERATOR,
        &["reject", &run, &id, "--key", "approver", "--yes"],
    );
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.err.contains("rejected by `kim`"), "{}", done.err);
    let answer = asked.join().unwrap();
    assert!(answer.contains("approval-refused"), "{answer}");
    by_agent(&ground, &run, &forward);
}

/// The id of what waits, told by the command itself: nobody is asked where there is no terminal.
fn waiting(ground: &Ground, run: &str) -> String {
    wait("a request that waits", Duration::from_secs(30), || {
        let shown = ground.run(OPERATOR, &["approve", run, "--key", "approver"]);
        let line = shown
            .err
            .lines()
            .find_map(|line| line.strip_prefix("id        "))?
            .to_owned();
        assert!(shown.err.contains("--yes"), "{}", shown.err);
        Some(line)
    })
}

/// A key of nobody, and a user who may not look.
fn strangers(ground: &Ground, run: &str) {
    let other = ground.folder.path.join("other");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&other)
        .status()
        .unwrap();
    assert!(made.success());
    let done = ground.run(OPERATOR, &["approve", run, "--key", "other", "--yes"]);
    assert_eq!(done.code, Some(2), "{}", done.err);
    assert!(
        done.err.contains("a key that may not sign this") && done.err.contains("signature-key"),
        "{}",
        done.err
    );
    let done = ground.run("admin", &["approve", run, "--key", "approver", "--yes"]);
    assert!(done.err.contains("rule `forward`"), "{}", done.err);
    ground.kubeconfig(
        "nobody",
        Some("pure-agent-test-nobody"),
        &["pure-agent-test-operators"],
    );
    let done = ground.run("nobody", &["approve", run, "--key", "approver", "--yes"]);
    assert!(
        done.err.contains("has no right to get workflows"),
        "{}",
        done.err
    );
}

/// The key may be in an agent of SSH, named by its public half.
fn by_agent(ground: &Ground, run: &str, forward: &Forward) {
    let socket = ground.folder.path.join("agent.sock");
    let agent = Command::new("ssh-agent")
        .args(["-D", "-a"])
        .arg(&socket)
        .stdout(Stdio::null())
        .spawn();
    let Ok(mut agent) = agent else {
        pure_agent_tests::readers::skipped("ssh-agent is not installed");
        return;
    };
    wait("the agent of SSH", Duration::from_secs(10), || {
        socket.exists().then_some(())
    });
    let added = Command::new("ssh-add")
        .args(["-q"])
        .arg(ground.folder.path.join("approver"))
        .env("SSH_AUTH_SOCK", &socket)
        .status()
        .unwrap();
    assert!(added.success());
    std::fs::remove_file(ground.folder.path.join("approver")).unwrap();
    let asked = forward.ask("c");
    waiting(ground, run);
    let done = ground
        .command(
            OPERATOR,
            &["approve", run, "--key", "approver.pub", "--yes"],
        )
        .env("SSH_AUTH_SOCK", &socket)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    let _dead = agent.kill();
    let _reaped = agent.wait();
    assert!(done.status.success(), "{said}");
    let answer: String = asked.join().unwrap();
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let _json: Value = serde_json::from_str(body.trim()).unwrap_or_default();
}
