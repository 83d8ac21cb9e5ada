//! Names that an agent chooses, within the patterns of the contract.

use super::super::{Refused, refused};
use super::unfit;
use crate::segment::{Segment, matches};

/// Whether a name of GitHub or a branch fits its pattern, and is one.
pub(super) fn within(pattern: &str, text: &str, what: &'static str) -> Result<(), Refused> {
    let parts: Option<Vec<Segment>> = pattern.split('/').map(|p| Segment::read(p, true)).collect();
    let parts = parts.ok_or_else(|| unfit("pattern"))?;
    let texts: Vec<&str> = text.split('/').collect();
    let named = match what {
        "repository" => texts.len() == 2 && texts.iter().all(|part| is_name(part)),
        _ => is_branch(text),
    };
    match named && matches(&parts, &texts) {
        true => Ok(()),
        false => Err(refused(
            what,
            format!("the {what} is not one that the spec permits"),
        )),
    }
}

fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=100).contains(&name.len()) && name.bytes().all(plain) && !matches!(name, "." | "..")
}

/// A branch as `git check-ref-format` has it, of characters that need no escape in a path.
fn is_branch(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with('.')
            && !part.ends_with(".lock")
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b'+');
    (1..=200).contains(&text.len())
        && text.bytes().all(plain)
        && text.split('/').all(part)
        && !text.contains("..")
        && !text.starts_with('-')
        && !text.starts_with("refs/")
        && text != "HEAD"
        && !(text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit()))
}
