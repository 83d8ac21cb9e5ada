//! What is checked, from which workspace, and how that ends.

use pure_agent_tests::command::Folder;

const TYPO: (&str, &str) = ("depth 3", "dpeth 3");

#[test]
fn exit_codes_are_those_of_the_table() {
    let folder = Folder::base("exit-codes");
    for (args, code) in [
        (&["check"][..], 0),
        (&["check", "run.kdl"], 0),
        (&["check", "."], 0),
        (&["check", "--deny-warnings"], 0),
        (&["--help"], 0),
        (&["check", "--help"], 0),
        (&["--version"], 0),
        (&[], 2),
        (&["chekc"], 2),
        (&["check", "--frobnicate"], 2),
        (&["check", "--format", "xml"], 2),
        (&["check", "missing.kdl"], 2),
        (&["check", "--policy", "missing.kdl"], 2),
        (&["check", "--target", "missing.kdl"], 2),
        (&["check", "-D", "PA9999"], 2),
        (&["check", "--as-of", "yesterday"], 2),
        (&["compile", "--check"], 2),
        (&["explain", "nothing-like-this"], 2),
    ] {
        assert_eq!(folder.run(args).code, Some(code), "{args:?}");
    }
    folder.edit("run.kdl", TYPO.0, TYPO.1);
    for (args, code) in [
        (&["check"][..], 1),
        (&["check", "--format", "short"], 1),
        (&["check", "--format", "sarif"], 1),
        (&["check", "--format", "json", "--exit-zero"], 0),
        (&["check", "--exit-zero"], 0),
        (&["check", "--exit-zero", "missing.kdl"], 2),
        (&["compile"], 1),
        (&["plan"], 1),
    ] {
        assert_eq!(folder.run(args).code, Some(code), "{args:?}");
    }
}

#[test]
fn every_mistake_of_every_file_is_told_in_one_run() {
    let folder = Folder::base("one-run");
    folder.edit("pure-agent.kdl", "specs \"run.kdl\"", "specs \"*run.kdl\"");
    let second = folder.read("run.kdl").replace("\"hello\"", "\"other\"");
    folder.write("second-run.kdl", second.replace("turns 50", "trns 50"));
    folder.edit("run.kdl", TYPO.0, TYPO.1);
    folder.edit("policy.kdl", "turns 200", "turns 200\n        trns 200");
    let text = folder.run(&["check", "--format", "short"]).out;
    let places: Vec<&str> = text
        .lines()
        .filter_map(|l| l.split(": error").next())
        .collect();
    assert_eq!(
        places,
        ["policy.kdl:12:9", "run.kdl:22:9", "second-run.kdl:25:9"],
        "{text}"
    );
}

#[test]
fn standard_input_stands_for_a_file_of_the_workspace() {
    let folder = Folder::base("stdin");
    let broken = folder.read("run.kdl").replace(TYPO.0, TYPO.1);
    let args = ["check", "--format", "short", "-", "--stdin-path", "run.kdl"];
    let ended = folder.feed(&args, broken.as_bytes());
    assert_eq!((ended.code, ended.err.as_str()), (Some(1), ""));
    assert!(
        ended
            .out
            .starts_with("run.kdl:22:9: error: unknown node `dpeth`"),
        "{}",
        ended.out
    );
    let unnamed = folder.feed(&["check", "--format", "short", "-"], broken.as_bytes());
    assert!(
        unnamed.out.starts_with("stdin.kdl:22:9: error"),
        "{}",
        unnamed.out
    );
    assert_eq!(folder.feed(&["check", "-", "-"], b"").code, Some(2));
    let large = vec![b'x'; 11 * 1024 * 1024];
    assert_eq!(folder.feed(&["check", "-"], &large).code, Some(2));
}

#[test]
fn the_workspace_is_found_from_any_folder_in_it() {
    let folder = Folder::base("from-below");
    std::fs::create_dir_all(folder.path.join("deep/er")).unwrap();
    folder.edit("run.kdl", TYPO.0, TYPO.1);
    let mut command = folder.command(&["check", "--format", "short"]);
    let out = command
        .current_dir(folder.path.join("deep/er"))
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.starts_with("../../run.kdl:22:9: error"), "{text}");
}

#[test]
fn a_workspace_file_above_the_repository_is_not_taken() {
    let folder = Folder::base("above");
    std::fs::create_dir_all(folder.path.join("inner/.git")).unwrap();
    let spec = folder.read("run.kdl");
    folder.write("inner/run.kdl", spec);
    let mut command = folder.command(&["check", "--format", "short", "run.kdl"]);
    let out = command
        .current_dir(folder.path.join("inner"))
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    // Without a workspace there is no policy and no target, and so nothing is permitted.
    assert_eq!(out.status.code(), Some(1), "{text}");
    assert!(
        text.contains("[PA0309]") && text.contains("[PA0310]"),
        "{text}"
    );
}

#[test]
fn several_workspaces_are_checked_in_one_run() {
    let folder = Folder::new("several");
    for name in ["a", "b"] {
        for (path, bytes) in pure_agent_tests::sources::base() {
            folder.write(&format!("{name}/{path}"), bytes);
        }
        folder.edit(&format!("{name}/run.kdl"), TYPO.0, TYPO.1);
    }
    let ended = folder.run(&["check", "--format", "short", "b/run.kdl", "a"]);
    let places: Vec<&str> = ended
        .out
        .lines()
        .filter_map(|l| l.split(": error").next())
        .collect();
    assert_eq!(places, ["b/run.kdl:22:9", "a/run.kdl:22:9"]);
    assert_eq!(
        folder.run(&["check"]).code,
        Some(2),
        "the folder itself is no workspace"
    );
}

#[test]
fn folders_name_the_specs_below_them() {
    let folder = Folder::base("folders");
    folder.edit(
        "pure-agent.kdl",
        "specs \"run.kdl\"",
        "specs \"**/*run.kdl\"",
    );
    let spec = folder
        .read("run.kdl")
        .replace("\"hello\"", "\"other\"")
        .replace(TYPO.0, TYPO.1);
    folder.write("team/run.kdl", spec);
    std::fs::create_dir_all(folder.path.join("empty")).unwrap();
    let ended = folder.run(&["check", "team"]);
    assert!(
        ended.err.contains("team/run.kdl:22:9") && ended.err.contains("1 error\n"),
        "{}",
        ended.err
    );
    assert_eq!(folder.run(&["check", "run.kdl"]).code, Some(0));
    let none = folder.run(&["check", "empty"]);
    assert_eq!(none.code, Some(2));
    assert!(
        none.err.contains("no spec of the workspace is in `empty`"),
        "{}",
        none.err
    );
}

#[test]
fn policies_and_targets_are_checked_by_being_named() {
    let folder = Folder::base("by-name");
    assert_eq!(
        folder
            .run(&["check", "policy.kdl", "target.kdl", "pure-agent.kdl"])
            .code,
        Some(0)
    );
    folder.edit("target.kdl", "port 53", "prot 53");
    let ended = folder.run(&["check", "target.kdl"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("`prot`"), "{}", ended.err);
}

#[test]
fn a_policy_of_the_command_line_bounds_every_spec() {
    let folder = Folder::base("extra-policy");
    let other = Folder::new("extra-policy-outside");
    let tight = folder
        .read("policy.kdl")
        .replace("\"base\"", "\"tight\"")
        .replace("turns 200", "turns 10");
    other.write("tight.kdl", tight);
    let path = other.path.join("tight.kdl");
    let ended = folder.run(&["check", "--policy", path.to_str().unwrap()]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    // The file is shown by its name, not by where the machine has it.
    assert!(ended.err.contains("[tight.kdl:"), "{}", ended.err);
    assert!(
        !ended.err.contains(other.path.to_str().unwrap()),
        "{}",
        ended.err
    );
}

#[test]
fn a_policy_that_is_named_again_counts_once() {
    let folder = Folder::base("policy-again");
    folder.edit("run.kdl", "turns 50", "turns 500");
    let once = folder.run(&["check", "--format", "json"]).out;
    assert!(once.contains("\"errors\":1,"), "{once}");
    assert_eq!(
        folder
            .run(&["check", "--format", "json", "--policy", "policy.kdl"])
            .out,
        once
    );
    // Another file of the same name is another policy.
    let other = Folder::new("policy-again-outside");
    other.write(
        "policy.kdl",
        folder.read("policy.kdl").replace("turns 200", "turns 100"),
    );
    let path = other.path.join("policy.kdl");
    let both = folder
        .run(&[
            "check",
            "--format",
            "json",
            "--policy",
            path.to_str().unwrap(),
        ])
        .out;
    assert_ne!(both, once);
}

#[test]
fn a_target_is_named_or_a_file() {
    let folder = Folder::base("targets");
    let other = folder
        .read("target.kdl")
        .replace("target \"test\"", "target \"elsewhere\"");
    folder.write(
        "elsewhere.kdl",
        other.replace("\"pure-agent\"", "\"pure-elsewhere\""),
    );
    assert_eq!(folder.run(&["check", "--target", "test"]).code, Some(0));
    let wrong = folder.run(&["check", "--target", "tset"]);
    assert_eq!(wrong.code, Some(1));
    assert!(
        wrong.err.contains("no target is called `tset`"),
        "{}",
        wrong.err
    );
    let ended = folder.run(&["compile", "--target", "elsewhere.kdl"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.contains("namespace: pure-elsewhere"));
}

#[test]
fn severities_are_configured_and_errors_stay_errors() {
    let folder = Folder::base("levels");
    folder.edit(
        "run.kdl",
        "version 1\n",
        "version 1\n\nsecret \"idle\" {\n    from \"idle\" key=\"KEY\"\n}\n",
    );
    let plain = folder.run(&["check", "--format", "short"]);
    assert_eq!(plain.code, Some(0), "{}", plain.out);
    let code = plain.out.split(['[', ']']).nth(1).unwrap().to_owned();
    assert!(plain.out.contains(": warning: "), "{}", plain.out);
    for (args, expected) in [
        (&["--deny-warnings"][..], 1),
        (&["-D", &code], 1),
        (&["--deny-warnings", "-W", &code], 0),
        (&["-W", &code], 0),
        (&["-W", "PA0401"], 2),
    ] {
        let all: Vec<&str> = ["check", "--format", "short"]
            .iter()
            .chain(args)
            .copied()
            .collect();
        let ended = folder.run(&all);
        assert_eq!(ended.code, Some(expected), "{args:?} {}", ended.err);
        assert_eq!(
            ended.out.contains(": error: "),
            expected == 1,
            "{}",
            ended.out
        );
    }
    assert_eq!(folder.run(&["compile", "--deny-warnings"]).out, "");
}

#[test]
fn the_day_adds_findings_and_changes_no_object() {
    let folder = Folder::base("as-of");
    let waiver = "    waive \"PA0801\" {\n        reason \"kept for later\"\n        until \"2030-06-30\"\n    }\n}\n";
    let policy = folder.read("policy.kdl");
    folder.write(
        "policy.kdl",
        format!("{}{waiver}", policy.trim_end().trim_end_matches('}')),
    );
    folder.edit(
        "run.kdl",
        "version 1\n",
        "version 1\n\nsecret \"idle\" {\n    from \"idle\" key=\"KEY\"\n}\n",
    );
    let before = folder.run(&["check", "--as-of", "2030-06-30", "--format", "json"]);
    assert_eq!(before.code, Some(0), "{}", before.out);
    assert!(
        before.out.contains("\"waived\":\"kept for later\""),
        "{}",
        before.out
    );
    let after = folder.run(&["check", "--as-of", "2030-07-01", "--format", "short"]);
    assert_eq!(after.code, Some(1));
    assert!(
        after.out.contains("has expired on 2030-06-30"),
        "{}",
        after.out
    );
    let compiled = |day: &str| folder.run(&["compile", "--as-of", day]).out;
    assert_eq!(compiled("2030-06-30"), compiled("2029-01-01"));
    assert!(!compiled("2029-01-01").is_empty());
}
