//! Where in a stream something stands that may count.

use super::super::Protocol;
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// Words without which an event counts for nothing.
type Words = LazyLock<Vec<Finder<'static>>>;

static MESSAGES: Words = LazyLock::new(|| words(&["message_", "error"]));
static CHAT: Words = LazyLock::new(|| words(&["usage", "error", "[DONE]"]));
static RESPONSES: Words = LazyLock::new(|| {
    words(&[
        "response.completed",
        "response.incomplete",
        "response.failed",
    ])
});

/// A key or a type can be spelled otherwise by escapes only, and those that stand for letters begin so.
const ESCAPE: &str = "\\u";

fn words(words: &[&'static str]) -> Vec<Finder<'static>> {
    let all = words.iter().chain([&ESCAPE]);
    all.map(|word| Finder::new(*word)).collect()
}

/// The places of a piece at which such a word begins, in order; none: all of it counts.
pub(super) struct Skim(Option<Vec<usize>>);

impl Skim {
    /// Looks through a piece.
    pub(super) fn of(protocol: Protocol, piece: &[u8]) -> Self {
        let words = match protocol {
            Protocol::Messages => &MESSAGES,
            Protocol::Chat => &CHAT,
            Protocol::Responses => &RESPONSES,
            Protocol::Embeddings | Protocol::Generate => return Self(None),
        };
        let found = words.iter().flat_map(|word| word.find_iter(piece));
        let mut found: Vec<usize> = found.collect();
        // From behind, so that the next one is the last.
        found.sort_unstable_by(|a, b| b.cmp(a));
        Self(Some(found))
    }

    /// Whether a word begins in the block of so many bytes that begins there. Blocks are asked for in their order. No
    /// word goes on in the next block, for none has a line feed.
    pub(super) fn meets(&mut self, at: usize, length: usize) -> bool {
        let Some(found) = &mut self.0 else {
            return true;
        };
        while found.pop_if(|place| *place < at).is_some() {}
        found.last().is_some_and(|place| *place < at + length)
    }
}
