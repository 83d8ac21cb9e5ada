//! An agent that wants more than it was granted, and an upstream that tells what it was told.

use super::*;

/// Refused in the shape of the protocol, recorded by its rule, and nothing goes upstream.
async fn refused(what: &str, body: &Value, status: u16, rule: &str) {
    let stand_in = saying(200, JSON, answered().to_string()).await;
    let running = at(&stand_in).await;
    let (told, answer) = running.json(what, body).await;
    let message = answer["error"]["message"].as_str().unwrap_or_default();
    assert!(
        told == status && message.contains(rule),
        "{what}: {told} {answer}"
    );
    assert_eq!(stand_in.asked().len(), 0, "{what}");
    running.recorded(&format!("\"rule\":\"{rule}\"")).await;
    assert_eq!(set_aside(&running).len(), 0, "{what}");
}

fn naming(model: &str) -> Value {
    let mut body = message();
    body["model"] = json!(model);
    body
}

#[tokio::test]
async fn only_its_models_in_their_protocol() {
    let chat = |model: &str| json!({"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]});
    refused("POST /v1/messages", &naming("claude-other"), 403, "model").await;
    refused(
        "POST /v1/messages",
        &naming("openai"),
        403,
        "model-protocol",
    )
    .await;
    refused(
        "POST /v1/messages",
        &naming("gemini"),
        403,
        "model-protocol",
    )
    .await;
    refused(
        "POST /v1/chat/completions",
        &chat("anthropic"),
        403,
        "model-protocol",
    )
    .await;
    refused(
        "POST /v1/chat/completions",
        &chat("gemini-id-1"),
        403,
        "model-protocol",
    )
    .await;
    let contents = json!({"contents": [{"parts": [{"text": "hi"}]}]});
    for model in ["openai", "anthropic-id-1"] {
        let what = format!("POST /v1beta/models/{model}:generateContent");
        refused(&what, &contents, 403, "model-protocol").await;
    }
    let what = "POST /v1beta/models/gemini-9:generateContent";
    refused(what, &contents, 403, "model").await;
}

#[tokio::test]
async fn only_what_the_tables_name() {
    let mut body = message();
    body["mcp_servers"] = json!([{"url": "https://evil.example.com"}]);
    refused("POST /v1/messages", &body, 403, "outside-server").await;
    let mut body = message();
    body["max_tokens"] = json!(1001);
    refused("POST /v1/messages", &body, 403, "max-tokens").await;
    let body = json!({"model": "openai", "input": "hi", "previous_response_id": "resp_1"});
    refused("POST /v1/responses", &body, 403, "stored").await;
    let search =
        json!({"contents": [{"parts": [{"text": "hi"}]}], "tools": [{"googleSearch": {}}]});
    let what = "POST /v1beta/models/gemini:streamGenerateContent?alt=sse";
    refused(what, &search, 403, "hosted-tool").await;
}

#[tokio::test]
async fn other_paths_and_queries_are_not_served() {
    let body = message();
    for path in [
        "/v1/messages/batches",
        "/v1/files",
        "/v1/chat",
        "/v1/responses/resp_1",
        "/v1beta/models/gemini:batchGenerateContent",
        "/v1beta/models/gemini",
        "/v1beta/cachedContents",
        "/v1beta/models/a/b:generateContent",
    ] {
        let stand_in = saying(200, JSON, "{}").await;
        let running = at(&stand_in).await;
        let (status, _) = running.json(&format!("POST {path}"), &body).await;
        assert_eq!((status, stand_in.asked().len()), (404, 0), "{path}");
    }
    for target in [
        "/v1/messages?beta=false",
        "/v1/messages?beta=true&beta=true",
        "/v1/messages?",
        "/v1/responses?a",
        "/v1beta/models/gemini:streamGenerateContent",
        "/v1beta/models/gemini:streamGenerateContent?alt=json",
        "/v1beta/models/gemini:generateContent?key=secret",
    ] {
        refused(&format!("POST {target}"), &body, 400, "http-target").await;
    }
}

#[tokio::test]
async fn too_long_a_body_is_refused_before_it_is_sent() {
    let stand_in = saying(200, JSON, "{}").await;
    let running = at(&stand_in).await;
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {BEARER}\r\nContent-Length: {}\r\n\r\n",
        (32 << 20) + 1
    );
    let mut agent = TcpStream::connect(&running.address).await.unwrap();
    agent.write_all(head.as_bytes()).await.unwrap();
    let answer = until(&mut agent, "request_too_large").await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("x-should-retry: false"));
    running.recorded("\"rule\":\"body-length\"").await;
}

/// One by one they fit; together they wait for memory.
#[tokio::test]
async fn many_long_bodies_do_not_fill_the_memory() {
    let stand_in = saying(200, JSON, "{}").await;
    let running = at(&stand_in).await;
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {BEARER}\r\nContent-Length: {}\r\n\r\n",
        32 << 20
    );
    let mut agents = Vec::new();
    for _ in 0..12 {
        let mut agent = TcpStream::connect(&running.address).await.unwrap();
        agent.write_all(head.as_bytes()).await.unwrap();
        agents.push(agent);
    }
    let room = &running.gateway.models.room;
    let start = Instant::now();
    while room.available_permits() > 0 {
        assert!(start.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Those who leave give their place back.
    drop(agents);
    while room.available_permits() < 256 << 10 {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{}",
            room.available_permits()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn strangers_are_told_so_in_the_shape_of_the_protocol() {
    let stand_in = saying(200, JSON, "{}").await;
    let running = at(&stand_in).await;
    for (path, at, word) in [
        ("/v1/messages", "/error/type", "authentication_error"),
        ("/v1/responses", "/error/code", "credential"),
        (
            "/v1beta/models/g:generateContent",
            "/error/status",
            "UNAUTHENTICATED",
        ),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer no\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        let mut agent = TcpStream::connect(&running.address).await.unwrap();
        agent.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        agent.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        assert!(head.starts_with("HTTP/1.1 401"), "{head}");
        assert_eq!(body.pointer(at), Some(&json!(word)));
    }
    assert_eq!(stand_in.asked().len(), 0);
}

/// Whatever stands in the agent's header, upstream gets the gateway's.
#[tokio::test]
async fn no_field_of_the_agent_goes_upstream() {
    let stand_in = saying(200, JSON, answered().to_string()).await;
    let running = at(&stand_in).await;
    let lines = [
        "anthropic-beta: files-api-2025-04-14, mcp-client-2025-11-20",
        "anthropic-beta: context-1m-2025-08-07",
        "anthropic-version: 1999-01-01",
        "x-forwarded-for: 10.0.0.1",
        "x-goog-user-project: other",
        "openai-organization: other",
        "forwarded: host=evil.example.com",
        "host-override: evil.example.com",
    ];
    let body = message().to_string();
    let (status, _, _) = running
        .ask("POST /v1/messages", &lines, body.as_bytes())
        .await;
    assert_eq!(status, 200);
    let asked = stand_in.asked();
    let mut names: Vec<_> = asked[0]
        .headers()
        .keys()
        .map(|name| name.as_str())
        .collect();
    names.sort_unstable();
    let known = [
        "accept",
        "accept-encoding",
        "anthropic-beta",
        "anthropic-version",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "x-api-key",
    ];
    assert_eq!(names, known);
    assert_eq!(
        header(&asked[0], "anthropic-beta"),
        Some("context-1m-2025-08-07")
    );
    let text = format!("{:?}", asked[0].headers());
    assert!(!text.contains(BEARER) && !text.contains("evil") && !text.contains("1999"));
}

/// An upstream that repeats the whole request, in every field and word.
#[tokio::test]
async fn a_credential_does_not_come_back() {
    const SECRET: &str = "secret-of-anthropic";
    let echo = |request: &Request<Bytes>, status: u16| {
        let key = header(request, "x-api-key").unwrap().to_owned();
        let escaped: String = key
            .chars()
            .map(|c| format!("\\u{:04x}", u32::from(c)))
            .collect();
        let body = format!(
            "{{\"error\":{{\"message\":\"bad key {key}\",\"again\":[\"{escaped}\"],\"{key}\":1}},\"list\":[\"x{key}x\"]}}"
        );
        let mut response = response(status, JSON, body);
        for name in [
            "request-id",
            "x-request-id",
            "x-api-key",
            "set-cookie",
            "authorization",
        ] {
            response.headers_mut().insert(name, key.parse().unwrap());
        }
        response
    };
    for status in [400, 401, 429] {
        let stand_in = Upstream::start(move |request| echo(request, status)).await;
        let running = at(&stand_in).await;
        let body = message().to_string();
        let (told, head, came) = running.ask("POST /v1/messages", &[], body.as_bytes()).await;
        let came = String::from_utf8(came).unwrap();
        assert_eq!(told, status);
        assert!(came.contains("[redacted]"), "{came}");
        let value: Value = serde_json::from_str(&came).unwrap();
        let shown = [
            head,
            came,
            value.to_string(),
            running.record(),
            format!("{:?}", running.gateway),
        ];
        for text in shown {
            assert!(!text.contains(SECRET), "{text}");
        }
    }
}

/// Fields of an answer by which a stranger could reach the agent's client stay out.
#[tokio::test]
async fn few_fields_of_an_answer_come_through() {
    let answer = || {
        let mut response = response(200, JSON, answered().to_string());
        for (name, value) in [
            ("request-id", "req_1"),
            ("set-cookie", "a=b"),
            ("location", "https://evil.example.com"),
            ("anthropic-organization-id", "org_1"),
            ("x-should-retry", "true"),
            ("server", "inner"),
        ] {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        response
    };
    let stand_in = Upstream::start(move |_| answer()).await;
    let running = at(&stand_in).await;
    let body = message().to_string();
    let (status, head, _) = running.ask("POST /v1/messages", &[], body.as_bytes()).await;
    let head = head.to_lowercase();
    let mut names: Vec<_> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split(':').next())
        .collect();
    names.sort_unstable();
    let known = [
        "cache-control",
        "connection",
        "content-length",
        "content-type",
        "date",
        "request-id",
    ];
    assert_eq!((status, names), (200, known.to_vec()));
}

/// An upstream that says yes, and the credential.
#[tokio::test]
async fn a_credential_that_comes_back_in_an_answer_is_not_told() {
    let mut answer = answered();
    answer["content"][0]["text"] = json!("your key is secret-of-anthropic");
    let stand_in = saying(200, JSON, answer.to_string()).await;
    let running = at(&stand_in).await;
    let body = message().to_string();
    let (status, head, came) = running.ask("POST /v1/messages", &[], body.as_bytes()).await;
    let came = String::from_utf8(came).unwrap();
    assert!(status == 502 && came.contains("upstream-echo"), "{came}");
    assert!(!head.contains("secret-of") && !came.contains("secret-of"));
    running.recorded("\"rule\":\"upstream-echo\"").await;
    // What it used is known all the same.
    assert_eq!(used(&running).await, (1, 15, 20));
    let events = [
        ANSWER[0],
        "data: {\"say\":\"secret-of-anthropic\"}\n\n",
        ANSWER[3],
    ];
    let stand_in = saying(200, EVENTS, events.concat()).await;
    let running = at(&stand_in).await;
    let body = streamed(message()).to_string();
    let (_, _, came) = running.ask("POST /v1/messages", &[], body.as_bytes()).await;
    let came = String::from_utf8(came).unwrap();
    assert!(
        !came.contains("secret-of") && !came.ends_with("0\r\n\r\n"),
        "{came}"
    );
    running.recorded("\"rule\":\"upstream-echo\"").await;
    assert!(!running.record().contains("secret-of"));
}

/// One that is too long to be held: it has begun to go on when the credential comes.
#[tokio::test]
async fn a_credential_that_comes_back_in_a_long_answer_is_held_back() {
    let before = "x".repeat(100_000);
    for (text, rule) in [
        ("your key is secret-of-anthropic", true),
        ("your key is a secret", false),
    ] {
        let mut answer = answered();
        answer["content"][0]["text"] = json!(format!("{before} {text} {before}"));
        let answer = answer.to_string();
        let stand_in = saying(200, JSON, answer.clone()).await;
        let running = at(&stand_in).await;
        let body = message().to_string();
        let (status, head, came) = running.ask("POST /v1/messages", &[], body.as_bytes()).await;
        let came = String::from_utf8(came).unwrap();
        assert!(!came.contains("secret-of"));
        if rule {
            // It cannot be taken for whole, and counts as all that was set aside.
            assert!(came.len() < answer.len());
            running.recorded("\"rule\":\"upstream-echo\"").await;
            let worst = amount(&set_aside(&running)[0]);
            assert_eq!(used(&running).await.1, worst.tokens.into());
        } else {
            let length = format!("content-length: {}", answer.len());
            assert!(head.to_lowercase().contains(&length), "{head}");
            assert_eq!((status, came), (200, answer));
            assert_eq!(used(&running).await, (1, 15, 20));
        }
    }
}
