use super::*;
use proptest::prelude::*;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion};
use std::sync::Arc;

mod attacks;
mod later;

pub(in crate::net) fn host(text: &str) -> Host {
    Host::parse(text).unwrap()
}

/// What rustls' client says first.
pub(in crate::net) fn greeting(name: &str) -> Vec<u8> {
    client(name, &[&TLS12, &TLS13], true, &[b"h2", b"http/1.1"])
}

fn client(
    name: &str,
    versions: &[&'static SupportedProtocolVersion],
    sni: bool,
    alpn: &[&[u8]],
) -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    config.enable_sni = sni;
    config.alpn_protocols = alpn.iter().map(|p| p.to_vec()).collect();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut wire = Vec::new();
    client.write_tls(&mut wire).unwrap();
    wire
}

/// A hello in parts, to be put together wrongly.
#[derive(Clone)]
struct Parts {
    /// Up to the compression methods.
    front: Vec<u8>,
    extensions: Vec<(u16, Vec<u8>)>,
}

impl Parts {
    fn of(wire: &[u8]) -> Self {
        let body = &wire[9..];
        let mut at = 34;
        at += 1 + usize::from(body[at]);
        at += 2 + usize::from(u16::from_be_bytes([body[at], body[at + 1]]));
        at += 1 + usize::from(body[at]);
        let front = body[..at].to_vec();
        at += 2;
        let mut extensions = Vec::new();
        while at < body.len() {
            let kind = u16::from_be_bytes([body[at], body[at + 1]]);
            let length = usize::from(u16::from_be_bytes([body[at + 2], body[at + 3]]));
            extensions.push((kind, body[at + 4..at + 4 + length].to_vec()));
            at += 4 + length;
        }
        Self { front, extensions }
    }

    fn with(mut self, kind: u16, content: &[u8]) -> Self {
        self.extensions.insert(0, (kind, content.to_vec()));
        self
    }

    fn without(mut self, kind: u16) -> Self {
        self.extensions.retain(|(known, _)| *known != kind);
        self
    }

    fn body(&self) -> Vec<u8> {
        let mut block = Vec::new();
        for (kind, content) in &self.extensions {
            block.extend(kind.to_be_bytes());
            block.extend((content.len() as u16).to_be_bytes());
            block.extend(content);
        }
        [&self.front, &(block.len() as u16).to_be_bytes()[..], &block].concat()
    }

    fn wire(&self) -> Vec<u8> {
        records(&message(&self.body()), 1 << 14)
    }
}

fn message(body: &[u8]) -> Vec<u8> {
    let mut message = (body.len() as u32 | 1 << 24).to_be_bytes().to_vec();
    message.extend(body);
    message
}

/// The message over records of at most `most` bytes.
fn records(message: &[u8], most: usize) -> Vec<u8> {
    let mut wire = Vec::new();
    for piece in message.chunks(most) {
        wire.extend([22, 3, 1]);
        wire.extend((piece.len() as u16).to_be_bytes());
        wire.extend(piece);
    }
    wire
}

/// The extension that names servers.
fn names(list: &[(u8, &[u8])]) -> Vec<u8> {
    let mut inner = Vec::new();
    for (kind, name) in list {
        inner.push(*kind);
        inner.extend((name.len() as u16).to_be_bytes());
        inner.extend(*name);
    }
    [&(inner.len() as u16).to_be_bytes()[..], &inner].concat()
}

fn judged(wire: &[u8]) -> Progress {
    Hello::new(&host("api.example.com")).push(wire)
}

fn parts() -> Parts {
    Parts::of(&greeting("api.example.com"))
}

fn named(list: &[(u8, &[u8])]) -> Vec<u8> {
    parts().without(0).with(0, &names(list)).wire()
}

#[test]
fn real_hellos_pass() {
    let long = vec![b'p'; 200];
    let many: Vec<&[u8]> = vec![&long; 50];
    for wire in [
        greeting("api.example.com"),
        client("api.example.com", &[&TLS12], true, &[]),
        client("api.example.com", &[&TLS13], true, &[b"http/1.1"]),
        client("api.example.com", &[&TLS13], true, &many),
        client("API.Example.COM", &[&TLS13], true, &[]),
        parts().wire(),
        // GREASE values of extensions that hide nothing.
        parts().with(0x0a0a, &[]).with(0x1a1a, &[0]).wire(),
        named(&[(0, b"API.example.COM")]),
    ] {
        let mut hello = Hello::new(&host("api.example.com"));
        assert_eq!(hello.push(&wire), Progress::Good);
        assert_eq!(hello.bytes(), wire);
    }
}

#[test]
fn pieces_of_any_length_and_several_records_pass() {
    let wire = greeting("api.example.com");
    let message = wire[5..].to_vec();
    let spread = message.len().div_ceil(MOST_RECORDS);
    for wire in [
        wire,
        records(&message, spread),
        records(&message, message.len() - 1),
    ] {
        for length in [1, 2, 3, 5, 7, 64, wire.len() - 1] {
            let mut hello = Hello::new(&host("api.example.com"));
            let mut pieces = wire.chunks(length).peekable();
            while let Some(piece) = pieces.next() {
                let progress = hello.push(piece);
                let expected = if pieces.peek().is_some() {
                    Progress::More
                } else {
                    Progress::Good
                };
                assert_eq!(progress, expected, "pieces of {length}");
            }
            assert_eq!(hello.bytes(), wire);
        }
    }
}

#[test]
fn what_follows_the_hello_in_a_record_of_its_own_is_kept() {
    let mut wire = greeting("api.example.com");
    wire.extend([20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 9]);
    let mut hello = Hello::new(&host("api.example.com"));
    assert_eq!(hello.push(&wire), Progress::Good);
    assert_eq!(hello.bytes(), wire);
    // The verdict stays, and nothing more is taken.
    assert_eq!(hello.push(b"more"), Progress::Good);
    assert_eq!(hello.bytes(), wire);
}
