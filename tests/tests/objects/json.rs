//! Canonical JSON against another implementation of RFC 8785.

use crate::strings;
use proptest::prelude::*;
use pure_agent::json;
use pure_agent::value::{MAX_INTEGER, Map, Value};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::Int),
        strings::any().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::List),
            prop::collection::vec((strings::any(), inner), 0..8)
                .prop_map(|entries| Value::Map(entries.into_iter().collect::<Map>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn canonical_json_equals_the_oracle(value in value()) {
        let oracle = serde_json_canonicalizer::to_string(&value).unwrap();
        prop_assert_eq!(json::canonical(&value), oracle);
    }

    #[test]
    fn pretty_json_is_the_same_data(value in value()) {
        let back: serde_json::Value = serde_json::from_str(&json::pretty(&value)).unwrap();
        prop_assert_eq!(back, serde_json::to_value(&value).unwrap());
    }
}

#[test]
fn hand_picked_strings_equal_the_oracle() {
    for text in strings::nasty() {
        let value = Value::Map(Map::from_iter([(text.clone(), Value::from(text))]));
        assert_eq!(
            json::canonical(&value),
            serde_json_canonicalizer::to_string(&value).unwrap()
        );
    }
}
