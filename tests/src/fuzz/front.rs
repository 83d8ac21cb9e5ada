//! Heads, targets and framed bodies in front of HTTP.

use super::{Target, hold, pieces};
use crate::random::Random;
use pure_agent_runtime::gateway::front::watch::Watch;

pub(super) const TARGET: Target = Target {
    name: "front",
    seeds,
    words: &[
        "GET /v1/inputs HTTP/1.1\r\n",
        "POST /v1/messages?beta=true HTTP/1.1\r\n",
        "CONNECT example.com:443 HTTP/1.1\r\n",
        "HTTP/1.0\r\n",
        "PRI * HTTP/2.0\r\n\r\n",
        "Host: g\r\n",
        "Content-Length: 5\r\n",
        "content-length:0\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Expect: 100-continue\r\n",
        "Upgrade: h2c\r\n",
        "5\r\nhello\r\n",
        "0\r\n\r\n",
        ";a=b",
        ": ",
        " :",
        "/../",
        "//",
        "/http/h/%2e%2e/",
        "?a=b",
        "@",
        "[::1]",
        "http://h/",
    ],
    check,
};

fn seeds() -> Vec<Vec<u8>> {
    let fields =
        "Host: gateway\r\nUser-Agent: curl/8.0\r\nAccept: */*\r\nAuthorization: Bearer abc\r\n";
    [
        format!("GET /v1/inputs HTTP/1.1\r\n{fields}\r\n"),
        format!("GET /http/h.example/a%2fb/?q[]=1 HTTP/1.1\r\n{fields}\r\n").repeat(3),
        format!("POST /v1/messages HTTP/1.1\r\n{fields}Content-Length: 5\r\n\r\nhello").repeat(2),
        format!(
            "POST /mcp HTTP/1.1\r\n{fields}Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n00a\r\n0123456789\r\n0\r\n\r\n"
        )
        .repeat(2),
        "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n\u{16}\u{3}\u{1}".to_owned(),
        format!("GET / HTTP/1.1\r\n{fields}{}\r\n", "X-A: b\r\n".repeat(60)),
    ]
    .map(String::into_bytes)
    .into()
}

/// What a watch says of pieces: good bytes, whole heads, the rule; and the heads themselves.
type Said = (usize, u64, Option<&'static str>);

fn follow(bytes: &[u8], pieces: &[&[u8]]) -> (Said, Vec<(usize, usize)>) {
    let mut watch = Watch::default();
    let (mut good, mut end) = (0, 0);
    let (mut start, mut heads) = (0, Vec::new());
    for piece in pieces {
        end += piece.len();
        let (before, between) = (watch.heads(), watch.is_between());
        if between {
            start = good;
        }
        let judged = watch.judge(&bytes[good..end]);
        good += judged.good;
        if watch.heads() > before {
            heads.push((start, good));
        }
        if let Some(refusal) = judged.refused {
            return ((good, watch.heads(), Some(refusal.rule())), heads);
        }
    }
    ((good, watch.heads(), None), heads)
}

fn check(bytes: &[u8], random: &mut Random) -> Result<bool, String> {
    let (whole, _) = follow(bytes, &[bytes]);
    let (cut, _) = follow(bytes, &pieces(bytes, random));
    hold(whole == cut, "the verdict depends on the pieces")?;
    hold(whole.0 <= bytes.len(), "more bytes are good than there are")?;
    if whole.1 > 0 && bytes.len() < 4096 {
        let each: Vec<&[u8]> = bytes.chunks(1).collect();
        let (single, heads) = follow(bytes, &each);
        hold(single == whole, "the verdict depends on single bytes")?;
        for (from, to) in heads {
            taken_by_hyper(&bytes[from..to])?;
        }
    }
    Ok(whole.1 > 0)
}

/// A head that goes on is one for hyper too, and ends there.
fn taken_by_hyper(head: &[u8]) -> Result<(), String> {
    let mut fields = [httparse::EMPTY_HEADER; 100];
    let mut request = httparse::Request::new(&mut fields);
    let read = request
        .parse(head)
        .map_err(|e| format!("hyper refuses the head: {e}"))?;
    hold(
        read == httparse::Status::Complete(head.len()),
        "hyper sees another end",
    )?;
    let target = request.path.unwrap_or_default();
    let uri: hyper::Uri = target
        .parse()
        .map_err(|e| format!("hyper refuses the target: {e}"))?;
    let tunnel = request.method == Some("CONNECT");
    let path = if tunnel {
        uri.authority()
            .is_some_and(|authority| authority.as_str() == target)
    } else {
        uri.authority().is_none() && uri.path_and_query().is_some_and(|p| p.as_str() == target)
    };
    hold(path, "hyper reads another target")?;
    let values = request.headers.iter().all(|field| {
        hyper::header::HeaderName::from_bytes(field.name.as_bytes()).is_ok()
            && hyper::header::HeaderValue::from_bytes(field.value).is_ok()
    });
    hold(values, "hyper refuses a field")
}
