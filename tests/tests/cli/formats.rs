//! Every format before the rules of whoever reads it.

use pure_agent_tests::command::Folder;
use pure_agent_tests::sources::repository;
use serde_json::Value;
use std::collections::BTreeSet;

/// A workspace with a mistake of each kind that formats treat differently: with a fix, with a second
/// place, on a line with wide characters, twice the same, waived, without a place.
fn folder(name: &str) -> Folder {
    let folder = Folder::base(name);
    folder.edit("run.kdl", "depth 3", "dpeth 3");
    folder.edit(
        "run.kdl",
        "turns 50",
        "turns 500; // 日本 é\n        tokns 1",
    );
    folder.edit(
        "run.kdl",
        "version 1\n",
        "version 1\n\nsecret \"idle\" {\n    from \"idle\" key=\"KEY\"\n}\n\n/* 日本 */ frobnicate; frobnicate\n",
    );
    let policy = folder.read("policy.kdl");
    let waiver = "    waive \"PA0801\" {\n        reason \"kept for later\"\n        until \"9999-12-31\"\n    }\n}\n";
    folder.write(
        "policy.kdl",
        format!("{}{waiver}", policy.trim_end().trim_end_matches('}')),
    );
    folder
}

fn render(folder: &Folder, format: &str) -> String {
    let ended = folder.run(&["check", "--format", format]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    ended.out
}

fn valid(schema: &str, document: &Value) -> Vec<String> {
    let text = std::fs::read_to_string(repository().join("tests/schemas").join(schema)).unwrap();
    // A `]` on its own is a character in JavaScript's patterns, for which the schema was written.
    let text = text.replace("{2}]?$", "{2}\\\\]?$");
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator
        .iter_errors(document)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect()
}

#[test]
fn short_lines_are_what_editors_match() {
    let text = render(&folder("short"), "short");
    let line =
        regex::Regex::new(r"^[^:]+:[0-9]+:[0-9]+: (error|warning): .+ \[PA[0-9]{4}\]$").unwrap();
    assert!(
        text.lines().count() >= 4 && text.lines().all(|l| line.is_match(l)),
        "{text}"
    );
    // Columns count characters.
    assert!(
        text.contains("run.kdl:7:10: error: unknown node `frobnicate`"),
        "{text}"
    );
    assert!(
        !text.contains("idle"),
        "a waived finding is no line: {text}"
    );
}

#[test]
fn sarif_is_valid_and_holds_what_services_use() {
    let folder = folder("sarif");
    let log: Value = serde_json::from_str(&render(&folder, "sarif")).unwrap();
    assert_eq!(valid("sarif-2.1.0.json", &log), [""; 0]);
    let run = &log["runs"][0];
    let rules: Vec<&str> = run["tool"]["driver"]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|r| r["id"].as_str())
        .collect();
    let results = run["results"].as_array().unwrap();
    let mut prints = BTreeSet::new();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"].as_str(), rules.get(index).copied());
        let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert!(!uri.as_str().unwrap().starts_with('/'));
        assert!(prints.insert(result["partialFingerprints"]["pureAgent/v1"].to_string()));
    }
    assert!(results.iter().any(
        |r| r["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"]
            == "depth"
    ));
    assert!(
        results
            .iter()
            .any(|r| r["suppressions"][0]["justification"] == "kept for later")
    );
    let help = &run["tool"]["driver"]["rules"][0]["help"]["markdown"];
    assert!(help.as_str().unwrap().starts_with("# PA"));
    let typo = results.iter().find(|r| {
        r["message"]["text"]
            .as_str()
            .unwrap()
            .contains("frobnicate")
    });
    assert_eq!(
        typo.unwrap()["locations"][0]["physicalLocation"]["region"]["startColumn"],
        10
    );
}

#[test]
fn sarif_without_findings_is_valid_too() {
    let ended = Folder::base("sarif-empty").run(&["check", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(valid("sarif-2.1.0.json", &log), [""; 0]);
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn the_schemas_refuse_what_is_wrong() {
    let wrong = serde_json::json!({ "version": "2.1.0", "runs": [{ "results": [] }] });
    assert_ne!(valid("sarif-2.1.0.json", &wrong), [""; 0]);
    let wrong = serde_json::json!([{ "description": "x", "check_name": "PA0201", "fingerprint": "short",
        "severity": "error", "location": { "path": "/etc/x" } }]);
    assert!(valid("gitlab-code-quality.json", &wrong).len() >= 3);
}

#[test]
fn gitlab_gets_its_subset_and_no_waived_finding() {
    let report: Value = serde_json::from_str(&render(&folder("gitlab"), "gitlab")).unwrap();
    assert_eq!(valid("gitlab-code-quality.json", &report), [""; 0]);
    let list = report.as_array().unwrap();
    let prints: BTreeSet<&str> = list
        .iter()
        .filter_map(|e| e["fingerprint"].as_str())
        .collect();
    assert_eq!(
        prints.len(),
        list.len(),
        "repeats have fingerprints of their own"
    );
    assert!(
        list.iter()
            .all(|e| !e["description"].as_str().unwrap().contains("idle"))
    );
    let none = Folder::base("gitlab-empty").run(&["check", "--format", "gitlab"]);
    assert_eq!(none.out, "[]\n");
}

#[test]
fn fingerprints_stay_when_lines_move() {
    let folder = folder("fingerprints");
    let prints = || -> Vec<String> {
        let report: Value = serde_json::from_str(&render(&folder, "gitlab")).unwrap();
        report
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["fingerprint"].to_string())
            .collect()
    };
    let before = prints();
    folder.edit("run.kdl", "version 1\n", "version 1\n\n// one\n// more\n\n");
    assert_eq!(prints(), before);
    folder.edit("run.kdl", "dpeth", "deepth");
    assert_ne!(prints(), before);
}

#[test]
fn json_lines_end_with_a_summary() {
    let folder = folder("json");
    let text = render(&folder, "json");
    let lines: Vec<Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert!(
        lines
            .iter()
            .all(|l| l["schema"] == "pure-agent.dev/findings/v1")
    );
    let (last, findings) = lines.split_last().unwrap();
    assert_eq!(last["kind"], "summary");
    let open = |word: &str| {
        findings
            .iter()
            .filter(|f| f["severity"] == word && f["waived"].is_null())
            .count()
    };
    assert_eq!(last["errors"], open("error"));
    assert_eq!(last["warnings"], open("warning"));
    assert_eq!(last["waived"], 1);
    assert_eq!(last["specs"], 1);
    assert!(
        findings
            .iter()
            .any(|f| f["related"][0]["place"]["path"] == "policy.kdl")
    );
    let digest = last["digest"].as_str().unwrap().to_owned();
    assert_eq!(digest.len(), 64);
    folder.edit("run.kdl", "\"1Gi\"", "\"2Gi\"");
    assert!(!render(&folder, "json").contains(&digest));
}

#[test]
fn github_annotations_are_one_line_each_with_a_place() {
    let text = render(&folder("github"), "github");
    let line = regex::Regex::new(
        r"^::(error|warning) title=PA[0-9]{4} [^:,]+,file=[^:,]+,line=[0-9]+,endLine=[0-9]+(,col=[0-9]+,endColumn=[0-9]+)?::.+$",
    )
    .unwrap();
    assert!(
        text.lines().count() >= 4 && text.lines().all(|l| line.is_match(l)),
        "{text}"
    );
}

#[test]
fn services_get_paths_from_the_root_of_the_repository() {
    let folder = Folder::new("repository");
    for (path, bytes) in pure_agent_tests::sources::base() {
        folder.write(&format!("deep/er/{path}"), bytes);
    }
    folder.edit("deep/er/run.kdl", "depth 3", "dpeth 3");
    for (format, path) in [
        ("github", "file=deep/er/run.kdl,"),
        ("gitlab", "\"deep/er/run.kdl\""),
        ("sarif", "\"deep/er/run.kdl\""),
        ("json", "\"deep/er/run.kdl\""),
        ("short", "run.kdl:22:9:"),
    ] {
        let mut command = folder.command(&["check", "--format", format]);
        let out = command
            .current_dir(folder.path.join("deep/er"))
            .output()
            .unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        assert!(text.contains(path), "{format}: {text}");
    }
}
