//! A schema of known keywords, without references: they are written out, within bounds.

use super::Unfit;
use serde_json::{Map, Value};

/// Most bytes of a schema, references written out; a schema counts as [`EACH`] beside its keywords.
const MOST: usize = 256 * 1024;
/// What a schema counts beside what stands in it.
const EACH: usize = 32;
/// Most levels of schemas, references written out.
const MOST_DEPTH: usize = 32;
/// Most patterns, references written out.
const MOST_PATTERNS: usize = 64;
/// Most bytes of a pattern as it is written.
const MOST_PATTERN: usize = 1024;

/// What remains.
#[derive(Debug)]
pub(super) struct Clean {
    /// The schema: of an object.
    pub(super) schema: Map<String, Value>,
    /// Number of schemas and values in it, at least.
    pub(super) weight: usize,
    /// Number of patterns.
    pub(super) patterns: usize,
}

/// What stands under a keyword.
enum Holds {
    Schema,
    Schemas,
    SchemaOrSchemas,
    Named,
    Patterns,
    Dependencies,
    Pattern,
    Plain,
    Reference,
    /// It would change what a reference means.
    Never,
    /// It says nothing about values.
    Nothing,
}

fn holds(keyword: &str) -> Holds {
    match keyword {
        "additionalItems"
        | "additionalProperties"
        | "contains"
        | "else"
        | "if"
        | "not"
        | "propertyNames"
        | "then"
        | "unevaluatedItems"
        | "unevaluatedProperties" => Holds::Schema,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Holds::Schemas,
        "items" => Holds::SchemaOrSchemas,
        "dependentSchemas" | "properties" => Holds::Named,
        "patternProperties" => Holds::Patterns,
        "dependencies" => Holds::Dependencies,
        "pattern" => Holds::Pattern,
        "const" | "default" | "dependentRequired" | "deprecated" | "description" | "enum"
        | "examples" | "exclusiveMaximum" | "exclusiveMinimum" | "format" | "maxContains"
        | "maxItems" | "maxLength" | "maxProperties" | "maximum" | "minContains" | "minItems"
        | "minLength" | "minProperties" | "minimum" | "multipleOf" | "readOnly" | "required"
        | "title" | "type" | "uniqueItems" | "writeOnly" => Holds::Plain,
        "$ref" => Holds::Reference,
        "$anchor" | "$dynamicAnchor" | "$dynamicRef" | "$recursiveAnchor" | "$recursiveRef"
        | "$vocabulary" => Holds::Never,
        _ => Holds::Nothing,
    }
}

/// Cleans the schema of an object.
///
/// # Errors
/// See [`Unfit`].
pub(super) fn clean(root: &Value) -> Result<Clean, Unfit> {
    let mut walk = Walk {
        root,
        left: MOST,
        patterns: 0,
        under: vec!["#"],
    };
    let Value::Object(mut schema) = walk.schema(root, 0)? else {
        return Err(Unfit::Form);
    };
    match schema.get("type").map(Value::as_str) {
        None => schema.insert("type".to_owned(), "object".into()),
        Some(Some("object")) => None,
        Some(_) => return Err(Unfit::Form),
    };
    Ok(Clean {
        schema,
        weight: (MOST - walk.left).div_ceil(EACH),
        patterns: walk.patterns,
    })
}

struct Walk<'s> {
    root: &'s Value,
    left: usize,
    patterns: usize,
    /// The references that are being written out.
    under: Vec<&'s str>,
}

impl<'s> Walk<'s> {
    fn schema(&mut self, schema: &'s Value, depth: usize) -> Result<Value, Unfit> {
        self.spend(EACH)?;
        let members = match schema {
            Value::Bool(_) => return Ok(schema.clone()),
            Value::Object(members) => members,
            _ => return Err(Unfit::Form),
        };
        if depth > MOST_DEPTH {
            return Err(Unfit::Depth);
        }
        let is_base = |name: &str| members.get(name).is_some_and(Value::is_string);
        if depth > 0 && (is_base("$id") || is_base("id")) {
            return Err(Unfit::Reference);
        }
        let mut kept = Map::new();
        let mut reference = None;
        for (keyword, value) in members {
            let clean = match holds(keyword) {
                Holds::Nothing => continue,
                Holds::Never => return Err(Unfit::Reference),
                Holds::Reference => {
                    reference = Some(self.referred(value, depth)?);
                    continue;
                }
                holds => self.keyword(&holds, value, depth)?,
            };
            self.spend(keyword.len())?;
            kept.insert(keyword.clone(), clean);
        }
        Ok(match reference {
            Some(referred) => joined(kept, referred),
            None => Value::Object(kept),
        })
    }

    fn keyword(&mut self, holds: &Holds, value: &'s Value, depth: usize) -> Result<Value, Unfit> {
        match (holds, value) {
            (Holds::Schema, value) => self.schema(value, depth + 1),
            (Holds::Schemas | Holds::SchemaOrSchemas, Value::Array(list)) => {
                let list = list.iter().map(|one| self.schema(one, depth + 1));
                list.collect::<Result<_, _>>().map(Value::Array)
            }
            (Holds::SchemaOrSchemas, value) => self.schema(value, depth + 1),
            (Holds::Named | Holds::Patterns | Holds::Dependencies, Value::Object(named)) => {
                self.named(holds, named, depth)
            }
            (Holds::Pattern, Value::String(pattern)) => {
                self.pattern(pattern)?;
                Ok(value.clone())
            }
            (Holds::Plain, value) => {
                self.spend(value.to_string().len())?;
                Ok(value.clone())
            }
            _ => Err(Unfit::Invalid),
        }
    }

    fn named(
        &mut self,
        holds: &Holds,
        named: &'s Map<String, Value>,
        depth: usize,
    ) -> Result<Value, Unfit> {
        let mut kept = Map::new();
        for (name, value) in named {
            self.spend(name.len())?;
            if matches!(holds, Holds::Patterns) {
                self.pattern(name)?;
            }
            let names_only = matches!(holds, Holds::Dependencies) && value.is_array();
            let clean = match names_only {
                true => self.keyword(&Holds::Plain, value, depth)?,
                false => self.schema(value, depth + 1)?,
            };
            kept.insert(name.clone(), clean);
        }
        Ok(Value::Object(kept))
    }

    fn pattern(&mut self, pattern: &str) -> Result<(), Unfit> {
        self.spend(pattern.len())?;
        self.patterns += 1;
        match pattern.len() > MOST_PATTERN || self.patterns > MOST_PATTERNS {
            true => Err(Unfit::Pattern),
            false => Ok(()),
        }
    }

    fn referred(&mut self, reference: &'s Value, depth: usize) -> Result<Value, Unfit> {
        let text = reference.as_str().ok_or(Unfit::Reference)?;
        if self.under.contains(&text) {
            return Err(Unfit::Recursive);
        }
        // Escapes would let two readers find two places.
        let pointer = text.strip_prefix('#').filter(|p| !p.contains('%'));
        let found = pointer.and_then(|pointer| self.root.pointer(pointer));
        self.under.push(text);
        let schema = self.schema(found.ok_or(Unfit::Reference)?, depth + 1);
        self.under.pop();
        schema
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Unfit> {
        self.left = self.left.checked_sub(bytes).ok_or(Unfit::Size)?;
        Ok(())
    }
}

/// What stood beside a reference, and what it led to: both hold.
fn joined(mut beside: Map<String, Value>, referred: Value) -> Value {
    let says_nothing = |name: &String| matches!(name.as_str(), "default" | "description" | "title");
    match (beside.keys().all(says_nothing), referred) {
        (true, Value::Object(mut referred)) => {
            referred.extend(beside);
            Value::Object(referred)
        }
        (_, referred) => {
            match beside.get_mut("allOf") {
                Some(Value::Array(all)) => all.push(referred),
                _ => drop(beside.insert("allOf".to_owned(), Value::Array(vec![referred]))),
            }
            Value::Object(beside)
        }
    }
}
