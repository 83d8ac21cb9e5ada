//! Fields of `/v1/chat/completions`.

use crate::model::rule::Rule;
use crate::model::shape::Field::{Drop, May, Must};
use crate::model::shape::{Media, Object, Shape, Tagged};
use crate::model::text::{BASE64, CACHE_KEY, IMAGE_URL, TOOL_NAME};

pub(super) static TABLE: Object = Object {
    fields: &[
        Must("model", &Shape::Text),
        Must("messages", &Shape::List(&MESSAGE, 100_000)),
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

static MESSAGE: Shape = Shape::Tagged(&Tagged {
    key: "role",
    cases: &[
        ("system", &PLAIN),
        ("developer", &PLAIN),
        ("user", &USER),
        ("assistant", &ASSISTANT),
        ("tool", &TOOL_ANSWER),
    ],
    absent: None,
    denied: &[],
    rule: Rule::UnknownValue,
});

static TEXTS: Shape = Shape::Or(&[Shape::Text, Shape::List(&TEXT_PART, 100_000)]);

static PLAIN: Object = Object {
    fields: &[Must("content", &TEXTS), May("name", &Shape::Text)],
    denied: &[],
};

static USER: Object = Object {
    fields: &[
        Must(
            "content",
            &Shape::Or(&[Shape::Text, Shape::List(&USER_PART, 100_000)]),
        ),
        May("name", &Shape::Text),
    ],
    denied: &[],
};

static ASSISTANT: Object = Object {
    fields: &[
        May(
            "content",
            &Shape::Or(&[Shape::Text, Shape::List(&ASSISTANT_PART, 100_000)]),
        ),
        May("name", &Shape::Text),
        May("refusal", &Shape::Text),
        May("reasoning", &Shape::Text),
        May("reasoning_content", &Shape::Text),
        May("tool_calls", &Shape::List(&CALL, 10_000)),
        // Answers carry it, empty where nothing was searched.
        Drop("annotations", &Shape::List(&Shape::Any, 0)),
    ],
    denied: &[
        ("audio", Rule::Stored),
        ("function_call", Rule::UnknownField),
    ],
};

static TOOL_ANSWER: Object = Object {
    fields: &[
        Must("content", &TEXTS),
        Must("tool_call_id", &Shape::Text),
        May("name", &TOOL_NAME),
    ],
    denied: &[],
};

static CALL: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[(
        "function",
        &Object {
            fields: &[
                Must("id", &Shape::Text),
                Must(
                    "function",
                    &Shape::Object(&Object {
                        fields: &[Must("name", &TOOL_NAME), Must("arguments", &Shape::Text)],
                        denied: &[],
                    }),
                ),
                Drop("index", &Shape::Count),
            ],
            denied: &[],
        },
    )],
    absent: None,
    denied: &[],
    rule: Rule::HostedTool,
});

static TEXT: Object = Object {
    fields: &[Must("text", &Shape::Text)],
    denied: &[],
};

static TEXT_PART: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[("text", &TEXT)],
    absent: None,
    denied: &[],
    rule: Rule::ContentType,
});

static ASSISTANT_PART: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[
        ("text", &TEXT),
        (
            "refusal",
            &Object {
                fields: &[Must("refusal", &Shape::Text)],
                denied: &[],
            },
        ),
    ],
    absent: None,
    denied: &[],
    rule: Rule::ContentType,
});

static USER_PART: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[
        ("text", &TEXT),
        (
            "image_url",
            &Object {
                fields: &[Must("image_url", &IMAGE)],
                denied: &[],
            },
        ),
        (
            "input_audio",
            &Object {
                fields: &[Must("input_audio", &AUDIO)],
                denied: &[],
            },
        ),
    ],
    absent: None,
    denied: &[("file", Rule::Stored), ("video_url", Rule::OutsideSource)],
    rule: Rule::ContentType,
});

static IMAGE: Shape = Shape::Object(&Object {
    fields: &[
        Must("url", &Shape::Counted(Media::Image, &IMAGE_URL)),
        May("detail", &Shape::Words(&["auto", "low", "high"])),
    ],
    denied: &[],
});

static AUDIO: Shape = Shape::Object(&Object {
    fields: &[
        Must("data", &BASE64),
        Must("format", &Shape::Words(&["wav", "mp3"])),
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
        (
            "text",
            &Object {
                fields: &[],
                denied: &[],
            },
        ),
        (
            "json_object",
            &Object {
                fields: &[],
                denied: &[],
            },
        ),
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
