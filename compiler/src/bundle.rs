//! All objects of one compilation, with their digests, file names and index.
//!
//! A spec object may name the digest of the bundle that it belongs to (in the contract, in launcher
//! manifests, in admission expressions). So emitters write [`BUNDLE_PLACEHOLDER`]; it stands while the
//! objects are hashed, and [`seal`] then puts the digest in its place.
//!
//! Platform objects are shared by every spec of a target. They are listed in the index with their own
//! digests and one digest over all of them, but the bundle digest covers the spec objects alone: a
//! changed quota of the target does not make a reviewed spec another one.

mod digest;
mod drift;
mod files;
mod placeholder;

use crate::value::Value;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

pub use crate::reserved::{BUNDLE_PLACEHOLDER, BUNDLE_SHORT_PLACEHOLDER, mentions_placeholder};
pub use digest::{BUNDLE_ANNOTATION, DIGEST_ANNOTATION, VERSION_LABEL, object_digest, recompute};
pub use drift::{Difference, Drift, drift};
pub use files::{INDEX_FILE, INDEX_SCHEMA};

/// Who applies an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Zone {
    /// A cluster administrator, once per target.
    Platform,
    /// Whoever may install a run spec.
    Spec,
}

impl Zone {
    /// The folder of the zone's files.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Zone::Platform => "platform",
            Zone::Spec => "spec",
        }
    }
}

/// One emitted object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Who applies it.
    pub zone: Zone,
    /// The object itself; `apiVersion`, `kind` and `metadata.name` are there.
    pub value: Value,
    /// For a `WorkflowTemplate`: the manifest of each `resource` template, by template name. The
    /// template's text must be [`crate::yaml::document`] of it; the projection checks that.
    pub manifests: Vec<(String, Value)>,
}

impl Object {
    /// An object without embedded manifests.
    #[must_use]
    pub fn new(zone: Zone, value: Value) -> Object {
        Object {
            zone,
            value,
            manifests: Vec::new(),
        }
    }
}

/// A Secret that must exist before the first run. Its value is never part of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    /// `metadata.name` of the Secret.
    pub name: String,
    /// The key within it.
    pub key: String,
    /// What it is for, in the words of the spec.
    pub purpose: String,
}

/// A source that was compiled, for information.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// Logical path, `/` between parts.
    pub path: String,
    /// SHA-256 of its bytes, 64 hex digits.
    pub sha256: String,
}

/// An object with its digest and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The object as it is applied: digests and annotations are in it.
    pub object: Object,
    /// `platform/<kind>-<name>.yaml` or `spec/<kind>-<name>.yaml`.
    pub file: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.namespace`; empty for objects of the whole cluster.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// 64 hex digits, see [`object_digest`].
    pub digest: String,
}

/// The objects of one spec and its target, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The digest over the spec objects.
    pub digest: String,
    /// The digest over the platform objects.
    pub platform_digest: String,
    /// Platform objects first, else in the order of emission.
    pub objects: Vec<Arc<Sealed>>,
    /// What must exist in the cluster, sorted.
    pub secrets: Vec<Secret>,
    /// What was compiled, sorted by path.
    pub sources: Vec<Source>,
}

/// Objects that make no bundle: always a fault of the compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSealed {
    /// An object without `apiVersion`, `kind` or `metadata.name`; its place in the list.
    Nameless(usize),
    /// Two objects of one kind, namespace and name.
    Twice(String),
    /// A platform object that names the bundle digest of one spec.
    BundleInPlatform(String),
    /// A map key that holds the placeholder: replacing it would change the order of keys.
    BundleInKey(String),
}

impl fmt::Display for NotSealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotSealed::Nameless(at) => write!(f, "object {at} has no apiVersion, kind or name"),
            NotSealed::Twice(what) => write!(f, "`{what}` is emitted twice"),
            NotSealed::BundleInPlatform(what) => {
                write!(
                    f,
                    "platform object `{what}` names the digest of one spec's bundle"
                )
            }
            NotSealed::BundleInKey(what) => {
                write!(f, "`{what}` has the bundle digest in a map key")
            }
        }
    }
}

impl std::error::Error for NotSealed {}

/// The platform objects of one target, sealed. Every spec of the target has the same, so a workspace
/// makes them once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// The digest over them.
    pub digest: String,
    objects: Vec<Arc<Sealed>>,
}

/// Hashes the objects, puts the digests in, and names the files.
///
/// # Errors
/// [`NotSealed`], which no source can cause.
pub fn seal(
    objects: Vec<Object>,
    secrets: Vec<Secret>,
    sources: Vec<Source>,
) -> Result<Bundle, NotSealed> {
    let (platform, spec) = identified(objects)?
        .into_iter()
        .partition(|one| one.object.zone == Zone::Platform);
    let platform = finish_platform(platform)?;
    finish_spec(&platform, spec, secrets, sources)
}

/// The platform's part of [`seal`].
///
/// # Errors
/// As for [`seal`].
pub fn seal_platform(objects: Vec<Object>) -> Result<Platform, NotSealed> {
    finish_platform(identified(objects)?)
}

/// The spec's part of [`seal`].
///
/// # Errors
/// As for [`seal`].
pub fn seal_spec(
    platform: &Platform,
    objects: Vec<Object>,
    secrets: Vec<Secret>,
    sources: Vec<Source>,
) -> Result<Bundle, NotSealed> {
    finish_spec(platform, identified(objects)?, secrets, sources)
}

fn identified(objects: Vec<Object>) -> Result<Vec<Sealed>, NotSealed> {
    objects.into_iter().enumerate().map(identify).collect()
}

fn finish_platform(mut sealed: Vec<Sealed>) -> Result<Platform, NotSealed> {
    let digest = digest::of(&sealed);
    finish(&mut sealed, None);
    let objects: Vec<_> = sealed.into_iter().map(Arc::new).collect();
    distinct(&objects)?;
    Ok(Platform { digest, objects })
}

fn finish_spec(
    platform: &Platform,
    mut sealed: Vec<Sealed>,
    mut secrets: Vec<Secret>,
    mut sources: Vec<Source>,
) -> Result<Bundle, NotSealed> {
    let digest = digest::of(&sealed);
    finish(&mut sealed, Some(&digest));
    let mut objects = platform.objects.clone();
    objects.extend(sealed.into_iter().map(Arc::new));
    distinct(&objects)?;
    secrets.sort();
    secrets.dedup();
    sources.sort();
    Ok(Bundle {
        digest,
        platform_digest: platform.digest.clone(),
        objects,
        secrets,
        sources,
    })
}

/// Reads kind, namespace and name, and hashes the object.
fn identify((at, object): (usize, Object)) -> Result<Sealed, NotSealed> {
    let text = |keys: &[&str]| object.value.text_at(keys).filter(|t| !t.is_empty());
    let (Some(_), Some(kind), Some(name)) = (
        text(&["apiVersion"]),
        text(&["kind"]),
        text(&["metadata", "name"]),
    ) else {
        return Err(NotSealed::Nameless(at));
    };
    let namespace = text(&["metadata", "namespace"])
        .unwrap_or_default()
        .to_owned();
    let (kind, name) = (kind.to_owned(), name.to_owned());
    let subject = || format!("{kind}/{name}");
    if placeholder::in_key(&object.value) {
        return Err(NotSealed::BundleInKey(subject()));
    }
    if object.zone == Zone::Platform && placeholder::in_text(&object.value) {
        return Err(NotSealed::BundleInPlatform(subject()));
    }
    let digest = object_digest(&object.value);
    Ok(Sealed {
        object,
        file: String::new(),
        kind,
        namespace,
        name,
        digest,
    })
}

fn distinct(sealed: &[Arc<Sealed>]) -> Result<(), NotSealed> {
    let mut seen = BTreeSet::new();
    match sealed
        .iter()
        .find(|one| !seen.insert((&one.kind, &one.namespace, &one.name)))
    {
        Some(one) => Err(NotSealed::Twice(format!("{}/{}", one.kind, one.name))),
        None => Ok(()),
    }
}

/// Puts the digests into the objects of one zone, and names their files.
fn finish(sealed: &mut [Sealed], bundle: Option<&str>) {
    let mut taken = BTreeSet::new();
    for one in sealed {
        if let Some(bundle) = bundle {
            fill(one, bundle);
        }
        annotate(one, bundle);
        one.file = files::name(one, &mut taken);
    }
}

/// Puts the bundle digest where its placeholder stands.
fn fill(one: &mut Sealed, bundle: &str) {
    placeholder::fill(&mut one.object.value, bundle);
    for (_, manifest) in &mut one.object.manifests {
        placeholder::fill(manifest, bundle);
    }
    one.name = one
        .object
        .value
        .text_at(&["metadata", "name"])
        .unwrap_or_default()
        .to_owned();
}

fn annotate(one: &mut Sealed, bundle: Option<&str>) {
    let digest = &one.digest;
    let annotate = |metadata: &mut crate::value::Map| {
        metadata.change_map("annotations", |annotations| {
            annotations.insert(DIGEST_ANNOTATION, digest.clone());
            if let Some(bundle) = bundle {
                annotations.insert(BUNDLE_ANNOTATION, bundle.to_owned());
            }
        });
    };
    if let Some(root) = one.object.value.as_map_mut() {
        root.change_map("metadata", annotate);
    }
}

#[cfg(test)]
mod tests;
