//! Names of hosts, addresses, and names of files.

use super::{Target, hold, pieces};
use crate::random::Random;
use pure_agent_runtime::net::address::{Private, verdict};
use pure_agent_runtime::net::host::{Host, HostPattern};
use pure_agent_runtime::pack::{names, scan};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) const HOST: Target = Target {
    name: "host",
    seeds: hosts,
    words: &[
        ".",
        "..",
        "*",
        "**",
        "-",
        "xn--",
        "localhost",
        "127.1",
        "0x7f",
        "::1",
        "[",
        "]",
        "@",
        ":443",
        "%",
        "1",
        "com",
        "é",
        "A",
    ],
    check: host,
};

pub(super) const ADDRESS: Target = Target {
    name: "address",
    seeds: addresses,
    words: &[],
    check: address,
};

pub(super) const FILE: Target = Target {
    name: "name",
    seeds: files,
    words: &[
        ".git",
        "GIT~1",
        ".gitmodules",
        "..",
        "/",
        "\\",
        "\u{200c}",
        "::$INDEX_ALLOCATION",
        "~1",
        " ",
        ".",
        "\u{212a}",
        "\u{fb01}",
        "AKIA0123456789ABCDEF",
    ],
    check: file,
};

pub(super) const SCAN: Target = Target {
    name: "scan",
    seeds: secrets,
    words: &[
        "AKIA",
        "ghp_",
        "sk-ant-",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "xoxb-",
        "eyJ",
        "0123456789ABCDEF",
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ",
        "\n",
    ],
    check: cut,
};

fn hosts() -> Vec<Vec<u8>> {
    [
        "example.com",
        "a.b.c.example.com",
        "*.example.com",
        "**.example.com",
        "xn--p1ai.example",
        "a-b.c",
        "127.0.0.1",
        "[::1]:443",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

fn host(bytes: &[u8], _: &mut Random) -> Result<bool, String> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Ok(false);
    };
    let parsed = Host::parse(text);
    if let Ok(pattern) = HostPattern::parse(text) {
        hold(pattern.as_str() == text, "a pattern that is another text")?;
        let own = parsed.as_ref().is_ok_and(|host| pattern.matches(host));
        hold(own || parsed.is_err(), "a host that does not match itself")?;
    }
    let Ok(host) = parsed else {
        return Ok(false);
    };
    let name = host.as_str();
    hold(name.eq_ignore_ascii_case(text), "another name")?;
    hold(
        Host::parse(name).as_ref() == Ok(&host),
        "another name the second time",
    )?;
    hold(name.parse::<IpAddr>().is_err(), "an address")?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b);
    hold(name.len() < 256 && name.bytes().all(plain), "no plain name")?;
    Ok(true)
}

fn addresses() -> Vec<Vec<u8>> {
    let v4 = [
        [127, 0, 0, 1],
        [10, 1, 2, 3],
        [169, 254, 169, 254],
        [8, 8, 8, 8],
        [224, 0, 0, 1],
    ];
    let v6 = [
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2606:4700::1",
        "fe80::1",
        "fd00:ec2::254",
    ];
    let v4 = v4.into_iter().map(|octets| octets.to_vec());
    let v6 = v6.into_iter().map(|text| {
        text.parse()
            .unwrap_or(Ipv6Addr::LOCALHOST)
            .octets()
            .to_vec()
    });
    v4.chain(v6).collect()
}

/// The first four bytes as an address: what it is refused by holds in all forms that lead to it.
fn address(bytes: &[u8], _: &mut Random) -> Result<bool, String> {
    let none = Private::parse(&[]).map_err(|e| e.to_string())?;
    let passes = |address: IpAddr| verdict(address, &none).is_ok();
    if let Some(octets) = bytes.first_chunk::<16>() {
        let address = Ipv6Addr::from(*octets);
        let odd = address.is_loopback() || address.is_multicast() || address.is_unspecified();
        let local = address.is_unique_local() || address.is_unicast_link_local();
        let inside = address.to_ipv4().is_some();
        let bad = odd || local || inside;
        hold(!(bad && passes(address.into())), "a bad address passes")?;
        return Ok(passes(address.into()));
    }
    let Some(octets) = bytes.first_chunk::<4>() else {
        return Ok(false);
    };
    let address = Ipv4Addr::from(*octets);
    let bad = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_unspecified();
    hold(!(bad && passes(address.into())), "a bad address passes")?;
    let [a, b, c, d] = address.octets().map(u16::from);
    let (high, low) = ((a << 8) | b, (c << 8) | d);
    for form in [
        address.to_ipv6_mapped(),
        address.to_ipv6_compatible(),
        Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
        Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 0),
    ] {
        hold(
            !passes(form.into()),
            "an address inside another form passes",
        )?;
    }
    Ok(passes(address.into()))
}

fn files() -> Vec<Vec<u8>> {
    [
        "README.md",
        ".git",
        ".gitignore",
        "src",
        "a b",
        "é",
        ".GIT",
        "git~1",
        ".git\u{200c}",
        "AKIA0123456789ABCDEF/x",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

fn file(bytes: &[u8], _: &mut Random) -> Result<bool, String> {
    let shown = names::shown(bytes);
    hold(
        !shown.chars().any(char::is_control),
        "what is shown has control characters",
    )?;
    hold(shown.chars().count() <= 241, "what is shown is too long")?;
    let Ok(name) = names::text(bytes) else {
        return Ok(false);
    };
    hold(name.as_bytes() == bytes, "another name")?;
    let path = name.contains(['/', '\\', '\0']) || matches!(name, "" | "." | "..");
    hold(!path, "a name that is a path")?;
    hold(name == ".git" || !names::is_git(name), "a name like .git")?;
    let folded = names::fold(name);
    hold(
        names::fold(&folded) == folded,
        "folding twice is another name",
    )?;
    Ok(true)
}

fn secrets() -> Vec<Vec<u8>> {
    let key = format!("{}\nabc\n", concat!("-----BEGIN RSA ", "PRIVATE KEY-----"));
    let token = format!("ghp_{}", "a1B2".repeat(9));
    [
        key,
        token,
        format!("x AKIA{} y", "0123456789ABCDEF"),
        "plain text".repeat(500),
    ]
    .map(String::into_bytes)
    .into()
}

/// What is found does not depend on the pieces.
fn cut(bytes: &[u8], random: &mut Random) -> Result<bool, String> {
    let whole = scan::whole(bytes);
    let mut scan = scan::Scan::default();
    for piece in pieces(bytes, random) {
        scan.block(piece);
    }
    hold(scan.end() == whole, "what is found depends on the pieces")?;
    Ok(!whole.is_empty())
}
