//! The first bytes of a tunnel.

use super::{Target, hold, pieces};
use crate::random::Random;
use pure_agent_runtime::net::hello::{Hello, Progress, Watch};
use pure_agent_runtime::net::host::Host;

pub(super) const TARGET: Target = Target {
    name: "hello",
    seeds,
    words: &[
        "\u{16}\u{3}\u{1}",
        "\u{16}\u{3}\u{3}\0\u{1}",
        "\u{1}\0\0",
        "\0\0\0\u{10}\0\u{e}\0\0\u{b}example.com",
        "\u{0}\u{0}",
        "\u{3}\u{3}",
        "example.com",
        "evil.example",
        "\u{17}\u{3}\u{3}\0\u{5}",
    ],
    check,
};

const HOST: &str = "example.com";

fn seeds() -> Vec<Vec<u8>> {
    let good = record(&message(&[name(HOST)]));
    let long = message(&[name(HOST), extension(0xff01, &[0; 300])]);
    let spread: Vec<u8> = long.chunks(100).flat_map(record).collect();
    let data = [0x17, 3, 3, 0, 2, 9, 9];
    vec![
        good.clone(),
        [&good[..], &data].concat(),
        [&good[..], &[0x14, 3, 3, 0, 1, 1], &good].concat(),
        spread,
        record(&message(&[name("evil.example")])),
        record(&message(&[])),
        record(&message(&[name(HOST), extension(0xfe0d, &[0; 8])])),
    ]
}

/// Bytes behind their number in two bytes.
fn long(bytes: &[u8]) -> Vec<u8> {
    let count = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&count[..], bytes].concat()
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &long(content)].concat()
}

fn name(host: &str) -> Vec<u8> {
    extension(0, &long(&[&[0][..], &long(host.as_bytes())].concat()))
}

/// A ClientHello of TLS 1.2 and 1.3 with these extensions beside those that every client has.
fn message(extensions: &[Vec<u8>]) -> Vec<u8> {
    let usual = [
        extension(10, &long(&[0, 29])),
        extension(13, &long(&[4, 3, 8, 4])),
        extension(43, &[4, 3, 4, 3, 3]),
        extension(51, &long(&[&[0, 29][..], &long(&[7; 32])].concat())),
    ];
    let all = [extensions, &usual].concat().concat();
    let body = [
        &[3, 3][..],
        &[5; 32],
        &[0],
        &long(&[0x13, 1, 0xc0, 0x2b]),
        &[1, 0],
        &long(&all),
    ]
    .concat();
    let count = u32::try_from(body.len()).unwrap_or(0).to_be_bytes();
    [&[1][..], &count[1..], &body].concat()
}

fn record(content: &[u8]) -> Vec<u8> {
    [&[0x16, 3, 1][..], &long(content)].concat()
}

/// What is said of the pieces, and how many bytes the hello has if it is good.
fn follow(pieces: &[&[u8]], host: &Host) -> (Progress, usize, bool) {
    let mut hello = Hello::new(host);
    let mut watch: Option<Watch> = None;
    let (mut length, mut later) = (0, true);
    for piece in pieces {
        if let Some(watch) = &mut watch {
            later = later && watch.pass(piece).is_ok();
        } else if hello.push(piece) == Progress::Good {
            length = hello.bytes().len() - hello.behind().len();
            let mut next = Watch::new(host);
            later = next.pass(hello.behind()).is_ok();
            watch = Some(next);
        }
    }
    (hello.push(&[]), length, later)
}

fn check(bytes: &[u8], random: &mut Random) -> Result<bool, String> {
    let host = Host::parse(HOST).map_err(|e| e.to_string())?;
    let whole = follow(&[bytes], &host);
    let cut = follow(&pieces(bytes, random), &host);
    hold(whole == cut, "the verdict depends on the pieces")?;
    if whole.0 == Progress::Good {
        let text = bytes[..whole.1].to_ascii_lowercase();
        let named = text.windows(HOST.len()).any(|part| part == HOST.as_bytes());
        // The name may be cut by the head of a record.
        let spread = bytes[..whole.1]
            .windows(2)
            .filter(|pair| *pair == [0x16, 3])
            .count()
            > 1;
        hold(named || spread, "a hello to somebody else passes")?;
    }
    Ok(whole.0 == Progress::Good)
}
