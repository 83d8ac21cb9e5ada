//! Harnesses that are scripts and end without a submission.

use super::gateway::{Gateway, PROMPT, REMINDER};
use super::place::{Pod, log};
use pure_agent_tests::program::runtime;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

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
}
