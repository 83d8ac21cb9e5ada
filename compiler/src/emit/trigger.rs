//! The bindings of a run to the events that start it.
//!
//! Argo's server evaluates an expression over a payload that anybody may have written and puts the outcome into a
//! parameter, which Argo later scans for placeholders. So the expression ends in base64url, as a submission does:
//! nothing of a payload is anything but data, here, in the Workflow and in the pods. What is in it is the gateway's to
//! check. The expression has a value for every payload: a step that leads nowhere gives nothing.

use crate::bundle::{Object, Zone};
use crate::emit::argo::{
    Arguments, Event, Parameter, Submit, TemplateRef, ValueFrom, WorkflowEventBinding,
    WorkflowEventBindingSpec,
};
use crate::emit::{metadata, names};
use crate::json;
use crate::plan::{Handed, HandedForm, Plan, TriggerPlan};
use crate::value::{NotData, Value, to_value};
use crate::values::event_pointer::{Token, tokens};

/// From a value to a part of it: a member of an object, an element of a list, and nothing of anything else.
const STEP: &str = r#"type(#acc) + type(#) in ["mapstring", "arrayint"] ? get(#acc, #) : nil"#;
/// Around pairs of a name and a value: the object that those with a value make, as base64url.
const AROUND: (&str, &str) = (
    r#"replace(replace(replace(toBase64("{" + join(map(filter(["#,
    r##"], #[1] != nil), toJSON(#[0]) + ":" + toJSON(#[1])), ",") + "}"), "+", "-"), "/", "_"), "=", "")"##,
);
/// Around a value whose JSON is wanted.
const AS_JSON: (&str, &str) = ("map([", "], # == nil ? nil : toJSON(#))[0]");

/// One for each trigger. A disabled run has them too: admission refuses its Workflows and says why.
///
/// # Errors
/// None in practice: there is no number in a binding.
pub fn event_bindings(plan: &Plan) -> Result<Vec<Object>, NotData> {
    let binding = |trigger: &TriggerPlan| {
        let name = names::event_binding(plan, &trigger.event);
        let meta = metadata(&name, plan, names::spec_labels(plan));
        let value = to_value(&WorkflowEventBinding::new(meta, spec(plan, trigger)))?;
        Ok(Object::new(Zone::Spec, value))
    };
    plan.triggers.iter().map(binding).collect()
}

fn spec(plan: &Plan, trigger: &TriggerPlan) -> WorkflowEventBindingSpec {
    WorkflowEventBindingSpec {
        event: Event {
            selector: format!("discriminator == {}", quoted(&trigger.event)),
        },
        submit: Submit {
            arguments: Arguments {
                parameters: vec![Parameter {
                    name: names::INPUTS.to_owned(),
                    value_from: Some(ValueFrom {
                        event: Some(inputs(&trigger.inputs)),
                        ..ValueFrom::default()
                    }),
                    ..Parameter::default()
                }],
            },
            workflow_template_ref: TemplateRef {
                name: plan.name.clone(),
            },
        },
    }
}

/// The expression for the inputs of a run.
fn inputs(handed: &[Handed]) -> String {
    let pairs: Vec<String> = handed.iter().map(pair).collect();
    let (before, after) = AROUND;
    format!("{before}{}{after}", pairs.join(", "))
}

fn pair(handed: &Handed) -> String {
    let name = quoted(&handed.input);
    let path: Vec<String> = tokens(&handed.place).iter().map(step).collect();
    let value = format!("reduce([{}], {STEP}, payload)", path.join(", "));
    match handed.form {
        HandedForm::Text => format!("[{name}, {value}]"),
        HandedForm::Json => {
            let (before, after) = AS_JSON;
            format!("[{name}, {before}{value}{after}]")
        }
    }
}

fn step(token: &Token) -> String {
    match token {
        Token::Member(name) => quoted(name),
        Token::Element(number) => number.to_string(),
    }
}

/// A text of the expression language; the checks let nothing through that would have to be escaped.
fn quoted(text: &str) -> String {
    json::canonical(&Value::from(text.to_owned()))
}

/// What is written for the inputs of a run, as a regular expression: admission refuses every other.
#[must_use]
pub fn shape() -> String {
    let literal = |text: &str| {
        text.chars()
            .map(|c| match c {
                c if c.is_ascii_alphanumeric() || " \":,-_#=!".contains(c) => c.to_string(),
                c => format!(
                    "[{}]",
                    if "^]\\[".contains(c) {
                        format!("\\{c}")
                    } else {
                        c.to_string()
                    }
                ),
            })
            .collect::<String>()
    };
    let step = r#"("[A-Za-z0-9_.:@+/~ -]{1,64}"|[0-9]{1,4})"#;
    let path = format!(r"\[({step}(, {step}){{0,7}})?\]");
    let value = format!(
        "{}{path}{}",
        literal("reduce("),
        literal(&format!(", {STEP}, payload)"))
    );
    let as_json = format!("{}{value}{}", literal(AS_JSON.0), literal(AS_JSON.1));
    let pair = format!(r#"\["[a-z][a-z0-9-]{{0,23}}", ({value}|{as_json})\]"#);
    format!(
        "^{}({pair}(, {pair})*)?{}$",
        literal(AROUND.0),
        literal(AROUND.1)
    )
}
