//! The inside of a string.

use memchr::memchr2;

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// A string as it comes, behind its first quote.
#[derive(Debug, Default)]
pub(super) struct Text {
    at: At,
    /// The begin of a character that was cut.
    cut: Vec<u8>,
}

#[derive(Debug, Default, Clone, Copy)]
enum At {
    #[default]
    Plain,
    /// Behind a backslash.
    Escape,
    /// In the digits of a code unit; whether it must be the second of a pair.
    Unit {
        left: u8,
        unit: u16,
        second: bool,
    },
    /// Behind the first of a pair: a backslash must follow, and then a `u`.
    Pair,
    PairUnit,
}

impl Text {
    /// Takes bytes, and says whether the string has ended; none where it cannot go on so.
    pub(super) fn step(&mut self, bytes: &[u8]) -> Option<(usize, bool)> {
        let At::Plain = self.at else {
            self.at = self.at.next(*bytes.first()?)?;
            return Some((1, false));
        };
        let plain = BLOCK
            * bytes
                .chunks_exact(BLOCK)
                .take_while(|block| is_plain(block))
                .count();
        if plain > 0 && self.cut.is_empty() {
            return Some((plain, false));
        }
        let end = memchr2(b'"', b'\\', bytes);
        let (run, behind) = bytes.split_at(end.unwrap_or(bytes.len()));
        if !self.passes(run, behind.is_empty()) {
            return None;
        }
        match behind.first() {
            Some(b'"') => Some((run.len() + 1, true)),
            Some(_) => {
                self.at = At::Escape;
                Some((run.len() + 1, false))
            }
            None => Some((run.len(), false)),
        }
    }

    /// Whether bytes are characters that stand for themselves; the last one may be cut where the piece is.
    fn passes(&mut self, mut run: &[u8], ends: bool) -> bool {
        if run.iter().fold(u8::MAX, |least, byte| least.min(*byte)) < b' ' {
            return false;
        }
        while !self.cut.is_empty() {
            let Some((first, rest)) = run.split_first() else {
                return ends;
            };
            self.cut.push(*first);
            match std::str::from_utf8(&self.cut) {
                Ok(_) => self.cut.clear(),
                Err(e) if e.error_len().is_none() => {}
                Err(_) => return false,
            }
            run = rest;
        }
        match std::str::from_utf8(run) {
            Ok(_) => true,
            Err(e) if ends && e.error_len().is_none() => {
                let cut = run.get(e.valid_up_to()..).unwrap_or_default();
                self.cut.extend_from_slice(cut);
                true
            }
            Err(_) => false,
        }
    }
}

/// Whether each of the bytes is an ASCII character that stands for itself. All are looked at, because a search that
/// can stop early is slower.
fn is_plain(block: &[u8]) -> bool {
    let odd = |byte: u8| byte.wrapping_sub(b' ') >= 0x60 || byte == b'"' || byte == b'\\';
    !block.iter().fold(false, |any, byte| any | odd(*byte))
}

impl At {
    /// What follows this byte of an escape.
    fn next(self, byte: u8) -> Option<Self> {
        let unit = |second| Self::Unit {
            left: 4,
            unit: 0,
            second,
        };
        match (self, byte) {
            (Self::Escape, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                Some(Self::Plain)
            }
            (Self::Escape, b'u') => Some(unit(false)),
            (Self::Pair, b'\\') => Some(Self::PairUnit),
            (Self::PairUnit, b'u') => Some(unit(true)),
            (Self::Unit { left, unit, second }, byte) => {
                let digit = u16::try_from(char::from(byte).to_digit(16)?).ok()?;
                let unit = (unit << 4) | digit;
                match (left > 1, second, unit) {
                    (true, ..) => Some(Self::Unit {
                        left: left - 1,
                        unit,
                        second,
                    }),
                    (false, false, 0xd800..=0xdbff) => Some(Self::Pair),
                    (false, false, 0xdc00..=0xdfff) => None,
                    (false, false, _) | (false, true, 0xdc00..=0xdfff) => Some(Self::Plain),
                    (false, true, _) => None,
                }
            }
            _ => None,
        }
    }
}
