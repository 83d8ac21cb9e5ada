//! Whether the first bytes of a tunnel are TLS to the host that the tunnel was asked for.
//!
//! The bytes are read twice: by the walk in `walk`, which is strict and finds what hides a name, and by rustls.
//! Both must find the one name, and it must be the host. What passes is forwarded unchanged.

use super::host::Host;
use rustls::server::Acceptor;

mod refused;
mod walk;
mod watch;

pub use refused::Refused;
pub use watch::Watch;

/// Most bytes of the handshake message, its head included.
pub const MOST_BYTES: usize = 16 * 1024;
/// Most pieces in which it may come.
const MOST_READS: usize = 1024;
/// Most TLS records over which it may be spread.
const MOST_RECORDS: usize = 16;
/// Bytes before the content of a record: type, version, length.
const HEAD: usize = 5;
/// Bytes before the content of a handshake message: type, length.
const MESSAGE_HEAD: usize = 4;
/// Record type and message type.
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;

/// What is known after a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// More bytes are needed.
    More,
    /// The tunnel ends here.
    Refused(Refused),
    /// A whole hello to the host: what [`Hello::bytes`] holds may go on.
    Good,
}

/// The hello of one tunnel, as it comes in.
#[derive(Debug)]
pub struct Hello {
    host: Host,
    /// All that came in.
    wire: Vec<u8>,
    /// How much of it is whole records.
    walked: usize,
    records: usize,
    reads: usize,
    /// The handshake message without the heads of records.
    message: Vec<u8>,
    state: Progress,
}

impl Hello {
    /// Nothing read yet.
    #[must_use]
    pub fn new(host: &Host) -> Self {
        Self {
            host: host.clone(),
            wire: Vec::new(),
            walked: 0,
            records: 0,
            reads: 0,
            message: Vec::new(),
            state: Progress::More,
        }
    }

    /// Takes the next piece, of any length but zero. After a verdict it stays, and the piece is not kept.
    pub fn push(&mut self, piece: &[u8]) -> Progress {
        if self.state == Progress::More && !piece.is_empty() {
            self.reads += 1;
            self.wire.extend_from_slice(piece);
            self.state = match self.judge() {
                Ok(true) => Progress::Good,
                Ok(false) if self.reads >= MOST_READS => Progress::Refused(Refused::Split),
                Ok(false) => Progress::More,
                Err(refused) => Progress::Refused(refused),
            };
        }
        self.state
    }

    /// All that was pushed until the verdict: the hello, and what came behind it in the same piece.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.wire
    }

    /// Of those bytes, what came behind the hello.
    #[must_use]
    pub fn behind(&self) -> &[u8] {
        self.wire.get(self.walked..).unwrap_or_default()
    }

    /// Whether the hello is whole and good.
    fn judge(&mut self) -> Result<bool, Refused> {
        while let Some(content) = next_record(&self.wire, self.walked)? {
            self.records += 1;
            if self.records > MOST_RECORDS {
                return Err(Refused::Split);
            }
            self.walked += HEAD + content.len();
            self.message.extend_from_slice(content);
            if let Some(length) = message_length(&self.message)? {
                if self.message.len() > length {
                    return Err(Refused::Trailing);
                }
                if self.message.len() == length {
                    return self.verdict().map(|()| true);
                }
            }
        }
        Ok(false)
    }

    fn verdict(&self) -> Result<(), Refused> {
        let body = self.message.get(MESSAGE_HEAD..).unwrap_or_default();
        let name = walk::server_name(body)?;
        if !name.eq_ignore_ascii_case(self.host.as_str().as_bytes()) {
            return Err(Refused::OtherName);
        }
        let wire = self.wire.get(..self.walked).unwrap_or_default();
        let second = second_reading(wire)?;
        if second.eq_ignore_ascii_case(self.host.as_str()) {
            Ok(())
        } else {
            Err(Refused::OtherName)
        }
    }
}

/// The content of the record that begins at `from`; none as long as it is not whole. A head that cannot be that
/// of a hello's record is refused before the content is there.
fn next_record(wire: &[u8], from: usize) -> Result<Option<&[u8]>, Refused> {
    let rest = wire.get(from..).unwrap_or_default();
    if rest.first().is_some_and(|kind| *kind != HANDSHAKE)
        || rest.get(1).is_some_and(|major| *major != 3)
        || rest.get(2).is_some_and(|minor| *minor > 4)
    {
        return Err(Refused::NotHello);
    }
    let Some([_, _, _, high, low]) = rest.first_chunk::<HEAD>() else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if length == 0 {
        return Err(Refused::NotHello);
    }
    if length > MOST_BYTES {
        return Err(Refused::TooLong);
    }
    Ok(rest.get(HEAD..HEAD + length))
}

/// Bytes of the whole message, its head included; none as long as the head is not whole.
fn message_length(message: &[u8]) -> Result<Option<usize>, Refused> {
    if message.first().is_some_and(|kind| *kind != CLIENT_HELLO) {
        return Err(Refused::NotHello);
    }
    let Some([_, high, middle, low]) = message.first_chunk::<MESSAGE_HEAD>() else {
        return Ok(None);
    };
    let length = u32::from_be_bytes([0, *high, *middle, *low]);
    match usize::try_from(length) {
        Ok(length) if length <= MOST_BYTES - MESSAGE_HEAD => Ok(Some(MESSAGE_HEAD + length)),
        _ => Err(Refused::TooLong),
    }
}

/// The name that rustls finds in the records.
fn second_reading(mut wire: &[u8]) -> Result<String, Refused> {
    let mut acceptor = Acceptor::default();
    // Each turn takes at least one byte.
    while !wire.is_empty() {
        match acceptor.read_tls(&mut wire) {
            Ok(taken) if taken > 0 => {}
            _ => return Err(Refused::NotHello),
        }
        match acceptor.accept() {
            Ok(None) => {}
            Ok(Some(accepted)) if wire.is_empty() => {
                let hello = accepted.client_hello();
                return hello
                    .server_name()
                    .map(str::to_owned)
                    .ok_or(Refused::NoName);
            }
            Ok(Some(_)) => return Err(Refused::Trailing),
            Err(_) => return Err(Refused::NotHello),
        }
    }
    Err(Refused::NotHello)
}

#[cfg(test)]
pub(in crate::net) mod tests;
