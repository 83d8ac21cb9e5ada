//! Messages of `/v1/chat/completions`.

use crate::model::rule::Rule;
use crate::model::shape::Field::{Drop, May, Must};
use crate::model::shape::{Media, Object, Shape, Tagged};
use crate::model::text::{BASE64, IMAGE_URL, TOOL_NAME};

/// A message of any role.
pub(super) static MESSAGE: Shape = Shape::Tagged(&Tagged {
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
