//! Git's packets, requests and answers, and names of repositories.

use super::{Target, hold, many};
use crate::random::Random;
use pure_agent_runtime::tools::git::advertised::{question, tip};
use pure_agent_runtime::tools::git::pkt::{Packet, Packets, line};
use pure_agent_runtime::tools::git::repository::{Pattern, Repository, is_branch};
use pure_agent_runtime::tools::git::request;

const WORDS: &[&str] = &[
    "0000",
    "0001",
    "0002",
    "0003",
    "0004",
    "0005\n",
    "fff0",
    "FFF0",
    "+005",
    "0014command=ls-refs\n",
    "0012command=fetch\n",
    "000dfetch\n",
    "0009done\n",
    "0032want 0123456789012345678901234567890123456789\n",
    "packfile-uris https",
    "agent=git/2",
    " symref-target:refs/heads/main",
    "refs/heads/",
    "ERR ",
    "..",
    ".lock",
    "@{",
];

const fn target(
    name: &'static str,
    seeds: fn() -> Vec<Vec<u8>>,
    check: fn(&[u8], &mut Random) -> Result<bool, String>,
) -> Target {
    Target {
        name,
        seeds,
        words: WORDS,
        check,
    }
}

pub(super) const PACKETS: Target = target("git-packets", requests, packets);
pub(super) const REQUEST: Target = target("git-request", requests, request);
pub(super) const TIP: Target = target("git-tip", answers, advertised);
pub(super) const REPOSITORY: Target = target("git-repository", names, repository);

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn requests() -> Vec<Vec<u8>> {
    let want = line(&format!("want {COMMIT}"));
    let fetch = line("command=fetch");
    [
        question(Some("main")),
        question(None),
        format!(
            "{fetch}{}0001{}{want}{}{}0000",
            line("agent=git/2.50"),
            line("thin-pack"),
            line("deepen 1"),
            line("done")
        ),
        format!(
            "{}{}0000{}",
            line(&format!(
                "want {COMMIT} multi_ack_detailed side-band-64k ofs-delta agent=git/2"
            )),
            want,
            line("done")
        ),
        format!("{fetch}0001{}0000", want.repeat(400)),
        "0000".to_owned(),
    ]
    .map(String::into_bytes)
    .into()
}

/// The packets as they were written are the bytes that were read.
fn packets(bytes: &[u8], random: &mut Random) -> Result<bool, String> {
    if random.below(64) == 0 {
        let many = many(bytes);
        hold(
            Packets::new(&many).count() <= many.len(),
            "more packets than bytes",
        )?;
    }
    let mut written = Vec::new();
    for packet in Packets::new(bytes) {
        match packet {
            Err(_) => {
                hold(bytes.starts_with(&written), "packets that nobody wrote")?;
                return Ok(false);
            }
            Ok(Packet::Flush) => written.extend(b"0000"),
            Ok(Packet::Between) => written.extend(b"0001"),
            Ok(Packet::Data(data)) => {
                written.extend(format!("{:04x}", data.len() + 4).into_bytes());
                written.extend(data);
            }
        }
    }
    hold(written == bytes, "packets that are other bytes")?;
    Ok(!bytes.is_empty())
}

/// Nothing passes that leads a client elsewhere or that a reader could take for another command.
fn request(bytes: &[u8], random: &mut Random) -> Result<bool, String> {
    if random.below(64) == 0 {
        let _verdict = request::check(&many(bytes), random.below(2) == 0);
    }
    let mut taken = false;
    for second in [false, true] {
        if request::check(bytes, second).is_err() {
            continue;
        }
        taken = true;
        let mut commands = 0;
        for packet in Packets::new(bytes) {
            let packet = packet.map_err(|_malformed| "a malformed packet passes")?;
            let Packet::Data(data) = packet else { continue };
            let text =
                std::str::from_utf8(data).map_err(|_none| "a line that is no text passes")?;
            commands += usize::from(text.starts_with("command="));
            let bad = ["packfile-uris", "push", "object-info", "bundle-uri"];
            hold(
                !bad.iter().any(|bad| text.starts_with(bad)),
                "a bad line passes",
            )?;
        }
        hold(
            commands == usize::from(second),
            "more or fewer commands than one",
        )?;
    }
    Ok(taken)
}

fn answers() -> Vec<Vec<u8>> {
    [
        format!(
            "{}{}0000",
            line(&format!("{COMMIT} HEAD symref-target:refs/heads/main")),
            line(&format!("{COMMIT} refs/heads/main"))
        ),
        format!("{}0000", line(&format!("{COMMIT} refs/heads/main"))),
        "0000".to_owned(),
        line("ERR no"),
    ]
    .map(String::into_bytes)
    .into()
}

fn advertised(bytes: &[u8], random: &mut Random) -> Result<bool, String> {
    if random.below(64) == 0 {
        let _tip = tip(&many(bytes), None);
    }
    let mut found = false;
    for branch in [None, Some("main")] {
        let Some(Some(tip)) = tip(bytes, branch) else {
            continue;
        };
        found = true;
        let plain = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        hold(tip.commit.bytes().all(plain), "a commit that is none")?;
        let named = tip.branch.as_deref();
        hold(named.is_none_or(is_branch), "a branch that is none")?;
        hold(branch.is_none() || named == branch, "another branch")?;
    }
    Ok(found)
}

fn names() -> Vec<Vec<u8>> {
    [
        "github.com/dlddu/pure-agent",
        "https://github.com/dlddu/pure-agent.git",
        "github.com/dlddu/*",
        "git.example.com/a-b/c_d.e",
        "main",
        "feature/a-1",
        "github.com/../x",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// A name is one of a repository in one way only, and its address leads to its host.
fn repository(bytes: &[u8], _: &mut Random) -> Result<bool, String> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Ok(false);
    };
    if is_branch(text) {
        let bad = text.contains("..")
            || text.starts_with('-')
            || text.contains([' ', ':', '^', '~', '\\', '*']);
        hold(!bad, "a branch that git reads otherwise")?;
    }
    let _pattern = Pattern::parse(text);
    let Some(read) = Repository::read(text) else {
        return Ok(false);
    };
    let name = read.to_string();
    hold(
        Repository::read(&name).as_ref() == Some(&read),
        "another the second time",
    )?;
    let own = Pattern::parse(&name);
    hold(
        own.is_none_or(|own| own.matches(&read)),
        "it does not match itself",
    )?;
    let parts: Vec<&str> = name.split('/').collect();
    let plain = |part: &&str| !part.is_empty() && !matches!(*part, "." | "..");
    hold(
        parts.len() == 3 && parts.iter().all(plain),
        "a name that is a path",
    )?;
    let url = read.upstream();
    let uri: hyper::Uri = url.parse().map_err(|e| format!("{url}: {e}"))?;
    hold(
        uri.host() == parts.first().copied()
            && uri.path() == format!("/{}/{}.git", parts[1], parts[2]),
        "an address elsewhere",
    )?;
    Ok(true)
}
