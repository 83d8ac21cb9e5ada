//! One head: a line that says what is asked for, and fields. Each line is judged when it ends.

use super::target;
use crate::gateway::answer::Refusal;

/// Most bytes of a head, its last line included.
pub(super) const MOST_BYTES: usize = 16 * 1024;
/// Most fields.
const MOST_FIELDS: usize = 64;
/// Most digits of a length: more than anything here may have, and less than any reader's bound.
const MOST_DIGITS: usize = 15;
/// Most letters of a method.
const MOST_METHOD: usize = 16;

/// What follows a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    None,
    Length(u64),
    Chunks,
    /// Bytes that are no HTTP, if the tunnel is granted.
    Tunnel,
}

/// A head as it comes.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Bytes that were looked at.
    read: usize,
    /// Where the current line begins.
    line: usize,
    /// Whether the byte before was a carriage return.
    returned: bool,
    started: bool,
    tunnel: bool,
    /// Whether it is one of HTTP/1.0.
    old: bool,
    fields: usize,
    host: bool,
    length: Option<u64>,
    chunks: bool,
}

impl Head {
    /// Whether none of it was seen.
    pub(super) fn is_new(&self) -> bool {
        self.read == 0
    }

    /// Looks at all bytes of the head so far. Gives its length and what follows, once it is whole.
    ///
    /// # Errors
    /// The first line or byte that has no place in a head.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Option<(usize, Body)>, Refusal> {
        let most = bytes.len().min(MOST_BYTES);
        loop {
            let fresh = bytes.get(self.read..most).unwrap_or_default();
            let text = fresh.iter().take_while(|byte| is_text(**byte)).count();
            if text > 0 && self.returned {
                return Err(Refusal::Framing);
            }
            let Some(mark) = fresh.get(text) else {
                self.read = most;
                return match bytes.len() > MOST_BYTES {
                    true => Err(Refusal::Head),
                    false => Ok(None),
                };
            };
            let end = self.read + text;
            self.read = end + 1;
            match (mark, std::mem::replace(&mut self.returned, *mark == b'\r')) {
                (b'\r', false) => continue,
                (b'\n', true) => {}
                _ => return Err(Refusal::Framing),
            }
            let line = bytes.get(self.line..end - 1).unwrap_or_default();
            self.line = self.read;
            if line.is_empty() && self.started {
                return self.end().map(|body| Some((self.read, body)));
            }
            self.take(line)?;
        }
    }

    fn take(&mut self, line: &[u8]) -> Result<(), Refusal> {
        if self.started {
            return self.field(line);
        }
        self.started = true;
        let mut parts = line.split(|byte| *byte == b' ');
        let (Some(method), Some(asked), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::Framing);
        };
        self.tunnel = method == b"CONNECT";
        // Python before 3.12, and so its pip, asks for tunnels by HTTP/1.0. There is nothing of a body to disagree on.
        self.old = self.tunnel && version == b"HTTP/1.0";
        if version != b"HTTP/1.1" && !self.old {
            return Err(Refusal::Version);
        }
        let letters = method.iter().all(u8::is_ascii_uppercase);
        if !letters || method.is_empty() || method.len() > MOST_METHOD {
            return Err(Refusal::Framing);
        }
        let good = if self.tunnel {
            target::is_authority(asked)
        } else {
            target::is_plain(asked)
        };
        if good { Ok(()) } else { Err(Refusal::Target) }
    }

    fn field(&mut self, line: &[u8]) -> Result<(), Refusal> {
        self.fields += 1;
        if self.fields > MOST_FIELDS {
            return Err(Refusal::Head);
        }
        // A folded line begins with a space, which is in no name.
        let colon = line.iter().position(|byte| *byte == b':');
        let colon = colon.ok_or(Refusal::Framing)?;
        let (name, value) = line.split_at(colon);
        if name.is_empty() || !name.iter().all(is_of_name) {
            return Err(Refusal::Framing);
        }
        let value = value.get(1..).unwrap_or_default();
        // One space is what everybody writes; what else stands around these values is refused with them.
        self.known(name, value.strip_prefix(b" ").unwrap_or(value))
    }

    /// The fields by which a request could be two, or become something else.
    fn known(&mut self, name: &[u8], value: &[u8]) -> Result<(), Refusal> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let good = if is("host") {
            !std::mem::replace(&mut self.host, true) && !value.iter().any(u8::is_ascii_whitespace)
        } else if is("content-length") {
            self.length.replace(length(value)?).is_none()
        } else if is("transfer-encoding") {
            !std::mem::replace(&mut self.chunks, true) && value == b"chunked"
        } else if is("expect") {
            value.eq_ignore_ascii_case(b"100-continue")
        } else if is("upgrade") || is("http2-settings") {
            return Err(Refusal::Upgrade);
        } else {
            true
        };
        if good { Ok(()) } else { Err(Refusal::Framing) }
    }

    fn end(&self) -> Result<Body, Refusal> {
        // HTTP/1.0 knows no host.
        let host = self.host || self.old;
        match (host, self.tunnel, self.length, self.chunks) {
            (true, true, None, false) => Ok(Body::Tunnel),
            (true, false, None | Some(0), false) => Ok(Body::None),
            (true, false, Some(length), false) => Ok(Body::Length(length)),
            (true, false, None, true) => Ok(Body::Chunks),
            _ => Err(Refusal::Framing),
        }
    }
}

/// A number of bytes, as there is one way to write it.
fn length(value: &[u8]) -> Result<u64, Refusal> {
    let digits = value.len() <= MOST_DIGITS && value.iter().all(u8::is_ascii_digit);
    let zeros = value.len() > 1 && value.starts_with(b"0");
    let text = std::str::from_utf8(value).ok();
    let number = text.filter(|_| digits && !zeros);
    let number = number.and_then(|text| text.parse().ok());
    number.ok_or(Refusal::Framing)
}

fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~')
}

fn is_of_name(byte: &u8) -> bool {
    let marks = matches!(
        byte,
        b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~'
    );
    byte.is_ascii_alphanumeric() || marks
}
