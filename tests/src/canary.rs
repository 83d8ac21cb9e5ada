//! Secrets that the tests plant, and the search for them in everything that comes out.
//!
//! A [`Place`](crate::place::Place) searches what its processes wrote, where they were started and the files that they
//! left; [`raw`](crate::place::raw) searches the answers of a gateway; a [`World`](crate::world::World) searches what
//! its hosts were sent beside the field of the credential. So each test of a run is one of its secrets, too.

use crate::place::{KEY, UID};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use pure_agent_runtime::proof::{self, Key, Use};
use regex::bytes::{Regex, RegexBuilder};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What every planted secret begins with.
const SECRET: &str = "canary-of-secret-";
/// Cycles whose proofs are searched for.
const CYCLES: u32 = 8;
/// Files above this length are programs and archives of tests of speed.
const MOST: u64 = 32 << 20;

/// The value of a secret: it must stand in no output.
#[must_use]
pub fn canary(name: &str) -> String {
    format!("{SECRET}{name}-0123456789abcdef")
}

/// What is searched for, and one expression for all of it.
struct Known {
    secrets: BTreeMap<Vec<u8>, String>,
    all: Option<Arc<Regex>>,
}

static KNOWN: Mutex<Known> = Mutex::new(Known {
    secrets: BTreeMap::new(),
    all: None,
});

/// From now on this secret is searched for in everything, also where it came out before.
pub fn learn(what: &str, secret: &[u8]) {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let new = known.secrets.insert(secret.to_vec(), what.to_owned());
    if new.is_none() {
        known.all = None;
    }
}

/// The name of a secret that stands in these bytes: as it is, in hexadecimal, in base64 at any offset, and all of
/// these also within percent escapes and escapes of JSON.
#[must_use]
pub fn found(bytes: &[u8]) -> Option<String> {
    let all = expression();
    let hit = |text: &[u8]| all.find(text).map(|hit| hit.as_bytes().to_vec());
    let hit = hit(bytes)
        .or_else(|| hit(&percent(bytes)))
        .or_else(|| hit(&unescaped(bytes)))?;
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut secrets = known.secrets.iter();
    let name = secrets.find(|(secret, _)| forms(secret).contains(&hit));
    Some(name.map_or_else(|| "a secret".to_owned(), |(_, name)| name.clone()))
}

/// # Panics
/// If a secret stands in these bytes, which are `what`; not while another panic goes on.
pub fn none_in(what: &str, bytes: &[u8]) {
    let Some(secret) = found(bytes) else { return };
    if !std::thread::panicking() {
        panic!("{secret} came out in {what}");
    }
}

/// The same for all files below a folder but those that `given` names: these the test wrote.
///
/// # Panics
/// If a secret stands in a file or in its name.
pub fn none_below(folder: &Path, given: &dyn Fn(&str) -> bool) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(about) = entry.metadata() else {
            continue;
        };
        if about.is_dir() {
            none_below(&path, given);
        } else if about.is_file() && about.len() <= MOST && !given(&name) {
            none_in("the name of a file", name.as_bytes());
            none_in(&name, &std::fs::read(&path).unwrap_or_default());
        }
    }
}

/// What a process was started with: its environment and its command line.
///
/// # Panics
/// If a secret stands there.
pub fn none_given_to(what: &str, process: u32) {
    for part in ["environ", "cmdline"] {
        let bytes = std::fs::read(format!("/proc/{process}/{part}")).unwrap_or_default();
        none_in(&format!("the {part} of {what}"), &bytes);
    }
}

fn expression() -> Arc<Regex> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if !known.secrets.contains_key(SECRET.as_bytes()) {
        known.secrets.extend(first());
        known.all = None;
    }
    let Known { secrets, all } = &mut *known;
    Arc::clone(all.get_or_insert_with(|| Arc::new(any_of(secrets.keys()))))
}

/// What every run of the tests has: secrets, the key, and what follows from it.
fn first() -> BTreeMap<Vec<u8>, String> {
    let mut all = BTreeMap::from([
        (SECRET.as_bytes().to_vec(), "a secret of the run".to_owned()),
        (KEY.to_vec(), "the key of the run".to_owned()),
    ]);
    let key = Key::new(KEY.to_vec()).unwrap_or_else(|e| panic!("{e}"));
    for (purpose, name) in [
        (Use::Router, "router"),
        (Use::Export, "export step"),
        (Use::People, "people"),
        (Use::Marker, "markers"),
    ] {
        let proof = key.proof(UID, purpose).into_bytes();
        all.insert(proof, format!("the proof of the {name}"));
    }
    for cycle in 0..CYCLES {
        let proof = proof::claim(UID, cycle).into_bytes();
        all.insert(proof, format!("the proof of the claim of cycle {cycle}"));
        for agent in ["coder", "other"] {
            let proof = proof::claim_as(UID, cycle, Some(agent)).into_bytes();
            all.insert(
                proof,
                format!("the proof of {agent}'s claim of cycle {cycle}"),
            );
        }
    }
    all
}

fn any_of<'s>(secrets: impl Iterator<Item = &'s Vec<u8>>) -> Regex {
    let mut pattern = String::from("(?-u)");
    for (number, form) in secrets.flat_map(|secret| forms(secret)).enumerate() {
        if number > 0 {
            pattern.push('|');
        }
        for byte in form {
            write!(pattern, "\\x{byte:02x}").unwrap_or_else(|e| panic!("{e}"));
        }
    }
    let built = RegexBuilder::new(&pattern).size_limit(64 << 20).build();
    built.unwrap_or_else(|e| panic!("{e}"))
}

/// A secret as it may come out of a program that encodes it, whole or within more.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut all = vec![secret.to_vec(), hex.to_uppercase().into_bytes(), hex.into()];
    for before in 0..3 {
        let shifted = [&[0; 2][..before], secret].concat();
        // Characters at either end also hold bits of what stands beside the secret.
        let (start, end) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let text = engine.encode(&shifted).into_bytes();
            all.push(text.get(start..end).unwrap_or_default().to_vec());
        }
    }
    all
}

/// Percent escapes read.
fn percent(bytes: &[u8]) -> Vec<u8> {
    escapes(bytes, b"%", 2)
}

/// Escapes of JSON read, as far as one can stand for a plain character.
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    escapes(bytes, b"\\u", 4)
}

/// Replaces each `sign` that so many hexadecimal digits follow by the byte that they mean.
fn escapes(bytes: &[u8], sign: &[u8], digits: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some((&one, after)) = rest.split_first() {
        let meant = rest
            .strip_prefix(sign)
            .and_then(|rest| rest.get(..digits))
            .and_then(|text| std::str::from_utf8(text).ok())
            .and_then(|text| u8::try_from(u32::from_str_radix(text, 16).ok()?).ok());
        out.push(meant.unwrap_or(one));
        rest = match meant {
            Some(_) => rest.get(sign.len() + digits..).unwrap_or_default(),
            None => after,
        };
    }
    out
}

#[cfg(test)]
mod tests;
