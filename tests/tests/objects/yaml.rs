//! YAML as every reader takes it.

use crate::strings;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use pure_agent::value::{Map, Value};
use pure_agent::{list, object, yaml};
use pure_agent_tests::readers::{self, Reader};
use std::time::Instant;

/// One object that holds every string as a value at several depths and as a key.
fn holder(texts: &[String]) -> Value {
    let text = |n: usize| Value::from(texts[n].clone());
    let numbered = |n: usize| format!("k{n}");
    let all = 0..texts.len();
    let values: Map = all.clone().map(|n| (numbered(n), text(n))).collect();
    let keys: Map = texts
        .iter()
        .map(|t| (t.clone(), list![object! { "in" => 1 }]))
        .collect();
    let maps: Map = texts
        .iter()
        .map(|t| (t.clone(), object! { t.clone() => t.clone() }))
        .collect();
    let deep: Vec<Value> = all
        .map(|n| {
            list![
                text(n),
                list![text(n), object! { "a" => text(n), "b" => 1 }]
            ]
        })
        .collect();
    object! {
        "apiVersion" => "v1",
        "kind" => "ConfigMap",
        "metadata" => object! { "name" => "all", "labels" => object! { "a" => "b" } },
        "data" => values,
        "keys" => keys,
        "maps" => maps,
        "deep" => deep,
    }
}

fn check(reader: &Reader, texts: &[String]) {
    let value = holder(texts);
    let expected = serde_json::to_value(&value).unwrap();
    let (name, read) = reader;
    if read(&yaml::document(&value)).as_ref() == Ok(&expected) {
        return;
    }
    if let [text] = texts {
        let yaml = yaml::document(&value);
        panic!(
            "{name} reads {text:?} in another way:\n{yaml}\n{:#?}",
            read(&yaml)
        );
    }
    let (a, b) = texts.split_at(texts.len() / 2);
    check(reader, a);
    check(reader, b);
    panic!("{name} reads each half as it is, but not all: {texts:?}");
}

#[test]
fn hand_picked_strings_read_back_in_every_reader() {
    let texts = strings::nasty();
    assert!(texts.len() >= 400, "{}", texts.len());
    for reader in readers::installed() {
        check(&reader, &texts);
    }
}

/// `PURE_AGENT_YAML_STRINGS` says how many random strings; they come in batches of 500.
#[test]
fn random_strings_read_back_in_every_reader() {
    let wanted = std::env::var("PURE_AGENT_YAML_STRINGS").map_or(6_000, |n| n.parse().unwrap());
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let readers = readers::installed();
    for _ in 0..usize::div_ceil(wanted, 500) {
        let texts: Vec<String> = (0..500)
            .map(|_| strings::any().new_tree(&mut runner).unwrap().current())
            .collect();
        for reader in &readers {
            check(reader, &texts);
        }
    }
}

#[test]
fn a_stream_reads_back_as_its_documents() {
    let values: Vec<Value> = strings::nasty()
        .iter()
        .map(|t| holder(std::slice::from_ref(t)))
        .collect();
    let yaml = yaml::stream(&values);
    let options = {
        let mut options = serde_saphyr::Options::default();
        options.budget = None;
        options
    };
    let back: Vec<serde_json::Value> =
        serde_saphyr::from_multiple_with_options(&yaml, options).unwrap();
    let expected: Vec<_> = values
        .iter()
        .map(|v| serde_json::to_value(v).unwrap())
        .collect();
    assert_eq!(back, expected);
}

#[test]
fn a_block_within_a_block_reads_back() {
    let inner =
        object! { "spec" => object! { "script" => "a\n  b: |\n    c\n", "x" => list!["1"] } };
    let text = yaml::document(&inner);
    let outer = object! {
        "apiVersion" => "v1",
        "kind" => "ConfigMap",
        "metadata" => object! { "labels" => object! { "a" => "b" }, "name" => "a" },
        "templates" => list![object! { "resource" => object! { "manifest" => text.clone() } }],
    };
    let yaml = yaml::document(&outer);
    assert!(
        yaml.contains("    manifest: |\n      spec:\n        script: |\n          a\n"),
        "{yaml}"
    );
    for (name, read) in readers::installed() {
        let back = read(&yaml).unwrap();
        let again = back
            .pointer("/templates/0/resource/manifest")
            .and_then(|m| m.as_str());
        assert_eq!(again, Some(text.as_str()), "{name}");
    }
    assert_eq!(
        readers::rust(&text).unwrap(),
        serde_json::to_value(&inner).unwrap()
    );
}

/// Prints a figure for the bench; the bound is far below it, so that a slow debug build passes.
#[test]
fn writing_is_fast() {
    let line = "- name: PATH\n  value: \"/usr/bin:/bin\"\n".repeat(1_000);
    let words: Vec<Value> = (0..1_000)
        .map(|n| Value::from(format!("word-{n} and more")))
        .collect();
    let value =
        object! { "text" => line, "words" => words, "quoted" => "\"x\" {y} ".repeat(4_000) };
    let mut bytes = 0;
    let start = Instant::now();
    while start.elapsed().as_millis() < 200 {
        bytes += yaml::document(&value).len();
    }
    let rate = bytes as f64 / start.elapsed().as_secs_f64() / 1e6;
    println!("yaml: {rate:.0} MB/s");
    assert!(rate > 1.0, "{rate}");
}

#[test]
fn the_readers_do_tell_types_apart() {
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {a: b}}\n";
    for (name, read) in readers::installed() {
        let back = read(&format!("{head}x: [true, \"true\", 1, \"1\"]\n")).unwrap();
        assert_eq!(
            back["x"],
            serde_json::json!([true, "true", 1, "1"]),
            "{name}"
        );
        assert!(read("a: [").is_err(), "{name}");
    }
    for (name, read) in readers::installed()
        .into_iter()
        .filter(|(name, _)| *name != "serde-saphyr")
    {
        let back = read(&format!("{head}x: no\n")).unwrap();
        assert_eq!(back["x"], false, "{name} is expected to read YAML 1.1");
    }
}
