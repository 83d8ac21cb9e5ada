//! Secrets: what is found, what is not, and that block borders do not matter.

use super::super::finding::Rule;
use super::super::scan::{Scan, whole};
use super::super::tree::Caps;
use super::{Bench, CANARY, Way, contract, findings, refused, upload};
use proptest::prelude::*;

/// One of each shape. Put together here, so that no scanner takes this file for a leak.
fn samples() -> Vec<(Rule, String)> {
    let a = |n: usize| "aB3".repeat(n).chars().take(n).collect::<String>();
    let pem = |label: &str| format!("-----BEGIN {label}-----\nMIIE");
    vec![
        (Rule::PrivateKey, pem("PRIVATE KEY")),
        (Rule::PrivateKey, pem("RSA PRIVATE KEY")),
        (Rule::PrivateKey, pem("OPENSSH PRIVATE KEY")),
        (Rule::PrivateKey, pem("ENCRYPTED PRIVATE KEY")),
        (Rule::PrivateKey, pem("PGP PRIVATE KEY BLOCK")),
        (Rule::AwsAccessKey, format!("AKIA{}", "ABCD".repeat(4))),
        (Rule::AwsAccessKey, format!("ASIA{}", "A2C7".repeat(4))),
        (Rule::GithubToken, format!("ghp_{}", a(36))),
        (Rule::GithubToken, format!("ghs_{}", a(36))),
        (Rule::GithubToken, format!("github_pat_{}_{}", a(22), a(59))),
        (Rule::GitlabToken, format!("glpat-{}", a(20))),
        (Rule::AnthropicKey, format!("sk-ant-api03-{}", a(90))),
        (Rule::AnthropicKey, format!("sk-ant-oat01-{}", a(90))),
        (Rule::OpenaiKey, format!("sk-proj-{}", a(48))),
        (Rule::OpenaiKey, format!("sk-{}", a(48))),
        (Rule::SlackToken, format!("xoxb-123456789012-{}", a(24))),
        (Rule::SlackToken, format!("xapp-1-A1-{}", a(40))),
        (Rule::LinearKey, format!("lin_api_{}", a(40))),
        (Rule::GoogleKey, format!("AIza{}", a(35))),
        (
            Rule::GoogleKey,
            format!("\"private_key_id\" : \"{}\"", "0f".repeat(20)),
        ),
        (Rule::NpmToken, format!("npm_{}", a(36))),
        (
            Rule::JsonWebToken,
            format!("eyJ{}.eyJ{}.{}", a(20), a(400), a(43)),
        ),
        (
            Rule::JsonWebToken,
            format!("eyJ{}.eyJ{}.{}", a(20), a(4000), a(43)),
        ),
    ]
}

#[test]
fn each_shape_is_found_alone_and_in_company() {
    for (rule, text) in samples() {
        for text in [
            text.clone(),
            format!("key={text}\n"),
            format!("\0\0{text}"),
            format!("\"{text}\","),
        ] {
            assert!(whole(text.as_bytes()).contains(&rule), "{text}");
        }
    }
}

#[test]
fn what_only_looks_alike_is_not_found() {
    let token = "a".repeat(36);
    for text in [
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----",
        "BEGIN PRIVATE KEY",
        "AKIA",
        "AKIAABCDABCDABCDABC",
        "AKIAABCDABCDABCDABCDA",
        "xAKIAABCDABCDABCDABCD",
        "AKIAabcdabcdabcdabcd",
        "ghp_short",
        "sk-ant-",
        "sk-learn",
        "task-projection-of-something-long-enough",
        "eyJhbGciOiJIUzI1NiJ9",
        "eyJhbGciOiJIUzI1NiJ9.abc.def",
        "\"private_key_id\": \"short\"",
        "https://hooks.slack.com/xoxb-",
        "",
    ] {
        assert!(whole(text.as_bytes()).is_empty(), "{text}");
    }
    assert!(whole(format!("highp_{token}").as_bytes()).is_empty());
}

#[test]
fn every_border_of_blocks_gives_the_same() {
    for (rule, text) in samples() {
        let text = format!("{}{text} and more {}", ".".repeat(50), "x y ".repeat(800));
        let bytes = text.as_bytes();
        for at in 0..120.min(bytes.len()) {
            let mut scan = Scan::default();
            scan.block(&bytes[..at]);
            scan.block(&bytes[at..]);
            assert_eq!(
                scan.end().into_iter().collect::<Vec<_>>(),
                [rule],
                "{at}: {text:.80}"
            );
        }
        let mut scan = Scan::default();
        bytes.iter().for_each(|byte| scan.block(&[*byte]));
        assert!(scan.end().contains(&rule), "by single bytes: {text:.80}");
    }
}

/// What stands before a border still counts.
#[test]
fn the_inside_of_a_word_is_none_at_any_border() {
    let text = format!(
        "x{}ghp_{}{}",
        "y".repeat(10),
        "a".repeat(36),
        " ".repeat(3000)
    );
    for size in [1, 2, 3, 7, 1000] {
        let mut scan = Scan::default();
        text.as_bytes()
            .chunks(size)
            .for_each(|block| scan.block(block));
        assert!(scan.end().is_empty(), "blocks of {size}");
    }
}

proptest! {
    #[test]
    fn borders_do_not_matter(
        parts in prop::collection::vec((0_usize..23, "[ \n.a-]{0,40}"), 0..6),
        cuts in prop::collection::vec(1_usize..3000, 1..20),
    ) {
        let samples = samples();
        let mut text = String::new();
        for (sample, between) in parts {
            text.push_str(between.as_str());
            text.push_str(&samples[sample].1);
        }
        let (mut scan, mut rest) = (Scan::default(), text.as_bytes());
        for cut in cuts.iter().cycle().take(5000) {
            let (block, left) = rest.split_at((*cut).min(rest.len()));
            scan.block(block);
            rest = left;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(scan.end(), whole(text.as_bytes()));
    }
}

/// Text that starts a shape at every few bytes must not cost its length each time.
#[test]
fn hostile_text_costs_no_more_than_its_length() {
    for unit in [
        "eyJ-",
        "eyJa.",
        "sk-ant-",
        "-----BEGIN ",
        "\"private_key_id\"",
        "xoxb-",
        "AKIA",
        "eyJaaaaaaaaaa.eyJ",
    ] {
        let text = unit.repeat((1 << 20) / unit.len());
        let start = std::time::Instant::now();
        drop(whole(text.as_bytes()));
        assert!(
            start.elapsed().as_secs() < 20,
            "{unit}: {:?}",
            start.elapsed()
        );
    }
}

/// At every place around the border of the blocks by which files are read.
#[test]
fn a_secret_across_a_block_of_a_file_refuses_the_archive() {
    let secret = format!("ghp_{}", "q".repeat(36));
    for at in [
        65_536 - 41,
        65_536 - 40,
        65_536 - 20,
        65_536 - 1,
        65_536,
        131_072 - 3,
    ] {
        let bench = Bench::new();
        let mut content = vec![b' '; at];
        content.extend_from_slice(secret.as_bytes());
        bench.file("a/file", &content);
        bench.file("clean", "");
        let manifest = bench
            .pack_by(&contract(&[upload(&[], 1 << 30)]), Way::Openat2, Caps::RUN)
            .unwrap();
        assert_eq!(refused(&manifest, 0), Some(Rule::SecretInside), "{at}");
        assert_eq!(findings(&manifest, 0)[0], (Rule::GithubToken, "a/file"));
        for (name, bytes) in bench.packed() {
            assert_eq!(name, "manifest.json", "nothing else is left");
            assert!(!String::from_utf8(bytes).unwrap().contains("qqqq"));
        }
    }
    assert!(whole(CANARY.as_bytes()).is_empty());
}
