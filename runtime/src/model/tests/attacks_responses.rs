//! Attackers at OpenAI's responses.

use super::{RESPONSES, all, refused, responses, upstream, with};
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

#[test]
fn a_namespace_holds_plain_functions_alone() {
    let space = |tool: Value| json!({"type": "namespace", "name": "mcp__x", "description": "x", "tools": [tool]});
    let plain = || json!({"type": "function", "name": "f", "parameters": {"type": "object"}});
    let member = "/tools/1/tools/0/type";
    let nested = space(space(plain()));
    refused(
        RESPONSES,
        &with(responses(), "/tools/-", nested),
        "hosted-tool",
        member,
    );
    for kind in [
        "web_search",
        "file_search",
        "code_interpreter",
        "computer_use_preview",
        "image_generation",
        "local_shell",
        "shell",
        "apply_patch",
        "tool_search",
        "custom",
        "Function",
        "",
    ] {
        let hosted = space(json!({"type": kind, "name": "f"}));
        refused(
            RESPONSES,
            &with(responses(), "/tools/-", hosted),
            "hosted-tool",
            member,
        );
    }
    let outside = json!({"type": "mcp", "server_url": "https://e.example", "server_label": "x"});
    refused(
        RESPONSES,
        &with(responses(), "/tools/-", space(outside)),
        "outside-server",
        member,
    );
    // After one that may stand, too.
    let mut second = space(plain());
    second["tools"]
        .as_array_mut()
        .unwrap()
        .push(json!({"type": "web_search"}));
    refused(
        RESPONSES,
        &with(responses(), "/tools/-", second),
        "hosted-tool",
        "/tools/1/tools/1/type",
    );
}

#[test]
fn names_and_fields_of_a_namespace_are_bounded() {
    let base = || {
        let tool = json!({"type": "function", "name": "f", "parameters": {"type": "object"}});
        let space =
            json!({"type": "namespace", "name": "mcp__x", "description": "x", "tools": [tool]});
        with(
            with(responses(), "/tools/-", space),
            "/input/1/namespace",
            json!("mcp__x"),
        )
    };
    let long = "x".repeat(201);
    let cases = vec![
        ("/tools/1/name", json!(long), "tool-name"),
        ("/tools/1/name", json!("a b"), "tool-name"),
        ("/tools/1/name", json!(""), "tool-name"),
        ("/tools/1/name", json!(null), "wrong-type"),
        ("/tools/1/tools", json!(null), "wrong-type"),
        ("/tools/1/tools", json!({}), "wrong-type"),
        ("/tools/1/tools", json!(["f"]), "wrong-type"),
        ("/tools/1/description", json!({}), "wrong-type"),
        ("/tools/1/parameters", json!({}), "unknown-field"),
        (
            "/tools/1/server_url",
            json!("https://e.example"),
            "unknown-field",
        ),
        ("/tools/1/defer_loading", json!(true), "hosted-tool"),
        ("/tools/1/tools/0/defer_loading", json!(true), "hosted-tool"),
        ("/tools/1/tools/0/name", json!(long), "tool-name"),
        ("/tools/1/tools/0/tools", json!([]), "unknown-field"),
        (
            "/tools/1/tools/0/parameters",
            json!({"$ref": "https://e.example"}),
            "schema-reference",
        ),
        ("/input/1/namespace", json!(long), "tool-name"),
        ("/input/1/namespace", json!("a/b"), "tool-name"),
        ("/input/1/namespace", json!({}), "wrong-type"),
        ("/input/2/namespace", json!("mcp__x"), "unknown-field"),
        ("/input/0/namespace", json!("mcp__x"), "unknown-field"),
        (
            "/tool_choice",
            json!({"type": "namespace", "name": "mcp__x"}),
            "hosted-tool",
        ),
    ];
    all(RESPONSES, base, cases);
    let custom = json!({"type": "custom_tool_call", "call_id": "c", "name": "f", "input": "", "namespace": "x"});
    refused(
        RESPONSES,
        &with(base(), "/input/-", custom),
        "hosted-tool",
        "/input/3/namespace",
    );
}
