use crate::check::trial::Trial;

const INPUTS: &str = r#"run "daily" {
    input "city" {
        one-of "Seoul" "Busan"
    }
    input "day" {
        match "[0-9]{1,8}"
        default "1"
    }
    input "note" {
        size "16"
        required #false
    }"#;

/// A run that submits `daily`, which has an input of each kind.
fn trial(export: &str) -> Trial {
    let daily = include_str!("../../../../../golden/pages/base/run.kdl");
    Trial::new()
        .file("daily.kdl", &daily.replace("run \"hello\" {", INPUTS))
        .edit("target.kdl", "    dns {", "    submit \"daily\"\n    dns {")
        .in_policy("export \"submit\" {\n run \"daily\"\n}")
        .in_run(&format!(
            "export {{\n offer \"submit\" {{\n run \"daily\" file=\"daily.kdl\"\n {export}\n }}\n}}"
        ))
}

const CITY: &str = "input \"city\"";

#[test]
fn s4_15_what_a_run_declares_is_what_it_is_given() {
    for fine in [
        CITY,
        "bind \"city\" value=\"Seoul\"",
        "input \"city\"\ninput \"day\"",
        "input \"city\"\nbind \"day\" value=\"20260101\"\nbind \"note\" value=\"from a run\"",
    ] {
        assert_eq!(trial(fine).codes(), [""; 0], "{fine}");
    }
    for (export, code, under) in [
        ("", "PA0204", "\"daily\""),
        ("input \"city\"\ninput \"town\"", "PA0301", "\"town\""),
        (
            "input \"city\"\nbind \"city\" value=\"Seoul\"",
            "PA0215",
            "\"city\"",
        ),
        ("bind \"city\" value=\"Paris\"", "PA0209", "\"Paris\""),
        (
            "input \"city\"\nbind \"day\" value=\"today\"",
            "PA0209",
            "\"today\"",
        ),
        (
            "input \"city\"\nbind \"note\" value=\"far more than sixteen bytes\"",
            "PA0209",
            "\"far more than sixteen bytes\"",
        ),
        ("input \"city\"\nbind \"day\"", "PA0215", "bind \"day\""),
        ("bind \"city\" input=\"place\"", "PA0301", "\"place\""),
        ("input \"city\"\nauth \"claude\"", "PA0215", "\"claude\""),
        ("input \"city\"\nregion \"x\"", "PA0215", "\"x\""),
    ] {
        let found = trial(export).found();
        assert!(
            found.contains(&(code, under.to_owned())),
            "{export}: {found:?}"
        );
    }
}

#[test]
fn an_input_that_may_be_missing_gives_nothing() {
    let given = |place: &str| {
        let input = format!("input \"place\" {{\n match \"[A-Z][a-z]{{1,9}}\"\n {place}\n}}");
        trial("bind \"city\" input=\"place\"").in_run(&input)
    };
    assert_eq!(given("").codes(), [""; 0]);
    assert_eq!(given("required #false").codes(), ["PA0709"]);
}

#[test]
fn a_policy_names_the_runs_and_their_number() {
    let case = |rule: &str| trial(CITY).policy("run \"daily\"", rule);
    for rule in [
        "run \"da*\"",
        "run \"other\"\nrun \"daily\"",
        "run \"daily\"\ntimes 3",
    ] {
        assert_eq!(case(rule).codes(), [""; 0], "{rule}");
    }
    for rule in ["run \"other\"", "times 1", "run \"daily\"\napprove"] {
        assert_eq!(case(rule).codes(), ["PA0413"], "{rule}");
    }
    assert_eq!(trial("input \"city\"\ntimes 2").codes(), ["PA0414"]);
    let silent = trial(CITY).policy("export \"submit\" {", "export \"webhook\" {");
    assert!(silent.codes().contains(&"PA0413"), "{:?}", silent.codes());
}

#[test]
fn a_target_opens_the_run_and_says_where_the_api_server_is() {
    let closed = trial(CITY).edit("target.kdl", "submit \"daily\"", "submit \"other\"");
    assert_eq!(closed.found(), [("PA0429", "\"daily\"".to_owned())]);
    let block = trial(CITY).edit("target.kdl", "192.0.2.10/32", "192.0.2.0/24");
    assert_eq!(block.codes(), ["PA0429"]);
}

/// What the agent chooses leaves the run, unless it is one of a few words.
#[test]
fn a_text_of_the_agent_for_another_run_is_a_way_out() {
    let private = |export: &str| {
        let tracker = r#"secret "tracker" {
    from "tracker" key="KEY"
}
mcp "tracker" {
    builtin "linear"
    team "DLD"
    auth "tracker"
}
tools "t" {
    server "tracker" {
        allow "get_issue"
    }
}"#;
        let rules = r#"tool "linear" "*"
upstream "api.linear.app"
secret "tracker" key="*" for="mcp" to="api.linear.app""#;
        let trial = trial(export).declare(tracker).in_agent("tools \"t\"");
        trial.in_policy(rules).codes()
    };
    assert_eq!(private(CITY), [""; 0]);
    assert_eq!(private("bind \"city\" value=\"Seoul\""), [""; 0]);
    assert_eq!(private("input \"city\"\ninput \"note\""), ["PA0510"]);
}
