//! Top-level fields and tools of `/v1/responses`.

mod items;

use crate::model::rule::Rule;
use crate::model::shape::Field::{Drop, May, Must};
use crate::model::shape::{NOTHING, Object, Shape, Tagged};
use crate::model::text::{CACHE_KEY, TOOL_NAME};

pub(super) static TABLE: Object = Object {
    fields: &[
        Must("model", &Shape::Text),
        Must("input", &items::INPUT),
        May("instructions", &Shape::Text),
        May("max_output_tokens", &Shape::Count),
        May("stream", &Shape::Bool),
        May("stream_options", &STREAM_OPTIONS),
        May("store", &Shape::False(Rule::Stored)),
        May("temperature", &Shape::Number),
        May("top_p", &Shape::Number),
        May("top_logprobs", &Shape::Count),
        May("tools", &Shape::List(&TOOL, 10_000)),
        May("tool_choice", &CHOICE),
        May("parallel_tool_calls", &Shape::Bool),
        May("reasoning", &REASONING),
        May("text", &TEXT),
        May("truncation", &Shape::Words(&["auto", "disabled"])),
        May("include", &INCLUDE),
        May("prompt_cache_key", &CACHE_KEY),
        Drop("user", &Shape::Text),
        Drop("safety_identifier", &Shape::Text),
        Drop("metadata", &Shape::Map(&Shape::Text)),
        Drop("client_metadata", &Shape::Map(&Shape::Text)),
    ],
    denied: &[
        ("previous_response_id", Rule::Stored),
        ("conversation", Rule::Stored),
        ("background", Rule::Stored),
        ("prompt", Rule::Stored),
        ("prompt_cache_retention", Rule::Stored),
        ("service_tier", Rule::ServiceTier),
        ("context_management", Rule::Unbounded),
        ("max_tool_calls", Rule::HostedTool),
    ],
};

/// What an answer tells in addition; other words name results of hosted tools.
static INCLUDE: Shape = Shape::List(
    &Shape::Words(&[
        "reasoning.encrypted_content",
        "message.output_text.logprobs",
    ]),
    2,
);

static STREAM_OPTIONS: Shape = Shape::Object(&Object {
    fields: &[May("include_obfuscation", &Shape::Bool)],
    denied: &[],
});

pub(super) static EFFORT: Shape =
    Shape::Words(&["none", "minimal", "low", "medium", "high", "xhigh"]);
pub(super) static VERBOSITY: Shape = Shape::Words(&["low", "medium", "high"]);
static SUMMARY: Shape = Shape::Words(&["auto", "concise", "detailed", "none"]);

static REASONING: Shape = Shape::Object(&Object {
    fields: &[
        May("effort", &EFFORT),
        May("summary", &SUMMARY),
        May("generate_summary", &SUMMARY),
    ],
    denied: &[],
});

static TEXT: Shape = Shape::Object(&Object {
    fields: &[May("format", &FORMAT), May("verbosity", &VERBOSITY)],
    denied: &[],
});

static FORMAT: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[
        ("text", &NOTHING),
        ("json_object", &NOTHING),
        (
            "json_schema",
            &Object {
                fields: &[
                    Must("name", &Shape::Text),
                    Must("schema", &Shape::Schema),
                    May("description", &Shape::Text),
                    May("strict", &Shape::Bool),
                ],
                denied: &[],
            },
        ),
    ],
    absent: None,
    denied: &[],
    rule: Rule::UnknownValue,
});

static TOOL: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[
        ("function", &FUNCTION),
        (
            "custom",
            &Object {
                fields: &[
                    Must("name", &TOOL_NAME),
                    May("description", &Shape::Text),
                    May("format", &GRAMMAR),
                ],
                denied: &[("defer_loading", Rule::HostedTool)],
            },
        ),
        ("namespace", &NAMESPACE),
    ],
    absent: None,
    denied: &[("mcp", Rule::OutsideServer)],
    rule: Rule::HostedTool,
});

static FUNCTION: Object = Object {
    fields: &[
        Must("name", &TOOL_NAME),
        May("description", &Shape::Text),
        May("parameters", &Shape::Schema),
        May("strict", &Shape::Bool),
    ],
    denied: &[("defer_loading", Rule::HostedTool)],
};

/// Functions of the client under one name, as Codex groups those of a server.
static NAMESPACE: Object = Object {
    fields: &[
        Must("name", &TOOL_NAME),
        May("description", &Shape::Text),
        Must("tools", &Shape::List(&MEMBER, 10_000)),
    ],
    denied: &[("defer_loading", Rule::HostedTool)],
};

/// Functions alone: what else may stand at the top may not stand here.
static MEMBER: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[("function", &FUNCTION)],
    absent: None,
    denied: &[("mcp", Rule::OutsideServer)],
    rule: Rule::HostedTool,
});

static GRAMMAR: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[
        ("text", &NOTHING),
        (
            "grammar",
            &Object {
                fields: &[
                    Must("syntax", &Shape::Words(&["lark", "regex"])),
                    Must("definition", &Shape::Text),
                ],
                denied: &[],
            },
        ),
    ],
    absent: None,
    denied: &[],
    rule: Rule::UnknownValue,
});

static NAMED: Object = Object {
    fields: &[Must("name", &TOOL_NAME)],
    denied: &[],
};

static CHOICE: Shape = Shape::Or(&[
    Shape::Words(&["none", "auto", "required"]),
    Shape::Tagged(&Tagged {
        key: "type",
        cases: &[
            ("function", &NAMED),
            ("custom", &NAMED),
            (
                "allowed_tools",
                &Object {
                    fields: &[
                        Must("mode", &Shape::Words(&["auto", "required"])),
                        Must("tools", &Shape::List(&CHOSEN, 10_000)),
                    ],
                    denied: &[],
                },
            ),
        ],
        absent: None,
        denied: &[("mcp", Rule::OutsideServer)],
        rule: Rule::HostedTool,
    }),
]);

static CHOSEN: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[("function", &NAMED), ("custom", &NAMED)],
    absent: None,
    denied: &[("mcp", Rule::OutsideServer)],
    rule: Rule::HostedTool,
});
