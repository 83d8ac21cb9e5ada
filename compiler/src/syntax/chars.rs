//! Characters: which are blanks, which may stand in a bare word, which are refused everywhere.

/// Byte classes of the lexer; everything from 0x80 on is decoded first.
pub(super) const WORD: u8 = 0;
/// A byte that ends a bare word.
pub(super) const BREAK: u8 = 1;
/// First or later byte of a character beyond ASCII.
pub(super) const WIDE: u8 = 2;

/// Class of each byte.
pub(super) static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [WORD; 256];
    let mut at = 0;
    while at < 256 {
        let breaks = at <= 0x20
            || at == 0x7f
            || matches!(
                at as u8,
                b'\\' | b'/' | b'(' | b')' | b'{' | b'}' | b'[' | b']' | b';' | b'"' | b'#' | b'='
            );
        if at >= 0x80 {
            table[at] = WIDE;
        } else if breaks {
            table[at] = BREAK;
        }
        at += 1;
    }
    table
}

/// Whether KDL counts the character as a blank (line breaks are not blanks).
pub(super) fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\t' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// What kind of refused character this is, if it is one.
///
/// Refused are control characters but tab and line feed, line and paragraph separators, and the
/// characters that show nothing or reorder others (Unicode's default-ignorable ones), but for the
/// two selectors that emoji are typed with.
pub fn refused(c: char) -> Option<&'static str> {
    match c {
        '\t' | '\n' | ' '..='~' => None,
        '\0' => Some("NUL"),
        '\r' => Some("carriage return"),
        '\u{2028}' | '\u{2029}' => Some("line separator"),
        '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => {
            Some("bidi control")
        }
        '\u{feff}' => Some("byte order mark"),
        '\u{fe0e}' | '\u{fe0f}' => None,
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{2065}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0d}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => Some("invisible character"),
        c if c.is_control() => Some("control character"),
        _ => None,
    }
}

/// Whether the character may stand in a bare word.
pub(super) fn is_word(c: char) -> bool {
    if c.is_ascii() {
        u8::try_from(c).is_ok_and(|b| CLASS[usize::from(b)] == WORD)
    } else {
        !is_blank(c) && refused(c).is_none()
    }
}
