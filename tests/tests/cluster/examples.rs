//! Every example, on the cluster's own target: the API server accepts each object with strict field
//! validation, and Argo's linter each template.

use pure_agent::compile::{self, Options};
use pure_agent::load::{Extra, Loader};
use pure_agent_tests::cluster::kubectl::{reachable, sure};
use pure_agent_tests::sources::{EXAMPLES, extended, folder, memory, repository};
use std::process::Command;

/// A namespace of this test's own; only itself and nothing in it is really made.
const NAMESPACE: &str = "pure-agent-examples";

/// The objects of an example, one YAML text each.
fn objects(name: &str) -> Vec<(String, String)> {
    let target = std::fs::read_to_string(repository().join("policies/targets/test.kdl")).unwrap();
    let target = target.replace("\"pure-agent\"", &format!("\"{NAMESPACE}\""));
    let target = extended(&target, name);
    let extra = Extra {
        target_file: Some(("test.kdl".to_owned(), target.into_bytes())),
        ..Extra::default()
    };
    let world = memory(&folder(&repository().join("examples").join(name)));
    let mut loader = Loader::open(&world, extra);
    let paths = loader.spec_paths();
    let checked = compile::check_all(&mut loader, &paths, Options::default());
    assert!(!loader.findings.has_errors(), "{name} has errors");
    let compiled = checked.units.iter();
    let files = compiled.flat_map(|unit| {
        let bundle = compile::compile(unit, &loader.sources).unwrap();
        bundle.files()
    });
    let text = |(file, bytes): (String, Vec<u8>)| (file, String::from_utf8(bytes).unwrap());
    files
        .filter(|(file, _)| file.ends_with(".yaml"))
        .map(text)
        .collect()
}

#[test]
fn the_api_server_accepts_every_object_of_every_example() {
    if !reachable() {
        return;
    }
    let mut accepted = 0;
    for name in EXAMPLES {
        // Objects of a namespace can only be tried where it is: the namespace of the tests' target.
        let all = objects(name);
        for (file, text) in all.iter().filter(|(file, _)| file.contains("namespace-")) {
            assert!(file.starts_with("platform/"), "{file}");
            let _made = sure("apply --server-side --validate=strict -f -", text);
        }
        // What is looked after is in somebody else's namespace: it is tried in the one that there is.
        let here = format!("\n  namespace: {NAMESPACE}\n");
        let texts: Vec<String> = all
            .iter()
            .map(|(_, text)| text.replace("\n  namespace: shop\n", &here))
            .collect();
        let said = sure(
            "apply --server-side --dry-run=server --validate=strict -f -",
            &texts.join("\n---\n"),
        );
        let lines = said.matches("serverside-applied").count();
        assert_eq!(lines, all.len(), "{name}: {said}");
        accepted += lines;
    }
    let _gone = sure(&format!("delete namespace {NAMESPACE} --wait=false"), "");
    assert!(accepted > 100, "only {accepted} objects");
}

#[test]
fn argo_s_linter_has_nothing_to_say_of_any_example() {
    if !reachable() {
        return;
    }
    let scratch = std::env::temp_dir().join(format!("pure-agent-lint-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).unwrap();
    // One after the other: two of them may have specs of one name.
    for name in EXAMPLES {
        let mut files = Vec::new();
        for (file, text) in objects(name) {
            if file.starts_with("spec/workflowtemplate-") || file.starts_with("spec/cronworkflow-")
            {
                let path = scratch.join(format!("{name}-{}", file.replace('/', "-")));
                std::fs::write(&path, text).unwrap();
                files.push(path);
            }
        }
        assert!(!files.is_empty(), "{name} has a template for each spec");
        let lint = Command::new("argo-lint").args(&files).output();
        let Ok(said) = lint else {
            pure_agent_tests::readers::skipped("argo-lint is not installed");
            break;
        };
        let text = String::from_utf8_lossy(&said.stdout) + String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "{name}: {text}");
    }
    std::fs::remove_dir_all(&scratch).unwrap();
}
