//! An agent that wants more than the spec gives it, and a service that is not one's friend.

use super::{BASE, call, get, granted, one_of, respond, rule, with_json};
use crate::body;
use crate::contract::{Contract, ServerKind};
use crate::net::address::Private;
use crate::net::dial::{Connector, Resolve, Times};
use crate::net::host::Host;
use crate::net::tls::Tls;
use crate::web::Web;
use crate::web::testing::Upstream;
use bytes::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Tools that take any text in a path and in a pointer.
fn free() -> Value {
    let mut pick = get("pick", "/stats", json!([one_of("at", &[])]));
    pick["pick"] = json!("/services/{at}");
    json!([
        get(
            "path",
            "/services/{name}/state",
            json!([one_of("name", &[])])
        ),
        get("query", "/search", json!([one_of("text", &[])])),
        pick,
    ])
}

#[tokio::test]
async fn an_argument_never_changes_the_structure_of_a_path() {
    let upstream =
        Upstream::start(|request: &Request<Bytes>| with_json(&json!(request.uri().to_string())))
            .await;
    let running = granted(&upstream, free()).await;
    for name in [
        "",
        ".",
        "..",
        "../admin",
        "a/b",
        "/",
        "//evil.example.com",
        "\\..\\admin",
        "a?x=1",
        "a#b",
        "%2e%2e%2fadmin",
        "%2F",
        "..;/admin",
        "a;jsessionid=1",
        "a\r\nX-Admin: 1",
        "a\0",
        "a\t",
        " ",
        "\u{ff0f}admin",
        "\u{ff0e}\u{ff0e}",
        "\u{2024}\u{2024}\u{2215}",
        "\u{2100}",
        "a\u{202e}b",
        "{name}",
        "a\u{0300}/",
        "@evil.example.com/",
    ] {
        let answer = call(&running, "path", json!({"name": name})).await;
        assert_eq!(rule(answer), "http-argument", "{name:?}");
    }
    assert!(upstream.asked().is_empty(), "nothing of it was asked");
    for (name, encoded) in [
        ("auth", "auth"),
        ("a b:c@d", "a%20b%3Ac%40d"),
        ("한", "%ED%95%9C"),
        ("a.b", "a.b"),
    ] {
        let answer = call(&running, "path", json!({"name": name})).await;
        assert_eq!(answer, Ok(json!(format!("/services/{encoded}/state"))));
    }
    let long = call(&running, "path", json!({"name": "x".repeat(65)})).await;
    assert_eq!(rule(long), "tool-arguments");
}

#[tokio::test]
async fn an_argument_of_a_query_is_one_value() {
    let upstream =
        Upstream::start(|request: &Request<Bytes>| with_json(&json!(request.uri().to_string())))
            .await;
    let running = granted(&upstream, free()).await;
    for (text, encoded) in [
        ("a&admin=1", "a%26admin%3D1"),
        ("a#b", "a%23b"),
        ("a\r\nHost: evil", "a%0D%0AHost%3A%20evil"),
        ("+%2B", "%2B%252B"),
        ("../..", "..%2F.."),
    ] {
        let answer = call(&running, "query", json!({"text": text})).await;
        assert_eq!(answer, Ok(json!(format!("/search?text={encoded}"))));
    }
    let asked = upstream.asked();
    assert!(
        asked
            .iter()
            .all(|request| request.headers()["host"] == "load-balancer.titanium-local.svc:7100")
    );
}

#[tokio::test]
async fn a_pointer_is_not_walked_further_than_the_spec_says() {
    let upstream = Upstream::start(|_: &Request<Bytes>| {
        with_json(&json!({"services": {"auth": 1, "a/b": 2, "~1": 3, "": 4, "..": 5}, "secret": "s", "list": [1]}))
    })
    .await;
    let running = granted(&upstream, free()).await;
    for (at, found) in [("auth", 1), ("a/b", 2), ("~1", 3), ("", 4), ("..", 5)] {
        assert_eq!(
            call(&running, "pick", json!({"at": at})).await,
            Ok(json!(found)),
            "{at}"
        );
    }
    for at in [
        "auth/../../secret",
        "../secret",
        "~0",
        "0",
        "__proto__",
        "secret",
        "auth\0",
    ] {
        assert_eq!(
            rule(call(&running, "pick", json!({"at": at})).await),
            "http-pick",
            "{at}"
        );
    }
}

/// A service by what it answers, and the rule of the refusal.
#[tokio::test]
async fn what_is_no_plain_answer_is_told_as_an_error() {
    let upstream = Upstream::start(|request: &Request<Bytes>| {
        let to = |status: u16, place: &str| {
            let answer = Response::builder().status(status).header("location", place);
            answer.body(body::empty()).unwrap()
        };
        match request.uri().query().unwrap_or_default() {
            "text=private" => to(302, "http://169.254.169.254/latest/meta-data/"),
            "text=other" => to(307, "http://auth.titanium-local.svc:7102/"),
            "text=same" => to(308, &format!("{BASE}/search")),
            "text=304" => to(304, "/"),
            "text=404" => respond(404, "application/json", "{}"),
            "text=500" => respond(500, "application/json", "{}"),
            "text=html" => respond(200, "text/html", "<b>{}</b>"),
            "text=none" => respond(200, "", "{}"),
            "text=twice" => respond(200, "application/json", r#"{"a": {"x": 1, "x": 2}}"#),
            "text=half" => respond(200, "application/json", r#"{"a": "#),
            "text=more" => respond(200, "application/json", "{} {}"),
            "text=utf8" => respond(200, "application/json", &b"\"a\xff\""[..]),
            "text=deep" => respond(200, "application/json", "[".repeat(4000)),
            "text=huge" => respond(200, "application/json", format!("\"{}\"", "x".repeat(5000))),
            "text=endless" => respond(200, "application/json", " ".repeat(50_000_000)),
            "text=double" => respond(
                200,
                "application/json",
                format!("\"{}\"", "\\\"".repeat(1500)),
            ),
            "text=gzip" => {
                let mut answer = respond(200, "application/json", &[0x1f, 0x8b, 8, 0][..]);
                answer
                    .headers_mut()
                    .insert("content-encoding", "gzip".parse().unwrap());
                answer
            }
            "text=echo" => with_json(
                &json!({"you-sent": request.headers()["authorization"].to_str().unwrap()}),
            ),
            "text=hidden" => respond(200, "application/json", "{\"\\u0073ecret-of-stats\": 1}"),
            "text=empty" => respond(200, "application/json", ""),
            "text=hal" => respond(200, "Application/HAL+JSON; charset=utf-8", "[1]"),
            query => panic!("{query}"),
        }
    })
    .await;
    let running = granted(&upstream, free()).await;
    for (text, expected) in [
        ("private", "http-redirect"),
        ("other", "http-redirect"),
        ("same", "http-redirect"),
        ("304", "http-status"),
        ("404", "http-status"),
        ("500", "http-status"),
        ("html", "http-type"),
        ("none", "http-type"),
        ("twice", "http-json"),
        ("half", "http-json"),
        ("more", "http-json"),
        ("utf8", "http-json"),
        ("deep", "http-json"),
        ("huge", "body-length"),
        ("endless", "body-length"),
        ("double", "tool-size"),
        ("gzip", "http-encoding"),
        ("echo", "upstream-echo"),
        ("hidden", "upstream-echo"),
    ] {
        let answer = call(&running, "query", json!({"text": text})).await;
        assert_eq!(rule(answer), expected, "{text}");
        running.recorded(expected).await;
    }
    assert_eq!(upstream.asked().len(), 19, "no redirect was followed");
    assert_eq!(
        call(&running, "query", json!({"text": "empty"})).await,
        Ok(Value::Null)
    );
    assert_eq!(
        call(&running, "query", json!({"text": "hal"})).await,
        Ok(json!([1]))
    );
}

#[tokio::test]
async fn a_service_that_takes_too_long_is_not_waited_for() {
    let upstream = Upstream::start(|_: &Request<Bytes>| {
        let (mut to, body) = http_body_util::channel::Channel::<Bytes, std::io::Error>::new(1);
        tokio::spawn(async move {
            for _ in 0..300 {
                if to.send_data(Bytes::from_static(b" ")).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        let body = http_body_util::BodyExt::boxed_unsync(body);
        let answer = Response::builder().header("content-type", "application/json");
        answer.body(body).unwrap()
    })
    .await;
    let running = granted(&upstream, free()).await;
    let start = Instant::now();
    let answer = call(&running, "query", json!({"text": "x"})).await;
    assert!(matches!(rule(answer).as_str(), "body-late" | "tool-late"));
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "{:?}",
        start.elapsed()
    );
}

/// A resolver that leads every name to one address.
#[derive(Debug)]
struct To(std::net::IpAddr);

impl Resolve for To {
    fn resolve<'a>(&'a self, _host: &'a Host) -> crate::net::dial::Answer<'a> {
        Box::pin(async move { Ok(vec![self.0]) })
    }
}

/// The name of a service that leads into private space is not dialled unless the target opens it.
#[tokio::test]
async fn a_name_that_leads_into_private_space_is_not_dialled() {
    for address in ["10.0.0.7", "127.0.0.1", "169.254.169.254", "fd00::1"] {
        let resolver = Arc::new(To(address.parse().unwrap()));
        let connector = Connector::new(resolver, Private::parse(&[]).unwrap(), Times::default());
        let web = Web::direct(Tls::new(connector, None).unwrap());
        let running = crate::gateway::testing::running(web, |contract| {
            contract["agents"][0]["tools"] =
                json!([{"server": "stats", "tool": "query", "effect": false, "bind": {}}]);
            contract["servers"] = json!([{"name": "stats", "size": 4096, "deadline": 2,
                "kind": {"builtin": "http", "url": BASE, "tools": free()}}]);
        })
        .await;
        let answer = call(&running, "query", json!({"text": "x"})).await;
        assert!(rule(answer).starts_with("address-"), "{address}");
    }
}

/// What the compiler would not write is refused before a port is open.
#[tokio::test]
async fn a_contract_that_makes_no_sense_is_not_served() {
    let path = |path: &str| get("t", path, json!([one_of("a", &[])]));
    let mut post = path("/x");
    post["method"] = json!("CONNECT");
    let mut pick = path("/x");
    pick["pick"] = json!("/{b}");
    let mut when = path("/x");
    when["when"] = json!([{"argument": "b", "is": "x", "url": BASE, "path": "/"}]);
    let base = |url: &str| (url.to_owned(), path("/x"));
    let cases = [path("/../x"), path("/{b}"), path("x"), post, pick, when]
        .map(|tool| (BASE.to_owned(), tool));
    let bases = [
        "ftp://a.example.com",
        "https://u@a.example.com",
        "https://a.example.com?x",
        "/x",
        "https://a.example.com/#x",
    ];
    for (url, tool) in cases.into_iter().chain(bases.map(base)) {
        let example = include_str!("../../../../../golden/contract/pure-agent.json");
        let contract: Contract = serde_json::from_str(example).unwrap();
        let tools = serde_json::from_value(json!([tool])).unwrap();
        let server = crate::contract::Server {
            name: "stats".to_owned(),
            kind: ServerKind::Http {
                url: url.clone(),
                tools,
            },
            auth: None,
            size: 1,
            deadline: 1,
        };
        let contract = Contract {
            servers: vec![server],
            ..contract
        };
        let running = crate::gateway::testing::running(crate::web::testing::web(&[]), |_| ()).await;
        let tools = crate::tools::Tools::new(
            &contract,
            &crate::secret::Secrets::default(),
            &crate::web::testing::web(&[]),
            &running.gateway.journal,
            "files",
        );
        assert!(tools.is_err(), "{url} {tool}");
    }
}
