use super::path::{Path, Pattern};
use crate::body;
use crate::gateway::testing::{BEARER, Running, running};
use crate::web::testing::{Upstream, web};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::channel::Channel;
use hyper::{Request, Response};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A host that answers by path, and another one beside it.
fn respond(request: &Request<Bytes>) -> Response<body::Body> {
    let to = |place: &str| {
        Response::builder()
            .status(302)
            .header("location", place)
            .body(body::empty())
            .unwrap()
    };
    let here = request.headers()["host"] == "api.github.com";
    match request.uri().path() {
        "/repos/dlddu/hop" => to("/repos/dlddu/a?b=c"),
        "/repos/dlddu/out" => to("/user"),
        "/repos/dlddu/dots" => to("/repos/dlddu/../../user"),
        "/repos/dlddu/escape" => to("/repos/dlddu/%2e%2e/x"),
        "/repos/dlddu/away" => to("https://evil.example.com/repos/dlddu/a"),
        "/repos/dlddu/other" => to("https://cdn.example.com/files/a"),
        "/files/back" => to("https://api.github.com/repos/dlddu/a"),
        "/repos/dlddu/around" => to("https://cdn.example.com/files/back"),
        "/repos/dlddu/plain" => to("http://api.github.com/repos/dlddu/a"),
        "/repos/dlddu/inside" => to("https://169.254.169.254/"),
        "/repos/dlddu/loop" => to("/repos/dlddu/loop"),
        "/repos/dlddu/gzip" => {
            let answer = Response::builder().header("content-encoding", "gzip");
            answer.body(body::whole(vec![0x1f, 0x8b])).unwrap()
        }
        "/repos/dlddu/endless" => {
            let (mut to, body) = Channel::<Bytes, std::io::Error>::new(1);
            tokio::spawn(async move {
                let piece = Bytes::from(vec![b'x'; 64 * 1024]);
                for _ in 0..1024 {
                    if to.send_data(piece.clone()).await.is_err() {
                        return;
                    }
                }
            });
            Response::new(body.boxed_unsync())
        }
        "/repos/dlddu/created" => Response::builder()
            .status(201)
            .body(body::whole(request.body().clone()))
            .unwrap(),
        _ => Response::builder()
            .header("content-type", "application/json")
            .header("etag", "\"1\"")
            .header("set-cookie", "session=secret")
            .header("x-internal", "secret")
            .body(body::whole(format!("{{\"here\":{here}}}")))
            .unwrap(),
    }
}

struct Scene {
    github: Upstream,
    cdn: Upstream,
    evil: Upstream,
    running: Running,
}

async fn scene() -> Scene {
    scene_with(|_| ()).await
}

async fn scene_with(change: impl FnOnce(&mut Value)) -> Scene {
    let (github, cdn, evil) = (
        Upstream::start(respond).await,
        Upstream::start(respond).await,
        Upstream::start(respond).await,
    );
    let hosts = [
        ("api.github.com", &github),
        ("cdn.example.com", &cdn),
        ("evil.example.com", &evil),
    ];
    let running = running(web(&hosts), |contract| {
        let rule = |method: &str, path: &str| json!({"method": method, "path": path});
        contract["agents"][0]["http"] = json!([
            {"host": "api.github.com", "auth": "gh", "allow": [
                rule("GET", "/repos/dlddu/**"), rule("HEAD", "/repos/dlddu/*"), rule("POST", "/repos/dlddu/created"),
                rule("POST", "/repos/dlddu/hop")]},
            {"host": "*.example.com", "auth": "cdn", "allow": [rule("GET", "/files/*")]},
        ]);
        for name in ["gh", "cdn"] {
            let secret = json!({"name": name, "path": format!("/run/{name}"), "role": "gateway"});
            contract["secrets"].as_array_mut().unwrap().push(secret);
        }
        change(contract);
    })
    .await;
    Scene {
        github,
        cdn,
        evil,
        running,
    }
}

impl Scene {
    async fn get(&self, path: &str) -> (u16, Value) {
        let (status, _, body) = self
            .running
            .ask(&format!("GET /http/{path}"), &[], b"")
            .await;
        (status, chunks(&body))
    }

    async fn rule(&self, what: &str, lines: &[&str], sent: &[u8]) -> (u16, String) {
        let (status, _, body) = self.running.ask(what, lines, sent).await;
        (
            status,
            chunks(&body)["error"]["rule"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    }
}

/// JSON of a body that may have come in chunks.
fn chunks(body: &[u8]) -> Value {
    let text = String::from_utf8_lossy(body);
    let (from, to) = (
        text.find('{').unwrap_or(0),
        text.rfind('}').map_or(0, |at| at + 1),
    );
    serde_json::from_str(text.get(from..to).unwrap_or_default()).unwrap_or_default()
}

#[tokio::test]
async fn a_request_goes_on_with_the_credential() {
    let scene = scene().await;
    let lines = [
        "Accept: text/x",
        "X-Evil: 1",
        "Cookie: a=b",
        "If-None-Match: \"0\"",
        "X-HTTP-Method-Override: DELETE",
        "Accept-Encoding: gzip",
        "Proxy-Authorization: Basic YTpi",
        "Forwarded: for=1.2.3.4",
    ];
    let (status, head, body) = scene
        .running
        .ask(
            "GET /http/api.github.com/repos/dlddu/a%20b?c=d&e",
            &lines,
            b"",
        )
        .await;
    assert_eq!((status, chunks(&body)), (200, json!({"here": true})));
    let head = head.to_ascii_lowercase();
    assert!(
        head.contains("etag: \"1\"")
            && head.contains("application/json")
            && head.contains("no-store")
    );
    assert!(!head.contains("cookie") && !head.contains("x-internal"));
    let asked = &scene.github.asked()[0];
    assert_eq!(asked.uri().to_string(), "/repos/dlddu/a%20b?c=d&e");
    let mut names: Vec<_> = asked
        .headers()
        .keys()
        .map(|name| name.as_str().to_owned())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "accept",
            "accept-encoding",
            "authorization",
            "host",
            "if-none-match"
        ]
    );
    assert_eq!(asked.headers()["authorization"], "Bearer secret-of-gh");
    assert_eq!(asked.headers()["accept-encoding"], "identity");
    assert!(
        !scene.running.record().contains("secret-of-gh")
            && !scene.running.record().contains(BEARER)
    );
    assert!(!format!("{:?}", scene.running.gateway.routes).contains("secret-of-gh"));
}

#[tokio::test]
async fn a_body_goes_on_as_it_came() {
    let scene = scene().await;
    let what = "POST /http/api.github.com/repos/dlddu/created";
    let sent = br#"{"some":"thing"}"#;
    let (status, _, body) = scene
        .running
        .ask(what, &["Content-Type: application/json"], sent)
        .await;
    assert_eq!((status, chunks(&body)), (201, json!({"some": "thing"})));
    let asked = &scene.github.asked()[0];
    assert_eq!(
        (
            asked.headers()["content-length"].as_bytes(),
            asked.body().as_ref()
        ),
        (&b"16"[..], &sent[..])
    );
    let gzip = scene.rule(what, &["Content-Encoding: gzip"], b"x").await;
    assert_eq!(gzip, (403, "http-encoding".to_owned()));
    let get = scene
        .rule(
            "GET /http/api.github.com/repos/dlddu/a",
            &[],
            b"GET / HTTP/1.1\r\n\r\n",
        )
        .await;
    assert_eq!(get, (403, "http-body".to_owned()));
    assert_eq!(scene.github.asked().len(), 1);
}

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
        ("get /http/api.github.com/repos/dlddu/a", 403, "http-rule"),
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

async fn traffic(running: &Running) -> u64 {
    for _ in 0..200 {
        let (used, reserved) = running.gateway.journal.read(|state| {
            (
                state.budget().used().traffic,
                state.budget().reserved().traffic,
            )
        });
        if reserved == 0 {
            return u64::try_from(used).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the share was never given back");
}

#[tokio::test]
async fn bytes_are_traffic() {
    let scene = scene().await;
    assert_eq!(scene.get("api.github.com/repos/dlddu/a").await.0, 200);
    let one = traffic(&scene.running).await;
    assert!((50..2000).contains(&one), "{one}");
    let sent = vec![b'x'; 100_000];
    let what = "POST /http/api.github.com/repos/dlddu/created";
    assert_eq!(scene.running.ask(what, &[], &sent).await.0, 201);
    // Up and down.
    let more = traffic(&scene.running).await - one;
    assert!((200_000..202_000).contains(&more), "{more}");

    let poor = scene_with(|contract| {
        contract["limits"]["traffic"] = json!(80_000);
        contract["limits"]["concurrency"] = json!(1);
    })
    .await;
    let refused = poor.rule(what, &[], &sent).await;
    assert_eq!(refused, (403, "traffic".to_owned()));
    assert!(traffic(&poor.running).await <= 80_000);
    let (status, answer) = poor.get("api.github.com/repos/dlddu/endless").await;
    assert!(status != 200 || answer.is_null());
    assert!(traffic(&poor.running).await <= 80_000);
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

fn matching(pattern: &str, path: &str) -> Option<bool> {
    Some(Pattern::parse(pattern)?.matches(&Path::read(path).ok()?))
}

#[test]
fn patterns_mean_what_the_compiler_says() {
    for (pattern, path, matches) in [
        ("/", "/", true),
        ("/", "/a", false),
        ("/**", "/", true),
        ("/**", "/a/b/", true),
        ("/a/", "/a/", true),
        ("/a/", "/a", false),
        ("/a/*", "/a/", false),
        ("/a/*", "/a/b", true),
        ("/a/*", "/a/b/c", false),
        ("/a/**", "/a", true),
        ("/a/**/z", "/a/b/c/z", true),
        ("/a/*.json", "/a/x.json", true),
        ("/a/*", "/a/%ED%95%9C", true),
        ("/abc", "/a%62c", true),
        ("/a;b", "/a%3Bb", true),
    ] {
        assert_eq!(matching(pattern, path), Some(matches), "{pattern} {path}");
    }
    for pattern in [
        "",
        "a",
        "//",
        "/a//b",
        "/a/../b",
        "/a/./b",
        "/%61",
        "/a?b",
        "/a**",
        "/**/**",
        "/**/a/**/b/**",
    ] {
        assert_eq!(Pattern::parse(pattern), None, "{pattern}");
    }
    // What a host could read as a part of its own stays escaped.
    for (path, wire) in [
        ("/a%3bb%2B%7e%41", "/a%3Bb%2B~A"),
        ("/%ed%95%9c/", "/%ED%95%9C/"),
        ("/a;b=c", "/a;b=c"),
    ] {
        assert_eq!(Path::read(path).unwrap().wire(), wire);
    }
}
