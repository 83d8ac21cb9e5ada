//! Names of git and its forges, for the compiler that checks them and the runtime that goes by them.

/// Whether a text is a branch's short name: what `git check-ref-format --branch` takes, in ASCII, and neither `HEAD`,
/// `refs/…`, nor 40 hex digits, which look like a commit.
#[must_use]
pub fn is_branch(text: &str) -> bool {
    (1..=244).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"~^:?*[\\".contains(&b))
        && text.split('/').all(is_part)
        && !text.starts_with('-')
        && !text.ends_with('.')
        && !text.contains("..")
        && !text.contains("@{")
        && !text.starts_with("refs/")
        && !matches!(text, "@" | "HEAD" | "refs")
        && !(text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_part(part: &str) -> bool {
    !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock")
}

/// Whether a text is `owner/name`, as GitHub has it.
#[must_use]
pub fn is_repository(text: &str) -> bool {
    text.split_once('/')
        .is_some_and(|(owner, name)| is_owner(owner) && is_name(name))
}

/// Letters, digits and single `-`, at most 39; managed users have one `_`.
fn is_owner(owner: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    (1..=39).contains(&owner.len())
        && owner.starts_with(edge)
        && owner.ends_with(edge)
        && owner
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn is_name(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && !matches!(name, "." | "..")
        && !name.to_ascii_lowercase().ends_with(".git")
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
