use super::*;

#[tokio::test]
async fn what_no_rule_allows_is_refused() {
    let scene = scene().await;
    let long = format!(
        "GET /http/api.github.com/repos/dlddu/a?{}",
        "q".repeat(8193)
    );
    for (what, status, word) in [
        ("GET /http/api.github.com/user", 403, "http-rule"),
        ("GET /http/api.github.com/repos/Dlddu/a", 403, "http-rule"),
        (
            "GET /http/api.github.com/repos/dlddu-evil/a",
            403,
            "http-rule",
        ),
        ("GET /http/api.github.com", 403, "http-rule"),
        (
            "DELETE /http/api.github.com/repos/dlddu/a",
            403,
            "http-rule",
        ),
        ("POST /http/api.github.com/repos/dlddu/a", 403, "http-rule"),
        (
            "get /http/api.github.com/repos/dlddu/a",
            400,
            "http-framing",
        ),
        ("HEAD /http/api.github.com/repos/dlddu/a/b", 403, ""),
        ("GET /http/cdn.example.com/files/a/b", 403, "http-rule"),
        ("GET /http/gitlab.com/repos/dlddu/a", 403, "egress"),
        (
            "GET /http/api.github.com.evil.example.com/repos/dlddu/a",
            403,
            "egress",
        ),
        (
            "GET /http/api.github.com:8443/repos/dlddu/a",
            403,
            "host-port",
        ),
        (
            "GET /http/user@api.github.com/repos/dlddu/a",
            403,
            "host-user",
        ),
        ("GET /http/127.0.0.1/repos/dlddu/a", 403, "host-ip-literal"),
        (
            "GET /http/api.github.com./repos/dlddu/a",
            403,
            "host-trailing-dot",
        ),
        (
            "GET /http/api%2egithub.com/repos/dlddu/a",
            403,
            "host-percent",
        ),
        (
            "GET /http/api.github.com/repos/dlddu/../../user",
            400,
            "http-target",
        ),
        (
            "GET /http/api.github.com//repos/dlddu/a",
            400,
            "http-target",
        ),
        (
            "GET /http/api.github.com/repos/dlddu/%2e%2e/%2e%2e/user",
            403,
            "http-path",
        ),
        (
            "GET /http/api.github.com/repos/dlddu/%2E./x",
            403,
            "http-path",
        ),
        (
            "GET /http/api.github.com/repos/dlddu/..%2f..%2fuser",
            403,
            "http-path",
        ),
        (
            "GET /http/api.github.com/repos/dlddu/..%5c..%5cuser",
            403,
            "http-path",
        ),
        (
            "GET /http/api.github.com/repos/dlddu/%252e%252e/user",
            403,
            "http-path",
        ),
        (
            "GET /http/api.github.com/repos/dlddu/..;/user",
            403,
            "http-path",
        ),
        (
            "GET /http/api.github.com/repos/dlddu/..%3bx/user",
            403,
            "http-path",
        ),
        (
            "GET /http/api.github.com/repos/dlddu/;x/user",
            403,
            "http-path",
        ),
        (
            "GET /http/api.github.com/repos/dlddu/a%00b",
            403,
            "http-path",
        ),
        (
            "GET /http/api.github.com/repos/dlddu/a%0d%0aHost:%20x",
            403,
            "http-path",
        ),
        ("GET /http/api.github.com/repos/dlddu/a%", 403, "http-path"),
        (
            "GET /http/api.github.com/repos/dlddu/a%zz",
            403,
            "http-path",
        ),
        (
            "GET /http/api.github.com/repos/dlddu/a%c0%ae",
            403,
            "http-path",
        ),
        (
            "GET /http/api.github.com/repos/dlddu/%ef%bc%8f",
            403,
            "http-path",
        ),
        ("GET /http/api.github.com/repos/dlddu/*", 403, "http-path"),
        (&long, 400, "http-target"),
    ] {
        assert_eq!(
            scene.rule(what, &[], b"").await,
            (status, word.to_owned()),
            "{what}"
        );
    }
    assert!(
        scene.github.asked().is_empty()
            && scene.cdn.asked().is_empty()
            && scene.evil.asked().is_empty()
    );
}

#[tokio::test]
async fn redirects_are_judged_like_requests() {
    let scene = scene().await;
    assert_eq!(
        scene.get("api.github.com/repos/dlddu/hop").await,
        (200, json!({"here": true}))
    );
    assert_eq!(
        scene.github.asked()[1].uri().to_string(),
        "/repos/dlddu/a?b=c"
    );
    assert_eq!(
        scene.github.asked()[1].headers()["authorization"],
        "Bearer secret-of-gh"
    );
    for name in ["out", "dots", "escape", "away", "plain", "inside", "loop"] {
        let (status, answer) = scene
            .get(&format!("api.github.com/repos/dlddu/{name}"))
            .await;
        assert_eq!(
            (status, &answer["error"]["rule"]),
            (502, &json!("redirect")),
            "{name}"
        );
    }
    let what = "POST /http/api.github.com/repos/dlddu/hop";
    assert_eq!(
        scene.rule(what, &[], b"x").await,
        (502, "redirect".to_owned())
    );
    let at = |path: &str| {
        scene
            .github
            .asked()
            .iter()
            .filter(|asked| asked.uri().path() == path)
            .count()
    };
    assert_eq!((at("/user"), at("/repos/dlddu/loop")), (0, 6));
    assert!(scene.evil.asked().is_empty());
}

/// A redirect does not carry a credential to another host, nor bring one along on the way back.
#[tokio::test]
async fn a_credential_stays_with_its_host() {
    let scene = scene().await;
    assert_eq!(
        scene.get("api.github.com/repos/dlddu/other").await,
        (200, json!({"here": false}))
    );
    assert_eq!(
        scene.get("api.github.com/repos/dlddu/around").await,
        (200, json!({"here": true}))
    );
    assert!(
        scene
            .cdn
            .asked()
            .iter()
            .all(|asked| asked.headers().get("authorization").is_none())
    );
    let asked = scene.github.asked();
    let last = asked.last().unwrap();
    assert_eq!(last.uri().path(), "/repos/dlddu/a");
    assert!(last.headers().get("authorization").is_none());
    assert_eq!(scene.get("cdn.example.com/files/a").await.0, 200);
    assert_eq!(
        scene.cdn.asked().last().unwrap().headers()["authorization"],
        "Bearer secret-of-cdn"
    );
}

#[tokio::test]
async fn answers_are_bounded() {
    let scene = scene().await;
    let gzip = scene
        .rule("GET /http/api.github.com/repos/dlddu/gzip", &[], b"")
        .await;
    assert_eq!(gzip, (502, "upstream-encoding".to_owned()));
    let (status, head, body) = scene
        .running
        .ask("GET /http/api.github.com/repos/dlddu/endless", &[], b"")
        .await;
    assert_eq!(status, 200);
    // It broke off, and says so: the last chunk never comes.
    assert!(head.to_ascii_lowercase().contains("chunked") && !body.ends_with(b"0\r\n\r\n"));
    assert!(body.len() < 17 << 20);
}

/// An agent that sends more than it may, or goes away in the middle, leaves nothing set aside.
#[tokio::test]
async fn a_long_body_and_a_client_that_leaves() {
    let scene = scene().await;
    let what = "POST /http/api.github.com/repos/dlddu/created";
    let long = vec![b'x'; (16 << 20) + 1];
    assert_eq!(
        scene.rule(what, &[], &long).await,
        (413, "body-length".to_owned())
    );
    assert!(scene.github.asked().is_empty());
    let mut stream = TcpStream::connect(&scene.running.address).await.unwrap();
    let head = format!(
        "{what} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {BEARER}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(stream);
    assert!(traffic(&scene.running).await < 2000);
    // In chunks, so that the length is not known before.
    let mut stream = TcpStream::connect(&scene.running.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = [b"10000\r\n".to_vec(), vec![b'x'; 0x10000], b"\r\n".to_vec()].concat();
    for _ in 0..257 {
        if stream.write_all(&chunk).await.is_err() {
            break;
        }
    }
    let mut answer = vec![0; 4096];
    let read = stream.read(&mut answer).await.unwrap_or(0);
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(
        answer.is_empty() || answer.contains("body-length"),
        "{answer}"
    );
    assert!(traffic(&scene.running).await < 40 << 20);
}
