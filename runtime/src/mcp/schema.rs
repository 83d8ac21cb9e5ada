//! JSON Schemas that a server wrote, made harmless before anything is checked by them.
//!
//! A schema of an upstream server is a program of a stranger. What remains of it (`clean`) has known keywords, no
//! reference and a bounded size; its patterns run in linear time; and a value is checked only where size of the value
//! times size of the schema is bounded. Nothing is fetched.

mod clean;

use clean::Clean;
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};
use std::fmt;

/// Most bytes of one compiled pattern.
const MOST_PATTERN: usize = 128 * 1024;
/// Most bytes that the automaton of one pattern may keep.
const MOST_AUTOMATON: usize = 1 << 20;
/// Most values times schemas of one check.
const MOST_STEPS: usize = 10_000_000;
/// Most bytes times patterns of one check.
const MOST_MATCHED: usize = 1 << 20;
/// Problems that are told at once.
const MOST_PROBLEMS: usize = 5;
/// Most characters of one problem.
const MOST_PROBLEM: usize = 300;

/// Why a schema is not used. The rule is `tool-schema`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It is not the schema of an object.
    Form,
    /// It is too large, also where its references are written out.
    Size,
    /// Its schemas are nested too deeply.
    Depth,
    /// A reference leads elsewhere than into itself, or is dynamic.
    Reference,
    /// A reference leads back to where it stands.
    Recursive,
    /// A pattern is too long, there are too many, or one cannot run in linear time.
    Pattern,
    /// It is written in a dialect that is not known.
    Dialect,
    /// A keyword has a value that it cannot have.
    Invalid,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "is not one of an object",
            Self::Size => "is too large",
            Self::Depth => "is nested too deeply",
            Self::Reference => "refers to something outside of itself",
            Self::Recursive => "refers to itself",
            Self::Pattern => "has a pattern that is too large or not of linear time",
            Self::Dialect => "is written in an unknown dialect",
            Self::Invalid => "is not valid",
        })
    }
}

impl std::error::Error for Unfit {}

/// A schema, ready to check values.
pub struct Schema {
    clean: Clean,
    listed: Map<String, Value>,
    validator: Validator,
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").finish_non_exhaustive()
    }
}

impl Schema {
    /// Reads the schema of an object. It takes time in proportion to bounds; not on a thread that serves others.
    ///
    /// # Errors
    /// See [`Unfit`].
    pub fn read(schema: &Value) -> Result<Self, Unfit> {
        let dialect = schema.get("$schema");
        let draft = draft(dialect)?;
        let clean = clean::clean(schema)?;
        let validator = jsonschema::options()
            .with_draft(draft)
            .offline()
            .should_validate_formats(false)
            .with_pattern_options(
                PatternOptions::regex()
                    .size_limit(MOST_PATTERN)
                    .dfa_size_limit(MOST_AUTOMATON),
            )
            .build(&Value::Object(clean.schema.clone()))
            .map_err(|_untold| match clean.patterns {
                0 => Unfit::Invalid,
                _ => Unfit::Pattern,
            })?;
        let mut listed = clean.schema.clone();
        if let Some(dialect) = dialect {
            listed.insert("$schema".to_owned(), dialect.clone());
        }
        Ok(Self {
            clean,
            listed,
            validator,
        })
    }

    /// The properties that the schema declares.
    #[must_use]
    pub fn declared(&self) -> Option<&Map<String, Value>> {
        self.clean.schema.get("properties")?.as_object()
    }

    /// The schema as it is listed: without the arguments of these names.
    #[must_use]
    pub fn listed<'n>(&self, without: impl IntoIterator<Item = &'n String>) -> Value {
        let mut listed = self.listed.clone();
        let mut any = false;
        for name in without {
            any = true;
            if let Some(Value::Object(properties)) = listed.get_mut("properties") {
                properties.remove(name);
            }
            if let Some(Value::Array(required)) = listed.get_mut("required") {
                required.retain(|one| one != name);
            }
        }
        if any {
            listed.insert("additionalProperties".to_owned(), false.into());
        }
        Value::Object(listed)
    }

    /// Whether a value fits; if not, why, in sentences that hold names but no values.
    ///
    /// # Errors
    /// The first problems.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        let (values, bytes) = measure(value);
        if values.saturating_mul(self.clean.weight) > MOST_STEPS
            || bytes.saturating_mul(self.clean.patterns) > MOST_MATCHED
        {
            return Err("there are too many values to check them by the schema".to_owned());
        }
        if self.validator.is_valid(value) {
            return Ok(());
        }
        let problems = self.validator.iter_errors(value).take(MOST_PROBLEMS);
        let problems: Vec<String> = problems
            .map(|problem| {
                let place = problem.instance_path().to_string();
                let said = problem.masked().to_string();
                let text = match place.as_str() {
                    "" => said,
                    place => format!("{place}: {said}"),
                };
                text.chars().take(MOST_PROBLEM).collect()
            })
            .collect();
        Err(problems.join("; "))
    }
}

/// Number of values in a value, and bytes of its texts and names.
fn measure(value: &Value) -> (usize, usize) {
    let add = |(values, bytes): (usize, usize), inner: (usize, usize)| {
        (
            values.saturating_add(inner.0),
            bytes.saturating_add(inner.1),
        )
    };
    match value {
        Value::String(text) => (1, text.len()),
        Value::Array(items) => items.iter().map(measure).fold((1, 0), add),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| add((1, name.len()), measure(value)))
            .fold((1, 0), add),
        Value::Null | Value::Bool(_) | Value::Number(_) => (1, 0),
    }
}

fn draft(dialect: Option<&Value>) -> Result<Draft, Unfit> {
    let Some(dialect) = dialect else {
        return Ok(Draft::Draft202012);
    };
    let name = dialect.as_str().ok_or(Unfit::Dialect)?;
    let name = name.strip_suffix('#').unwrap_or(name);
    let place = name
        .strip_prefix("https://")
        .or(name.strip_prefix("http://"));
    match place {
        Some("json-schema.org/draft/2020-12/schema") => Ok(Draft::Draft202012),
        Some("json-schema.org/draft/2019-09/schema") => Ok(Draft::Draft201909),
        Some("json-schema.org/draft-07/schema") => Ok(Draft::Draft7),
        Some("json-schema.org/draft-06/schema") => Ok(Draft::Draft6),
        Some("json-schema.org/draft-04/schema") => Ok(Draft::Draft4),
        _ => Err(Unfit::Dialect),
    }
}
