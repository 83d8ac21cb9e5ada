use crate::check::trial::Trial;

fn one(code: &'static str, text: &str) -> Vec<(&'static str, String)> {
    vec![(code, text.to_owned())]
}

/// A second policy that bounds every spec beside the base.
fn second(limits: &str) -> Trial {
    Trial::new()
        .edit("pure-agent.kdl", "require \"base\"", "require \"base\"\nrequire \"tight\"")
        .edit("pure-agent.kdl", "policies \"policy.kdl\"", "policies \"policy.kdl\"\npolicies \"tight.kdl\"")
        .file(
            "tight.kdl",
            &format!(
                "version 1\npolicy \"tight\" {{\n image \"images.example.com/agents/*\"\n model \"anthropic\" id=\"*\"\n upstream \"api.anthropic.com\"\n secret \"model-keys\" key=\"*\" for=\"model\" to=\"api.anthropic.com\"\n limits {{\n{limits}\n}}\n}}"
            ),
        )
}

#[test]
fn every_written_limit_is_bounded() {
    for (from, to, text) in [
        ("depth 3", "depth 11", "11"),
        ("deadline \"1h\"", "deadline \"121m\"", "\"121m\""),
        ("turns 50", "turns 201", "201"),
        ("tokens 500_000", "tokens 1_000_001", "1_000_001"),
        ("size \"1Gi\"", "size \"11Gi\"", "\"11Gi\""),
    ] {
        let trial = Trial::new().run(from, to);
        let found: Vec<_> = trial
            .found()
            .into_iter()
            .filter(|(c, _)| *c != "PA0706")
            .collect();
        assert_eq!(found, one("PA0701", text), "{to}");
    }
}

#[test]
fn the_bound_itself_is_permitted() {
    let trial = Trial::new()
        .run("depth 3", "depth 8")
        .run("deadline \"1h\"", "deadline \"2h\"")
        .run("turns 50", "turns 200")
        .run("tokens 500_000", "tokens 1_000_000")
        .run("size \"1Gi\"", "size \"10Gi\"");
    assert_eq!(trial.found(), []);
}

#[test]
fn the_message_names_both_amounts_and_the_rule() {
    let (finding, related) = Trial::new().run("turns 50", "turns 300").only();
    assert_eq!(finding.message, "`turns` 300 exceeds the maximum 200");
    assert_eq!(
        finding.help.as_deref(),
        Some(
            "write `turns 200`, or ask the owner of policy `base` for `turns 300` in its `limits`"
        )
    );
    assert_eq!(related, ["200"]);
}

/// Each of these is not permitted by silence, written or not.
#[test]
fn silence_permits_no_run() {
    for (line, text) in [
        ("        depth 10\n", "3"),
        ("        deadline \"2h\"\n", "\"1h\""),
        ("        turns 200\n", "50"),
        ("        tokens 1_000_000\n", "500_000"),
        ("        workspace \"10Gi\"\n", "\"1Gi\""),
    ] {
        assert_eq!(
            Trial::new().policy(line, "").found(),
            one("PA0702", text),
            "{line}"
        );
    }
    let default = Trial::new()
        .policy("        depth 10\n", "")
        .run("        depth 3\n", "");
    assert_eq!(default.codes(), ["PA0702"]);
}

#[test]
fn a_policy_without_limits_is_one_finding() {
    let text = include_str!("../../../../golden/pages/base/policy.kdl");
    let start = text.find("    limits {").unwrap();
    let trial = Trial::new().policy(&text[start..], "}\n");
    let (finding, related) = trial.only();
    assert_eq!(finding.code.number(), "PA0702");
    assert_eq!(related, ["\"base\""]);
}

/// What silence permits is what the table of nodes promises.
#[test]
fn silence_permits_the_defaults_and_no_more() {
    for (fits, over) in [
        ("export \"10m\"", "export \"11m\""),
        ("traffic \"1Gi\"", "traffic \"1025Mi\""),
        ("concurrency 8", "concurrency 9"),
    ] {
        let limits = |line: &str| {
            Trial::new().run(
                "        depth 3",
                &format!("        {line}\n        depth 3"),
            )
        };
        assert_eq!(limits(fits).found(), []);
        assert_eq!(limits(over).codes(), ["PA0701"], "{over}");
    }
    for (fits, over) in [
        ("cpu \"1\"", "cpu \"1001m\""),
        ("memory \"2Gi\"", "memory \"2049Mi\""),
        ("storage \"2Gi\"", "storage \"3Gi\""),
    ] {
        let agent = |line: &str| Trial::new().in_agent(&format!("resources {{\n{line}\n}}"));
        assert_eq!(agent(fits).found(), []);
        assert_eq!(agent(over).codes(), ["PA0701"], "{over}");
    }
    let retry = |n: u32| {
        Trial::new()
            .in_run(&format!("retry {n} on=\"infrastructure\""))
            .codes()
    };
    assert_eq!(retry(3), [""; 0]);
    assert_eq!(retry(4), ["PA0701"]);
    let remind = |n: u32| {
        Trial::new()
            .in_run(&format!("finish {{\n reminders {n}\n}}"))
            .codes()
    };
    assert_eq!(remind(5), [""; 0]);
    assert_eq!(remind(6), ["PA0701"]);
}

#[test]
fn defaults_of_the_spec_are_bounded_too() {
    for rule in [
        "cpu \"500m\"",
        "memory \"512Mi\"",
        "storage \"512Mi\"",
        "concurrency 4",
        "export \"5m\"",
        "reminders 0",
    ] {
        let trial = Trial::new().policy(
            "        depth 10",
            &format!("        {rule}\n        depth 10"),
        );
        assert_eq!(trial.codes(), ["PA0701"], "{rule}");
        let (finding, _) = trial.only();
        assert!(
            finding.message.contains("where nothing is written"),
            "{}",
            finding.message
        );
    }
    let cycle = Trial::new()
        .policy(
            "        depth 10",
            "        cycle \"30m\"\n        depth 10",
        )
        .run("        cycle \"15m\"\n", "");
    assert_eq!(cycle.codes(), ["PA0701"]);
}

#[test]
fn traffic_counts_where_an_agent_can_cause_it() {
    let policy = "    egress {\n tunnel \"packages.example.com\" acknowledge=\"ours\"\n}";
    let tight = Trial::new()
        .policy(
            "        depth 10",
            "        traffic \"100Mi\"\n        depth 10",
        )
        .in_policy(policy);
    assert_eq!(tight.found(), []);
    let tunnel = tight.in_agent("egress {\n tunnel \"packages.example.com\"\n}");
    assert_eq!(tunnel.codes(), ["PA0701"]);
    assert_eq!(
        tunnel
            .run(
                "        depth 3",
                "        traffic \"100Mi\"\n        depth 3"
            )
            .codes(),
        [""; 0]
    );
}

#[test]
fn policies_intersect_and_are_one_finding() {
    let both = second("depth 2\ndeadline \"30m\"\nturns 200\ntokens 1_000_000\nworkspace \"10Gi\"");
    let found = both.found();
    assert_eq!(
        found,
        [("PA0701", "3".to_owned()), ("PA0701", "\"1h\"".to_owned())]
    );
    let (finding, related) =
        second("depth 5\ndeadline \"2h\"\nturns 200\ntokens 1_000_000\nworkspace \"10Gi\"")
            .run("depth 3", "depth 12")
            .run("cycle \"15m\"", "cycle \"5m\"")
            .only();
    assert_eq!(finding.message, "`depth` 12 exceeds the maximum 5");
    assert_eq!(related, ["10", "5"]);
}

#[test]
fn volumes_stay_as_long_as_permitted() {
    let keep = |line: &str, rule: &str| {
        Trial::new()
            .run("size \"1Gi\"", &format!("size \"1Gi\"\n{line}"))
            .in_policy(rule)
            .codes()
    };
    assert_eq!(keep("keep \"never\"", ""), [""; 0]);
    assert_eq!(keep("keep \"always\" for=\"1d\"", ""), ["PA0702"]);
    assert_eq!(keep("keep \"always\"", ""), ["PA0702"]);
    assert_eq!(
        keep("keep \"on-failure\" for=\"7d\"", "keep for=\"7d\""),
        [""; 0]
    );
    assert_eq!(
        keep("keep \"on-failure\" for=\"8d\"", "keep for=\"7d\""),
        ["PA0701"]
    );
    // Three days where nothing is written.
    assert_eq!(keep("keep \"on-failure\"", "keep for=\"2d\""), ["PA0701"]);
}

#[test]
fn contents_of_exports_are_bounded() {
    let export = |size: &str, rule: &str| {
        let out = Trial::new()
            .in_run(&format!("export {{\n offer \"report\" {{\n on \"linear\"\n to \"ENG-1\"\n auth \"out\"\n{size}\n}}\n}}"))
            .declare("secret \"out\" {\n from \"export-keys\" key=\"K\"\n}")
            .policy("        depth 10", &format!("        {rule}\n        depth 10"))
            .codes();
        out.into_iter().filter(|c| *c == "PA0701").count()
    };
    assert_eq!(export("", ""), 0);
    assert_eq!(export("size \"101Mi\"", ""), 1);
    assert_eq!(export("", "archive \"5Mi\""), 1);
    assert_eq!(export("size \"5Mi\"", "archive \"5Mi\""), 0);
}

const PRICE: &str = "id \"claude-sonnet-4-5\"\n    price {\n input \"3 USD\" per=1_000_000\n output \"15 USD\" per=1_000_000\n}";

fn cost(run: &str, policy: &str, priced: bool) -> Trial {
    let trial = Trial::new()
        .run(
            "        depth 3",
            &format!("        {run}\n        depth 3"),
        )
        .policy(
            "        depth 10",
            &format!("        {policy}\n        depth 10"),
        );
    if priced {
        trial.run("id \"claude-sonnet-4-5\"", PRICE)
    } else {
        trial
    }
}

#[test]
fn money_is_counted_where_it_is_bounded() {
    assert_eq!(cost("cost \"5 USD\"", "cost \"5 USD\"", true).found(), []);
    assert_eq!(cost("cost \"5 USD\"", "", true).found(), []);
    assert_eq!(cost("", "cost \"5 USD\"", true).codes(), ["PA0703"]);
    assert_eq!(
        cost("cost \"5 USD\"", "", false).found(),
        one("PA0703", "\"sonnet\"")
    );
    assert_eq!(
        cost("cost \"6 USD\"", "cost \"5 USD\"", true).found(),
        one("PA0701", "\"6 USD\"")
    );
}

/// An amount in another currency is never smaller.
#[test]
fn currencies_are_not_compared() {
    assert_eq!(
        cost("cost \"1 KRW\"", "cost \"5 USD\"", true).codes(),
        ["PA0704", "PA0704"]
    );
    assert_eq!(
        cost("cost \"9 USD\"", "cost \"5 EUR\"", true).found(),
        one("PA0704", "\"9 USD\"")
    );
    let prices = cost("cost \"5 USD\"", "", true).run("output \"15 USD\"", "output \"15 EUR\"");
    assert_eq!(prices.found(), one("PA0704", "\"15 EUR\""));
}

#[test]
fn an_agent_that_bounds_money_needs_prices_too() {
    let trial = Trial::new().in_agent("limits {\n cost \"1 USD\"\n}");
    assert_eq!(trial.found(), one("PA0703", "\"sonnet\""));
}

#[test]
fn limits_that_cannot_hold() {
    let cycle = Trial::new().run("cycle \"15m\"", "cycle \"61m\"");
    assert_eq!(cycle.found(), one("PA0705", "\"61m\""));
    let repeats = Trial::new()
        .policy("depth 10", "depth 50\n        retry 20")
        .run("depth 3", "depth 49")
        .run("cycle \"15m\"", "cycle \"1m\"")
        .in_run("retry 2 on=\"infrastructure\"");
    assert_eq!(repeats.found(), one("PA0705", "2"));
    assert_eq!(repeats.run("depth 49", "depth 48").found(), []);
}

#[test]
fn cycles_that_the_deadline_cuts_off() {
    let (finding, related) = Trial::new().run("depth 3", "depth 5").only();
    assert_eq!(finding.code.number(), "PA0706");
    assert_eq!(
        finding.message,
        "5 cycles of 15m take up to 1h15m, but the run ends after 1h"
    );
    assert_eq!(related, ["\"1h\"", "\"15m\""]);
    assert_eq!(Trial::new().run("depth 3", "depth 4").found(), []);
    // A cycle that is not written takes what is left.
    assert_eq!(
        Trial::new()
            .run("depth 3", "depth 9")
            .run("        cycle \"15m\"\n", "")
            .found(),
        []
    );
}

#[test]
fn bounds_of_an_agent_that_the_run_never_lets_it_reach() {
    let agent = |line: &str| {
        Trial::new()
            .in_agent(&format!("limits {{\n{line}\n}}"))
            .found()
    };
    assert_eq!(agent("turns 50"), []);
    assert_eq!(agent("turns 51"), one("PA0706", "51"));
    assert_eq!(agent("tokens 500_001"), one("PA0706", "500_001"));
}
