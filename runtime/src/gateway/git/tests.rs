mod attacks;

use crate::body;
use crate::gateway::testing::{BEARER, Running, running};
use crate::tools::{Call, Failed};
use crate::web::testing::{Upstream, web};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::{Request, Response};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const LISTS: &str = "application/x-git-upload-pack-advertisement";
const ANSWERS: &str = "application/x-git-upload-pack-result";
const ASKS: &str = "Content-Type: application/x-git-upload-pack-request";

/// Git with no settings but its own.
fn git(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("git")
        .current_dir(folder)
        .args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.com",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .output()
        .unwrap()
}

fn fine(folder: &Path, arguments: &[&str]) -> String {
    let output = git(folder, arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {told}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn commit(folder: &Path, text: &str) -> String {
    std::fs::write(folder.join("file"), text).unwrap();
    fine(folder, &["add", "file"]);
    fine(folder, &["commit", "-qm", text]);
    fine(folder, &["rev-parse", "HEAD"])
}

/// What GitHub does, by git itself: only with the credential, only for one repository.
fn serve(repository: &Path, request: &Request<Bytes>) -> Response<body::Body> {
    let credential = request
        .headers()
        .get("authorization")
        .map(|value| value.to_str().unwrap());
    // `x-access-token:secret-of-git`
    let known = credential == Some("Basic eC1hY2Nlc3MtdG9rZW46c2VjcmV0LW9mLWdpdA==");
    let uri = request.uri().path_and_query().unwrap().as_str();
    let (lists, kind) = match (request.method().as_str(), uri) {
        ("GET", "/dlddu/demo.git/info/refs?service=git-upload-pack") => (true, LISTS),
        ("POST", "/dlddu/demo.git/git-upload-pack") => (false, ANSWERS),
        _ => return Response::builder().status(404).body(body::empty()).unwrap(),
    };
    if !known {
        return Response::builder().status(401).body(body::empty()).unwrap();
    }
    assert!(request.headers().get("content-encoding").is_none());
    assert!(request.headers().get("x-evil").is_none());
    let mut command = Command::new("git");
    command.args(["upload-pack", "--stateless-rpc"]);
    if lists {
        command.arg("--advertise-refs");
    }
    command.arg(repository).env("HOME", repository);
    let protocol = request
        .headers()
        .get("git-protocol")
        .map(|value| value.to_str().unwrap().to_owned());
    let second = protocol.as_deref() == Some("version=2");
    if let Some(protocol) = protocol {
        command.env("GIT_PROTOCOL", protocol);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, sent) = (child.stdin.take().unwrap(), request.body().clone());
    let writer = std::thread::spawn(move || drop(stdin.write_all(&sent)));
    let answer = child.wait_with_output().unwrap().stdout;
    writer.join().unwrap();
    let mut all = Vec::new();
    if lists && !second {
        all.extend_from_slice(b"001e# service=git-upload-pack\n0000");
    }
    all.extend(answer);
    Response::builder()
        .header("content-type", kind)
        .body(body::whole(all))
        .unwrap()
}

struct Scene {
    running: Running,
    upstream: Upstream,
    /// What stands at the host.
    source: PathBuf,
    /// Where the agent works.
    work: PathBuf,
}

async fn scene() -> Scene {
    scene_with(|_| ()).await
}

async fn scene_with(change: impl FnOnce(&mut Value)) -> Scene {
    let folder = tempfile();
    let (source, work) = (folder.join("source"), folder.join("work"));
    std::fs::create_dir_all(&source).unwrap();
    std::fs::create_dir_all(&work).unwrap();
    fine(&source, &["init", "-q"]);
    commit(&source, "one");
    let served = source.join(".git");
    let upstream = Upstream::start(move |request| serve(&served, request)).await;
    let running = running(web(&[("github.com", &upstream)]), |contract| {
        contract["servers"][0]["auth"] = json!("git");
        let secret = json!({"name": "git", "path": "/run/git", "role": "gateway"});
        contract["secrets"].as_array_mut().unwrap().push(secret);
        change(contract);
    })
    .await;
    Scene {
        running,
        upstream,
        source,
        work,
    }
}

fn tempfile() -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("gateway-git-{}-{number}", std::process::id()))
}

impl Drop for Scene {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(self.source.parent().unwrap()));
    }
}

impl Scene {
    async fn tool(&self, arguments: Value) -> Result<Value, Failed> {
        let Value::Object(arguments) = arguments else {
            panic!("no object");
        };
        let call = Call {
            server: "git",
            tool: "clone",
            arguments,
            cycle: 0,
        };
        self.running
            .gateway
            .tools
            .call(call)
            .await
            .map(|output| output.structured.unwrap())
    }

    fn url(&self, repository: &str) -> String {
        format!("http://{}/git/{repository}", self.running.address)
    }

    /// Git as the agent runs it.
    fn agent(&self, folder: &Path, arguments: &[&str]) -> Output {
        let header = format!("http.extraHeader=Authorization: Bearer {BEARER}");
        git(folder, &[&["-c", &header], arguments].concat())
    }

    async fn refused(&self, what: &str, lines: &[&str], sent: &[u8]) -> (u16, String) {
        let (status, _, body) = self.running.ask(what, lines, sent).await;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        (
            status,
            body["error"]["rule"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn git_clones_and_fetches_and_never_pushes() {
    let scene = scene().await;
    let head = fine(&scene.source, &["rev-parse", "HEAD"]);
    let told = scene
        .tool(json!({"repository": "https://github.com/dlddu/demo.git"}))
        .await
        .unwrap();
    assert_eq!(
        told["url"],
        "http://gateway.pure-agent:8080/git/github.com/dlddu/demo"
    );
    assert_eq!(
        (&told["branch"], &told["commit"]),
        (&json!("main"), &json!(head))
    );
    let url = scene.url("github.com/dlddu/demo");
    for (version, folder) in [("0", "zero"), ("1", "first"), ("2", "second")] {
        let version = format!("protocol.version={version}");
        let output = scene.agent(&scene.work, &["-c", &version, "clone", "-q", &url, folder]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let folder = scene.work.join(folder);
        assert_eq!(fine(&folder, &["rev-parse", "HEAD"]), head);
        // Enough that the host does not have for requests that git compresses.
        for number in 0..40 {
            commit(&folder, &format!("mine {number}"));
        }
    }
    let head = commit(&scene.source, "two");
    for (version, folder) in [("0", "zero"), ("2", "second")] {
        let (folder, version) = (
            scene.work.join(folder),
            format!("protocol.version={version}"),
        );
        let output = scene.agent(&folder, &["-c", &version, "fetch", "-q"]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(fine(&folder, &["rev-parse", "origin/main"]), head);
        let output = scene.agent(&folder, &["push", "-q", "origin", "HEAD:refs/heads/evil"]);
        assert!(!output.status.success());
    }
    assert!(!fine(&scene.source, &["branch", "-a"]).contains("evil"));
    // A refusal is recorded, which nobody waits for.
    for _ in 0..100 {
        if scene.running.record().contains("git-push") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(scene.running.record().contains("git-push"));
    let asked = scene.upstream.asked();
    assert!(
        asked
            .iter()
            .all(|asked| !asked.uri().to_string().contains("receive-pack"))
    );
    assert!(!scene.running.record().contains("secret-of-git"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_in_the_address_is_asked_for() {
    let scene = scene().await;
    scene
        .tool(json!({"repository": "github.com/dlddu/demo"}))
        .await
        .unwrap();
    let url = format!(
        "http://agent:{BEARER}@{}/git/github.com/dlddu/demo",
        scene.running.address
    );
    let output = git(&scene.work, &["clone", "-q", &url, "demo"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let url = format!(
        "http://agent:other@{}/git/github.com/dlddu/demo",
        scene.running.address
    );
    assert!(
        !git(&scene.work, &["clone", "-q", &url, "other"])
            .status
            .success()
    );
}

/// The bytes of a transfer are the run's traffic: what is not used comes back, and what is not there does not pass.
#[tokio::test(flavor = "multi_thread")]
async fn a_clone_is_traffic() {
    let scene = scene().await;
    scene
        .tool(json!({"repository": "github.com/dlddu/demo"}))
        .await
        .unwrap();
    let url = scene.url("github.com/dlddu/demo");
    assert!(
        scene
            .agent(&scene.work, &["clone", "-q", &url, "demo"])
            .status
            .success()
    );
    let mut traffic = (0, 1);
    for _ in 0..100 {
        traffic = scene.running.gateway.journal.read(|state| {
            (
                state.budget().used().traffic,
                state.budget().reserved().traffic,
            )
        });
        if traffic.1 == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(
        traffic.0 > 500 && traffic.0 < 50_000 && traffic.1 == 0,
        "{traffic:?}"
    );

    let scene = scene_with(|contract| contract["limits"]["traffic"] = json!(400)).await;
    scene
        .tool(json!({"repository": "github.com/dlddu/demo"}))
        .await
        .unwrap();
    let url = scene.url("github.com/dlddu/demo");
    assert!(
        !scene
            .agent(&scene.work, &["clone", "-q", &url, "demo"])
            .status
            .success()
    );
}

/// What was given is known after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn the_record_holds_what_was_given() {
    let scene = scene().await;
    scene
        .tool(json!({"repository": "github.com/dlddu/demo"}))
        .await
        .unwrap();
    let head = fine(&scene.source, &["rev-parse", "HEAD"]);
    let mut state = crate::state::State::new(&scene.running.gateway.contract);
    let record = scene.running.folder.join("record.jsonl");
    let copy = scene.running.folder.join("copy.jsonl");
    std::fs::copy(record, &copy).unwrap();
    crate::record::Log::replay(&copy, |event| state.apply(&event).unwrap()).unwrap();
    let cloned = state.cloned("github.com/dlddu/demo").unwrap();
    assert_eq!(
        (cloned.server.as_str(), cloned.branch.as_deref()),
        ("git", Some("main"))
    );
    assert_eq!(cloned.commit, head);
    assert_eq!(state.cloned("github.com/dlddu/other"), None);
}
