//! Contents and their parts.

use crate::model::rule::Rule;
use crate::model::shape::Field::{May, Must};
use crate::model::shape::{Media, Object, Shape, Tagged};
use crate::model::text::{BASE64, TOOL_NAME};

/// Most parts of one list, as for contents.
const PARTS: usize = 100_000;

/// The turns of a conversation.
pub(super) static CONTENTS: Shape = Shape::List(&Shape::Object(&CONTENT), PARTS);

/// What the model is told before.
pub(super) static SYSTEM: Shape = Shape::Object(&Object {
    fields: &[
        May("role", &Shape::Words(&["user", "model", "system"])),
        Must("parts", &Shape::List(&Shape::Object(&TEXT), PARTS)),
    ],
    denied: &[],
});

static CONTENT: Object = Object {
    fields: &[
        May("role", &Shape::Words(&["user", "model", "function"])),
        Must("parts", &Shape::List(&Shape::Object(&PART), PARTS)),
    ],
    denied: &[],
};

static TEXT: Object = Object {
    fields: &[Must("text", &Shape::Text)],
    denied: DENIED,
};

static PART: Object = Object {
    fields: &[
        May("text", &Shape::Text),
        May("inlineData", &INLINE),
        May("functionCall", &CALL),
        May("functionResponse", &RESPONSE),
        May("thought", &Shape::Bool),
        // Opaque to everybody but the provider, which made it.
        May("thoughtSignature", &Shape::Text),
    ],
    denied: DENIED,
};

static DENIED: &[(&str, Rule)] = &[
    ("fileData", Rule::OutsideSource),
    ("executableCode", Rule::HostedTool),
    ("codeExecutionResult", Rule::HostedTool),
    ("toolCall", Rule::HostedTool),
    ("toolResponse", Rule::HostedTool),
    // How many pictures are taken of a video is not bounded by its bytes.
    ("videoMetadata", Rule::Unbounded),
];

static IMAGE: Object = Object {
    fields: &[
        Must("data", &Shape::Counted(Media::Image, &BASE64)),
        May("displayName", &Shape::Text),
    ],
    denied: &[],
};

static DOCUMENT: Object = Object {
    fields: &[
        Must("data", &Shape::Counted(Media::Document, &BASE64)),
        May("displayName", &Shape::Text),
    ],
    denied: &[],
};

/// Sound and video have more tokens than bytes where they are silent and still.
static INLINE: Shape = Shape::Tagged(&Tagged {
    key: "mimeType",
    cases: &[
        ("image/png", &IMAGE),
        ("image/jpeg", &IMAGE),
        ("image/gif", &IMAGE),
        ("image/webp", &IMAGE),
        ("image/heic", &IMAGE),
        ("image/heif", &IMAGE),
        ("application/pdf", &DOCUMENT),
        (
            "text/plain",
            &Object {
                fields: &[Must("data", &BASE64), May("displayName", &Shape::Text)],
                denied: &[],
            },
        ),
    ],
    absent: None,
    denied: &[],
    rule: Rule::ContentType,
});

static CALL: Shape = Shape::Object(&Object {
    fields: &[
        May("id", &Shape::Text),
        Must("name", &TOOL_NAME),
        May("args", &Shape::Json),
    ],
    denied: &[
        ("partialArgs", Rule::UnknownField),
        ("willContinue", Rule::UnknownField),
    ],
});

static RESPONSE: Shape = Shape::Object(&Object {
    fields: &[
        May("id", &Shape::Text),
        Must("name", &TOOL_NAME),
        Must("response", &Shape::Json),
        May("parts", &Shape::List(&Shape::Object(&RESPONSE_PART), PARTS)),
    ],
    denied: &[
        ("scheduling", Rule::UnknownField),
        ("willContinue", Rule::UnknownField),
    ],
});

static RESPONSE_PART: Object = Object {
    fields: &[Must("inlineData", &INLINE)],
    denied: &[("fileData", Rule::OutsideSource)],
};
