//! A bundle as its files say: other readers come to the same digests.

use pure_agent::bundle::{self, BUNDLE_PLACEHOLDER, Bundle, Object, Zone, seal};
use pure_agent::value::{Value, to_value};
use pure_agent::{json, object, yaml};
use pure_agent_tests::readers;
use std::collections::BTreeMap;

fn sealed() -> Bundle {
    let contract =
        json::canonical(&object! { "bundle" => BUNDLE_PLACEHOLDER, "text" => "a\n\tb no" });
    let manifest = yaml::document(&object! { "on" => BUNDLE_PLACEHOLDER, "text" => "x\n- y\n" });
    let object = |name: &'static str, text: String| {
        let labels = object! { "app.kubernetes.io/version" => "0.1.0", "n" => "1e3" };
        let metadata = object! { "labels" => labels, "name" => name, "namespace" => "agents" };
        let data = object! { "no" => "yes", "text" => text };
        let config = object! {
            "apiVersion" => "v1", "data" => data, "kind" => "ConfigMap", "metadata" => metadata,
        };
        Object::new(Zone::Spec, config)
    };
    seal(
        vec![object("a", contract), object("b", manifest)],
        vec![],
        vec![],
    )
    .unwrap()
}

#[test]
fn every_reader_of_the_files_gets_the_same_digests() {
    let bundle = sealed();
    for (name, read) in readers::installed() {
        let values: Vec<Value> = bundle
            .files()
            .into_iter()
            .filter(|(path, _)| path.ends_with(".yaml"))
            .map(|(_, bytes)| to_value(&read(&String::from_utf8(bytes).unwrap()).unwrap()).unwrap())
            .collect();
        assert_eq!(
            bundle::recompute(&values, &bundle.digest).as_ref(),
            Ok(&bundle.digest),
            "{name}"
        );
    }
}

#[test]
fn the_json_form_is_a_list_that_kubectl_takes() {
    let bundle = sealed();
    let list: serde_json::Value = serde_json::from_str(&bundle.json()).unwrap();
    assert_eq!(
        (&list["kind"], &list["apiVersion"]),
        (&"List".into(), &"v1".into())
    );
    let values: Vec<Value> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| to_value(item).unwrap())
        .collect();
    assert_eq!(
        bundle::recompute(&values, &bundle.digest).as_ref(),
        Ok(&bundle.digest)
    );
}

#[test]
fn files_that_were_just_written_do_not_drift() {
    let bundle = sealed();
    let found: BTreeMap<_, _> = bundle.files().into_iter().collect();
    assert_eq!(bundle::drift(&bundle.files(), &found), []);
}
