//! Every example on every shipped target, before the judges: both versions of Argo's CRDs, and the
//! rows of the field's scanners over the projection of its pods.

use pure_agent::bundle::Bundle;
use pure_agent::compile::{self, Options};
use pure_agent::load::{Extra, Loader};
use pure_agent::plan::{self, Plan};
use pure_agent_tests::crd;
use pure_agent_tests::manifest_checks::{Scene, WAIVERS, WAIVERS_OF_WORKLOADS, judge};
use pure_agent_tests::sources::{EXAMPLES, extended, folder, memory, repository};

/// Plan and bundle of each example on each target, with a name for messages.
fn all() -> Vec<(String, Plan, Bundle)> {
    let mut out = Vec::new();
    for (target, bytes) in folder(&repository().join("policies/targets")) {
        for name in EXAMPLES {
            let text = extended(&String::from_utf8_lossy(&bytes), name);
            let extra = Extra {
                target_file: Some((target.clone(), text.into_bytes())),
                ..Extra::default()
            };
            let world = memory(&folder(&repository().join("examples").join(name)));
            let mut loader = Loader::open(&world, extra);
            let paths = loader.spec_paths();
            let checked = compile::check_all(&mut loader, &paths, Options::default());
            for unit in &checked.units {
                let bundle = compile::compile(unit, &loader.sources).expect("it compiles");
                let what = format!("{} of {name} on {target}", unit.run.name.value);
                out.push((what, plan::build(unit), bundle));
            }
        }
    }
    assert_eq!(out.len(), 60, "fifteen specs on four targets");
    out
}

#[test]
fn argo_s_schemas_know_every_field_of_every_example() {
    for (name, _, bundle) in all() {
        for one in &bundle.objects {
            let object = serde_json::to_value(&one.object.value).expect("JSON");
            let wrong = crd::violations(&object);
            assert!(wrong.is_empty(), "{name}: {}: {wrong:#?}", one.file);
        }
    }
}

#[test]
fn scanners_find_nothing_but_what_is_waived() {
    for (name, plan, bundle) in all() {
        let scene = Scene::of(&bundle, &plan).unwrap_or_else(|e| panic!("{name}: {e:#?}"));
        assert!(
            scene.pods.len() >= 10,
            "{name}: only {} pods",
            scene.pods.len()
        );
        let mut waivers = WAIVERS.to_vec();
        if !plan.target.workloads.is_empty() {
            waivers.extend(WAIVERS_OF_WORKLOADS);
        }
        let (mut violations, _) = judge(&scene, &waivers);
        if !plan.target.executor.contains("@sha256:") {
            // Row 49: this target says that its controller names the executor by a tag.
            violations.retain(|v| v.check != 49 || !v.at.starts_with("launcher/"));
        }
        assert!(violations.is_empty(), "{name}: {violations:#?}");
    }
}
