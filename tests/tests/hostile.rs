//! Sources and folders that mean harm: each ends in a clear error or is done, within a second of CPU
//! (a debug build gets more) and 512 MiB, and none is read that should not be.
#![cfg(unix)]

use pure_agent_tests::program::{SLOWDOWN, Scratch, bounded, command, program};
use pure_agent_tests::readers::skipped;
use pure_agent_tests::sources::base;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output};

/// Of address space, the text of the program included.
const MEMORY_MIB: u32 = 512;

/// The smallest workspace with another spec.
fn with_spec(name: &str, spec: &[u8]) -> Scratch {
    let mut files = base();
    files.insert("run.kdl".to_owned(), spec.to_vec());
    Scratch::with(name, &files)
}

fn base_spec() -> String {
    String::from_utf8(base().remove("run.kdl").expect("the base has a spec")).unwrap()
}

fn run(scratch: &Scratch, args: &[&str]) -> Output {
    bounded(scratch.path(), args, SLOWDOWN, MEMORY_MIB)
}

/// Ended by itself with one of these codes, and what it says is no flood.
fn ended(what: &str, done: &Output, codes: &[i32]) {
    let stderr = String::from_utf8_lossy(&done.stderr);
    let head: String = stderr.chars().take(600).collect();
    assert!(
        done.status.code().is_some_and(|c| codes.contains(&c)),
        "{what}: {:?}\n{head}",
        done.status
    );
    assert!(
        !stderr.contains("panicked") && !stderr.contains("RUST_BACKTRACE"),
        "{what}: {head}"
    );
    assert!(
        done.stderr.len() < 256 * 1024,
        "{what}: {} bytes of errors",
        done.stderr.len()
    );
    if done.status.code() != Some(0) {
        assert!(stderr.contains("error"), "{what}: {head}");
        assert!(
            done.stdout.is_empty(),
            "{what}: objects in spite of an error"
        );
    }
}

/// `check`, `compile` and `fmt --check` of a spec that is refused; the message holds `says`.
fn refused(what: &str, spec: &[u8], says: &str) {
    let scratch = with_spec("hostile", spec);
    for command in ["check", "compile"] {
        let done = run(&scratch, &[command]);
        ended(what, &done, &[1]);
        let stderr = String::from_utf8_lossy(&done.stderr);
        let head: String = stderr.chars().take(600).collect();
        assert!(stderr.contains(says), "{what}: {head}");
    }
    for format in ["json", "sarif", "gitlab", "github", "short"] {
        let done = run(&scratch, &["check", "--format", format]);
        assert_eq!(done.status.code(), Some(1), "{what}, {format}");
        assert!(!done.stdout.is_empty(), "{what}, {format}");
    }
    ended(what, &run(&scratch, &["fmt", "--check"]), &[0, 1, 2]);
}

/// A spec that may be fine or not, as long as it ends.
fn ends(what: &str, spec: &[u8]) {
    let scratch = with_spec("hostile", spec);
    for args in [
        &["check"][..],
        &["check", "--format", "sarif"],
        &["fmt", "--check"],
    ] {
        let done = run(&scratch, args);
        assert!(
            done.status.code().is_some_and(|c| c < 3),
            "{what}, {args:?}: {:?}",
            done.status
        );
    }
}

#[test]
fn two_thousand_levels_are_refused() {
    let depth = 2_000;
    let nested = format!(
        "version 1\n{}{}\n",
        "a {\n".repeat(depth),
        "}\n".repeat(depth)
    );
    refused("depth", nested.as_bytes(), "PA01");
    refused("depth on one line", "a{".repeat(depth).as_bytes(), "PA01");
    refused("depth of comments", "/*".repeat(depth).as_bytes(), "PA01");
    refused("closing braces", "}".repeat(100_000).as_bytes(), "PA01");
    refused("type annotations", "(t)".repeat(100_000).as_bytes(), "PA01");
}

#[test]
fn nested_slashdash_costs_nothing() {
    for levels in [2, 10, 25, 2_000] {
        let text = format!(
            "version 1\n{}{}\n",
            "a /-{".repeat(levels),
            "}".repeat(levels)
        );
        refused("slashdash", text.as_bytes(), "PA0");
        refused("open slashdash", "a /-{".repeat(levels).as_bytes(), "PA01");
        refused("slashdash chain", "/- ".repeat(levels).as_bytes(), "PA01");
    }
}

#[test]
fn large_files_are_refused_or_read() {
    let ten_mib = 10 * 1024 * 1024;
    let line = "// nothing but comments\n";
    refused(
        "10 MiB",
        line.repeat(ten_mib / line.len()).as_bytes(),
        "PA01",
    );
    let more = line.repeat(ten_mib / line.len() + 2);
    let scratch = with_spec("large", more.as_bytes());
    ended("more than 10 MiB", &run(&scratch, &["check"]), &[1, 2]);
    // What is just small enough is read.
    let comments = line.repeat(4 * 1024 * 1024 / line.len() - 100);
    let spec = base_spec().replacen("version 1\n", &format!("version 1\n{comments}"), 1);
    let scratch = with_spec("just", spec.as_bytes());
    let done = run(&scratch, &["compile"]);
    assert_eq!(
        done.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    refused(
        "one long line",
        format!("version 1\na \"{}\"\n", "x".repeat(3 << 20)).as_bytes(),
        "PA0",
    );
}

#[test]
fn a_hundred_thousand_nodes_end() {
    let many = 100_000;
    let spec = base_spec();
    refused(
        "unknown nodes",
        format!("{spec}{}", "agnet\n".repeat(many)).as_bytes(),
        "PA0",
    );
    refused(
        "known nodes",
        format!("{spec}{}", "secret \"a\"\n".repeat(many)).as_bytes(),
        "PA0",
    );
    refused(
        "on one line",
        format!("{spec}{}\n", "a;".repeat(many)).as_bytes(),
        "PA0",
    );
    refused(
        "arguments",
        format!("{spec}secret {}\n", "x ".repeat(many)).as_bytes(),
        "PA0",
    );
    refused(
        "properties",
        format!("{spec}secret {}\n", "x=1 ".repeat(many)).as_bytes(),
        "PA0",
    );
    let distinct: String = (0..many)
        .map(|n| format!("label \"k{n}\" \"v\"\n"))
        .collect();
    refused(
        "misplaced nodes",
        format!("{spec}{distinct}").as_bytes(),
        "PA0",
    );
    let distinct: String = (0..20_000)
        .map(|n| format!("secret \"s{n}\" {{\n from \"x\" key=\"y\"\n}}\n"))
        .collect();
    // Unused secrets are warnings: this one may pass.
    ends("declarations", format!("{spec}{distinct}").as_bytes());
    let labels: String = (0..many)
        .map(|n| format!("    label \"k{n}\" \"v\"\n"))
        .collect();
    ends(
        "labels",
        spec.replace("    workspace {", &format!("{labels}    workspace {{"))
            .as_bytes(),
    );
    let uses: String = (0..many).map(|n| format!("use \"f{n}.kdl\"\n")).collect();
    refused(
        "uses",
        spec.replacen("version 1\n", &format!("version 1\n{uses}"), 1)
            .as_bytes(),
        "PA0",
    );
    ends("quotes", "\"".repeat(many).as_bytes());
    ends("raw strings", "#\"".repeat(many).as_bytes());
    ends("hashes", "#".repeat(many).as_bytes());
    ends("backslashes", "\\\n".repeat(many).as_bytes());
    ends("equal signs", "a=".repeat(many).as_bytes());
    ends("line comments", "//\n".repeat(many).as_bytes());
    ends("open strings", "a \"\n".repeat(many).as_bytes());
}

#[test]
fn files_that_use_each_other_are_named() {
    let spec = base_spec();
    let mut files = base();
    files.insert(
        "run.kdl".to_owned(),
        spec.replacen('\n', "\nuse \"a.kdl\"\n", 1).into_bytes(),
    );
    files.insert("a.kdl".to_owned(), b"version 1\nuse \"b.kdl\"\n".to_vec());
    files.insert(
        "b.kdl".to_owned(),
        b"version 1\nuse \"run.kdl\"\nuse \"b.kdl\"\n".to_vec(),
    );
    let scratch = Scratch::with("cycle", &files);
    let done = run(&scratch, &["check"]);
    ended("cycle", &done, &[1]);
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert!(
        stderr.contains("run.kdl → a.kdl → b.kdl → run.kdl"),
        "{stderr}"
    );
    assert!(stderr.contains("b.kdl → b.kdl"), "{stderr}");
}

#[test]
fn a_long_chain_of_files_ends() {
    let mut files = base();
    let uses = |next: &str| format!("version 1\nuse \"{next}\"\n").into_bytes();
    let last = 3_000;
    for n in 0..last {
        files.insert(format!("c{n}.kdl"), uses(&format!("c{}.kdl", n + 1)));
    }
    files.insert(format!("c{last}.kdl"), b"version 1\n".to_vec());
    let spec = base_spec().replacen('\n', "\nuse \"c0.kdl\"\n", 1);
    files.insert("run.kdl".to_owned(), spec.into_bytes());
    let scratch = Scratch::with("chain", &files);
    ended("chain", &run(&scratch, &["check"]), &[0, 1]);
    // Each file uses all that follow: as many paths as there are subsets.
    let mut files = base();
    for n in 0..60 {
        let uses: String = (n + 1..60).map(|m| format!("use \"d{m}.kdl\"\n")).collect();
        files.insert(
            format!("d{n}.kdl"),
            format!("version 1\n{uses}").into_bytes(),
        );
    }
    let spec = base_spec().replacen('\n', "\nuse \"d0.kdl\"\n", 1);
    files.insert("run.kdl".to_owned(), spec.into_bytes());
    ended(
        "diamonds",
        &run(&Scratch::with("diamonds", &files), &["check"]),
        &[0, 1],
    );
}

/// Makes the workspace, lets `make` put something at `target.here`, and asks for it by every way.
fn unreadable(what: &str, says: &[&str], make: &dyn Fn(&Path)) {
    let spec = base_spec();
    let ways: [(&str, String); 2] = [
        ("use", spec.replacen('\n', "\nuse \"here.kdl\"\n", 1)),
        (
            "prompt",
            spec.replace("    harness", "    system file=\"here.kdl\"\n    harness"),
        ),
    ];
    for (way, spec) in ways {
        let scratch = with_spec("unreadable", spec.as_bytes());
        make(&scratch.path().join("here.kdl"));
        let done = run(&scratch, &["compile"]);
        ended(&format!("{what} by {way}"), &done, &[1, 2]);
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert!(
            says.iter().any(|s| stderr.contains(s)),
            "{what} by {way}: {stderr}"
        );
    }
    let scratch = Scratch::with("unreadable", &base());
    make(&scratch.path().join("here.kdl"));
    for command in ["check", "compile", "fmt"] {
        let done = run(&scratch, &[command, "here.kdl"]);
        // `fmt` formats what is below a folder: here nothing. A link to a folder is a link.
        let here = scratch.path().join("here.kdl").symlink_metadata();
        let folder = command == "fmt" && here.is_ok_and(|here| here.is_dir());
        let codes = if folder { &[0][..] } else { &[1, 2] };
        ended(&format!("{what}, {command}"), &done, codes);
    }
    // A pattern of the workspace file that finds it.
    let mut files = base();
    let workspace = String::from_utf8(files["pure-agent.kdl"].clone()).unwrap();
    let odd = workspace
        .replace("\"run.kdl\"", "\"here*\"")
        .replace("\"policy.kdl\"", "\"*.kdl\"");
    files.insert("pure-agent.kdl".to_owned(), odd.into_bytes());
    let scratch = Scratch::with("unreadable", &files);
    make(&scratch.path().join("here.kdl"));
    ended(
        &format!("{what} by pattern"),
        &run(&scratch, &["check"]),
        &[1, 2],
    );
}

#[test]
fn no_link_leads_out_of_the_workspace() {
    let outside = Scratch::new("outside");
    let secret = outside.path().join("secret.kdl");
    std::fs::write(&secret, "version 1\n// the-secret-text\nsecret-node\n").unwrap();
    unreadable(
        "link out",
        &["symbolic link", "leaves the workspace"],
        &|here| symlink(&secret, here).unwrap(),
    );
    unreadable("link to nothing", &["does not exist"], &|here| {
        symlink("nothing", here).unwrap()
    });
    unreadable("link to itself", &["cannot be read"], &|here| {
        symlink("here.kdl", here).unwrap()
    });
    unreadable(
        "link up",
        &[
            "symbolic link",
            "leaves the workspace",
            "not a regular file",
        ],
        &|here| {
            symlink("..", here).unwrap();
        },
    );
    // By a folder on the way, too; and not a word of the file is shown.
    let spec = base_spec().replacen('\n', "\nuse \"folder/secret.kdl\"\n", 1);
    let scratch = with_spec("folder", spec.as_bytes());
    symlink(outside.path(), scratch.path().join("folder")).unwrap();
    let done = run(&scratch, &["check"]);
    ended("linked folder", &done, &[1]);
    let all = [done.stdout, done.stderr].concat();
    let all = String::from_utf8_lossy(&all);
    assert!(
        all.contains("symbolic link") && !all.contains("secret-text"),
        "{all}"
    );
}

#[test]
fn no_path_climbs_out_of_the_workspace() {
    for path in [
        "../x.kdl",
        "a/../../x.kdl",
        "/etc/passwd",
        "C:x.kdl",
        "a\\\\..\\\\x.kdl",
        "./../x",
    ] {
        let spec = base_spec().replacen('\n', &format!("\nuse \"{path}\"\n"), 1);
        let done = run(&with_spec("climb", spec.as_bytes()), &["check"]);
        ended(path, &done, &[1]);
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert!(
            stderr.contains("leaves the workspace root"),
            "{path}: {stderr}"
        );
    }
}

#[test]
fn what_is_no_file_is_not_opened() {
    let fifo = |here: &Path| {
        let made = Command::new("mkfifo").arg(here).status();
        assert!(made.is_ok_and(|status| status.success()), "mkfifo");
    };
    // Opening a pipe would wait for a writer for ever; the limit is of CPU time, so wait here.
    let scratch = Scratch::with("fifo", &base());
    fifo(&scratch.path().join("here.kdl"));
    let mut child = command(scratch.path())
        .args(["check", "here.kdl"])
        .spawn()
        .unwrap();
    let start = std::time::Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed().as_secs() > 60 {
            child.kill().unwrap();
            panic!("waits for the writer of a pipe");
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    unreadable("pipe", &["not a regular file"], &fifo);
    unreadable("folder", &["not a regular file"], &|here| {
        std::fs::create_dir(here).unwrap()
    });
    unreadable(
        "endless device",
        &["symbolic link", "leaves the workspace"],
        &|here| {
            symlink("/dev/zero", here).unwrap();
        },
    );
    let scratch = Scratch::with("device", &base());
    for args in [
        ["check", "/dev/zero"],
        ["compile", "/dev/zero"],
        ["check", "--policy=/dev/zero"],
        ["check", "--target=/dev/zero.kdl"],
        ["fmt", "/dev/zero"],
    ] {
        ended(&format!("{args:?}"), &run(&scratch, &args), &[1, 2]);
    }
}

#[test]
fn endless_standard_input_is_refused() {
    let scratch = Scratch::with("stdin", &base());
    let limits = format!(
        "ulimit -v {}; ulimit -t {SLOWDOWN}; exec \"$0\" \"$@\" < /dev/zero",
        MEMORY_MIB * 1024
    );
    let done = Command::new("sh")
        .args(["-c", &limits])
        .arg(program())
        .args(["check", "-"])
        .current_dir(scratch.path())
        .output()
        .unwrap();
    ended("standard input", &done, &[1, 2]);
}

#[test]
fn a_file_without_permission_is_named() {
    let scratch = Scratch::with("permission", &base());
    let locked = scratch.path().join("run.kdl");
    std::fs::set_permissions(&locked, PermissionsExt::from_mode(0o000)).unwrap();
    let mut command = command(scratch.path());
    if std::fs::metadata("/proc/self").map_or(1, |m| m.uid()) == 0 {
        command.uid(65_534).gid(65_534);
    } else if std::fs::read(&locked).is_ok() {
        skipped("this user may read everything");
        return;
    }
    let done = command.arg("check").output().unwrap();
    ended("permission", &done, &[1, 2]);
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert!(
        stderr.contains("run.kdl") && stderr.contains("permission"),
        "{stderr}"
    );
}
