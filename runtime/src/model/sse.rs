//! Server-sent events, cut from pieces of any size. The bytes of each event are handed on as they came.

use std::fmt;

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

/// Cuts a stream. Holds at most the bound and one piece.
#[derive(Debug)]
pub struct Parser {
    most: usize,
    /// Bytes of the block so far.
    raw: Vec<u8>,
    /// Where in `raw` the current line begins.
    line: usize,
    /// Whether the byte before was a carriage return, so that a line feed belongs to it.
    returned: bool,
    /// Whether no line has been read yet: a byte order mark may stand there.
    first: bool,
    name: String,
    data: Option<String>,
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
            first: true,
            name: String::new(),
            data: None,
            broken: false,
        }
    }

    /// Takes the next piece; gives the blocks that it ends.
    ///
    /// # Errors
    /// A block that is longer than the bound; so does every later call. Blocks before it in the same piece are lost.
    pub fn push(&mut self, piece: &[u8]) -> Result<Vec<Block>, TooLong> {
        let mut blocks: Vec<Block> = Vec::new();
        for &byte in piece {
            if self.broken || self.raw.len() >= self.most {
                self.broken = true;
                return Err(TooLong { most: self.most });
            }
            let after_return = std::mem::replace(&mut self.returned, byte == b'\r');
            if byte == b'\n' && after_return {
                // The end of a line that is already read; here it still belongs to the block before.
                match (blocks.last_mut(), self.raw.is_empty()) {
                    (Some(block), true) => block.raw.push(byte),
                    _ => self.raw.push(byte),
                }
                self.line = self.raw.len();
                continue;
            }
            self.raw.push(byte);
            if byte == b'\n' || byte == b'\r' {
                blocks.extend(self.end_line());
            }
        }
        Ok(blocks)
    }

    /// Bytes of a block that no blank line has ended: no event (the standard drops it).
    #[must_use]
    pub fn rest(&self) -> &[u8] {
        &self.raw
    }

    /// Reads the line that the last byte ended.
    fn end_line(&mut self) -> Option<Block> {
        let line = self
            .raw
            .get(self.line..self.raw.len().saturating_sub(1))
            .unwrap_or_default();
        let line = if std::mem::take(&mut self.first) {
            line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
        } else {
            line
        };
        self.line = self.raw.len();
        if line.is_empty() {
            self.line = 0;
            let name = std::mem::take(&mut self.name);
            return Some(Block {
                raw: std::mem::take(&mut self.raw),
                event: self.data.take().map(|data| Event { name, data }),
            });
        }
        let colon = line.iter().position(|b| *b == b':').unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match field {
            b"event" => self.name = value.into_owned(),
            b"data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(&value);
                }
                None => self.data = Some(value.into_owned()),
            },
            // Comments, `id`, `retry` and unknown fields say nothing here.
            _ => {}
        }
        None
    }
}
