//! What the client says after its hello.
//!
//! A server may ask for the hello again (RFC 8446, 4.1.4), and some then go by the name in the second one. So every
//! later hello is judged like the first. Nothing has to be held back for that: a server acts on a whole hello only,
//! and the piece that makes one whole is judged before it goes on. Bytes that are no records of TLS end the tunnel.

use super::{CLIENT_HELLO, HANDSHAKE, HEAD, Hello, Host, Progress, Refused};

/// Most bytes of a record's content (RFC 5246, 6.2.3).
const MOST_RECORD: usize = (1 << 14) + 2048;
/// Types of records: change cipher spec, alert, handshake, application data, heartbeat.
const FIRST_KIND: u8 = 20;
const LAST_KIND: u8 = 24;

/// Walks over the records of a client, after its first hello.
#[derive(Debug)]
pub struct Watch {
    host: Host,
    /// The head of the record under way, as far as it came in.
    head: Vec<u8>,
    /// Bytes that its content still lacks.
    left: usize,
    /// The content of a record of the handshake, until its kind is known.
    start: Vec<u8>,
    /// A hello under way.
    again: Option<Hello>,
    /// The client went on with the handshake of TLS 1.2: all that follows is for the keys of that.
    done: bool,
}

impl Watch {
    /// At the end of a good hello to this host.
    #[must_use]
    pub fn new(host: &Host) -> Self {
        Self {
            host: host.clone(),
            head: Vec::new(),
            left: 0,
            start: Vec::new(),
            again: None,
            done: false,
        }
    }

    /// Judges the next bytes, which may go on if they are not refused. After a refusal nothing may go on.
    ///
    /// # Errors
    /// A hello that [`Hello`] refuses, and bytes that are no records of TLS.
    pub fn pass(&mut self, mut bytes: &[u8]) -> Result<(), Refused> {
        // Each turn takes at least one byte.
        while !self.done && !bytes.is_empty() {
            let wanted = if self.left == 0 {
                HEAD.saturating_sub(self.head.len())
            } else {
                self.left
            };
            let (taken, rest) = bytes.split_at(wanted.min(bytes.len()));
            bytes = rest;
            if self.left == 0 {
                self.head.extend_from_slice(taken);
                self.begin()?;
            } else {
                self.left -= taken.len();
                self.content(taken)?;
            }
        }
        Ok(())
    }

    /// Reads the head, once it is whole.
    fn begin(&mut self) -> Result<(), Refused> {
        let [kind, major, _, high, low] = *self.head.as_slice() else {
            return Ok(());
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let known = (FIRST_KIND..=LAST_KIND).contains(&kind) && major == 3;
        if !known || length > MOST_RECORD || (length == 0 && kind == HANDSHAKE) {
            return Err(Refused::NotHello);
        }
        if let Some(hello) = &mut self.again
            && let Progress::Refused(refused) = hello.push(&self.head)
        {
            return Err(refused);
        }
        self.left = length;
        if length == 0 {
            self.head.clear();
        }
        Ok(())
    }

    fn content(&mut self, taken: &[u8]) -> Result<(), Refused> {
        let ended = self.left == 0;
        if self.again.is_some() {
            self.judge(taken)?;
        } else if self.head.first() == Some(&HANDSHAKE) {
            self.start.extend_from_slice(taken);
            self.sort(ended)?;
        }
        if ended {
            self.head.clear();
        }
        Ok(())
    }

    /// Whether a record of the handshake begins a hello, once that is known. In TLS 1.2 it may be encrypted and
    /// begin with any byte; no server takes a hello of 128 KiB, so that one in 32,768 is taken for one.
    fn sort(&mut self, ended: bool) -> Result<(), Refused> {
        match self.start.as_slice() {
            [CLIENT_HELLO] if !ended => Ok(()),
            [CLIENT_HELLO] | [CLIENT_HELLO, 0 | 1, ..] => {
                let mut hello = Hello::new(&self.host);
                hello.push(&self.head);
                self.again = Some(hello);
                let start = std::mem::take(&mut self.start);
                self.judge(&start)
            }
            _ => {
                self.done = true;
                Ok(())
            }
        }
    }

    fn judge(&mut self, piece: &[u8]) -> Result<(), Refused> {
        match self.again.as_mut().map(|hello| hello.push(piece)) {
            Some(Progress::Refused(refused)) => Err(refused),
            Some(Progress::Good) => {
                self.again = None;
                Ok(())
            }
            Some(Progress::More) | None => Ok(()),
        }
    }
}
