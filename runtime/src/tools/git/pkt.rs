//! Git's packets: four hexadecimal digits that say a length, and so many bytes.

/// Most bytes of a packet, its length included.
const MOST: usize = 65_520;

/// One packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packet<'b> {
    /// The end of a message.
    Flush,
    /// Between the parts of a message.
    Between,
    /// A line or some bytes.
    Data(&'b [u8]),
}

/// Not a packet, or the first part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// The packets of a message. After one that is malformed there is no more.
#[derive(Debug, Clone)]
pub struct Packets<'b>(&'b [u8]);

impl<'b> Packets<'b> {
    /// The packets of these bytes.
    #[must_use]
    pub fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    fn take(&mut self) -> Result<Packet<'b>, Malformed> {
        let (digits, rest) = self.0.split_first_chunk::<4>().ok_or(Malformed)?;
        let length = length(*digits)?;
        self.0 = rest;
        match length {
            0 => Ok(Packet::Flush),
            1 => Ok(Packet::Between),
            // 2 ends an answer, which nobody sends here; 3 means nothing; 4 is a packet of nothing.
            5..=MOST => {
                let (data, rest) = rest.split_at_checked(length - 4).ok_or(Malformed)?;
                self.0 = rest;
                Ok(Packet::Data(data))
            }
            _ => Err(Malformed),
        }
    }
}

impl<'b> Iterator for Packets<'b> {
    type Item = Result<Packet<'b>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let packet = self.take();
        if packet.is_err() {
            self.0 = &[];
        }
        Some(packet)
    }
}

/// As git writes it: lower case, no sign.
fn length(digits: [u8; 4]) -> Result<usize, Malformed> {
    digits.iter().try_fold(0, |length, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return Err(Malformed),
        };
        Ok(length * 16 + usize::from(value))
    })
}

/// A packet of a line.
#[must_use]
pub fn line(text: &str) -> String {
    format!("{:04x}{text}\n", text.len() + 5)
}

/// A line without its end, if it is text.
#[must_use]
pub fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data.strip_suffix(b"\n").unwrap_or(data)).ok()
}
