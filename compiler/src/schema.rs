//! The JSON Schema of documents, made from the [table](crate::nodes).
//!
//! It describes the JSON rendering of a document, for editors and generators that speak JSON: a
//! document is the list of its nodes, and a node is an object with
//!
//! - `node`: its name,
//! - `args`: its arguments in order (left out where there are none),
//! - `props`: its properties by name (left out where there are none),
//! - `children`: the nodes of its block (left out where it has none).
//!
//! Text, numbers and truth values stand for themselves. The schema says what the table says
//! about form: names, number of arguments, kinds of values, how often a node occurs. What a value means
//! (a host, an image, an expression) is described by a pattern where one is simple and else by its
//! description; `check` is the judge.

mod values;

use crate::nodes::{ArgDef, Count, Document, NodeDef, PropDef};
use crate::syntax::tree::{Node, Value as Kdl};
use serde_json::{Map, Value, json};

/// The JSON Schema (draft 2020-12) of a kind of document, as text.
#[must_use]
pub fn text(document: Document) -> String {
    // A value always has a JSON form.
    let mut out = serde_json::to_string_pretty(&schema(document)).unwrap_or_default();
    out.push('\n');
    out
}

/// The JSON Schema (draft 2020-12) of a kind of document.
#[must_use]
pub fn schema(document: Document) -> Value {
    let mut definitions = Map::new();
    let nodes = block("", document.nodes(), &mut definitions);
    let mut root = Map::new();
    root.insert(
        "$schema".to_owned(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    root.insert(
        "title".to_owned(),
        json!(format!("pure-agent {}", document.word())),
    );
    root.insert(
        "description".to_owned(),
        json!("The JSON rendering of a document: a list of nodes, each with `node`, `args`, `props` and `children`."),
    );
    root.extend(nodes);
    root.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(root)
}

/// The schema of a list of nodes; the nodes themselves become definitions by their path.
fn block(
    prefix: &str,
    nodes: &'static [&'static NodeDef],
    definitions: &mut Map<String, Value>,
) -> Map<String, Value> {
    let mut items = Vec::new();
    let mut counts = Vec::new();
    for def in nodes {
        let path = if prefix.is_empty() {
            def.name.to_owned()
        } else {
            format!("{prefix}.{}", def.name)
        };
        let described = node(&path, def, definitions);
        items.push(json!({ "$ref": format!("#/$defs/{path}") }));
        counts.extend(count(def));
        definitions.insert(path, described);
    }
    let mut out = Map::new();
    out.insert("type".to_owned(), json!("array"));
    out.insert("items".to_owned(), json!({ "anyOf": items }));
    if !counts.is_empty() {
        out.insert("allOf".to_owned(), Value::Array(counts));
    }
    out
}

/// How often a node may occur among its siblings.
fn count(def: &NodeDef) -> Option<Value> {
    let (least, most) = match def.count {
        Count::One => (1, Some(1)),
        Count::Optional => (0, Some(1)),
        Count::Some => (1, None),
        Count::Many => return None,
    };
    let this = json!({ "properties": { "node": { "const": def.name } }, "required": ["node"] });
    let mut out = json!({ "contains": this, "minContains": least });
    if let (Some(most), Some(object)) = (most, out.as_object_mut()) {
        object.insert("maxContains".to_owned(), json!(most));
    }
    Some(out)
}

fn node(path: &str, def: &'static NodeDef, definitions: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    let mut required = vec!["node"];
    properties.insert("node".to_owned(), json!({ "const": def.name }));
    if !def.args.is_empty() {
        properties.insert("args".to_owned(), arguments(def.args, def.rest));
        if def.args.iter().any(|a| !a.optional) {
            required.push("args");
        }
    }
    if !def.props.is_empty() {
        properties.insert("props".to_owned(), props(def.props));
        if def.props.iter().any(|p| !p.optional) {
            required.push("props");
        }
    }
    if !def.children.is_empty() {
        properties.insert(
            "children".to_owned(),
            Value::Object(block(path, def.children, definitions)),
        );
        if def
            .children
            .iter()
            .any(|c| matches!(c.count, Count::One | Count::Some))
        {
            required.push("children");
        }
    }
    json!({
        "description": def.doc,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn arguments(args: &[ArgDef], rest: bool) -> Value {
    let each: Vec<Value> = args.iter().map(|a| values::of(a.kind, a.name)).collect();
    let least = args.iter().filter(|a| !a.optional).count();
    let last = args.last().map(|a| values::of(a.kind, a.name));
    match last {
        Some(last) if rest => {
            json!({ "type": "array", "prefixItems": each, "items": last, "minItems": least })
        }
        _ => json!({
            "type": "array",
            "prefixItems": each,
            "minItems": least,
            "maxItems": args.len(),
        }),
    }
}

fn props(props: &[PropDef]) -> Value {
    let mut each = Map::new();
    for prop in props {
        each.insert(prop.name.to_owned(), values::of(prop.kind, prop.doc));
    }
    let required: Vec<&str> = props
        .iter()
        .filter(|p| !p.optional)
        .map(|p| p.name)
        .collect();
    json!({
        "type": "object",
        "properties": each,
        "required": required,
        "additionalProperties": false,
    })
}

/// The JSON rendering of a document.
#[must_use]
pub fn rendering(nodes: &[Node]) -> Value {
    Value::Array(nodes.iter().map(rendered).collect())
}

fn rendered(node: &Node) -> Value {
    let mut out = Map::new();
    out.insert("node".to_owned(), json!(node.name.value));
    if !node.arguments.is_empty() {
        let args = node.arguments.iter().map(|a| scalar(&a.value)).collect();
        out.insert("args".to_owned(), Value::Array(args));
    }
    if !node.properties.is_empty() {
        let props = node
            .properties
            .iter()
            .map(|p| (p.name.value.clone(), scalar(&p.value.value)));
        out.insert("props".to_owned(), Value::Object(props.collect()));
    }
    if let Some(children) = node.children.as_ref().filter(|c| !c.is_empty()) {
        out.insert("children".to_owned(), rendering(children));
    }
    Value::Object(out)
}

fn scalar(value: &Kdl) -> Value {
    match value {
        Kdl::String(text) => json!(text),
        Kdl::Int(number) => i64::try_from(*number).map_or(Value::Null, |n| json!(n)),
        Kdl::Bool(truth) => json!(truth),
        // What JSON cannot say, and `#null`, the language does not have; the schema refuses what stands for them.
        Kdl::Float(written) => serde_json::from_str(written).unwrap_or(Value::Null),
        Kdl::Null => Value::Null,
    }
}
