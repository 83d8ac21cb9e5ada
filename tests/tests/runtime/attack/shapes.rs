//! Requests that two readers could read differently, each as bytes.

use super::{conversation, exchange};
use crate::place::{Gateway, Place};
use pure_agent_runtime::gateway::front::watch::Watch;
use std::time::{Duration, Instant};

/// What it is, its bytes, and the rule that refuses it; the last byte is the one that makes it wrong, or is part of it.
type Shape = (&'static str, Vec<u8>, &'static str);

const GET: &str = "GET /v1/inputs HTTP/1.1\r\n";
const POST: &str = "POST /v1/claim HTTP/1.1\r\n";

/// Refused by a field of the head.
const FIELDS: &[(&str, &str)] = &[
    (
        "two equal lengths",
        "Content-Length: 0\r\nContent-Length: 0",
    ),
    ("two lengths", "Content-Length: 0\r\ncontent-length: 5"),
    ("a signed length", "Content-Length: +0"),
    ("a negative length", "Content-Length: -1"),
    ("a list of lengths", "Content-Length: 0, 0"),
    ("a length with a space", "Content-Length: 1 0"),
    ("a length behind two spaces", "Content-Length:  0"),
    ("a length before a space", "Content-Length: 0 "),
    ("a length behind a tab", "Content-Length:\t0"),
    ("no length", "Content-Length: "),
    ("a hexadecimal length", "Content-Length: 0x0"),
    ("a length with a zero before it", "Content-Length: 00"),
    (
        "a length beyond 64 bits",
        "Content-Length: 18446744073709551616",
    ),
    ("the largest length", "Content-Length: 18446744073709551615"),
    ("a length of 16 digits", "Content-Length: 1000000000000000"),
    (
        "a length beside chunks",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
    ),
    (
        "chunks beside a length",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
    ),
    (
        "chunks beside no length",
        "Transfer-Encoding: chunked\r\nContent-Length: 0",
    ),
    (
        "chunks twice",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    ),
    (
        "chunks twice in a list",
        "Transfer-Encoding: chunked, chunked",
    ),
    (
        "chunks of something else",
        "Transfer-Encoding: gzip, chunked",
    ),
    ("another coding", "Transfer-Encoding: gzip"),
    ("no coding", "Transfer-Encoding: identity"),
    ("an empty coding", "Transfer-Encoding: "),
    ("chunks in disguise", "Transfer-Encoding: xchunked"),
    ("chunks in capitals", "Transfer-Encoding: CHUNKED"),
    ("chunks behind a tab", "Transfer-Encoding:\tchunked"),
    (
        "chunks behind a vertical tab",
        "Transfer-Encoding: \x0bchunked",
    ),
    ("chunks with a parameter", "Transfer-Encoding: chunked;q=1"),
    ("quoted chunks", "Transfer-Encoding: \"chunked\""),
    ("a bare carriage return", "X: a\rb"),
    (
        "a field behind a bare carriage return",
        "X: a\rContent-Length: 5",
    ),
    ("a bare line feed", "X: a\nContent-Length: 5"),
    ("two carriage returns", "X: a\r\r\nContent-Length: 5"),
    ("a null byte", "X: a\0b"),
    ("a control byte", "X: a\x1bb"),
    ("a deleted byte", "X: a\x7fb"),
    ("a byte beyond ASCII", "X: é"),
    ("a folded line", "X: a\r\n b"),
    ("a line folded by a tab", "X: a\r\n\tb"),
    ("a folded coding", "Transfer-Encoding:\r\n chunked"),
    ("a space before the colon", "Content-Length : 0"),
    ("a tab before the colon", "Content-Length\t: 0"),
    ("a space before the name", " Content-Length: 0"),
    ("a name with a space", "Content Length: 0"),
    ("an empty name", ": 0"),
    ("a line without colon", "Content-Length"),
    ("a name with brackets", "X[]: 0"),
    ("a name with a slash", "X/Y: 0"),
    ("a second host", "Host: h"),
    ("a second host that is equal", "Host: g"),
    ("another expectation", "Expect: gzip"),
    ("an expectation and more", "Expect: 100-continue, x"),
];

/// Refused by the line that asks.
const LINES: &[(&str, &str, &str)] = &[
    ("two parts", "GET /v1/inputs", "http-framing"),
    ("four parts", "GET /v1/inputs x HTTP/1.1", "http-framing"),
    ("two spaces", "GET  /v1/inputs HTTP/1.1", "http-framing"),
    ("a space before", " GET /v1/inputs HTTP/1.1", "http-framing"),
    ("a space behind", "GET /v1/inputs HTTP/1.1 ", "http-framing"),
    ("tabs", "GET\t/v1/inputs\tHTTP/1.1", "http-framing"),
    ("no line", "", "http-framing"),
    ("no method", " /v1/inputs HTTP/1.1", "http-framing"),
    ("a small method", "get /v1/inputs HTTP/1.1", "http-framing"),
    (
        "a long method",
        "GETGETGETGETGETGETGET /v1/inputs HTTP/1.1",
        "http-framing",
    ),
    ("HTTP/1.0", "GET /v1/inputs HTTP/1.0", "http-version"),
    ("HTTP/1.2", "GET /v1/inputs HTTP/1.2", "http-version"),
    ("HTTP/2", "GET /v1/inputs HTTP/2.0", "http-version"),
    ("http/1.1", "GET /v1/inputs http/1.1", "http-version"),
    ("the preface of HTTP/2", "PRI * HTTP/2.0", "http-version"),
    (
        "another host",
        "GET http://h/v1/inputs HTTP/1.1",
        "http-target",
    ),
    (
        "the same host",
        "GET http://g/v1/inputs HTTP/1.1",
        "http-target",
    ),
    ("an authority", "GET g:80 HTTP/1.1", "http-target"),
    ("everything", "OPTIONS * HTTP/1.1", "http-target"),
    ("a fragment", "GET /v1/inputs#a HTTP/1.1", "http-target"),
    ("a backslash", "GET /v1\\inputs HTTP/1.1", "http-target"),
    ("an escape", "GET /v1/%69nputs HTTP/1.1", "http-target"),
    ("a dot", "GET /v1/./inputs HTTP/1.1", "http-target"),
    ("two dots", "GET /v1/x/../inputs HTTP/1.1", "http-target"),
    ("two slashes", "GET //v1/inputs HTTP/1.1", "http-target"),
    (
        "a query with a quote",
        "GET /v1/messages?a=\" HTTP/1.1",
        "http-target",
    ),
    ("a tunnel without end", "CONNECT / HTTP/1.1", "http-target"),
    (
        "a tunnel to an address",
        "CONNECT http://h/ HTTP/1.1",
        "http-target",
    ),
];

/// Refused inside a body in chunks.
const CHUNKS: &[(&str, &str)] = &[
    ("an extension", "2;a=b\r\n{}\r\n0\r\n\r\n"),
    ("an empty extension", "2;\r\n{}\r\n0\r\n\r\n"),
    ("a space behind the size", "2 \r\n{}\r\n0\r\n\r\n"),
    ("a space before the size", " 2\r\n{}\r\n0\r\n\r\n"),
    ("a signed size", "+2\r\n{}\r\n0\r\n\r\n"),
    ("a negative size", "-2\r\n{}\r\n0\r\n\r\n"),
    ("a prefix", "0x2\r\n{}\r\n0\r\n\r\n"),
    ("no size", "\r\n{}\r\n0\r\n\r\n"),
    ("no number", "g\r\n{}\r\n0\r\n\r\n"),
    ("seventeen digits", "00000000000000002\r\n{}\r\n0\r\n\r\n"),
    (
        "a size beyond 64 bits",
        "10000000000000002\r\n{}\r\n0\r\n\r\n",
    ),
    ("a bare line feed behind the size", "2\n{}\r\n0\r\n\r\n"),
    ("a bare carriage return", "2\r{}\r\n0\r\n\r\n"),
    ("a bare line feed behind the chunk", "2\r\n{}\n0\r\n\r\n"),
    ("a chunk that is too long", "2\r\n{}}\r\n0\r\n\r\n"),
    ("a bare line feed at the end", "2\r\n{}\r\n0\n\r\n"),
    ("a trailer", "2\r\n{}\r\n0\r\nX: a\r\n\r\n"),
    (
        "a length as trailer",
        "2\r\n{}\r\n0\r\nContent-Length: 9\r\n\r\n",
    ),
];

fn shapes(bearer: &str) -> Vec<Shape> {
    let fields = format!("Host: g\r\nAuthorization: Bearer {bearer}\r\n");
    let mut shapes: Vec<Shape> = Vec::new();
    let mut add = |what, text: String, rule| shapes.push((what, text.into_bytes(), rule));
    for (what, field) in FIELDS {
        add(
            what,
            format!("{GET}{fields}{field}\r\n\r\n"),
            "http-framing",
        );
        add(
            what,
            format!("{GET}{field}\r\n{fields}\r\n"),
            "http-framing",
        );
    }
    for (what, line, rule) in LINES {
        add(what, format!("{line}\r\n{fields}\r\n"), rule);
    }
    for (what, chunks) in CHUNKS {
        let chunked = "Transfer-Encoding: chunked";
        add(
            what,
            format!("{POST}{fields}{chunked}\r\n\r\n{chunks}"),
            "http-framing",
        );
    }
    for (what, field) in [
        ("a tunnel with no body", "Content-Length: 0"),
        ("a tunnel with a body", "Content-Length: 4"),
        ("a tunnel with chunks", "Transfer-Encoding: chunked"),
    ] {
        let connect = "CONNECT g:443 HTTP/1.1\r\nHost: g:443\r\n";
        let rest = format!("Proxy-Authorization: Bearer {bearer}\r\n{field}\r\n\r\nGET ");
        add(what, format!("{connect}{rest}"), "http-framing");
    }
    for (what, field) in [
        ("HTTP/2", "Upgrade: h2c"),
        ("a web socket", "Connection: Upgrade\r\nUpgrade: websocket"),
        (
            "settings of HTTP/2",
            "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
        ),
    ] {
        add(
            what,
            format!("{GET}{fields}{field}\r\n\r\n"),
            "http-upgrade",
        );
    }
    add(
        "no host",
        format!("{GET}Authorization: Bearer {bearer}\r\n\r\n"),
        "http-framing",
    );
    add(
        "two hosts in one",
        format!("{GET}Host: g h\r\n\r\n"),
        "http-framing",
    );
    add(
        "an empty line before",
        format!("\r\n{GET}{fields}\r\n"),
        "http-framing",
    );
    add(
        "line feeds only",
        format!("{GET}{fields}\r\n").replace('\r', ""),
        "http-framing",
    );
    add("HTTP/0.9", "GET /v1/inputs\r\n".to_owned(), "http-framing");
    add(
        "TLS",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}".to_owned(),
        "http-framing",
    );
    add(
        "a long field",
        format!("{GET}{fields}X: {}", "a".repeat(100_000)),
        "http-head",
    );
    let lines = "X: a\r\n".repeat(63);
    add(
        "65 fields",
        format!("{GET}{fields}{lines}\r\n"),
        "http-head",
    );
    shapes
}

/// Good requests, each as bytes, with the status that it has as the last of its connection.
fn good(bearer: &str) -> Vec<(&'static str, Vec<u8>, u16)> {
    let fields = format!("Host: g\r\nConnection: close\r\nAuthorization: Bearer {bearer}\r\n");
    let all = 16 * 1024 - GET.len() - fields.len() - "X: \r\n\r\n".len();
    let chunks = "1\r\n{\r\n0000000000000001\r\n}\r\n0\r\n\r\n";
    [
        ("a request", format!("{GET}{fields}\r\n"), 200),
        (
            "no body",
            format!("{GET}{fields}Content-Length: 0\r\n\r\n"),
            200,
        ),
        (
            "64 fields",
            format!("{GET}{fields}{}\r\n", "X: a\r\n".repeat(61)),
            200,
        ),
        (
            "16 KiB",
            format!("{GET}{fields}X: {}\r\n\r\n", "a".repeat(all)),
            200,
        ),
        (
            "plain fields",
            format!("{GET}{fields}!#$%&'*+-.^_`|~9aZ:\tx \t\r\nX:\r\n\r\n"),
            200,
        ),
        (
            "a body",
            format!("{POST}{fields}Content-Length: 2\r\n\r\n{{}}"),
            400,
        ),
        (
            "chunks",
            format!("{POST}{fields}Transfer-Encoding: chunked\r\n\r\n{chunks}"),
            400,
        ),
        (
            "an expected body",
            format!("{POST}{fields}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{{}}"),
            100,
        ),
    ]
    .map(|(what, text, status)| (what, text.into_bytes(), status))
    .into()
}

fn started() -> (Place, Gateway, String) {
    let place = Place::new(|_| ());
    let gateway = place.gateway();
    let bearer = place.start(&gateway, "0").1.unwrap();
    (place, gateway, bearer)
}

/// Waits until so many refusals stand in the record.
fn denied(place: &Place, count: usize) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(5) {
        if place.record().matches("\"request-denied\"").count() >= count {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    place.record().matches("\"request-denied\"").count() == count
}

#[test]
fn each_is_refused_by_its_rule_and_recorded() {
    let (place, gateway, bearer) = started();
    for (number, (what, bytes, rule)) in shapes(&bearer).into_iter().enumerate() {
        let (status, found) = exchange(&gateway.agent, &[&bytes], Duration::ZERO);
        assert_eq!(found, rule, "{what}: {status}");
        assert!(status >= 400, "{what}: {status}");
        assert!(denied(&place, number + 1), "{what} in the record");
    }
    for (what, bytes, status) in good(&bearer) {
        let (found, rule) = exchange(&gateway.agent, &[&bytes], Duration::ZERO);
        assert_eq!(found, status, "{what}: {rule}");
    }
    assert!(
        !place.record().contains(&bearer),
        "the record holds a bearer"
    );
    assert_eq!(place.verify().status.code(), Some(0));
}

/// The control port has the same reader.
#[test]
fn the_control_port_refuses_them_too() {
    let (_place, gateway, bearer) = started();
    for (what, bytes, rule) in shapes(&bearer) {
        let (status, found) = exchange(&gateway.control, &[&bytes], Duration::ZERO);
        // What is wrong inside a body is not looked at before the credential is.
        let early = ["http-framing", "http-target"].contains(&rule) && found == "credential";
        assert!(found == rule || early, "{what}: {status} {found}");
    }
}

/// What a watch finds in bytes that come in these pieces: how many go on, and the rule.
fn verdict(bytes: &[u8], cuts: &[usize]) -> (usize, Option<&'static str>) {
    let mut watch = Watch::default();
    let (mut good, mut end) = (0, 0);
    for cut in cuts.iter().copied().chain([bytes.len()]) {
        end = end.max(cut);
        let judged = watch.judge(&bytes[good..end]);
        good += judged.good;
        if let Some(refusal) = judged.refused {
            return (good, Some(refusal.rule()));
        }
    }
    (good, None)
}

#[test]
fn no_cut_changes_a_verdict() {
    let all = shapes("b")
        .into_iter()
        .map(|(what, bytes, _)| (what, bytes));
    let good = good("b").into_iter().map(|(what, bytes, _)| (what, bytes));
    for (what, bytes) in all.chain(good) {
        let whole = verdict(&bytes, &[]);
        for cut in 0..bytes.len() {
            assert_eq!(verdict(&bytes, &[cut]), whole, "{what}, cut at {cut}");
        }
        let each: Vec<usize> = (0..bytes.len()).collect();
        assert_eq!(verdict(&bytes, &each), whole, "{what}, byte by byte");
    }
}

/// The same over sockets, where a pause makes most of the pieces arrive alone.
#[test]
fn no_cut_changes_an_answer() {
    let (_place, gateway, bearer) = started();
    let good = good(&bearer)
        .into_iter()
        .map(|(what, bytes, _)| (what, bytes));
    let bad = shapes(&bearer)
        .into_iter()
        .map(|(what, bytes, _)| (what, bytes));
    for (number, (what, bytes)) in good.chain(bad).enumerate() {
        let whole = exchange(&gateway.agent, &[&bytes], Duration::ZERO);
        let half = (number * 7919) % bytes.len();
        let cut = [&bytes[..half], &bytes[half..]];
        let found = exchange(&gateway.agent, &cut, Duration::from_millis(2));
        assert_eq!(found, whole, "{what}, cut at {half}");
        if bytes.len() < 1000 {
            let each: Vec<&[u8]> = bytes.chunks(1).collect();
            let found = exchange(&gateway.agent, &each, Duration::from_micros(20));
            assert_eq!(found, whole, "{what}, byte by byte");
        }
    }
}

/// A bad request behind a good one has its own answer, and takes nothing from the one before it.
#[test]
fn requests_behind_each_other_are_judged_one_by_one() {
    let (_place, gateway, bearer) = started();
    let good = format!("{GET}Host: g\r\nAuthorization: Bearer {bearer}\r\n\r\n");
    for (what, bytes, rule) in shapes(&bearer) {
        let all = [good.as_bytes(), good.as_bytes(), &bytes].concat();
        let text = conversation(&gateway.agent, &[&all], Duration::ZERO);
        assert_eq!(text.matches("HTTP/1.1 200").count(), 2, "{what}: {text}");
        assert_eq!(text.matches("HTTP/1.1 ").count(), 3, "{what}: {text}");
        assert!(
            text.contains(&format!("\"rule\":\"{rule}\"")),
            "{what}: {text}"
        );
        // Nothing is read behind a refusal.
        let all = [&bytes, good.as_bytes()].concat();
        let text = conversation(&gateway.agent, &[&all], Duration::ZERO);
        assert!(!text.contains("HTTP/1.1 200"), "{what}: {text}");
    }
}

/// What stands behind a request for a tunnel is no request, whatever becomes of the tunnel.
#[test]
fn nothing_is_read_behind_a_tunnel_that_is_refused() {
    let (place, gateway, bearer) = started();
    let connect = format!(
        "CONNECT nowhere.example:443 HTTP/1.1\r\nHost: nowhere.example:443\r\nProxy-Authorization: Bearer {bearer}\r\n\r\n"
    );
    let smuggled = format!("{GET}Host: g\r\nAuthorization: Bearer {bearer}\r\n\r\n");
    for pause in [0, 50] {
        let pieces = [connect.as_bytes(), smuggled.as_bytes()];
        let text = conversation(&gateway.agent, &pieces, Duration::from_millis(pause));
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{text}");
        assert!(text.contains("\"rule\":\"egress\""), "{text}");
    }
    assert!(denied(&place, 2));
}
