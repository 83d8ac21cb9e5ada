//! The record: whoever cannot make hashes cannot change it.

use super::{Target, hold};
use crate::random::Random;
use pure_agent_runtime::record::Event;
use pure_agent_runtime::record::chain::Chain;
use pure_agent_runtime::record::event::{Request, RunOpened};
use pure_agent_runtime::record::read::lines;
use std::sync::OnceLock;

pub(super) const TARGET: Target = Target {
    name: "record",
    seeds,
    words: &[
        "{\"seq\":1,",
        "\"time\":0,",
        "\"prev\":\"",
        "\"event\":{",
        "\"hash\":\"",
        "\"}\n",
        "\n",
        "0000000000000000",
    ],
    check,
};

fn known() -> &'static Vec<Vec<u8>> {
    static KNOWN: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    KNOWN.get_or_init(|| (0..4).map(written).collect())
}

fn seeds() -> Vec<Vec<u8>> {
    known().clone()
}

/// A record of so many lines more than one.
fn written(count: u64) -> Vec<u8> {
    let run = Event::RunOpened(RunOpened {
        uid: "34f30468-bff5-4185-9f89-33119f4650fd".to_owned(),
        bundle: "b".repeat(64),
        contract: "c".repeat(64),
        time: 1,
    });
    let denied = |n: u64| {
        Event::RequestDenied(Request {
            cycle: None,
            agent: None,
            rule: "path".to_owned(),
            target: format!("GET /{n}"),
        })
    };
    let mut chain = Chain::default();
    let mut text = Vec::new();
    for (time, event) in (1..).zip([run].into_iter().chain((0..count).map(denied))) {
        let event_text = serde_json::to_string(&event).unwrap_or_else(|e| panic!("{e}"));
        let line = chain.write(time, event.opens(), &event_text);
        text.extend(line.unwrap_or_else(|e| panic!("{e:?}")));
    }
    text
}

fn check(bytes: &[u8], _: &mut Random) -> Result<bool, String> {
    let mut count = 0;
    let mut chain = Chain::default();
    let read = lines(bytes, &mut chain, |_| count += 1);
    hold(chain.lines() == count, "a line that nobody is told of")?;
    let own = bytes
        .split_inclusive(|b| *b == b'\n')
        .take(usize::try_from(count).unwrap_or(0));
    let own = own.collect::<Vec<_>>().concat();
    let written = known().iter().any(|text| text.starts_with(&own));
    hold(written, "lines that nobody wrote")?;
    if let Ok(end) = read {
        let all = usize::try_from(end.whole + end.torn).ok();
        hold(all == Some(bytes.len()), "a part is neither whole nor torn")?;
    }
    Ok(count > 0)
}
