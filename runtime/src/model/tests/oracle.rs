//! Whatever passes holds nothing but what stands here: lists of words that were written without the tables.

use super::{CHAT, COUNT, EMBEDDINGS, MESSAGES, RESPONSES, Read, chat, responses, sent, small};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Every key that may go upstream, in any place.
const KEYS: &str = " model messages max_tokens system stream temperature top_p top_k stop_sequences tools tool_choice \
 thinking cache_control context_management output_config output_format role content type text ttl citations cited_text \
 document_index document_title start_char_index end_char_index start_page_number end_page_number source media_type data \
 title context enabled id name input caller tool_use_id is_error signature description input_schema strict \
 eager_input_streaming input_examples disable_parallel_tool_use budget_tokens display effort format schema edits trigger \
 keep clear_at_least exclude_tools clear_tool_inputs value max_completion_tokens stream_options include_usage \
 include_obfuscation n store min_p presence_penalty frequency_penalty repetition_penalty logit_bias logprobs top_logprobs \
 seed stop parallel_tool_calls response_format reasoning_effort verbosity modalities prompt_cache_key refusal reasoning \
 reasoning_content tool_calls function arguments tool_call_id image_url url detail input_audio parameters json_schema \
 instructions max_output_tokens truncation include summary generate_summary status phase annotations file_data filename \
 encrypted_content call_id output syntax definition mode encoding_format dimensions namespace ";

/// Every value of `type` that may go upstream.
const TYPES: &str = " text image document tool_use tool_result thinking redacted_thinking ephemeral base64 custom auto any \
 none tool enabled adaptive disabled json_schema clear_tool_uses_20250919 clear_thinking_20251015 input_tokens tool_uses \
 thinking_turns all char_location page_location direct image_url input_audio function refusal json_object message \
 reasoning function_call function_call_output custom_tool_call custom_tool_call_output input_text output_text input_image \
 input_file summary_text reasoning_text grammar allowed_tools namespace ";

/// Below these, what stands is data for the model. `input` is so only in a call, and `schema` where it is an object.
const FREE: [&str; 4] = ["input_schema", "parameters", "schema", "input_examples"];

fn check(value: &Value, at: &str) -> Result<(), String> {
    match value {
        Value::Object(map) => {
            let call = map.get("type") == Some(&json!("tool_use"));
            for (key, value) in map {
                if !KEYS.contains(&format!(" {key} ")) && !at.ends_with("/logit_bias") {
                    return Err(format!("key {at}/{key}"));
                }
                if key == "type" && !TYPES.contains(&format!(" {} ", value.as_str().unwrap_or("?")))
                {
                    return Err(format!("type {at}: {value}"));
                }
                if (key == "url" || key == "image_url" || key == "file_data")
                    && value.as_str().is_some_and(|u| !u.starts_with("data:"))
                {
                    return Err(format!("address {at}: {value}"));
                }
                let free = FREE.contains(&key.as_str()) || (call && key == "input");
                if !free {
                    check(value, &format!("{at}/{key}"))?;
                }
            }
            Ok(())
        }
        Value::Array(list) => list.iter().try_for_each(|value| check(value, at)),
        _ => Ok(()),
    }
}

/// Words that attackers and clients use.
const WORDS: [&str; 48] = [
    "mcp_servers",
    "container",
    "url",
    "file_id",
    "file_url",
    "server_tool_use",
    "web_search",
    "mcp",
    "type",
    "Type",
    "tуpe",
    "text",
    "source",
    "content",
    "input",
    "image",
    "document",
    "input_image",
    "image_url",
    "item_reference",
    "id",
    "previous_response_id",
    "store",
    "conversation",
    "background",
    "prompt",
    "service_tier",
    "n",
    "role",
    "user",
    "assistant",
    "system",
    "tool",
    "function",
    "custom",
    "tools",
    "name",
    "messages",
    "input_file",
    "file_data",
    "base64",
    "data:image/png;base64,AAAA",
    "https://e.example",
    "cache_control",
    "scope",
    "metadata",
    "annotations",
    "output",
];

#[derive(Debug, Clone)]
struct Change {
    place: usize,
    kind: u8,
    word: &'static str,
    value: Value,
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-2_i64..5).prop_map(|n| json!(n)),
        prop::sample::select(WORDS.to_vec()).prop_map(|w| json!(w)),
    ]
}

/// Whole pieces, of which some may stand and some may not.
fn piece() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "scope": "global"}}),
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}),
        json!({"type": "image", "source": {"type": "url", "url": "https://e.example"}}),
        json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}),
        json!({"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "x"}]}),
        json!({"role": "user", "content": "x"}),
        json!({"role": "system", "content": [{"type": "text", "text": "x"}]}),
        json!({"type": "input_text", "text": "x"}),
        json!({"type": "input_image", "image_url": "data:image/png;base64,AAAA"}),
        json!({"type": "input_image", "image_url": "https://e.example"}),
        json!({"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "x"}]}),
        json!({"type": "reasoning", "id": "rs_1", "summary": []}),
        json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}),
        json!({"type": "custom", "name": "x", "input_schema": {"type": "object", "mcp_servers": []}}),
        json!({"type": "function", "name": "x", "parameters": {"type": "object", "container": 1}}),
        json!({"type": "function", "function": {"name": "x"}}),
        json!({"type": "web_search", "name": "x"}),
    ])
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![piece(), noise()]
}

fn noise() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::btree_map(prop::sample::select(WORDS.to_vec()), inner, 0..3)
                .prop_map(|map| map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

fn change() -> impl Strategy<Value = Change> {
    let word = prop::sample::select(WORDS.to_vec());
    (0_usize..200, 0_u8..4, word, value()).prop_map(|(place, kind, word, value)| Change {
        place,
        kind,
        word,
        value,
    })
}

/// The places of all values, as JSON pointers.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(k, v)| {
                places(
                    v,
                    &format!("{at}/{}", k.replace('~', "~0").replace('/', "~1")),
                    into,
                )
            });
        }
        Value::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(n, v)| places(v, &format!("{at}/{n}"), into));
        }
        _ => {}
    }
}

fn apply(body: &mut Value, change: &Change) {
    let mut all = Vec::new();
    places(body, "", &mut all);
    let at = &all[change.place % all.len()];
    let target = body.pointer_mut(at).unwrap();
    match (change.kind, target) {
        (0, Value::Object(map)) => {
            map.insert(change.word.to_owned(), change.value.clone());
        }
        (1, Value::Object(map)) => {
            if let Some(key) = map.keys().next().cloned() {
                let value = map.remove(&key).unwrap();
                map.insert(change.word.to_owned(), value);
            }
        }
        (0 | 1, Value::Array(list)) => list.push(change.value.clone()),
        (2, target) if target.is_string() => *target = json!(change.word),
        (_, target) => *target = change.value.clone(),
    }
}

fn bases() -> Vec<(Read, Value)> {
    let mut count = small();
    count.as_object_mut().unwrap().remove("max_tokens");
    vec![
        (MESSAGES, small()),
        (COUNT, count),
        (CHAT, chat()),
        (RESPONSES, responses()),
        (EMBEDDINGS, json!({"model": "gpt", "input": ["x"]})),
        (MESSAGES, super::conformance::claude_code()),
        (RESPONSES, super::conformance_openai::codex()),
    ]
}

#[test]
fn the_oracle_can_fail() {
    for (read, base) in bases() {
        let up = super::upstream(read, &base);
        assert_eq!(check(&up, ""), Ok(()));
    }
    for bad in [
        json!({"mcp_servers": []}),
        json!({"content": [{"type": "server_tool_use"}]}),
        json!({"url": "https://x"}),
    ] {
        assert!(check(&bad, "").is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6_000))]

    #[test]
    fn what_passes_holds_only_what_the_lists_name(
        base in 0_usize..7,
        changes in prop::collection::vec(change(), 1..3),
    ) {
        let (read, mut body) = bases().swap_remove(base);
        for change in &changes {
            apply(&mut body, change);
        }
        if let Ok(request) = sent(read, &body) {
            let up: Value = serde_json::from_slice(&request.body).unwrap();
            prop_assert_eq!(check(&up, ""), Ok(()), "{}", body);
            prop_assert!(request.most_output <= 64_000);
            prop_assert_eq!(up.get("stream") == Some(&json!(true)), request.stream);
            // What passed once passes again, and is the same.
            prop_assert_eq!(sent(read, &up).map(|r| r.body), Ok(request.body));
        }
    }
}
