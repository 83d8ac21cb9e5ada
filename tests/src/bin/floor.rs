//! The floor of the bench: what a program costs that was written by hand for one shape of workspace.
//!
//! `pure-agent-floor TEMPLATES FACTS` reads facts as JSON and writes the objects that `pure-agent compile`
//! writes for them, byte for byte, digests included. It reads no KDL, checks nothing and knows no
//! object: its templates are texts with holes (`tests/bench/templates.py` cuts them from compiled
//! samples, one set for each kind of agent), as `println!` would have them. What is left is what
//! cannot be left out: reading the facts, filling in, SHA-256, writing.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Write, stdout};

/// Texts and the holes behind them; the last text has none.
struct Template {
    pieces: Vec<(String, Option<Hole>)>,
}

/// What goes into a hole.
enum Hole {
    /// A fact, escaped for a JSON string once.
    Fact(String),
    /// A fact that is a number, and what is added to it.
    Sum(String, i64),
    /// The whole contract, escaped for a JSON or YAML string.
    Contract,
    /// The contract's digest, or the start of it.
    ContractDigest(usize),
    /// The bundle's digest, or the start of it.
    Bundle(usize),
    /// The digest of an object, by its place.
    Object(usize),
}

/// The templates of one kind of agent.
struct Kind {
    contract: Template,
    /// Of each object what is hashed, and what is written.
    objects: Vec<(Template, Template)>,
    /// The sorted list that the bundle's digest is taken of.
    rows: Template,
}

/// What is known of one agent so far.
#[derive(Default)]
struct Filled {
    facts: BTreeMap<String, String>,
    contract: String,
    contract_digest: String,
    objects: Vec<String>,
    bundle: String,
}

fn template(value: &Value) -> Result<Template, Box<dyn Error>> {
    let text = value.as_str().ok_or("a template is text")?;
    let mut pieces = Vec::new();
    // Text, hole, text, hole, …, text.
    let mut parts = text.split('\u{1}');
    while let Some(text) = parts.next() {
        pieces.push((text.to_owned(), parts.next().map(hole).transpose()?));
    }
    Ok(Template { pieces })
}

fn hole(name: &str) -> Result<Hole, Box<dyn Error>> {
    if let Some((fact, more)) = name.split_once('+') {
        return Ok(Hole::Sum(fact.to_owned(), more.parse()?));
    }
    let (name, number) = name.split_once(':').unwrap_or((name, "64"));
    let number = number.parse()?;
    Ok(match name {
        "contract" => Hole::Contract,
        "contract-digest" => Hole::ContractDigest(number),
        "bundle" => Hole::Bundle(number),
        "object" => Hole::Object(number),
        fact => Hole::Fact(fact.to_owned()),
    })
}

fn kind(value: &Value) -> Result<Kind, Box<dyn Error>> {
    let objects = value["objects"].as_array().ok_or("no objects")?;
    let pair = |o: &Value| Ok::<_, Box<dyn Error>>((template(&o["json"])?, template(&o["yaml"])?));
    Ok(Kind {
        contract: template(&value["contract"])?,
        objects: objects.iter().map(pair).collect::<Result<_, _>>()?,
        rows: template(&value["rows"])?,
    })
}

impl Template {
    fn fill(&self, with: &Filled, out: &mut String) {
        for (text, hole) in &self.pieces {
            out.push_str(text);
            match hole {
                None => {}
                Some(Hole::Fact(name)) => {
                    out.push_str(with.facts.get(name).map_or("", String::as_str));
                }
                Some(Hole::Sum(name, more)) => {
                    let fact = with.facts.get(name).and_then(|f| f.parse::<i64>().ok());
                    out.push_str(&(fact.unwrap_or(0) + more).to_string());
                }
                Some(Hole::Contract) => escape(&with.contract, out),
                Some(Hole::ContractDigest(length)) => {
                    out.push_str(with.contract_digest.get(..*length).unwrap_or(""));
                }
                Some(Hole::Bundle(length)) => {
                    out.push_str(with.bundle.get(..*length).unwrap_or(""));
                }
                Some(Hole::Object(at)) => out.push_str(with.objects.get(*at).map_or("", |d| d)),
            }
        }
    }
}

/// Escapes for a string in double quotes. The facts hold nothing else that has to be.
fn escape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|b| matches!(b, b'"' | b'\\' | b'\n')) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        out.push_str(match special.as_bytes().first() {
            Some(b'"') => "\\\"",
            Some(b'\\') => "\\\\",
            _ => "\\n",
        });
        rest = special.get(1..).unwrap_or("");
    }
    out.push_str(rest);
}

fn sha256(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

fn facts(agent: &Map<String, Value>) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::String(text) => {
            let mut out = String::new();
            escape(text, &mut out);
            out
        }
        other => other.to_string(),
    };
    agent
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

/// Writes the objects of one agent; `scratch` and `out` are empty but for what they held before.
fn agent(kind: &Kind, facts: BTreeMap<String, String>, scratch: &mut String, out: &mut String) {
    let mut filled = Filled {
        facts,
        ..Filled::default()
    };
    let mut contract = String::with_capacity(4096);
    kind.contract.fill(&filled, &mut contract);
    filled.contract_digest = sha256(&contract);
    filled.contract = contract;
    for (hashed, _) in &kind.objects {
        scratch.clear();
        hashed.fill(&filled, scratch);
        filled.objects.push(sha256(scratch));
    }
    scratch.clear();
    kind.rows.fill(&filled, scratch);
    filled.bundle = sha256(scratch);
    for (_, written) in &kind.objects {
        out.push_str("---\n");
        written.fill(&filled, out);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(templates), Some(facts_file)) = (args.next(), args.next()) else {
        return Err("pure-agent-floor TEMPLATES FACTS".into());
    };
    let templates: Value = serde_json::from_slice(&std::fs::read(templates)?)?;
    let kinds = templates["kinds"].as_object().ok_or("no kinds")?;
    let kinds: BTreeMap<&str, Kind> = kinds
        .iter()
        .map(|(name, value)| Ok((name.as_str(), kind(value)?)))
        .collect::<Result<_, Box<dyn Error>>>()?;
    let agents: Vec<Map<String, Value>> = serde_json::from_slice(&std::fs::read(facts_file)?)?;
    let mut agents: Vec<_> = agents.iter().map(facts).collect();
    agents.sort_by(|a, b| a["name"].cmp(&b["name"]));
    let mut stdout = stdout().lock();
    stdout.write_all(templates["platform"].as_str().unwrap_or("").as_bytes())?;
    let (mut scratch, mut out) = (String::new(), String::new());
    for facts in agents {
        let name = format!("{}-{}", facts["kind"], facts["model"]);
        let kind = kinds.get(name.as_str()).ok_or("an unknown kind of agent")?;
        out.clear();
        agent(kind, facts, &mut scratch, &mut out);
        stdout.write_all(out.as_bytes())?;
    }
    Ok(())
}
