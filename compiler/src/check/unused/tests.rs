use super::*;
use crate::check::trial::Trial;

#[test]
fn each_kind_of_declaration_is_used_or_reported() {
    for text in [
        "secret \"spare\" {\n from \"x\" key=\"K\"\n}",
        "model \"spare\" {\n provider \"anthropic\"\n id \"claude-x\"\n auth \"claude\"\n}",
        "mcp \"spare\" {\n builtin \"fetch\"\n host \"docs.example.com\"\n}",
        "approval \"spare\" {\n via \"signature\"\n timeout \"10m\"\n approver \"kim\" key=\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBCwVzP8iK3f5ChFgAgjTr0mYeLZobVxCjK/MScgPTf0\"\n}",
        "agent \"spare\" {\n image \"images.example.com/agents/x@sha256:3333333333333333333333333333333333333333333333333333333333333333\"\n harness \"claude-code\"\n model \"sonnet\"\n}",
    ] {
        let found: Vec<_> = Trial::new()
            .declare(text)
            .found()
            .into_iter()
            .filter(|(c, _)| *c == "PA0801")
            .collect();
        assert_eq!(found, [("PA0801", "\"spare\"".to_owned())], "{text}");
        // The same in a file that others use too is what that file is for.
        let shared = Trial::new()
            .file("shared.kdl", &format!("version 1\n{text}"))
            .run("version 1", "version 1\nuse \"shared.kdl\"");
        assert!(!shared.codes().contains(&"PA0801"), "{text}");
    }
}

#[test]
fn a_list_of_tools_and_its_server_go_together() {
    let text = "mcp \"web\" {\n builtin \"fetch\"\n host \"docs.example.com\"\n}\ntools \"t\" {\n server \"web\" {\n allow \"fetch\"\n}\n}";
    let idle: Vec<_> = Trial::new()
        .declare(text)
        .found()
        .into_iter()
        .filter(|(c, _)| *c == "PA0801")
        .collect();
    assert_eq!(idle.len(), 2, "{idle:?}");
    let used = Trial::new().declare(text).in_agent("tools \"t\"");
    assert!(!used.codes().contains(&"PA0801"));
}

#[test]
fn inputs_reach_the_prompt() {
    assert_eq!(Trial::new().in_run("input \"spare\"").found(), []);
}

#[test]
fn a_rule_that_another_covers() {
    for (rules, text) in [
        (
            "image \"images.example.com/agents/claude\"",
            "\"images.example.com/agents/claude\"",
        ),
        (
            "image \"images.example.com/**\"",
            "\"images.example.com/agents/*\"",
        ),
        (
            "model \"anthropic\" id=\"claude-opus-*\"",
            "model \"anthropic\" id=\"claude-opus-*\"",
        ),
        (
            "secret \"model-keys\" key=\"A\" for=\"model\" to=\"api.anthropic.com\"",
            "secret \"model-keys\" key=\"A\" for=\"model\" to=\"api.anthropic.com\"",
        ),
        (
            "tool \"linear\" \"get_*\"\ntool \"linear\" \"get_issue\"",
            "tool \"linear\" \"get_issue\"",
        ),
        (
            "tool \"linear\" \"*\" times=3\ntool \"linear\" \"a\" times=2",
            "tool \"linear\" \"a\" times=2",
        ),
        (
            "repo \"github.com/a/*\"\nrepo \"github.com/a/b\"",
            "\"github.com/a/b\"",
        ),
        ("owner \"team-*\"\nowner \"team-a\"", "\"team-a\""),
        (
            "export \"comment\" {\n on \"linear\"\n}\nexport \"comment\" {\n on \"linear\"\n}",
            "export \"comment\"",
        ),
        (
            "egress {\n tunnel \"*.example.com\" acknowledge=\"x\"\n tunnel \"a.example.com\"\n}",
            "\"a.example.com\"",
        ),
        (
            "egress {\n http \"a.example.com\" {\n allow \"GET\" \"/b/c\"\n}\n http \"*.example.com\" {\n allow \"GET\" \"/b/**\"\n}\n}",
            "\"a.example.com\"",
        ),
    ] {
        let found: Vec<_> = Trial::new()
            .in_policy(rules)
            .found()
            .into_iter()
            .filter(|(c, _)| *c == "PA0803")
            .collect();
        assert_eq!(found, [("PA0803", text.to_owned())], "{rules}");
    }
}

#[test]
fn a_rule_that_says_more_is_not_covered() {
    for rules in [
        "model \"openai\" id=\"claude-opus-*\"",
        "upstream \"api.anthropic.com\" port=8443",
        "secret \"model-keys\" key=\"A\" for=\"http\" to=\"api.anthropic.com\"",
        "tool \"linear\" \"*\" times=3\ntool \"linear\" \"get_issue\"",
        "tool \"fetch\" \"*\"\napprove \"fetch\" \"*\"",
        "egress {\n tunnel \"*.example.com\"\n tunnel \"a.example.com\" acknowledge=\"x\"\n}",
        "egress {\n http \"a.example.com\" {\n allow \"PUT\" \"/b/c\"\n}\n http \"*.example.com\" {\n allow \"GET\" \"/b/**\"\n}\n}",
        "export \"comment\" {\n on \"linear\"\n}\nexport \"comment\" {\n on \"linear\"\n times 2\n approve\n}",
    ] {
        assert!(
            !Trial::new().in_policy(rules).codes().contains(&"PA0803"),
            "{rules}"
        );
    }
}

fn idle(trial: &Trial) -> Vec<String> {
    let out = trial.outcome();
    let required: Vec<_> = out.units[0]
        .policies
        .iter()
        .filter(|p| p.name.value == "base")
        .cloned()
        .collect();
    let mut rules = Rules::new(&required);
    out.units.iter().for_each(|u| rules.add(u, &out.sources));
    rules
        .finish()
        .iter()
        .map(|f| out.sources.snippet(f.span.unwrap()).to_owned())
        .collect()
}

/// The base with a policy of its own beside it, which permits all that the base needs and `more`.
fn with_own(file: &str, more: &str) -> Trial {
    let own = include_str!("../../../../golden/pages/base/policy.kdl")
        .replace("policy \"base\" {", &format!("policy \"own\" {{\n{more}"));
    Trial::new()
        .run("version 1", &format!("version 1\nuse \"{file}\""))
        .file(file, &own)
}

#[test]
fn every_kind_of_rule_is_needed_or_reported() {
    assert_eq!(idle(&with_own("own.kdl", "")), [""; 0]);
    for (rule, text) in [
        (
            "image \"images.example.com/other/*\"",
            "\"images.example.com/other/*\"",
        ),
        ("model \"openai\" id=\"*\"", "model \"openai\" id=\"*\""),
        ("upstream \"api.linear.app\"", "upstream \"api.linear.app\""),
        (
            "upstream \"api.anthropic.com\" port=8443",
            "upstream \"api.anthropic.com\" port=8443",
        ),
        (
            "secret \"model-keys\" key=\"*\" for=\"http\" to=\"api.anthropic.com\"",
            "secret \"model-keys\" key=\"*\" for=\"http\" to=\"api.anthropic.com\"",
        ),
        ("tool \"linear\" \"*\"", "tool \"linear\" \"*\""),
        ("approve \"fetch\" \"*\"", "approve \"fetch\" \"*\""),
        ("repo \"github.com/a/*\"", "\"github.com/a/*\""),
        ("env \"LANG\"", "\"LANG\""),
        ("owner \"team-*\"", "\"team-*\""),
        (
            "export \"comment\" {\n on \"linear\"\n}",
            "export \"comment\"",
        ),
        ("schedule every=\"1h\"", "\"1h\""),
        ("keep for=\"1d\"", "\"1d\""),
        (
            "egress {\n tunnel \"a.example.com\" acknowledge=\"x\"\n}",
            "\"a.example.com\"",
        ),
        (
            "egress {\n http \"a.example.com\" {\n allow \"GET\" \"/\"\n}\n}",
            "\"a.example.com\"",
        ),
    ] {
        assert_eq!(idle(&with_own("own.kdl", rule)), [text], "{rule}");
    }
}

/// A baseline permits more than the runs of today need, and stays quiet.
#[test]
fn policies_for_everybody_are_not_judged() {
    assert_eq!(
        idle(&with_own("shared/own.kdl", "upstream \"api.linear.app\"")),
        [""; 0]
    );
    assert_eq!(
        idle(&Trial::new().in_policy("upstream \"api.linear.app\"")),
        [""; 0]
    );
}

/// A rule that one spec does not need may be there for another.
#[test]
fn all_specs_are_asked() {
    let second = include_str!("../../../../golden/pages/base/run.kdl")
        .replace("version 1", "version 1\nuse \"own.kdl\"")
        .replace("run \"hello\" {", "run \"other\" {\n    owner \"team-a\"");
    let trial = with_own("own.kdl", "owner \"team-*\"")
        .in_run("owner \"people\"")
        .edit("pure-agent.kdl", "specs \"run.kdl\"", "specs \"*run.kdl\"");
    assert_eq!(idle(&trial), ["\"team-*\""]);
    assert_eq!(idle(&trial.file("other-run.kdl", &second)), [""; 0]);
}
