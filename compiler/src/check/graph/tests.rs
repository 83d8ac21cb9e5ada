mod drawn;

use crate::check::testing::{Case, base};
use crate::diag::Finding;

const SERVERS: &str = r#"
mcp "web" {
    builtin "fetch"
    host "docs.example.com"
}
mcp "linear" {
    builtin "linear"
    auth "linear"
    team "DLD"
}
secret "linear" {
    from "linear-keys" key="TOKEN"
}
approval "human" {
    via "gatekeeper"
    url "https://gatekeeper.example.com"
    auth "keeper"
    timeout "10m"
}
secret "keeper" {
    from "keeper-keys" key="TOKEN"
}
"#;

/// A run of these steps, each a name and the lines of its block, with so many cycles.
fn stepped(depth: u32, steps: &[(&str, &[&str])]) -> Case {
    let mut graph = "    graph {\n".to_owned();
    for (name, lines) in steps {
        graph += &format!("        step \"{name}\" {{\n");
        for line in *lines {
            graph += &format!("            {line}\n");
        }
        graph += "        }\n";
    }
    graph += "    }\n";
    base()
        .run("    agent \"writer\"\n", &graph)
        .run("depth 3", &format!("depth {depth}"))
        .declare(SERVERS)
}

fn found(depth: u32, steps: &[(&str, &[&str])]) -> Vec<String> {
    let findings = stepped(depth, steps).findings(super::check);
    findings.iter().map(shown).collect()
}

fn shown(finding: &Finding) -> String {
    format!("{} {}", finding.code.number(), finding.message)
}

const AGENT: &str = "agent \"writer\"";
const FAIL: &str = "on \"failed\" goto=\"fail\"";
const END: &str = "on \"ok\" goto=\"end\"";
const REQUEST: &str = "call \"linear\" \"request_feature\" { argument \"title\" value=\"a\"; }";

#[test]
fn a_line_of_steps_is_fine() {
    let steps: [(&str, &[&str]); 2] = [
        ("write", &[AGENT, "on \"ok\" goto=\"review\"", FAIL]),
        (
            "review",
            &[
                AGENT,
                "on \"good\" goto=\"end\"",
                "on \"bad\" goto=\"fail\"",
                FAIL,
            ],
        ),
    ];
    assert_eq!(found(3, &steps), [""; 0]);
}

#[test]
fn outcomes_are_total_and_closed() {
    let steps: [(&str, &[&str]); 4] = [
        ("write", &[AGENT, "on \"ok\" goto=\"ask\""]),
        (
            "ask",
            &[
                "approval \"human\" of=\"do\"",
                "on \"approved\" goto=\"do\"",
                "on \"ok\" goto=\"end\"",
            ],
        ),
        (
            "do",
            &[
                REQUEST,
                "on \"ok\" goto=\"judge\"",
                "on \"failed\" goto=\"fail\"",
                "on \"late\" goto=\"fail\"",
            ],
        ),
        ("judge", &[AGENT, "on \"good\" goto=\"end\"", FAIL]),
    ];
    assert_eq!(
        found(5, &steps),
        [
            "PA0217 step `write` has no edge for `failed`",
            "PA0217 step `ask` has no edge for `expired`",
            "PA0217 step `ask` has no edge for `rejected`",
            "PA0217 `approval` never ends as `ok`",
            "PA0217 `call` never ends as `late`",
            "PA0217 an agent that can say nothing but `good` has no choice",
        ]
    );
}

#[test]
fn ok_stands_for_itself() {
    let steps: [(&str, &[&str]); 1] = [("write", &[AGENT, END, "on \"odd\" goto=\"fail\"", FAIL])];
    assert_eq!(
        found(2, &steps),
        ["PA0217 `ok` stands where an agent chooses among words"]
    );
}

#[test]
fn s2_13_every_mistake_of_a_graph_is_found_in_one_go() {
    let steps: [(&str, &[&str]); 5] = [
        (
            "write",
            &[
                AGENT,
                "on \"ok\" goto=\"reviw\"",
                "on \"failed\" goto=\"write\"",
            ],
        ),
        ("review", &[AGENT, REQUEST, END, FAIL]),
        ("end", &["export \"report\"", END]),
        (
            "do",
            &[
                "call \"web\" \"fetch\" { argument \"url\" answer=\"write/page\"; }",
                END,
                FAIL,
            ],
        ),
        ("nothing", &[END]),
    ];
    assert_eq!(
        found(3, &steps),
        [
            "PA0301 no step is called `reviw`",
            "PA0712 step `write` may come again without end",
            "PA0807 no path leads to step `review`",
            "PA0215 step `review` has both `agent` and `call`",
            "PA0214 step cannot be called `end`",
            "PA0807 no path leads to step `end`",
            "PA0301 no export is called `report`",
            "PA0807 no path leads to step `do`",
            "PA0301 no step has the answer `write/page`",
            "PA0204 step `nothing` does nothing",
            "PA0807 no path leads to step `nothing`",
        ]
    );
}

#[test]
fn s4_20_what_leads_back_has_a_bound_and_nothing_else_has() {
    let check = |edge: &str| {
        let steps: [(&str, &[&str]); 3] = [
            ("act", &[AGENT, "on \"ok\" goto=\"check\"", FAIL]),
            ("check", &[AGENT, "on \"good\" goto=\"told\"", edge, FAIL]),
            ("told", &[AGENT, END, FAIL]),
        ];
        found(10, &steps)
    };
    assert_eq!(
        check("on \"bad\" goto=\"act\" max=3 then=\"fail\""),
        [""; 0]
    );
    assert_eq!(
        check("on \"bad\" goto=\"act\""),
        ["PA0712 steps from `act` to `check` may come again without end"]
    );
    assert_eq!(
        check("on \"bad\" goto=\"act\" max=3"),
        ["PA0712 nothing says where the run goes after 3 times"]
    );
    assert_eq!(
        check("on \"bad\" goto=\"act\" max=3 then=\"check\""),
        ["PA0712 `then` leads back to `check` without a bound"]
    );
    assert_eq!(
        check("on \"bad\" goto=\"told\" max=3 then=\"fail\"")[0],
        "PA0215 `max` where nothing leads back: `told` comes later"
    );
    assert_eq!(
        check("on \"bad\" goto=\"fail\" max=3 then=\"fail\"")[0],
        "PA0215 `max` where the run ends with `fail`"
    );
    assert_eq!(
        check("on \"bad\" goto=\"told\" then=\"fail\"")[0],
        "PA0215 `then` without `max`"
    );
}

#[test]
fn the_most_steps_fit_into_the_depth_and_the_number_is_said() {
    // act and check, three times again, then told; and a reminder.
    let steps: [(&str, &[&str]); 3] = [
        ("act", &[AGENT, "on \"ok\" goto=\"check\"", FAIL]),
        (
            "check",
            &[
                AGENT,
                "on \"good\" goto=\"told\"",
                "on \"bad\" goto=\"act\" max=3 then=\"told\"",
                FAIL,
            ],
        ),
        ("told", &[AGENT, END, FAIL]),
    ];
    assert_eq!(found(10, &steps), [""; 0]);
    let short = stepped(9, &steps).findings(super::check);
    assert_eq!(
        short.iter().map(shown).collect::<Vec<_>>(),
        ["PA0705 a run may take 9 steps and 1 reminder, and its depth is 9"]
    );
    assert!(short[0].help.as_ref().unwrap().contains("`depth 10`"));
    assert_eq!(
        found(11, &steps),
        ["PA0706 `depth` 11 is never reached: a run takes at most 9 steps and 1 reminder"]
    );
}

#[test]
fn an_answer_was_given_on_every_path() {
    let read = "call \"web\" \"fetch\" { argument \"url\" answer=\"choose/page\"; }";
    let choose = "agent \"writer\" { answer \"page\" { match \"https://[a-z.]{1,20}\"; }; }";
    let with = |first: &str, failed: &str| {
        let steps: [(&str, &[&str]); 3] = [
            ("first", &[AGENT, first, "on \"b\" goto=\"choose\"", FAIL]),
            ("choose", &[choose, "on \"ok\" goto=\"read\"", failed]),
            ("read", &[read, END, FAIL]),
        ];
        found(4, &steps)
    };
    let unset = ["PA0311 step `read` can be reached before `choose/page` was answered"];
    assert_eq!(with("on \"a\" goto=\"choose\"", FAIL), [""; 0]);
    assert_eq!(with("on \"a\" goto=\"read\"", FAIL), unset, "left out");
    assert_eq!(
        with("on \"a\" goto=\"choose\"", "on \"failed\" goto=\"read\""),
        unset,
        "failed"
    );
}

const ASK: &str = "approval \"human\" of=\"do\"";

/// A call that a person is asked about, by a way that may go around.
fn asked(first: &str, rejected: &str) -> Case {
    stepped(
        4,
        &[
            ("write", &[AGENT, "on \"a\" goto=\"ask\"", first, FAIL]),
            (
                "ask",
                &[
                    ASK,
                    "on \"approved\" goto=\"do\"",
                    rejected,
                    "on \"expired\" goto=\"fail\"",
                ],
            ),
            ("do", &[REQUEST, END, FAIL]),
        ],
    )
}

#[test]
fn s2_19_every_path_to_a_call_passes_the_approval_that_it_has() {
    let way = |first: &str, rejected: &str| {
        let findings = asked(first, rejected).findings(super::check);
        findings.iter().map(shown).collect::<Vec<_>>()
    };
    let around = ["PA0406 step `do` can be reached without the approval that it has"];
    let ends = "on \"rejected\" goto=\"end\"";
    assert_eq!(way("on \"b\" goto=\"ask\"", ends), [""; 0]);
    assert_eq!(way("on \"b\" goto=\"do\"", ends), around);
    assert_eq!(
        way("on \"b\" goto=\"ask\"", "on \"rejected\" goto=\"do\""),
        around,
        "who says no does not say yes"
    );
}

#[test]
fn who_agrees_does_so_for_one_call() {
    let again = |to: &str| {
        let failed = format!("on \"failed\" goto=\"{to}\" max=1 then=\"fail\"");
        let steps: [(&str, &[&str]); 3] = [
            ("write", &[AGENT, "on \"ok\" goto=\"ask\"", FAIL]),
            (
                "ask",
                &[
                    ASK,
                    "on \"approved\" goto=\"do\"",
                    "on \"rejected\" goto=\"end\"",
                    "on \"expired\" goto=\"fail\"",
                ],
            ),
            ("do", &[REQUEST, END, &failed]),
        ];
        let findings = stepped(10, &steps).findings(super::check);
        let errors = findings.iter().filter(|f| f.code.number() != "PA0706");
        errors.map(shown).collect::<Vec<_>>()
    };
    assert_eq!(again("ask"), [""; 0]);
    assert_eq!(
        again("do"),
        ["PA0406 step `do` can be reached without the approval that it has"]
    );
}

#[test]
fn s2_20_a_policy_that_asks_for_approval_is_kept_by_a_step_that_asks() {
    const APPROVE: &str = "    approve \"linear\" \"request_feature\"";
    let ends = "on \"rejected\" goto=\"end\"";
    let codes = |case: Case| case.permit(APPROVE).codes(crate::check::tools::check);
    assert_eq!(codes(asked("on \"b\" goto=\"ask\"", ends)), [""; 0]);
    assert_eq!(codes(asked("on \"b\" goto=\"do\"", ends)), ["PA0406"]);
    let bare: [(&str, &[&str]); 2] = [
        ("write", &[AGENT, "on \"ok\" goto=\"do\"", FAIL]),
        ("do", &[REQUEST, END, FAIL]),
    ];
    let found = stepped(3, &bare)
        .permit(APPROVE)
        .findings(crate::check::tools::check);
    assert_eq!(
        found.iter().map(shown).collect::<Vec<_>>(),
        ["PA0406 tool `request_feature` of `linear` needs approval, says policy `base`"]
    );
    assert!(found[0].help.as_ref().unwrap().contains("of=\"do\""));
}

#[test]
fn policies_bound_the_calls_of_steps_as_they_bound_those_of_agents() {
    let calls = |max: u32, rule: &str| {
        let edge = format!("on \"failed\" goto=\"do\" max={max} then=\"fail\"");
        let steps: [(&str, &[&str]); 2] = [
            ("write", &[AGENT, "on \"ok\" goto=\"do\"", FAIL]),
            ("do", &[REQUEST, END, &edge]),
        ];
        let case = stepped(max + 3, &steps).permit(rule);
        let findings = case.findings(crate::check::tools::check);
        findings.iter().map(shown).collect::<Vec<_>>()
    };
    let rule = "    tool \"linear\" \"request_feature\" times=3";
    assert_eq!(calls(2, rule), [""; 0], "once, and twice again");
    assert_eq!(
        calls(3, rule),
        [
            "PA0407 tool `request_feature` may be called 4 times in a run, the maximum of policy `base` is 3"
        ]
    );
    assert_eq!(
        calls(1, "    tool \"linear\" \"get_issue\""),
        [
            "PA0405 tool `request_feature` of `linear` for step `do` is not permitted by policy `base`"
        ]
    );
}

#[test]
fn a_person_is_asked_about_a_call_that_can_come() {
    let steps: [(&str, &[&str]); 4] = [
        ("write", &[AGENT, "on \"ok\" goto=\"ask\"", FAIL]),
        (
            "ask",
            &[
                ASK,
                "on \"approved\" goto=\"end\"",
                "on \"rejected\" goto=\"odd\"",
                "on \"expired\" goto=\"fail\"",
            ],
        ),
        (
            "odd",
            &[
                "approval \"human\" of=\"write\"",
                "on \"approved\" goto=\"end\"",
                "on \"rejected\" goto=\"do\"",
                "on \"expired\" goto=\"fail\"",
            ],
        ),
        ("do", &[REQUEST, END, FAIL]),
    ];
    assert_eq!(
        found(5, &steps),
        [
            "PA0215 step `write` makes no call that a person could approve",
            "PA0406 step `do` can be reached without the approval that it has",
        ]
    );
}

#[test]
fn a_submission_is_required_where_a_step_needs_it() {
    let steps: [(&str, &[&str]); 1] = [(
        "write",
        &[
            AGENT,
            "on \"a\" goto=\"end\"",
            "on \"b\" goto=\"end\"",
            FAIL,
        ],
    )];
    let finish = "    finish {\n        require \"nothing\"\n    }\n    limits {\n";
    let case = stepped(1, &steps).run("    limits {\n", finish);
    assert_eq!(case.codes(super::check), ["PA0215"]);
}

#[test]
fn a_graph_has_room_for_thirty_two_steps() {
    let names: Vec<String> = (0..33).map(|number| format!("s{number}")).collect();
    let next: Vec<String> = (1..33)
        .map(|number| format!("on \"ok\" goto=\"s{number}\""))
        .chain([END.to_owned()])
        .collect();
    let lines: Vec<Vec<&str>> = next.iter().map(|on| vec![AGENT, on, FAIL]).collect();
    let steps: Vec<(&str, &[&str])> = names
        .iter()
        .zip(&lines)
        .map(|(name, lines)| (name.as_str(), lines.as_slice()))
        .collect();
    assert_eq!(
        found(34, &steps),
        ["PA0705 graph has 33 steps, and there is room for 32"]
    );
    let mut less = steps;
    less.pop();
    less[31] = ("s31", &[AGENT, END, FAIL]);
    assert_eq!(found(33, &less), [""; 0]);
}
