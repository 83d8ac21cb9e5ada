//! Top-level fields of a request, and its tools.

use super::content::{CACHE, MESSAGE, SYSTEM};
use crate::model::rule::Rule;
use crate::model::shape::Field::{Drop, May, Must};
use crate::model::shape::{NOTHING, Object, Shape, Tagged};
use crate::model::text::TOOL_NAME;

pub(super) static MESSAGES: Object = Object {
    fields: &[
        Must("model", &Shape::Text),
        Must("messages", &TURNS),
        Must("max_tokens", &Shape::Count),
        May("system", &SYSTEM),
        May("stream", &Shape::Bool),
        May("temperature", &Shape::Number),
        May("top_p", &Shape::Number),
        May("top_k", &Shape::Count),
        May("stop_sequences", &Shape::List(&Shape::Text, 8_192)),
        May("tools", &TOOLS),
        May("tool_choice", &CHOICE),
        May("thinking", &THINKING),
        May("cache_control", &CACHE),
        // Claude Code sends both with every request: they drop old thoughts and tool results from what the
        // model reads, and set how much it thinks.
        May("context_management", &CONTEXT),
        May("output_config", &OUTPUT),
        May("output_format", &FORMAT),
        Drop("metadata", &METADATA),
    ],
    denied: DENIED,
};

pub(super) static COUNT_TOKENS: Object = Object {
    fields: &[
        Must("model", &Shape::Text),
        Must("messages", &TURNS),
        May("system", &SYSTEM),
        May("tools", &TOOLS),
        May("tool_choice", &CHOICE),
        May("thinking", &THINKING),
        May("cache_control", &CACHE),
        May("context_management", &CONTEXT),
        May("output_config", &OUTPUT),
        May("output_format", &FORMAT),
    ],
    denied: DENIED,
};

static DENIED: &[(&str, Rule)] = &[
    ("mcp_servers", Rule::OutsideServer),
    ("container", Rule::Container),
    ("diagnostics", Rule::Stored),
    ("service_tier", Rule::ServiceTier),
    ("speed", Rule::ServiceTier),
    ("inference_geo", Rule::Geography),
    ("fallbacks", Rule::OtherModel),
    ("n", Rule::SeveralAnswers),
];

/// The API itself takes no more messages.
static TURNS: Shape = Shape::List(
    &Shape::Tagged(&Tagged {
        key: "role",
        cases: &[("user", &TURN), ("assistant", &TURN), ("system", &ASIDE)],
        absent: None,
        denied: &[],
        rule: Rule::UnknownValue,
    }),
    100_000,
);

static TURN: Object = Object {
    fields: &[Must("content", &MESSAGE)],
    denied: &[],
};

/// Claude Code says within the conversation what else would stand in `system`.
static ASIDE: Object = Object {
    fields: &[Must("content", &SYSTEM)],
    denied: &[],
};

static METADATA: Shape = Shape::Object(&Object {
    fields: &[May("user_id", &Shape::Text)],
    denied: &[],
});

static TOOLS: Shape = Shape::List(
    &Shape::Tagged(&Tagged {
        key: "type",
        cases: &[("custom", &TOOL)],
        absent: Some(&TOOL),
        denied: &[("mcp_toolset", Rule::OutsideServer)],
        rule: Rule::HostedTool,
    }),
    10_000,
);

static TOOL: Object = Object {
    fields: &[
        Must("name", &TOOL_NAME),
        May("description", &Shape::Text),
        Must("input_schema", &Shape::Schema),
        May("cache_control", &CACHE),
        May("strict", &Shape::Bool),
        May("eager_input_streaming", &Shape::Bool),
        May("input_examples", &Shape::List(&Shape::Json, 1_000)),
    ],
    denied: &[
        ("allowed_callers", Rule::HostedTool),
        ("defer_loading", Rule::HostedTool),
    ],
};

static PARALLEL: Object = Object {
    fields: &[May("disable_parallel_tool_use", &Shape::Bool)],
    denied: &[],
};

static CHOICE: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[
        ("auto", &PARALLEL),
        ("any", &PARALLEL),
        ("none", &NOTHING),
        (
            "tool",
            &Object {
                fields: &[
                    Must("name", &TOOL_NAME),
                    May("disable_parallel_tool_use", &Shape::Bool),
                ],
                denied: &[],
            },
        ),
    ],
    absent: None,
    denied: &[],
    rule: Rule::UnknownValue,
});

static DISPLAY: Shape = Shape::Words(&["summarized", "omitted"]);

static THINKING: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[
        (
            "enabled",
            &Object {
                fields: &[
                    Must("budget_tokens", &Shape::Count),
                    May("display", &DISPLAY),
                ],
                denied: &[],
            },
        ),
        (
            "adaptive",
            &Object {
                fields: &[May("display", &DISPLAY)],
                denied: &[],
            },
        ),
        ("disabled", &NOTHING),
    ],
    absent: None,
    denied: &[],
    rule: Rule::UnknownValue,
});

static OUTPUT: Shape = Shape::Object(&Object {
    fields: &[
        May(
            "effort",
            &Shape::Words(&["low", "medium", "high", "xhigh", "max"]),
        ),
        May("format", &FORMAT),
    ],
    denied: &[],
});

static FORMAT: Shape = Shape::Object(&Object {
    fields: &[
        Must("type", &Shape::Words(&["json_schema"])),
        Must("schema", &Shape::Schema),
    ],
    denied: &[],
});

static CONTEXT: Shape = Shape::Object(&Object {
    fields: &[May("edits", &Shape::List(&EDIT, 16))],
    denied: &[],
});

/// Edits that only take away. Compaction is another answer, whose tokens the usage does not tell.
static EDIT: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[
        (
            "clear_tool_uses_20250919",
            &Object {
                fields: &[
                    May("trigger", &AMOUNT),
                    May("keep", &AMOUNT),
                    May("clear_at_least", &AMOUNT),
                    May("exclude_tools", &Shape::List(&TOOL_NAME, 10_000)),
                    May(
                        "clear_tool_inputs",
                        &Shape::Or(&[Shape::Bool, Shape::List(&TOOL_NAME, 10_000)]),
                    ),
                ],
                denied: &[],
            },
        ),
        (
            "clear_thinking_20251015",
            &Object {
                fields: &[May(
                    "keep",
                    &Shape::Or(&[Shape::Words(&["all"]), AMOUNT_OF]),
                )],
                denied: &[],
            },
        ),
    ],
    absent: None,
    denied: &[("compact_20260112", Rule::Unbounded)],
    rule: Rule::UnknownValue,
});

static AMOUNT: Shape = AMOUNT_OF;
const AMOUNT_OF: Shape = Shape::Object(&Object {
    fields: &[
        Must(
            "type",
            &Shape::Words(&["input_tokens", "tool_uses", "thinking_turns", "all"]),
        ),
        May("value", &Shape::Count),
    ],
    denied: &[],
});
