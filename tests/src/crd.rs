//! Argo's own CRDs as judges: a structural walk that is as strict as the API server with strict field
//! validation. CEL rules (`x-kubernetes-validations`) are not evaluated.

use crate::readers;
use regex::Regex;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The kinds that are checked; their files are named after the plural.
const KINDS: [(&str, &str); 4] = [
    ("Workflow", "workflows"),
    ("WorkflowTemplate", "workflowtemplates"),
    ("CronWorkflow", "cronworkflows"),
    ("WorkflowEventBinding", "workfloweventbindings"),
];

/// The schemas of one version of Argo.
#[derive(Debug)]
pub struct Version {
    /// As the folder is named, such as `v4.1.2`.
    pub name: String,
    kinds: Vec<(&'static str, Value)>,
}

/// Every version under `$PURE_AGENT_ARGO_SCHEMAS` or `../shared/schemas/argo` beside the repository,
/// read once per process. None, and a loud line, where there are no schemas.
pub fn versions() -> &'static [Version] {
    static VERSIONS: OnceLock<Vec<Version>> = OnceLock::new();
    VERSIONS.get_or_init(|| {
        let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/schemas/argo");
        let dir = std::env::var("PURE_AGENT_ARGO_SCHEMAS").unwrap_or_else(|_| beside.to_owned());
        let mut folders: Vec<PathBuf> = fs::read_dir(&dir)
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        folders.sort();
        if folders.is_empty() {
            readers::skipped(
                "no Argo CRDs (PURE_AGENT_ARGO_SCHEMAS); objects are not checked with them",
            );
        }
        std::thread::scope(|scope| {
            let loads: Vec<_> = folders.iter().map(|f| scope.spawn(|| load(f))).collect();
            loads
                .into_iter()
                .map(|load| load.join().unwrap_or_else(|e| std::panic::resume_unwind(e)))
                .collect()
        })
    })
}

/// A CRD that does not read is a fault of the set-up, not something to skip.
#[allow(clippy::panic, reason = "a test cannot go on with half of its schemas")]
fn load(folder: &Path) -> Version {
    let kinds = KINDS.map(|(kind, plural)| {
        let path = folder.join(format!("argoproj.io_{plural}.yaml"));
        let read = fs::read_to_string(&path).map_err(|e| e.to_string());
        let crd = read.and_then(|text| readers::rust(&text));
        match crd
            .as_ref()
            .map(|crd| crd.pointer("/spec/versions/0/schema/openAPIV3Schema"))
        {
            Ok(Some(schema)) => (kind, schema.clone()),
            other => panic!("{}: {other:?}", path.display()),
        }
    });
    let name = folder
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    Version {
        name,
        kinds: kinds.into(),
    }
}

/// What is wrong with an object by any version's CRD, as `v4.1.2 spec.x: …`. Objects that are not Argo's
/// are not looked at.
#[must_use]
pub fn violations(object: &Value) -> Vec<String> {
    if object.get("apiVersion").and_then(Value::as_str) != Some("argoproj.io/v1alpha1") {
        return Vec::new();
    }
    let kind = object
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut all = Vec::new();
    for version in versions() {
        let found = match version.kinds.iter().find(|(name, _)| *name == kind) {
            Some((_, schema)) => check(schema, object),
            None => vec![format!("no schema for kind `{kind}`")],
        };
        all.extend(
            found
                .into_iter()
                .map(|what| format!("{} {what}", version.name)),
        );
    }
    all
}

/// What is wrong with an object by one `openAPIV3Schema`, as `spec.x: …`.
#[must_use]
pub fn check(schema: &Value, object: &Value) -> Vec<String> {
    let mut walk = Walk {
        found: Vec::new(),
        strict: true,
    };
    walk.value(schema, object, "");
    walk.found
}

struct Walk {
    found: Vec<String>,
    /// Off within `anyOf` and the like, which restate fields but do not declare them.
    strict: bool,
}

/// Keywords that say nothing about whether an object is valid, or nothing that a walk can see.
const SILENT: [&str; 9] = [
    "description",
    "default",
    "title",
    "example",
    "x-kubernetes-validations",
    "x-kubernetes-map-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
];

impl Walk {
    fn fail(&mut self, path: &str, what: impl std::fmt::Display) {
        let path = if path.is_empty() { "(root)" } else { path };
        self.found.push(format!("{path}: {what}"));
    }

    fn value(&mut self, schema: &Value, value: &Value, path: &str) {
        let Some(schema) = schema.as_object() else {
            return self.fail(path, "schema is no object");
        };
        if value.is_null() && schema.get("nullable") == Some(&Value::Bool(true)) {
            return;
        }
        for (keyword, rule) in schema {
            self.keyword(schema, keyword, rule, value, path);
        }
        if let Value::Object(fields) = value {
            self.fields(schema, fields, path);
        }
    }

    fn keyword(
        &mut self,
        schema: &Map<String, Value>,
        word: &str,
        rule: &Value,
        value: &Value,
        path: &str,
    ) {
        let number = || rule.as_f64().unwrap_or(f64::NAN);
        let count = |n: usize| n as f64;
        let length = value.as_str().map(|text| count(text.chars().count()));
        let items = value.as_array().map(|list| count(list.len()));
        let fields = value.as_object().map(|map| count(map.len()));
        let bound = |have: Option<f64>, wrong: fn(f64, f64) -> bool| {
            have.is_some_and(|n| wrong(n, number()))
        };
        let bad = match word {
            "type" => !typed(rule, value),
            "x-kubernetes-int-or-string" => !(value.is_string() || value.is_i64()),
            "enum" => !rule.as_array().is_some_and(|all| all.contains(value)),
            "pattern" => value.as_str().is_some_and(|text| !matches(rule, text)),
            "format" => !formatted(rule, value),
            "minimum" => bound(value.as_f64(), |n, least| n < least),
            "maximum" => bound(value.as_f64(), |n, most| n > most),
            "minLength" => bound(length, |n, least| n < least),
            "maxLength" => bound(length, |n, most| n > most),
            "minItems" => bound(items, |n, least| n < least),
            "maxItems" => bound(items, |n, most| n > most),
            "minProperties" => bound(fields, |n, least| n < least),
            "maxProperties" => bound(fields, |n, most| n > most),
            "anyOf" => self.branches(rule, value) == 0,
            "oneOf" => self.branches(rule, value) != 1,
            "allOf" => self.branches(rule, value) != rule.as_array().map_or(0, Vec::len),
            "not" => self.branches(&Value::Array(vec![rule.clone()]), value) != 0,
            "nullable" => value.is_null() && rule == &Value::Bool(false),
            "x-kubernetes-list-type" => repeated(schema, rule, value),
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.value(rule, item, &format!("{path}[{at}]"));
                }
                false
            }
            "required" => {
                for name in rule
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                {
                    if value
                        .as_object()
                        .is_some_and(|fields| !fields.contains_key(name))
                    {
                        self.fail(path, format!("`{name}` is required"));
                    }
                }
                false
            }
            "properties" | "additionalProperties" => false, // See `fields`.
            silent if SILENT.contains(&silent) => false,
            // A keyword that is not understood must not look like one that holds.
            unknown => return self.fail(path, format!("keyword `{unknown}` is not understood")),
        };
        if bad {
            self.fail(path, format!("{word} {rule} does not hold for {value}"));
        }
    }

    fn fields(&mut self, schema: &Map<String, Value>, fields: &Map<String, Value>, path: &str) {
        let known = schema.get("properties").and_then(Value::as_object);
        let others = schema
            .get("additionalProperties")
            .filter(|rule| rule.is_object());
        let open = !self.strict
            || schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true))
            || schema.get("additionalProperties") == Some(&Value::Bool(true))
            // The API server knows the metadata of an object itself.
            || path == "metadata";
        for (name, value) in fields {
            let at = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            match known.and_then(|known| known.get(name)).or(others) {
                Some(rule) => self.value(rule, value, &at),
                None if open => {}
                None => self.fail(&at, "unknown field"),
            }
        }
    }

    /// How many schemas of a list hold.
    fn branches(&self, list: &Value, value: &Value) -> usize {
        let holds = |schema: &&Value| {
            let mut inner = Walk {
                found: Vec::new(),
                strict: false,
            };
            inner.value(schema, value, "");
            inner.found.is_empty()
        };
        list.as_array().into_iter().flatten().filter(holds).count()
    }
}

fn typed(rule: &Value, value: &Value) -> bool {
    match rule.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        _ => false,
    }
}

fn formatted(rule: &Value, value: &Value) -> bool {
    match (rule.as_str(), value.as_i64(), value.as_str()) {
        (Some("int32"), Some(number), _) => i32::try_from(number).is_ok(),
        (Some("date-time"), _, Some(text)) => matches(
            &Value::from(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"),
            text,
        ),
        (Some("byte"), _, Some(text)) => matches(&Value::from("^[A-Za-z0-9+/]*={0,2}$"), text),
        _ => true,
    }
}

fn matches(pattern: &Value, text: &str) -> bool {
    let regex = pattern
        .as_str()
        .and_then(|pattern| Regex::new(pattern).ok());
    regex.is_some_and(|regex| regex.is_match(text))
}

/// Whether a list of type `set` or `map` holds an element twice.
fn repeated(schema: &Map<String, Value>, rule: &Value, value: &Value) -> bool {
    let keys: Vec<&str> = schema
        .get("x-kubernetes-list-map-keys")
        .and_then(Value::as_array)
        .map(|keys| keys.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let key = |item: &Value| match rule.as_str() {
        Some("map") => Value::from_iter(keys.iter().map(|key| item.get(*key).cloned())).to_string(),
        _ => item.to_string(),
    };
    let mut seen = BTreeSet::new();
    rule != "atomic"
        && !value
            .as_array()
            .into_iter()
            .flatten()
            .all(|item| seen.insert(key(item)))
}

#[cfg(test)]
mod tests;
