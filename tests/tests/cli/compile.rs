//! Objects on standard output and in folders.

use pure_agent_tests::command::Folder;
use pure_agent_tests::readers;

/// A workspace of two specs.
fn two(name: &str) -> Folder {
    let folder = Folder::base(name);
    folder.edit("pure-agent.kdl", "specs \"run.kdl\"", "specs \"*run.kdl\"");
    let second = folder
        .read("run.kdl")
        .replace("run \"hello\"", "run \"other\"");
    folder.write("second-run.kdl", second);
    folder
}

#[test]
fn the_stream_holds_each_object_once() {
    let ended = two("stream").run(&["compile"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let documents: Vec<serde_json::Value> = ended
        .out
        .split("\n---\n")
        .map(|d| readers::rust(d).unwrap())
        .collect();
    let mut names: Vec<String> = documents
        .iter()
        .map(|d| {
            format!(
                "{} {} {}",
                d["kind"], d["metadata"]["namespace"], d["metadata"]["name"]
            )
        })
        .collect();
    assert!(
        names
            .iter()
            .any(|n| n.contains("WorkflowTemplate") && n.contains("other"))
    );
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(
        ended.err.contains("model-keys   ANTHROPIC_API_KEY")
            || ended.err.contains("model-keys  ANTHROPIC_API_KEY"),
        "{}",
        ended.err
    );
}

#[test]
fn json_is_the_same_objects_as_a_list() {
    let folder = two("list");
    let list: serde_json::Value =
        serde_json::from_str(&folder.run(&["compile", "--format", "json"]).out).unwrap();
    let stream = folder.run(&["compile"]).out;
    let documents: Vec<serde_json::Value> = stream
        .split("\n---\n")
        .map(|d| readers::rust(d).unwrap())
        .collect();
    assert_eq!(list["kind"], "List");
    assert_eq!(list["items"], serde_json::Value::Array(documents));
}

#[test]
fn files_have_a_layout_that_a_second_spec_does_not_move() {
    let folder = Folder::base("layout");
    assert_eq!(folder.run(&["compile", "-o", "out"]).code, Some(0));
    let one = folder.files("out");
    assert!(one.contains_key("hello/bundle.json"), "{:?}", one.keys());
    assert!(one.keys().any(|p| p.starts_with("hello/platform/")));
    assert!(one.keys().any(|p| p.starts_with("hello/spec/")));
    folder.edit("pure-agent.kdl", "specs \"run.kdl\"", "specs \"*run.kdl\"");
    let second = folder
        .read("run.kdl")
        .replace("run \"hello\"", "run \"other\"");
    folder.write("second-run.kdl", second);
    let ended = folder.run(&["compile", "-o", "out"]);
    assert!(
        ended
            .err
            .contains(&format!("{} unchanged, 0 removed", one.len())),
        "{}",
        ended.err
    );
    let both = folder.files("out");
    assert!(
        one.iter()
            .all(|(path, bytes)| both.get(path) == Some(bytes))
    );
    assert!(both.contains_key("other/bundle.json"));
    // One spec of the two leaves the other's files alone.
    assert_eq!(
        folder.run(&["compile", "run.kdl", "-o", "out"]).code,
        Some(0)
    );
    assert_eq!(folder.files("out"), both);
    // Without the spec, its files go.
    std::fs::remove_file(folder.path.join("second-run.kdl")).unwrap();
    assert_eq!(
        folder.run(&["compile", "-o", "out", "--check"]).code,
        Some(1)
    );
    assert_eq!(folder.run(&["compile", "-o", "out"]).code, Some(0));
    assert_eq!(folder.files("out"), one);
}

#[test]
fn errors_leave_existing_output_untouched() {
    let folder = two("untouched");
    assert_eq!(folder.run(&["compile", "-o", "out"]).code, Some(0));
    let before = folder.files("out");
    folder.edit("run.kdl", "turns 50", "turns 40");
    folder.edit("second-run.kdl", "depth 3", "dpeth 3");
    assert_eq!(folder.run(&["compile", "-o", "out"]).code, Some(1));
    assert_eq!(folder.files("out"), before);
    folder.edit("second-run.kdl", "dpeth 3", "depth 3");
    folder.write("out/hello/spec/role-mine.yaml", "mine");
    folder.write("precious/notes.md", "mine");
    assert_eq!(folder.run(&["compile", "-o", "precious"]).code, Some(2));
    assert_eq!(folder.files("precious").len(), 1);
}

#[test]
fn drift_is_named() {
    let folder = two("drift");
    assert_eq!(
        folder.run(&["compile", "-o", "out", "--check"]).code,
        Some(1),
        "nothing is there"
    );
    assert!(!folder.path.join("out").exists(), "a check writes nothing");
    assert_eq!(folder.run(&["compile", "-o", "out"]).code, Some(0));
    let fine = folder.run(&["compile", "-o", "out", "--check"]);
    assert_eq!(
        (fine.code, fine.out.as_str()),
        (Some(0), ""),
        "{}",
        fine.err
    );
    folder.edit("run.kdl", "turns 50", "turns 40");
    let ended = folder.run(&["compile", "-o", "out", "--check"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.err.contains("PA0901 error: `out/hello/"),
        "{}",
        ended.err
    );
    assert!(!ended.err.contains("out/other/"), "{}", ended.err);
    folder.edit("run.kdl", "turns 40", "turns 50");
    folder.write("out/other/spec/extra.yaml", "kind: Pod\n");
    std::fs::remove_file(folder.path.join("out/hello/bundle.json")).unwrap();
    let ended = folder.run(&["compile", "-o", "out", "--check"]);
    assert!(
        ended
            .err
            .contains("`out/other/spec/extra.yaml` is not part of the bundle"),
        "{}",
        ended.err
    );
    assert!(
        ended.err.contains("`out/hello/bundle.json` is missing"),
        "{}",
        ended.err
    );
}

#[cfg(unix)]
#[test]
fn a_link_in_the_output_is_drift_and_never_followed() {
    let folder = Folder::base("link");
    assert_eq!(folder.run(&["compile", "-o", "out"]).code, Some(0));
    let (name, bytes) = folder.files("out/hello/spec").pop_first().unwrap();
    folder.write("elsewhere.yaml", &bytes);
    let path = folder.path.join("out/hello/spec").join(name);
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(folder.path.join("elsewhere.yaml"), &path).unwrap();
    assert_eq!(
        folder.run(&["compile", "-o", "out", "--check"]).code,
        Some(1)
    );
    folder.edit("run.kdl", "turns 50", "turns 40");
    drop(folder.run(&["compile", "-o", "out"]));
    assert_eq!(folder.read("elsewhere.yaml").as_bytes(), bytes);
}

#[test]
fn the_folder_and_the_line_ends_of_the_sources_change_no_byte() {
    let (a, b) = (Folder::base("bytes-a"), Folder::base("bytes-b"));
    for (path, bytes) in pure_agent_tests::sources::base() {
        b.write(
            &path,
            String::from_utf8(bytes).unwrap().replace('\n', "\r\n"),
        );
    }
    let first = a.run(&["compile", "-o", "out"]);
    let mut command = b.command(&["compile", "-o", "out"]);
    command.envs([("TZ", "Asia/Seoul"), ("LC_ALL", "tr_TR.UTF-8")]);
    assert!(command.status().unwrap().success() && first.code == Some(0));
    assert_eq!(a.files("out"), b.files("out"));
    assert!(a.files("out").len() > 10);
}

#[test]
fn two_specs_of_one_run_are_not_compiled_together() {
    let folder = two("twice");
    folder.edit("second-run.kdl", "run \"other\"", "run \"hello\"");
    let ended = folder.run(&["compile", "-o", "out"]);
    assert_ne!(ended.code, Some(0));
    assert!(
        ended.err.contains("`hello`") && !folder.path.join("out").exists(),
        "{}",
        ended.err
    );
}

#[test]
fn a_plan_is_printed_as_text_and_as_json() {
    let folder = Folder::base("plan");
    let text = folder.run(&["plan"]);
    assert_eq!(text.code, Some(0), "{}", text.err);
    assert!(text.out.contains("WORST CASE"), "{}", text.out);
    let json: serde_json::Value =
        serde_json::from_str(&folder.run(&["plan", "run.kdl", "--format", "json"]).out).unwrap();
    assert_eq!(
        (json["schema"].as_u64(), json["name"].as_str()),
        (Some(1), Some("hello"))
    );
}
