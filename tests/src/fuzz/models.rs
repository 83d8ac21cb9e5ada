//! Requests to models, and what their answers used.

use super::{Target, hold, json};
use crate::random::Random;
use pure_agent_runtime::contract::{Agent, Contract, Model, Provider};
use pure_agent_runtime::model::sse::Parser;
use pure_agent_runtime::model::usage::{Meter, only_usage};
use pure_agent_runtime::model::{Protocol, Refused, Request, anthropic, gemini, openai};
use pure_agent_runtime::{open, strict};
use std::sync::OnceLock;

const fn target(
    name: &'static str,
    seeds: fn() -> Vec<Vec<u8>>,
    check: fn(&[u8], &mut Random) -> Result<bool, String>,
) -> Target {
    Target {
        name,
        seeds,
        words: WORDS,
        check,
    }
}

pub(super) const MESSAGES: Target = target("messages", messages, |bytes, _| {
    taken(bytes, anthropic::messages)
});
pub(super) const COUNT: Target = target("count", messages, |bytes, _| {
    taken(bytes, anthropic::count_tokens)
});
pub(super) const CHAT: Target = target("chat", chat, |bytes, _| taken(bytes, openai::chat));
pub(super) const RESPONSES: Target = target("responses", responses, |bytes, _| {
    taken(bytes, openai::responses)
});
pub(super) const EMBEDDINGS: Target = target("embeddings", embeddings, |bytes, _| {
    taken(bytes, openai::embeddings)
});
pub(super) const GENERATE: Target = target("generate", contents, |bytes, _| {
    taken(bytes, |bytes, models, agent| {
        gemini::generate("gemini", bytes, models, agent)
    })
});
pub(super) const GENERATE_COUNT: Target = target("generate-count", contents, |bytes, _| {
    taken(bytes, |bytes, models, agent| {
        gemini::count_tokens("gemini", bytes, models, agent)
    })
});
pub(super) const USAGE: Target = target("usage", answers, usage);

const WORDS: &[&str] = &[
    "\"model\":\"claude\"",
    "\"max_tokens\":1",
    "\"max_tokens\":-1",
    "\"stream\":true",
    "\"tools\":[]",
    "\"type\":\"url\"",
    "\"type\":\"web_search_20250305\"",
    "\"type\":\"text\"",
    "\"text\":\"x\"",
    "\"role\":\"user\"",
    "\"content\":[]",
    "\"source\":{}",
    "\"store\":true",
    "\"n\":2",
    "\"usage\":{}",
    "\"input_tokens\":1",
    "null",
    "{}",
    "[]",
    ",",
    ":",
    "\"",
    "18446744073709551615",
    "\"$ref\":\"http://x/\"",
    "data:image/png;base64,AAAA",
    "\"maxOutputTokens\":1",
    "\"max_output_tokens\":1",
    "\"fileData\":{}",
    "\"googleSearch\":{}",
    "\"functionCall\":{}",
    "\"cachedContent\":\"x\"",
    "\"totalTokenCount\":1",
];

fn messages() -> Vec<Vec<u8>> {
    [
        r#"{"model":"claude","max_tokens":64,"messages":[{"role":"user","content":"hi"}]}"#,
        r#"{"model":"claude","max_tokens":64,"stream":true,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"n","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"x"}]}],"tools":[{"name":"n","description":"d","input_schema":{"type":"object","properties":{"a":{"type":"integer"}}}}],"tool_choice":{"type":"auto"}}"#,
        r#"{"model":"claude","messages":[{"role":"user","content":"hi"}]}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

fn chat() -> Vec<Vec<u8>> {
    [
        r#"{"model":"gpt","max_completion_tokens":64,"messages":[{"role":"user","content":"hi"}]}"#,
        r#"{"model":"gpt","max_tokens":64,"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"n","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"x"}],"tools":[{"type":"function","function":{"name":"n","parameters":{"type":"object"}}}]}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

fn responses() -> Vec<Vec<u8>> {
    [
        r#"{"model":"gpt","max_output_tokens":64,"store":false,"input":"hi"}"#,
        r#"{"model":"gpt","max_output_tokens":64,"store":false,"stream":true,"instructions":"s","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"a"}]},{"type":"function_call","call_id":"c","name":"n","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"x"}],"tools":[{"type":"function","name":"n","parameters":{"type":"object"}}],"reasoning":{"effort":"low"}}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

fn embeddings() -> Vec<Vec<u8>> {
    [
        r#"{"model":"gpt","input":"hi"}"#,
        r#"{"model":"gpt","input":["a","b"],"encoding_format":"float","dimensions":64}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

fn contents() -> Vec<Vec<u8>> {
    [
        r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"generationConfig":{"maxOutputTokens":64}}"#,
        r#"{"contents":[{"role":"user","parts":[{"text":"hi"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]},{"role":"model","parts":[{"functionCall":{"name":"n","args":{"a":1}}}]},{"role":"user","parts":[{"functionResponse":{"name":"n","response":{"b":2}}}]}],"systemInstruction":{"parts":[{"text":"s"}]},"tools":[{"functionDeclarations":[{"name":"n","description":"d","parameters":{"type":"OBJECT"}}]}],"generationConfig":{"maxOutputTokens":64,"temperature":0.5},"labels":{"a":"b"}}"#,
        r#"{"contents":[{"parts":[{"text":"hi"}]}]}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

fn answers() -> Vec<Vec<u8>> {
    [
        r#"{"type":"message","usage":{"input_tokens":1,"output_tokens":2,"cache_read_input_tokens":3}}"#,
        r#"{"object":"chat.completion","usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":{"cached_tokens":1}}}"#,
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":5}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        "data: {\"object\":\"chat.completion.chunk\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n",
        "data: {\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":1,\"candidatesTokenCount\":2,\"totalTokenCount\":3}}\n\n",
        "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":1,\"output_tokens\":2,\"total_tokens\":3}}}\n\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// Two models and an agent that may ask both, in the form of an example's.
fn granted() -> &'static (Vec<Model>, Agent) {
    static GRANTED: OnceLock<(Vec<Model>, Agent)> = OnceLock::new();
    GRANTED.get_or_init(|| {
        let contracts = json::contracts().into_iter();
        let mut contracts = contracts.filter_map(|bytes| open::parse(&bytes).ok());
        let Some(Contract { models, agents, .. }) = contracts.find(|c| !c.models.is_empty()) else {
            panic!("no contract has a model");
        };
        let named = |name: &str, provider| Model {
            name: name.to_owned(),
            id: format!("{name}-1"),
            provider,
            max_tokens: Some(4_096),
            temperature: None,
            ..models[0].clone()
        };
        let list = vec![
            named("claude", Provider::Anthropic),
            named("gpt", Provider::Openai),
            named("gemini", Provider::Gemini),
        ];
        let mut agent = agents[0].clone();
        agent.models = ["claude", "gpt", "gemini"].map(str::to_owned).into();
        (list, agent)
    })
}

/// Reads the body of a request, by the models and the agent that may ask them.
type Reader = fn(&[u8], &[Model], &Agent) -> Result<Request, Refused>;

/// What goes upstream is JSON that passes again, as the same.
fn taken(bytes: &[u8], read: Reader) -> Result<bool, String> {
    let (models, agent) = granted();
    let request = match read(bytes, models, agent) {
        Ok(request) => request,
        Err(refused) => {
            let sentence = refused.to_string();
            let plain = !sentence.chars().any(char::is_control) && sentence.len() < 4_096;
            return hold(plain, "a refusal that is no plain sentence").map(|()| false);
        }
    };
    let length = u64::try_from(request.body.len()).unwrap_or(u64::MAX);
    // Counting tokens uses none.
    let free = request.worst_case() == 0;
    hold(
        free || request.input_estimate >= length,
        "less is reserved than one token for each byte",
    )?;
    strict::value(&request.body).map_err(|e| format!("what goes upstream: {e}"))?;
    let again = read(&request.body, models, agent);
    let again = again.map_err(|e| format!("what goes upstream is refused: {e}"))?;
    hold(
        again.body == request.body,
        "what goes upstream would go as something else",
    )?;
    hold(
        again.most_output == request.most_output,
        "another bound the second time",
    )?;
    Ok(true)
}

/// No answer makes the meter panic, and none is counted that says nothing.
fn usage(bytes: &[u8], random: &mut Random) -> Result<bool, String> {
    let protocols = [
        Protocol::Messages,
        Protocol::Chat,
        Protocol::Responses,
        Protocol::Embeddings,
        Protocol::Generate,
    ];
    let protocol = *random.of(&protocols);
    let mut whole = Meter::new(protocol);
    whole.body(bytes);
    let mut stream = Meter::new(protocol);
    let mut parser = Parser::new(1 << 16);
    let mut events = 0;
    let _too_long = stream.piece(&mut parser, bytes, |block| {
        if let Some(event) = block.event() {
            events += 1;
            let _only = only_usage(&event);
        }
    });
    hold(
        events > 0 || stream.usage().is_err(),
        "a stream without events used something",
    )?;
    let total = [&whole, &stream].map(|meter| meter.usage().map(|usage| usage.total()));
    Ok(total.iter().any(Result::is_ok))
}
