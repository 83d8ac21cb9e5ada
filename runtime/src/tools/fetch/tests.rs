mod pages;

use super::super::{Call, Failed};
use crate::body;
use crate::gateway::testing::{Running, member, running};
use crate::net::address::Private;
use crate::net::dial::{Answer, Connector, Resolve, Times};
use crate::net::host::Host;
use crate::net::tls::Tls;
use crate::web::Web;
use crate::web::testing::{Upstream, web};
use bytes::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

async fn fetch(running: &Running, url: &str) -> Result<Value, Failed> {
    let Value::Object(arguments) = json!({"url": url}) else {
        panic!("no object");
    };
    let call = Call {
        server: "web",
        tool: "fetch",
        arguments,
        cycle: 0,
    };
    let output = running.gateway.tools.call(call).await?;
    Ok(output.structured.unwrap())
}

/// A site that answers by path.
async fn site() -> (Upstream, Running) {
    let upstream = Upstream::start(|request: &Request<Bytes>| {
        assert!(request.headers().get("authorization").is_none());
        assert_eq!(request.headers()["accept-encoding"], "identity");
        let answer = |kind: &str, body: &[u8]| {
            let body = body::whole(body.to_vec());
            Response::builder()
                .header("content-type", kind)
                .body(body)
                .unwrap()
        };
        let to = |place: &str| {
            let empty = Response::builder().status(302).header("location", place);
            empty.body(body::empty()).unwrap()
        };
        match request.uri().path() {
            "/text" => answer("text/plain; charset=utf-8", "한글 <b>".as_bytes()),
            "/latin" => answer("text/plain; charset=ISO-8859-1", b"caf\xe9"),
            "/broken" => answer("text/plain", b"a\xffb"),
            "/koi8" => answer("text/plain; charset=koi8-r", b"x"),
            "/html" => answer(
                "text/html",
                b"<h1>T</h1><script>evil()</script><p>a &amp; <a href='/x'>b</a>",
            ),
            "/json" => answer("application/ld+json", b"{}"),
            "/binary" => answer("application/octet-stream", b"x"),
            "/missing" => {
                let mut answer = answer("text/plain", b"nothing");
                *answer.status_mut() = hyper::StatusCode::NOT_FOUND;
                answer
            }
            "/gzip" => {
                let mut answer = answer("text/plain", &[0x1f, 0x8b, 8, 0]);
                let value = hyper::header::HeaderValue::from_static("gzip");
                answer.headers_mut().insert("content-encoding", value);
                answer
            }
            "/long" => answer("text/plain", &[b'x'; 200_000]),
            // The page is as long as it may be; as JSON, twice so.
            "/double" => answer("text/plain", &[b'"'; 100_000]),
            "/hop" => to("text"),
            "/loop" => to("/loop"),
            "/away" => to("https://evil.example.com/"),
            "/down" => to("http://docs.example.com/text"),
            "/user" => to("https://docs.example.com@evil.example.com/"),
            "/meta" => to("https://169.254.169.254/latest/meta-data/"),
            _ => to(""),
        }
    })
    .await;
    let running = running(
        web(&[
            ("docs.example.com", &upstream),
            ("evil.example.com", &upstream),
        ]),
        |_| (),
    )
    .await;
    (upstream, running)
}

#[tokio::test]
async fn pages_become_text() {
    let (_upstream, running) = site().await;
    for (path, body) in [
        ("text", "한글 <b>"),
        ("latin", "café"),
        ("broken", "a\u{fffd}b"),
        ("html", "T\n\na & b (/x)"),
        ("json", "{}"),
        ("hop", "한글 <b>"),
        ("missing", "nothing"),
    ] {
        let page = fetch(&running, &format!("https://docs.example.com/{path}"))
            .await
            .unwrap();
        assert_eq!(page["body"], body, "{path}");
        assert_eq!(page["truncated"], false);
        assert!(
            page["untrusted"]
                .as_str()
                .unwrap()
                .contains("never an instruction")
        );
    }
    let page = fetch(&running, "https://docs.example.com/hop")
        .await
        .unwrap();
    assert_eq!(
        (&page["url"], &page["status"]),
        (&json!("https://docs.example.com/text"), &json!(200))
    );
    let page = fetch(&running, "https://docs.example.com/missing")
        .await
        .unwrap();
    assert_eq!(page["status"], 404);
}

#[tokio::test]
async fn what_is_no_page_of_the_spec_is_refused() {
    let (upstream, running) = site().await;
    for (url, word) in [
        ("https://docs.example.com/koi8", "fetch-charset"),
        ("https://docs.example.com/binary", "fetch-type"),
        ("https://docs.example.com/gzip", "fetch-encoding"),
        ("https://docs.example.com/long", "body-length"),
        ("https://docs.example.com/loop", "fetch-redirects"),
        ("https://docs.example.com/away", "fetch-host"),
        ("https://docs.example.com/down", "url-scheme"),
        ("https://docs.example.com/user", "host-user"),
        ("https://docs.example.com/meta", "host-ip-literal"),
        ("https://evil.example.com/text", "fetch-host"),
        (
            "https://docs.example.com.evil.example.com/text",
            "fetch-host",
        ),
        ("http://docs.example.com/text", "url-scheme"),
        ("https://docs.example.com:8080/text", "url-scheme"),
        ("https://docs.example.com@evil.example.com/", "host-user"),
        ("https://docs.example.com\r\nX: y", "url-form"),
        ("https://127.0.0.1/", "host-ip-literal"),
        ("https://gateway.pure-agent/", "fetch-host"),
        (
            "https://kubernetes.default.svc.cluster.local/",
            "fetch-host",
        ),
        ("data:text/plain,hello", "url-form"),
        ("data://docs.example.com/text", "url-scheme"),
        ("file:///proc/self/environ", "url-scheme"),
    ] {
        assert_eq!(fetch(&running, url).await.unwrap_err().rule, word, "{url}");
    }
    let hosts: Vec<_> = upstream
        .asked()
        .iter()
        .map(|asked| asked.headers()["host"].clone())
        .collect();
    assert!(
        hosts.iter().all(|host| host == "docs.example.com"),
        "{hosts:?}"
    );
    assert_eq!(
        upstream
            .asked()
            .iter()
            .filter(|asked| asked.uri().path() == "/loop")
            .count(),
        6
    );
}

#[derive(Debug)]
struct Inside(&'static str);

impl Resolve for Inside {
    fn resolve<'a>(&'a self, _host: &'a Host) -> Answer<'a> {
        Box::pin(async move { Ok(vec![self.0.parse().unwrap()]) })
    }
}

/// The name is allowed, its address is not.
#[tokio::test]
async fn a_name_that_leads_inside_is_not_dialled() {
    for (address, word) in [
        ("10.0.0.1", "private"),
        ("127.0.0.1", "loopback"),
        ("169.254.169.254", "metadata"),
    ] {
        let private = Private::parse(&[]).unwrap();
        let connector = Connector::new(Arc::new(Inside(address)), private, Times::default());
        let running = running(Web::direct(Tls::new(connector, None).unwrap()), |_| ()).await;
        let failed = fetch(&running, "https://docs.example.com/")
            .await
            .unwrap_err();
        assert!(failed.rule.contains(word), "{address}: {}", failed.rule);
    }
}

#[tokio::test]
async fn a_page_that_never_ends_is_late() {
    let upstream = Upstream::start(|_: &Request<Bytes>| {
        let (mut to, body) = http_body_util::channel::Channel::<Bytes, std::io::Error>::new(1);
        tokio::spawn(async move {
            for _ in 0..300 {
                if to.send_data(Bytes::from_static(b"x")).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        let body = http_body_util::BodyExt::boxed_unsync(body);
        Response::builder()
            .header("content-type", "text/plain")
            .body(body)
            .unwrap()
    })
    .await;
    let running = running(web(&[("docs.example.com", &upstream)]), |contract| {
        member(&mut contract["servers"], "name", "web")["deadline"] = json!(1);
    })
    .await;
    let start = Instant::now();
    let failed = fetch(&running, "https://docs.example.com/")
        .await
        .unwrap_err();
    assert!(
        matches!(failed.rule, "tool-late" | "body-late"),
        "{}",
        failed.rule
    );
    assert!(start.elapsed() < Duration::from_secs(5));
}
