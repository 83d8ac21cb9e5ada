//! Limits hold exactly, whatever comes at once.

use super::*;
use futures::join_all;

/// Runs futures at once; there is no other need for a crate of them.
mod futures {
    pub(super) async fn join_all<T: Send + 'static>(
        all: Vec<impl Future<Output = T> + Send + 'static>,
    ) -> Vec<T> {
        let tasks: Vec<_> = all.into_iter().map(tokio::spawn).collect();
        let mut done = Vec::new();
        for task in tasks {
            done.push(task.await.unwrap());
        }
        done
    }
}

/// 32 at once, each setting aside much more than it uses: as many as fit are answered, each counts in full.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_at_once_never_pass_a_limit_and_are_never_forgotten() {
    let stand_in = saying(200, JSON, answered().to_string()).await;
    // The worst case of one call.
    let running = std::sync::Arc::new(at(&stand_in).await);
    running.json("POST /v1/messages", &message()).await;
    used(&running).await;
    let worst = amount(&set_aside(&running)[0]).tokens;
    assert!(worst > 2_000 && worst < 4_000, "{worst}");

    // Twenty answers of 15 tokens fit before the last worst case.
    let limit = worst + 19 * 15;
    let running = with(&stand_in, |c| {
        c["limits"]["tokens"] = json!(limit);
        c["limits"]["concurrency"] = json!(4);
    });
    let running = std::sync::Arc::new(running.await);
    let calls = (0..32).map(|_| {
        let running = std::sync::Arc::clone(&running);
        async move { running.json("POST /v1/messages", &message()).await }
    });
    let answers = join_all(calls.collect()).await;
    let fine = answers.iter().filter(|(status, _)| *status == 200).count();
    let refused: Vec<_> = answers
        .iter()
        .filter(|(status, _)| *status == 429)
        .collect();
    assert_eq!((fine, refused.len()), (20, 12));
    for (_, body) in refused {
        assert_eq!(body["error"]["type"], "rate_limit_error");
        let message = body["error"]["message"].as_str().unwrap();
        assert!(
            message.contains("the run would pass its limit of tokens"),
            "{message}"
        );
    }
    assert_eq!(used(&running).await, (20, 300, 400));
    let held = sums(&running.record());
    assert_eq!(held.calls, 20);
    assert!(held.most_tokens <= limit && held.most_open <= 4, "{held:?}");
}

/// What the record tells of used and set aside tokens, line by line.
#[derive(Debug, Default)]
struct Sums {
    most_tokens: u64,
    most_open: usize,
    calls: usize,
}

fn sums(record: &str) -> Sums {
    let mut sums = Sums::default();
    let mut open = std::collections::BTreeMap::new();
    let mut used = 0;
    for line in record.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let event = &line["event"];
        let id = event["reservation"].as_u64();
        match event["kind"].as_str().unwrap() {
            "reserved" => {
                open.insert(id.unwrap(), event["tokens"].as_u64().unwrap());
                sums.calls += 1;
            }
            "settled" => {
                assert!(open.remove(&id.unwrap()).is_some());
                let number = |name: &str| event[name].as_u64().unwrap();
                used += number("gen_ai.usage.input_tokens") + number("gen_ai.usage.output_tokens");
            }
            _ => {}
        }
        sums.most_tokens = sums.most_tokens.max(used + open.values().sum::<u64>());
        sums.most_open = sums.most_open.max(open.len());
    }
    sums
}

#[tokio::test]
async fn a_used_up_limit_is_said_once_and_recorded() {
    let stand_in = saying(200, JSON, answered().to_string()).await;
    let running = with(&stand_in, |c| c["limits"]["turns"] = json!(1)).await;
    let (status, _) = running.json("POST /v1/messages", &message()).await;
    assert_eq!(status, 200);
    let body = message().to_string();
    let (status, head, body) = running.ask("POST /v1/messages", &[], body.as_bytes()).await;
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (status, &body["error"]["type"]),
        (429, &json!("rate_limit_error"))
    );
    assert!(
        head.contains("x-should-retry: false") && !head.contains("retry-after"),
        "{head}"
    );
    running.recorded("\"rule\":\"turns\"").await;
    // It is the same in every protocol, and counting tokens is no turn.
    let chat = json!({"model": "openai", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]});
    let (status, body) = running.json("POST /v1/chat/completions", &chat).await;
    assert_eq!((status, &body["error"]["code"]), (429, &json!("turns")));
    let contents = json!({"contents": [{"parts": [{"text": "hi"}]}]});
    let (status, body) = running
        .json("POST /v1beta/models/gemini:generateContent", &contents)
        .await;
    assert_eq!(
        (status, &body["error"]["status"]),
        (429, &json!("RESOURCE_EXHAUSTED"))
    );
    assert_eq!(body["error"]["details"][1]["retryDelay"], "86400s");
    let count = json!({"model": "anthropic", "messages": [{"role": "user", "content": "hi"}]});
    let (status, _) = running.json("POST /v1/messages/count_tokens", &count).await;
    assert_eq!((status, stand_in.asked().len()), (200, 2));
}

#[tokio::test]
async fn cost_is_set_aside_at_the_price_of_the_spec() {
    let stand_in = saying(200, JSON, answered().to_string()).await;
    let running = with(&stand_in, |c| c["limits"]["cost"]["micros"] = json!(5)).await;
    let (status, body) = running.json("POST /v1/messages", &message()).await;
    let message = body["error"]["message"].as_str().unwrap();
    assert!(
        status == 429 && message.contains("limit of cost"),
        "{message}"
    );
    assert_eq!(stand_in.asked().len(), 0);
}

/// The second call waits for the first, and is asked when that has settled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_waits_for_its_turn() {
    let stand_in = Upstream::start(|_| {
        piped(|mut sender| async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            for event in ANSWER {
                sender.send_data(event.into()).await.unwrap_or_default();
            }
        })
    })
    .await;
    let running = with(&stand_in, |c| c["limits"]["concurrency"] = json!(1)).await;
    let running = std::sync::Arc::new(running);
    let start = Instant::now();
    let calls = (0..4).map(|_| {
        let running = std::sync::Arc::clone(&running);
        async move {
            running
                .json("POST /v1/messages", &streamed(message()))
                .await
                .0
        }
    });
    assert_eq!(join_all(calls.collect()).await, [200; 4]);
    assert!(start.elapsed() >= Duration::from_millis(800));
    assert_eq!(used(&running).await, (4, 60, 80));
    assert_eq!(sums(&running.record()).most_open, 1);
}
