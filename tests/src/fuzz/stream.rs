//! Server-sent events.

use super::{Target, hold, pieces};
use crate::random::Random;
use pure_agent_runtime::model::sse::{Event, Parser, TooLong};

pub(super) const TARGET: Target = Target {
    name: "sse",
    seeds,
    words: &[
        "data: ",
        "data\n",
        "event: x\n",
        "event",
        ": comment\n",
        "id: 1\n",
        "retry: 5\r\n",
        "\n\n",
        "\r\r",
        "{\"a\":1}",
        "[DONE]",
    ],
    check,
};

/// Bound of an event.
const MOST: usize = 512;

fn seeds() -> Vec<Vec<u8>> {
    [
        "event: message_start\ndata: {\"type\":\"message_start\"}\n\nevent: ping\ndata: {}\n\n",
        "data: {\"a\":1}\r\n\r\ndata: [DONE]\r\n\r\n",
        "\u{feff}: hello\rdata: a\rdata: b\r\rdata\r\r",
        "data: é\u{1f600}\n\ndata: open",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

fn read(pieces: &[&[u8]]) -> Result<(Vec<Event>, Vec<u8>), TooLong> {
    let mut parser = Parser::new(MOST);
    let (mut events, mut raw) = (Vec::new(), Vec::new());
    for piece in pieces {
        for block in parser.push(piece)? {
            raw.extend(block.raw);
            events.extend(block.event);
        }
    }
    raw.extend_from_slice(parser.rest());
    Ok((events, raw))
}

fn check(bytes: &[u8], random: &mut Random) -> Result<bool, String> {
    let (whole, cut) = (read(&[bytes]), read(&pieces(bytes, random)));
    match (&whole, &cut) {
        (Ok((events, raw)), Ok((others, other))) => {
            hold(events == others, "the events depend on the pieces")?;
            hold(raw == bytes && other == bytes, "a byte is lost")?;
        }
        // One line feed is counted for one event or the next, by where it was cut.
        _ => hold(bytes.len() >= MOST, "a short stream is too long")?,
    }
    Ok(whole.is_ok_and(|(events, _)| !events.is_empty()))
}
