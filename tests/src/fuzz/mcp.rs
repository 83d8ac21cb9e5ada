//! The protocol of tools: messages, arguments, schemas that strangers wrote.

use super::{Target, hold, many};
use crate::random::Random;
use pure_agent_runtime::contract::Bound;
use pure_agent_runtime::mcp::arguments;
use pure_agent_runtime::mcp::message::{Id, Message};
use pure_agent_runtime::mcp::schema::Schema;
use pure_agent_runtime::strict;
use serde_json::{Map, Value, json as value};
use std::collections::BTreeMap;

pub(super) const MESSAGE: Target = Target {
    name: "mcp-message",
    seeds: messages,
    words: &[
        "\"jsonrpc\":\"2.0\"",
        "\"id\":1",
        "\"id\":null",
        "\"id\":1.5",
        "\"method\":\"x\"",
        "\"params\":[]",
        "\"result\":{}",
        "\"error\":{}",
        "[",
        "]",
        "{",
        "}",
        ",",
    ],
    check: message,
};

pub(super) const ARGUMENTS: Target = Target {
    name: "mcp-arguments",
    seeds: all_arguments,
    words: &[
        "\"issue_id\":\"x\"",
        "\"Issue_Id\":1",
        "\"i\u{17f}sue_id\":1",
        "\"\u{130}ssue_id\":1",
        "\"other\":[]",
        "[[[[[[[[[[[[[[[[",
        "\"\\u0000\":1",
        "1e5",
        "-0",
        "{}",
        ",",
    ],
    check: bound,
};

pub(super) const SCHEMA: Target = Target {
    name: "mcp-schema",
    seeds: schemas,
    words: &[
        "\"$ref\":\"#/$defs/a\"",
        "\"$ref\":\"#\"",
        "\"$ref\":\"http://x.example/\"",
        "\"$id\":\"http://x.example/\"",
        "\"$defs\":{\"a\":{}}",
        "\"$anchor\":\"a\"",
        "\"$dynamicRef\":\"#a\"",
        "\"pattern\":\"(a*)*b\"",
        "\"pattern\":\"a{1000}{1000}\"",
        "\"pattern\":\"(?=a)\"",
        "\"allOf\":[{},{}]",
        "\"uniqueItems\":true",
        "\"multipleOf\":1e-300",
        "\"minLength\":1e300",
        "\"items\":{}",
        "\"type\":[\"object\"]",
        "\"properties\":{}",
        "\"additionalProperties\":false",
        "{}",
        ",",
    ],
    check: schema,
};

fn messages() -> Vec<Vec<u8>> {
    [
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_issue","arguments":{"a":[1,2,{"b":null}]}}}"#,
        r#"{"jsonrpc":"2.0","id":"a\"b","method":"tools/list"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// An answer to a message is to its id; a fault says nothing of what was sent but that.
fn message(bytes: &[u8], random: &mut Random) -> Result<bool, String> {
    if random.below(64) == 0 {
        let _read = Message::read(&many(bytes));
    }
    match Message::read(bytes) {
        Ok(Message::Request(id, call)) => {
            let result = id.result(&value!({}));
            hold(
                Id::read(&result["id"]).as_ref() == Some(&id),
                "an answer to another",
            )?;
            let sent = strict::value(bytes).map_err(|e| format!("taken, and no JSON: {e}"))?;
            hold(sent["id"] == result["id"], "another id than was sent")?;
            hold(sent["method"] == call.method.as_str(), "another method")?;
            Ok(true)
        }
        Ok(Message::Notification(_) | Message::Response) => Ok(true),
        Err(fault) => {
            let plain = fault.message.len() < 1_024 && !fault.message.chars().any(char::is_control);
            hold(plain, "a fault that is no plain sentence")?;
            hold((400..500).contains(&fault.status), "a fault that is none")?;
            hold(
                fault.document()["error"].is_object(),
                "a fault without an error",
            )?;
            Ok(false)
        }
    }
}

fn all_arguments() -> Vec<Vec<u8>> {
    [
        r#"{"other":"x","level":3}"#,
        r#"{}"#,
        r#"{"other":{"b":1,"a":[true,null,{"z":-0.5,"y":"\u00e9\n"}]}}"#,
        r#"{"issue_id":"B-2"}"#,
        r#"{"ISSUE_ID":"B-2","other":1}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// The text is canonical, and what is bound stands as it is bound whatever was sent.
fn bound(bytes: &[u8], _: &mut Random) -> Result<bool, String> {
    let Ok(Value::Object(sent)) = strict::value(bytes) else {
        return Ok(false);
    };
    if arguments::check(&sent).is_err() {
        return Ok(false);
    }
    let text = arguments::text(&sent);
    let again = strict::value(text.as_bytes()).map_err(|e| format!("its own text: {e}"))?;
    hold(
        again == Value::Object(sent.clone()),
        "another value the second time",
    )?;
    let turned: Map<String, Value> = sent.clone().into_iter().rev().collect();
    hold(
        arguments::digest(&turned) == arguments::digest(&sent),
        "order changes the digest",
    )?;
    let bounds = BTreeMap::from([("issue_id".to_owned(), Bound::Value("A-1".to_owned()))]);
    let declared =
        value!({"issue_id": {"type": "string"}, "other": {}, "level": {"type": "integer"}});
    let declared = declared.as_object().cloned().unwrap_or_default();
    let Ok(made) = arguments::bind(sent, &bounds, &declared, |_| None) else {
        return Ok(false);
    };
    hold(
        made.get("issue_id") == Some(&Value::from("A-1")),
        "a bound value that is another",
    )?;
    let same = made.keys().filter(|name| name.to_lowercase() == "issue_id");
    hold(
        same.count() == 1,
        "a name that may be read as the bound one",
    )?;
    hold(
        made.keys().all(|name| declared.contains_key(name)),
        "an argument that nobody declared",
    )?;
    Ok(true)
}

fn schemas() -> Vec<Vec<u8>> {
    [
        r##"{"type":"object","properties":{"a":{"type":"string","pattern":"^[a-z]+$","maxLength":9},"b":{"$ref":"#/$defs/b"}},"required":["a"],"$defs":{"b":{"type":"array","items":{"type":"integer","minimum":0}}},"additionalProperties":false}"##,
        r##"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","definitions":{"n":{"type":"object","properties":{"n":{"$ref":"#/definitions/n"}}}},"properties":{"n":{"$ref":"#/definitions/n"}}}"##,
        r#"{"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null,"title":"A"},"b":{"enum":[1,"x",null]}},"patternProperties":{"^x-":{"not":{"type":"array"}}}}"#,
        r#"{}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// A schema that is taken is one again as it is listed, and says the same of values.
fn schema(bytes: &[u8], random: &mut Random) -> Result<bool, String> {
    let Ok(given) = strict::value(bytes) else {
        return Ok(false);
    };
    let Ok(read) = Schema::read(&given) else {
        return Ok(false);
    };
    let listed = read.listed([]);
    hold(!refers(&listed), "a reference is listed")?;
    let again = Schema::read(&listed).map_err(|e| format!("as it is listed: {e}"))?;
    let values = [
        value!({}),
        value!({"a": "x".repeat(1 << (random.below(12))), "b": [1, 2, 2], "x-y": {}}),
        value!({"n": {"n": {"n": {}}}, "a": null}),
        Value::Array(vec![value!({"a": 1}); 64]),
        given,
    ];
    for value in values {
        let (first, second) = (read.check(&value), again.check(&value));
        hold(
            first.is_ok() == second.is_ok(),
            "another verdict as it is listed",
        )?;
        let why = first.err().unwrap_or_default();
        hold(why.len() < 1 << 16, "problems that are too long")?;
    }
    Ok(true)
}

/// Whether anything leads out of the schema.
fn refers(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => {
            members
                .get("properties")
                .into_iter()
                .chain(members.get("items"))
                .any(refers)
                || members
                    .get("$ref")
                    .is_some_and(|to| to.as_str().is_some_and(|to| !to.starts_with('#')))
        }
        Value::Array(items) => items.iter().any(refers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
