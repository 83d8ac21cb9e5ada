//! JSON of strangers, and the contract.

use super::{Target, hold};
use crate::random::Random;
use crate::sources::repository;
use pure_agent_runtime::{open, strict};
use serde_json::Value;

/// Pieces of JSON.
pub(super) const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"a\"",
    "\"\\u0061\"",
    "\"a\":1",
    "\"a\":{}",
    "{\"a\":1,\"a\":2}",
    "null",
    "true",
    "1",
    "-0",
    "1.5",
    "1e400",
    "0.1e-400",
    "12345678901234567890123",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\u0000\"",
    "\"é\"",
    "/*",
    "[[[[[[[[[[[[[[[[",
];

pub(super) const STRICT: Target = Target {
    name: "strict",
    seeds,
    words: WORDS,
    check,
};

pub(super) const CONTRACT: Target = Target {
    name: "contract",
    seeds: contracts,
    words: &[
        "\"version\":2",
        "\"version\":1",
        "\"agents\":[]",
        "\"limits\":{}",
        "null",
        "\"x\":1",
        "{}",
        "[]",
        "-1",
        "18446744073709551615",
    ],
    check: contract,
};

fn seeds() -> Vec<Vec<u8>> {
    [
        r#"{"a":1,"b":[true,null,{"c":"d\u00e9","e":-1.5e3}],"f":""}"#,
        r#"[0,-0,18446744073709551615,-9223372036854775808,1e308,[[[[]]]]]"#,
        r#"{"a":{"a":{"a":1}},"b":{"a":1}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{}}}"#,
        r#"{"cycle":0,"proof":"abc"}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// Where no key stands twice it reads as serde_json does.
fn check(bytes: &[u8], _: &mut Random) -> Result<bool, String> {
    let other = serde_json::from_slice::<Value>(bytes);
    match (strict::value(bytes), other) {
        (Ok(value), Ok(other)) => {
            hold(value == other, "another value than serde_json's")?;
            let written = serde_json::to_vec(&value).map_err(|e| e.to_string())?;
            let again = strict::value(&written).map_err(|e| format!("its own text: {e}"))?;
            hold(again == value, "another value the second time")?;
            Ok(true)
        }
        (Err(_), Err(_)) => Ok(false),
        (Err(e), Ok(_)) => {
            let twice = e.to_string().contains("stands twice");
            hold(twice, "refused, and no key stands twice").map(|()| false)
        }
        (Ok(_), Err(e)) => Err(format!("taken, and no JSON: {e}")),
    }
}

/// The contracts of the examples.
pub(super) fn contracts() -> Vec<Vec<u8>> {
    let folder = repository().join("golden/contract");
    let names = [
        "code-review",
        "graph",
        "local-model",
        "nightly-report",
        "pure-agent",
        "quickstart",
        "routed",
    ];
    let read = |name| std::fs::read(folder.join(format!("{name}.json")));
    let read = |name| read(name).unwrap_or_else(|e| panic!("{name}: {e}"));
    names.map(read).into()
}

/// What is taken is written and read as the same.
fn contract(bytes: &[u8], _: &mut Random) -> Result<bool, String> {
    let Ok(contract) = open::parse(bytes) else {
        return Ok(false);
    };
    let written = serde_json::to_vec(&contract).map_err(|e| e.to_string())?;
    let again = open::parse(&written).map_err(|e| format!("its own text: {e}"))?;
    hold(again == contract, "another contract the second time")?;
    Ok(true)
}
