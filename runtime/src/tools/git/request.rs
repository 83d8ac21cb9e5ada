//! What a client may ask of `git-upload-pack`: which branches there are, and objects. Nothing else of the protocol
//! passes, and above all no part that makes the client go elsewhere.

use super::pkt::{Malformed, Packet, Packets, text};
use crate::state::clone::is_commit;

/// Most lines of a request.
const MOST_LINES: usize = 400_000;

/// What may follow a `want` of version 0, `NAME` or `NAME=VALUE`.
const CAPABILITIES: [&str; 15] = [
    "multi_ack",
    "multi_ack_detailed",
    "no-done",
    "side-band",
    "side-band-64k",
    "thin-pack",
    "no-progress",
    "include-tag",
    "ofs-delta",
    "deepen-since",
    "deepen-not",
    "deepen-relative",
    "filter",
    "agent",
    "object-format",
];

/// Whether the body of a request is one that may pass, in this version.
///
/// # Errors
/// Anything else.
pub fn check(body: &[u8], second: bool) -> Result<(), Malformed> {
    let mut lines = 0_usize;
    let counted = Packets::new(body).inspect(|_| lines += 1);
    match second {
        true => version_2(counted)?,
        false => version_0(counted)?,
    }
    if lines > MOST_LINES {
        Err(Malformed)
    } else {
        Ok(())
    }
}

type Read<'b> = Result<Packet<'b>, Malformed>;

/// One command, its capabilities, its arguments, the end.
fn version_2<'b>(mut packets: impl Iterator<Item = Read<'b>>) -> Result<(), Malformed> {
    let fetch = match line(packets.next())? {
        "command=ls-refs" => false,
        "command=fetch" => true,
        _ => return Err(Malformed),
    };
    let mut arguments = false;
    loop {
        match packets.next().ok_or(Malformed)?? {
            Packet::Flush => break,
            Packet::Between if !arguments => arguments = true,
            Packet::Between => return Err(Malformed),
            Packet::Data(data) => {
                let line = text(data).ok_or(Malformed)?;
                let fine = match (arguments, fetch) {
                    (false, _) => is_capability_2(line),
                    (true, false) => is_listing(line),
                    (true, true) => is_fetching(line),
                };
                if !fine {
                    return Err(Malformed);
                }
            }
        }
    }
    packets.next().map_or(Ok(()), |_| Err(Malformed))
}

fn is_capability_2(line: &str) -> bool {
    let name = line.split_once('=').map(|(name, _)| name);
    matches!(name, Some("agent" | "object-format" | "session-id"))
}

fn is_listing(line: &str) -> bool {
    matches!(line, "peel" | "symrefs" | "unborn") || line.starts_with("ref-prefix ")
}

fn is_fetching(line: &str) -> bool {
    let word = matches!(
        line,
        "done"
            | "thin-pack"
            | "no-progress"
            | "include-tag"
            | "ofs-delta"
            | "deepen-relative"
            | "sideband-all"
            | "wait-for-done"
    );
    word || is_wish(line) || line.starts_with("want-ref refs/")
}

/// Lines of both versions.
fn is_wish(line: &str) -> bool {
    let Some((word, value)) = line.split_once(' ') else {
        return false;
    };
    match word {
        "want" | "have" | "shallow" => is_commit(value),
        "deepen" | "deepen-since" => value.len() < 20 && value.bytes().all(|b| b.is_ascii_digit()),
        "deepen-not" => value.starts_with("refs/"),
        "filter" => value.len() < 256 && value.bytes().all(|b| b.is_ascii_graphic()),
        _ => false,
    }
}

/// Wishes, of which the first names capabilities, and what the client has; nothing at all is a probe.
fn version_0<'b>(packets: impl Iterator<Item = Read<'b>>) -> Result<(), Malformed> {
    let mut wanted = false;
    for packet in packets {
        let data = match packet? {
            Packet::Flush => continue,
            Packet::Between => return Err(Malformed),
            Packet::Data(data) => text(data).ok_or(Malformed)?,
        };
        let fine = match (wanted, data.split_once(' ')) {
            (false, Some(("want", rest))) => {
                wanted = true;
                let mut words = rest.split(' ');
                words.next().is_some_and(is_commit) && words.all(is_capability_0)
            }
            (false, _) => false,
            (true, _) => data == "done" || is_wish(data),
        };
        if !fine {
            return Err(Malformed);
        }
    }
    Ok(())
}

fn is_capability_0(word: &str) -> bool {
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    name.is_empty() || CAPABILITIES.contains(&name)
}

fn line<'b>(packet: Option<Read<'b>>) -> Result<&'b str, Malformed> {
    match packet.ok_or(Malformed)?? {
        Packet::Data(data) => text(data).ok_or(Malformed),
        Packet::Flush | Packet::Between => Err(Malformed),
    }
}
