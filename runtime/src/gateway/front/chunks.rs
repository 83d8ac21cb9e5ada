//! The frame of a body in chunks (RFC 9112, 7.1), in its plainest form: no extensions, no trailers.

use crate::gateway::answer::Refusal;

/// Most digits of a size.
const MOST_DIGITS: u8 = 16;

/// Where in such a body the next byte stands.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    at: At,
    /// The size as far as it is known; then what is left of the chunk.
    left: u64,
    digits: u8,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    #[default]
    Size,
    SizeEnd,
    Data,
    DataReturn,
    DataEnd,
    LastReturn,
    LastEnd,
    Ended,
}

impl Chunks {
    /// Takes bytes, to the end of the body at most.
    ///
    /// # Errors
    /// The first byte that breaks the frame, by the number of good ones before it.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Result<usize, (usize, Refusal)> {
        let mut count = 0;
        while self.at != At::Ended {
            let Some(byte) = bytes.get(count) else {
                break;
            };
            if self.at == At::Data {
                let rest = u64::try_from(bytes.len() - count).unwrap_or(u64::MAX);
                let here = rest.min(self.left);
                self.left -= here;
                count += usize::try_from(here).unwrap_or_default();
                if self.left == 0 {
                    self.at = At::DataReturn;
                }
                continue;
            }
            self.at = self.next(*byte).ok_or((count, Refusal::Framing))?;
            count += 1;
        }
        Ok(count)
    }

    /// Whether the body is whole.
    pub(super) fn ended(&self) -> bool {
        self.at == At::Ended
    }

    /// Where the byte after this one stands.
    fn next(&mut self, byte: u8) -> Option<At> {
        match (self.at, byte) {
            (At::Size, b'\r') if self.digits > 0 => {
                self.digits = 0;
                Some(At::SizeEnd)
            }
            (At::Size, digit) if self.digits < MOST_DIGITS => {
                let value = char::from(digit).to_digit(16)?;
                self.left = (self.left << 4) | u64::from(value);
                self.digits += 1;
                Some(At::Size)
            }
            (At::SizeEnd, b'\n') if self.left == 0 => Some(At::LastReturn),
            (At::SizeEnd, b'\n') => Some(At::Data),
            (At::DataReturn, b'\r') => Some(At::DataEnd),
            (At::DataEnd, b'\n') => Some(At::Size),
            (At::LastReturn, b'\r') => Some(At::LastEnd),
            (At::LastEnd, b'\n') => Some(At::Ended),
            _ => None,
        }
    }
}
