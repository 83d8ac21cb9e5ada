//! Broken bytes for every reader of strangers' bytes in the runtime, and what must hold whatever the bytes are.
//!
//! A [`Target`] is one reader: bytes that it takes, words of its grammar, and a check. [`input`] breaks the bytes.

mod answers;
mod front;
mod git;
mod handed;
mod hello;
mod json;
mod mcp;
mod models;
mod names;
mod page;
mod record;
mod signature;
mod step;
mod stream;

use crate::random::Random;

/// One reader.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// Bytes that it takes, and some that it refuses.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Pieces of its grammar.
    pub words: &'static [&'static str],
    /// Reads the bytes: whether they were taken, or what does not hold.
    pub check: fn(&[u8], &mut Random) -> Result<bool, String>,
}

/// All of them. A new reader is a file of [`crate::fuzz`] and a line here.
pub const TARGETS: &[Target] = &[
    answers::RETRY,
    answers::TOLD,
    front::TARGET,
    git::PACKETS,
    git::REQUEST,
    git::TIP,
    git::REPOSITORY,
    handed::INPUTS,
    handed::OUTBOX,
    handed::SUBMISSION,
    hello::TARGET,
    json::STRICT,
    json::CONTRACT,
    mcp::MESSAGE,
    mcp::ARGUMENTS,
    mcp::SCHEMA,
    models::MESSAGES,
    models::COUNT,
    models::CHAT,
    models::RESPONSES,
    models::EMBEDDINGS,
    models::GENERATE,
    models::GENERATE_COUNT,
    models::USAGE,
    names::HOST,
    names::ADDRESS,
    names::FILE,
    names::SCAN,
    page::TARGET,
    record::TARGET,
    signature::TARGET,
    step::TARGET,
    stream::TARGET,
];

/// Bytes that have been trouble somewhere, for every target.
const NASTY: &[&[u8]] = &[
    b"\0",
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b" ",
    b"\t",
    b"\x0b",
    b"\x1b",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"%00",
    b"\\",
    b"\"",
    b"../",
    b"-1",
    b"0",
    b"00",
    b"18446744073709551616",
    b"1e999",
    b"\xff\xff\xff\xff",
];

/// Most bytes of an input.
const LARGEST: usize = 1 << 16;

/// Bytes for a target: a seed of its, broken by up to six changes; or words of its grammar only.
pub fn input(target: &Target, seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    if random.below(16) == 0 {
        let count = random.below(24);
        return (0..count).flat_map(|_| word(target, random)).collect();
    }
    let mut bytes = random.of(seeds).clone();
    let times = [0, 1, 1, 1, 2, 2, 3, 6][random.below(8)];
    for _ in 0..times {
        change(target, seeds, &mut bytes, random);
        bytes.truncate(LARGEST);
    }
    bytes
}

fn word(target: &Target, random: &mut Random) -> Vec<u8> {
    if target.words.is_empty() || random.below(4) == 0 {
        random.of(NASTY).to_vec()
    } else {
        random.of(target.words).as_bytes().to_vec()
    }
}

/// A piece of these bytes, short more often than long.
fn piece(length: usize, random: &mut Random) -> std::ops::Range<usize> {
    let from = random.below(length + 1);
    let most = [1, 4, 16, 64, 1024, LARGEST][random.below(6)];
    let count = random.below(most.min(length - from) + 1);
    from..from + count
}

fn change(target: &Target, seeds: &[Vec<u8>], bytes: &mut Vec<u8>, random: &mut Random) {
    let at = piece(bytes.len(), random);
    match random.below(10) {
        0 => drop(bytes.drain(at)),
        1 => {
            let copy = bytes[at.clone()].to_vec();
            let times = 1 + random.below(4);
            drop(bytes.splice(at.end..at.end, copy.repeat(times)));
        }
        2 => {
            let other = random.of(seeds);
            let from = piece(other.len(), random);
            drop(bytes.splice(at, other[from].iter().copied()));
        }
        3 => bytes.truncate(at.start),
        4 | 5 => drop(bytes.splice(at.start..at.start, word(target, random))),
        6 => drop(bytes.splice(at, word(target, random))),
        7 => {
            if let Some(byte) = bytes.get_mut(at.start) {
                *byte = u8::try_from(random.below(256)).unwrap_or_default();
            }
        }
        8 => {
            if let Some(byte) = bytes.get_mut(at.start) {
                *byte ^= 1 << random.below(8);
            }
        }
        _ => {
            let to = random.below(bytes.len() + 1);
            let moved: Vec<u8> = bytes.drain(at).collect();
            let to = to.min(bytes.len());
            drop(bytes.splice(to..to, moved));
        }
    }
}

/// The bytes in pieces, cut anywhere; at times byte by byte.
fn pieces<'a>(bytes: &'a [u8], random: &mut Random) -> Vec<&'a [u8]> {
    if bytes.len() < 512 && random.below(4) == 0 {
        return bytes.chunks(1).collect();
    }
    let mut cuts: Vec<usize> = (0..random.below(8))
        .map(|_| random.below(bytes.len() + 1))
        .collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2)
        .map(|pair| &bytes[pair[0]..pair[1]])
        .collect()
}

/// The bytes again and again, up to the largest input: what is not linear takes longer than a run may.
fn many(bytes: &[u8]) -> Vec<u8> {
    bytes.repeat(LARGEST / bytes.len().max(1))
}

/// Nothing, or what does not hold.
fn hold(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}
