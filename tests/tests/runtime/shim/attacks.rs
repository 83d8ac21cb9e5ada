//! Harnesses that are scripts: what they are given, and what they cannot do to the shim.

use super::gateway::{BEARER, Gateway, PROMPT, REMINDER};
use super::place::{Pod, lives, log};
use pure_agent_tests::program::runtime;
use serde_json::{Value, json};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A run whose agent owes nothing.
fn free(script: &str) -> Pod {
    Pod::script(Gateway::start(false, 0, PROMPT), script)
}

/// Waits, within bounds, until a file of the workspace holds something.
fn until(pod: &Pod, name: &str) -> String {
    let start = Instant::now();
    loop {
        let text = pod.left(name);
        if text.ends_with('\n') {
            return text;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "no `{name}`");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn begun(pod: &Pod) -> Child {
    let path = std::env::var("PATH").unwrap();
    pod.agent(&path).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let done = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status();
    assert!(done.unwrap().success());
}

#[test]
fn a_harness_is_given_its_prompt_and_its_exit_code_is_the_shims() {
    let pod = free("cat >told; pwd >where; exit 42");
    let done = pod.run();
    assert_eq!(done.status.code(), Some(42), "{}", log(&done));
    assert_eq!(pod.left("told"), PROMPT);
    let workspace = pod.at("workspace").canonicalize().unwrap();
    assert_eq!(pod.left("where").trim(), workspace.to_string_lossy());
}

#[test]
fn a_harness_that_a_signal_ends_has_the_code_that_shells_give() {
    let done = free("kill -KILL $$").run();
    assert_eq!(done.status.code(), Some(137), "{}", log(&done));
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
    let pod = free("cat /proc/$PPID/cmdline /proc/$$/cmdline >lines; sleep 0.1");
    assert_eq!(pod.run().status.code(), Some(0));
    let lines = pod.left("lines");
    assert!(lines.contains("--folder"), "{lines}");
    assert!(
        !lines.contains(BEARER) && !lines.contains(PROMPT),
        "{lines}"
    );
}

#[test]
fn the_bearer_does_not_reach_the_log() {
    let pod = free(&format!(
        "env; env >&2; printf '%16370s{BEARER}' x; printf '\\033[2Jred\\n'"
    ));
    let done = pod.run();
    let log = log(&done);
    assert!(log.contains("PURE_AGENT_BEARER=[bearer]"), "{log}");
    assert!(
        !log.contains(&BEARER[..20]),
        "a part of it stands where a line was cut"
    );
    assert!(!log.contains('\u{1b}'), "a terminal would obey");
}

#[test]
fn output_is_bounded_and_the_harness_does_not_block() {
    let pod = free(
        "head -c 40000000 /dev/zero | tr '\\0' 'x' | fold -w 1000; echo last >&2; echo done >end",
    );
    let done = pod.run();
    assert_eq!(done.status.code(), Some(0));
    assert_eq!(pod.left("end"), "done\n");
    let size = done.stdout.len() + done.stderr.len();
    assert!((16_000_000..17_000_000).contains(&size), "{size} bytes");
    let log = log(&done);
    assert_eq!(log.matches("\"output-dropped\"").count(), 1);
    // One line without an end.
    let done = free("head -c 40000000 /dev/zero | tr '\\0' 'x'").run();
    assert_eq!(done.status.code(), Some(0));
    assert!(done.stdout.len() < 20_000, "{} bytes", done.stdout.len());
}

#[test]
fn a_huge_prompt_arrives_whole_or_is_left_unread() {
    let prompt = "\u{d55c}\u{ae00} and \"more\"\n".repeat(50_000);
    let pod = Pod::script(Gateway::start(false, 0, &prompt), "cat >told");
    assert_eq!(pod.run().status.code(), Some(0));
    assert!(pod.left("told") == prompt, "it is another one");
    let pod = Pod::script(Gateway::start(false, 0, &prompt), "exec sleep 0.2");
    assert_eq!(pod.run().status.code(), Some(0));
}

#[test]
fn every_signal_is_forwarded_to_the_whole_group() {
    for (name, code) in [("TERM", 15), ("INT", 2), ("HUP", 1)] {
        let script = format!(
            "trap 'echo told >shell; sleep 1; exit {code}' {name}; sh -c 'trap \"echo told >inner; exit\" {name}; echo in >ready; while :; do sleep 0.05; done' & while :; do sleep 0.05; done"
        );
        let pod = free(&script);
        let child = begun(&pod);
        until(&pod, "ready");
        signal(&child, name);
        let done = child.wait_with_output().unwrap();
        assert_eq!(done.status.code(), Some(code), "{name}: {}", log(&done));
        assert_eq!(pod.left("shell"), "told\n", "{name}");
        // A shell lets what it starts in the background ignore this one.
        if name != "INT" {
            assert_eq!(until(&pod, "inner"), "told\n", "{name}");
        }
    }
}

#[test]
fn who_ignores_signals_is_ended_with_its_children() {
    let script = "trap '' TERM INT HUP; sh -c 'trap \"\" TERM; echo $$ >pid; while :; do sleep 1; done' & while :; do sleep 1; done";
    let pod = Pod::script(Gateway::start(true, 5, PROMPT), script);
    let child = begun(&pod);
    let inner = until(&pod, "pid");
    let start = Instant::now();
    signal(&child, "TERM");
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(137), "{}", log(&done));
    let took = start.elapsed();
    assert!(
        (Duration::from_millis(1900)..Duration::from_secs(6)).contains(&took),
        "{took:?}"
    );
    assert!(!lives(&inner), "what it started lives on");
    // Who is told to end is not reminded.
    assert!(!log(&done).contains("reminded"), "{}", log(&done));
}

#[test]
fn what_a_harness_leaves_running_ends_with_it() {
    // The second one holds the output open from a session of its own.
    let script = "sleep 600 & echo $! >pid; setsid sleep 8 & exit 3";
    let pod = free(script);
    let start = Instant::now();
    let path = std::env::var("PATH").unwrap();
    let mut command = pod.agent(&path);
    let out = std::fs::File::create(pod.at("out")).unwrap();
    let status = command
        .stdout(out.try_clone().unwrap())
        .stderr(out)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(3));
    assert!(
        start.elapsed() < Duration::from_secs(6),
        "{:?}",
        start.elapsed()
    );
    assert!(!lives(&pod.left("pid")), "it lives on");
}

#[test]
fn orphans_are_gathered() {
    let script = "i=0; while [ $i -lt 50 ]; do (sleep 0.05 & echo $! >>pids) ; i=$((i+1)); done; sleep 1; for pid in $(cat pids); do test ! -e /proc/$pid || echo $pid >>zombies; done; echo end >end";
    let pod = free(script);
    let done = pod.run();
    assert_eq!(done.status.code(), Some(0), "{}", log(&done));
    assert_eq!(pod.left("end"), "end\n");
    assert_eq!(pod.left("pids").lines().count(), 50);
    assert_eq!(pod.left("zombies"), "");
}

#[test]
fn who_owes_a_submission_is_reminded_as_often_as_the_gateway_says() {
    let script = "cat >>told; echo >>told; echo turn >>turns; exit 0";
    for (required, reminders, turns) in [(true, 2, 3), (true, 0, 1), (false, 5, 1)] {
        let pod = Pod::script(Gateway::start(required, reminders, PROMPT), script);
        let done = pod.run();
        assert_eq!(done.status.code(), Some(0), "{}", log(&done));
        assert_eq!(
            pod.left("turns").lines().count(),
            turns,
            "{required} {reminders}"
        );
        // A harness that remembers nothing is told its task each time.
        let told = pod.left("told");
        assert_eq!(told.matches(PROMPT).count(), turns, "{told}");
        assert_eq!(told.matches(REMINDER).count(), turns - 1, "{told}");
    }
}

#[test]
fn who_has_submitted_is_not_reminded() {
    let pod = Pod::script(Gateway::start(true, 3, PROMPT), "echo turn >>turns");
    pod.gateway.seen.lock().unwrap().submitted = Some(json!({}));
    assert_eq!(pod.run().status.code(), Some(0));
    assert_eq!(pod.left("turns").lines().count(), 1);
}

/// The count is a file that the agent can change; the shim's own count is not.
#[test]
fn a_count_that_is_tampered_with_does_not_go_on_for_ever() {
    for (tamper, turns) in [
        ("rm -f \"$PURE_AGENT_REMINDED\"", 4),
        ("ln -sf /dev/full \"$PURE_AGENT_REMINDED\"", 1),
        ("echo much more >\"$PURE_AGENT_REMINDED\"", 1),
    ] {
        let script = format!("echo turn >>turns; {tamper}");
        let pod = Pod::script(Gateway::start(true, 3, PROMPT), &script);
        let done = pod.run();
        assert_eq!(done.status.code(), Some(0), "{}", log(&done));
        assert_eq!(pod.left("turns").lines().count(), turns, "{tamper}");
    }
}

#[test]
fn without_a_prompt_nothing_starts() {
    let pod = free("echo began >began");
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
        let pod = free("echo began >began");
        std::fs::remove_file(pod.at("run").join(name)).unwrap();
        std::fs::write(pod.at("run").join(name), text).unwrap();
        let done = pod.run();
        assert_eq!(done.status.code(), Some(1), "{name}: {}", log(&done));
        assert!(!log(&done).contains("canary"), "{}", log(&done));
        assert_eq!(pod.left("began"), "", "{name}");
    }
}

fn hook(pod: &Pod, told: &[u8]) -> Output {
    let mut child = Command::new(runtime())
        .args([
            "agent-stop",
            "--gateway",
            &pod.gateway.address(),
            "--folder",
        ])
        .arg(pod.at("run"))
        .env_clear()
        .env("PURE_AGENT_REMINDED", pod.at("tmp").join("count"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdin.take().unwrap().write_all(told));
    child.wait_with_output().unwrap()
}

#[test]
fn the_hook_keeps_a_harness_from_ending_while_reminders_last() {
    let pod = Pod::script(Gateway::start(true, 2, PROMPT), "true");
    let told = json!({"hook_event_name": "Stop", "stop_hook_active": true}).to_string();
    for told in [told.as_bytes(), b"no JSON"] {
        let done = hook(&pod, told);
        assert_eq!(done.status.code(), Some(0), "{}", log(&done));
        let said: Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(said, json!({"decision": "block", "reason": REMINDER}));
    }
    // None is left; and whoever has submitted may end.
    assert_eq!(log(&hook(&pod, told.as_bytes())), "");
    let pod = Pod::script(Gateway::start(true, 2, PROMPT), "true");
    pod.gateway.seen.lock().unwrap().submitted = Some(json!({}));
    assert_eq!(log(&hook(&pod, told.as_bytes())), "");
    assert_eq!(pod.gateway.seen.lock().unwrap().wrong, Vec::<String>::new());
}

#[test]
fn a_hook_whose_gateway_is_gone_lets_the_harness_end() {
    let pod = Pod::script(Gateway::start(true, 2, PROMPT), "true");
    std::fs::remove_file(pod.at("run/bearer")).unwrap();
    let done = hook(&pod, b"{}");
    assert_eq!((done.status.code(), log(&done).as_str()), (Some(0), ""));
    assert_eq!(done.status.signal(), None);
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
