//! Items of the input of `/v1/responses`. Each stands in full: nothing refers to what the provider keeps.

use crate::model::rule::Rule;
use crate::model::shape::Field::{Drop, May, Must};
use crate::model::shape::{Media, Object, Shape, Tagged};
use crate::model::text::{IMAGE_URL, PDF_URL, TOOL_NAME};

/// Text, or items.
pub(super) static INPUT: Shape = Shape::Or(&[Shape::Text, Shape::List(&ITEM, 100_000)]);

static ITEM: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[
        ("message", &MESSAGE),
        ("reasoning", &REASONING),
        ("function_call", &FUNCTION_CALL),
        ("function_call_output", &CALL_OUTPUT),
        ("custom_tool_call", &CUSTOM_CALL),
        ("custom_tool_call_output", &CALL_OUTPUT),
    ],
    // A message may leave its type out, and so may a reference: only the message has a role.
    absent: Some(&MESSAGE),
    denied: &[
        ("item_reference", Rule::Stored),
        ("compaction", Rule::Stored),
        ("mcp_call", Rule::OutsideServer),
        ("mcp_list_tools", Rule::OutsideServer),
        ("mcp_approval_request", Rule::OutsideServer),
        ("mcp_approval_response", Rule::OutsideServer),
        ("web_search_call", Rule::HostedTool),
        ("file_search_call", Rule::HostedTool),
        ("code_interpreter_call", Rule::HostedTool),
        ("computer_call", Rule::HostedTool),
        ("computer_call_output", Rule::HostedTool),
        ("image_generation_call", Rule::HostedTool),
        ("local_shell_call", Rule::HostedTool),
        ("local_shell_call_output", Rule::HostedTool),
    ],
    rule: Rule::ContentType,
});

static STATUS: Shape = Shape::Words(&["in_progress", "completed", "incomplete"]);

static MESSAGE: Object = Object {
    fields: &[
        Must(
            "role",
            &Shape::Words(&["user", "assistant", "system", "developer"]),
        ),
        Must(
            "content",
            &Shape::Or(&[Shape::Text, Shape::List(&PART, 100_000)]),
        ),
        May("status", &STATUS),
        May("phase", &Shape::Words(&["commentary", "final_answer"])),
        Drop("id", &Shape::Text),
    ],
    denied: &[],
};

static PART: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[
        ("input_text", &TEXT),
        ("output_text", &OUTPUT_TEXT),
        (
            "refusal",
            &Object {
                fields: &[Must("refusal", &Shape::Text)],
                denied: &[],
            },
        ),
        ("input_image", &IMAGE),
        ("input_file", &FILE),
    ],
    absent: None,
    denied: &[],
    rule: Rule::ContentType,
});

static TEXT: Object = Object {
    fields: &[Must("text", &Shape::Text)],
    denied: &[],
};

static OUTPUT_TEXT: Object = Object {
    fields: &[
        Must("text", &Shape::Text),
        // Answers carry it, empty where no hosted tool ran.
        May("annotations", &Shape::List(&Shape::Any, 0)),
        Drop("logprobs", &Shape::List(&Shape::Any, 1_000_000)),
    ],
    denied: &[],
};

static IMAGE: Object = Object {
    fields: &[
        Must("image_url", &Shape::Counted(Media::Image, &IMAGE_URL)),
        May("detail", &Shape::Words(&["auto", "low", "high"])),
    ],
    denied: &[("file_id", Rule::Stored)],
};

static FILE: Object = Object {
    fields: &[
        Must("file_data", &Shape::Counted(Media::Document, &PDF_URL)),
        May("filename", &Shape::Text),
    ],
    denied: &[("file_id", Rule::Stored), ("file_url", Rule::OutsideSource)],
};

static REASONING: Object = Object {
    fields: &[
        Must("summary", &Shape::List(&SUMMARY, 10_000)),
        May("content", &Shape::List(&THOUGHT, 10_000)),
        May("encrypted_content", &Shape::Text),
        May("status", &STATUS),
        Drop("id", &Shape::Text),
    ],
    denied: &[],
};

static SUMMARY: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[("summary_text", &TEXT)],
    absent: None,
    denied: &[],
    rule: Rule::ContentType,
});

static THOUGHT: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[("reasoning_text", &TEXT), ("text", &TEXT)],
    absent: None,
    denied: &[],
    rule: Rule::ContentType,
});

static FUNCTION_CALL: Object = Object {
    fields: &[
        Must("call_id", &Shape::Text),
        Must("name", &TOOL_NAME),
        Must("arguments", &Shape::Text),
        // Of a function that was offered in one.
        May("namespace", &TOOL_NAME),
        May("status", &STATUS),
        Drop("id", &Shape::Text),
    ],
    denied: &[],
};

static CUSTOM_CALL: Object = Object {
    fields: &[
        Must("call_id", &Shape::Text),
        Must("name", &TOOL_NAME),
        Must("input", &Shape::Text),
        May("status", &STATUS),
        Drop("id", &Shape::Text),
    ],
    denied: &[("namespace", Rule::HostedTool)],
};

static CALL_OUTPUT: Object = Object {
    fields: &[
        Must("call_id", &Shape::Text),
        Must(
            "output",
            &Shape::Or(&[Shape::Text, Shape::List(&OUTPUT_PART, 10_000)]),
        ),
        May("status", &STATUS),
        Drop("id", &Shape::Text),
    ],
    denied: &[],
};

static OUTPUT_PART: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[
        ("input_text", &TEXT),
        ("input_image", &IMAGE),
        ("input_file", &FILE),
    ],
    absent: None,
    denied: &[],
    rule: Rule::ContentType,
});
