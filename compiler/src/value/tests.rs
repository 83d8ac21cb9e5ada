use super::*;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
enum Shape {
    Unit,
    New(u8),
    Pair(u8, u8),
    Named { b: u8, a: u8 },
}

#[derive(Serialize)]
struct All {
    z: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<u8>,
    list: Vec<Shape>,
    char: char,
    a: BTreeMap<u16, (bool, ())>,
}

#[test]
fn a_type_becomes_data_in_key_order() {
    let list = vec![
        Shape::Unit,
        Shape::New(1),
        Shape::Pair(2, 3),
        Shape::Named { b: 4, a: 5 },
    ];
    let all = All {
        z: None,
        skipped: None,
        list,
        char: 'é',
        a: BTreeMap::from([(7, (true, ()))]),
    };
    let expected = object! {
        "a" => object! { "7" => list![true, Value::Null] },
        "char" => "é",
        "list" => list![
            "Unit",
            object! { "New" => 1 },
            object! { "Pair" => list![2, 3] },
            object! { "Named" => object! { "a" => 5, "b" => 4 } },
        ],
        "z" => Value::Null,
    };
    assert_eq!(to_value(&all), Ok(expected));
}

#[test]
fn field_names_are_borrowed() {
    let value = to_value(&All {
        z: None,
        skipped: None,
        list: vec![],
        char: 'x',
        a: BTreeMap::new(),
    });
    let Ok(Value::Map(map)) = value else {
        panic!("a map")
    };
    assert!(map.keys_are_borrowed());
}

#[test]
fn numbers_that_readers_disagree_about_are_refused() {
    assert_eq!(
        to_value(&MAX_INTEGER),
        Ok(Value::Int(9_007_199_254_740_991))
    );
    assert_eq!(
        to_value(&-MAX_INTEGER),
        Ok(Value::Int(-9_007_199_254_740_991))
    );
    for far in [MAX_INTEGER + 1, -MAX_INTEGER - 1, i64::MIN, i64::MAX] {
        assert_eq!(to_value(&far), Err(NotData::Integer(far.to_string())));
    }
    assert_eq!(
        to_value(&u64::MAX),
        Err(NotData::Integer(u64::MAX.to_string()))
    );
    assert_eq!(
        to_value(&u128::MAX),
        Err(NotData::Integer(u128::MAX.to_string()))
    );
    assert_eq!(to_value(&1.0_f64), Err(NotData::Float));
    assert_eq!(to_value(&vec![0.5_f32]), Err(NotData::Float));
}

#[test]
fn a_key_twice_is_refused() {
    #[derive(Serialize)]
    struct Outer {
        a: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }
    let outer = Outer {
        a: 1,
        rest: BTreeMap::from([("a".to_owned(), 2)]),
    };
    assert_eq!(to_value(&outer), Err(NotData::Twice("a".to_owned())));
    assert_eq!(to_value(&BTreeMap::from([(true, 1)])), Err(NotData::Key));
}

#[test]
fn keys_stand_in_utf16_order() {
    let keys = [
        "",
        "\0",
        "a",
        "a\u{e000}",
        "aa",
        "é",
        "\u{d7ff}",
        "\u{10000}",
        "\u{10ffff}",
        "\u{e000}",
        "\u{ffff}",
    ];
    for a in keys {
        for b in keys {
            let real = a.encode_utf16().cmp(b.encode_utf16());
            assert_eq!(key_order(a, b), real, "{a:?} {b:?}");
        }
    }
    let map: Map = keys.iter().rev().map(|key| (*key, true)).collect();
    assert!(
        map.iter()
            .map(|(key, _)| key)
            .is_sorted_by(|a, b| a.encode_utf16().lt(b.encode_utf16()))
    );
    assert!(keys.iter().all(|key| map.get(key).is_some()));
}

#[test]
fn a_map_finds_changes_and_forgets() {
    let mut map = Map::new();
    assert_eq!(map.insert("b", 1), None);
    assert_eq!(map.insert("a", "x"), None);
    assert_eq!(map.insert("b", 2), Some(Value::Int(1)));
    assert_eq!(map.get("b"), Some(&Value::Int(2)));
    assert_eq!(map.remove("c"), None);
    assert_eq!(map.remove("b"), Some(Value::Int(2)));
    map.change_map("labels", |labels| assert_eq!(labels.insert("k", "v"), None));
    map.change_map("labels", |labels| assert_eq!(labels.insert("l", "w"), None));
    map.change_map("a", |other| assert_eq!(other.insert("now", "a map"), None));
    let value = Value::Map(map);
    assert_eq!(value.text_at(&["labels", "l"]), Some("w"));
    assert_eq!(value.text_at(&["a", "now"]), Some("a map"));
}

#[test]
fn a_path_goes_through_lists() {
    let value = object! { "a" => list![object! { "b" => "c" }] };
    assert_eq!(value.text_at(&["a", "0", "b"]), Some("c"));
    for wrong in [
        &["a", "1", "b"][..],
        &["a", "b"],
        &["x"],
        &["a", "0", "b", "c"],
    ] {
        assert_eq!(value.path(wrong), None, "{wrong:?}");
    }
}

#[test]
fn every_text_can_be_changed() {
    let mut value = object! { "a" => list!["x", 1, object! { "x" => "x" }] };
    value.each_text_mut(&mut |text| *text = Cow::Owned(text.to_uppercase()));
    assert_eq!(
        value,
        object! { "a" => list!["X", 1, object! { "x" => "X" }] }
    );
}

#[test]
fn typed_objects_of_kubernetes_keep_what_serde_json_says() {
    use k8s_openapi::api::core::v1::{Container, Pod, PodSpec};
    let container = Container {
        name: "agent".to_owned(),
        command: Some(vec!["a".to_owned()]),
        ..Container::default()
    };
    let spec = PodSpec {
        containers: vec![container],
        enable_service_links: Some(false),
        active_deadline_seconds: Some(7),
        ..PodSpec::default()
    };
    let pod = Pod {
        spec: Some(spec),
        ..Pod::default()
    };
    let ours = serde_json::to_value(to_value(&pod).unwrap()).unwrap();
    assert_eq!(ours, serde_json::to_value(&pod).unwrap());
}
