use super::*;
use crate::plan::PLAN_SCHEMA;
use crate::plan::testing::{BASE, FULL, NIGHTLY, plan};
use serde_json::Value;

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .map(|o| o.keys().map(String::as_str).collect())
        .unwrap_or_default()
}

#[test]
fn every_field_is_there_in_every_document() {
    // A new field is added here; one that goes away or changes raises the schema.
    let fields = [
        "about",
        "acknowledged",
        "agents",
        "approvals",
        "effects",
        "enabled",
        "exports",
        "finish",
        "flow",
        "inputs",
        "labels",
        "limits",
        "models",
        "name",
        "owner",
        "policies",
        "queue",
        "record",
        "retry",
        "schedule",
        "schema",
        "secrets",
        "servers",
        "target",
        "triggers",
        "upstreams",
        "workspace",
        "worst",
    ];
    let worst = [
        "cost",
        "cost_per_day",
        "pods",
        "pods_at_once",
        "runs_per_day",
        "tokens",
        "tokens_per_day",
        "wall_time",
    ];
    for files in [BASE, FULL, NIGHTLY] {
        let plan = plan(files);
        // Destructured, so that a field that nothing lists does not compile.
        let Plan {
            schema,
            name: _,
            about: _,
            owner: _,
            enabled: _,
            labels: _,
            policies: _,
            target: _,
            inputs: _,
            secrets: _,
            models: _,
            servers: _,
            approvals: _,
            agents: _,
            flow: _,
            limits: _,
            finish: _,
            workspace: _,
            exports: _,
            record: _,
            retry: _,
            schedule: _,
            triggers: _,
            queue: _,
            upstreams: _,
            effects: _,
            worst: _,
            acknowledged: _,
        } = &plan;
        let value: Value = serde_json::from_str(&json(&plan)).unwrap();
        let mut found = keys(&value);
        found.sort_unstable();
        assert_eq!(found, fields);
        let mut found = keys(&value["worst"]);
        found.sort_unstable();
        assert_eq!(found, worst);
        assert_eq!(value["schema"], PLAN_SCHEMA);
        assert_eq!(*schema, PLAN_SCHEMA);
    }
}

#[test]
fn the_whole_document() {
    insta::assert_snapshot!(json(&plan(FULL)));
}

#[test]
fn it_is_the_same_each_time_and_ends_in_a_newline() {
    let text = json(&plan(FULL));
    assert_eq!(text, json(&plan(FULL)));
    assert!(text.starts_with("{\n  \"schema\": 1,\n") && text.ends_with("}\n"));
}

#[test]
fn numbers_are_exact_for_every_reader() {
    fn walk(value: &Value) {
        match value {
            Value::Number(n) => assert!(n.as_u64().is_some_and(|n| n < 1 << 53), "{n}"),
            Value::Array(items) => items.iter().for_each(walk),
            Value::Object(map) => map.values().for_each(walk),
            Value::Null | Value::Bool(_) | Value::String(_) => {}
        }
    }
    for files in [BASE, FULL, NIGHTLY] {
        walk(&serde_json::from_str(&json(&plan(files))).unwrap());
    }
}
