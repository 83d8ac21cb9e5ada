//! What a harness is given, and what it is not.

use super::gateway::{BEARER, Gateway, PROMPT};
use super::place::{Pod, log};
use pure_agent_tests::program::runtime;
use serde_json::json;
use std::process::Command;

#[test]
fn nothing_of_the_cluster_or_of_other_roles_is_in_the_environment() {
    let pod = Pod::new(Gateway::start(false, 0, PROMPT), |agent| {
        agent["harness"] = json!("generic");
        agent["command"] = json!(["sh", "-c", "env >env; sleep 0.1"]);
        agent["env"] = json!({"DECLARED": "yes", "OPENAI_ORG_ID": "declared"});
    });
    let canaries = [
        "KUBERNETES_SERVICE_HOST",
        "KUBERNETES_PORT",
        "PURE_AGENT_UID",
        "PURE_AGENT_INPUTS",
        "REDIS_SERVICE_HOST",
        "REDIS_SERVICE_PORT_HTTP",
        "REDIS_PORT_6379_TCP_ADDR",
        "ANTHROPIC_API_KEY",
        "OPENAI_API_KEY",
        "CLAUDE_CODE_OAUTH_TOKEN",
        "GOOGLE_API_KEY",
        "http_proxy",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "GIT_CONFIG_KEY_9",
    ];
    let mut command = pod.agent("/usr/bin:/bin");
    command.envs(canaries.map(|name| (name, "canary-value")));
    command
        .env("REDIS_PORT", "tcp://10.0.0.1:6379")
        .env("IMAGE", "kept");
    let done = command.output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", log(&done));
    let env = pod.left("env");
    assert!(
        !env.contains("canary-value") && !env.contains("tcp://"),
        "{env}"
    );
    let gateway = pod.gateway.address();
    let home = pod.at("home");
    for line in [
        "IMAGE=kept".to_owned(),
        "DECLARED=yes".to_owned(),
        "OPENAI_ORG_ID=declared".to_owned(),
        "PATH=/usr/bin:/bin".to_owned(),
        format!("HOME={}", home.display()),
        format!("PURE_AGENT_GATEWAY=http://{gateway}"),
        format!("PURE_AGENT_BEARER={BEARER}"),
        format!("OPENAI_BASE_URL=http://{gateway}/v1"),
        format!("HTTPS_PROXY=http://agent:{BEARER}@{gateway}"),
        "NO_PROXY=127.0.0.1".to_owned(),
        format!("GIT_CONFIG_KEY_0=http.http://{gateway}/.extraHeader"),
    ] {
        assert!(env.lines().any(|found| found == line), "{line}: {env}");
    }
}

#[test]
fn an_agent_without_tunnels_has_no_proxy() {
    let pod = Pod::new(Gateway::start(false, 0, PROMPT), |agent| {
        agent["harness"] = json!("generic");
        agent["command"] = json!(["sh", "-c", "env >env"]);
        agent["tunnels"] = json!([]);
    });
    assert_eq!(pod.run().status.code(), Some(0));
    let env = pod.left("env");
    assert!(!env.to_ascii_uppercase().contains("PROXY="), "{env}");
}

#[test]
fn no_bearer_and_no_prompt_stand_on_a_command_line() {
    let pod = Pod::free("cat /proc/$PPID/cmdline /proc/$$/cmdline >lines; sleep 0.1");
    assert_eq!(pod.run().status.code(), Some(0));
    let lines = pod.left("lines");
    assert!(lines.contains("--folder"), "{lines}");
    assert!(
        !lines.contains(BEARER) && !lines.contains(PROMPT),
        "{lines}"
    );
}

/// The settings of a harness hold no bearer, and nobody but root could change them in their read-only folder.
#[test]
fn settings_are_left_by_the_start_gate_and_hold_no_bearer() {
    use std::os::unix::fs::PermissionsExt as _;
    for (harness, names) in [
        (
            "claude-code",
            &["claude-mcp.json", "claude-settings.json", "system.md"][..],
        ),
        ("gemini", &["gemini-settings.json"]),
        ("codex", &[]),
    ] {
        let pod = Pod::new(Gateway::start(false, 0, PROMPT), |agent| {
            agent["harness"] = json!(harness);
        });
        for name in names {
            let path = pod.at("run").join(name);
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(!text.contains(BEARER), "{name}: {text}");
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, 0o444, "{name}");
        }
        let files = std::fs::read_dir(pod.at("run")).unwrap().count();
        assert_eq!(files, names.len() + 4, "{harness}");
    }
}

#[test]
fn without_a_prompt_nothing_starts() {
    let pod = Pod::free("echo began >began");
    std::fs::remove_file(pod.at("run/bearer")).unwrap();
    std::fs::write(
        pod.at("run/bearer"),
        "canary-of-another-bearer-0123456789-abc",
    )
    .unwrap();
    let done = pod.run();
    assert_eq!(done.status.code(), Some(1), "{}", log(&done));
    assert!(log(&done).contains("there is no prompt"), "{}", log(&done));
    assert_eq!(pod.left("began"), "");
    for (name, text) in [
        ("bearer", "short"),
        ("bearer", "a b\r\nX-Evil: canary-0123456789-0123456789"),
        ("models.json", "{}"),
        ("agent.json", "{\"name\":1}"),
    ] {
        let pod = Pod::free("echo began >began");
        std::fs::remove_file(pod.at("run").join(name)).unwrap();
        std::fs::write(pod.at("run").join(name), text).unwrap();
        let done = pod.run();
        assert_eq!(done.status.code(), Some(1), "{name}: {}", log(&done));
        assert!(!log(&done).contains("canary"), "{}", log(&done));
        assert_eq!(pod.left("began"), "", "{name}");
    }
}

#[test]
fn a_command_that_is_none_or_another_is_not_started() {
    let pod = Pod::new(Gateway::start(true, 3, PROMPT), |agent| {
        agent["harness"] = json!("generic");
        agent["command"] = json!(["no-such-program-of-an-agent"]);
    });
    let done = pod.run();
    assert_eq!(done.status.code(), Some(127), "{}", log(&done));
    assert!(log(&done).contains("is not started"), "{}", log(&done));
    let done = pod.agent("/usr/bin:/bin").arg("--more").output().unwrap();
    assert_eq!(done.status.code(), Some(1), "{}", log(&done));
    assert!(
        log(&done).contains("not the one of the contract"),
        "{}",
        log(&done)
    );
}

/// The command that the compiler emits is understood: it fails at the files, which are not here.
#[test]
fn the_emitted_command_is_the_shims() {
    let words = crate::emitted::command("pure-agent", "agent");
    let words = words.iter().skip(1).map(|word| match word.contains("{{") {
        true => "0",
        false => word.as_str(),
    });
    let done = Command::new(runtime()).args(words).output().unwrap();
    assert_eq!(done.status.code(), Some(1), "{}", log(&done));
    assert!(log(&done).contains("start gate left"), "{}", log(&done));
}
