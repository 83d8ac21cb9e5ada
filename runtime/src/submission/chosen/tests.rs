use super::super::{Document, Problem, actions, read, schema};
use crate::contract::Contract;
use crate::gateway::inputs::Inputs;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The example with one more export, of whose run the agent chooses two inputs.
fn contract(when: &str) -> Contract {
    let example = include_str!("../../../../golden/contract/pure-agent.json");
    let mut value: Value = serde_json::from_str(example).unwrap();
    let input = |name: &str, more: Value| {
        let mut input = json!({"name": name, "required": true, "size": 8, "one_of": []});
        let more = more.as_object().unwrap().clone();
        input.as_object_mut().unwrap().extend(more);
        input
    };
    value["exports"].as_array_mut().unwrap().push(json!({
        "name": "submit", "when": when, "times": 1,
        "action": {
            "kind": "submit", "run": "daily", "api": {"url": "", "token": "", "authority": ""},
            "inputs": [
                input("city", json!({"one_of": ["Seoul", "Busan"]})),
                input("day", json!({"match": "[0-9]+", "default": "1"})),
                input("secret", json!({})),
            ],
            "chosen": ["city", "day"], "bind": {"secret": {"value": "bound"}},
        },
    }));
    serde_json::from_value(value).unwrap()
}

fn judge(contract: &Contract, inputs: Value) -> Result<Document, Vec<Problem>> {
    let text = json!({"issue": "A-1", "prompt": "p"}).to_string();
    let given = Inputs::read(&URL_SAFE_NO_PAD.encode(text), contract).unwrap();
    let mut arguments = json!({"summary": "s", "actions": ["submit"]});
    if !inputs.is_null() {
        arguments["submit"] = inputs;
    }
    read(contract, &given, &arguments)
}

#[test]
fn s4_15_an_agent_chooses_inputs_within_what_the_run_declares() {
    let contract = contract("offer");
    for inputs in [
        json!({"city": "Seoul"}),
        json!({"city": "Busan", "day": "12345678"}),
    ] {
        let document = judge(&contract, inputs.clone()).unwrap();
        let text: Value = serde_json::from_str(&document.text().unwrap()).unwrap();
        // What was left out is the other run's own default, and what is bound is not here.
        assert_eq!(text["submit"], inputs);
        assert_eq!(Document::parse(&text.to_string()).unwrap(), document);
    }
    for (inputs, pointer, rule) in [
        (Value::Null, "/submit", "field-missing"),
        (json!("Seoul"), "/submit", "field-type"),
        (json!({}), "/submit/city", "field-missing"),
        (json!({"city": 1}), "/submit/city", "field-type"),
        (json!({"city": "Paris"}), "/submit/city", "input-one-of"),
        (
            json!({"city": "Seoul", "day": "x"}),
            "/submit/day",
            "input-match",
        ),
        (
            json!({"city": "Seoul", "day": "123456789"}),
            "/submit/day",
            "input-size",
        ),
        // Bound, and unknown.
        (
            json!({"city": "Seoul", "secret": "x"}),
            "/submit",
            "field-unknown",
        ),
        (
            json!({"city": "Seoul", "{{workflow.uid}}": "x"}),
            "/submit",
            "field-unknown",
        ),
    ] {
        let problems = judge(&contract, inputs.clone()).unwrap_err();
        let found: Vec<_> = problems
            .iter()
            .map(|p| (p.pointer.as_str(), p.rule))
            .collect();
        assert_eq!(found, [(pointer, rule)], "{inputs}");
        assert!(!problems[0].message.contains("workflow"), "{problems:?}");
    }
}

#[test]
fn an_agent_is_told_what_it_may_choose() {
    let contract = contract("offer");
    let given = Inputs::of(
        [
            ("issue".to_owned(), "A-1".to_owned()),
            ("prompt".to_owned(), "p".to_owned()),
        ]
        .into(),
        &contract.inputs,
    );
    let told = actions(&contract, &given.unwrap());
    let offered = told["offered"].as_array().unwrap();
    let one = offered.iter().find(|one| one["kind"] == "submit").unwrap();
    assert_eq!(one["run"], "daily");
    let fields = &one["needs"]["submit"];
    assert_eq!(
        fields,
        &schema_of(&contract, "Inputs of the run that is submitted.")
    );
    assert_eq!(
        fields["properties"]["city"],
        json!({"type": "string", "enum": ["Seoul", "Busan"]})
    );
    assert_eq!(fields["required"], json!(["city"]));
    assert!(!told.to_string().contains("bound"), "{told}");
}

/// The same as in the schema of the tool, but for its words.
fn schema_of(contract: &Contract, about: &str) -> Value {
    let mut fields = schema(contract)["properties"]["submit"].clone();
    let words = fields["description"].as_str().unwrap();
    assert!(
        words.contains("run `daily`") && words.contains("action `submit`"),
        "{words}"
    );
    fields["description"] = about.into();
    fields
}
