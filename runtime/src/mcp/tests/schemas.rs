use crate::mcp::schema::{Schema, Unfit};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn unfit(schema: Value) -> Unfit {
    Schema::read(&schema).unwrap_err()
}

fn fits(schema: &Value, arguments: Value) -> bool {
    Schema::read(schema).unwrap().check(&arguments).is_ok()
}

#[test]
fn arguments_are_checked_in_each_dialect() {
    let seventh = json!({
        "$schema": "http://json-schema.org/draft-07/schema#", "$id": "https://example.com/tool", "type": "object",
        "properties": {"pair": {"items": [{"type": "string"}, {"type": "integer"}]}, "id": {"$ref": "#/definitions/id"}},
        "definitions": {"id": {"type": "string", "pattern": "^[A-Z]+-[0-9]+$"}},
        "required": ["id"], "x-vendor": {"$ref": "https://example.com"}
    });
    assert!(fits(&seventh, json!({"id": "A-1", "pair": ["a", 1]})));
    assert!(!fits(&seventh, json!({"id": "A-1", "pair": [1, "a"]})));
    assert!(!fits(&seventh, json!({"id": "A"})));
    assert!(!fits(&seventh, json!({"pair": []})));
    let newest = json!({
        "properties": {"pair": {"prefixItems": [{"type": "string"}], "items": false}, "$ref": {"type": "string"}},
        "additionalProperties": false
    });
    assert!(fits(&newest, json!({"pair": ["a"], "$ref": "x"})));
    assert!(!fits(&newest, json!({"pair": ["a", "b"]})));
    assert!(!fits(&newest, json!({"other": 1})));
}

/// What stands beside a reference holds too.
#[test]
fn references_are_written_out() {
    let schema = json!({
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/text", "maxLength": 3, "description": "d"}, "b": {"$ref": "#/$defs/text", "title": "t"}},
        "$defs": {"text": {"type": "string", "minLength": 1}},
    });
    let listed = Schema::read(&schema).unwrap().listed([]);
    assert!(!listed.to_string().contains("$ref"), "{listed}");
    assert_eq!(
        listed["properties"]["b"],
        json!({"type": "string", "minLength": 1, "title": "t"})
    );
    for (text, fine) in [("", false), ("abc", true), ("abcd", false)] {
        assert_eq!(fits(&schema, json!({"a": text})), fine, "{text}");
    }
}

#[test]
fn problems_name_places_and_hold_no_values() {
    let schema = json!({"properties": {"a": {"type": "integer"}, "b": {"enum": ["x"]}}});
    let arguments = json!({"a": "very-secret", "b": "also-secret"});
    let told = Schema::read(&schema)
        .unwrap()
        .check(&arguments)
        .unwrap_err();
    assert!(told.contains("/a: ") && told.contains("/b: "), "{told}");
    assert!(!told.contains("secret"), "{told}");
}

#[test]
fn bound_arguments_are_not_listed() {
    let schema = json!({
        "type": "object", "properties": {"repo": {}, "text": {}}, "required": ["repo", "text"], "x-mcp-header": "Repo",
    });
    let listed = Schema::read(&schema).unwrap().listed([&"repo".to_owned()]);
    assert_eq!(
        listed,
        json!({"type": "object", "properties": {"text": {}}, "required": ["text"], "additionalProperties": false})
    );
}

#[test]
fn schemas_that_lead_elsewhere_are_not_used() {
    let with =
        |inner: Value| json!({"type": "object", "properties": {"a": inner}, "$defs": {"d": {}}});
    for reference in [
        "https://example.com/schema.json",
        "file:///etc/passwd",
        "other.json#/a",
        "#anchor",
        "#/$defs/gone",
        "#/%24defs/d",
        "//example.com",
        "",
    ] {
        let refused = unfit(with(json!({"$ref": reference})));
        assert!(
            matches!(refused, Unfit::Reference | Unfit::Recursive),
            "{reference}: {refused:?}"
        );
    }
    for inner in [
        json!({"$id": "https://example.com/", "$ref": "#/$defs/d"}),
        json!({"id": "https://example.com/"}),
        json!({"$dynamicRef": "#d"}),
        json!({"$recursiveRef": "#"}),
        json!({"$ref": 7}),
        json!({"allOf": [{"$anchor": "a"}]}),
    ] {
        assert_eq!(unfit(with(inner.clone())), Unfit::Reference, "{inner}");
    }
    for dialect in [
        "https://example.com/my-dialect",
        "https://json-schema.org/draft/next/schema",
    ] {
        assert_eq!(unfit(json!({"$schema": dialect})), Unfit::Dialect);
    }
}

#[test]
fn schemas_that_grow_or_never_end_are_not_used() {
    for schema in [
        json!({"properties": {"a": {"$ref": "#"}}}),
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}}),
        json!({"$defs": {"a": {"properties": {"x": {"$ref": "#/$defs/a/properties/x"}}}}, "$ref": "#/$defs/a"}),
    ] {
        assert_eq!(unfit(schema.clone()), Unfit::Recursive, "{schema}");
    }
    // Each doubles the one before: a thousand million schemas, written out.
    let doubles: serde_json::Map<String, Value> = (0..30)
        .map(|n| {
            let next = format!("#/$defs/d{}", n + 1);
            (
                format!("d{n}"),
                json!({"allOf": [{"$ref": next}, {"$ref": next}]}),
            )
        })
        .chain([("d30".to_owned(), json!({}))])
        .collect();
    let start = Instant::now();
    let refused = unfit(json!({"$ref": "#/$defs/d0", "$defs": doubles}));
    assert!(matches!(refused, Unfit::Size | Unfit::Depth), "{refused:?}");
    let wide: Vec<Value> = (0..40_000).map(|n| json!({"const": n})).collect();
    assert_eq!(unfit(json!({"anyOf": wide})), Unfit::Size);
    let deep = (0..100).fold(json!({}), |inner, _| json!({"not": inner}));
    assert_eq!(unfit(json!({"properties": {"a": deep}})), Unfit::Depth);
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn patterns_run_in_linear_time_or_not_at_all() {
    let with = |pattern: &str| json!({"properties": {"a": {"type": "string", "pattern": pattern}}});
    for pattern in [
        r"^(?=a)b$",
        r"^(a)\1$",
        r"(?<!x)y",
        "^.{0,404600}$",
        "((((a{100}){100}){100}){100})",
        "[",
        &"a".repeat(2000),
    ] {
        assert_eq!(unfit(with(pattern)), Unfit::Pattern, "{pattern:.40}");
    }
    let many: serde_json::Map<String, Value> =
        (0..100).map(|n| (format!("^p{n}$"), json!({}))).collect();
    assert_eq!(unfit(json!({"patternProperties": many})), Unfit::Pattern);
    let start = Instant::now();
    let evil = with("^(a+)+$");
    assert!(!fits(
        &evil,
        json!({"a": format!("{}!", "a".repeat(100_000))})
    ));
    assert!(start.elapsed() < Duration::from_secs(10));
}

/// A check is bounded by its value and its schema together.
#[test]
fn checks_that_would_take_long_are_refused() {
    let branches: Vec<Value> = (0..500).map(|n| json!({"minItems": n})).collect();
    let schema = json!({"properties": {"a": {"items": {"anyOf": branches}}}});
    let start = Instant::now();
    let items: Vec<Value> = (0..300_000).map(|_| json!([])).collect();
    let told = Schema::read(&schema).unwrap();
    let arguments = json!({"a": items});
    assert!(told.check(&arguments).unwrap_err().contains("too many"));
    let patterns: Vec<Value> = (0..50)
        .map(|n| json!({"pattern": format!("x{n}")}))
        .collect();
    let schema = json!({"properties": {"a": {"allOf": patterns}}});
    let arguments = json!({"a": "y".repeat(900_000)});
    let told = Schema::read(&schema).unwrap().check(&arguments);
    assert!(told.unwrap_err().contains("too many"));
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn what_is_no_schema_of_an_object_is_not_used() {
    for schema in [
        json!(true),
        json!([]),
        json!(null),
        json!({"type": "string"}),
        json!({"type": ["object"]}),
    ] {
        assert_eq!(unfit(schema.clone()), Unfit::Form, "{schema}");
    }
    for schema in [
        json!({"properties": []}),
        json!({"required": "a"}),
        json!({"minProperties": -1}),
        json!({"properties": {"a": {"type": "strnig"}}}),
        json!({"allOf": {}}),
    ] {
        assert_eq!(unfit(schema.clone()), Unfit::Invalid, "{schema}");
    }
}
