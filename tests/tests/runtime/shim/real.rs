//! The real programs, of pinned versions, each driven by the shim before a stand-in for the gateway.

use super::gateway::{Gateway, PROMPT, REMINDER};
use super::place::{Pod, log};
use crate::emitted::contract;
use pure_agent_runtime::contract::{Agent, Contract, Model};
use pure_agent_runtime::model::{Refused, Request, anthropic, openai};
use pure_agent_tests::sources::repository;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Time for a program that asks three times.
const TIME: Duration = Duration::from_secs(120);

/// The folder with the programs, installed once for a build folder and a list of versions.
fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        // target/<profile>/deps/<test>
        let folder = test.ancestors().nth(3).unwrap().join("harness");
        let lock = std::fs::read(repository().join("tests/harness/package-lock.json")).unwrap();
        let stamp = folder.join("installed");
        if std::fs::read(&stamp).ok().as_ref() != Some(&lock) {
            install(&folder);
            std::fs::write(&stamp, &lock).unwrap();
        }
        folder.join("bin")
    })
}

fn install(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(
            repository().join("tests/harness").join(name),
            folder.join(name),
        )
        .unwrap();
    }
    // No script of a package runs: Claude Code's would copy the program of this platform, which is linked below.
    let done = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .output()
        .expect("npm");
    assert!(done.status.success(), "{}", log(&done));
    let modules = folder.join("node_modules");
    let found = std::fs::read_dir(modules.join("@anthropic-ai"))
        .unwrap()
        .flatten();
    let mut found = found
        .map(|entry| entry.path().join("claude"))
        .filter(|path| path.is_file());
    let claude = found.next().expect("Claude Code for this platform");
    let bin = folder.join("bin");
    drop(std::fs::remove_dir_all(&bin));
    std::fs::create_dir(&bin).unwrap();
    for (name, path) in [
        ("claude", claude),
        ("codex", modules.join(".bin/codex")),
        ("gemini", modules.join(".bin/gemini")),
    ] {
        std::os::unix::fs::symlink(path, bin.join(name)).unwrap();
    }
}

fn within(mut child: Child, time: Duration) -> Output {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > time {
            child.kill().unwrap();
            panic!("too late: {}", log(&child.wait_with_output().unwrap()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.wait_with_output().unwrap()
}

/// Runs a harness that first ends without a submission; gives its pod and what the model was told.
fn drive(harness: &str, path: &str) -> (Pod, Vec<String>) {
    let pod = Pod::new(Gateway::start(true, 2, PROMPT), |agent| {
        agent["harness"] = json!(harness);
    });
    let search = format!(
        "{}:{}",
        programs().display(),
        std::env::var("PATH").unwrap()
    );
    let mut command = pod.agent(&search);
    let out = std::fs::File::create(pod.at("out")).unwrap();
    command.stdout(out.try_clone().unwrap()).stderr(out);
    let done = within(command.spawn().unwrap(), TIME);
    let log = std::fs::read_to_string(pod.at("out")).unwrap();
    let seen = pod.gateway.seen.lock().unwrap();
    let asked: Vec<_> = pod
        .gateway
        .standin
        .asked()
        .iter()
        .map(|a| a.what.clone())
        .collect();
    assert_eq!(done.status.code(), Some(0), "{log}\n{asked:?}");
    let wanted = json!({"actions": ["none"], "summary": "canary summary"});
    assert_eq!(seen.submitted.as_ref(), Some(&wanted), "{log}\n{asked:?}");
    // Also: nobody but the gateway was asked, because every other way leads through its tunnels.
    assert_eq!(seen.wrong, Vec::<String>::new(), "{log}");
    drop(seen);
    let told = pod.gateway.told(path);
    assert!(told.iter().any(|body| body.contains(PROMPT)), "{told:?}");
    assert!(told.iter().any(|body| body.contains(REMINDER)), "{told:?}");
    (pod, told)
}

#[test]
fn claude_code_is_kept_from_ending_by_its_hook() {
    let (pod, told) = drive("claude-code", "POST /v1/messages");
    let log = std::fs::read_to_string(pod.at("out")).unwrap();
    assert!(
        !log.contains("\"event\":\"reminded\""),
        "the shim reminded, not the hook: {log}"
    );
    instructed(&told);
    passes(&told, anthropic::messages, "anthropic");
}

#[test]
fn codex_is_started_again_with_its_session() {
    let (pod, told) = drive("codex", "POST /v1/responses");
    instructed(&told);
    resumed(&pod, &told);
    let told = told.iter().map(|body| without_name_spaces(body));
    passes(&told.collect::<Vec<_>>(), openai::responses, "openai");
}

#[test]
fn gemini_is_started_again_with_its_session() {
    let (pod, told) = drive("gemini", "GenerateContent");
    resumed(&pod, &told);
}

/// The system text reached the model by the harness's own place for it.
fn instructed(told: &[String]) {
    let first = told.first().map(String::as_str).unwrap_or_default();
    assert!(first.contains("Canary instructions"), "{first}");
}

/// Codex groups the tools of a server as one tool of the type `namespace`, which the gateway refuses. Everything else
/// that it sends is let through.
fn without_name_spaces(body: &str) -> String {
    let mut body: Value = serde_json::from_str(body).unwrap();
    let tools = body["tools"].as_array_mut().unwrap();
    tools.retain(|tool| tool["type"] != "namespace");
    for item in body["input"].as_array_mut().unwrap() {
        item.as_object_mut().unwrap().remove("namespace");
    }
    body.to_string()
}

/// What the harness sent is what the gateway lets through.
fn passes(
    told: &[String],
    check: fn(&[u8], &[Model], &Agent) -> Result<Request, Refused>,
    provider: &str,
) {
    let mut value: Value = serde_json::from_str(&contract("pure-agent")).unwrap();
    for model in value["models"].as_array_mut().unwrap() {
        model["provider"] = json!(provider);
        model["max_tokens"] = json!(32_000);
    }
    let contract: Contract = serde_json::from_value(value).unwrap();
    for body in told {
        let checked = check(body.as_bytes(), &contract.models, &contract.agents[0]);
        assert!(checked.is_ok(), "{checked:?}: {body}");
    }
}

/// The shim reminded, and the harness still knew what it was told first.
fn resumed(pod: &Pod, told: &[String]) {
    let log = std::fs::read_to_string(pod.at("out")).unwrap();
    assert_eq!(log.matches("\"event\":\"reminded\"").count(), 1, "{log}");
    let reminded = told.iter().find(|body| body.contains(REMINDER));
    assert!(
        reminded.is_some_and(|body| body.contains(PROMPT)),
        "{told:?}"
    );
}
