use super::{actions, read, schema};
use crate::contract::Contract;
use crate::gateway::inputs::Inputs;
use crate::graph::{named, tests};
use proptest::prelude::*;
use serde_json::{Value, json};

fn contract() -> Contract {
    let mut value = tests::stepped();
    value["graph"]["steps"][1]["work"]["answers"] = json!([
        {"name": "issue", "required": true, "size": 8, "one_of": ["A-1", "A-2"]},
        {"name": "why", "required": false, "size": 8, "one_of": []},
        {"name": "where", "required": true, "size": 8, "match": "[a-z]+", "one_of": []},
        {"name": "often", "required": true, "size": 8, "default": "1", "one_of": []},
    ]);
    tests::contract(&value)
}

/// The rules that a submission breaks at a step, by their pointers.
fn wrong(step: &str, arguments: &Value) -> Vec<String> {
    let contract = contract();
    let inputs = Inputs::read("eyJzZXJ2aWNlIjoiYSJ9", &contract).unwrap();
    let step = named(contract.graph.as_ref().unwrap(), step).unwrap();
    match read(&contract, &inputs, step, arguments) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .map(|p| format!("{} {}", p.pointer, p.rule))
            .collect(),
    }
}

#[test]
fn a_verdict_is_a_word_of_the_list() {
    let with = |verdict: Value| json!({"summary": "s", "verdict": verdict});
    assert!(wrong("detect", &with(json!("fault"))).is_empty());
    for verdict in [
        json!("Fault"),
        json!("fault "),
        json!("failed"),
        json!("ok"),
        json!("cause"),
        json!(""),
        json!("fault\u{0}"),
        json!(["fault"]),
        json!(null),
        json!(0),
    ] {
        assert_eq!(
            wrong("detect", &with(verdict.clone())),
            ["/verdict verdict-unknown"],
            "{verdict}"
        );
    }
    assert_eq!(
        wrong("detect", &json!({"summary": "s"})),
        ["/verdict field-missing"]
    );
    let answers =
        json!({"summary": "s", "answers": {"issue": "A-1", "where": "a"}, "verdict": "ok"});
    assert_eq!(wrong("cause", &answers), ["/verdict field-unknown"]);
}

#[test]
fn an_answer_keeps_its_bounds() {
    let with = |answers: Value| json!({"summary": "s", "answers": answers});
    let good = json!({"issue": "A-1", "where": "there", "why": "so"});
    assert!(wrong("cause", &with(good.clone())).is_empty());
    for (name, value, rule) in [
        ("issue", json!("A-3"), "answer-one-of"),
        ("issue", json!("A-1\n"), "answer-one-of"),
        ("where", json!("there1"), "answer-match"),
        ("where", json!("there\n"), "answer-match"),
        ("where", json!(""), "answer-match"),
        ("where", json!("abcdefghi"), "answer-size"),
        ("why", json!("a reason too long"), "answer-size"),
        ("where", json!(7), "field-type"),
        ("where", json!({"a": "b"}), "field-type"),
    ] {
        let mut answers = good.clone();
        answers[name] = value.clone();
        assert_eq!(
            wrong("cause", &with(answers)),
            [format!("/answers/{name} {rule}")],
            "{value}"
        );
    }
    let one = json!({"where": "there"});
    assert_eq!(wrong("cause", &with(one)), ["/answers/issue field-missing"]);
    let mut more = good;
    more["other"] = json!("x");
    assert_eq!(wrong("cause", &with(more)), ["/answers field-unknown"]);
    assert_eq!(wrong("cause", &with(json!([]))), ["/answers field-type"]);
    let none = json!({"summary": "s", "verdict": "fault", "answers": {"issue": "A-1"}});
    assert_eq!(wrong("detect", &none), ["/answers field-unknown"]);
}

#[test]
fn a_default_stands_in_and_nothing_goes_on() {
    let contract = contract();
    let inputs = Inputs::read("eyJzZXJ2aWNlIjoiYSJ9", &contract).unwrap();
    let step = named(contract.graph.as_ref().unwrap(), "cause").unwrap();
    let arguments = json!({"summary": "s", "answers": {"issue": "A-1", "where": "a"}});
    let document = read(&contract, &inputs, step, &arguments).unwrap();
    assert_eq!(document.answers["often"], "1");
    assert_eq!(document.actions, ["none"]);
    let goes_on = json!({"summary": "s", "actions": ["continue"], "verdict": "fault"});
    assert_eq!(wrong("detect", &goes_on), ["/actions/0 action-continue"]);
}

#[test]
fn what_is_wanted_is_told() {
    let contract = contract();
    let inputs = Inputs::read("eyJzZXJ2aWNlIjoiYSJ9", &contract).unwrap();
    let graph = contract.graph.as_ref().unwrap();
    let detect = schema(&contract, named(graph, "detect").unwrap());
    assert_eq!(detect["required"], json!(["summary", "verdict"]));
    assert_eq!(
        detect["properties"]["verdict"]["enum"],
        json!(["fault", "healthy"])
    );
    assert!(!detect.to_string().contains("continue"), "{detect}");
    let cause = schema(&contract, named(graph, "cause").unwrap());
    assert_eq!(cause["required"], json!(["summary", "answers"]));
    assert_eq!(
        cause["properties"]["answers"]["required"],
        json!(["issue", "where"])
    );
    assert!(cause["properties"].get("verdict").is_none());
    let told = actions(&contract, &inputs, named(graph, "detect").unwrap());
    assert_eq!(told["verdict"], json!(["fault", "healthy"]));
    assert!(told["alone"].get("continue").is_none(), "{told}");
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<i64>().prop_map(|n| json!(n)),
        "(A-[0-9]|fault|healthy|failed|[a-z]{0,9}|.{0,9})".prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let name = "(issue|why|where|often|[a-z]{1,3})";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..5).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    /// Whatever an agent hands in: what is taken has a word of the list and answers within their bounds.
    #[test]
    fn what_is_taken_is_what_was_asked_for(verdict in any_value(), answers in any_value(), cause: bool) {
        let contract = contract();
        let inputs = Inputs::read("eyJzZXJ2aWNlIjoiYSJ9", &contract).unwrap();
        let name = if cause { "cause" } else { "detect" };
        let step = named(contract.graph.as_ref().unwrap(), name).unwrap();
        let mut arguments = json!({"summary": "s"});
        if !verdict.is_null() { arguments["verdict"] = verdict; }
        if !answers.is_null() { arguments["answers"] = answers; }
        if let Ok(document) = read(&contract, &inputs, step, &arguments) {
            let word = document.verdict.as_deref();
            let fits = if cause { word.is_none() } else { matches!(word, Some("fault" | "healthy")) };
            prop_assert!(fits, "{:?}", word);
            prop_assert_eq!(document.answers.contains_key("issue"), cause);
            for (name, value) in &document.answers {
                prop_assert!(value.len() <= 8, "{}", name);
                prop_assert!(name != "issue" || matches!(value.as_str(), "A-1" | "A-2"));
                prop_assert!(name != "where" || value.bytes().all(|b| b.is_ascii_lowercase()));
            }
        }
    }
}
