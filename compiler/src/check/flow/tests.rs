mod steps;

use crate::check::trial::Trial;

/// A run with a private tracker and lines for its egress, inputs and exports.
struct Case {
    tools: &'static str,
    agent: &'static str,
    run: &'static str,
    policy: &'static str,
}

const NONE: Case = Case {
    tools: "",
    agent: "",
    run: "",
    policy: "",
};

const SERVERS: &str = "
secret \"tracker\" { from \"keys\" key=\"A\"; }
secret \"source\" { from \"keys\" key=\"B\"; }
mcp \"linear\" { builtin \"linear\"; auth \"tracker\"; team \"ENG\"; }
mcp \"other\" { builtin \"linear\"; auth \"tracker\"; team \"OPS\"; }
mcp \"public\" { builtin \"git\"; repo \"github.com/acme/*\"; }
mcp \"open\" { builtin \"git\"; repo \"github.com/*/*\"; }
mcp \"closed\" { builtin \"git\"; auth \"source\"; repo \"github.com/acme/app\"; }
mcp \"web\" { builtin \"fetch\"; host \"docs.example.com\"; }
mcp \"wiki\" { builtin \"fetch\"; host \"wiki.corp\"; }
mcp \"own\" {
    image \"images.example.com/agents/own@sha256:3333333333333333333333333333333333333333333333333333333333333333\"
    command \"/server\"
    port 8000
    effect \"restart\"
}
approval \"human\" { via \"gatekeeper\"; url \"https://gatekeeper.example.com\"; auth \"tracker\"; timeout \"5m\"; }
";
const READ: &str = "server \"linear\" { allow \"get_issue\"; }";
const PROMPT: &str = "input \"prompt\"\n";
const TUNNEL: &str = "egress { tunnel \"packages.example.com\"; }";

impl Case {
    fn trial(&self) -> Trial {
        let tools = if self.tools.is_empty() {
            String::new()
        } else {
            format!("tools \"t\" {{\n{}\n}}", self.tools)
        };
        let list = if self.tools.is_empty() {
            ""
        } else {
            "tools \"t\"\n"
        };
        Trial::new()
            .declare(&format!("{SERVERS}\n{tools}"))
            .in_agent(&format!("{list}{}", self.agent))
            .in_run(self.run)
            .in_policy(self.policy)
    }

    /// Messages of the flow findings.
    fn messages(&self) -> Vec<(&'static str, String)> {
        let out = self.trial().outcome();
        let flow = |c: &str| c == "PA0510" || c == "PA0511";
        let list: Vec<_> = out
            .findings
            .iter()
            .filter(|f| flow(f.code.number()))
            .map(|f| (f.code.number(), f.message.clone()))
            .collect();
        let broken: Vec<_> = out
            .findings
            .iter()
            .filter(|f| f.code.number() < "PA0401")
            .collect();
        assert!(broken.is_empty(), "{broken:#?}");
        list
    }

    fn found(&self) -> bool {
        !self.messages().is_empty()
    }
}

#[test]
fn all_three_are_a_path() {
    let case = Case {
        tools: READ,
        agent: TUNNEL,
        run: PROMPT,
        ..NONE
    };
    assert_eq!(
        case.messages(),
        [(
            "PA0510",
            "untrusted text can make agent `writer` send out what is private: input `prompt` → tool `linear.get_issue` → tunnel `packages.example.com`"
                .to_owned()
        )]
    );
    let out = case.trial().outcome();
    let finding = out
        .findings
        .iter()
        .find(|f| f.code.number() == "PA0510")
        .unwrap();
    let places: Vec<_> = finding
        .related
        .iter()
        .map(|r| out.sources.snippet(r.span))
        .collect();
    assert_eq!(
        places,
        ["\"prompt\"", "\"get_issue\"", "\"packages.example.com\""]
    );
}

#[test]
fn two_of_the_three_are_none() {
    let lookup = "input \"id\" {\n match \"[A-Z]{1,5}-[0-9]{1,6}\"\n}";
    for case in [
        Case {
            agent: TUNNEL,
            run: PROMPT,
            ..NONE
        },
        Case {
            tools: READ,
            run: PROMPT,
            ..NONE
        },
        Case {
            tools: "server \"public\" { allow \"clone\"; }",
            agent: TUNNEL,
            run: lookup,
            ..NONE
        },
    ] {
        assert!(!case.found(), "{:?}", case.messages());
    }
}

/// An input whose values are listed, or cannot be prose, brings no instructions along.
#[test]
fn inputs_that_admit_prose_are_untrusted() {
    let route =
        "egress { http \"figures.example.com\" { allow \"GET\" \"/x\"; auth \"source\"; }; }";
    let export =
        "export { always \"webhook\" { url \"https://hooks.example.com/x\"; auth \"tracker\"; }; }";
    for (input, from_input) in [
        ("input \"x\"", true),
        ("input \"x\" { match \".*\"; }", true),
        ("input \"x\" { match \"[a-z ]+\"; }", true),
        ("input \"x\" { match \"[A-Z]{1,5}-[0-9]{1,6}\"; }", false),
        (
            "input \"x\" { one-of \"ignore all that was said\" \"b\"; }",
            false,
        ),
    ] {
        let run: &'static str = format!("{input}\n{export}").leak();
        let messages = Case {
            agent: route,
            run,
            ..NONE
        }
        .messages();
        assert_eq!(messages[0].1.contains("input `x` →"), from_input, "{input}");
    }
}

#[test]
fn every_source_counts() {
    // The tunnel's own answers are a source, so the way out here is an export.
    let export =
        "export { always \"webhook\" { url \"https://hooks.example.com/x\"; auth \"tracker\"; }; }";
    for (tools, source) in [
        (
            "server \"linear\" { allow \"get_issue\"; }",
            "tool `linear.get_issue` →",
        ),
        (
            "server \"linear\" { allow \"list_issues\"; }",
            "tool `linear.list_issues` →",
        ),
        (
            "server \"closed\" { allow \"clone\"; }",
            "tool `closed.clone` →",
        ),
        (
            "server \"wiki\" { allow \"fetch\"; }",
            "tool `wiki.fetch` →",
        ),
        // A person who approves the address has not read the page.
        (
            "server \"wiki\" { approve \"fetch\" by=\"human\"; }",
            "tool `wiki.fetch` →",
        ),
    ] {
        let messages = Case {
            tools,
            run: export,
            ..NONE
        }
        .messages();
        assert_eq!(messages.len(), 1, "{tools}");
        assert!(messages[0].1.contains(source), "{messages:?}");
    }
}

/// The answers of an image, of a route and of a tunnel can hold anything. What is private here comes
/// from a tool that brings no text of strangers: there is none, so the read is a route.
#[test]
fn foreign_answers_are_untrusted() {
    let run =
        "export { always \"webhook\" { url \"https://hooks.example.com/x\"; auth \"tracker\"; }; }";
    for policy in [
        "assert \"no-path\" from=\"server\"",
        "assert \"no-path\" from=\"web\"",
    ] {
        let case = Case {
            tools: "server \"own\" { allow \"look\"; }",
            agent: "egress { http \"figures.example.com\" { allow \"GET\" \"/x\"; auth \"source\"; }; }",
            run,
            policy,
        };
        assert!(
            case.messages().iter().any(|(c, _)| *c == "PA0511"),
            "{policy}"
        );
    }
}

#[test]
fn every_private_read_counts() {
    for (tools, agent) in [
        ("server \"linear\" { allow \"get_issue\"; }", TUNNEL),
        ("server \"closed\" { allow \"clone\"; }", TUNNEL),
        ("server \"wiki\" { allow \"fetch\"; }", TUNNEL),
        (
            "",
            "egress { tunnel \"packages.example.com\"; http \"api.github.com\" { allow \"GET\" \"/**\"; auth \"source\"; }; }",
        ),
        (
            "",
            "egress { tunnel \"packages.example.com\"; http \"figures.corp\" { allow \"GET\" \"/**\"; }; }",
        ),
        (
            "",
            "egress { tunnel \"packages.example.com\"; tunnel \"files.corp\"; }",
        ),
    ] {
        assert!(
            Case {
                tools,
                agent,
                run: PROMPT,
                ..NONE
            }
            .found(),
            "{tools} {agent}"
        );
    }
    // What anybody can read is not private.
    for (tools, agent) in [
        ("server \"public\" { allow \"clone\"; }", TUNNEL),
        ("server \"web\" { allow \"fetch\"; }", TUNNEL),
        ("server \"own\" { allow \"look\"; }", TUNNEL),
        (
            "",
            "egress { tunnel \"packages.example.com\"; http \"api.github.com\" { allow \"GET\" \"/**\"; }; }",
        ),
    ] {
        assert!(
            !Case {
                tools,
                agent,
                run: PROMPT,
                ..NONE
            }
            .found(),
            "{tools} {agent}"
        );
    }
}

#[test]
fn every_channel_counts() {
    let hook = "input \"prompt\"\nexport { offer \"webhook\" { url \"https://hooks.example.com/x\"; auth \"tracker\"; }; }";
    let notify = "input \"prompt\"\nexport { always \"notify\" { host \"hooks.example.com\"; text \"x\"; summary; auth \"tracker\"; }; }";
    let bucket = "input \"prompt\"\nexport { offer \"s3\" { to \"s3://logs/x\"; region \"eu-central-1\"; auth \"tracker\"; }; }";
    let pull = "input \"prompt\"\nexport { offer \"pull-request\" { on \"github\"; repo \"acme/*\"; base \"main\"; branch \"x/*\"; auth \"tracker\"; }; }";
    for (tools, agent, run, end) in [
        ("", TUNNEL, PROMPT, "tunnel `packages.example.com`"),
        (
            "",
            "egress { http \"api.github.com\" { allow \"GET\" \"/x\"; }; }",
            PROMPT,
            "http `api.github.com`",
        ),
        (
            "",
            "egress { http \"api.github.com\" { allow \"POST\" \"/x\"; }; }",
            PROMPT,
            "http `api.github.com`",
        ),
        (
            "server \"web\" { allow \"fetch\"; }",
            "",
            PROMPT,
            "tool `web.fetch`",
        ),
        (
            "server \"own\" { allow \"restart\"; }",
            "",
            PROMPT,
            "tool `own.restart`",
        ),
        (
            "server \"open\" { allow \"clone\"; }",
            "",
            PROMPT,
            "tool `open.clone`",
        ),
        // Another team has other readers.
        (
            "server \"other\" { allow \"request_feature\"; }",
            "",
            PROMPT,
            "tool `other.request_feature`",
        ),
        ("", "", hook, "export `webhook`"),
        ("", "", notify, "export `notify`"),
        ("", "", bucket, "export `s3`"),
        ("", "", pull, "export `pull-request`"),
    ] {
        let tools: &'static str = format!("{READ}\n{tools}").leak();
        let messages = Case {
            tools,
            agent,
            run,
            ..NONE
        }
        .messages();
        assert_eq!(messages.len(), 1, "{end}");
        assert!(messages[0].1.ends_with(end), "{messages:?}");
    }
}

#[test]
fn what_cuts_a_path() {
    let pull = "input \"prompt\"\nexport { offer \"pull-request\" { on \"github\"; repo \"acme/app\"; base \"main\"; branch \"x/*\"; auth \"tracker\"; }; }";
    let asked = "input \"prompt\"\nexport { offer \"webhook\" { url \"https://hooks.example.com/x\"; auth \"tracker\"; approve by=\"human\"; }; }";
    let comment = "input \"prompt\"\nexport { always \"comment\" { on \"linear\"; to \"ENG-1\"; auth \"tracker\"; }; }";
    for (tools, agent, run) in [
        // A person decides on each.
        (
            "server \"linear\" { allow \"get_issue\"; }\nserver \"web\" { approve \"fetch\" by=\"human\"; }",
            "",
            PROMPT,
        ),
        ("server \"linear\" { allow \"get_issue\"; }", "", asked),
        // The agent chooses nothing of it.
        (
            "server \"linear\" { allow \"get_issue\"; }\nserver \"web\" { allow \"fetch\" { bind \"url\" value=\"https://docs.example.com/\"; }; }",
            "",
            PROMPT,
        ),
        // It goes back to where it was read.
        (
            "server \"linear\" { allow \"get_issue\"; allow \"request_feature\"; }",
            "",
            comment,
        ),
        ("server \"closed\" { allow \"clone\"; }", "", pull),
        (
            "",
            "egress { http \"figures.example.com\" { allow \"GET\" \"/**\"; auth \"source\"; }; }",
            PROMPT,
        ),
        ("server \"wiki\" { allow \"fetch\"; }", "", PROMPT),
        // Which repository of one owner is cloned tells nobody anything; an image reaches nothing.
        (
            "server \"linear\" { allow \"get_issue\"; }\nserver \"public\" { allow \"clone\"; }\nserver \"own\" { allow \"look\"; }",
            "",
            PROMPT,
        ),
    ] {
        let case = Case {
            tools,
            agent,
            run,
            ..NONE
        };
        assert!(!case.found(), "{:?}", case.messages());
    }
}

/// What was read elsewhere does not go "back".
#[test]
fn another_place_is_no_return() {
    let comment =
        "export { always \"comment\" { on \"linear\"; to \"ENG-1\"; auth \"tracker\"; }; }";
    let pull = "export { offer \"pull-request\" { on \"github\"; repo \"acme/site\"; base \"main\"; branch \"x/*\"; auth \"tracker\"; }; }";
    for (tools, agent, run) in [
        ("server \"closed\" { allow \"clone\"; }", "", comment),
        ("server \"closed\" { allow \"clone\"; }", "", pull),
        // A service that many share: what is written there may be read by others.
        (
            "",
            "egress { http \"api.github.com\" { allow \"GET\" \"/**\"; allow \"POST\" \"/**\"; auth \"source\"; }; }",
            "",
        ),
        (
            "",
            "egress { http \"a.example.com\" { allow \"GET\" \"/**\"; auth \"source\"; }; http \"b.example.com\" { allow \"GET\" \"/**\"; }; }",
            "",
        ),
    ] {
        assert!(
            Case {
                tools,
                agent,
                run,
                ..NONE
            }
            .found(),
            "{tools} {agent} {run}"
        );
    }
}

#[test]
fn one_finding_for_an_agent_with_each_kind_of_channel() {
    let case = Case {
        tools: "server \"linear\" { allow \"get_issue\"; allow \"list_issues\"; }\nserver \"web\" { allow \"fetch\"; }",
        agent: "egress { tunnel \"a.example.com\"; tunnel \"b.example.com\"; http \"c.example.com\" { allow \"GET\" \"/\"; }; }",
        run: "input \"prompt\"\ninput \"more\"\nexport { offer \"webhook\" { url \"https://hooks.example.com/x\"; auth \"tracker\"; }; }",
        ..NONE
    };
    let messages = case.messages();
    assert_eq!(messages.len(), 1);
    assert!(
        messages[0].1.ends_with(
            "→ tunnel `a.example.com`, http `c.example.com`, tool `web.fetch`, export `webhook`"
        ),
        "{messages:?}"
    );
}

#[test]
fn a_policy_can_rule_paths_out() {
    let case = |policy: &'static str| {
        Case {
            tools: READ,
            agent: TUNNEL,
            run: PROMPT,
            policy,
        }
        .messages()
    };
    for policy in [
        "assert \"no-path\"",
        "assert \"no-path\" to=\"tunnel\"",
        "assert \"no-path\" from=\"input\" to=\"tunnel\"",
        "assert \"no-path\" from=\"issue\"",
    ] {
        assert!(case(policy).iter().any(|(c, _)| *c == "PA0511"), "{policy}");
    }
    // All paths are ruled out, so nothing is left to warn of.
    assert_eq!(case("assert \"no-path\"").len(), 1);
    // Only the path is ruled out; the input's is still told.
    assert_eq!(case("assert \"no-path\" from=\"issue\"").len(), 2);
    for policy in [
        "assert \"no-path\" to=\"export\"",
        "assert \"no-path\" from=\"server\"",
    ] {
        let codes: Vec<_> = case(policy).iter().map(|(c, _)| *c).collect();
        assert_eq!(codes, ["PA0510"], "{policy}");
    }
}

#[test]
fn an_assertion_shows_its_place() {
    let case = Case {
        tools: READ,
        agent: TUNNEL,
        run: PROMPT,
        policy: "assert \"no-path\" to=\"tunnel\"",
    };
    let out = case.trial().outcome();
    let finding = out
        .findings
        .iter()
        .find(|f| f.code.number() == "PA0511")
        .unwrap();
    assert_eq!(
        out.sources.snippet(finding.span.unwrap()),
        "\"packages.example.com\""
    );
    let places: Vec<_> = finding
        .related
        .iter()
        .map(|r| out.sources.snippet(r.span))
        .collect();
    assert_eq!(
        places,
        [
            "\"prompt\"",
            "\"get_issue\"",
            "assert \"no-path\" to=\"tunnel\""
        ]
    );
}

#[test]
fn names_change_nothing() {
    let trial = Case {
        tools: READ,
        agent: TUNNEL,
        run: PROMPT,
        ..NONE
    }
    .trial();
    let renamed = trial
        .edit("run.kdl", "mcp \"linear\"", "mcp \"harmless\"")
        .edit("run.kdl", "server \"linear\"", "server \"harmless\"");
    assert!(renamed.codes().contains(&"PA0510"));
}

/// A run of the base case that chooses between its agent and another one, which has these lines.
fn routed(other: &str, by: &str, run: &str) -> Vec<(&'static str, String)> {
    let agent = format!(
        "agent \"other\" {{\n image \"images.example.com/agents/claude@sha256:{}\"\n harness \
         \"claude-code\"\n model \"sonnet\"\n{other}\n}}",
        "1".repeat(64)
    );
    let tools =
        "tools \"t\" {\n server \"linear\" { allow \"get_issue\"; allow \"request_feature\"; }\n}
tools \"asked\" {\n server \"linear\" { approve \"request_feature\" by=\"human\"; }\n}";
    let route = format!(
        "route {{\n {by}\n fallback \"writer\"\n choose \"writer\" {{ when \"plain\"; }}\n choose \
         \"other\" {{ when \"odd\"; }}\n}}\n{run}\n limits {{"
    );
    let out = Trial::new()
        .declare(&format!("{SERVERS}\n{tools}\n{agent}"))
        .run("agent \"writer\"\n    limits {", &route)
        .outcome();
    let broken: Vec<_> = out
        .findings
        .iter()
        .filter(|f| f.code.number() < "PA0401")
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
    let flow = |c: &str| c.starts_with("PA05") && c != "PA0502";
    let flow = out.findings.iter().filter(|f| flow(f.code.number()));
    flow.map(|f| (f.code.number(), f.message.clone())).collect()
}

const MODEL: &str = "by \"sonnet\"";
const VALUE: &str = "by input=\"kind\"";
const KIND: &str = "input \"kind\" { one-of \"plain\" \"odd\"; }\n";

/// A9: what a model may be talked into is a grant, and the finding says of what.
#[test]
fn a_choice_that_gives_more_than_the_fallback_is_a_finding() {
    let message = "untrusted text can have agent `other` chosen, which has what the fallback `writer` has not: ";
    for (other, what) in [
        (
            "tools \"t\"",
            "tool `linear.get_issue`, tool `linear.request_feature`",
        ),
        (TUNNEL, "tunnel `packages.example.com`"),
        (
            "egress { http \"a.example.com\" { allow \"POST\" \"/x\"; }; }",
            "http `a.example.com`",
        ),
        (
            "egress { http \"a.example.com\" { allow \"GET\" \"/x\"; auth \"source\"; }; }",
            "http `a.example.com`",
        ),
    ] {
        let found = routed(other, MODEL, PROMPT);
        assert!(
            found.contains(&("PA0505", format!("{message}{what}"))),
            "{other}: {found:?}"
        );
    }
}

#[test]
fn a_choice_that_a_person_watches_or_makes_is_none() {
    for (other, by, run) in [
        // Nothing more than the fallback has.
        ("", MODEL, PROMPT),
        // What only reads what anybody may read.
        (
            "egress { http \"a.example.com\" { allow \"GET\" \"/x\"; }; }",
            MODEL,
            PROMPT,
        ),
        // A person agrees to each call.
        ("tools \"asked\"", MODEL, PROMPT),
        // Nobody can write prose for the model, or who submits chooses.
        (TUNNEL, MODEL, KIND),
        (TUNNEL, VALUE, &format!("{PROMPT}{KIND}")),
    ] {
        let found = routed(other, by, run);
        let widens = found.iter().any(|(code, _)| *code == "PA0505");
        assert!(!widens, "{other}, {by}: {found:?}");
    }
}

/// A run starts one agent, so what two of a route have apart is no path.
#[test]
fn each_agent_of_a_route_is_looked_at_alone() {
    let both = format!("tools \"t\"\n{TUNNEL}");
    let path = |other: &str| {
        let found = routed(other, VALUE, &format!("{PROMPT}{KIND}"));
        found
            .into_iter()
            .filter(|(code, _)| *code == "PA0510")
            .count()
    };
    assert_eq!((path(&both), path("tools \"t\""), path(TUNNEL)), (1, 0, 0));
}
