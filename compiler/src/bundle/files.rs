//! A bundle as files, as one stream, and as JSON.

use super::{Bundle, Sealed};
use crate::value::Value;
use crate::{json, object, yaml};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The name of the index.
pub const INDEX_FILE: &str = "bundle.json";

/// The value of `schema` in the index. It changes when the meaning of a field does.
pub const INDEX_SCHEMA: &str = "pure-agent.dev/bundle/v1";

impl Bundle {
    /// Every file of the bundle, by relative path; the index comes last.
    #[must_use]
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let object = |one: &Arc<Sealed>| {
            (
                one.file.clone(),
                yaml::document(&one.object.value).into_bytes(),
            )
        };
        let mut files: Vec<_> = self.objects.iter().map(object).collect();
        files.push((INDEX_FILE.to_owned(), self.index().into_bytes()));
        files
    }

    /// All objects as one YAML stream, in the order in which they are applied.
    #[must_use]
    pub fn yaml_stream(&self) -> String {
        yaml::stream(self.objects.iter().map(|one| &one.object.value))
    }

    /// All objects as one JSON document: a `v1` `List`, which `kubectl` takes.
    #[must_use]
    pub fn json(&self) -> String {
        let items: Vec<Value> = self
            .objects
            .iter()
            .map(|one| one.object.value.clone())
            .collect();
        json::pretty(&object! { "apiVersion" => "v1", "items" => items, "kind" => "List" })
    }

    /// The text of `bundle.json`. It holds nothing that varies between machines.
    #[must_use]
    pub fn index(&self) -> String {
        let secret = |secret: &super::Secret| {
            object! {
                "for" => secret.purpose.clone(),
                "key" => secret.key.clone(),
                "name" => secret.name.clone(),
            }
        };
        let source = |source: &super::Source| {
            object! { "path" => source.path.clone(), "sha256" => source.sha256.clone() }
        };
        json::pretty(&object! {
            "bundle" => self.digest.clone(),
            "objects" => Value::List(self.objects.iter().map(row).collect()),
            "platform" => self.platform_digest.clone(),
            "schema" => INDEX_SCHEMA,
            "secrets" => Value::List(self.secrets.iter().map(secret).collect()),
            "sources" => Value::List(self.sources.iter().map(source).collect()),
        })
    }
}

fn row(one: &Arc<Sealed>) -> Value {
    object! {
        "digest" => one.digest.clone(),
        "file" => one.file.clone(),
        "kind" => one.kind.clone(),
        "name" => one.name.clone(),
        "namespace" => one.namespace.clone(),
        "zone" => one.object.zone.folder(),
    }
}

/// The file of an object. Lower case and plain characters only, so that no file system joins two of
/// them; a name that is taken gets a number.
pub(super) fn name(one: &Sealed, taken: &mut BTreeSet<String>) -> String {
    let plain = |c: char| match c.to_ascii_lowercase() {
        c @ ('a'..='z' | '0'..='9' | '.' | '-') => c,
        _ => '-',
    };
    let stem: String = format!("{}-{}", one.kind, one.name)
        .chars()
        .map(plain)
        .collect();
    let folder = one.object.zone.folder();
    let mut file = format!("{folder}/{stem}.yaml");
    let mut number = 2;
    while !taken.insert(file.clone()) {
        file = format!("{folder}/{stem}-{number}.yaml");
        number += 1;
    }
    file
}
