//! Triggers: whether a policy lets an event start runs, and whether the run gets every input that it needs.

use crate::check::inputs::is_required;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::resolve::Unit;
use crate::spec::Input;
use crate::spec::trigger::{Handed, Trigger};

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    for trigger in &unit.run.triggers {
        grant(unit, trigger, findings);
        for handed in &trigger.inputs {
            form(handed, findings);
        }
        let missing = |input: &&Input| {
            is_required(input)
                && !trigger
                    .inputs
                    .iter()
                    .any(|handed| handed.input.value == input.name.value)
        };
        for input in unit.run.inputs.iter().filter(missing) {
            let name = &input.name.value;
            let message = format!(
                "input `{name}` has no default, and event `{}` does not give it",
                trigger.event.value
            );
            findings.push(
                Finding::new(Code::InputMissing, input.name.span, message)
                    .related(trigger.event.span, "every run that it starts would be refused")
                    .help(format!(
                        "write `input \"{name}\" text=\"/PLACE/IN/THE/PAYLOAD\"` in the trigger, or give the input a `default`"
                    )),
            );
        }
    }
}

fn grant(unit: &Unit, trigger: &Trigger, findings: &mut Findings) {
    let event = &trigger.event;
    let silent = unit
        .policies
        .iter()
        .filter(|policy| !policy.triggers.iter().any(|rule| rule.value == event.value));
    let mut finding = Finding::new(
        Code::TriggerRefused,
        event.span,
        format!("event `{}` may not start runs", event.value),
    )
    .help(format!(
        "remove the trigger, or ask the owner of the policy for `trigger \"{}\"`",
        event.value
    ));
    let mut refused = false;
    for policy in silent {
        refused = true;
        finding = finding.related(policy.name.span, "this policy does not permit it");
    }
    if refused {
        findings.push(finding);
    }
}

/// A value is taken from one place, in one form.
fn form(handed: &Handed, findings: &mut Findings) {
    let name = &handed.input.value;
    match (&handed.text, &handed.json) {
        (Some(text), Some(json)) => findings.push(
            Finding::new(
                Code::Conflict,
                json.span,
                format!("input `{name}` is taken both as a text and as JSON"),
            )
            .related(text.span, "the text")
            .help("keep one of the two"),
        ),
        (None, None) if !handed.spoilt => findings.push(
            Finding::new(
                Code::Conflict,
                handed.span,
                format!("input `{name}` is taken from no place"),
            )
            .help(format!(
                "write `input \"{name}\" text=\"/PLACE/IN/THE/PAYLOAD\"`, or `json=` for a value that is no text"
            )),
        ),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::check::trial::Trial;

    const INPUT: &str = "input \"service\" {\n match \"[a-z]{1,20}\"\n}";

    fn trial(trigger: &str) -> Trial {
        Trial::new()
            .in_run(&format!("{INPUT}\ntrigger \"alert\" {{\n{trigger}\n}}"))
            .in_policy("trigger \"alert\"")
    }

    #[test]
    fn s2_25_an_event_gives_the_inputs_that_a_run_needs() {
        assert_eq!(
            trial("input \"service\" text=\"/service\"").codes(),
            [""; 0]
        );
        assert_eq!(trial("input \"service\" json=\"\"").codes(), [""; 0]);
        let (finding, related) = trial("").only();
        assert_eq!(finding.code.number(), "PA0709");
        assert_eq!(related, ["\"alert\""]);
        // One that may be left out need not be given.
        for more in ["required #false", "default \"shop\""] {
            let free = trial("").run("[a-z]{1,20}\"", &format!("[a-z]{{1,20}}\"\n{more}"));
            assert_eq!(free.codes(), [""; 0], "{more}");
        }
    }

    #[test]
    fn every_event_gives_them() {
        let two = trial("input \"service\" text=\"/service\"")
            .in_run("trigger \"deploy\"")
            .in_policy("trigger \"deploy\"");
        assert_eq!(two.found(), [("PA0709", "\"service\"".to_owned())]);
    }

    #[test]
    fn a_policy_that_does_not_name_the_event_refuses_it() {
        for rule in ["", "trigger \"alerts\"", "schedule every=\"1h\""] {
            let wish = Trial::new().in_run("trigger \"alert\"").in_policy(rule);
            let (finding, related) = wish.only();
            assert_eq!(finding.code.number(), "PA0713", "{rule}");
            assert_eq!(related, ["\"base\""]);
        }
    }

    #[test]
    fn places_are_one_pointer_to_a_declared_input() {
        for (trigger, code) in [
            ("input \"service\"", "PA0215"),
            ("input \"service\" text=\"/a\" json=\"/b\"", "PA0215"),
            ("input \"service\" text=\"a\"", "PA0209"),
            ("input \"service\" text=\"/a\\\"b\"", "PA0209"),
            ("input \"service\" text=\"/{{=1}}\"", "PA0209"),
            (
                "input \"service\" text=\"/a\"\ninput \"service\" text=\"/b\"",
                "PA0203",
            ),
            (
                "input \"service\" text=\"/a\"\ninput \"servce\" text=\"/b\"",
                "PA0301",
            ),
            ("input \"service\" form=\"/a\"", "PA0202"),
        ] {
            let codes = trial(trigger).codes();
            assert_eq!(codes, [code], "{trigger}");
        }
        let twice = trial("input \"service\" text=\"/a\"").in_run("trigger \"alert\"");
        assert!(twice.codes().contains(&"PA0203"), "{:?}", twice.codes());
    }

    #[test]
    fn a_schedule_beside_it_is_fine() {
        let both = trial("input \"service\" text=\"/a\"")
            .run("[a-z]{1,20}\"", "[a-z]{1,20}\"\ndefault \"shop\"")
            .in_run("schedule \"@daily\" {\n timezone \"UTC\"\n}")
            .in_policy("schedule every=\"1h\"");
        assert_eq!(both.codes(), [""; 0]);
    }
}
