mod attacks;

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
