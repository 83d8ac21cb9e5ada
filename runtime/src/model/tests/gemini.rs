//! Google's API: what passes, what is refused, what an answer used.

use super::{agent, model};
use crate::contract::{Model, Provider};
use crate::model::sse::{Event, Parser};
use crate::model::usage::{Incomplete, Meter, Usage};
use crate::model::{Protocol, Refused, Request, gemini};
use serde_json::{Value, json};

fn models() -> Vec<Model> {
    vec![
        model("main", Provider::Gemini, "gemini-2.5-pro", Some(32_000)),
        model("gpt", Provider::Openai, "gpt-5.1-codex", Some(32_000)),
        model("local", Provider::Gemini, "../../secret", Some(4_096)),
        model("vllm", Provider::Gemini, "gemini-3-flash", None),
    ]
}

fn read(asked: &str, body: &Value) -> Result<Request, Refused> {
    gemini::generate(asked, body.to_string().as_bytes(), &models(), &agent())
}

/// What the command line client sends: a conversation with calls, thoughts and tools.
fn client() -> Value {
    json!({
        "contents": [
            {"role": "user", "parts": [{"text": "hi"}]},
            {"role": "model", "parts": [
                {"text": "I think", "thought": true},
                {"functionCall": {"id": "c1", "name": "read_file", "args": {"path": "a"}}, "thoughtSignature": "skip_thought_signature_validator"},
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {"id": "c1", "name": "read_file", "response": {"output": "x"},
                    "parts": [{"inlineData": {"mimeType": "image/png", "data": "aGk="}}]}},
                {"inlineData": {"mimeType": "application/pdf", "data": "aGk="}},
            ]},
        ],
        "systemInstruction": {"role": "user", "parts": [{"text": "s"}]},
        "tools": [{"functionDeclarations": [
            {"name": "read_file", "description": "d", "parametersJsonSchema": {"type": "object", "properties": {}}},
            {"name": "mcp__x", "parameters": {"type": "OBJECT"}},
        ]}],
        "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
        "generationConfig": {
            "temperature": 1, "topP": 0.95, "topK": 64,
            "thinkingConfig": {"includeThoughts": true, "thinkingBudget": 8192},
            "responseMimeType": "application/json", "responseJsonSchema": {"type": "object"},
        },
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
    })
}

#[test]
fn what_the_client_sends_passes_with_a_bound() {
    let request = read("main", &client()).unwrap();
    let sent: Value = serde_json::from_slice(&request.body).unwrap();
    let mut expected = client();
    expected["generationConfig"]["maxOutputTokens"] = json!(32_000);
    assert_eq!((sent, request.most_output), (expected, 32_000));
    assert!(request.input_estimate > 1_100_000 + 65_536);
    assert_eq!(read("gemini-2.5-pro", &client()).unwrap().model, 0);

    let mut body = client();
    body["labels"] = json!({"team": "a"});
    body["generationConfig"] =
        json!({"maxOutputTokens": 10, "thinkingConfig": {"thinkingBudget": -1}});
    let request = read("main", &body).unwrap();
    let sent: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!((request.most_output, &sent["labels"]), (10, &Value::Null));
    // A budget of thoughts above the bound of the answer is set aside too.
    body["generationConfig"]["thinkingConfig"]["thinkingBudget"] = json!(500);
    assert_eq!(read("main", &body).unwrap().most_output, 500);
}

fn with(at: &str, value: Value) -> Value {
    super::with(client(), at, value)
}

#[test]
fn what_no_table_names_is_refused() {
    let part = "/contents/0/parts/0";
    let tool = "/tools/0";
    let config = "/generationConfig";
    let cases = [
        ("/cachedContent", json!("cachedContents/1"), "stored"),
        (
            "/cached_content",
            json!("cachedContents/1"),
            "unknown-field",
        ),
        (
            "/generation_config",
            json!({"max_output_tokens": 9}),
            "unknown-field",
        ),
        ("/system_instruction", json!({}), "unknown-field"),
        ("/model", json!("models/other"), "other-model"),
        ("/serviceTier", json!("priority"), "service-tier"),
        ("/store", json!(true), "stored"),
        ("/tools/0/googleSearch", json!({}), "hosted-tool"),
        ("/tools/0/google_search", json!({}), "unknown-field"),
        ("/tools/0/urlContext", json!({}), "hosted-tool"),
        ("/tools/0/codeExecution", json!({}), "hosted-tool"),
        (
            "/tools/0/fileSearch",
            json!({"fileSearchStoreNames": ["a"]}),
            "hosted-tool",
        ),
        ("/tools/0/mcpServers", json!([{}]), "outside-server"),
        (
            "/tools/0/functionDeclarations/0/parameters",
            json!({"$ref": "https://a.example.com"}),
            "schema-reference",
        ),
        (
            "/contents/0/parts/0/fileData",
            json!({"fileUri": "https://a.example.com"}),
            "outside-source",
        ),
        (
            "/contents/0/parts/0/file_data",
            json!({"file_uri": "https://a.example.com"}),
            "unknown-field",
        ),
        (
            "/contents/0/parts/0/executableCode",
            json!({"code": "1"}),
            "hosted-tool",
        ),
        (
            "/contents/0/parts/0/videoMetadata",
            json!({"fps": 9}),
            "unbounded",
        ),
        (
            part,
            json!({"inlineData": {"mimeType": "video/mp4", "data": "aGk="}}),
            "content-type",
        ),
        (
            part,
            json!({"inlineData": {"mimeType": "audio/flac", "data": "aGk="}}),
            "content-type",
        ),
        (
            part,
            json!({"inlineData": {"mimeType": "image/png", "data": "https://a"}}),
            "encoding",
        ),
        (
            "/contents/2/parts/0/functionResponse/parts",
            json!([{"fileData": {"fileUri": "a"}}]),
            "outside-source",
        ),
        ("/contents/0/role", json!("system"), "unknown-value"),
        (
            "/systemInstruction/parts/0",
            json!({"inlineData": {}}),
            "unknown-field",
        ),
        ("/toolConfig/retrievalConfig", json!({}), "hosted-tool"),
        (
            "/generationConfig/candidateCount",
            json!(2),
            "several-answers",
        ),
        (
            "/generationConfig/responseModalities",
            json!(["IMAGE"]),
            "unknown-value",
        ),
        ("/generationConfig/speechConfig", json!({}), "unbounded"),
        ("/generationConfig/routingConfig", json!({}), "other-model"),
        (
            "/generationConfig/maxOutputTokens",
            json!(32_001),
            "max-tokens",
        ),
        ("/generationConfig/maxOutputTokens", json!(0), "max-tokens"),
        (
            "/generationConfig/thinkingConfig/thinkingBudget",
            json!(32_001),
            "max-tokens",
        ),
        (config, json!([]), "wrong-type"),
        (
            tool,
            json!({"functionDeclarations": [{"name": "a b"}]}),
            "tool-name",
        ),
    ];
    for (at, value, rule) in cases {
        let error = read("main", &with(at, value)).expect_err(at);
        assert_eq!(error.rule(), rule, "{at}: {error}");
        assert!(error.place.starts_with(at), "{at}: {}", error.place);
    }
}

#[test]
fn the_path_names_one_of_its_models() {
    for (asked, rule) in [
        ("gpt", "model-protocol"),
        ("gemini-9", "model"),
        ("", "model"),
        // An id that would be another path.
        ("local", "model"),
        // Nothing bounds the answer.
        ("vllm", "max-tokens"),
    ] {
        let body = json!({"contents": [{"parts": [{"text": "hi"}]}]});
        assert_eq!(read(asked, &body).unwrap_err().rule(), rule, "{asked}");
    }
    let body = json!({"contents": [{"parts": [{"text": "hi"}]}], "generationConfig": {"maxOutputTokens": 7}});
    assert_eq!(read("vllm", &body).unwrap().most_output, 7);
}

#[test]
fn tokens_are_counted_for_nothing() {
    let count = |body: Value| {
        gemini::count_tokens("main", body.to_string().as_bytes(), &models(), &agent())
    };
    let request = count(json!({"contents": [{"parts": [{"text": "hi"}]}]})).unwrap();
    assert_eq!(request.worst_case(), 0);
    let other = json!({"generateContentRequest": {"model": "models/other"}});
    assert_eq!(count(other).unwrap_err().rule(), "unknown-field");
}

fn metered(stream: &str) -> Result<Usage, Incomplete> {
    let mut meter = Meter::new(Protocol::Generate);
    let blocks = Parser::new(10_000).push(stream.as_bytes()).unwrap();
    for event in blocks.into_iter().filter_map(|block| block.event) {
        let Event { name: _, data: _ } = &event;
        meter.event(&event);
    }
    meter.usage()
}

fn event(data: &Value) -> String {
    format!("data: {data}\r\n\r\n")
}

#[test]
fn usage_is_what_the_last_piece_says() {
    let piece = |usage: Value, reason: Value| {
        event(&json!({"candidates": [{"finishReason": reason}], "usageMetadata": usage}))
    };
    let first = piece(
        json!({"promptTokenCount": 100, "totalTokenCount": 100}),
        Value::Null,
    );
    let last = json!({
        "promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 7,
        "thoughtsTokenCount": 20, "toolUsePromptTokenCount": 3, "totalTokenCount": 130,
    });
    let whole = first.clone() + &piece(last.clone(), json!("STOP"));
    let expected = Usage {
        input: 43,
        output: 27,
        cache_read: 60,
        cache_write: 0,
    };
    assert_eq!(metered(&whole), Ok(expected));
    // Where thoughts are only part of the total.
    let total = json!({"promptTokenCount": 10, "candidatesTokenCount": 1, "totalTokenCount": 31});
    assert_eq!(metered(&piece(total, json!("STOP"))).unwrap().output, 21);
    let blocked = json!({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 9}});
    assert_eq!(metered(&event(&blocked)).unwrap().total(), 9);

    let broken = [
        String::new(),
        first,
        piece(last.clone(), Value::Null),
        piece(Value::Null, json!("STOP")),
        piece(json!({"candidatesTokenCount": 7}), json!("STOP")),
        piece(json!({"promptTokenCount": -1}), json!("STOP")),
        piece(json!({"promptTokenCount": 1.5}), json!("STOP")),
        piece(
            json!({"promptTokenCount": 5, "cachedContentTokenCount": 6}),
            json!("STOP"),
        ),
        piece(
            json!({"promptTokenCount": 5, "thoughtsTokenCount": 100_000_001}),
            json!("STOP"),
        ),
        whole + &event(&json!({"error": {"code": 503}})),
    ];
    for stream in broken {
        assert_eq!(metered(&stream), Err(Incomplete), "{stream}");
    }
    let mut meter = Meter::new(Protocol::Generate);
    let body = json!({"candidates": [{"finishReason": "STOP"}], "usageMetadata": last});
    meter.body(body.to_string().as_bytes());
    assert_eq!(meter.usage(), Ok(expected));
}
