use crate::contract::Bound;
use crate::mcp::arguments::{Refused, bind, check, digest, text};
use crate::tools::Arguments;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn object(value: Value) -> Arguments {
    value.as_object().unwrap().clone()
}

#[test]
fn equal_arguments_have_one_text() {
    let one = object(json!({"b": [1, {"z": "\u{e9}\n", "a": null}], "a": {}, "c": []}));
    let two = serde_json::from_str(r#"{"c":[ ],"a":{ },"b":[1,{"a":null,"z":"\u00e9\u000a"}]}"#);
    let two: Arguments = two.unwrap();
    assert_eq!(
        text(&one),
        "{\"a\":{},\"b\":[1,{\"a\":null,\"z\":\"\u{e9}\\n\"}],\"c\":[]}"
    );
    assert_eq!(digest(&one), digest(&two));
    assert_ne!(digest(&one), digest(&object(json!({"a": "{}"}))));
}

#[test]
fn bounds_hold_to_the_byte_and_level() {
    let of_size = |n: usize| object(json!({"a": "x".repeat(n - r#"{"a":""}"#.len())}));
    assert_eq!(check(&of_size(1 << 20)), Ok(()));
    assert_eq!(check(&of_size((1 << 20) + 1)), Err(Refused::Size));
    let of_depth = |n: usize| {
        let value = (1..n).fold(json!("x"), |inner, _| json!([inner]));
        object(json!({"a": value}))
    };
    assert_eq!(check(&of_depth(64)), Ok(()));
    assert_eq!(check(&of_depth(65)), Err(Refused::Depth));
}

fn bound(sent: Value) -> Result<Value, Refused> {
    let bounds = BTreeMap::from([
        ("repo".to_owned(), Bound::Value("own/one".to_owned())),
        ("limit".to_owned(), Bound::Value("5".to_owned())),
        ("issue".to_owned(), Bound::Input("issue".to_owned())),
    ]);
    let declared = object(json!({
        "repo": {"type": "string"}, "limit": {"type": "integer"}, "issue": {}, "text": {},
    }));
    let input = |name: &str| (name == "issue").then_some("A-1");
    bind(object(sent), &bounds, &declared, input).map(Value::Object)
}

#[test]
fn bound_values_are_put_in_with_their_types() {
    assert_eq!(
        bound(json!({"text": "t"})),
        Ok(json!({"text": "t", "repo": "own/one", "limit": 5, "issue": "A-1"}))
    );
}

/// Servers that read names without regard to case would take the last one.
#[test]
fn no_spelling_of_a_bound_name_passes() {
    for name in [
        "repo",
        "Repo",
        "REPO",
        "rEpO",
        "issue",
        "i\u{17f}sue",
        "LIMIT",
        "lim\u{131}t",
        "\u{200b}repo",
        "repo\0",
        "r\u{435}po",
        "repository",
        "repo ",
    ] {
        let refused = bound(json!({name: "other/one"})).unwrap_err();
        assert_eq!(refused.rule(), "tool-bound", "{name:?}");
        assert!(!refused.message().contains("other"), "{name:?}");
    }
}

#[test]
fn an_input_that_is_not_there_is_no_empty_text() {
    let bounds = BTreeMap::from([("a".to_owned(), Bound::Input("gone".to_owned()))]);
    let refused = bind(Arguments::new(), &bounds, &Arguments::new(), |_| None);
    assert_eq!(refused, Err(Refused::Input("gone".to_owned())));
}
