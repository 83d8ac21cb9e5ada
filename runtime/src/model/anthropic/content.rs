//! Content blocks of messages.

use crate::model::rule::Rule;
use crate::model::shape::Field::{Drop, May, Must};
use crate::model::shape::{Media, Object, Shape, Tagged};
use crate::model::text::{BASE64, TOOL_NAME};

/// Most blocks of one list, as for messages.
const BLOCKS: usize = 100_000;

/// `{"type": "ephemeral", "ttl": "5m" | "1h"}`.
pub(super) static CACHE: Shape = Shape::Object(&Object {
    fields: &[
        Must("type", &Shape::Words(&["ephemeral"])),
        May("ttl", &Shape::Words(&["5m", "1h"])),
        Drop("scope", &Shape::Text),
    ],
    denied: &[],
});

/// Text, or blocks of any kind: the content of a message.
pub(super) static MESSAGE: Shape = Shape::Or(&[Shape::Text, Shape::List(&BLOCK, BLOCKS)]);
/// Text, or blocks of text: `system`.
pub(super) static SYSTEM: Shape = Shape::Or(&[Shape::Text, Shape::List(&TEXT_BLOCK, BLOCKS)]);
/// Text, or blocks that a tool may answer.
static RESULT: Shape = Shape::Or(&[Shape::Text, Shape::List(&RESULT_BLOCK, BLOCKS)]);

static BLOCK: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[
        ("text", &TEXT),
        ("image", &IMAGE),
        ("document", &DOCUMENT),
        ("tool_use", &TOOL_USE),
        ("tool_result", &TOOL_RESULT),
        ("thinking", &THINKING),
        ("redacted_thinking", &REDACTED),
    ],
    absent: None,
    denied: HOSTED,
    rule: Rule::ContentType,
});

static RESULT_BLOCK: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[("text", &TEXT), ("image", &IMAGE), ("document", &DOCUMENT)],
    absent: None,
    denied: HOSTED,
    rule: Rule::ContentType,
});

static TEXT_BLOCK: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[("text", &TEXT)],
    absent: None,
    denied: HOSTED,
    rule: Rule::ContentType,
});

/// Blocks that speak of what a provider ran or keeps.
static HOSTED: &[(&str, Rule)] = &[
    ("server_tool_use", Rule::HostedTool),
    ("web_search_tool_result", Rule::HostedTool),
    ("web_fetch_tool_result", Rule::HostedTool),
    ("code_execution_tool_result", Rule::HostedTool),
    ("bash_code_execution_tool_result", Rule::HostedTool),
    ("text_editor_code_execution_tool_result", Rule::HostedTool),
    ("tool_search_tool_result", Rule::HostedTool),
    ("mcp_tool_use", Rule::OutsideServer),
    ("mcp_tool_result", Rule::OutsideServer),
    ("container_upload", Rule::Container),
];

static TEXT: Object = Object {
    fields: &[
        Must("text", &Shape::Text),
        May("cache_control", &CACHE),
        May("citations", &Shape::List(&CITATION, 10_000)),
    ],
    denied: &[],
};

static IMAGE: Object = Object {
    fields: &[
        Must("source", &Shape::Counted(Media::Image, &IMAGE_SOURCE)),
        May("cache_control", &CACHE),
    ],
    denied: &[],
};

static IMAGE_SOURCE: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[(
        "base64",
        &Object {
            fields: &[
                Must(
                    "media_type",
                    &Shape::Words(&["image/png", "image/jpeg", "image/gif", "image/webp"]),
                ),
                Must("data", &BASE64),
            ],
            denied: OUTSIDE,
        },
    )],
    absent: None,
    denied: SOURCES,
    rule: Rule::OutsideSource,
});

static DOCUMENT: Object = Object {
    fields: &[
        Must("source", &DOCUMENT_SOURCE),
        May("title", &Shape::Text),
        May("context", &Shape::Text),
        May(
            "citations",
            &Shape::Object(&Object {
                fields: &[May("enabled", &Shape::Bool)],
                denied: &[],
            }),
        ),
        May("cache_control", &CACHE),
    ],
    denied: &[],
};

static DOCUMENT_SOURCE: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[
        (
            "base64",
            &Object {
                fields: &[
                    Must("media_type", &Shape::Words(&["application/pdf"])),
                    Must("data", &Shape::Counted(Media::Document, &BASE64)),
                ],
                denied: OUTSIDE,
            },
        ),
        (
            "text",
            &Object {
                fields: &[
                    Must("media_type", &Shape::Words(&["text/plain"])),
                    Must("data", &Shape::Text),
                ],
                denied: OUTSIDE,
            },
        ),
    ],
    absent: None,
    denied: SOURCES,
    rule: Rule::OutsideSource,
});

static SOURCES: &[(&str, Rule)] = &[("file", Rule::Stored)];
static OUTSIDE: &[(&str, Rule)] = &[("url", Rule::OutsideSource), ("file_id", Rule::Stored)];

static TOOL_USE: Object = Object {
    fields: &[
        Must("id", &Shape::Text),
        Must("name", &TOOL_NAME),
        Must("input", &Shape::Json),
        May("cache_control", &CACHE),
        May("caller", &DIRECT),
    ],
    denied: &[],
};

/// The model itself has called, not code at the provider.
static DIRECT: Shape = Shape::Object(&Object {
    fields: &[Must("type", &Shape::Words(&["direct"]))],
    denied: &[("tool_id", Rule::HostedTool)],
});

static TOOL_RESULT: Object = Object {
    fields: &[
        Must("tool_use_id", &Shape::Text),
        May("content", &RESULT),
        May("is_error", &Shape::Bool),
        May("cache_control", &CACHE),
    ],
    denied: &[],
};

static THINKING: Object = Object {
    fields: &[
        Must("thinking", &Shape::Text),
        Must("signature", &Shape::Text),
    ],
    denied: &[],
};

static REDACTED: Object = Object {
    fields: &[Must("data", &Shape::Text)],
    denied: &[],
};

/// Where in a document of the same request an answer stands.
static CITATION: Shape = Shape::Tagged(&Tagged {
    key: "type",
    cases: &[
        (
            "char_location",
            &Object {
                fields: &[
                    Must("cited_text", &Shape::Text),
                    Must("document_index", &Shape::Count),
                    May("document_title", &Shape::Text),
                    Must("start_char_index", &Shape::Count),
                    Must("end_char_index", &Shape::Count),
                ],
                denied: CITED,
            },
        ),
        (
            "page_location",
            &Object {
                fields: &[
                    Must("cited_text", &Shape::Text),
                    Must("document_index", &Shape::Count),
                    May("document_title", &Shape::Text),
                    Must("start_page_number", &Shape::Count),
                    Must("end_page_number", &Shape::Count),
                ],
                denied: CITED,
            },
        ),
    ],
    absent: None,
    denied: &[("web_search_result_location", Rule::HostedTool)],
    rule: Rule::ContentType,
});

/// In answers; without a file it is `null`, and the API takes no such field.
static CITED: &[(&str, Rule)] = &[("file_id", Rule::Stored)];
