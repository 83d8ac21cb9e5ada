//! Refusals as SDKs read them.

use super::{CHAT, MESSAGES, Read, bytes};
use crate::model::Protocol;
use crate::model::refusal::{of, used_up};
use serde_json::{Value, json};

const ALL: [Protocol; 5] = [
    Protocol::Messages,
    Protocol::Chat,
    Protocol::Responses,
    Protocol::Embeddings,
    Protocol::Generate,
];

fn refusal(read: Read, protocol: Protocol, body: &str) -> (u16, Value) {
    let answer = of(protocol, &bytes(read, body.as_bytes()).unwrap_err());
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

#[test]
fn each_protocol_says_no_in_its_own_shape() {
    let (status, body) = refusal(MESSAGES, Protocol::Messages, "{");
    assert_eq!(
        (status, &body["type"], &body["error"]["type"]),
        (400, &json!("error"), &json!("invalid_request_error"))
    );
    let (status, body) = refusal(MESSAGES, Protocol::Messages, r#"{"mcp_servers":[]}"#);
    assert_eq!(
        (status, &body["error"]["type"]),
        (403, &json!("permission_error"))
    );
    let message = body["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("outside-server") && message.contains("/mcp_servers"),
        "{message}"
    );
    let (status, body) = refusal(CHAT, Protocol::Chat, r#"{"store":true}"#);
    let error = &body["error"];
    assert_eq!(
        (status, &error["code"], &error["param"]),
        (403, &json!("stored"), &json!("/store"))
    );
    assert_eq!(body.as_object().unwrap().len(), 1);
    let (status, body) = refusal(CHAT, Protocol::Responses, "[]");
    assert_eq!((status, &body["error"]["param"]), (400, &Value::Null));
    assert_eq!(body["error"]["type"], "invalid_request_error");
}

#[test]
fn a_used_up_limit_is_429_with_its_reason() {
    for protocol in ALL {
        let answer = used_up(protocol, "tokens", "the run has used 100 of 100 tokens");
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer.status, 429);
        let (field, kind) = match protocol {
            Protocol::Messages => ("type", "rate_limit_error"),
            Protocol::Generate => ("status", "RESOURCE_EXHAUSTED"),
            _ => ("type", "insufficient_quota"),
        };
        assert_eq!(body["error"][field], kind);
        assert!(
            body["error"]["message"]
                .as_str()
                .unwrap()
                .contains("100 of 100 tokens")
        );
    }
}
