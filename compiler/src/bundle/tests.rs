use super::*;
use crate::{json, list, object, yaml};
use std::collections::BTreeMap;

fn config(name: &'static str, text: &str) -> Value {
    object! {
        "apiVersion" => "v1",
        "kind" => "ConfigMap",
        "metadata" => object! {
            "labels" => object! { VERSION_LABEL => "1", "a" => BUNDLE_SHORT_PLACEHOLDER },
            "name" => name,
            "namespace" => "agents",
        },
        "data" => object! { "contract" => text.to_owned() },
    }
}

fn namespace() -> Value {
    let metadata = object! { "name" => "agents" };
    object! { "apiVersion" => "v1", "kind" => "Namespace", "metadata" => metadata }
}

fn objects() -> Vec<Object> {
    let manifest = object! { "kind" => "Pod", "note" => format!("of {BUNDLE_PLACEHOLDER}"),
    "digest" => BUNDLE_PLACEHOLDER, "short" => format!("{BUNDLE_SHORT_PLACEHOLDER}-x") };
    let mut template = config("Template", &yaml::document(&manifest));
    if let Value::Map(map) = &mut template {
        map.insert("kind", "WorkflowTemplate");
    }
    let contract = json::canonical(&object! { "bundle" => BUNDLE_PLACEHOLDER });
    vec![
        Object {
            manifests: vec![("agent".to_owned(), manifest)],
            ..Object::new(Zone::Spec, template)
        },
        Object::new(Zone::Spec, config("contract", &contract)),
        Object::new(Zone::Platform, namespace()),
    ]
}

fn sealed() -> Bundle {
    let secret = |name: &str| Secret {
        name: name.to_owned(),
        key: "token".to_owned(),
        purpose: "model".to_owned(),
    };
    let source = Source {
        path: "a.kdl".to_owned(),
        sha256: "00".to_owned(),
    };
    seal(
        objects(),
        vec![secret("b"), secret("a"), secret("b")],
        vec![source],
    )
    .unwrap()
}

#[test]
fn placeholders_have_the_length_of_what_they_stand_for() {
    assert_eq!(BUNDLE_PLACEHOLDER.len(), 64);
    assert_eq!(BUNDLE_SHORT_PLACEHOLDER.len(), 16);
    assert!(!BUNDLE_PLACEHOLDER.contains(BUNDLE_SHORT_PLACEHOLDER));
    assert!(BUNDLE_PLACEHOLDER.bytes().any(|b| !b.is_ascii_hexdigit()));
}

#[test]
fn the_digest_stands_everywhere_and_no_placeholder_is_left() {
    let bundle = sealed();
    let text = bundle.yaml_stream() + &bundle.json() + &bundle.index();
    assert!(!mentions_placeholder(&text), "{text}");
    let contract = bundle
        .objects
        .iter()
        .find(|o| o.name == "contract")
        .unwrap();
    let value = &contract.object.value;
    let expected = format!(r#"{{"bundle":"{}"}}"#, bundle.digest);
    assert_eq!(value.text_at(&["data", "contract"]), Some(&*expected));
    assert_eq!(
        value.text_at(&["metadata", "labels", "a"]),
        Some(&bundle.digest[..16])
    );
    let annotations = value.path(&["metadata", "annotations"]).unwrap();
    assert_eq!(
        annotations.text_at(&[BUNDLE_ANNOTATION]),
        Some(&*bundle.digest)
    );
    assert_eq!(
        annotations.text_at(&[DIGEST_ANNOTATION]),
        Some(&*contract.digest)
    );
}

#[test]
fn an_embedded_manifest_is_the_document_of_its_value_after_sealing_too() {
    let bundle = sealed();
    let template = bundle
        .objects
        .iter()
        .find(|o| o.kind == "WorkflowTemplate")
        .unwrap();
    let (_, manifest) = &template.object.manifests[0];
    let text = template
        .object
        .value
        .text_at(&["data", "contract"])
        .unwrap();
    assert_eq!(text, yaml::document(manifest));
    assert!(
        text.contains(&format!("digest: \"{}\"\n", bundle.digest)),
        "{text}"
    );
}

/// Whatever the digest begins with, the text around it keeps its form.
#[test]
fn any_digest_keeps_the_form_of_text() {
    for digest in [
        "a".repeat(64),
        "0".repeat(64),
        "1e5".repeat(22)[..64].to_owned(),
        "e1".repeat(32),
    ] {
        let mut manifest = objects().remove(0).manifests.remove(0).1;
        let mut text = Value::from(yaml::document(&manifest));
        placeholder::fill(&mut manifest, &digest);
        placeholder::fill(&mut text, &digest);
        assert_eq!(text.as_str(), Some(&*yaml::document(&manifest)));
    }
}

#[test]
fn a_bundle_can_be_checked_from_its_objects_alone() {
    let bundle = sealed();
    let spec = |b: &Bundle| -> Vec<Value> {
        let spec = b.objects.iter().filter(|o| o.object.zone == Zone::Spec);
        spec.map(|o| o.object.value.clone()).collect()
    };
    let values = spec(&bundle);
    assert_eq!(
        recompute(&values, &bundle.digest).as_ref(),
        Ok(&bundle.digest)
    );
    // Every changed string is noticed, and a missing object, and one too many.
    let mut count = 0;
    for at in 0..values.len() {
        let mut probe = values[at].clone();
        probe.each_text_mut(&mut |_| count += 1);
        for wanted in 0..count {
            let mut tampered = values.clone();
            let mut n = 0;
            let mut changed = String::new();
            tampered[at].each_text_mut(&mut |text| {
                if n == wanted {
                    changed = text.clone().into_owned();
                    *text = format!("{text}x").into();
                }
                n += 1;
            });
            let same = recompute(&tampered, &bundle.digest).as_ref() == Ok(&bundle.digest);
            let exempt = changed == "1"
                || changed
                    == values[at]
                        .text_at(&["metadata", "annotations", DIGEST_ANNOTATION])
                        .unwrap()
                || values[at].text_at(&["metadata", "annotations", BUNDLE_ANNOTATION])
                    == Some(&changed);
            assert_eq!(same, exempt, "{changed}");
        }
        count = 0;
    }
    assert_ne!(
        recompute(&values[..1], &bundle.digest).as_ref(),
        Ok(&bundle.digest)
    );
    // An object of this bundle does not pass in another one.
    assert_ne!(
        recompute(&values, &"c".repeat(64)).as_ref(),
        Ok(&bundle.digest)
    );
}

#[test]
fn the_version_label_and_our_annotations_do_not_count() {
    let plain = namespace();
    let mut labelled = plain.clone();
    labelled
        .as_map_mut()
        .unwrap()
        .change_map("metadata", |metadata| {
            metadata.change_map("labels", |labels| drop(labels.insert(VERSION_LABEL, "9")));
            metadata.change_map("annotations", |a| drop(a.insert(DIGEST_ANNOTATION, "x")));
        });
    assert_eq!(object_digest(&plain), object_digest(&labelled));
    assert_eq!(object_digest(&plain), json::sha256_hex(&plain));
    labelled
        .as_map_mut()
        .unwrap()
        .change_map("metadata", |metadata| {
            metadata.change_map("labels", |labels| drop(labels.insert("other", "9")));
        });
    assert_ne!(object_digest(&plain), object_digest(&labelled));
}

#[test]
fn the_bundle_digest_is_that_of_the_spec_objects_in_any_order() {
    let bundle = sealed();
    let mut reversed = objects();
    reversed.reverse();
    let other = seal(reversed, Vec::new(), Vec::new()).unwrap();
    assert_eq!(bundle.digest, other.digest);
    assert_eq!(bundle.platform_digest, other.platform_digest);
    let mut quota = objects();
    quota.push(Object::new(Zone::Platform, config("more", "x")));
    quota[3]
        .value
        .as_map_mut()
        .unwrap()
        .change_map("metadata", |m| drop(m.remove("labels")));
    let other = seal(quota, Vec::new(), Vec::new()).unwrap();
    assert_eq!(bundle.digest, other.digest);
    assert_ne!(bundle.platform_digest, other.platform_digest);
}

/// Every digest is a promise to people who recorded it: it changes only on purpose.
#[test]
fn digests_stay_what_they_were() {
    let rows = object! { "apiVersion" => "v1", "kind" => "Namespace",
    "metadata" => object! { "name" => "a" } };
    let bundle = seal(vec![Object::new(Zone::Spec, rows.clone())], vec![], vec![]).unwrap();
    let text = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}"#;
    let object = json::sha256_hex_bytes(text.as_bytes());
    assert_eq!(object_digest(&rows), object);
    let list = format!(r#"[["Namespace","","a","{object}"]]"#);
    assert_eq!(bundle.digest, json::sha256_hex_bytes(list.as_bytes()));
    assert_eq!(bundle.platform_digest, json::sha256_hex_bytes(b"[]"));
}

#[test]
fn faulty_objects_are_refused() {
    let refuse = |objects: Vec<Object>| seal(objects, vec![], vec![]).unwrap_err();
    let object = |value: Value| Object::new(Zone::Spec, value);
    assert_eq!(
        refuse(vec![object(object! { "kind" => "A" })]),
        NotSealed::Nameless(0)
    );
    let twice = vec![object(config("a", "x")), object(config("a", "y"))];
    assert_eq!(refuse(twice), NotSealed::Twice("ConfigMap/a".to_owned()));
    let platform = vec![Object::new(Zone::Platform, config("a", "x"))];
    assert_eq!(
        refuse(platform),
        NotSealed::BundleInPlatform("ConfigMap/a".to_owned())
    );
    let mut key = config("a", "x");
    key.as_map_mut()
        .unwrap()
        .insert("d", list![object! { BUNDLE_PLACEHOLDER => 1 }]);
    assert_eq!(
        refuse(vec![object(key)]),
        NotSealed::BundleInKey("ConfigMap/a".to_owned())
    );
}

#[test]
fn files_have_distinct_plain_lower_case_names() {
    let mut other = config("A:b", "x");
    other
        .as_map_mut()
        .unwrap()
        .change_map("metadata", |m| drop(m.insert("namespace", "else")));
    let list = vec![
        Object::new(Zone::Spec, config("a-B", "x")),
        Object::new(Zone::Spec, other),
        Object::new(Zone::Spec, config("../x", "x")),
    ];
    let bundle = seal(list, vec![], vec![]).unwrap();
    let names: Vec<_> = bundle.files().into_iter().map(|(path, _)| path).collect();
    assert_eq!(
        names,
        [
            "spec/configmap-a-b.yaml",
            "spec/configmap-a-b-2.yaml",
            "spec/configmap-..-x.yaml",
            "bundle.json",
        ]
    );
}

#[test]
fn the_index_lists_everything_in_fixed_order() {
    let bundle = sealed();
    let index: serde_json::Value = serde_json::from_str(&bundle.index()).unwrap();
    assert_eq!(index["schema"], INDEX_SCHEMA);
    assert_eq!(index["bundle"], *bundle.digest);
    let files: Vec<_> = index["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| &o["file"])
        .collect();
    let expected = [
        "platform/namespace-agents.yaml",
        "spec/workflowtemplate-template.yaml",
        "spec/configmap-contract.yaml",
    ];
    assert_eq!(files, expected);
    assert_eq!(index["objects"][0]["namespace"], "");
    let names: Vec<_> = index["secrets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["name"])
        .collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(index["sources"][0]["path"], "a.kdl");
    let keys: Vec<_> = index.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "bundle", "objects", "platform", "schema", "secrets", "sources"
        ]
    );
    assert_eq!(bundle, sealed());
}

#[test]
fn drift_names_file_line_and_field() {
    let value = object! {
        "kind" => "Role",
        "rules" => list![
            object! { "verbs" => list!["get"] },
            object! { "resources" => list!["pods"], "verbs" => list!["get", "list"] },
        ],
        "text" => "spec:\n  image: a\n  x: b\n",
    };
    let good = yaml::document(&value);
    let expected: Vec<_> = ["a", "b", "c", "d", "e"]
        .map(|p| (p.to_owned(), good.clone().into_bytes()))
        .into();
    let found = BTreeMap::from([
        ("a".to_owned(), good.clone().into_bytes()),
        (
            "b".to_owned(),
            good.replace("  - list\n", "  - delete\n").into_bytes(),
        ),
        (
            "c".to_owned(),
            good.replace("image: a", "image: z").into_bytes(),
        ),
        ("d".to_owned(), good.replace('\n', "\r\n").into_bytes()),
        ("z".to_owned(), Vec::new()),
    ]);
    let drift: Vec<String> = drift(&expected, &found)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        drift,
        [
            "`b` differs in line 9, `rules[1].verbs[1]`",
            "`c` differs in line 12, `text.spec.image`",
            "`d` differs in line 1, `kind`",
            "`e` is missing",
            "`z` is not part of the bundle",
        ]
    );
    assert!(super::drift(&expected[..1], &BTreeMap::from([expected[0].clone()])).is_empty());
}

#[test]
fn text_that_only_ends_differently_is_drift() {
    let expected = [("a".to_owned(), b"a: 1\n".to_vec())];
    for other in ["a: 1", "a: 1\n\n", "a: 1\nb: 2\n", ""] {
        let found = BTreeMap::from([("a".to_owned(), other.as_bytes().to_vec())]);
        assert_eq!(drift(&expected, &found).len(), 1, "{other:?}");
    }
}
