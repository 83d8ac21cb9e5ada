//! What emitted objects must satisfy, whoever asks for it: one row per check of the usual scanners.
//!
//! The checks see the objects and the Pod projection (`pure_agent::project`). A spec that compiles and
//! fails one of them is a fault of the compiler. The numbers are those of the scanners' common table; the
//! fields of Argo's own objects are checked against its CRDs (66), and keys are sorted by the type of
//! every map (67). A rule that does not hold here is a waiver with its reason; an unused waiver is a
//! fault, too.

mod identity;
mod network;
mod pods;
mod supply;
mod waivers;

use pure_agent::bundle::Bundle;
use pure_agent::plan::Plan;
use pure_agent::project;
use pure_agent::value::Value;
use std::collections::BTreeSet;
use std::fmt;

pub use waivers::{WAIVERS, WAIVERS_OF_WORKLOADS};

/// What a bundle consists of, for the checks.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// `pure_agent::project::pods` of the bundle.
    pub pods: Vec<Value>,
    /// The objects of the bundle.
    pub objects: Vec<Value>,
    /// The Secrets that must exist: name and key.
    pub secrets: Vec<(String, String)>,
    /// The ConfigMaps that the target says exist: name and key.
    pub config_maps: Vec<(String, String)>,
}

impl Scene {
    /// The scene of a plan's sealed bundle.
    ///
    /// # Errors
    /// What cannot be projected.
    pub fn of(bundle: &Bundle, plan: &Plan) -> Result<Scene, Vec<String>> {
        let trust = plan.target.trust_bundle.iter();
        Ok(Scene {
            pods: project::pods(bundle, &plan.target.executor)?,
            objects: bundle
                .objects
                .iter()
                .map(|one| one.object.value.clone())
                .collect(),
            secrets: bundle
                .secrets
                .iter()
                .map(|s| (s.name.clone(), s.key.clone()))
                .collect(),
            config_maps: trust
                .map(|t| (t.config_map.clone(), t.key.clone()))
                .collect(),
        })
    }
}

/// One check.
#[derive(Clone, Copy)]
pub struct Check {
    /// The row in the table.
    pub number: u8,
    /// What must hold.
    pub name: &'static str,
    rule: Rule,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.name)
    }
}

/// What a check looks at. Each function gives one line per violation.
#[derive(Clone, Copy)]
enum Rule {
    /// A container (init containers, too) and its pod.
    Container(fn(&Value, &Value) -> Option<String>),
    /// A pod.
    Pod(fn(&Value) -> Option<String>),
    /// A pod among everything.
    PodIn(fn(&Scene, &Value) -> Option<String>),
    /// An object among everything.
    Object(fn(&Scene, &Value) -> Option<String>),
}

/// A violation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The row of the check.
    pub check: u8,
    /// `role/pod`, `role/pod/container` or `Kind/name`.
    pub at: String,
    /// What is wrong.
    pub what: String,
}

/// A check that does not apply to some pods or objects.
#[derive(Debug, Clone, Copy)]
pub struct Waiver {
    /// The row of the check.
    pub check: u8,
    /// How the violation's place begins: a role, or a kind and a name.
    pub at: &'static str,
    /// How the violation's text begins; empty for any.
    pub what: &'static str,
    /// Why it is right as it is.
    pub reason: &'static str,
}

/// Every check, by number.
#[must_use]
pub fn checks() -> Vec<Check> {
    let mut all = [
        pods::CHECKS,
        identity::CHECKS,
        network::CHECKS,
        supply::CHECKS,
    ]
    .concat();
    all.sort_by_key(|check| check.number);
    all
}

/// All violations of a scene, waived or not, sorted.
#[must_use]
pub fn violations(scene: &Scene) -> Vec<Violation> {
    let mut found: Vec<Violation> = checks()
        .iter()
        .flat_map(|check| run(check, scene))
        .collect();
    found.sort();
    found
}

/// The violations that no waiver covers, and the places in `waivers` that were used.
#[must_use]
pub fn judge(scene: &Scene, waivers: &[Waiver]) -> (Vec<Violation>, BTreeSet<usize>) {
    let mut used = BTreeSet::new();
    let mut left = violations(scene);
    left.retain(|violation| {
        let covers = |waiver: &Waiver| {
            waiver.check == violation.check
                && violation.at.starts_with(waiver.at)
                && violation.what.starts_with(waiver.what)
        };
        let places = waivers
            .iter()
            .enumerate()
            .filter(|(_, waiver)| covers(waiver))
            .map(|(n, _)| n);
        let places: Vec<usize> = places.collect();
        used.extend(&places);
        places.is_empty()
    });
    (left, used)
}

/// The violations of one check.
#[must_use]
pub fn run(check: &Check, scene: &Scene) -> Vec<Violation> {
    let violation = |at: String, what: String| Violation {
        check: check.number,
        at,
        what,
    };
    let mut found = Vec::new();
    for pod in &scene.pods {
        let at = pod_name(pod);
        match check.rule {
            Rule::Pod(rule) => found.extend(rule(pod).map(|what| violation(at, what))),
            Rule::PodIn(rule) => found.extend(rule(scene, pod).map(|what| violation(at, what))),
            Rule::Container(rule) => {
                for container in containers(pod) {
                    let name = container.text_at(&["name"]).unwrap_or_default();
                    let what = rule(pod, container);
                    found.extend(what.map(|what| violation(format!("{at}/{name}"), what)));
                }
            }
            Rule::Object(_) => {}
        }
    }
    if let Rule::Object(rule) = check.rule {
        for object in &scene.objects {
            let at = format!("{}/{}", kind(object), name(object));
            found.extend(rule(scene, object).map(|what| violation(at, what)));
        }
    }
    found
}

fn pod_name(pod: &Value) -> String {
    let role = pod.text_at(&["metadata", "labels", "pure-agent.dev/role"]);
    format!("{}/{}", role.unwrap_or("no-role"), name(pod))
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["initContainers", "containers", "ephemeralContainers"]
        .into_iter()
        .flat_map(|list| items(pod, &["spec", list]))
}

fn items<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    value.path(path).map(Value::items).unwrap_or_default()
}

fn texts<'a>(value: &'a Value, path: &[&str]) -> Vec<&'a str> {
    items(value, path)
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

fn kind(object: &Value) -> &str {
    object.text_at(&["kind"]).unwrap_or_default()
}

fn name(object: &Value) -> &str {
    object.text_at(&["metadata", "name"]).unwrap_or_default()
}

fn namespace(object: &Value) -> &str {
    object
        .text_at(&["metadata", "namespace"])
        .unwrap_or_default()
}

/// `Some(what)` if it is so.
fn bad(is_so: bool, what: impl Into<String>) -> Option<String> {
    is_so.then(|| what.into())
}

/// What a container's security context says, or else its pod's.
fn context<'a>(pod: &'a Value, container: &'a Value, field: &str) -> Option<&'a Value> {
    let own = container.path(&["securityContext", field]);
    own.or_else(|| pod.path(&["spec", "securityContext", field]))
}

#[cfg(test)]
mod tests;
