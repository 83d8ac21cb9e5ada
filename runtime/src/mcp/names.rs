//! One flat list of names that every provider of models takes: `[a-zA-Z0-9_-]{1,64}`, each of one tool.

use crate::digest::sha256;
use std::collections::{BTreeMap, BTreeSet};

/// Most bytes of a name.
const MOST: usize = 64;
/// Digits of a digest that tell names apart which are alike otherwise.
const DIGITS: usize = 8;

/// Names for tools `(server, tool)`, in the order given; none where no name is left. The bare name of the tool
/// where no other tool and nothing in `taken` has it; else `server__tool`; else that, cut, with digits of a digest.
/// Names that differ in case only count as the same.
#[must_use]
pub fn flat(tools: &[(&str, &str)], taken: &[&str]) -> Vec<Option<String>> {
    let mut bare: BTreeMap<String, u32> = BTreeMap::new();
    for name in tools.iter().map(|(_, tool)| tool).chain(taken) {
        let count = bare.entry(name.to_ascii_lowercase()).or_default();
        *count = count.saturating_add(1);
    }
    let alone = |tool: &str| bare.get(&tool.to_ascii_lowercase()) == Some(&1);
    let mut used: BTreeSet<String> = taken.iter().map(|name| name.to_ascii_lowercase()).collect();
    let mut names: Vec<Option<String>> = tools
        .iter()
        .map(|(_, tool)| {
            let fine = is_plain(tool) && alone(tool) && used.insert(tool.to_ascii_lowercase());
            fine.then(|| (*tool).to_owned())
        })
        .collect();
    for (name, (server, tool)) in names.iter_mut().zip(tools) {
        if name.is_none() {
            let mut candidates = [format!("{server}__{tool}"), marked(server, tool)].into_iter();
            *name = candidates.find(|c| is_plain(c) && used.insert(c.to_ascii_lowercase()));
        }
    }
    names
}

fn is_plain(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    (1..=MOST).contains(&name.len()) && name.bytes().all(plain)
}

fn marked(server: &str, tool: &str) -> String {
    let digest = sha256(format!("{server}\0{tool}"));
    let plain = |c: char| match c {
        '_' | '-' => c,
        c if c.is_ascii_alphanumeric() => c,
        _ => '_',
    };
    let name = format!("{server}__{tool}");
    let name: String = name.chars().map(plain).take(MOST - DIGITS - 1).collect();
    let digits: String = digest.chars().take(DIGITS).collect();
    format!("{name}_{digits}")
}
