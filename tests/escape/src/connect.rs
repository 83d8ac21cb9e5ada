//! Tunnels: to where none is granted, written in every way, and with other contents than were granted.

use crate::wire::{connected, head, rest, status, summary};
use crate::{Attempt, Facts, Outcome};
use std::io::Write as _;
use std::net::IpAddr;
use std::time::Duration;

const NAMES: &str =
    "the gateway opens tunnels to names that the spec grants, at their port (rule `egress`)";
const FORMS: &str =
    "a target is a name in its one form; addresses are none (rules `host-…`, `http-target`)";
const HELLO: &str =
    "the gateway reads the ClientHello: its name is the granted one, in the open (rules `hello-…`)";
const FRAMES: &str =
    "the gateway's front refuses what two readers could read as two things (rule `http-framing`)";

pub(crate) const ATTEMPTS: &[Attempt] = &[
    Attempt::of(
        "connect-stranger",
        "a tunnel to a host that is not granted",
        NAMES,
        |f| to(f, &f.stranger, 443),
    ),
    Attempt::of(
        "connect-other-port",
        "another port of a granted host",
        NAMES,
        |f| to(f, &f.tunnel, 22),
    ),
    Attempt::of(
        "connect-plain-port",
        "port 80 of a granted host",
        NAMES,
        |f| to(f, &f.tunnel, 80),
    ),
    Attempt::of("connect-below", "a name below a granted one", NAMES, |f| {
        to(f, &format!("escape.{}", f.tunnel), 443)
    }),
    Attempt::of(
        "connect-above",
        "the name above a granted one",
        NAMES,
        |f| to(f, above(&f.tunnel), 443),
    ),
    Attempt::of(
        "connect-suffix",
        "a name that a granted one begins",
        NAMES,
        |f| to(f, &format!("{}.{}", f.tunnel, f.stranger), 443),
    ),
    Attempt::of(
        "connect-control",
        "the gateway's own control port, by its name",
        NAMES,
        |f| to(f, "gateway.pure-agent", 9090),
    ),
    Attempt::of(
        "connect-localhost",
        "the gateway's loopback, by name",
        NAMES,
        |f| to(f, "localhost", 9090),
    ),
    Attempt::of(
        "connect-kubernetes",
        "the API server, by its name within the cluster",
        NAMES,
        |f| to(f, "kubernetes.default.svc.cluster.local", 443),
    ),
    Attempt::of(
        "connect-metadata-name",
        "the metadata server, by its name",
        NAMES,
        |f| to(f, "metadata.google.internal", 80),
    ),
    Attempt::of(
        "connect-v4",
        "a host outside by its IPv4 address",
        FORMS,
        |f| literal(f, |ip| ip.to_string()),
    ),
    Attempt::of(
        "connect-decimal",
        "the same as one decimal number",
        FORMS,
        |f| literal(f, |ip| number(ip).to_string()),
    ),
    Attempt::of("connect-hex", "the same in hexadecimal", FORMS, |f| {
        literal(f, |ip| format!("{:#x}", number(ip)))
    }),
    Attempt::of(
        "connect-octal",
        "the same in octal, part by part",
        FORMS,
        |f| {
            literal(f, |ip| {
                ip.to_string()
                    .split('.')
                    .map(|part| format!("0{:o}", part.parse::<u8>().unwrap_or(0)))
                    .collect::<Vec<_>>()
                    .join(".")
            })
        },
    ),
    Attempt::of("connect-short", "loopback in short: 127.1", FORMS, |f| {
        to(f, "127.1", 9090)
    }),
    Attempt::of(
        "connect-zero",
        "the address of nobody: 0.0.0.0 and 0",
        FORMS,
        |f| Outcome::first(["0.0.0.0", "0"].map(|host| to(f, host, 9090))),
    ),
    Attempt::of("connect-v6", "a host by its IPv6 address", FORMS, |f| {
        Outcome::first(["[::1]", "[2001:db8:1::1]"].map(|host| to(f, host, 443)))
    }),
    Attempt::of(
        "connect-mapped",
        "an IPv4 address mapped into IPv6",
        FORMS,
        |f| literal(f, |ip| format!("[::ffff:{ip}]")),
    ),
    Attempt::of(
        "connect-nat64",
        "an IPv4 address behind NAT64",
        FORMS,
        |f| literal(f, |ip| format!("[64:ff9b::{ip}]")),
    ),
    Attempt::of("connect-6to4", "an IPv4 address as 6to4", FORMS, |f| {
        literal(f, |ip| {
            format!("[2002:{:x}:{:x}::1]", number(ip) >> 16, number(ip) & 0xffff)
        })
    }),
    Attempt::of("connect-zone", "an IPv6 address with a zone", FORMS, |f| {
        to(f, "[fe80::1%25eth0]", 443)
    }),
    Attempt::of(
        "connect-metadata-v4",
        "the metadata address in four forms",
        FORMS,
        |f| {
            Outcome::first(
                [
                    "169.254.169.254",
                    "2852039166",
                    "0xa9fea9fe",
                    "[::ffff:a9fe:a9fe]",
                ]
                .map(|host| to(f, host, 80)),
            )
        },
    ),
    Attempt::of(
        "connect-metadata-v6",
        "the metadata address of IPv6",
        FORMS,
        |f| to(f, "[fd00:ec2::254]", 80),
    ),
    Attempt::of(
        "connect-trailing-dot",
        "a stranger and a granted host with a dot at the end",
        FORMS,
        |f| {
            Outcome::first(
                [format!("{}.", f.stranger), format!("{}.", f.tunnel)]
                    .map(|host| to(f, &host, 443)),
            )
        },
    ),
    Attempt::of(
        "connect-userinfo",
        "a granted host as the user of another",
        FORMS,
        |f| to(f, &format!("{}@{}", f.tunnel, f.stranger), 443),
    ),
    Attempt::of(
        "connect-nul",
        "a granted host, a NUL, and another",
        FORMS,
        |f| to(f, &format!("{}\0.{}", f.tunnel, f.stranger), 443),
    ),
    Attempt::of(
        "connect-blank",
        "a granted host, a blank, and another",
        FORMS,
        |f| to(f, &format!("{} {}", f.tunnel, f.stranger), 443),
    ),
    Attempt::of("connect-escaped", "a stranger with escapes", FORMS, |f| {
        to(f, &f.stranger.replace('.', "%2e"), 443)
    }),
    Attempt::of(
        "connect-full-width",
        "a stranger with dots that some take for dots",
        FORMS,
        |f| to(f, &f.stranger.replace('.', "\u{3002}"), 443),
    ),
    Attempt::of(
        "connect-no-port",
        "a granted host without its port",
        FORMS,
        |f| raw(f, &f.stranger.clone()),
    ),
    Attempt::of("connect-zeros", "a port with zeros before it", FORMS, |f| {
        raw(f, &format!("{}:00443", f.stranger))
    }),
    Attempt::of(
        "connect-absolute",
        "a target with scheme and path",
        FORMS,
        |f| raw(f, &format!("https://{}:443/", f.stranger)),
    ),
    Attempt::of("connect-list", "two targets in one", FORMS, |f| {
        raw(f, &format!("{}:443,{}:443", f.tunnel, f.stranger))
    }),
    Attempt::of(
        "connect-host-field",
        "a granted target, and another in `Host`",
        HELLO,
        host_field,
    ),
    Attempt::of(
        "connect-forwarded",
        "a granted target, and another in every field that proxies read",
        HELLO,
        forwarded,
    ),
    Attempt::of(
        "connect-body",
        "a target with a body that is another request",
        FRAMES,
        body,
    ),
    Attempt::of(
        "connect-smuggled",
        "a second CONNECT behind the first",
        HELLO,
        |f| inside(f, stranger_connect(f).as_bytes()),
    ),
    Attempt::of(
        "connect-old",
        "a stranger by HTTP/1.0, without a host",
        NAMES,
        old,
    ),
    Attempt::of(
        "sni-other",
        "a tunnel to a granted host, whose TLS asks for another name",
        HELLO,
        |f| inside(f, &hello(&[&f.stranger], false)),
    ),
    Attempt::of("sni-none", "the same without a name", HELLO, |f| {
        inside(f, &hello(&[], false))
    }),
    Attempt::of("sni-two", "the same with two names", HELLO, |f| {
        inside(f, &hello(&[&f.tunnel, &f.stranger], false))
    }),
    Attempt::of(
        "sni-below",
        "the same with a name below the granted one",
        HELLO,
        |f| inside(f, &hello(&[&format!("x.{}", f.tunnel)], false)),
    ),
    Attempt::of(
        "sni-dot",
        "the same with a dot at the end of the name",
        HELLO,
        |f| inside(f, &hello(&[&format!("{}.", f.tunnel)], false)),
    ),
    Attempt::of(
        "sni-nul",
        "the same with a NUL behind the name",
        HELLO,
        |f| {
            inside(
                f,
                &hello(&[&format!("{}\0.{}", f.tunnel, f.stranger)], false),
            )
        },
    ),
    Attempt::of(
        "sni-encrypted",
        "the granted name, and an encrypted ClientHello behind it",
        HELLO,
        |f| inside(f, &hello(&[&f.tunnel], true)),
    ),
    Attempt::of(
        "sni-fragments",
        "another name, in a ClientHello of many records",
        HELLO,
        |f| inside(f, &fragments(&hello(&[&f.stranger], false))),
    ),
    Attempt::of(
        "tunnel-plain-http",
        "HTTP without TLS in a granted tunnel, with another `Host`",
        HELLO,
        |f| {
            inside(
                f,
                format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", f.stranger).as_bytes(),
            )
        },
    ),
    Attempt::of("tunnel-ssh", "SSH in a granted tunnel", HELLO, |f| {
        inside(f, b"SSH-2.0-escape\r\n")
    }),
    Attempt::of("tunnel-old-tls", "SSL 2 in a granted tunnel", HELLO, |f| {
        inside(f, b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10\x01\x00\x80\x03\x00\x80\x07\x00\xc0\x00\x00\x05\x00\x00\x04")
    }),
];

fn above(host: &str) -> &str {
    host.split_once('.').map_or(host, |(_, above)| above)
}

/// Sends a request and reads the head of its answer.
pub(crate) fn asked(to: &str, request: &str) -> Result<String, String> {
    let mut stream = connected(to)?;
    drop(stream.write_all(request.as_bytes()));
    Ok(head(&mut stream))
}

fn request(facts: &Facts, target: &str, fields: &str) -> String {
    format!(
        "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nProxy-Authorization: Bearer {}\r\n{fields}\r\n",
        facts.bearer
    )
}

/// A target as it is written. That the tunnel opens is enough: what may not be opened must not be.
fn raw(facts: &Facts, target: &str) -> Outcome {
    match asked(&facts.gateway, &request(facts, target, "")) {
        Ok(head) => Outcome::escaped_if(
            status(head.as_bytes()) == 200,
            format!("{target}: {}", short(&head)),
        ),
        Err(why) => Outcome::Blocked(why),
    }
}

fn short(head: &str) -> String {
    summary(head.as_bytes()).trim_end().to_owned()
}

fn to(facts: &Facts, host: &str, port: u16) -> Outcome {
    match host.is_empty() {
        true => Outcome::NotApplicable("no such host is known".to_owned()),
        false => raw(facts, &format!("{host}:{port}")),
    }
}

fn number(ip: IpAddr) -> u32 {
    match ip {
        IpAddr::V4(ip) => u32::from(ip),
        IpAddr::V6(_) => 0,
    }
}

fn literal(facts: &Facts, form: fn(IpAddr) -> String) -> Outcome {
    match facts.of("outside", false).first() {
        Some(outside) => raw(facts, &format!("{}:443", form(outside.ip))),
        None => Outcome::NotApplicable("no host outside is known".to_owned()),
    }
}

/// Opens the granted tunnel, sends this and waits for anything that comes back from beyond.
fn inside(facts: &Facts, bytes: &[u8]) -> Outcome {
    through(
        facts,
        &request(facts, &format!("{}:443", facts.tunnel), ""),
        bytes,
    )
}

fn through(facts: &Facts, request: &str, bytes: &[u8]) -> Outcome {
    let mut stream = match connected(&facts.gateway) {
        Ok(stream) => stream,
        Err(why) => return Outcome::Blocked(why),
    };
    drop(stream.write_all(request.as_bytes()));
    let head = head(&mut stream);
    if status(head.as_bytes()) != 200 {
        return Outcome::Blocked(short(&head));
    }
    drop(stream.set_read_timeout(Some(Duration::from_secs(3))));
    drop(stream.write_all(bytes));
    let back = rest(&mut stream);
    match back.len() {
        0 => Outcome::Blocked("the tunnel closed without a byte from beyond".to_owned()),
        count => Outcome::Escaped(format!("{count} bytes came back")),
    }
}

fn host_field(facts: &Facts) -> Outcome {
    let request = format!(
        "CONNECT {}:443 HTTP/1.1\r\nHost: {}:443\r\nProxy-Authorization: Bearer {}\r\n\r\n",
        facts.tunnel, facts.stranger, facts.bearer
    );
    through(facts, &request, &hello(&[&facts.stranger], false))
}

fn forwarded(facts: &Facts) -> Outcome {
    let names = [
        "X-Forwarded-Host",
        "Forwarded",
        "X-Host",
        "X-Original-Host",
        "X-Connect-To",
        "Via",
    ];
    let fields: String = names
        .iter()
        .map(|name| format!("{name}: {}:443\r\n", facts.stranger))
        .collect();
    let request = request(facts, &format!("{}:443", facts.tunnel), &fields);
    through(facts, &request, &hello(&[&facts.stranger], false))
}

fn stranger_connect(facts: &Facts) -> String {
    request(facts, &format!("{}:443", facts.stranger), "")
}

fn body(facts: &Facts) -> Outcome {
    let more = stranger_connect(facts);
    let fields = format!("Content-Length: {}\r\n", more.len());
    let target = format!("{}:443", facts.tunnel);
    match asked(
        &facts.gateway,
        &format!("{}{more}", request(facts, &target, &fields)),
    ) {
        Ok(head) => Outcome::escaped_if(status(head.as_bytes()) == 200, short(&head)),
        Err(why) => Outcome::Blocked(why),
    }
}

fn old(facts: &Facts) -> Outcome {
    let request = format!(
        "CONNECT {}:443 HTTP/1.0\r\nProxy-Authorization: Bearer {}\r\n\r\n",
        facts.stranger, facts.bearer
    );
    match asked(&facts.gateway, &request) {
        Ok(head) => Outcome::escaped_if(status(head.as_bytes()) == 200, short(&head)),
        Err(why) => Outcome::Blocked(why),
    }
}

fn sized<const N: usize>(bytes: Vec<u8>) -> Vec<u8> {
    let length = bytes.len().to_be_bytes();
    let mut all = length[length.len() - N..].to_vec();
    all.extend(bytes);
    all
}

fn extension(kind: u16, content: Vec<u8>) -> Vec<u8> {
    let mut all = kind.to_be_bytes().to_vec();
    all.extend(sized::<2>(content));
    all
}

/// A ClientHello of TLS 1.3 that every server answers, with these names in the open.
fn hello(names: &[&str], encrypted: bool) -> Vec<u8> {
    let mut extensions = Vec::new();
    if !names.is_empty() {
        let list = names.iter().flat_map(|name| {
            let mut entry = vec![0];
            entry.extend(sized::<2>(name.as_bytes().to_vec()));
            entry
        });
        extensions.extend(extension(0, sized::<2>(list.collect())));
    }
    extensions.extend(extension(10, sized::<2>(vec![0, 0x1d, 0, 0x17])));
    extensions.extend(extension(
        13,
        sized::<2>(vec![4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 8, 7]),
    ));
    extensions.extend(extension(43, sized::<1>(vec![3, 4, 3, 3])));
    let share = [vec![0, 0x1d], sized::<2>(vec![9; 32])].concat();
    extensions.extend(extension(51, sized::<2>(share)));
    if encrypted {
        let outer = [
            vec![0, 0, 1, 0, 1, 7],
            sized::<2>(vec![5; 32]),
            sized::<2>(vec![6; 64]),
        ]
        .concat();
        extensions.extend(extension(0xfe0d, outer));
    }
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend(sized::<1>(vec![8; 32]));
    body.extend(sized::<2>(vec![
        0x13, 1, 0x13, 2, 0x13, 3, 0xc0, 0x2b, 0xc0, 0x2f,
    ]));
    body.extend(sized::<1>(vec![0]));
    body.extend(sized::<2>(extensions));
    let handshake = [vec![1], sized::<3>(body)].concat();
    [vec![0x16, 3, 1], sized::<2>(handshake)].concat()
}

/// The same in records of few bytes.
fn fragments(record: &[u8]) -> Vec<u8> {
    let pieces = record[5..].chunks(16);
    pieces
        .flat_map(|piece| [vec![0x16, 3, 1], sized::<2>(piece.to_vec())].concat())
        .collect()
}
