//! A bucket with exchange rates, as a tool of files of months reads it.

use super::field;
use crate::canary::canary;
use bytes::Bytes;
use hyper::{Request, Response};
use pure_agent_runtime::body::{self, Body};
use pure_agent_runtime::digest::sha256;
use std::fmt::Write as _;

/// The bucket's host.
pub const HOST: &str = "market-data.s3.ap-northeast-2.amazonaws.com";

const FOLDER: &str = "gold/exchange_rates/year=2026/month=1/";
const FILES: [(&str, &str); 2] = [
    ("eur.csv", "day,EUR\n1,1.05\n"),
    ("won.csv", "day,EUR,KRW\n1,1.05,1500\n"),
];

/// What the bucket is read with.
#[must_use]
pub fn credential() -> String {
    format!("AKIDRATES:{}", canary("rates"))
}

fn tag(content: &str) -> String {
    sha256(content).chars().take(32).collect()
}

/// Lists one month, and gives a file of it as it was listed.
///
/// # Panics
/// On what no tool of the example asks.
pub fn serve(request: &Request<Bytes>) -> Response<Body> {
    let signed = field(request, "authorization");
    assert!(
        signed.starts_with("AWS4-HMAC-SHA256 Credential=AKIDRATES/"),
        "{signed}"
    );
    assert_eq!(request.method(), "GET");
    let answer = |status: u16, text: &str| {
        let response = Response::builder().status(status);
        response.body(body::whole(text.to_owned())).unwrap()
    };
    if request.uri().path() == "/" {
        return answer(200, &listed(request.uri().query().unwrap_or_default()));
    }
    let path = request.uri().path().replace("%3D", "=");
    let file = FILES
        .iter()
        .find(|(name, _)| path == format!("/{FOLDER}{name}"));
    match file {
        None => answer(404, ""),
        Some((_, content)) => {
            let wanted = format!("\"{}\"", tag(content));
            assert_eq!(field(request, "if-match"), wanted);
            answer(200, content)
        }
    }
}

/// The page of a listing; there is one.
fn listed(query: &str) -> String {
    let prefix = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("prefix="));
    let prefix = prefix.unwrap_or_default();
    let prefix = prefix.replace("%2F", "/").replace("%3D", "=");
    assert!(prefix.starts_with("gold/exchange_rates/year="), "{query}");
    let mut contents = String::new();
    for (name, content) in FILES.iter().filter(|_| prefix == FOLDER) {
        let _written = write!(
            contents,
            "<Contents><Key>{FOLDER}{name}</Key><ETag>&quot;{}&quot;</ETag><Size>{}</Size></Contents>",
            tag(content),
            content.len()
        );
    }
    format!(
        "<ListBucketResult><IsTruncated>false</IsTruncated>{}</ListBucketResult>",
        contents.replace('=', "%3D")
    )
}
