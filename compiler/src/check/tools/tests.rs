use super::super::testing::{Case, base};
use super::check;

const TRACKER: &str = "secret \"lin\" {\n    from \"lin\" key=\"k\"\n}\nmcp \"tracker\" {\n    builtin \"linear\"\n    auth \"lin\"\n    team \"ENG\"\n}\napproval \"human\" {\n    via \"gatekeeper\"\n    url \"https://gatekeeper.example.com\"\n    auth \"lin\"\n    timeout \"10m\"\n}";

/// The base whose agent has these tools of Linear.
fn linear(grants: &str) -> Case {
    base()
        .declare(&format!(
            "{TRACKER}\ntools \"t\" {{\n    server \"tracker\" {{\n        {grants}\n    }}\n}}"
        ))
        .agent("    tools \"t\"")
}

#[test]
fn a_silent_policy_permits_no_tool() {
    let found = linear("allow \"get_issue\"").findings(check);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code.number(), "PA0405");
    assert_eq!(found[0].related[0].label, "this policy permits no tool");
}

#[test]
fn the_kind_counts_and_not_the_name() {
    let permitted = linear("allow \"get_issue\"").permit("    tool \"linear\" \"get_*\"");
    assert!(permitted.codes(check).is_empty());
    for name in ["linear", "git", "anything"] {
        let renamed = permitted.clone().run("\"tracker\"", &format!("\"{name}\""));
        assert!(renamed.codes(check).is_empty(), "{name}");
    }
    // A server called like what is permitted is still what it is.
    let other = linear("allow \"get_issue\"")
        .permit("    tool \"git\" \"*\"")
        .run("\"tracker\"", "\"git\"");
    assert_eq!(other.codes(check), ["PA0405"]);
    // So is a list of tools.
    let list = linear("allow \"get_issue\"")
        .permit("    tool \"git\" \"*\"")
        .run("\"t\"", "\"git\"");
    assert_eq!(list.codes(check), ["PA0405"]);
}

fn image(repository: &str, tool: &str) -> Case {
    base()
        .declare(&format!("mcp \"linear\" {{\n    image \"{repository}@sha256:1111111111111111111111111111111111111111111111111111111111111111\"\n    command \"/server\"\n    port 8000\n}}\ntools \"t\" {{\n    server \"linear\" {{\n        allow \"{tool}\"\n    }}\n}}"))
        .agent("    tools \"t\"")
}

#[test]
fn image_servers_are_known_by_their_repository() {
    let case = image("images.example.com/mcp/wiki", "read_page");
    assert_eq!(
        case.clone()
            .permit("    tool \"linear\" \"*\"")
            .codes(check),
        ["PA0405"]
    );
    assert!(
        case.clone()
            .permit("    tool \"images.example.com/mcp/wiki\" \"read_*\"")
            .codes(check)
            .is_empty()
    );
    assert_eq!(
        case.permit("    tool \"images.example.com/mcp/wiki\" \"write_*\"")
            .codes(check),
        ["PA0405"]
    );
    let below = image("images.example.com/mcp/wiki/evil", "x");
    assert_eq!(
        below
            .permit("    tool \"images.example.com/mcp/*\" \"*\"")
            .codes(check),
        ["PA0405"]
    );
}

#[test]
fn approval_is_needed_where_a_policy_says_so() {
    let permit = "    tool \"linear\" \"*\"\n    approve \"linear\" \"request_*\"";
    let free = linear("allow \"request_feature\"").permit(permit);
    assert_eq!(free.codes(check), ["PA0406"]);
    assert!(
        free.findings(check)[0]
            .help
            .as_ref()
            .is_some_and(|h| h.contains("approve \"request_feature\" by="))
    );
    assert!(
        linear("approve \"request_feature\" by=\"human\"")
            .permit(permit)
            .codes(check)
            .is_empty()
    );
    assert!(
        linear("allow \"get_issue\"")
            .permit(permit)
            .codes(check)
            .is_empty()
    );
    // More care than a policy asks for is fine.
    let careful =
        linear("approve \"get_issue\" by=\"human\"").permit("    tool \"linear\" \"get_issue\"");
    assert!(careful.codes(check).is_empty());
}

#[test]
fn approval_that_one_of_two_policies_asks_for() {
    let case = linear("allow \"get_issue\"")
        .permit("    tool \"linear\" \"get_issue\"")
        .also("\npolicy \"second\" {\n    approve \"linear\" \"*\"\n}\n");
    assert_eq!(case.codes(check), ["PA0406"]);
}

#[test]
fn calls_are_counted() {
    let permit = "    tool \"linear\" \"request_feature\" times=3\n    tool \"linear\" \"*\"";
    for (grant, codes) in [
        ("allow \"request_feature\" times=3", vec![]),
        ("allow \"request_feature\" times=4", vec!["PA0407"]),
        ("allow \"request_feature\"", vec!["PA0407"]),
        ("allow \"get_issue\"", vec![]),
    ] {
        assert_eq!(linear(grant).permit(permit).codes(check), codes, "{grant}");
    }
}

#[test]
fn a_second_server_is_no_second_allowance() {
    let second = "mcp \"tracker-two\" {\n    builtin \"linear\"\n    auth \"lin\"\n    team \"OPS\"\n}\ntools \"u\" {\n    server \"tracker-two\" {\n        allow \"request_feature\" times=2\n    }\n}";
    let case = linear("allow \"request_feature\" times=2")
        .declare(second)
        .agent("    tools \"u\"")
        .permit("    tool \"linear\" \"*\" times=3");
    assert_eq!(case.codes(check), ["PA0407"]);
    assert!(case.policy("times=3", "times=4").codes(check).is_empty());
}

/// Of a route one agent works; the other has the same list, and its calls are never made beside them.
#[test]
fn agents_of_a_route_share_no_allowance() {
    let other = format!(
        "agent \"other\" {{\n    image \"images.example.com/agents/claude@sha256:{}\"\n    harness \"claude-code\"\n    \
         model \"sonnet\"\n    tools \"t\"\n}}",
        "1".repeat(64)
    );
    let route = "    route {\n        by input=\"kind\"\n        fallback \"writer\"\n        choose \"writer\"\n        \
        choose \"other\" {\n            when \"odd\"\n        }\n    }\n    input \"kind\"\n";
    for (times, codes) in [(3, vec![]), (4, vec!["PA0407"])] {
        let case = linear(&format!("allow \"request_feature\" times={times}"))
            .declare(&other)
            .permit("    tool \"linear\" \"*\" times=3")
            .run("    agent \"writer\"\n", route);
        assert_eq!(case.codes(check), codes, "{times}");
    }
}

#[test]
fn builtins_have_the_tools_that_they_have() {
    let found = linear("allow \"get_isue\"")
        .permit("    tool \"linear\" \"*\"")
        .findings(check);
    assert_eq!((found[0].code.number(), found.len()), ("PA0415", 1));
    assert_eq!(found[0].help.as_deref(), Some("did you mean `get_issue`?"));
    let found = linear("allow \"delete_everything\"").findings(check);
    assert_eq!((found[0].code.number(), found.len()), ("PA0415", 1));
    assert!(
        found[0]
            .help
            .as_ref()
            .is_some_and(|h| h.contains("`list_issues`"))
    );
}

#[test]
fn bound_arguments_exist() {
    let bind = |name: &str| {
        format!("allow \"get_issue\" {{\n            bind \"{name}\" value=\"ENG-1\"\n        }}")
    };
    let permit = "    tool \"linear\" \"*\"";
    assert!(
        linear(&bind("issue_id"))
            .permit(permit)
            .codes(check)
            .is_empty()
    );
    let found = linear(&bind("issueid")).permit(permit).findings(check);
    assert_eq!(
        (found[0].code.number(), found[0].help.as_deref()),
        ("PA0417", Some("did you mean `issue_id`?"))
    );
    assert_eq!(
        linear(&bind("team")).permit(permit).codes(check),
        ["PA0417"]
    );
}

#[test]
fn one_tool_one_grant() {
    let permit = "    tool \"linear\" \"*\"";
    let both =
        linear("allow \"get_issue\"\n        approve \"get_issue\" by=\"human\"").permit(permit);
    assert_eq!(both.codes(check), ["PA0416"]);
    let lists =
        linear("allow \"get_issue\" {\n            bind \"issue_id\" value=\"ENG-1\"\n        }")
            .declare(
                "tools \"u\" {\n    server \"tracker\" {\n        allow \"get_issue\"\n    }\n}",
            )
            .agent("    tools \"u\"")
            .permit(permit);
    assert_eq!(lists.codes(check), ["PA0416"]);
}

#[test]
fn repositories_are_bounded() {
    let git = |repo: &str| {
        base()
            .declare(&format!("mcp \"acme\" {{\n    builtin \"git\"\n    repo \"{repo}\"\n}}\ntools \"t\" {{\n    server \"acme\" {{\n        allow \"clone\"\n    }}\n}}"))
            .agent("    tools \"t\"")
            .permit("    tool \"git\" \"clone\"\n    repo \"github.com/acme/*\"")
    };
    assert!(git("github.com/acme/site").codes(check).is_empty());
    for repo in [
        "github.com/*/site",
        "github.com/other/site",
        "gitlab.com/acme/site",
        "github.com/acme-evil/*",
    ] {
        assert_eq!(git(repo).codes(check), ["PA0408"], "{repo}");
    }
    let silent =
        git("github.com/acme/site").also("\npolicy \"second\" {\n    tool \"git\" \"*\"\n}\n");
    assert_eq!(silent.codes(check), ["PA0408"]);
}
