//! Harnesses that are scripts: signals, orphans, output and prompts that are too much.

use super::gateway::{BEARER, Gateway, PROMPT};
use super::place::{Pod, lives, log};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

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
    let pod = Pod::free("cat >told; pwd >where; exit 42");
    let done = pod.run();
    assert_eq!(done.status.code(), Some(42), "{}", log(&done));
    assert_eq!(pod.left("told"), PROMPT);
    let workspace = pod.at("workspace").canonicalize().unwrap();
    assert_eq!(pod.left("where").trim(), workspace.to_string_lossy());
}

#[test]
fn a_harness_that_a_signal_ends_has_the_code_that_shells_give() {
    let done = Pod::free("kill -KILL $$").run();
    assert_eq!(done.status.code(), Some(137), "{}", log(&done));
}

#[test]
fn the_bearer_does_not_reach_the_log() {
    let pod = Pod::free(&format!(
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
    let pod = Pod::free(
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
    let done = Pod::free("head -c 40000000 /dev/zero | tr '\\0' 'x'").run();
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
        let pod = Pod::free(&script);
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
    let pod = Pod::free(script);
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
    let pod = Pod::free(script);
    let done = pod.run();
    assert_eq!(done.status.code(), Some(0), "{}", log(&done));
    assert_eq!(pod.left("end"), "end\n");
    assert_eq!(pod.left("pids").lines().count(), 50);
    assert_eq!(pod.left("zombies"), "");
}

/// Whatever the profile of a container's runtime lets through: the hypervisor's socket and rings.
#[test]
fn a_harness_has_no_socket_past_the_network_and_no_ring() {
    let pod = Pod::free(
        "python3 -I - <<'END' >told 2>&1
import ctypes, socket
for family in (40, 30, 17):
    try:
        socket.socket(family, socket.SOCK_STREAM)
        print('made', family)
    except PermissionError:
        print('refused', family)
libc = ctypes.CDLL(None, use_errno=True)
for call in (425, 321, 298):
    print(call, libc.syscall(call, 4, 0, 0, 0, 0), ctypes.get_errno())
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
print('fine')
END",
    );
    let done = pod.run();
    let told = pod.left("told");
    let expected = "refused 40\nrefused 30\nrefused 17\n425 -1 1\n321 -1 1\n298 -1 1\nfine\n";
    assert_eq!(told, expected, "{}", log(&done));
}
