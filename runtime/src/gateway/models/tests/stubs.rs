//! A model that answers here is checked, bounded and metered as one that is asked.

use super::*;

const CHAT: &str = "POST /v1/chat/completions";
const MESSAGES: &str = "POST /v1/messages";

/// A gateway whose one model is a stub. There is no host that it could ask.
async fn stubbed(change: impl FnOnce(&mut Value)) -> Running {
    running(web(&[]), |contract| {
        contract["models"] = json!([{
            "name": "stub", "provider": "stub", "id": "stub-1", "url": "", "max_tokens": 1000,
            "price": {"currency": "USD", "input": 1_000_000, "output": 2_000_000, "per": 1_000_000},
        }]);
        contract["agents"][0]["models"] = json!(["stub"]);
        change(contract);
    })
    .await
}

fn question(stream: bool) -> Value {
    let messages = json!([{"role": "user", "content": "What is to be done?"}]);
    json!({"model": "stub", "max_tokens": 100, "stream": stream, "messages": messages})
}

#[tokio::test]
async fn the_same_question_has_the_same_answer_and_costs_what_it_says() {
    let running = stubbed(|_| ()).await;
    let (status, first) = running.json(MESSAGES, &question(false)).await;
    assert_eq!(
        (status, &first["type"]),
        (200, &json!("message")),
        "{first}"
    );
    assert_eq!(first["stop_reason"], "end_turn");
    let told = |name: &str| u128::from(first["usage"][name].as_u64().unwrap());
    let (input, output) = (told("input_tokens"), told("output_tokens"));
    assert!(input > 10 && output > 5, "{first}");
    assert_eq!(
        used(&running).await,
        (1, input + output, input + 2 * output)
    );
    let (_, second) = running.json(MESSAGES, &question(false)).await;
    assert_eq!(second, first);
    let (status, chat) = running.json(CHAT, &question(false)).await;
    assert_eq!(status, 200, "{chat}");
    assert_eq!(chat["choices"][0]["finish_reason"], "stop");
    let total = u128::from(chat["usage"]["total_tokens"].as_u64().unwrap());
    assert_eq!(used(&running).await.1, 2 * (input + output) + total);
}

#[tokio::test]
async fn a_stream_ends_as_streams_do_and_is_metered() {
    let running = stubbed(|_| ()).await;
    let mut before = 0;
    for (path, end) in [
        ("/v1/messages", "message_stop"),
        ("/v1/chat/completions", "[DONE]"),
    ] {
        let mut stream = sent(&running, path, &question(true)).await;
        let came = until(&mut stream, end).await;
        assert!(
            came.contains("text/event-stream") && came.contains("This is a stub"),
            "{came}"
        );
        let (_, tokens, _) = used(&running).await;
        assert!(
            tokens > before + 15 && tokens < before + 200,
            "{path}: {tokens}"
        );
        before = tokens;
    }
}

#[tokio::test]
async fn the_bounds_of_a_request_and_of_the_run_hold() {
    let running = stubbed(|contract| contract["limits"]["turns"] = json!(2)).await;
    let mut short = question(false);
    short["max_tokens"] = json!(3);
    let (_, cut) = running.json(MESSAGES, &short).await;
    assert_eq!(cut["stop_reason"], "max_tokens", "{cut}");
    assert_eq!(cut["content"][0]["text"], "This is a");
    assert_eq!(cut["usage"]["output_tokens"], 3);
    short["max_tokens"] = json!(1001);
    assert_eq!(
        running.json(MESSAGES, &short).await.0,
        403,
        "above the contract's bound"
    );
    assert_eq!(running.json(MESSAGES, &question(false)).await.0, 200);
    let (status, over) = running.json(MESSAGES, &question(false)).await;
    assert_eq!(status, 429, "{over}");
}

#[tokio::test]
async fn what_no_stub_speaks_is_refused_and_counting_is_free() {
    let running = stubbed(|_| ()).await;
    for (path, body) in [
        (
            "POST /v1/responses",
            json!({"model": "stub", "max_output_tokens": 9, "input": "hi"}),
        ),
        (
            "POST /v1/embeddings",
            json!({"model": "stub", "input": "hi"}),
        ),
        (
            "POST /v1beta/models/stub:generateContent",
            json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}),
        ),
    ] {
        assert_eq!(running.json(path, &body).await.0, 403, "{path}");
    }
    let messages = json!([{"role": "user", "content": "hi"}]);
    let asked = json!({"model": "stub", "messages": messages});
    let (status, counted) = running.json("POST /v1/messages/count_tokens", &asked).await;
    assert!(
        status == 200 && counted["input_tokens"].as_u64() > Some(5),
        "{counted}"
    );
    assert_eq!(used(&running).await, (0, 0, 0));
}
