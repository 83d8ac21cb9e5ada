use super::environment::inherited;
use super::output::{MOST_LINE, Output};
use super::reminder::Reminders;
use super::told::Submission;
use std::collections::BTreeMap;

const BEARER: &str = "canary-bearer-0123456789-0123456789-abc";

fn forwarded(bytes: &[u8]) -> String {
    let mut to = Vec::new();
    Output::new(BEARER, |_, _| ()).forward(bytes, &mut to);
    String::from_utf8(to).unwrap()
}

#[test]
fn lines_are_forwarded_as_they_are() {
    assert_eq!(
        forwarded(b"one\r\ntwo\tthree\n\nlast"),
        "one\ntwo\tthree\n\nlast\n"
    );
    assert_eq!(forwarded(b""), "");
}

#[test]
fn what_is_no_plain_text_is_replaced() {
    assert_eq!(
        forwarded(b"\x1b]0;title\x07 \xff\n"),
        "\u{fffd}]0;title\u{fffd} \u{fffd}\n"
    );
}

/// Wherever the cut falls, no beginning of a bearer stands before it.
#[test]
fn no_part_of_a_bearer_is_left_by_a_cut() {
    for at in MOST_LINE - 60..MOST_LINE + 5 {
        let line = format!("{}{BEARER}{}\nnext\n", "x".repeat(at), "y".repeat(100));
        let got = forwarded(line.as_bytes());
        assert!(!got.contains("canary"), "{at}: {}", &got[at - 5..]);
        assert!(
            got.len() < MOST_LINE + 20 && got.ends_with(" [cut]\nnext\n"),
            "{at}"
        );
    }
}

#[test]
fn a_cut_in_the_middle_of_a_character_is_none() {
    let line = "\u{d55c}".repeat(MOST_LINE);
    let got = forwarded(line.as_bytes());
    assert!(got.ends_with("\u{d55c} [cut]\n") && got.len() <= MOST_LINE + 7);
}

#[test]
fn an_image_without_a_path_has_one() {
    let none = BTreeMap::new();
    let all = inherited([("A_PORT".into(), "8080".into())], &none);
    assert!(all.contains_key(std::ffi::OsStr::new("PATH")));
    // A port that is a number is the image's own.
    assert!(all.contains_key(std::ffi::OsStr::new("A_PORT")));
}

#[test]
fn a_spec_cannot_say_what_is_the_shims() {
    let declared = [
        "HTTPS_PROXY",
        "PURE_AGENT_GATEWAY",
        "kubernetes_port",
        "GIT_CONFIG_KEY_0",
        "OPENAI_API_KEY",
    ];
    let declared = declared
        .map(|name| (name.to_owned(), "x".to_owned()))
        .into();
    let all = inherited([], &declared);
    assert_eq!(all.len(), 1, "{all:?}");
}

#[test]
fn reminders_are_bounded_whatever_the_gateway_says() {
    let folder = std::env::temp_dir().join(format!("shim-reminders-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let reminders = Reminders::begin(&folder);
    let submission = Submission {
        submitted: false,
        required: true,
        reminders: u32::MAX,
        reminder: "r".to_owned(),
    };
    let given = (0..1000).filter(|_| reminders.take(&submission).is_some());
    assert_eq!(given.count(), 100);
    // A new cycle begins anew.
    assert!(Reminders::begin(&folder).take(&submission).is_some());
    std::fs::remove_dir_all(&folder).unwrap();
}
