//! Digests of objects and of bundles.

use super::{NotSealed, Object, Sealed, Zone, identify, placeholder};
use crate::json;
use crate::value::{Map, Value};

/// The annotation that holds an object's digest.
pub const DIGEST_ANNOTATION: &str = "pure-agent.dev/digest";

/// The annotation that holds the digest of the bundle of a spec object.
pub const BUNDLE_ANNOTATION: &str = "pure-agent.dev/bundle";

/// The label that holds the program's version.
pub const VERSION_LABEL: &str = "app.kubernetes.io/version";

/// The SHA-256 of an object's canonical JSON, as 64 hex digits.
///
/// The two annotations above and the version label of the object's own `metadata` do not count, nor
/// does a map that is empty without them. A bundle digest within the object must be a placeholder.
#[must_use]
pub fn object_digest(object: &Value) -> String {
    let Value::Map(root) = object else {
        return json::sha256_hex(object);
    };
    let Some(Value::Map(metadata)) = root.get("metadata") else {
        return json::sha256_hex(object);
    };
    // Metadata is small; the rest is hashed where it stands.
    let mut metadata = metadata.clone();
    without(
        &mut metadata,
        "annotations",
        &[DIGEST_ANNOTATION, BUNDLE_ANNOTATION],
    );
    without(&mut metadata, "labels", &[VERSION_LABEL]);
    json::sha256_hex_with(root, "metadata", &Value::Map(metadata))
}

fn without(metadata: &mut Map, at: &'static str, keys: &[&str]) {
    let Some(Value::Map(inner)) = metadata.get_mut(at) else {
        return;
    };
    let before = inner.len();
    for key in keys {
        inner.remove(key);
    }
    if inner.is_empty() && before > 0 {
        metadata.remove(at);
    }
}

/// The digest over objects: SHA-256 of the canonical JSON of the sorted list of
/// `[kind, namespace, name, digest]`, the namespace empty for objects of the whole cluster.
pub(super) fn of(objects: &[Sealed]) -> String {
    let mut rows: Vec<[&str; 4]> = objects
        .iter()
        .map(|one| [&*one.kind, &*one.namespace, &*one.name, &*one.digest])
        .collect();
    rows.sort_unstable();
    let row = |row: [&str; 4]| Value::List(row.map(|t| Value::from(t.to_owned())).into());
    json::sha256_hex(&Value::List(rows.into_iter().map(row).collect()))
}

/// The bundle digest of spec objects as they stand in files or in a cluster, if `claimed` is the
/// digest that they carry. The bundle is what it claims to be when the result equals `claimed`.
///
/// # Errors
/// An object without a name.
pub fn recompute<'a>(
    spec_objects: impl IntoIterator<Item = &'a Value>,
    claimed: &str,
) -> Result<String, NotSealed> {
    let restored = spec_objects.into_iter().map(|value| {
        let mut value = value.clone();
        placeholder::restore(&mut value, claimed);
        Object::new(Zone::Spec, value)
    });
    let sealed = restored
        .enumerate()
        .map(identify)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(of(&sealed))
}
