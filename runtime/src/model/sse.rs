//! Server-sent events, cut from pieces of any size. The bytes of each event are handed on as they came.

use memchr::memchr2;
use std::borrow::Cow;
use std::fmt;

/// A byte order mark.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The last `event` field; empty: none.
    pub name: String,
    /// The `data` fields, joined by line feeds. Bytes that are no UTF-8 stand as U+FFFD.
    pub data: String,
}

/// The bytes up to a blank line, and the event in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// As they came, the blank line included. The line feed of a last `\r\n` may stand at the start of the
    /// next block, if it came in a later piece; all blocks and [`Parser::rest`] are the stream.
    pub raw: Vec<u8>,
    /// None if the lines were comments, or fields without data.
    pub event: Option<Event>,
}

/// An event has more bytes than the bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong {
    /// The bound.
    pub most: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "an event of the stream has more than {} bytes",
            self.most
        )
    }
}

impl std::error::Error for TooLong {}

/// The bytes of a block, before anybody has read its fields.
#[derive(Debug, Clone, Copy)]
pub struct Raw<'a> {
    /// As [`Block::raw`].
    pub bytes: &'a [u8],
    /// Where it begins in the piece that ends it; none where it began before that.
    pub at: Option<usize>,
    /// Whether a byte order mark may stand at the start.
    first: bool,
    /// Whether the line feed at the start ends a line of the block before.
    joined: bool,
}

impl Raw<'_> {
    /// The event in it; none as in [`Block::event`].
    #[must_use]
    pub fn event(&self) -> Option<Event> {
        let text = match (self.joined, self.first) {
            (true, _) => self.bytes.strip_prefix(b"\n"),
            (false, true) => self.bytes.strip_prefix(MARK),
            (false, false) => None,
        };
        let (mut name, mut data) = (String::new(), None);
        // Between the two bytes of `\r\n` stands one more empty line, which says nothing.
        for line in text
            .unwrap_or(self.bytes)
            .split(|b| matches!(b, b'\n' | b'\r'))
        {
            field(line, &mut name, &mut data);
        }
        data.map(|data| Event { name, data })
    }
}

/// Reads a line. Comments, `id`, `retry` and unknown fields say nothing here.
fn field(line: &[u8], name: &mut String, data: &mut Option<String>) {
    let colon = line.iter().position(|b| *b == b':').unwrap_or(line.len());
    let (field, value) = line.split_at(colon);
    let value = value.strip_prefix(b":").unwrap_or(value);
    let value = value.strip_prefix(b" ").unwrap_or(value);
    let text = || String::from_utf8_lossy(value);
    match (field, data) {
        (b"event", _) => *name = text().into_owned(),
        (b"data", Some(data)) => {
            data.push('\n');
            data.push_str(&text());
        }
        (b"data", data) => *data = Some(text().into_owned()),
        _ => {}
    }
}

/// Cuts a stream. Holds at most the bound and one piece.
#[derive(Debug)]
pub struct Parser {
    most: usize,
    /// Bytes of the block so far, of the pieces before.
    raw: Vec<u8>,
    /// Bytes of the current line, of the pieces before.
    line: usize,
    /// Whether the piece before ended with a carriage return, so that a line feed belongs to it.
    returned: bool,
    /// Whether no line has been read yet: a byte order mark may stand there.
    fresh: bool,
    /// Whether the current block is the first.
    first: bool,
    /// Whether the current block begins with a line feed of the one before.
    joined: bool,
    broken: bool,
}

impl Parser {
    /// A parser whose blocks have at most `most` bytes.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most,
            raw: Vec::new(),
            line: 0,
            returned: false,
            fresh: true,
            first: true,
            joined: false,
            broken: false,
        }
    }

    /// Takes the next piece; gives the blocks that it ends.
    ///
    /// # Errors
    /// A block that is longer than the bound; so does every later call. Blocks before it in the same piece are lost.
    pub fn push(&mut self, piece: &[u8]) -> Result<Vec<Block>, TooLong> {
        let mut blocks: Vec<Block> = Vec::new();
        self.each(piece, |raw| {
            blocks.push(Block {
                raw: raw.bytes.to_vec(),
                event: raw.event(),
            });
        })?;
        Ok(blocks)
    }

    /// The same, but hands on each block as it stands in the piece.
    ///
    /// # Errors
    /// As [`Parser::push`]; blocks before it have been handed on.
    pub fn each(&mut self, piece: &[u8], mut take: impl FnMut(Raw<'_>)) -> Result<(), TooLong> {
        if self.broken {
            return Err(TooLong { most: self.most });
        }
        // What belongs to the current block, and how much of that has been read.
        let (mut rest, mut read) = (piece, 0);
        if self.returned && !piece.is_empty() {
            self.returned = false;
            read = usize::from(piece.starts_with(b"\n"));
            self.joined |= read == 1 && self.raw.is_empty();
        }
        while let Some(at) = memchr2(b'\n', b'\r', rest.get(read..).unwrap_or_default()) {
            let (text, after) = rest.split_at(read + at);
            let blank = self.is_blank(at, text);
            let counted = self.raw.len() + text.len() + 1;
            let width = 1 + usize::from(after.starts_with(b"\r\n"));
            self.returned = after == b"\r";
            read = text.len() + width;
            if !blank {
                continue;
            }
            if counted > self.most {
                return Err(self.too_long());
            }
            let (block, behind) = rest.split_at(read);
            self.hand_on(block, piece.len() - rest.len(), &mut take);
            (rest, read) = (behind, 0);
        }
        if self.raw.len() + rest.len() > self.most {
            return Err(self.too_long());
        }
        self.line += rest.len() - read;
        self.raw.extend_from_slice(rest);
        Ok(())
    }

    /// Whether the line that ends here is empty; `more` bytes of it stand at the end of `text`. A byte order mark
    /// that begins the stream is nothing.
    fn is_blank(&mut self, more: usize, text: &[u8]) -> bool {
        let length = std::mem::take(&mut self.line) + more;
        let fresh = std::mem::take(&mut self.fresh);
        length == 0 || (fresh && length == MARK.len() && self.raw.iter().chain(text).eq(MARK))
    }

    fn hand_on(&mut self, block: &[u8], at: usize, take: &mut impl FnMut(Raw<'_>)) {
        let (first, joined) = (
            std::mem::take(&mut self.first),
            std::mem::take(&mut self.joined),
        );
        let held = std::mem::take(&mut self.raw);
        let (bytes, at) = match held.is_empty() {
            true => (Cow::Borrowed(block), Some(at)),
            false => (Cow::Owned([held.as_slice(), block].concat()), None),
        };
        take(Raw {
            bytes: &bytes,
            at,
            first,
            joined,
        });
    }

    fn too_long(&mut self) -> TooLong {
        self.broken = true;
        TooLong { most: self.most }
    }

    /// Bytes of a block that no blank line has ended: no event (the standard drops it).
    #[must_use]
    pub fn rest(&self) -> &[u8] {
        &self.raw
    }
}
