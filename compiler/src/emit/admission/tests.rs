use super::{Guard, platform, spec};
use crate::bundle::BUNDLE_PLACEHOLDER;
use crate::emit::{contract, names, pods, testing};
use crate::plan::Plan;
use std::collections::BTreeSet;

/// What the API server compiles in one piece.
const LONGEST_EXPRESSION: usize = 100_000;

fn guards(plan: &Plan) -> Vec<Guard> {
    let pods = pods::pods(plan, &contract::seal(plan).unwrap());
    let mut guards = platform(&plan.target, &names::platform_labels());
    guards.extend(spec(plan, &pods, &names::spec_labels(plan)).unwrap());
    guards
}

fn expressions(guard: &Guard) -> Vec<String> {
    let spec = guard.policy.spec.clone().unwrap();
    let validations = spec.validations.into_iter().flatten().map(|v| v.expression);
    let variables = spec.variables.into_iter().flatten().map(|v| v.expression);
    let conditions = spec.match_conditions.into_iter().flatten();
    validations
        .chain(variables)
        .chain(conditions.map(|c| c.expression))
        .collect()
}

fn long() -> Plan {
    let mut plan = testing::rich();
    let env = &mut plan.agents[0].contract.env;
    env.insert("LONG".into(), "it's ".repeat(16_000));
    for n in 0..500 {
        env.insert(format!("MANY_{n}"), "x".repeat(40));
    }
    plan
}

#[test]
fn every_refusal_names_its_rule() {
    let plans = [testing::rich(), testing::submitting()];
    for guard in plans.iter().flat_map(guards) {
        let mut seen = BTreeSet::new();
        for validation in guard.policy.spec.unwrap().validations.unwrap() {
            let message = validation.message.unwrap();
            let (rule, says) = message
                .strip_prefix("pure-agent: ")
                .and_then(|rest| rest.split_once(": "))
                .unwrap();
            assert!(seen.insert(rule.to_owned()), "{rule} stands twice");
            assert!(!says.is_empty() && !says.ends_with('.'), "{message}");
        }
    }
}

#[test]
fn every_policy_is_bound_to_the_namespace_alone_and_fails_closed() {
    let plan = testing::rich();
    for guard in guards(&plan) {
        let name = guard.policy.metadata.name.unwrap();
        let policy = guard.policy.spec.unwrap();
        assert_eq!(policy.failure_policy.as_deref(), Some("Fail"), "{name}");
        assert!(name.contains(&format!(".{}.", plan.target.namespace)));
        let binding = guard.binding.spec.unwrap();
        assert_eq!(binding.policy_name, Some(name.clone()));
        assert_eq!(binding.validation_actions, Some(vec!["Deny".to_owned()]));
        let selector = binding.match_resources.unwrap().namespace_selector.unwrap();
        assert_eq!(
            selector
                .match_labels
                .unwrap()
                .into_iter()
                .collect::<Vec<_>>(),
            [(
                "kubernetes.io/metadata.name".to_owned(),
                plan.target.namespace.clone()
            )]
        );
    }
}

#[test]
fn the_api_server_compiles_every_expression_however_long_a_pod_is() {
    for plan in [testing::minimal(), testing::rich(), long()] {
        for guard in guards(&plan) {
            for expression in expressions(&guard) {
                assert!(
                    expression.len() < LONGEST_EXPRESSION / 2,
                    "{expression:.200}"
                );
            }
        }
    }
}

#[test]
fn a_spec_is_held_to_its_bundle_and_a_target_is_not() {
    let plan = testing::rich();
    for guard in guards(&plan) {
        let names_it = expressions(&guard)
            .iter()
            .any(|expression| expression.contains(BUNDLE_PLACEHOLDER));
        let of_spec = guard.policy.metadata.name == Some(names::spec_policy(&plan));
        assert_eq!(names_it, of_spec, "{:?}", guard.policy.metadata.name);
    }
}

#[test]
fn argo_s_placeholders_do_not_get_into_expressions() {
    for guard in guards(&testing::rich()) {
        for expression in expressions(&guard) {
            assert!(!expression.contains("{{"), "{expression}");
        }
    }
}

#[test]
fn a_disabled_spec_has_a_policy_that_says_so() {
    let mut plan = testing::rich();
    let count = guards(&plan).len();
    plan.enabled = false;
    let guards = guards(&plan);
    assert_eq!(guards.len(), count + 1);
    let last = guards.last().unwrap();
    assert!(expressions(last)[0].contains(&format!("!= '{}'", plan.name)));
}
