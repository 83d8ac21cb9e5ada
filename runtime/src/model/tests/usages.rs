//! What answers say that they used.

use crate::model::Protocol;
use crate::model::sse::{Event, Parser};
use crate::model::usage::{ABSURD, Incomplete, Meter, Usage, only_usage};
use proptest::prelude::*;
use serde_json::{Value, json};

fn stream(protocol: Protocol, events: &[Value]) -> Result<Usage, Incomplete> {
    let mut text = String::new();
    for event in events {
        let name = event
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or("message");
        let data = event
            .as_str()
            .map_or_else(|| event.to_string(), str::to_owned);
        text.push_str(&format!("event: {name}\ndata: {data}\n\n"));
    }
    let mut meter = Meter::new(protocol);
    let mut parser = Parser::new(1 << 20);
    meter.piece(&mut parser, text.as_bytes(), |_| ()).unwrap();
    assert_eq!(meter.usage(), every_event(protocol, text.as_bytes()));
    meter.usage()
}

/// The same, where every event is read.
fn every_event(protocol: Protocol, text: &[u8]) -> Result<Usage, Incomplete> {
    let mut meter = Meter::new(protocol);
    for block in Parser::new(1 << 20).push(text).unwrap() {
        block.event.iter().for_each(|event| meter.event(event));
    }
    meter.usage()
}

fn body(protocol: Protocol, body: &Value) -> Result<Usage, Incomplete> {
    let mut meter = Meter::new(protocol);
    meter.body(body.to_string().as_bytes());
    meter.usage()
}

fn claude() -> Vec<Value> {
    vec![
        json!({"type": "message_start", "message": {"usage": {"input_tokens": 10, "cache_creation_input_tokens": 20,
            "cache_read_input_tokens": 30, "output_tokens": 1, "service_tier": "standard",
            "cache_creation": {"ephemeral_5m_input_tokens": 20}}}}),
        json!({"type": "ping"}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}}),
        json!({"type": "message_delta", "delta": {"stop_reason": null}, "usage": {"output_tokens": 7}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 40, "input_tokens": null}}),
        json!({"type": "message_stop"}),
    ]
}

fn gpt() -> Vec<Value> {
    vec![
        json!({"choices": [{"delta": {"content": "x"}}], "usage": null}),
        json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}),
        json!({"choices": [], "usage": {"prompt_tokens": 50, "completion_tokens": 9, "total_tokens": 59,
            "prompt_tokens_details": {"cached_tokens": 20}, "completion_tokens_details": {"reasoning_tokens": 4}}}),
        json!("[DONE]"),
    ]
}

fn codex(last: &str) -> Vec<Value> {
    vec![
        json!({"type": "response.created", "response": {"usage": null}}),
        json!({"type": "response.output_text.delta", "delta": "x"}),
        json!({"type": last, "response": {"usage": {"input_tokens": 50, "input_tokens_details": {"cached_tokens": 20},
            "output_tokens": 9, "total_tokens": 59}}}),
    ]
}

const GPT: Usage = Usage {
    input: 30,
    output: 9,
    cache_read: 20,
    cache_write: 0,
};

#[test]
fn streams_that_end_tell_their_usage() {
    let usage = stream(Protocol::Messages, &claude()).unwrap();
    assert_eq!(
        usage,
        Usage {
            input: 10,
            output: 40,
            cache_read: 30,
            cache_write: 20
        }
    );
    assert_eq!((usage.all_input(), usage.total()), (60, 100));
    assert_eq!(stream(Protocol::Chat, &gpt()), Ok(GPT));
    for last in [
        "response.completed",
        "response.incomplete",
        "response.failed",
    ] {
        assert_eq!(stream(Protocol::Responses, &codex(last)), Ok(GPT));
    }
}

#[test]
fn streams_that_break_off_are_incomplete() {
    for n in 0..claude().len() {
        assert_eq!(
            stream(Protocol::Messages, &claude()[..n]),
            Err(Incomplete),
            "{n}"
        );
        assert_eq!(
            stream(Protocol::Messages, &claude()[n + 1..]),
            Err(Incomplete),
            "from {n}"
        );
    }
    for n in 0..3 {
        let end = [&gpt()[..n.min(2)], &gpt()[3..]].concat();
        assert_eq!(stream(Protocol::Chat, &end), Err(Incomplete), "{n}");
        let part = &gpt()[..n.min(2)];
        assert_eq!(stream(Protocol::Chat, part), Err(Incomplete), "{n}");
    }
    for n in 0..2 {
        assert_eq!(
            stream(Protocol::Responses, &codex("response.completed")[..n]),
            Err(Incomplete)
        );
    }
    assert_eq!(
        stream(Protocol::Responses, &codex("response.in_progress")),
        Err(Incomplete)
    );
    let failed = json!({"type": "response.failed", "response": {"usage": null}});
    assert_eq!(stream(Protocol::Responses, &[failed]), Err(Incomplete));
    for (protocol, events) in [(Protocol::Messages, claude()), (Protocol::Chat, gpt())] {
        let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "x"}});
        assert_eq!(
            stream(protocol, &[vec![error], events].concat()),
            Err(Incomplete)
        );
    }
}

#[test]
fn usage_so_far_in_each_chunk_counts_only_at_the_end() {
    let so_far = |n: u64| json!({"choices": [{"delta": {}}], "usage": {"prompt_tokens": 50, "completion_tokens": n}});
    assert_eq!(
        stream(Protocol::Chat, &[so_far(1), so_far(5)]),
        Err(Incomplete)
    );
    let ended = stream(Protocol::Chat, &[so_far(1), so_far(5), json!("[DONE]")]);
    assert_eq!(ended.unwrap().output, 5);
}

#[test]
fn bodies_tell_their_usage() {
    let claude = json!({"type": "message", "usage": {"input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": 3, "cache_creation_input_tokens": null}});
    assert_eq!(
        body(Protocol::Messages, &claude),
        Ok(Usage {
            input: 1,
            output: 2,
            cache_read: 3,
            cache_write: 0
        })
    );
    assert_eq!(body(Protocol::Chat, &gpt()[2]), Ok(GPT));
    let hidden =
        json!({"usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 100}});
    assert_eq!(body(Protocol::Chat, &hidden).unwrap().output, 90);
    let answer = codex("response.completed").remove(2);
    assert_eq!(body(Protocol::Responses, &answer["response"]), Ok(GPT));
    let vectors = json!({"data": [], "usage": {"prompt_tokens": 8, "total_tokens": 8}});
    assert_eq!(body(Protocol::Embeddings, &vectors).unwrap().total(), 8);
}

#[test]
fn numbers_that_cannot_be_believed_are_incomplete() {
    let absurd = [
        json!(-1),
        json!(1.5),
        json!("5"),
        json!(1e30),
        json!(ABSURD + 1),
        json!(u64::MAX),
        json!([1]),
        json!({}),
        json!(true),
    ];
    for bad in &absurd {
        for field in [
            "input_tokens",
            "output_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
        ] {
            let mut usage = json!({"input_tokens": 1, "output_tokens": 2});
            usage[field] = bad.clone();
            assert_eq!(
                body(Protocol::Messages, &json!({"usage": usage})),
                Err(Incomplete),
                "{field} {bad}"
            );
            let mut events = claude();
            events[0]["message"]["usage"][field] = bad.clone();
            assert_eq!(
                stream(Protocol::Messages, &events),
                Err(Incomplete),
                "{field} {bad}"
            );
        }
        for field in ["prompt_tokens", "completion_tokens", "total_tokens"] {
            let mut events = gpt();
            events[2]["usage"][field] = bad.clone();
            assert_eq!(
                stream(Protocol::Chat, &events),
                Err(Incomplete),
                "{field} {bad}"
            );
            let vectors = with_usage(field, bad);
            let verdict = body(Protocol::Embeddings, &vectors);
            assert_eq!(
                verdict.is_err(),
                field != "completion_tokens",
                "{field} {bad}"
            );
        }
    }
    for usage in [
        json!(null),
        json!([]),
        json!("x"),
        json!({}),
        json!({"input_tokens": 5}),
        json!({"output_tokens": 5}),
        json!({"prompt_tokens": 5}),
        json!({"completion_tokens": 5}),
    ] {
        for protocol in [Protocol::Messages, Protocol::Chat, Protocol::Responses] {
            assert_eq!(
                body(protocol, &json!({"usage": usage})),
                Err(Incomplete),
                "{usage}"
            );
        }
    }
    let more_cached = json!({"usage": {"prompt_tokens": 5, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 6}}});
    assert_eq!(body(Protocol::Chat, &more_cached), Err(Incomplete));
    for text in [
        "",
        "{",
        "[]",
        "null",
        r#"{"usage":{"input_tokens":9,"input_tokens":1,"output_tokens":1}}"#,
    ] {
        for protocol in [
            Protocol::Messages,
            Protocol::Chat,
            Protocol::Responses,
            Protocol::Embeddings,
        ] {
            let mut meter = Meter::new(protocol);
            meter.body(text.as_bytes());
            assert_eq!(meter.usage(), Err(Incomplete), "{text}");
        }
    }
}

fn with_usage(field: &str, value: &Value) -> Value {
    let mut answer = json!({"usage": {"prompt_tokens": 8, "total_tokens": 8}});
    answer["usage"][field] = value.clone();
    answer
}

#[test]
fn the_event_that_only_tells_usage_is_known() {
    let event = |data: &str| Event {
        name: String::new(),
        data: data.to_owned(),
    };
    let all = gpt();
    assert!(only_usage(&event(&all[2].to_string())));
    for other in [&all[0], &all[1]] {
        assert!(!only_usage(&event(&other.to_string())));
    }
    for other in [
        "[DONE]",
        "",
        r#"{"choices":[]}"#,
        r#"{"choices":[],"usage":null}"#,
        r#"{"usage":{}}"#,
    ] {
        assert!(!only_usage(&event(other)), "{other}");
    }
}

/// Data of one event: JSON that counts, that looks like it, or hides it behind escapes.
fn data() -> impl Strategy<Value = String> {
    let all = [
        claude(),
        gpt(),
        codex("response.completed"),
        codex("response.failed"),
    ]
    .concat();
    let mut all: Vec<String> = all
        .iter()
        .map(|event| {
            event
                .as_str()
                .map_or_else(|| event.to_string(), str::to_owned)
        })
        .collect();
    all.extend(
        [
            r#"{"\u0074ype":"\u006dessage_stop"}"#,
            r#"{"type":"message_delta","us\u0061ge":{"output_tokens":90}}"#,
            r#"{"type":"\u0065rror"}"#,
            r#"{"\u0065rror":{"message":"x"}}"#,
            r#"{"type":"ping","type":"message_stop"}"#,
            r#"{"type":"content_block_delta","delta":{"text":"message_stop \\u"}}"#,
            r#"{"type":"respons\u0065.completed","response":{}}"#,
            r#"{"choices":[],"us\u0061ge":{"prompt_tokens":1,"completion_tokens":2}}"#,
            r#"{"choices":[{"delta":{"content":"\n\/\""}}]}"#,
            "{\"type\":\ndata: \"message_stop\"}",
        ]
        .map(str::to_owned),
    );
    prop::sample::select(all)
}

proptest! {
    /// Events that are not read would have said nothing; and that is the same however the stream is cut.
    #[test]
    fn events_that_are_skipped_say_nothing(
        events in prop::collection::vec(data(), 0..10),
        size in 1_usize..300,
        protocol in prop::sample::select(vec![Protocol::Messages, Protocol::Chat, Protocol::Responses]),
    ) {
        // What is no strict JSON breaks an account only where it could count.
        let odd = |data: &str| data == "[DONE]" || data.contains("ping");
        let known = |data: &&String| match protocol {
            Protocol::Messages => *data != "[DONE]",
            _ => *data == "[DONE]" || !odd(data),
        };
        let text: String = events.iter().filter(known).map(|data| format!("data: {data}\n\n")).collect();
        let expected = every_event(protocol, text.as_bytes());
        let (mut meter, mut parser) = (Meter::new(protocol), Parser::new(1 << 20));
        for piece in text.as_bytes().chunks(size) {
            meter.piece(&mut parser, piece, |_| ()).unwrap();
        }
        prop_assert_eq!(meter.usage(), expected);
    }
}
