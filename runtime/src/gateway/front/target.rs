//! What a request asks for: a path that everybody reads alike.

use hyper::http::uri::Authority;

/// Whether it is a path and perhaps a query; not absolute, not `*`.
///
/// A path has no empty part, no `.` and `..`, and escapes only where it is for another host.
pub(super) fn is_plain(target: &[u8]) -> bool {
    let mut halves = target.splitn(2, |byte| *byte == b'?');
    let path = halves.next().unwrap_or_default();
    path.starts_with(b"/")
        && is_plain_path(path)
        && halves
            .next()
            .is_none_or(|query| query.iter().all(is_of_query))
}

fn is_plain_path(path: &[u8]) -> bool {
    let escapes = path.starts_with(b"/http/");
    let plain = |byte: &u8| *byte == b'/' || is_plain_byte(*byte) || (escapes && *byte == b'%');
    let mut parts = path.split(|byte| *byte == b'/').skip(1).peekable();
    let mut fine = path.iter().all(plain);
    while let Some(part) = parts.next() {
        // A slash at the end is the other host's affair too.
        let last = parts.peek().is_none() && escapes;
        fine &= !matches!(part, b"." | b"..") && (last || !part.is_empty());
    }
    fine
}

fn is_plain_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~:@!$&'()*+,;=".contains(&byte)
}

/// Brackets are no part of a query by RFC 3986, but clients write them.
fn is_of_query(byte: &u8) -> bool {
    is_plain_byte(*byte) || b"/?%[]".contains(byte)
}

/// Whether it is what stands before a path in an address; what a tunnel may be asked for is decided later.
pub(super) fn is_authority(target: &[u8]) -> bool {
    !target.is_empty() && Authority::try_from(target).is_ok()
}
