//! What goes to which stream, in which dress, and what happens when a stream fails.

use pure_agent_tests::command::Folder;
use std::io::Read as _;
use std::process::Stdio;

fn broken(name: &str) -> Folder {
    let folder = Folder::base(name);
    folder.edit("run.kdl", "depth 3", "dpeth 3");
    folder
}

#[test]
fn findings_for_people_go_to_standard_error_without_colour_in_a_pipe() {
    let ended = broken("plain").run(&["check"]);
    assert_eq!(ended.out, "");
    assert_eq!(
        ended.err,
        "PA0201 error: unknown node `dpeth` in `limits`
    ,-[run.kdl:22:9]
 21 |     limits {
 22 |         dpeth 3
    :         ^^^^^
 23 |         deadline \"1h\"
    `----
  help: did you mean `depth`?

1 error
the reason and the fix: `pure-agent explain PA0201`
"
    );
}

#[test]
fn colour_is_for_those_who_want_it() {
    let folder = broken("colour");
    let coloured = |args: &[&str], set: &[(&str, &str)]| {
        let mut command = folder.command(&[&["check"], args].concat());
        let out = command.envs(set.iter().copied()).output().unwrap();
        let text = String::from_utf8(out.stderr).unwrap();
        assert_eq!(text.contains('\u{1b}'), !text.contains("`----"), "{text}");
        text.contains('\u{1b}')
    };
    assert!(!coloured(&[], &[]));
    assert!(coloured(&["--color", "always"], &[]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!coloured(
        &[],
        &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]
    ));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn a_machine_format_has_standard_output_to_itself() {
    let folder = broken("machine");
    for format in ["short", "github", "gitlab", "json", "sarif"] {
        let ended = folder.run(&["check", "--format", format]);
        assert_eq!(ended.err, "", "{format}");
        assert!(ended.out.contains("dpeth"), "{format}");
        assert!(
            !ended.out.contains(folder.path.to_str().unwrap()),
            "{format}"
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let folder = Folder::base("gone");
    folder.edit("policy.kdl", "version 1", "version 1\n\n// more\n");
    let mut command = folder.command(&["compile"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut text = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!text.contains("error") && !text.contains("panic"), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let folder = broken("full");
    for (args, what) in [
        (
            &["check", "--format", "json"][..],
            "cannot write the output",
        ),
        (&["explain"], "cannot write the output"),
        (&["man"], "cannot write the output"),
        (&["explain", "--schema", "spec"], "cannot write the output"),
    ] {
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let out = folder.command(args).stdout(full).output().unwrap();
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        assert!(
            String::from_utf8_lossy(&out.stderr).contains(what),
            "{args:?}"
        );
    }
}
