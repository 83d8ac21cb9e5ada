//! Streams of events, cut anywhere.

use crate::model::sse::{Event, Parser};
use proptest::prelude::*;

/// The events, and all bytes in order.
fn cut(pieces: &[&[u8]], most: usize) -> (Vec<Event>, Vec<u8>) {
    let mut parser = Parser::new(most);
    let (mut events, mut bytes) = (Vec::new(), Vec::new());
    for piece in pieces {
        for block in parser.push(piece).unwrap() {
            bytes.extend(block.raw);
            events.extend(block.event);
        }
    }
    bytes.extend(parser.rest());
    (events, bytes)
}

fn pairs(stream: &str) -> Vec<(String, String)> {
    let events = cut(&[stream.as_bytes()], 1_000).0;
    events.into_iter().map(|e| (e.name, e.data)).collect()
}

#[test]
fn events_as_the_standard_reads_them() {
    let cases: [(&str, &[(&str, &str)]); 16] = [
        ("data: a\n\n", &[("", "a")]),
        ("event: x\ndata: a\n\n", &[("x", "a")]),
        (
            "event: x\r\ndata: a\r\n\r\ndata: b\r\n\r\n",
            &[("x", "a"), ("", "b")],
        ),
        ("data: a\r\rdata: b\r\r", &[("", "a"), ("", "b")]),
        ("data: a\r\n\ndata: b\n\r\n", &[("", "a"), ("", "b")]),
        ("data: a\ndata: b\ndata\n\n", &[("", "a\nb\n")]),
        (": comment\n\n", &[]),
        (": comment\ndata:a\n: more\n\n", &[("", "a")]),
        ("data:  a\n\n", &[("", " a")]),
        ("\u{feff}data: a\n\n\u{feff}data: b\n\n", &[("", "a")]),
        ("event: x\n\ndata: a\n\n", &[("", "a")]),
        ("event: x\nevent: y\ndata: a\n\n", &[("y", "a")]),
        (
            "id: 1\nretry: 5\nDATA: no\ndata : no\ndata: a\n\n",
            &[("", "a")],
        ),
        ("data: a", &[]),
        ("data: a\n", &[]),
        ("\n\n\r\r\n", &[]),
    ];
    for (stream, expected) in cases {
        let expected: Vec<_> = expected
            .iter()
            .map(|(n, d)| ((*n).to_owned(), (*d).to_owned()))
            .collect();
        assert_eq!(pairs(stream), expected, "{stream:?}");
    }
}

#[test]
fn a_line_feed_that_comes_at_once_stays_with_its_event() {
    let mut parser = Parser::new(100);
    let blocks = parser.push(b"data: a\r\n\r\ndata: b\r\n\r\n").unwrap();
    assert_eq!(blocks[0].raw, b"data: a\r\n\r\n");
    assert_eq!(blocks[1].raw, b"data: b\r\n\r\n");
    assert_eq!(parser.rest(), b"");
}

#[test]
fn what_is_too_long_is_an_error_and_stays_one() {
    for stream in [
        "x".repeat(1_000),
        format!("data: {}\n\n", "x".repeat(100)),
        "data: x\n".repeat(20),
        ": x\n".repeat(40),
    ] {
        let mut whole = Parser::new(100);
        assert_eq!(whole.push(stream.as_bytes()).unwrap_err().most, 100);
        assert!(whole.push(b"data: a\n\n").is_err());
        let mut parser = Parser::new(100);
        let failed = stream
            .as_bytes()
            .iter()
            .any(|b| parser.push(&[*b]).is_err());
        assert!(failed && parser.rest().len() <= 100);
    }
    let mut parser = Parser::new(9);
    assert_eq!(parser.push(b"data: a\n\ndata: b\n\n").unwrap().len(), 2);
    assert!(Parser::new(8).push(b"data: a\n\n").is_err());
    assert!(Parser::new(0).push(b"\n").is_err());
}

#[test]
fn bytes_that_are_no_text_are_events_too() {
    let (events, bytes) = cut(&[b"data: \xff\xfe\0\n\n"], 100);
    assert_eq!(events[0].data, "\u{fffd}\u{fffd}\0");
    assert_eq!(bytes, b"data: \xff\xfe\0\n\n");
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let part = prop::sample::select(vec![
        "data",
        "event",
        ":",
        " ",
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "\r\n\r\n",
        "x",
        "é",
        "\u{feff}",
        "{\"a\":1}",
        "id: 3",
        "data: a",
        "event: b",
        "[DONE]",
        "\0",
    ]);
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat().into_bytes())
}

proptest! {
    #[test]
    fn any_split_gives_the_same_events(stream in stream(), cuts in prop::collection::vec(0_usize..200, 0..12)) {
        let whole = cut(&[&stream], 10_000);
        prop_assert_eq!(&whole.1, &stream);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(stream.len())).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &stream[w[0]..w[1]]).collect();
        prop_assert_eq!(&cut(&pieces, 10_000), &whole);
        let single: Vec<&[u8]> = stream.chunks(1).collect();
        prop_assert_eq!(cut(&single, 10_000), whole);
    }

    /// As the standard says it, line by line over the whole stream.
    #[test]
    fn events_are_those_of_a_plain_reader(stream in stream()) {
        prop_assert_eq!(cut(&[&stream], 10_000).0, plain(&stream));
    }
}

fn plain(stream: &[u8]) -> Vec<Event> {
    let text = String::from_utf8_lossy(stream)
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (mut events, mut name, mut data) = (Vec::new(), String::new(), None::<String>);
    let Some((lines, _open)) = text.rsplit_once('\n') else {
        return events;
    };
    for line in lines.split('\n') {
        if line.is_empty() {
            let name = std::mem::take(&mut name);
            events.extend(data.take().map(|data| Event { name, data }));
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match (field, &mut data) {
            ("event", _) => name = value.to_owned(),
            ("data", Some(data)) => *data = format!("{data}\n{value}"),
            ("data", none) => *none = Some(value.to_owned()),
            _ => {}
        }
    }
    events
}
