//! Bindings of events.

use super::*;
use crate::emit::trigger::shape;
use crate::plan::{Handed, HandedForm, TriggerPlan};
use regex_automata::nfa::thompson::pikevm::PikeVM;

fn fits(expression: &str) -> bool {
    let machine = PikeVM::new(&shape()).unwrap();
    machine.is_match(&mut machine.create_cache(), expression)
}

fn expression(binding: &Json) -> String {
    let list = &binding["spec"]["submit"]["arguments"]["parameters"];
    assert_eq!(list.as_array().map(Vec::len), Some(1));
    assert_eq!(list[0]["name"], "inputs");
    list[0]["valueFrom"]["event"].as_str().unwrap().to_owned()
}

#[test]
fn s2_27_an_alert_is_bound_to_its_spec_by_places_in_its_payload() {
    assert!(of_kind(&minimal(), "WorkflowEventBinding").is_empty());
    let mut plan = rich();
    let binding = of_kind(&plan, "WorkflowEventBinding").remove(0);
    assert_eq!(binding["metadata"]["name"], "pure-agent.alert");
    let spec = &binding["spec"];
    assert_eq!(
        spec["event"],
        serde_json::json!({"selector": "discriminator == \"alert\""})
    );
    assert_eq!(
        spec["submit"]["workflowTemplateRef"],
        serde_json::json!({"name": "pure-agent"})
    );
    let text = expression(&binding);
    for part in [
        r#"["issue", reduce(["commonLabels", "issue"], "#,
        r#"["prompt", map([reduce(["alerts", 0], "#,
        r#"replace(replace(replace(toBase64("{" + "#,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    // What is switched off is refused with its reason, not silently.
    plan.enabled = false;
    assert_eq!(of_kind(&plan, "WorkflowEventBinding").remove(0), binding);
}

/// What is emitted has the one form that admission lets through; what reads, computes or quotes otherwise has not.
#[test]
fn admission_knows_what_is_emitted_and_nothing_else() {
    let handed = |input: &str, place: &str, form| Handed {
        input: input.to_owned(),
        place: place.to_owned(),
        form,
    };
    let mut plan = rich();
    for inputs in [
        vec![],
        vec![handed("a", "", HandedForm::Text)],
        vec![handed("a-1", "/a b/0/c~1d~0e/9999", HandedForm::Json)],
        vec![
            handed("a", "/1/2/3/4/5/6/7/8", HandedForm::Text),
            handed("b", "/_.:@+-", HandedForm::Json),
            handed("c", "", HandedForm::Json),
        ],
    ] {
        let event = "alert".to_owned();
        plan.triggers = vec![TriggerPlan { event, inputs }];
        let text = expression(&of_kind(&plan, "WorkflowEventBinding").remove(0));
        assert!(fits(&text), "{text}\n{}", shape());
    }
    let good = expression(&of_kind(&rich(), "WorkflowEventBinding").remove(0));
    for (from, to) in [
        ("toBase64(", "("),
        ("\"+\", \"-\"", "\"+\", \"{\""),
        ("payload)", "metadata)"),
        ("\"commonLabels\"", "payload.key"),
        ("\"commonLabels\"", "\"a\\\"b\""),
        ("\"commonLabels\"", "\"{{a}}\""),
        ("\"issue\", reduce", "payload.name, reduce"),
        ("#[1] != nil", "true"),
        ("toJSON(#[0])", "#[0]"),
        ("[\"alerts\", 0]", "[\"alerts\", 12345]"),
        (", 0]", ", 0, 0, 0, 0, 0, 0, 0, 0]"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        assert!(!fits(&bad), "{bad}");
    }
    for bad in [
        format!("{good} + payload"),
        format!(" {good}"),
        format!("{good}\n"),
        "\"e30\"".to_owned(),
        String::new(),
    ] {
        assert!(!fits(&bad), "{bad}");
    }
}
