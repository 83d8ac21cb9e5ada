use crate::nodes::{NodeDef, spec, target as target_nodes};
use crate::plan::defaults::*;
use crate::plan::testing::{BASE, FULL, NIGHTLY, edited, plan};
use crate::plan::{Keep, Overlap, Plan, SecretUse};
use crate::values::duration::Duration;
use crate::values::size::Size;
use pure_agent_runtime::contract::{Bound, ExportAction, Harness, Price, ServerKind};
use std::collections::BTreeMap;

fn names<'a>(list: impl IntoIterator<Item = &'a String>) -> Vec<&'a str> {
    list.into_iter().map(String::as_str).collect()
}

#[test]
fn only_what_the_run_reaches_is_in_the_plan() {
    let text = crate::plan::json(&plan(FULL));
    for absent in ["unused", "spare", "llm.example.com", "ollama"] {
        assert!(!text.contains(absent), "{absent}");
    }
    let plan = plan(FULL);
    assert_eq!(
        names(plan.models.iter().map(|m| &m.name)),
        ["haiku", "opus"]
    );
    assert_eq!(
        names(plan.agents.iter().map(|a| &a.contract.name)),
        ["coder"]
    );
    assert_eq!(
        names(plan.servers.iter().map(|s| &s.contract.name)),
        ["deploy", "git", "linear", "web"]
    );
}

#[test]
fn what_is_no_longer_granted_is_no_longer_in_the_plan() {
    let all = plan(FULL);
    let less = edited(
        FULL,
        &[
            ("    tools \"operations\"\n", ""),
            ("approve by=\"lead\"", ""),
        ],
    );
    assert!(less.servers.iter().all(|s| s.pod.is_none()));
    assert_eq!(names(less.approvals.iter().map(|a| &a.name)), ["human"]);
    let less = edited(
        FULL,
        &[(
            "        approve \"fetch\" by=\"human\"\n",
            "        allow \"fetch\"\n",
        )],
    );
    assert!(all.secrets.iter().any(|s| s.name == "gatekeeper"));
    assert!(less.secrets.iter().all(|s| s.name != "gatekeeper"));
    assert!(
        less.upstreams
            .iter()
            .all(|u| u.host != "gatekeeper.example.com")
    );
}

#[test]
fn the_order_of_declarations_changes_nothing() {
    let lists = [
        (
            "    tools \"operations\"\n    tools \"common\"\n",
            "    tools \"common\"\n    tools \"operations\"\n",
        ),
        (
            "        http \"api.github.com\" {\n            allow \"GET\" \"/repos/dlddu/**\"\n        }\n",
            "",
        ),
        (
            "            auth \"status\"\n        }\n",
            "            auth \"status\"\n        }\n        http \"api.github.com\" {\n            \
             allow \"GET\" \"/repos/dlddu/**\"\n        }\n",
        ),
        (
            "            protect \".github/**\"\n            protect \"CODEOWNERS\"\n",
            "            protect \"CODEOWNERS\"\n            protect \".github/**\"\n",
        ),
        (
            "one-of \"quick\" \"thorough\"",
            "one-of \"thorough\" \"quick\"",
        ),
    ];
    assert_eq!(edited(FULL, &lists), plan(FULL));
}

#[test]
fn the_first_model_stays_the_default() {
    assert_eq!(plan(FULL).agents[0].contract.models, ["opus", "haiku"]);
    let swap = (
        "    model \"opus\"\n    model \"haiku\"\n",
        "    model \"haiku\"\n    model \"opus\"\n",
    );
    assert_eq!(
        edited(FULL, &[swap]).agents[0].contract.models,
        ["haiku", "opus"]
    );
}

#[test]
fn every_secret_has_its_use_and_its_hosts() {
    let plan = plan(FULL);
    let found: Vec<_> = plan
        .secrets
        .iter()
        .map(|s| (s.name.as_str(), s.used_for, s.to.join(" ")))
        .collect();
    let bucket = |name: &str| format!("{name}.s3.ap-northeast-2.amazonaws.com");
    assert_eq!(
        found,
        [
            ("claude", SecretUse::Model, "api.anthropic.com".to_owned()),
            (
                "gatekeeper",
                SecretUse::Approval,
                "gatekeeper.example.com".to_owned()
            ),
            ("github", SecretUse::Export, "api.github.com".to_owned()),
            ("hook", SecretUse::Export, "hooks.example.com".to_owned()),
            ("linear", SecretUse::Mcp, "api.linear.app".to_owned()),
            // The host for files signs its own addresses: no secret goes there.
            ("linear-out", SecretUse::Export, "api.linear.app".to_owned()),
            (
                "linear-session",
                SecretUse::Record,
                "api.linear.app".to_owned()
            ),
            ("s3", SecretUse::Record, bucket("pure-agent-logs")),
            ("s3-out", SecretUse::Export, bucket("reports")),
            ("status", SecretUse::Http, "status.example.com".to_owned()),
        ]
    );
}

#[test]
fn egress_of_agents_is_no_upstream_of_the_gateway() {
    let plan = plan(FULL);
    for host in ["packages.example.com", "status.example.com"] {
        assert!(plan.upstreams.iter().all(|u| u.host != host), "{host}");
    }
    let github: Vec<_> = plan
        .upstreams
        .iter()
        .filter(|u| u.host == "api.github.com")
        .collect();
    assert_eq!(
        names(github.iter().map(|u| &u.why)),
        ["export pull-request"]
    );
}

#[test]
fn two_exports_of_a_kind_have_two_names() {
    let plan = plan(FULL);
    assert_eq!(
        names(plan.exports.iter().map(|e| &e.name)),
        [
            "comment",
            "comment-2",
            "upload",
            "pull-request",
            "s3",
            "webhook"
        ]
    );
    let whys = names(plan.upstreams.iter().map(|u| &u.why));
    assert!(whys.contains(&"export comment-2") && whys.contains(&"export comment"));
    assert!(matches!(
        &plan.exports[1].action,
        ExportAction::Comment { to: Bound::Value(issue), .. } if issue == "DLD-1"
    ));
}

#[test]
fn every_change_outside_is_an_effect_and_no_reading_is() {
    let acts: Vec<String> = plan(FULL).effects.into_iter().map(|e| e.act).collect();
    assert_eq!(
        acts,
        [
            "export comment",
            "export comment-2",
            "export pull-request",
            "export s3",
            "export upload",
            "export webhook",
            "http POST status.example.com/checks/*",
            "record session",
            "record transcripts",
            "tool deploy.restart",
            "tool linear.request_feature",
        ]
    );
    for method in ["PUT", "PATCH", "DELETE"] {
        let plan = edited(FULL, &[("allow \"POST\"", &format!("allow \"{method}\""))]);
        let act = format!("http {method} status.example.com/checks/*");
        assert!(plan.effects.iter().any(|e| e.act == act), "{method}");
    }
}

#[test]
fn a_tool_that_a_server_does_not_mark_is_still_one_that_a_builtin_marks() {
    let plan = edited(FULL, &[("    effect \"restart\"\n", "")]);
    let tools = &plan.agents[0].contract.tools;
    let effect = |name: &str| tools.iter().find(|t| t.tool == name).unwrap().effect;
    assert!(!effect("restart") && effect("request_feature") && !effect("get_issue"));
}

#[test]
fn a_second_list_never_loosens_the_first() {
    let strict = "        approve \"restart\" by=\"lead\" times=1 {\n            \
                  bind \"environment\" value=\"staging\"\n        }\n    }\n";
    let more = format!(
        "{strict}}}\n\ntools \"again\" {{\n    server \"deploy\" {{\n        \
                        allow \"restart\" times=9\n    }}\n"
    );
    for order in [
        "operations\"\n    tools \"again",
        "again\"\n    tools \"operations",
    ] {
        let use_both = format!("    tools \"{order}\"\n    tools \"common\"\n");
        let edits = [
            (strict, more.as_str()),
            (
                "    tools \"operations\"\n    tools \"common\"\n",
                use_both.as_str(),
            ),
        ];
        let twice = edited(FULL, &edits);
        assert_eq!(
            twice.agents[0].contract.tools,
            plan(FULL).agents[0].contract.tools
        );
    }
}

#[test]
fn prices_for_two_numbers_of_tokens_become_one_rounded_up() {
    let price = "    price {\n        input \"1.00 USD\" per=1_000_000\n        \
                 output \"0.000001 USD\" per=3\n    }\n    auth \"claude\"\n";
    let model = (
        "model \"sonnet\" {\n    provider \"anthropic\"\n    id \"claude-sonnet-4-5\"\n    auth \"claude\"\n",
        format!(
            "model \"sonnet\" {{\n    provider \"anthropic\"\n    id \"claude-sonnet-4-5\"\n{price}"
        ),
    );
    let plan = edited(BASE, &[(model.0, &model.1)]);
    let expected = Price {
        currency: "USD".to_owned(),
        input: 1_000_000,
        output: 333_334,
        per: 1_000_000,
    };
    assert_eq!(plan.models[0].price, Some(expected));
}

#[test]
fn defaults_are_written_out() {
    let plan = plan(BASE);
    assert_eq!(plan.limits.export, EXPORT_TIME);
    assert_eq!(plan.limits.traffic, TRAFFIC);
    assert_eq!(plan.limits.concurrency, CONCURRENCY);
    assert_eq!(
        (plan.workspace.keep, plan.workspace.keep_for),
        (Keep::Never, KEEP_FOR)
    );
    assert_eq!((plan.finish.submission, plan.finish.reminders), (true, 1));
    assert_eq!((plan.retry.infrastructure, plan.retry.backoff), (0, 0));
    assert_eq!(plan.agents[0].user, 10_010);
    assert_eq!(plan.agents[0].resources.cpu_millis, 1_000);
    assert_eq!(plan.agents[0].resources.memory, 1 << 30);
    assert_eq!(plan.target.access_mode, "ReadWriteOnce");
    assert_eq!(plan.models[0].url, "https://api.anthropic.com");
    assert!(plan.enabled && plan.schedule.is_none() && plan.exports.is_empty());
}

#[test]
fn policies_are_not_mixed_in() {
    // The policy permits 2 hours and 1 000 000 tokens; the spec asks for less and gets that.
    let plan = plan(BASE);
    assert_eq!((plan.limits.deadline, plan.limits.tokens), (3_600, 500_000));
    assert_eq!(plan.policies, ["base"]);
}

#[test]
fn limits_that_may_be_left_out_are_written_out() {
    let plan = edited(
        BASE,
        &[
            ("        depth 3\n", ""),
            ("        cycle \"15m\"\n", ""),
            ("    workspace {\n        size \"1Gi\"\n    }\n", ""),
        ],
    );
    assert_eq!(plan.limits.depth, 1);
    assert_eq!(plan.limits.cycle, 3_600, "as long as the deadline");
    assert_eq!(plan.workspace.size, 1 << 30);
}

/// The table says each default with the number that the plan uses, and no default that the plan
/// does not know.
#[test]
fn defaults_are_those_of_the_table() {
    let size = |n| Size::from_bytes(n).unwrap().to_string();
    let time = |n| Duration::from_seconds(n).unwrap().to_string();
    let known = [
        ("run input size", size(INPUT_SIZE)),
        ("run input required", "yes".to_owned()),
        ("run enabled", "yes".to_owned()),
        ("mcp size", size(SERVER_SIZE)),
        ("mcp deadline", format!("{SERVER_DEADLINE}s")),
        ("mcp partition", PARTITION.to_owned()),
        ("mcp lines", LINES.to_string()),
        ("mcp tool arg size", size(INPUT_SIZE)),
        ("mcp tool arg required", "yes".to_owned()),
        ("mcp tool arg min", "0".to_owned()),
        ("agent user", USER.to_string()),
        ("agent resources cpu", (CPU_MILLIS / 1000).to_string()),
        ("agent resources memory", size(MEMORY)),
        ("agent resources storage", size(STORAGE)),
        ("mcp resources cpu", (CPU_MILLIS / 1000).to_string()),
        ("mcp resources memory", size(MEMORY)),
        ("mcp resources storage", size(STORAGE)),
        ("agent egress tunnel port", PORT.to_string()),
        // The bound of one agent is the run's where it has none of its own.
        ("agent limits traffic", size(TRAFFIC)),
        ("run route turns", ROUTE_TURNS.to_string()),
        ("run route tokens", ROUTE_TOKENS.to_string()),
        ("run route deadline", format!("{ROUTE_DEADLINE}s")),
        ("run limits depth", DEPTH.to_string()),
        ("run limits export", time(EXPORT_TIME)),
        ("run limits traffic", size(TRAFFIC)),
        ("run limits concurrency", CONCURRENCY.to_string()),
        ("run finish require", "submission".to_owned()),
        ("run finish reminders", REMINDERS.to_string()),
        ("run workspace size", size(WORKSPACE)),
        ("run workspace keep", "never".to_owned()),
        ("run workspace keep for", time(KEEP_FOR)),
        ("run export always times", EXPORT_TIMES.to_string()),
        ("run export always size", size(EXPORT_SIZE)),
        ("run export always files", FILES.to_string()),
        ("run export offer times", EXPORT_TIMES.to_string()),
        ("run export offer size", size(EXPORT_SIZE)),
        ("run export offer files", FILES.to_string()),
        ("run export step times", EXPORT_TIMES.to_string()),
        ("run export step size", size(EXPORT_SIZE)),
        ("run export step files", FILES.to_string()),
        ("run graph step agent answer size", size(INPUT_SIZE)),
        ("run retry backoff", time(BACKOFF)),
        ("run schedule overlap", "forbid".to_owned()),
        ("run schedule catch-up", time(CATCH_UP)),
        ("target access-mode", ACCESS_MODE.to_owned()),
        ("target node tolerate value", "any".to_owned()),
    ];
    let known: BTreeMap<String, String> = known
        .into_iter()
        .map(|(path, default)| (path.to_owned(), default))
        .collect();
    let mut said = BTreeMap::new();
    for top in [spec::TOP, target_nodes::TOP] {
        walk(top, "", &mut said);
    }
    assert_eq!(said, known);
    assert_eq!(
        (KEEP, OVERLAP, SUBMISSION),
        (Keep::Never, Overlap::Forbid, true)
    );
}

/// What stands behind `(default ` in the prose of nodes and properties, by the names on the way.
fn walk(nodes: &[&NodeDef], above: &str, said: &mut BTreeMap<String, String>) {
    for node in nodes {
        let path = format!("{above} {}", node.name).trim().to_owned();
        let props = node
            .props
            .iter()
            .map(|p| (format!("{path} {}", p.name), p.doc));
        for (path, doc) in [(path.clone(), node.doc)].into_iter().chain(props) {
            if let Some((_, rest)) = doc.split_once("(default ") {
                let word = rest.split([' ', ';', ',', ')']).next().unwrap();
                said.insert(path, word.to_owned());
            }
        }
        walk(node.children, &path, said);
    }
}

#[test]
fn prompts_come_from_the_text_or_the_file() {
    let prompt = |plan: &Plan| plan.agents[0].contract.system.clone();
    assert!(
        prompt(&plan(FULL))
            .unwrap()
            .starts_with("You work on one issue until it is done.\n")
    );
    assert_eq!(
        prompt(&plan(NIGHTLY)).unwrap(),
        "Write the report of the night."
    );
    assert_eq!(prompt(&plan(BASE)), None);
}

#[test]
fn harnesses_have_a_command_only_where_it_is_theirs() {
    let nightly = plan(NIGHTLY);
    let agent = &nightly.agents[0].contract;
    assert_eq!((agent.harness, agent.command.len()), (Harness::Generic, 2));
    for (word, harness) in [("codex", Harness::Codex), ("gemini", Harness::Gemini)] {
        let plan = edited(
            NIGHTLY,
            &[("harness \"generic\"", &format!("harness \"{word}\""))],
        );
        let agent = &plan.agents[0].contract;
        assert_eq!((agent.harness, agent.command.len()), (harness, 0));
    }
}

#[test]
fn image_servers_have_a_pod_and_a_name_for_the_gateway() {
    let plan = plan(FULL);
    let server = plan
        .servers
        .iter()
        .find(|s| s.contract.name == "deploy")
        .unwrap();
    let kind = ServerKind::Image {
        port: 8_000,
        host: "deploy.server.pure-agent".to_owned(),
    };
    assert_eq!(server.contract.kind, kind);
    let pod = server.pod.as_ref().unwrap();
    assert_eq!(
        (pod.port, pod.command.len(), pod.resources.cpu_millis),
        (8_000, 2, 250)
    );
    assert!(plan.servers.iter().filter(|s| s.pod.is_some()).count() == 1);
}

#[test]
fn what_must_be_closed_is_probed_in_both_families() {
    assert_eq!(
        plan(FULL).target.probes,
        [
            "169.254.169.254:80",
            "192.0.2.10:6443",
            "192.0.2.11:6443",
            "192.0.2.200:443",
            "[2001:db8:1::1]:6443",
            "[fd00:ec2::254]:80",
        ],
        "a block of API servers has no single address"
    );
}

#[test]
fn schedules_say_how_often() {
    let schedule = plan(NIGHTLY).schedule.unwrap();
    assert_eq!(
        (schedule.cron.as_str(), schedule.per_day),
        ("0 3,15 * * 1-5", 2)
    );
    assert_eq!(
        (schedule.overlap, schedule.catch_up),
        (Overlap::Replace, CATCH_UP)
    );
    assert!(!plan(NIGHTLY).enabled);
}

#[test]
fn only_a_reason_that_covers_the_tunnel_acknowledges_it() {
    let reason = "tunnel packages.example.com:443: a read-only mirror of ours; content is not seen \
                  (policy pure-agent)";
    assert_eq!(plan(FULL).acknowledged, [reason]);
    for other in [
        "tunnel \"packages.example.com\" port=8443",
        "tunnel \"mirror.example.com\"",
    ] {
        let edit = ("tunnel \"packages.example.com\"", other);
        assert!(edited(FULL, &[edit]).acknowledged.is_empty(), "{other}");
    }
}
