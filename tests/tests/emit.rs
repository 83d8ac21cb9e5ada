//! Emitted objects before the judges: Argo's CRDs, the projection that linters read, other readers.

use pure_agent::{bundle, emit, project, yaml};
use pure_agent_tests::{crd, readers};

fn bundles() -> Vec<bundle::Bundle> {
    [emit::testing::rich(), emit::testing::minimal()]
        .iter()
        .map(|plan| {
            let objects = emit::emit(plan).unwrap();
            bundle::seal(objects, emit::required_secrets(plan), Vec::new()).unwrap()
        })
        .collect()
}

#[test]
fn argo_accepts_every_object() {
    for one in bundles().iter().flat_map(|bundle| &bundle.objects) {
        let object = serde_json::to_value(&one.object.value).unwrap();
        assert_eq!(
            crd::violations(&object),
            Vec::<String>::new(),
            "{}",
            one.file
        );
    }
}

#[test]
fn every_pod_is_projected() {
    for bundle in bundles() {
        let pods = project::pods(&bundle, "packages.example.com/argoexec:v1").unwrap();
        let template = bundle
            .objects
            .iter()
            .find(|one| !one.object.manifests.is_empty())
            .unwrap();
        let made = template.object.manifests.len();
        // Our pods, their launchers, and the two launchers that delete.
        assert_eq!(pods.len(), 2 * made + 2);
    }
}

/// The launcher reads manifests with a reader of YAML 1.1; this one is of YAML 1.2. Both get the same.
#[test]
fn another_reader_gets_the_same_manifests() {
    for bundle in bundles() {
        for (name, manifest) in bundle.objects.iter().flat_map(|one| &one.object.manifests) {
            let read = readers::rust(&yaml::document(manifest)).unwrap();
            assert_eq!(read, serde_json::to_value(manifest).unwrap(), "{name}");
        }
    }
}
