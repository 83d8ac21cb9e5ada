//! What the compiler emits for the runtime, of an example.

use crate::sources::{folder, memory, repository};
use pure_agent::bundle::Bundle;
use pure_agent::compile::{self, Options};
use pure_agent::load::{Extra, Loader};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

fn bundle(example: &str) -> Bundle {
    bundle_of(&repository().join("examples").join(example))
}

fn bundle_of(sources: &Path) -> Bundle {
    let (_, bundle) = bundles_of(sources).into_iter().next().expect("a spec");
    bundle
}

/// Each spec of a workspace: the name of its run, and what it compiles to.
fn bundles_of(sources: &Path) -> Vec<(String, Bundle)> {
    let world = memory(&folder(sources));
    let mut loader = Loader::open(&world, Extra::default());
    let paths = loader.spec_paths();
    let checked = compile::check_all(&mut loader, &paths, Options::default());
    let compiled = checked.units.iter().map(|unit| {
        let bundle = compile::compile(unit, &loader.sources).expect("it compiles");
        (unit.run.name.value.clone(), bundle)
    });
    compiled.collect()
}

/// The files of the bundles of specs at these paths, or of every spec, the index last; sources in memory.
///
/// # Panics
/// When they do not compile.
#[must_use]
pub fn files_of(
    sources: &BTreeMap<String, Vec<u8>>,
    extra: Extra,
    paths: &[&str],
) -> Vec<Vec<(String, String)>> {
    let world = memory(sources);
    let mut loader = Loader::open(&world, extra);
    let paths = match paths {
        [] => loader.spec_paths(),
        some => some.iter().map(|path| (*path).to_owned()).collect(),
    };
    let checked = compile::check_all(&mut loader, &paths, Options::default());
    let findings: Vec<_> = loader.findings.iter().collect();
    assert!(!loader.findings.has_errors(), "{findings:?}");
    let text = |(file, bytes): (String, Vec<u8>)| (file, String::from_utf8(bytes).unwrap());
    let files = checked.units.iter().map(|unit| {
        let bundle = compile::compile(unit, &loader.sources).unwrap();
        bundle.files().into_iter().map(text).collect()
    });
    files.collect()
}

/// What a spec is called among all examples: by its folder, and by its run where that has several specs.
#[must_use]
pub fn case(example: &str, run: &str, specs: usize) -> String {
    match specs {
        1 => example.to_owned(),
        _ => format!("{example}-{run}"),
    }
}

/// Every spec of an example by its [`case`]: the contract, and the command of the router.
#[must_use]
pub fn specs(example: &str) -> Vec<(String, String, Vec<String>)> {
    let all = bundles_of(&repository().join("examples").join(example));
    let specs = all.len();
    let each = all.into_iter().map(|(run, bundle)| {
        let router = words(&pod_of(&bundle, "router")["spec"]["containers"][0]);
        (case(example, &run, specs), text_of(&bundle), router)
    });
    each.collect()
}

/// The text of the contract.
#[must_use]
pub fn contract(example: &str) -> String {
    contract_of(&repository().join("examples").join(example))
}

/// The same for a workspace in any folder.
#[must_use]
pub fn contract_of(sources: &Path) -> String {
    text_of(&bundle_of(sources))
}

fn text_of(bundle: &Bundle) -> String {
    let maps = bundle.objects.iter().filter(|one| one.kind == "ConfigMap");
    let mut texts = maps.filter_map(|one| {
        let object = serde_json::to_value(&one.object.value).unwrap();
        Some(object["data"]["contract.json"].as_str()?.to_owned())
    });
    let text = texts.next().expect("a contract");
    assert!(texts.next().is_none(), "two contracts");
    text
}

/// The command of a role's container, placeholders and all.
pub fn command(example: &str, template: &str) -> Vec<String> {
    words(&pod(example, template)["spec"]["containers"][0])
}

/// The command of a pod's init container.
pub fn init_command(example: &str, template: &str) -> Vec<String> {
    words(&pod(example, template)["spec"]["initContainers"][0])
}

fn words(container: &Value) -> Vec<String> {
    let words = container["command"].as_array().into_iter().flatten();
    words.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn pod(example: &str, template: &str) -> Value {
    pod_of(&bundle(example), template)
}

fn pod_of(bundle: &Bundle, template: &str) -> Value {
    let manifests = bundle.objects.iter().flat_map(|one| &one.object.manifests);
    let manifest = manifests.into_iter().find(|(name, _)| name == template);
    let (_, manifest) = manifest.expect("a manifest of this name");
    serde_json::to_value(manifest).unwrap()
}
