//! Who changes a record is found out.

use super::super::log::{Log, Unopened};
use super::super::rule::Rule;
use super::super::verify::verify;
use super::super::{chain::Chain, read};
use super::{Folder, denied, opened, small, write};
use crate::digest::sha256;
use crate::record::Event;

fn read(bytes: &[u8]) -> Result<(u64, u64), (u64, &'static str)> {
    let mut chain = Chain::default();
    match read::lines(bytes, &mut chain, |_| {}) {
        Ok(end) => Ok((chain.lines(), end.torn)),
        Err(broken) => Err((broken.line, broken.rule())),
    }
}

#[test]
fn every_change_of_one_byte_is_detected() {
    let log = small().concat();
    assert_eq!(read(&log), Ok((3, 0)));
    for at in 0..log.len() {
        // Each bit, and the bytes that mean something in a line.
        let bits = (0..8).map(|bit| log[at] ^ (1 << bit));
        for byte in bits.chain(*b"\n\"\\{},: 09af\0\xff") {
            if byte == log[at] {
                continue;
            }
            let mut changed = log.clone();
            changed[at] = byte;
            let verdict = read(&changed);
            let text = char::from(changed[at]);
            assert!(verdict.is_err(), "byte {at} to {text:?}: {verdict:?}");
        }
    }
}

#[test]
fn every_cut_is_a_torn_tail_and_loses_only_the_line_that_was_cut() {
    let lines = small();
    let log = lines.concat();
    let folder = Folder::new();
    for cut in 0..log.len() {
        let (mut whole, mut bytes) = (0, 0);
        while bytes + lines[whole].len() <= cut {
            bytes += lines[whole].len();
            whole += 1;
        }
        write(&folder.file(), &log[..cut]);
        let (opened, events) = Log::open(&folder.file()).unwrap();
        opened.close().unwrap();
        assert_eq!(events.len(), whole, "cut at {cut}");
        assert_eq!(std::fs::read(folder.file()).unwrap(), log[..bytes]);
    }
}

#[test]
fn a_tail_that_no_crash_leaves_is_refused() {
    let lines = small();
    let log = lines.concat();
    let without = &log[..log.len() - 1];
    let long = vec![b'x'; super::super::chain::MOST_LINE];
    for (tail, rule) in [
        (&b"x"[..], "tail"),
        (b"{\"seq\":3,\"time\":", "tail"),
        (b"{\"seq\":44", "tail"),
        (b"\0x", "tail"),
        (b"{\"seq\":4,\"time\":1\0x{", "torn"),
        (b"{\"seq\":4\0\0", "torn"),
        (b"\0\0\0", "torn"),
        (&long, "too-long"),
    ] {
        let folder = Folder::new();
        let text = [&log, tail].concat();
        write(&folder.file(), &text);
        assert_eq!(verify(&folder.file()).unwrap_err().rule(), rule);
        match (rule, Log::open(&folder.file())) {
            ("torn", Ok((log, events))) => {
                assert_eq!(events.len(), 3);
                log.close().unwrap();
            }
            (_, Err(Unopened::Broken(broken))) => {
                assert_eq!((broken.line, broken.rule()), (4, rule));
                assert_eq!(std::fs::read(folder.file()).unwrap(), text, "left alone");
            }
            (_, other) => panic!("{rule}: {:?}", other.map(|(_, e)| e)),
        }
    }
    for after in [&b"\0"[..], b" ", b"\r", b"}", b"\0\0\0\0"] {
        let text = [without, after].concat();
        assert_eq!(read(&text), Err((3, "tail")), "{after:?}");
    }
}

/// A line with a hash that is right for its bytes.
fn forge(body: &str) -> Vec<u8> {
    let hash = sha256(format!("{body}}}"));
    format!("{body},\"hash\":\"{hash}\"}}\n").into_bytes()
}

#[test]
fn each_rule_is_named() {
    let [first, second, third] = small().try_into().unwrap();
    let hash = &String::from_utf8(first.clone()).unwrap()[first.len() - 67..first.len() - 3];
    let event = serde_json::to_string(&denied("x")).unwrap();
    let frame = |seq: &str, time: &str, prev: &str, event: &str| {
        forge(&format!(
            "{{\"seq\":{seq},\"time\":{time},\"prev\":\"{prev}\",\"event\":{event}"
        ))
    };
    let twice = event.replacen("\"rule\"", "\"rule\":\"a\",\"rule\"", 1);
    let hidden = event.replacen("\"rule\"", "\"rule\":\"a\",\"\\u0072ule\"", 1);
    let more = event.replacen("\"rule\"", "\"more\":1,\"rule\"", 1);
    let other = Event::RunOpened(crate::record::event::RunOpened {
        uid: "other".to_owned(),
        ..opened()
    });
    let other = serde_json::to_string(&other).unwrap();
    let escaped = event.replace('x', "\\u0078");
    let zeros = "0".repeat(64);
    let upper = hash.to_uppercase();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("bad-json", b"\n".to_vec()),
        ("bad-json", b"{}}\n".to_vec()),
        ("bad-json", b"{\"seq\":\n".to_vec()),
        ("bad-json", b"\xff\n".to_vec()),
        ("malformed", b"[]\n".to_vec()),
        ("malformed", b"{}\n".to_vec()),
        ("malformed", frame("2.0", "5", hash, &event)),
        ("malformed", frame("-2", "5", hash, &event)),
        ("malformed", frame("2", "5", hash, "{\"kind\":\"other\"}")),
        ("malformed", frame("2", "5", hash, "null")),
        ("key-twice", frame("2", "5", hash, &twice)),
        ("key-twice", frame("2", "5", hash, &hidden)),
        ("key-twice", frame("2,\"seq\":2", "5", hash, &event)),
        ("unknown-field", frame("2", "5", hash, &more)),
        ("unknown-field", frame("2,\"note\":1", "5", hash, &event)),
        ("sequence", frame("3", "5", hash, &event)),
        ("sequence", frame("1", "5", hash, &event)),
        ("sequence", first.clone()),
        ("sequence", third.clone()),
        ("previous-hash", frame("2", "5", &zeros, &event)),
        ("previous-hash", frame("2", "5", &upper, &event)),
        ("not-canonical", frame(" 2", "5", hash, &event)),
        ("not-canonical", frame("2", "5", hash, &escaped)),
        ("time", frame("2", "4", hash, &event)),
        ("other-run", frame("2", "5", hash, &other)),
        ("own-hash", {
            let mut line = frame("2", "5", hash, &event);
            let at = line.len() - 4;
            line[at] = if line[at] == b'0' { b'1' } else { b'0' };
            line
        }),
    ];
    for (rule, line) in cases {
        let text = String::from_utf8_lossy(&line).into_owned();
        let verdict = read(&[&first[..], &line, &third].concat());
        assert_eq!(verdict, Err((2, rule)), "{text}");
    }
    assert_eq!(
        read(&[&first[..], &frame("2", "5", hash, &event)].concat()),
        Ok((2, 0))
    );
    assert_eq!(read(&[&second[..], &first].concat()), Err((1, "sequence")));
    assert_eq!(read(&[&first[..], &third].concat()), Err((2, "sequence")));
    assert_eq!(read(&frame("1", "5", &zeros, &event)), Err((1, "no-run")));
}

#[test]
fn a_line_of_any_length_is_bounded() {
    let mut text = small().concat();
    text.extend(std::iter::repeat_n(b'a', super::super::chain::MOST_LINE));
    text.push(b'\n');
    assert_eq!(read(&text), Err((4, "too-long")));
    let mut deep = small().concat();
    deep.extend(std::iter::repeat_n(b'[', 100_000));
    deep.push(b'\n');
    assert_eq!(read(&deep), Err((4, "bad-json")));
}

#[test]
fn verify_tells_what_there_is() {
    let folder = Folder::new();
    let lines = small();
    write(&folder.file(), &lines.concat());
    let summary = verify(&folder.file()).unwrap();
    assert_eq!((summary.lines, summary.first, summary.last), (3, 5, 5));
    assert_eq!(summary.run, opened());
    let last = String::from_utf8(lines[2].clone()).unwrap();
    assert!(last.contains(&format!("\"hash\":\"{}\"", summary.hash)));
    let kinds: Vec<_> = summary.events.into_iter().collect();
    assert_eq!(
        kinds,
        [("request-denied", 1), ("run-opened", 1), ("submission", 1)]
    );
    write(&folder.file(), b"");
    assert_eq!(verify(&folder.file()).unwrap_err().rule, Rule::NoRun);
    std::fs::remove_file(folder.file()).unwrap();
    assert_eq!(verify(&folder.file()).unwrap_err().rule(), "unreadable");
}

/// The form is for other readers too: this hash was computed by another program.
#[test]
fn the_form_of_a_line_is_pinned() {
    let (zeros, b, c) = ("0".repeat(64), "b".repeat(64), "c".repeat(64));
    let expected = format!(
        "{{\"seq\":1,\"time\":5,\"prev\":\"{zeros}\",\"event\":{{\"kind\":\"run-opened\",\
         \"uid\":\"34f30468-bff5-4185-9f89-33119f4650fd\",\"bundle\":\"{b}\",\"contract\":\"{c}\",\
         \"time\":1000}},\
         \"hash\":\"36d541d2d28aa6103c9aac6415119fc9911ca914cabf9b18a85b02f23e142908\"}}\n"
    );
    assert_eq!(String::from_utf8(small().remove(0)).unwrap(), expected);
}

#[test]
fn an_event_of_any_content_is_read_as_it_was_written() {
    let max = u64::MAX;
    let odd = "\0\u{1}\n\r\t\"\\/\u{7f}\u{2028}\u{feff}\u{1f600},\"hash\":\"";
    let text = format!("{odd}{}\"}}\n", "0".repeat(64));
    let mut chain = Chain::default();
    let mut lines = Vec::new();
    let events = [
        Event::RunOpened(opened()),
        denied(&text),
        Event::Submission {
            cycle: u32::MAX,
            document: text,
        },
        Event::Settled(crate::record::event::Settled {
            reservation: max,
            turns: max,
            input_tokens: max,
            output_tokens: max,
            micros: max,
            traffic: max,
        }),
    ];
    for event in &events {
        let json = serde_json::to_string(event).unwrap();
        lines.extend(chain.write(max, event.opens(), &json).unwrap());
    }
    let (mut read, mut again) = (Vec::new(), Chain::default());
    read::lines(&lines[..], &mut again, |line| read.push(line.event)).unwrap();
    assert_eq!(read, events);
    assert_eq!(again, chain);
}
