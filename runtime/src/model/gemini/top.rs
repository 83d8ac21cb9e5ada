//! Top-level fields of a request, and its tools.

use super::content::{CONTENTS, SYSTEM};
use crate::model::rule::Rule;
use crate::model::shape::Field::{Drop, May, Must};
use crate::model::shape::{Object, Shape};
use crate::model::text::TOOL_NAME;

pub(super) static GENERATE: Object = Object {
    fields: &[
        Must("contents", &CONTENTS),
        May("systemInstruction", &SYSTEM),
        May("tools", &TOOLS),
        May("toolConfig", &TOOL_CONFIG),
        May("generationConfig", &CONFIG),
        May("safetySettings", &Shape::List(&SAFETY, 64)),
        May("store", &Shape::False(Rule::Stored)),
        Drop("labels", &Shape::Map(&Shape::Text)),
    ],
    denied: DENIED,
};

pub(super) static COUNT: Object = Object {
    fields: &[Must("contents", &CONTENTS)],
    denied: DENIED,
};

static DENIED: &[(&str, Rule)] = &[
    ("cachedContent", Rule::Stored),
    // The path names the model.
    ("model", Rule::OtherModel),
    ("serviceTier", Rule::ServiceTier),
    ("modelArmorConfig", Rule::Stored),
];

static TOOLS: Shape = Shape::List(
    &Shape::Object(&Object {
        fields: &[May(
            "functionDeclarations",
            &Shape::List(&Shape::Object(&DECLARATION), 10_000),
        )],
        denied: &[
            ("googleSearch", Rule::HostedTool),
            ("googleSearchRetrieval", Rule::HostedTool),
            ("enterpriseWebSearch", Rule::HostedTool),
            ("googleMaps", Rule::HostedTool),
            ("urlContext", Rule::HostedTool),
            ("codeExecution", Rule::HostedTool),
            ("computerUse", Rule::HostedTool),
            ("fileSearch", Rule::HostedTool),
            ("retrieval", Rule::HostedTool),
            ("mcpServers", Rule::OutsideServer),
        ],
    }),
    1_000,
);

static DECLARATION: Object = Object {
    fields: &[
        Must("name", &TOOL_NAME),
        May("description", &Shape::Text),
        May("parameters", &Shape::Schema),
        May("parametersJsonSchema", &Shape::Schema),
        May("response", &Shape::Schema),
        May("responseJsonSchema", &Shape::Schema),
    ],
    denied: &[("behavior", Rule::UnknownField)],
};

static TOOL_CONFIG: Shape = Shape::Object(&Object {
    fields: &[May(
        "functionCallingConfig",
        &Shape::Object(&Object {
            fields: &[
                May(
                    "mode",
                    &Shape::Words(&["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"]),
                ),
                May("allowedFunctionNames", &Shape::List(&TOOL_NAME, 10_000)),
            ],
            denied: &[],
        }),
    )],
    denied: &[
        ("retrievalConfig", Rule::HostedTool),
        ("includeServerSideToolInvocations", Rule::HostedTool),
    ],
});

static CONFIG: Shape = Shape::Object(&Object {
    fields: &[
        May("maxOutputTokens", &Shape::Count),
        May("candidateCount", &Shape::One(Rule::SeveralAnswers)),
        May("temperature", &Shape::Number),
        May("topP", &Shape::Number),
        May("topK", &Shape::Number),
        May("seed", &Shape::Number),
        May("presencePenalty", &Shape::Number),
        May("frequencyPenalty", &Shape::Number),
        May("stopSequences", &Shape::List(&Shape::Text, 64)),
        May("responseLogprobs", &Shape::Bool),
        May("logprobs", &Shape::Count),
        May(
            "responseMimeType",
            &Shape::Words(&["text/plain", "application/json", "text/x.enum"]),
        ),
        May("responseSchema", &Shape::Schema),
        May("responseJsonSchema", &Shape::Schema),
        May(
            "responseModalities",
            &Shape::List(&Shape::Words(&["TEXT"]), 1),
        ),
        May(
            "mediaResolution",
            &Shape::Words(&[
                "MEDIA_RESOLUTION_LOW",
                "MEDIA_RESOLUTION_MEDIUM",
                "MEDIA_RESOLUTION_HIGH",
            ]),
        ),
        May("thinkingConfig", &THINKING),
    ],
    denied: &[
        ("speechConfig", Rule::Unbounded),
        ("imageConfig", Rule::Unbounded),
        ("audioTimestamp", Rule::Unbounded),
        ("routingConfig", Rule::OtherModel),
        ("modelConfig", Rule::OtherModel),
    ],
});

static THINKING: Shape = Shape::Object(&Object {
    fields: &[
        May("includeThoughts", &Shape::Bool),
        // -1: as many as the model likes, within the bound of the answer.
        May("thinkingBudget", &Shape::Number),
        May(
            "thinkingLevel",
            &Shape::Words(&[
                "MINIMAL", "LOW", "MEDIUM", "HIGH", "minimal", "low", "medium", "high",
            ]),
        ),
    ],
    denied: &[],
});

static SAFETY: Shape = Shape::Object(&Object {
    fields: &[
        Must(
            "category",
            &Shape::Words(&[
                "HARM_CATEGORY_HARASSMENT",
                "HARM_CATEGORY_HATE_SPEECH",
                "HARM_CATEGORY_SEXUALLY_EXPLICIT",
                "HARM_CATEGORY_DANGEROUS_CONTENT",
                "HARM_CATEGORY_CIVIC_INTEGRITY",
            ]),
        ),
        Must(
            "threshold",
            &Shape::Words(&[
                "OFF",
                "BLOCK_NONE",
                "BLOCK_ONLY_HIGH",
                "BLOCK_MEDIUM_AND_ABOVE",
                "BLOCK_LOW_AND_ABOVE",
            ]),
        ),
    ],
    denied: &[],
});
