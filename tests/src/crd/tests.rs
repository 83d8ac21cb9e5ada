//! The walk on a small schema with every rule.

use super::*;
use serde_json::json;

fn schema() -> Value {
    json!({
        "type": "object",
        "required": ["spec"],
        "properties": {
            "metadata": { "type": "object" },
            "spec": {
                "type": "object",
                "description": "text",
                "properties": {
                    "closed": { "type": "object" },
                    "count": { "type": "integer", "format": "int32", "minimum": 0, "maximum": 9 },
                    "name": { "type": "string", "pattern": "^a+$", "minLength": 1, "maxLength": 3 },
                    "word": { "type": "string", "enum": ["x", "y"] },
                    "labels": { "type": "object", "additionalProperties": { "type": "string" } },
                    "any": { "type": "object", "x-kubernetes-preserve-unknown-fields": true },
                    "port": {
                        "anyOf": [{ "type": "integer" }, { "type": "string" }],
                        "x-kubernetes-int-or-string": true,
                        "pattern": "^[a-z0-9]+$"
                    },
                    "list": {
                        "type": "array", "minItems": 1, "maxItems": 2,
                        "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                        "items": { "type": "object", "properties": { "name": { "type": "string" } } }
                    },
                    "set": {
                        "type": "array", "x-kubernetes-list-type": "set", "items": { "type": "string" }
                    },
                    "maybe": { "type": "string", "nullable": true }
                }
            }
        }
    })
}

#[test]
fn a_valid_object_passes() {
    let object = json!({
        "metadata": { "anything": 1 },
        "spec": {
            "closed": {}, "count": 9, "name": "aaa", "word": "y", "labels": { "k": "v" },
            "any": { "x": { "y": 1 } }, "port": 80, "list": [{ "name": "a" }, { "name": "b" }],
            "set": ["a", "b"], "maybe": null
        }
    });
    assert_eq!(check(&schema(), &object), Vec::<String>::new());
}

#[test]
fn every_planted_fault_is_found_once() {
    let faults = [
        (json!({ "x": 1 }), "spec.x: unknown field"),
        (
            json!({ "closed": { "x": 1 } }),
            "spec.closed.x: unknown field",
        ),
        (json!({ "count": "1" }), "spec.count: type"),
        (json!({ "count": 1.5 }), "spec.count: type"),
        (json!({ "count": -1 }), "spec.count: minimum"),
        (json!({ "count": 10 }), "spec.count: maximum"),
        (json!({ "name": "b" }), "spec.name: pattern"),
        (json!({ "name": "aaaa" }), "spec.name: maxLength"),
        (json!({ "name": null }), "spec.name: type"),
        (json!({ "word": "z" }), "spec.word: enum"),
        (json!({ "labels": { "k": 1 } }), "spec.labels.k: type"),
        (json!({ "any": [] }), "spec.any: type"),
        (json!({ "port": "A" }), "spec.port: pattern"),
        (json!({ "list": [] }), "spec.list: minItems"),
        (
            json!({ "list": [{ "name": "a", "x": 1 }] }),
            "spec.list[0].x: unknown field",
        ),
        (
            json!({ "list": [{ "name": "a" }, { "name": "a" }] }),
            "spec.list: x-kubernetes-list-type",
        ),
        (
            json!({ "set": ["a", "a"] }),
            "spec.set: x-kubernetes-list-type",
        ),
    ];
    for (spec, expected) in faults {
        let found = check(&schema(), &json!({ "spec": spec }));
        assert!(
            found.len() == 1 && found[0].starts_with(expected),
            "{expected}: {found:?}"
        );
    }
    assert_eq!(check(&schema(), &json!({})), ["(root): `spec` is required"]);
    let found = check(&schema(), &json!({ "spec": { "port": true } }));
    assert_eq!(found.len(), 2, "both rules of int-or-string: {found:?}");
    let unknown = check(&json!({ "maximumm": 1 }), &json!(1));
    assert_eq!(unknown, ["(root): keyword `maximumm` is not understood"]);
}
