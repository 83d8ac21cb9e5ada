use super::pkt::{Packets, line};
use super::repository::{Pattern, Repository, is_branch};
use super::request::check;
use super::{Tip, advertised};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn repositories_have_one_form() {
    for text in [
        "github.com/dlddu/pure-agent",
        "https://github.com/dlddu/pure-agent",
        "https://github.com/dlddu/pure-agent.git",
        "https://github.com/dlddu/pure-agent/",
    ] {
        let read = Repository::read(text).map(|read| read.to_string());
        assert_eq!(
            read.as_deref(),
            Some("github.com/dlddu/pure-agent"),
            "{text}"
        );
    }
    for text in [
        "",
        "github.com",
        "github.com/a",
        "github.com/a/b/c",
        "github.com//b",
        "github.com/a/..",
        "github.com/../b",
        "github.com/a/.",
        "github.com/a/.git",
        "github.com/a/b.git.git",
        "github.com/a/b.GIT",
        "github.com/a/b%2ec",
        "github.com/a/b c",
        "github.com/a/b?x",
        "github.com/a/b#x",
        "github.com/a/b\n",
        "github.com/a\\b/c",
        "GitHub.com/a/b",
        "user@github.com/a/b",
        "github.com:443/a/b",
        "github.com./a/b",
        "127.0.0.1/a/b",
        "http://github.com/a/b",
        "git@github.com:a/b",
        "ssh://github.com/a/b",
        "file:///a/b",
        "https://https://github.com/a/b",
        "--upload-pack=x/a/b",
        "github.com/-a/b",
        "github.com/é/b",
    ] {
        assert_eq!(Repository::read(text), None, "{text}");
    }
}

#[test]
fn patterns_mean_what_is_written() {
    let repository = Repository::read("github.com/dlddu/pure-agent").unwrap();
    for text in [
        "github.com/dlddu/*",
        "github.com/dlddu/pure-agent",
        "github.com/*/pure-*",
    ] {
        assert!(Pattern::parse(text).unwrap().matches(&repository), "{text}");
    }
    for text in [
        "github.com/Dlddu/*",
        "gitlab.com/dlddu/*",
        "github.com/dlddu/pure",
        "github.com/dlddu/*-agents",
    ] {
        assert!(
            !Pattern::parse(text).unwrap().matches(&repository),
            "{text}"
        );
    }
    for text in [
        "*",
        "*/a/b",
        "*.com/a/b",
        "github.com/**",
        "github.com/a",
        "github.com/a/b/c",
        "github.com//b",
    ] {
        assert_eq!(Pattern::parse(text), None, "{text}");
    }
}

#[test]
fn branches_need_no_quotes() {
    for name in ["main", "agent/1-x", "v1.0", "a_b", "fix#3", "user@x"] {
        assert!(is_branch(name), "{name}");
    }
    for name in [
        "",
        "-x",
        "--upload-pack=x",
        "a..b",
        "/a",
        "a/",
        "a//b",
        ".a",
        "a/.b",
        "a.lock",
        "a b",
        "a'b",
        "a$b",
        "a;b",
        "a\nb",
        "a:b",
        "@",
        "a~1",
        "a^",
        "a*",
        "a.",
    ] {
        assert!(!is_branch(name), "{name}");
    }
}

#[test]
fn packets_are_as_git_writes_them() {
    let all: Result<Vec<_>, _> = Packets::new(b"0008abc\n00010000").collect();
    assert_eq!(all.unwrap().len(), 3);
    for bytes in [
        "0",
        "000",
        "0009abc\n",
        "+008abc\n",
        "000Aabcdef",
        "0x08abc\n",
        "0003",
        "0004",
        "0002",
        "fff5",
        "  08abc\n",
        "\u{ff10}008abc",
    ] {
        assert!(
            Packets::new(bytes.as_bytes()).any(|packet| packet.is_err()),
            "{bytes}"
        );
    }
}

#[test]
fn a_branch_and_its_commit() {
    let answer = |lines: &[String]| format!("{}0000", lines.concat()).into_bytes();
    let head = line(&format!("{COMMIT} HEAD symref-target:refs/heads/main"));
    let on = |branch: Option<&str>| Tip {
        branch: branch.map(str::to_owned),
        commit: COMMIT.to_owned(),
    };
    assert_eq!(
        advertised::tip(&answer(std::slice::from_ref(&head)), None),
        Some(Some(on(Some("main"))))
    );
    // A longer name begins alike; another case is another branch.
    let longer = line(&format!("{COMMIT} refs/heads/main2"));
    let other = line(&format!("{COMMIT} refs/heads/Main"));
    assert_eq!(
        advertised::tip(&answer(&[longer, other]), Some("main")),
        Some(None)
    );
    let evil = line(&format!("{COMMIT} HEAD symref-target:refs/heads/x';rm"));
    assert_eq!(
        advertised::tip(&answer(&[evil]), None),
        Some(Some(on(None)))
    );
    let odd = line("zzzz HEAD");
    assert_eq!(advertised::tip(&answer(&[odd]), None), Some(None));
    for bytes in [&b""[..], b"0000x", b"<html>", head.as_bytes(), b"00000000"] {
        assert_eq!(advertised::tip(bytes, None), None);
    }
}

fn message(parts: &[&str]) -> Vec<u8> {
    let written = |part: &&str| match *part {
        "0000" | "0001" | "0002" => (*part).to_owned(),
        part => line(part),
    };
    parts.iter().map(written).collect::<String>().into_bytes()
}

#[test]
fn only_what_upload_pack_reads_passes() {
    let want = &format!("want {COMMIT}");
    let caps = &format!(
        "want {COMMIT} multi_ack_detailed no-done side-band-64k ofs-delta agent=git/2.39.5 filter"
    );
    let have = &format!("have {COMMIT}");
    let fine: [(&[&str], bool); 6] = [
        (
            &[
                "command=ls-refs",
                "agent=git/2.39.5",
                "object-format=sha1",
                "0001",
                "peel",
                "ref-prefix HEAD",
                "0000",
            ],
            true,
        ),
        (
            &[
                "command=fetch",
                "0001",
                "thin-pack",
                want,
                have,
                "deepen 1",
                "filter blob:none",
                "done",
                "0000",
            ],
            true,
        ),
        (&["command=ls-refs", "0000"], true),
        (&[caps, "deepen 1", "0000", have, "0000"], false),
        (&[caps, "0000", "done"], false),
        (&["0000"], false),
    ];
    for (parts, second) in fine {
        assert!(check(&message(parts), second).is_ok(), "{parts:?}");
    }
    let refused: [(&[&str], bool); 17] = [
        (&["command=push", "0000"], true),
        (&["command=receive-pack", "0000"], true),
        (&["command=object-info", "0000"], true),
        (&["command=bundle-uri", "0000"], true),
        (
            &["command=fetch", "0001", "packfile-uris https", "0000"],
            true,
        ),
        (&["command=fetch", "server-option=x", "0000"], true),
        (&["command=fetch", "command=push", "0000"], true),
        (&["command=fetch", "0001", want], true),
        (&["command=fetch", "0001", want, "0001", "0000"], true),
        (&["command=ls-refs", "0000", "command=fetch", "0000"], true),
        (&["command=fetch", "0001", "want HEAD", "0000"], true),
        (&[], true),
        (&["0000"], true),
        (&[have, "0000"], false),
        (
            &[
                &format!("{COMMIT} {COMMIT} refs/heads/main report-status"),
                "0000",
            ],
            false,
        ),
        (&[&format!("want {COMMIT} push-options"), "0000"], false),
        (&[want, "0001"], false),
    ];
    for (parts, second) in refused {
        assert!(check(&message(parts), second).is_err(), "{parts:?}");
    }
    assert!(check(b"PACK", true).is_err());
    assert!(check(&[0xff; 64], false).is_err());
}
