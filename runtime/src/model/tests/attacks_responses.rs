//! Attackers at OpenAI's responses.

use super::{RESPONSES, all, responses, upstream, with};
use serde_json::{Value, json};

#[test]
fn responses_refuse_what_is_kept_or_fetched() {
    let mut cases = vec![
        ("/store", json!(true), "stored"),
        ("/previous_response_id", json!("resp_1"), "stored"),
        ("/conversation", json!("conv_1"), "stored"),
        ("/conversation", json!({"id": "conv_1"}), "stored"),
        ("/background", json!(true), "stored"),
        ("/prompt", json!({"id": "pmpt_1"}), "stored"),
        ("/service_tier", json!("flex"), "service-tier"),
        (
            "/context_management",
            json!([{"type": "compaction"}]),
            "unbounded",
        ),
        (
            "/include",
            json!(["web_search_call.action.sources"]),
            "unknown-value",
        ),
        (
            "/include",
            json!(["file_search_call.results"]),
            "unknown-value",
        ),
        (
            "/include",
            json!("reasoning.encrypted_content"),
            "wrong-type",
        ),
        ("/truncation", json!("AUTO"), "unknown-value"),
        ("/max_output_tokens", json!(32_001), "max-tokens"),
        ("/max_output_tokens", json!(0), "max-tokens"),
        ("/max_tokens", json!(5), "unknown-field"),
        ("/input", json!({"role": "user"}), "wrong-type"),
        ("/input", json!(null), "wrong-type"),
        ("/instructions", json!([]), "wrong-type"),
        ("/stream", json!("true"), "wrong-type"),
        (
            "/input/-",
            json!({"type": "item_reference", "id": "rs_1"}),
            "stored",
        ),
        (
            "/input/-",
            json!({"type": "compaction", "encrypted_content": "x"}),
            "stored",
        ),
        ("/input/-", json!({"id": "rs_1"}), "missing-field"),
        (
            "/input/-",
            json!({"type": null, "id": "rs_1"}),
            "wrong-type",
        ),
        (
            "/input/-",
            json!({"type": "Message", "role": "user", "content": "x"}),
            "content-type",
        ),
        (
            "/input/-",
            json!({"role": "tool", "content": "x"}),
            "unknown-value",
        ),
        (
            "/input/-",
            json!({"type": "mcp_call", "id": "x"}),
            "outside-server",
        ),
        (
            "/input/-",
            json!({"type": "mcp_approval_response", "approve": true}),
            "outside-server",
        ),
        ("/input/-", json!("x"), "wrong-type"),
    ];
    for kind in [
        "web_search_call",
        "file_search_call",
        "code_interpreter_call",
        "computer_call",
        "computer_call_output",
        "image_generation_call",
        "local_shell_call",
        "local_shell_call_output",
    ] {
        cases.push(("/input/-", json!({"type": kind, "id": "x"}), "hosted-tool"));
    }
    for list in ["/input/0/content/-", "/input/2/output"] {
        let wrap = |part: Value| {
            if list.ends_with('-') {
                part
            } else {
                json!([part])
            }
        };
        cases.extend(vec![
            (
                list,
                wrap(json!({"type": "input_image", "image_url": "https://e.example/x.png"})),
                "outside-source",
            ),
            (
                list,
                wrap(json!({"type": "input_image", "file_id": "f"})),
                "stored",
            ),
            (
                list,
                wrap(json!({"type": "input_image", "image_url": null, "file_id": null})),
                "wrong-type",
            ),
            (list, wrap(json!({"type": "input_image"})), "missing-field"),
            (
                list,
                wrap(json!({"type": "input_file", "file_url": "https://e.example/x.pdf"})),
                "outside-source",
            ),
            (
                list,
                wrap(json!({"type": "input_file", "file_id": "f"})),
                "stored",
            ),
            (
                list,
                wrap(json!({"type": "input_file", "filename": "x"})),
                "missing-field",
            ),
            (
                list,
                wrap(json!({"type": "input_file", "file_data": "https://e.example"})),
                "outside-source",
            ),
            (
                list,
                wrap(json!({"type": "input_audio", "input_audio": {}})),
                "content-type",
            ),
            (
                list,
                wrap(json!({"type": "text", "text": "x"})),
                "content-type",
            ),
        ]);
    }
    all(RESPONSES, responses, cases);
}

#[test]
fn references_by_id_do_not_go_upstream() {
    let item = json!({"type": "reasoning", "id": "rs_1", "summary": []});
    let body = upstream(RESPONSES, &with(responses(), "/input/-", item));
    assert_eq!(
        body["input"][3],
        json!({"type": "reasoning", "summary": []})
    );
}
