//! Row S0-20 of the reference case: real MCP requests and downloads, a bucket that checks every signature.

use crate::body::{self, Body};
use crate::digest::{hex, sha256};
use crate::gateway::testing::{BEARER, Running, running, unclaimed};
use crate::record::Event;
use crate::record::event::RouteChosen;
use crate::web::testing::{Upstream, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::{Request, Response};
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::{Arc, Mutex};

const HOST: &str = "market-data.s3.ap-northeast-2.amazonaws.com";
const LINES: [&str; 3] = [
    "Content-Type: application/json",
    "Accept: application/json, text/event-stream",
    "MCP-Protocol-Version: 2025-11-25",
];

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Signature Version 4, once more and from what came.
fn signature(request: &Request<Bytes>, names: &str, scope: &str) -> String {
    let field = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
    let fields: String = names
        .split(';')
        .map(|name| format!("{name}:{}\n", field(name)))
        .collect();
    let (path, query) = (
        request.uri().path(),
        request.uri().query().unwrap_or_default(),
    );
    let payload = sha256(request.body());
    let canonical = format!(
        "{}\n{path}\n{query}\n{fields}\n{names}\n{payload}",
        request.method()
    );
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
        field("x-amz-date"),
        sha256(canonical)
    );
    let key = scope
        .split('/')
        .fold(b"AWS4secret-of-s3".to_vec(), |key, part| mac(&key, part));
    hex(&mac(&key, &text))
}

fn verify(request: &Request<Bytes>) {
    let headers = request.headers();
    let shown = headers["authorization"].to_str().unwrap();
    let part = |name: &str| {
        let (_, rest) = shown.split_once(&format!("{name}=")).unwrap();
        rest.split(',').next().unwrap().to_owned()
    };
    let credential = part("Credential");
    let (id, scope) = credential.split_once('/').unwrap();
    assert_eq!(id, "AKIDTEST");
    assert!(
        scope.ends_with("/ap-northeast-2/s3/aws4_request"),
        "{scope}"
    );
    let names = part("SignedHeaders");
    assert_eq!(part("Signature"), signature(request, &names, scope));
    // Whatever could change what is answered is signed.
    assert_eq!(headers.contains_key("if-match"), names.contains("if-match"));
    assert_eq!(headers["host"], HOST);
}

/// What is in the bucket: key, content.
type Objects = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

fn tag(content: &[u8]) -> String {
    sha256(content).chars().take(32).collect()
}

fn page(objects: &[(String, Vec<u8>)], query: &str) -> String {
    let value = |name: &str| {
        let start = format!("{name}=");
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix(start.as_str()).map(str::to_owned))
    };
    assert_eq!(
        (
            value("list-type").as_deref(),
            value("encoding-type").as_deref()
        ),
        (Some("2"), Some("url"))
    );
    let mut names: Vec<&str> = query
        .split('&')
        .map(|pair| pair.split('=').next().unwrap())
        .collect();
    let sent = names.clone();
    names.sort_unstable();
    assert_eq!(names, sent, "a query is signed sorted");
    let prefix = value("prefix")
        .unwrap()
        .replace("%2F", "/")
        .replace("%3D", "=");
    let from: usize = value("continuation-token").map_or(0, |token| {
        token.strip_prefix("t-").unwrap().parse().unwrap()
    });
    let all: Vec<_> = objects
        .iter()
        .filter(|(key, _)| key.starts_with(&prefix))
        .collect();
    let end = (from + 2).min(all.len());
    let contents: String = all[from..end]
        .iter()
        .map(|(key, content)| {
            let (key, tag) = (key.replace('=', "%3D").replace(' ', "+"), tag(content));
            format!("<Contents><Key>{key}</Key><LastModified>x</LastModified><ETag>&quot;{tag}&quot;</ETag><Size>{}</Size></Contents>", content.len())
        })
        .collect();
    let next = match end < all.len() {
        true => format!(
            "<IsTruncated>true</IsTruncated><NextContinuationToken>t-{end}</NextContinuationToken>"
        ),
        false => "<IsTruncated>false</IsTruncated>".to_owned(),
    };
    format!(
        "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><Name>b</Name>{next}{contents}</ListBucketResult>"
    )
}

async fn bucket(objects: &Objects) -> Upstream {
    let objects = Arc::clone(objects);
    Upstream::start(move |request: &Request<Bytes>| {
        verify(request);
        let objects = objects.lock().unwrap();
        let answer = |status: u16, body: Vec<u8>| {
            Response::builder()
                .status(status)
                .body(body::whole(body))
                .unwrap()
        };
        if request.uri().path() == "/" {
            return answer(
                200,
                page(&objects, request.uri().query().unwrap()).into_bytes(),
            );
        }
        let key = request
            .uri()
            .path()
            .strip_prefix('/')
            .unwrap()
            .replace("%3D", "=");
        match objects.iter().find(|(name, _)| *name == key) {
            None => answer(404, Vec::new()),
            Some((_, content))
                if request.headers()["if-match"] != format!("\"{}\"", tag(content)) =>
            {
                answer(412, Vec::new())
            }
            Some((_, content)) => answer(200, content.clone()),
        }
    })
    .await
}

fn rates() -> Objects {
    let rate = |year: u32, month: u32, name: &str| {
        let key = format!("gold/exchange_rates/year={year}/month={month}/{name}");
        (key.clone(), format!("content of {key}").into_bytes())
    };
    Arc::new(Mutex::new(vec![
        rate(2025, 12, "a.csv"),
        rate(2026, 1, ""),
        rate(2026, 1, "a.csv"),
        rate(2026, 1, "b.csv"),
        rate(2026, 1, "hour=3/c.csv"),
        rate(2026, 1, "a b.csv"),
        rate(2026, 10, "ten.csv"),
        (
            "gold/other/year=2026/month=1/secret.csv".to_owned(),
            b"x".to_vec(),
        ),
    ]))
}

fn grant(contract: &mut Value) {
    let tool =
        json!({"server": "rates", "tool": "get_exchange_rates", "effect": false, "bind": {}});
    contract["agents"][0]["tools"] = json!([tool]);
    contract["servers"] = json!([{"name": "rates", "size": 8192, "deadline": 10, "auth": "s3",
        "kind": {"builtin": "s3", "from": "s3://market-data/gold/exchange_rates", "region": "ap-northeast-2",
            "partition": "plain", "months": 120, "tool": "get_exchange_rates", "about": "Rates of a month"}}]);
}

async fn granted(upstream: &Upstream, change: impl FnOnce(&mut Value)) -> Running {
    running(web(&[(HOST, upstream)]), |contract| {
        grant(contract);
        change(contract);
    })
    .await
}

/// The same of a run that has chosen this agent: the first has the tool, `other`, to which the run falls back, has none.
async fn routed(upstream: &Upstream, agent: &str) -> Running {
    let running = unclaimed(web(&[(HOST, upstream)]), |contract| {
        grant(contract);
        let first = contract["agents"][0]["name"].clone();
        let mut other = contract["agents"][0].clone();
        other["name"] = "other".into();
        other["tools"] = json!([]);
        contract["agents"] = json!([contract["agents"][0], other]);
        contract["entry"] = "other".into();
        contract["route"] = json!({
            "by": {"input": {"name": "prompt"}},
            "choices": [{"agent": first, "when": ["p"]}, {"agent": "other", "when": []}],
        });
    });
    let running = running.await;
    let chosen = RouteChosen {
        agent: agent.to_owned(),
        reason: "input".to_owned(),
    };
    let claimed = Event::CycleClaimed {
        cycle: 0,
        bearer: sha256(BEARER),
    };
    for event in [Event::RouteChosen(chosen), claimed] {
        let pending = running.gateway.journal.record(event);
        pending.unwrap().await.unwrap();
    }
    running
}

async fn call(running: &Running, arguments: Value) -> Result<Value, String> {
    let params = json!({"name": "get_exchange_rates", "arguments": arguments});
    let body =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string();
    let (_, _, answer) = running.ask("POST /mcp", &LINES, body.as_bytes()).await;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let last = text
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("data: "));
    let answer: Value = serde_json::from_str(last.unwrap_or(&text)).unwrap();
    let result = &answer["result"];
    match result["isError"] == true {
        true => Err(result["content"][0]["text"].as_str().unwrap().to_owned()),
        false => Ok(result["structuredContent"].clone()),
    }
}

async fn rule(running: &Running, arguments: Value) -> String {
    let text = call(running, arguments).await.unwrap_err();
    text.split(':').next().unwrap().to_owned()
}

/// The path of an address of the gateway.
fn path(file: &Value) -> String {
    let url = file["url"].as_str().unwrap();
    url.strip_prefix("http://gateway.pure-agent:8080")
        .unwrap()
        .to_owned()
}

async fn download(running: &Running, path: &str) -> (u16, String) {
    let (status, head, body) = running.ask(&format!("GET {path}"), &[], b"").await;
    if status == 200 {
        assert!(
            head.to_ascii_lowercase()
                .contains("application/octet-stream"),
            "{head}"
        );
        // In pieces: what the length of each is stands between them.
        let text = String::from_utf8_lossy(&body).into_owned();
        return (status, text);
    }
    let refused: Value = serde_json::from_slice(&body).unwrap();
    (
        status,
        refused["error"]["rule"].as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn s0_20_get_exchange_rates_of_a_date() {
    let upstream = bucket(&rates()).await;
    let running = granted(&upstream, |_| ()).await;
    let answer = call(&running, json!({"date": "2026-01-31"})).await.unwrap();
    let files = answer["files"].as_array().unwrap();
    let keys: Vec<_> = files
        .iter()
        .map(|file| file["key"].as_str().unwrap())
        .collect();
    let key = |name: &str| format!("gold/exchange_rates/year=2026/month=1/{name}");
    assert_eq!(keys, [key("a.csv"), key("b.csv"), key("hour=3/c.csv")]);
    assert_eq!(
        (&answer["count"], &answer["left_out"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(files[0]["month"], "2026-01");
    for file in files {
        let (status, text) = download(&running, &path(file)).await;
        let content = format!("content of {}", file["key"].as_str().unwrap());
        assert!(status == 200 && text.contains(&content), "{status} {text}");
        assert_eq!(file["size_bytes"], json!(content.len()));
    }
    running
        .recorded("/files/rates/gold/exchange_rates/year=2026/month=1/a.csv")
        .await;
}

#[tokio::test]
async fn s0_20_get_exchange_rates_of_a_range() {
    let upstream = bucket(&rates()).await;
    let running = granted(&upstream, |_| ()).await;
    let range = |from: &str, to: &str| json!({"start_date": from, "end_date": to});
    let answer = call(&running, range("2025-12-31", "2026-10-01"))
        .await
        .unwrap();
    let months: Vec<_> = answer["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["month"].clone())
        .collect();
    assert_eq!(
        months,
        ["2025-12", "2026-01", "2026-01", "2026-01", "2026-10"]
    );
    for (arguments, why) in [
        (json!({}), "provide `date`, or both"),
        (
            json!({"date": "2026-01-01", "end_date": "2026-01-02"}),
            "not both",
        ),
        (
            json!({"start_date": "2026-01-01"}),
            "are required for a range",
        ),
        (range("2026-02-01", "2026-01-01"), "must not be after"),
        (range("2026-01-02", "2026-01-01"), "must not be after"),
        (
            range("2016-01-01", "2026-01-01"),
            "121 months, more than 120",
        ),
        (json!({"date": "2026-02-29"}), "YYYY-MM-DD"),
        (json!({"date": "2026-13-01"}), "YYYY-MM-DD"),
        (json!({"date": "0000-01-01"}), "YYYY-MM-DD"),
        (
            json!({"date": "2026-03-01"}),
            "s3-none: no files were found for 2026-03-01",
        ),
    ] {
        let told = call(&running, arguments.clone()).await.unwrap_err();
        assert!(told.contains(why), "{arguments}: {told}");
    }
    for arguments in [
        json!({"date": "../../2026"}),
        json!({"date": 3}),
        json!({"prefix": "gold/other"}),
    ] {
        assert_eq!(rule(&running, arguments).await, "tool-arguments");
    }
}

#[tokio::test]
async fn folders_of_months_can_be_padded() {
    let content = b"padded".to_vec();
    let key = "gold/exchange_rates/year=2026/month=01/a.csv".to_owned();
    let upstream = bucket(&Arc::new(Mutex::new(vec![(key, content)]))).await;
    let running = granted(&upstream, |contract| {
        contract["servers"][0]["kind"]["partition"] = json!("padded");
    })
    .await;
    let answer = call(&running, json!({"date": "2026-01-31"})).await.unwrap();
    assert_eq!(answer["count"], 1);
}

/// Only what was given is served, and only as it was given.
/// What one agent was given is for no other one, and the fallback's grants are not those of whoever was chosen.
#[tokio::test]
async fn files_are_for_the_agent_that_was_chosen() {
    let upstream = bucket(&rates()).await;
    let running = routed(&upstream, "coder").await;
    let answer = call(&running, json!({"date": "2026-01-31"})).await.unwrap();
    let good = path(&answer["files"][0]);
    assert_eq!(download(&running, &good).await.0, 200);
    let other = routed(&upstream, "other").await;
    let refused = (403, "files-given".to_owned());
    assert_eq!(download(&other, &good).await, refused);
}

#[tokio::test]
async fn an_agent_reads_nothing_of_a_bucket_that_no_tool_gave() {
    let objects = rates();
    let upstream = bucket(&objects).await;
    let running = granted(&upstream, |_| ()).await;
    let answer = call(&running, json!({"date": "2026-01-31"})).await.unwrap();
    let good = path(&answer["files"][0]);
    let words: Vec<&str> = good.split('/').collect();
    let (proof, tag) = (words[3], words[4]);
    let key = |name: &str| URL_SAFE_NO_PAD.encode(name);
    let own = key("gold/exchange_rates/year=2026/month=1/a.csv");
    assert_eq!(good, format!("/files/rates/{proof}/{tag}/{own}"));
    let asked = upstream.asked().len();
    for wrong in [
        format!(
            "/files/rates/{proof}/{tag}/{}",
            key("gold/other/year=2026/month=1/secret.csv")
        ),
        format!("/files/rates/{proof}/{tag}/{own}/x"),
        format!("/files/rates/{proof}/{tag}/{own}="),
        format!("/files/rates/{proof}/{tag}/"),
        format!("/files/rates/{proof}/other/{own}"),
        format!("/files/rates/{}/{tag}/{own}", "0".repeat(64)),
        format!("/files/rates//{tag}/{own}"),
        format!("/files/other/{proof}/{tag}/{own}"),
        format!("/files/rates/{proof}/{tag}"),
        "/files".to_owned(),
    ] {
        let (status, word) = download(&running, &wrong).await;
        assert!(
            matches!(status, 400 | 403 | 404),
            "{wrong}: {status} {word}"
        );
    }
    for method in ["PUT", "DELETE", "POST", "HEAD"] {
        let (status, ..) = running.ask(&format!("{method} {good}"), &[], b"").await;
        assert_eq!(status, 404, "{method}");
    }
    let (status, _) = download(&running, &format!("{good}?versionId=1")).await;
    assert_eq!(status, 400);
    assert_eq!(upstream.asked().len(), asked, "S3 was asked for none of it");
    // Other bytes under the same name are not what was given.
    objects.lock().unwrap()[2].1 = b"changed".to_vec();
    assert_eq!(
        download(&running, &good).await,
        (502, "s3-changed".to_owned())
    );
    // Another run's gateway gave other addresses.
    let other = granted(&upstream, |contract| {
        contract["servers"][0]["name"] = json!("rates2")
    })
    .await;
    assert_eq!(download(&other, &good).await.0, 403);
}

#[tokio::test]
async fn files_and_their_number_are_bounded() {
    let objects = rates();
    let upstream = bucket(&objects).await;
    let running = granted(&upstream, |contract| {
        contract["limits"]["traffic"] = json!(4096)
    })
    .await;
    let answer = call(&running, json!({"date": "2025-12-01"})).await.unwrap();
    objects.lock().unwrap()[0].1 = vec![b'x'; 9000];
    let told = call(&running, json!({"date": "2025-12-01"}))
        .await
        .unwrap_err();
    assert!(
        told.starts_with("s3-size: the files of these months have 9000 bytes, more than 8192"),
        "{told}"
    );
    // The bytes count against the run's traffic.
    objects.lock().unwrap()[0].1 =
        format!("content of {}", answer["files"][0]["key"].as_str().unwrap()).into_bytes();
    let mut last = 200;
    for _ in 0..40 {
        last = download(&running, &path(&answer["files"][0])).await.0;
        if last != 200 {
            break;
        }
    }
    assert_eq!(last, 403, "traffic has an end");
}

/// A bucket that is somebody's who lies.
#[tokio::test]
async fn a_list_that_makes_no_sense_gives_nothing() {
    let entry = |key: &str, tag: &str, size: &str| {
        format!(
            "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>{key}</Key><ETag>\"{tag}\"</ETag><Size>{size}</Size></Contents></ListBucketResult>"
        )
    };
    let prefix = "gold/exchange_rates/year%3D2026/month%3D1/";
    let again = "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>";
    for (answer, expected) in [
        (entry("gold/other/a.csv", "ab", "1"), "s3-list"),
        (entry(&format!("{prefix}a.csv"), "a\r\nb", "1"), "s3-list"),
        (entry(&format!("{prefix}a.csv"), "", "1"), "s3-list"),
        (entry(&format!("{prefix}a.csv"), "ab", "-1"), "s3-list"),
        (
            entry(&format!("{prefix}a.csv"), "ab", "99999999999999999999"),
            "s3-list",
        ),
        (
            entry(&format!("{prefix}a.csv"), "ab", "18446744073709551615"),
            "s3-size",
        ),
        (
            entry(&format!("{prefix}../../../secret"), "ab", "1"),
            "s3-none",
        ),
        (entry(&format!("{prefix}a%2F..%2Fb"), "ab", "1"), "s3-none"),
        (entry(&format!("{prefix}%0A"), "ab", "1"), "s3-none"),
        (again.to_owned(), "s3-list"),
        ("<html>".to_owned(), "s3-list"),
        (String::new(), "s3-list"),
    ] {
        let text = answer.clone();
        let upstream = Upstream::start(move |_: &Request<Bytes>| -> Response<Body> {
            Response::new(body::whole(text.clone()))
        })
        .await;
        let running = granted(&upstream, |_| ()).await;
        assert_eq!(
            rule(&running, json!({"date": "2026-01-31"})).await,
            expected,
            "{answer}"
        );
    }
    for (status, expected) in [
        (403, "s3-credential"),
        (404, "s3-bucket"),
        (301, "s3-status"),
        (500, "s3-status"),
    ] {
        let upstream = Upstream::start(move |_: &Request<Bytes>| -> Response<Body> {
            Response::builder()
                .status(status)
                .header("location", "http://169.254.169.254/")
                .body(body::empty())
                .unwrap()
        })
        .await;
        let running = granted(&upstream, |_| ()).await;
        assert_eq!(
            rule(&running, json!({"date": "2026-01-31"})).await,
            expected,
            "{status}"
        );
    }
}
