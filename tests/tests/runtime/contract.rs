//! Contracts: what the compiler writes, the runtime reads; and it reads nothing else.

use crate::emitted::{contract, specs};
use pure_agent_runtime::digest::sha256;
use pure_agent_runtime::open::{Refused, contract as open, parse};
use pure_agent_tests::golden;
use pure_agent_tests::program::Scratch;
use pure_agent_tests::sources::{EXAMPLES, repository};
use serde_json::Value;
use std::collections::BTreeMap;

#[test]
fn the_contract_of_every_example_is_the_golden_one() {
    let folder = repository().join("golden/contract");
    let mut files = BTreeMap::new();
    for example in EXAMPLES {
        for (case, text, _) in specs(example) {
            let value: Value = serde_json::from_str(&text).unwrap();
            let text = serde_json::to_string_pretty(&value).unwrap() + "\n";
            files.insert(format!("{case}.json"), text.into_bytes());
        }
    }
    golden::folder(&folder, &files).unwrap();
}

#[test]
fn the_runtime_reads_every_contract_whole() {
    for (case, text, command) in EXAMPLES.into_iter().flat_map(specs) {
        let scratch = Scratch::new("contract");
        let path = scratch.path().join("contract.json");
        std::fs::write(&path, &text).unwrap();
        let read = open(&path, &sha256(&text)).unwrap_or_else(|e| panic!("{case}: {e}"));
        let again = serde_json::to_vec(&serde_json::to_value(&read).unwrap()).unwrap();
        assert_eq!(String::from_utf8(again).unwrap(), text, "{case}");
        // The digest that the pods are started with is that of the file.
        let at = command.iter().position(|word| word == "--digest").unwrap();
        assert_eq!(command[at + 1], sha256(&text), "{case}");
    }
}

#[test]
fn a_contract_that_was_not_reviewed_is_refused() {
    let text = contract("quickstart");
    let scratch = Scratch::new("contract");
    let path = scratch.path().join("contract.json");
    let good = sha256(&text);
    let missing = open(&path, &good);
    assert!(
        matches!(missing, Err(Refused::Unreadable(_))),
        "{missing:?}"
    );
    for changed in [
        format!("{text} "),
        text.replacen("\"depth\":1", "\"depth\":9", 1),
    ] {
        assert_ne!(changed, text);
        std::fs::write(&path, &changed).unwrap();
        let refused = open(&path, &good);
        assert!(
            matches!(refused, Err(Refused::Digest { .. })),
            "{refused:?}"
        );
    }
    std::fs::write(&path, &text).unwrap();
    for digest in [
        "",
        "0",
        &good.to_uppercase(),
        &good[..63],
        &format!("{good} "),
    ] {
        let refused = open(&path, digest);
        assert!(
            matches!(refused, Err(Refused::Digest { .. })),
            "{digest:?}: {refused:?}"
        );
    }
    std::fs::write(&path, vec![b' '; (1 << 20) + 1]).unwrap();
    assert!(matches!(open(&path, &good), Err(Refused::TooLong)));
}

#[test]
fn a_reviewed_text_that_is_no_contract_is_refused() {
    let text = contract("pure-agent");
    assert!(parse(text.as_bytes()).is_ok());
    let other = text.replacen("\"version\":1", "\"version\":2", 1);
    assert!(matches!(parse(other.as_bytes()), Err(Refused::Version(2))));
    for (what, changed) in [
        ("unknown field", text.replacen('{', "{\"sudo\":true,", 1)),
        (
            "unknown field inside",
            text.replacen("\"limits\":{", "\"limits\":{\"none\":1,", 1),
        ),
        (
            "key twice",
            text.replacen("\"version\":1", "\"version\":1,\"version\":1", 1),
        ),
        ("missing field", text.replacen("\"entry\":", "\"exit\":", 1)),
        ("negative", text.replacen("\"depth\":", "\"depth\":-", 1)),
        ("more after it", format!("{text}{text}")),
        ("not UTF-8", text.replacen("pure-agent", "\u{0}", 1)),
        ("cut", text[..text.len() - 1].to_owned()),
    ] {
        assert_ne!(changed, text, "{what}: nothing was changed");
        let refused = parse(changed.as_bytes());
        assert!(
            matches!(refused, Err(Refused::Malformed(_))),
            "{what}: {refused:?}"
        );
    }
}
