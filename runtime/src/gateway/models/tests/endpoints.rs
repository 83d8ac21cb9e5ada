//! Every endpoint, with and without a stream: what goes upstream, what comes back, what counts.

use super::*;

fn chat() -> Value {
    json!({"model": "openai", "max_completion_tokens": 100, "messages": [{"role": "user", "content": "hi"}]})
}

fn responses() -> Value {
    json!({"model": "openai", "max_output_tokens": 100, "input": "hi"})
}

fn contents() -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]})
}

/// Asks, and holds what came back and what went upstream to what is expected.
async fn asks(what: &str, body: &Value, answer: (&'static str, String), upstream: &str) -> Seen {
    let (kind, text) = answer;
    let stand_in = saying(200, kind, text.clone()).await;
    let running = at(&stand_in).await;
    let lines = [
        "Content-Type: application/json",
        "anthropic-version: 2020-01-01",
        "anthropic-beta: effort-2025-11-24,mcp-client-2025-04-04",
        "user-agent: agent",
        "x-stainless-os: Linux",
        "cookie: a=b",
    ];
    let body = body.to_string();
    let (status, head, came) = running.ask(what, &lines, body.as_bytes()).await;
    let asked = stand_in.asked();
    assert_eq!(
        (status, asked.len()),
        (200, 1),
        "{what}: {}",
        String::from_utf8_lossy(&came)
    );
    assert_eq!(asked[0].uri().to_string(), upstream);
    assert!(head.to_lowercase().contains(kind), "{head}");
    let came = match head.to_lowercase().contains("transfer-encoding: chunked") {
        true => dechunk(&came),
        false => came,
    };
    assert_eq!(String::from_utf8(came).unwrap(), text);
    let names: Vec<&str> = asked[0].headers().keys().map(|n| n.as_str()).collect();
    for name in names {
        let known = [
            "host",
            "content-type",
            "content-length",
            "accept",
            "accept-encoding",
            "user-agent",
            "anthropic-version",
            "anthropic-beta",
            "x-api-key",
            "x-goog-api-key",
            "authorization",
        ];
        assert!(known.contains(&name), "{name}");
    }
    assert_eq!(header(&asked[0], "accept-encoding"), Some("identity"));
    assert_eq!(header(&asked[0], "user-agent"), Some("pure-agent"));
    Seen {
        used: used(&running).await,
        reserved: set_aside(&running),
        request: asked[0].clone(),
    }
}

struct Seen {
    used: (u128, u128, u128),
    reserved: Vec<Value>,
    request: Request<Bytes>,
}

impl Seen {
    fn body(&self) -> Value {
        serde_json::from_slice(self.request.body()).unwrap()
    }

    fn operation(&self) -> (&str, &str) {
        assert_eq!(self.reserved.len(), 1);
        let word = |name: &str| self.reserved[0][name].as_str().unwrap();
        (word("gen_ai.operation.name"), word("gen_ai.request.model"))
    }
}

fn dechunk(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let line = body.windows(2).position(|w| w == b"\r\n").unwrap();
        let size = std::str::from_utf8(&body[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return whole;
        }
        whole.extend_from_slice(&body[line + 2..line + 2 + size]);
        body = &body[line + 4 + size..];
    }
}

#[tokio::test]
async fn messages() {
    let answer = (JSON, answered().to_string());
    let seen = asks(
        "POST /v1/messages?beta=true",
        &message(),
        answer,
        "/v1/messages?beta=true",
    )
    .await;
    assert_eq!(seen.used, (1, 15, 20));
    assert_eq!(seen.operation(), ("chat", "anthropic"));
    assert_eq!(seen.body()["model"], "anthropic-id-1");
    assert_eq!(
        header(&seen.request, "x-api-key"),
        Some("secret-of-anthropic")
    );
    assert_eq!(header(&seen.request, "authorization"), None);
    assert_eq!(
        header(&seen.request, "anthropic-version"),
        Some("2023-06-01")
    );
    assert_eq!(
        header(&seen.request, "anthropic-beta"),
        Some("effort-2025-11-24")
    );
    assert_eq!(header(&seen.request, "host"), Some("anthropic.test"));
    assert_eq!(header(&seen.request, "accept"), Some(JSON));

    let answer = (EVENTS, ANSWER.concat());
    let seen = asks(
        "POST /v1/messages",
        &streamed(message()),
        answer,
        "/v1/messages",
    )
    .await;
    assert_eq!(seen.used, (1, 15, 20));
    assert_eq!(header(&seen.request, "accept"), Some(EVENTS));
}

#[tokio::test]
async fn a_subscription_is_a_bearer_with_its_beta() {
    let stand_in = saying(200, JSON, answered().to_string()).await;
    let running = with(&stand_in, |contract| {
        contract["models"][0]["auth"] = json!("subscription");
        contract["secrets"][0]["name"] = json!("subscription");
    });
    let running = running.await;
    for lines in [&[][..], &["anthropic-beta: oauth-2025-04-20"]] {
        let body = message().to_string();
        let (status, _, _) = running
            .ask("POST /v1/messages", lines, body.as_bytes())
            .await;
        assert_eq!(status, 200);
    }
    for asked in stand_in.asked() {
        let bearer = header(&asked, "authorization");
        assert_eq!(bearer, Some("Bearer sk-ant-oat01-secret"));
        assert_eq!(header(&asked, "x-api-key"), None);
        assert_eq!(header(&asked, "anthropic-beta"), Some("oauth-2025-04-20"));
    }
}

/// SDKs of the second version show a key as a bearer.
#[tokio::test]
async fn a_key_goes_upstream_as_the_version_of_the_client_shows_it() {
    let stand_in = saying(200, JSON, answered().to_string()).await;
    let running = at(&stand_in).await;
    let (first, second) = (
        "anthropic-version: 2023-06-01",
        "anthropic-version: 2026-10-21",
    );
    for lines in [&[first][..], &[second], &[second, second], &[]] {
        let body = message().to_string();
        let (status, _, _) = running
            .ask("POST /v1/messages", lines, body.as_bytes())
            .await;
        assert_eq!(status, 200);
    }
    let sent = stand_in.asked();
    let sent = sent.iter().map(|asked| {
        let field = |name| header(asked, name);
        let version = field("anthropic-version").unwrap();
        (version, field("x-api-key"), field("authorization"))
    });
    let key = ("2023-06-01", Some("secret-of-anthropic"), None);
    let bearer = ("2026-10-21", None, Some("Bearer secret-of-anthropic"));
    assert_eq!(sent.collect::<Vec<_>>(), [key, bearer, key, key]);
}

#[tokio::test]
async fn tokens_are_counted_without_a_turn() {
    let mut body = message();
    body.as_object_mut().unwrap().remove("max_tokens");
    let answer = (JSON, json!({"input_tokens": 7}).to_string());
    let seen = asks(
        "POST /v1/messages/count_tokens",
        &body,
        answer,
        "/v1/messages/count_tokens",
    )
    .await;
    assert_eq!(seen.used, (0, 0, 0));
    assert_eq!(seen.operation(), ("count_tokens", "anthropic"));
    assert_eq!(amount(&seen.reserved[0]), Amount::default());

    let answer = (JSON, json!({"totalTokens": 7}).to_string());
    let what = "POST /v1beta/models/gemini:countTokens";
    let seen = asks(
        what,
        &contents(),
        answer,
        "/v1beta/models/gemini-id-1:countTokens",
    )
    .await;
    assert_eq!(seen.used, (0, 0, 0));
    assert_eq!(seen.operation(), ("count_tokens", "gemini"));
}

#[tokio::test]
async fn chats() {
    let usage = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15});
    let answer = json!({"choices": [{"index": 0}], "usage": usage}).to_string();
    let seen = asks(
        "POST /v1/chat/completions",
        &chat(),
        (JSON, answer),
        "/v1/chat/completions",
    )
    .await;
    assert_eq!(seen.used, (1, 15, 20));
    assert_eq!(seen.operation(), ("chat", "openai"));
    assert_eq!(
        header(&seen.request, "authorization"),
        Some("Bearer secret-of-openai")
    );
    assert_eq!(header(&seen.request, "anthropic-version"), None);
    assert_eq!(header(&seen.request, "anthropic-beta"), None);

    // A base address that ends with the version has it once.
    let mut body = chat();
    body["model"] = json!("compatible");
    let answer = json!({"choices": [], "usage": usage}).to_string();
    let seen = asks(
        "POST /v1/chat/completions",
        &body,
        (JSON, answer),
        "/api/v1/chat/completions",
    )
    .await;
    assert_eq!(header(&seen.request, "host"), Some("compatible.test"));

    let mut body = streamed(chat());
    body["stream_options"] = json!({"include_usage": true});
    let told = format!("data: {}\n\n", json!({"choices": [], "usage": usage}));
    let stream = format!("data: {{\"choices\":[{{\"index\":0}}]}}\n\n{told}data: [DONE]\n\n");
    let seen = asks(
        "POST /v1/chat/completions",
        &body,
        (EVENTS, stream),
        "/v1/chat/completions",
    )
    .await;
    assert_eq!(seen.used, (1, 15, 20));
}

#[tokio::test]
async fn usage_that_nobody_asked_for_is_counted_and_not_shown() {
    let told =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\n";
    let first = ": ping\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\"\"}}],\"usage\":null}\n\n";
    let stream = format!("{first}{told}data: [DONE]\n\n");
    let stand_in = saying(200, EVENTS, stream).await;
    let running = at(&stand_in).await;
    let body = streamed(chat()).to_string();
    let (status, _, came) = running
        .ask("POST /v1/chat/completions", &[], body.as_bytes())
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        String::from_utf8(dechunk(&came)).unwrap(),
        format!("{first}data: [DONE]\n\n")
    );
    assert_eq!(used(&running).await, (1, 15, 20));
    let sent: Value = serde_json::from_slice(stand_in.asked()[0].body()).unwrap();
    assert_eq!(sent["stream_options"]["include_usage"], true);
}

#[tokio::test]
async fn responses_and_embeddings() {
    let usage = json!({"input_tokens": 10, "output_tokens": 5, "total_tokens": 15});
    let answer = json!({"object": "response", "usage": usage}).to_string();
    let seen = asks(
        "POST /v1/responses",
        &responses(),
        (JSON, answer),
        "/v1/responses",
    )
    .await;
    assert_eq!(seen.used, (1, 15, 20));
    assert_eq!(seen.body()["store"], false);

    let done = json!({"type": "response.completed", "response": {"usage": usage}});
    let stream = format!("event: response.completed\ndata: {done}\n\n");
    let seen = asks(
        "POST /v1/responses",
        &streamed(responses()),
        (EVENTS, stream),
        "/v1/responses",
    )
    .await;
    assert_eq!(seen.used, (1, 15, 20));

    let body = json!({"model": "ollama", "input": "hi"});
    let answer = json!({"data": [], "usage": {"prompt_tokens": 3, "total_tokens": 3}}).to_string();
    let seen = asks(
        "POST /v1/embeddings",
        &body,
        (JSON, answer),
        "/v1/embeddings",
    )
    .await;
    assert_eq!(seen.used, (1, 3, 3));
    assert_eq!(seen.operation(), ("embeddings", "ollama"));
}

#[tokio::test]
async fn gemini() {
    let usage = json!({
        "promptTokenCount": 10, "candidatesTokenCount": 2, "thoughtsTokenCount": 3, "totalTokenCount": 15,
    });
    let answer = json!({"candidates": [{"finishReason": "STOP"}], "usageMetadata": usage});
    let what = "POST /v1beta/models/gemini-id-1:generateContent";
    let path = "/v1beta/models/gemini-id-1:generateContent";
    let seen = asks(what, &contents(), (JSON, answer.to_string()), path).await;
    assert_eq!(seen.used, (1, 15, 20));
    assert_eq!(seen.operation(), ("generate_content", "gemini"));
    assert_eq!(seen.body()["generationConfig"]["maxOutputTokens"], 1000);
    assert_eq!(
        header(&seen.request, "x-goog-api-key"),
        Some("secret-of-gemini")
    );
    assert_eq!(header(&seen.request, "authorization"), None);

    let stream = format!(
        "data: {{\"candidates\":[{{}}],\"usageMetadata\":{{\"promptTokenCount\":10}}}}\r\n\r\ndata: {answer}\r\n\r\n"
    );
    let what = "POST /v1beta/models/gemini:streamGenerateContent?alt=sse";
    let path = "/v1beta/models/gemini-id-1:streamGenerateContent?alt=sse";
    let seen = asks(what, &contents(), (EVENTS, stream), path).await;
    assert_eq!(seen.used, (1, 15, 20));
    assert_eq!(header(&seen.request, "accept"), Some(EVENTS));
}

#[tokio::test]
async fn models_are_listed_from_the_contract() {
    let stand_in = saying(500, JSON, "{}").await;
    let running = at(&stand_in).await;
    let get = async |what: &str, lines: &[&str]| {
        let (status, _, body) = running.ask(what, lines, b"").await;
        (status, serde_json::from_slice::<Value>(&body).unwrap())
    };
    let anthropic = ["anthropic-version: 2023-06-01"];
    let (status, list) = get("GET /v1/models?limit=1000", &anthropic).await;
    assert_eq!((status, list["data"].as_array().unwrap().len()), (200, 1));
    assert_eq!(list["data"][0]["id"], "anthropic");
    assert_eq!(
        (&list["first_id"], &list["has_more"]),
        (&json!("anthropic"), &json!(false))
    );
    let (_, one) = get("GET /v1/models/anthropic-id-1", &anthropic).await;
    assert_eq!(
        (&one["type"], &one["id"]),
        (&json!("model"), &json!("anthropic"))
    );
    let (status, none) = get("GET /v1/models/openai", &anthropic).await;
    assert_eq!(
        (status, &none["error"]["type"]),
        (404, &json!("not_found_error"))
    );

    let (_, list) = get("GET /v1/models", &[]).await;
    let ids: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        (ids, &list["object"]),
        (vec!["openai", "ollama", "compatible"], &json!("list"))
    );
    let (_, one) = get("GET /v1/models/ollama", &[]).await;
    assert_eq!(one["object"], "model");
    let (_, list) = get("GET /v1beta/models", &[]).await;
    assert_eq!(list["models"][0]["name"], "models/gemini");
    assert_eq!(stand_in.asked().len(), 0);
}
