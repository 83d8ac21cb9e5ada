//! Top-level fields and tools of `/v1/chat/completions`.

mod messages;

use crate::model::rule::Rule;
use crate::model::shape::Field::{Drop, May, Must};
use crate::model::shape::{NOTHING, Object, Shape, Tagged};
use crate::model::text::{CACHE_KEY, TOOL_NAME};

pub(super) static TABLE: Object = Object {
    fields: &[
        Must("model", &Shape::Text),
        Must("messages", &Shape::List(&messages::MESSAGE, 100_000)),
        May("max_tokens", &Shape::Count),
        May("max_completion_tokens", &Shape::Count),
        May("stream", &Shape::Bool),
        May("stream_options", &STREAM_OPTIONS),
        May("n", &Shape::One(Rule::SeveralAnswers)),
        May("store", &Shape::False(Rule::Stored)),
        May("temperature", &Shape::Number),
        May("top_p", &Shape::Number),
        May("top_k", &Shape::Number),
        May("min_p", &Shape::Number),
        May("presence_penalty", &Shape::Number),
        May("frequency_penalty", &Shape::Number),
        May("repetition_penalty", &Shape::Number),
        May("logit_bias", &Shape::Map(&Shape::Number)),
        May("logprobs", &Shape::Bool),
        May("top_logprobs", &Shape::Count),
        May("seed", &Shape::Number),
        May(
            "stop",
            &Shape::Or(&[Shape::Text, Shape::List(&Shape::Text, 16)]),
        ),
        May("tools", &Shape::List(&TOOL, 10_000)),
        May("tool_choice", &CHOICE),
        May("parallel_tool_calls", &Shape::Bool),
        May("response_format", &FORMAT),
        May("reasoning_effort", &super::responses::EFFORT),
        May("verbosity", &super::responses::VERBOSITY),
        May("modalities", &Shape::List(&Shape::Words(&["text"]), 1)),
        May("prompt_cache_key", &CACHE_KEY),
        Drop("user", &Shape::Text),
        Drop("safety_identifier", &Shape::Text),
        Drop("metadata", &Shape::Map(&Shape::Text)),
    ],
    denied: &[
        ("web_search_options", Rule::HostedTool),
        ("service_tier", Rule::ServiceTier),
        // Rejected tokens of a prediction count as output beyond any bound that can be set.
        ("prediction", Rule::Unbounded),
        ("best_of", Rule::SeveralAnswers),
        ("audio", Rule::Unbounded),
        ("prompt_cache_retention", Rule::Stored),
    ],
};

static STREAM_OPTIONS: Shape = Shape::Object(&Object {
    fields: &[
        May("include_usage", &Shape::Bool),
        May("include_obfuscation", &Shape::Bool),
    ],
    denied: &[],
});

static TOOL: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[(
        "function",
        &Object {
            fields: &[Must(
                "function",
                &Shape::Object(&Object {
                    fields: &[
                        Must("name", &TOOL_NAME),
                        May("description", &Shape::Text),
                        May("parameters", &Shape::Schema),
                        May("strict", &Shape::Bool),
                    ],
                    denied: &[],
                }),
            )],
            denied: &[],
        },
    )],
    absent: None,
    denied: &[("mcp", Rule::OutsideServer)],
    rule: Rule::HostedTool,
});

static CHOICE: Shape = Shape::Or(&[
    Shape::Words(&["none", "auto", "required"]),
    Shape::Tagged(&Tagged {
        key: "type",
        cases: &[(
            "function",
            &Object {
                fields: &[Must(
                    "function",
                    &Shape::Object(&Object {
                        fields: &[Must("name", &TOOL_NAME)],
                        denied: &[],
                    }),
                )],
                denied: &[],
            },
        )],
        absent: None,
        denied: &[],
        rule: Rule::HostedTool,
    }),
]);

static FORMAT: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[
        ("text", &NOTHING),
        ("json_object", &NOTHING),
        (
            "json_schema",
            &Object {
                fields: &[Must(
                    "json_schema",
                    &Shape::Object(&Object {
                        fields: &[
                            Must("name", &Shape::Text),
                            May("description", &Shape::Text),
                            May("schema", &Shape::Schema),
                            May("strict", &Shape::Bool),
                        ],
                        denied: &[],
                    }),
                )],
                denied: &[],
            },
        ),
    ],
    absent: None,
    denied: &[],
    rule: Rule::UnknownValue,
});
