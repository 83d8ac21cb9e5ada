//! What the command says about itself: explanations, reference, schema, completion, man pages.

use pure_agent::nodes::{Document, walk};
use pure_agent::schema::{rendering, schema};
use pure_agent::span::SourceId;
use pure_agent::syntax::parse;
use pure_agent_tests::command::Folder;
use pure_agent_tests::golden;
use pure_agent_tests::sources::{folder, repository};
use serde_json::Value;

#[test]
fn explanations_are_found_by_code_path_and_name() {
    let folder = Folder::new("explain");
    for (what, part) in [
        ("PA0201", "# PA0201: unknown node"),
        ("pa0201", "# PA0201: unknown node"),
        ("agent/egress/http", "in a run spec"),
        ("policy/egress/http", "in a policy file"),
        ("waive", "policy/waive"),
        ("patterns", "`**` matches any number of whole segments"),
    ] {
        let ended = folder.run(&["explain", what]);
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{what}");
        assert!(ended.out.contains(part), "{what}: {}", ended.out);
    }
    let near = folder.run(&["explain", "agnet"]);
    assert_eq!(near.code, Some(2));
    assert!(near.err.contains("did you mean `agent`?"), "{}", near.err);
    let list = folder.run(&["explain"]).out;
    assert!(list.contains("PA0902") && list.contains("agent/egress/http"));
}

#[test]
fn the_reference_is_what_the_table_says() {
    let text = pure_agent::reference::markdown();
    golden::file(&repository().join("compiler/REFERENCE.md"), text.as_bytes()).unwrap();
    for (_, path, def) in walk() {
        assert!(
            text.contains(&format!("### `{path}`")) && text.contains(def.example),
            "{path}"
        );
    }
}

fn validator(document: Document) -> jsonschema::Validator {
    let schema = schema(document);
    assert!(jsonschema::meta::is_valid(&schema), "{}", document.word());
    jsonschema::validator_for(&schema).unwrap()
}

fn json(text: &str) -> Value {
    let (nodes, findings) = parse(text, SourceId(0));
    assert!(findings.is_empty(), "{text}");
    rendering(&nodes)
}

#[test]
fn every_source_that_we_ship_fits_the_schema() {
    let validators: Vec<_> = Document::ALL
        .into_iter()
        .map(|d| (d, validator(d)))
        .collect();
    let mut seen = 0;
    for place in ["examples", "policies", "golden/pages/base"] {
        for (name, bytes) in folder(&repository().join(place)) {
            if !name.ends_with(".kdl") {
                continue;
            }
            let text = String::from_utf8(bytes).unwrap();
            let (nodes, _) = parse(&text, SourceId(0));
            let kind = pure_agent::shape::document_of(&nodes).unwrap();
            let (_, validator) = validators.iter().find(|(d, _)| *d == kind).unwrap();
            let wrong: Vec<String> = validator
                .iter_errors(&rendering(&nodes))
                .map(|e| e.to_string())
                .collect();
            assert_eq!(wrong, [""; 0], "{place}/{name}");
            seen += 1;
        }
    }
    assert!(seen > 10);
}

#[test]
fn a_broken_document_does_not_fit() {
    let spec = validator(Document::Spec);
    let base =
        String::from_utf8(pure_agent_tests::sources::base().remove("run.kdl").unwrap()).unwrap();
    assert!(spec.is_valid(&json(&base)));
    for (from, to) in [
        ("depth 3", "dpeth 3"),
        ("depth 3", "depth \"3\""),
        ("depth 3", "depth 51"),
        ("depth 3", "depth 3 4"),
        ("depth 3", "depth"),
        ("depth 3", "depth 3\n        depth 3"),
        ("deadline \"1h\"", ""),
        ("deadline \"1h\"", "deadline \"1 hour\""),
        ("version 1", "version 2"),
        ("version 1", ""),
        ("key=\"ANTHROPIC_API_KEY\"", ""),
        ("key=", "kye="),
        ("provider \"anthropic\"", "provider \"anthropc\""),
        ("    harness \"claude-code\"\n", ""),
        ("run \"hello\"", "run \"Hello\""),
        ("agent \"writer\" {", "agent \"writer\" mode=\"x\" {"),
    ] {
        assert!(base.contains(from), "{from}");
        let broken = base.replacen(from, to, 1);
        assert!(!spec.is_valid(&json(&broken)), "{from} -> {to}");
    }
    assert!(!validator(Document::Policy).is_valid(&json(&base)));
}

#[test]
fn the_schema_is_printed() {
    let folder = Folder::new("schema");
    for document in ["spec", "policy", "target", "workspace"] {
        let ended = folder.run(&["explain", "--schema", document]);
        let schema: Value = serde_json::from_str(&ended.out).unwrap();
        assert!(schema["title"].as_str().unwrap().starts_with("pure-agent "));
    }
}

#[test]
fn shells_complete_every_command_and_man_pages_name_their_options() {
    let folder = Folder::new("completion");
    let commands = [
        "init",
        "check",
        "compile",
        "plan",
        "explain",
        "fmt",
        "completion",
        "man",
    ];
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = folder.run(&["completion", shell]);
        assert_eq!(ended.code, Some(0));
        assert!(commands.iter().all(|c| ended.out.contains(c)), "{shell}");
        assert!(ended.out.contains("deny-warnings"), "{shell}");
    }
    let page = folder.run(&["man"]).out;
    assert!(
        page.contains(".TH") && commands.iter().all(|c| page.contains(c)),
        "{page}"
    );
    let check = folder.run(&["man", "check"]).out;
    assert!(
        check.contains(".TH") && check.contains("deny") && check.contains("sarif"),
        "{check}"
    );
    assert_eq!(folder.run(&["man", "nothing"]).code, Some(2));
}
