//! `"""` strings at a new indentation, with the same value.

/// Appends the literal with every line at `prefix`. A string with escaped white space is kept as
/// it stands: its lines are not what they seem.
pub(super) fn push(literal: &str, prefix: &str, out: &mut String) {
    let is_raw = literal.starts_with('#');
    let lines: Vec<&str> = literal.split('\n').collect();
    let Some(((first, inner), last)) = lines
        .split_first()
        .and_then(|(first, rest)| rest.split_last().map(|(l, i)| ((first, i), l)))
    else {
        out.push_str(literal);
        return;
    };
    if !is_raw && has_white_escape(literal) {
        out.push_str(literal);
        return;
    }
    let quotes = last.trim_start();
    let old = last.get(..last.len() - quotes.len()).unwrap_or("");
    out.push_str(first);
    for line in inner {
        out.push('\n');
        if let Some(kept) = line.strip_prefix(old).filter(|k| !k.trim().is_empty()) {
            out.push_str(prefix);
            out.push_str(kept);
        }
    }
    out.push('\n');
    out.push_str(prefix);
    out.push_str(quotes);
}

fn has_white_escape(literal: &str) -> bool {
    let mut chars = literal.chars();
    while let Some(c) = chars.next() {
        if c == '\\' && chars.next().is_none_or(char::is_whitespace) {
            return true;
        }
    }
    false
}
