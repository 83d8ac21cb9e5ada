//! What the compiler emits for whole plans: the CRDs, the scanners' checks and other readers accept it.

use pure_agent::bundle::{self, Bundle, Zone, mentions_placeholder, seal};
use pure_agent::emit::testing::{minimal, rich, routed, stepped};
use pure_agent::emit::{emit, required_secrets};
use pure_agent::plan::Plan;
use pure_agent::value::{Value, to_value};
use pure_agent_tests::manifest_checks::{Scene, WAIVERS, judge};
use pure_agent_tests::{crd, readers};
use std::collections::BTreeSet;

fn plans() -> [Plan; 4] {
    [minimal(), rich(), routed(), stepped()]
}

fn sealed(plan: &Plan) -> Bundle {
    seal(emit(plan).unwrap(), required_secrets(plan), vec![]).unwrap()
}

#[test]
fn the_scanners_find_nothing_that_is_not_waived() {
    let mut used = BTreeSet::new();
    let mut left = Vec::new();
    for plan in plans() {
        let scene = Scene::of(&sealed(&plan), &plan).unwrap();
        let (violations, waivers) = judge(&scene, WAIVERS);
        left.extend(
            violations
                .into_iter()
                .map(|v| format!("{}: {v:?}", plan.name)),
        );
        used.extend(waivers);
    }
    assert!(left.is_empty(), "{}", left.join("\n"));
    let unused: Vec<_> = WAIVERS
        .iter()
        .enumerate()
        .filter(|(n, _)| !used.contains(n))
        .map(|(_, w)| w)
        .collect();
    assert!(unused.is_empty(), "waivers that nothing needs: {unused:#?}");
}

#[test]
fn both_versions_of_the_crds_accept_the_objects() {
    for plan in plans() {
        for one in sealed(&plan).objects {
            let json = serde_json::to_value(&one.object.value).unwrap();
            assert_eq!(crd::violations(&json), Vec::<String>::new(), "{}", one.file);
        }
    }
}

#[test]
fn the_files_read_back_with_the_same_digests() {
    for plan in plans() {
        let bundle = sealed(&plan);
        assert!(!mentions_placeholder(&bundle.yaml_stream()));
        let read_back: Vec<Value> = bundle
            .objects
            .iter()
            .zip(bundle.files())
            .filter(|(one, _)| one.object.zone == Zone::Spec)
            .map(|(_, (_, bytes))| readers::rust(&String::from_utf8(bytes).unwrap()).unwrap())
            .map(|json| to_value(&json).unwrap())
            .collect();
        assert_eq!(
            bundle::recompute(&read_back, &bundle.digest).as_ref(),
            Ok(&bundle.digest)
        );
    }
}

#[test]
fn launchers_read_the_manifests_as_they_were_meant() {
    let readers = readers::installed();
    for plan in plans() {
        for one in sealed(&plan).objects {
            for template in one
                .object
                .value
                .path(&["spec", "templates"])
                .map_or(&[][..], Value::items)
            {
                let Some(text) = template.text_at(&["resource", "manifest"]) else {
                    continue;
                };
                let name = template.text_at(&["name"]).unwrap();
                let manifest = one
                    .object
                    .manifests
                    .iter()
                    .find(|(n, _)| n == name)
                    .unwrap();
                let expected = serde_json::to_value(&manifest.1).unwrap();
                for (reader, read) in &readers {
                    assert_eq!(read(text).unwrap(), expected, "{reader} {name}");
                }
            }
        }
    }
}
