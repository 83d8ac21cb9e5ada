//! Where a branch stands, by version 2 of git's protocol.

use super::pkt::{Packet, Packets, line, text};
use super::repository::is_branch;
use crate::state::clone::is_commit;

/// A branch and its commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// Without `refs/heads/`; none where `HEAD` is on no branch.
    pub branch: Option<String>,
    /// Its commit, in hexadecimal.
    pub commit: String,
}

/// The question for a branch, or for `HEAD`.
#[must_use]
pub fn question(branch: Option<&str>) -> String {
    let prefix = branch.map_or_else(
        || "HEAD".to_owned(),
        |branch| format!("refs/heads/{branch}"),
    );
    let lines = [line("symrefs"), line(&format!("ref-prefix {prefix}"))].concat();
    format!(
        "{}{}0001{lines}0000",
        line("command=ls-refs"),
        line("agent=git/pure-agent")
    )
}

/// What the answer says; the inner none: no such branch. None where it is no answer.
#[must_use]
pub fn tip(answer: &[u8], branch: Option<&str>) -> Option<Option<Tip>> {
    let wanted = branch.map_or_else(
        || "HEAD".to_owned(),
        |branch| format!("refs/heads/{branch}"),
    );
    let (mut found, mut ended) = (None, false);
    for packet in Packets::new(answer) {
        match packet.ok()? {
            Packet::Data(data) if !ended => {
                let (commit, rest) = text(data)?.split_once(' ')?;
                let mut words = rest.split(' ');
                if words.next() == Some(&wanted) && is_commit(commit) {
                    let target =
                        words.find_map(|word| word.strip_prefix("symref-target:refs/heads/"));
                    let on = branch
                        .or(target)
                        .filter(|name| is_branch(name))
                        .map(str::to_owned);
                    let commit = commit.to_owned();
                    found = Some(Tip { branch: on, commit });
                }
            }
            Packet::Flush if !ended => ended = true,
            _ => return None,
        }
    }
    ended.then_some(found)
}
