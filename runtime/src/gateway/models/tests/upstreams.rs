//! Upstreams that refuse, fail, stall, break off and lie.

use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An upstream whose answers depend on how often it was asked before.
async fn in_turn(
    answer: impl Fn(usize) -> Response<Body> + Clone + Send + Sync + 'static,
) -> Upstream {
    let number = Arc::new(AtomicUsize::new(0));
    Upstream::start(move |_| answer(number.fetch_add(1, Ordering::Relaxed))).await
}

fn later(status: u16, wait: &str) -> Response<Body> {
    let mut response = response(status, JSON, "{\"error\":{\"message\":\"later\"}}");
    response
        .headers_mut()
        .insert("retry-after", wait.parse().unwrap());
    response
}

#[tokio::test]
async fn what_may_pass_is_asked_again() {
    for status in [429, 500, 502, 503, 504, 529] {
        let stand_in = in_turn(move |number| match number {
            0..=3 => later(status, "0"),
            _ => response(200, JSON, answered().to_string()),
        });
        let stand_in = stand_in.await;
        let running = at(&stand_in).await;
        let (answer, _) = running.json("POST /v1/messages", &message()).await;
        assert_eq!((answer, stand_in.asked().len()), (200, 5), "{status}");
        let bodies: Vec<_> = stand_in.asked().iter().map(|r| r.body().clone()).collect();
        assert!(bodies.iter().all(|body| *body == bodies[0]));
        assert_eq!(used(&running).await, (1, 15, 20));
    }
}

#[tokio::test]
async fn it_is_asked_five_times_and_what_it_said_last_is_told() {
    let stand_in = in_turn(|_| later(529, "0")).await;
    let running = at(&stand_in).await;
    let body = message().to_string();
    let (status, head, body) = running.ask("POST /v1/messages", &[], body.as_bytes()).await;
    assert_eq!((status, stand_in.asked().len()), (529, 5));
    assert!(head.contains("retry-after: 0"));
    assert_eq!(body, b"{\"error\":{\"message\":\"later\"}}");
    assert_eq!(used(&running).await, (0, 0, 0));
}

#[tokio::test]
async fn the_time_that_upstream_asks_for_is_kept() {
    let stand_in = in_turn(|number| match number {
        0 => later(429, "1"),
        _ => response(200, JSON, answered().to_string()),
    });
    let stand_in = stand_in.await;
    let running = at(&stand_in).await;
    let start = Instant::now();
    let (status, _) = running.json("POST /v1/messages", &message()).await;
    assert!(status == 200 && start.elapsed() >= Duration::from_secs(1));
    // Longer than is worth waiting for.
    let stand_in = in_turn(|_| later(429, "3600")).await;
    let running = at(&stand_in).await;
    let (status, _) = running.json("POST /v1/messages", &message()).await;
    assert_eq!((status, stand_in.asked().len()), (429, 1));
}

#[tokio::test]
async fn a_no_is_told_as_it_is_and_one_to_what_was_asked_is_a_turn() {
    for status in [400, 401, 403, 404, 413, 422, 501] {
        let stand_in = saying(status, JSON, "{\"error\":{\"message\":\"why\"}}").await;
        let running = at(&stand_in).await;
        let (told, body) = running.json("POST /v1/messages", &message()).await;
        assert_eq!((told, &body["error"]["message"]), (status, &json!("why")));
        assert_eq!(stand_in.asked().len(), 1);
        let turns = u128::from(status < 500);
        assert_eq!(used(&running).await, (turns, 0, 0), "{status}");
    }
}

/// An agent that asks wrongly again and again comes to an end.
#[tokio::test]
async fn refused_calls_use_up_the_turns() {
    let stand_in = saying(400, JSON, "{\"error\":{\"message\":\"why\"}}").await;
    let running = with(&stand_in, |c| c["limits"]["turns"] = json!(3)).await;
    for told in [400, 400, 400, 429, 429] {
        let (status, _) = running.json("POST /v1/messages", &message()).await;
        assert_eq!(status, told);
    }
    assert_eq!(stand_in.asked().len(), 3);
    // Counting tokens is no turn, whatever comes of it.
    let (status, _) = running
        .json("POST /v1/messages/count_tokens", &counted())
        .await;
    assert_eq!((status, used(&running).await.0), (400, 3));
}

fn counted() -> Value {
    json!({"model": "anthropic", "messages": [{"role": "user", "content": "hi"}]})
}

/// A page of some proxy, a redirect, a body without end: only the status goes on.
#[tokio::test]
async fn a_no_that_is_not_json_is_told_by_its_status() {
    let long = format!("{{\"error\":\"{}\"}}", "x".repeat(2 << 20));
    let cases: [(u16, &'static str, String, u16); 5] = [
        (403, "text/html", "<b>inner.example.com</b>".to_owned(), 403),
        (404, JSON, "{\"a\":1,\"a\":2}".to_owned(), 404),
        (400, JSON, long, 400),
        (302, JSON, "{\"error\":\"inner\"}".to_owned(), 502),
        (400, JSON, "[\"inner\"]".to_owned(), 400),
    ];
    for (status, kind, body, told) in cases {
        let stand_in = saying(status, kind, body).await;
        let running = at(&stand_in).await;
        let (answer, body) = running.json("POST /v1/messages", &message()).await;
        assert_eq!((answer, &body["type"]), (told, &json!("error")));
        let message = body["error"]["message"].as_str().unwrap();
        let words = format!("answered with {status},");
        assert!(
            message.contains(&words) && message.contains("upstream-status"),
            "{message}"
        );
        assert_eq!(
            (stand_in.asked().len(), used(&running).await),
            (1, (u128::from(status >= 400), 0, 0))
        );
    }
}

/// All that was set aside counts: somebody may have worked for it.
async fn counts_whole(stand_in: &Upstream, body: &Value, status: u16, rule: &str) {
    let running = at(stand_in).await;
    let text = body.to_string();
    let (told, _, came) = running.ask("POST /v1/messages", &[], text.as_bytes()).await;
    let came = String::from_utf8_lossy(&came).into_owned();
    assert!(told == status && came.contains(rule), "{told} {came}");
    assert_eq!(stand_in.asked().len(), 1);
    if status != 200 {
        running.recorded(&format!("\"rule\":\"{rule}\"")).await;
    }
    let used = used(&running).await;
    let worst = amount(&set_aside(&running)[0]);
    assert_eq!(used, (1, worst.tokens.into(), worst.micros.into()));
    assert!(worst.tokens > 2_000 && worst.micros > 2_000);
}

#[tokio::test]
async fn usage_that_cannot_be_believed_counts_as_the_worst_case() {
    let usages = [
        json!(null),
        json!({}),
        json!({"input_tokens": 10}),
        json!({"input_tokens": 10, "output_tokens": -5}),
        json!({"input_tokens": 10, "output_tokens": 1.5}),
        json!({"input_tokens": 10, "output_tokens": 100_000_001_u64}),
        json!({"input_tokens": "10", "output_tokens": "5"}),
    ];
    for usage in usages {
        let mut answer = answered();
        answer["usage"] = usage;
        let stand_in = saying(200, JSON, answer.to_string()).await;
        counts_whole(&stand_in, &message(), 200, "ho").await;
    }
    let stand_in = saying(200, JSON, "no json").await;
    counts_whole(&stand_in, &message(), 200, "no json").await;
    let stand_in = saying(200, EVENTS, ANSWER[..3].concat()).await;
    counts_whole(&stand_in, &streamed(message()), 200, "message_delta").await;
}

/// More than was set aside counts in full.
#[tokio::test]
async fn usage_above_the_worst_case_counts() {
    let mut answer = answered();
    answer["usage"]["output_tokens"] = json!(1_000_000);
    let stand_in = saying(200, JSON, answer.to_string()).await;
    let running = at(&stand_in).await;
    running.json("POST /v1/messages", &message()).await;
    assert_eq!(used(&running).await, (1, 1_000_010, 2_000_010));
}

/// A few bytes that would become many are not even read.
#[tokio::test]
async fn a_compressed_answer_is_refused() {
    let answer = || {
        let mut response = response(200, JSON, b"\x1f\x8b\x08\x00bomb".as_slice());
        response
            .headers_mut()
            .insert("content-encoding", "gzip".parse().unwrap());
        response
    };
    let stand_in = Upstream::start(move |_| answer()).await;
    counts_whole(&stand_in, &message(), 502, "upstream-encoding").await;
}

#[tokio::test]
async fn an_answer_of_another_kind_is_refused() {
    let stand_in = saying(200, "text/html", "<html>").await;
    counts_whole(&stand_in, &message(), 502, "upstream-type").await;
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_not_taken_for_whole() {
    let stand_in = Upstream::start(|_| {
        piped(|mut sender| async move {
            sender.send_data(ANSWER[0].into()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
            sender.abort(io::ErrorKind::BrokenPipe.into());
        })
    })
    .await;
    let running = at(&stand_in).await;
    let body = streamed(message()).to_string();
    let (status, _, came) = running.ask("POST /v1/messages", &[], body.as_bytes()).await;
    let came = String::from_utf8(came).unwrap();
    assert!(status == 200 && came.contains("message_start"));
    assert!(!came.ends_with("0\r\n\r\n"), "{came}");
    let worst = amount(&set_aside(&running)[0]);
    assert_eq!(used(&running).await.1, worst.tokens.into());
}

/// The connection breaks when the request is there: it may have been read, so it is not sent again.
#[tokio::test]
async fn what_may_have_been_read_is_not_sent_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        for _ in 0..10 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut piece = [0; 4096];
            assert!(stream.read(&mut piece).await.unwrap() > 0);
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let mut hosts = saying(200, JSON, "{}").await;
    hosts.address = address;
    let running = at(&hosts).await;
    let (status, body) = running.json("POST /v1/messages", &message()).await;
    let message = body["error"]["message"].as_str().unwrap();
    assert!(
        status == 502 && message.contains("upstream-broken"),
        "{message}"
    );
    assert_eq!(count.load(Ordering::Relaxed), 1);
    assert_eq!(used(&running).await.0, 1);
}

/// Nobody listens: that is tried again, and costs nothing.
#[tokio::test]
async fn an_upstream_that_is_not_there_costs_nothing() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut hosts = saying(200, JSON, "{}").await;
    hosts.address = address;
    let running = at(&hosts).await;
    let start = Instant::now();
    let (status, _) = running.json("POST /v1/messages", &message()).await;
    assert!(status == 502 && start.elapsed() >= Duration::from_secs(3));
    assert_eq!(used(&running).await, (0, 0, 0));
}

/// No answer outlives the run.
#[tokio::test]
async fn the_end_of_the_run_ends_an_upstream_that_stalls() {
    let stand_in = Upstream::start(|_| {
        piped(|mut sender| async move {
            sender.send_data(ANSWER[0].into()).await.unwrap();
            std::future::pending::<()>().await;
        })
    })
    .await;
    let running = with(&stand_in, |c| c["limits"]["deadline"] = json!(2)).await;
    let start = Instant::now();
    let body = streamed(message()).to_string();
    let (status, _, came) = running.ask("POST /v1/messages", &[], body.as_bytes()).await;
    assert!(status == 200 && !came.ends_with(b"0\r\n\r\n"));
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(used(&running).await.0, 1);
    // And then everything is refused, in the shape of the protocol.
    let (status, body) = running.json("POST /v1/messages", &message()).await;
    assert_eq!(
        (status, &body["error"]["type"]),
        (403, &json!("permission_error"))
    );
    running.recorded("\"rule\":\"deadline\"").await;
}
