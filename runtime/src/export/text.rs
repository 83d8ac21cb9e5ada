//! Text of an agent in a place where people read it and machines act on it.
//!
//! It stays readable as it is, and does nothing: nobody is called, no issue is closed or linked, no image is loaded
//! from elsewhere, no HTML is rendered, no bot is commanded. What would start one of these is broken by a space of no width,
//! which Markdown does not remove, whatever stands around it.

/// Breaks what it stands in.
const BREAK: char = '\u{200b}';
/// Characters after a closing word in which a reference makes it one.
const NEAR: usize = 200;
/// Words that close an issue, on GitHub or in Linear.
const CLOSING: &[&str] = &[
    "close",
    "closes",
    "closed",
    "closing",
    "fix",
    "fixes",
    "fixed",
    "fixing",
    "resolve",
    "resolves",
    "resolved",
    "resolving",
    "complete",
    "completes",
    "completed",
    "completing",
    "implement",
    "implements",
    "implemented",
    "implementing",
];

/// The text, made harmless; with lines that end with `\n`.
#[must_use]
pub fn harmless(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let chars: Vec<char> = text.chars().filter(|c| !unseen(*c)).collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        let word: String = word(&chars, at);
        if !word.is_empty() {
            let count = word.chars().count();
            let rest = chars.get(at + count..).unwrap_or_default();
            push_word(&mut out, &word, rest);
            at += count;
            continue;
        }
        let next = chars.get(at + 1).copied();
        let first = at == 0 || chars.get(at - 1) == Some(&'\n');
        out.push(*c);
        if breaks(*c, next, first) {
            out.push(BREAK);
        }
        at += 1;
    }
    out
}

/// The same for one line, such as a title.
#[must_use]
pub fn line(text: &str) -> String {
    harmless(&text.replace(['\n', '\r', '\t'], " "))
}

/// The same for one line of a chat of at most so many characters: no form of a chat's own calls somebody, and nothing
/// becomes a link, which the chat would fetch to show what is behind it.
#[must_use]
pub fn chat(text: &str, most: usize) -> String {
    let text: String = text.chars().map(plain).collect();
    let text = line(&text);
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(c);
        if chars.peek().is_some_and(|next| links(before, c, *next)) {
            out.push(BREAK);
        }
        before = c;
    }
    match out.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", out.get(..end).unwrap_or_default()),
        None => out,
    }
}

/// What stands for a character that a chat reads: `<!here>` is one of Slack's forms, and other readers end a line at
/// other characters.
fn plain(c: char) -> char {
    match c {
        '<' | '＜' => '‹',
        '>' | '＞' => '›',
        '＠' | '﹫' => '@',
        '\u{85}' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}' => ' ',
        c => c,
    }
}

/// Whether a link, or a word that calls everybody, goes over this place: `https://`, `www.`, `name.tld`, `[x](y)`.
fn links(before: char, c: char, next: char) -> bool {
    match c {
        ':' => next == '/',
        '.' => before.is_alphanumeric() && next.is_alphanumeric(),
        ']' => matches!(next, '(' | '[' | ':'),
        _ => false,
    }
}

/// Whether something begins after this character.
fn breaks(c: char, next: Option<char>, first: bool) -> bool {
    let Some(next) = next else {
        return false;
    };
    match c {
        // Mentions, also those of teams, also after an escape.
        '@' => !next.is_whitespace(),
        // References to issues, and entities: an entity becomes any of these characters.
        '#' => next.is_ascii_digit(),
        '&' => next == '#' || next.is_ascii_alphanumeric(),
        '!' => next == '[',
        '<' => next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?'),
        // Commands of bots.
        '/' => first && next.is_ascii_alphabetic(),
        _ => false,
    }
}

/// The word that starts here; empty where none does.
fn word(chars: &[char], at: usize) -> String {
    let inside = at
        .checked_sub(1)
        .and_then(|before| chars.get(before))
        .is_some_and(|c| c.is_alphanumeric());
    if inside {
        return String::new();
    }
    let rest = chars.get(at..).unwrap_or_default();
    rest.iter().take_while(|c| c.is_alphanumeric()).collect()
}

fn push_word(out: &mut String, word: &str, rest: &[char]) {
    let lower = word.to_ascii_lowercase();
    let closing = CLOSING.contains(&lower.as_str()) && referred(rest);
    // `GH-1`, and `linear.app/…`: an address of Linear mentions whom it shows.
    let linear = lower == "linear" && follows(rest, ".app");
    let issue = lower == "gh" && follows(rest, "-");
    let mut chars = word.chars();
    if closing || linear || issue {
        out.extend(chars.next());
        out.push(BREAK);
    }
    out.extend(chars);
}

fn follows(rest: &[char], text: &str) -> bool {
    let count = text.chars().count();
    let start = rest.get(..count);
    start.is_some_and(|start| {
        start
            .iter()
            .zip(text.chars())
            .all(|(a, b)| a.eq_ignore_ascii_case(&b))
    })
}

/// Whether a reference stands near: `#1`, `owner/name#1`, `ABC-1`, a URL.
fn referred(rest: &[char]) -> bool {
    let near: String = rest.iter().take(NEAR).collect();
    let dashed = near.split('-').skip(1);
    near.contains('#')
        || near.contains("://")
        || dashed
            .into_iter()
            .any(|after| after.starts_with(|c: char| c.is_ascii_digit()))
}

/// Control characters but for new lines and tabs, and those that change the direction of what is read.
fn unseen(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{BREAK, chat, harmless, line};

    /// With the break shown as `|`.
    fn shown(text: &str) -> String {
        harmless(text).replace(BREAK, "|")
    }

    #[test]
    fn nothing_is_started() {
        for (text, harmless) in [
            ("@octocat", "@|octocat"),
            ("\\@octocat @org/team", "\\@|octocat @|org/team"),
            (
                "&#64;octocat &commat;x &amp;#64;x",
                "&|#|64;octocat &|commat;x &|amp;#|64;x",
            ),
            ("see #12", "see #|12"),
            ("Fixes #12", "F|ixes #|12"),
            ("FIXED: owner/name#12", "F|IXED: owner/name#|12"),
            ("closes\nGH-12", "c|loses\nG|H-12"),
            ("Resolves DLD-7", "R|esolves DLD-7"),
            (
                "Closes https://github.com/o/n/issues/3",
                "C|loses https://github.com/o/n/issues/3",
            ),
            (
                "![x](https://evil.example.com/?secret)",
                "!|[x](https://evil.example.com/?secret)",
            ),
            ("![x][y]", "!|[x][y]"),
            ("<img src=x onerror=y>", "<|img src=x onerror=y>"),
            ("</details><!-- x --><?php", "<|/details><|!-- x --><|?php"),
            (
                "https://linear.app/x/profiles/kim",
                "https://l|inear.app/x/profiles/kim",
            ),
            ("/approve\n/deploy now", "/|approve\n/|deploy now"),
            ("a\u{202e}b\u{0}c\u{7f}\r\nd", "abc\nd"),
        ] {
            assert_eq!(shown(text), harmless, "{text}");
        }
    }

    #[test]
    fn s2_23_in_a_chat_nobody_is_called_and_nothing_is_fetched() {
        for (text, harmless) in [
            ("@channel @here @all", "@|channel @|here @|all"),
            (
                "<!here> <!channel|x> <@U1> <!subteam^S1>",
                "‹!here› ‹!channel|x› ‹@|U1› ‹!subteam^S1›",
            ),
            ("&lt;!here&gt; &#64;here", "&|lt;!here&|gt; &|#|64;here"),
            ("＠channel ﹫here ＜!here＞", "@|channel @|here ‹!here›"),
            ("@\u{202e}channel", "@|channel"),
            (
                "<https://evil.example.com|the report>",
                "‹https:|//evil.|example.|com|the report›",
            ),
            (
                "see https://evil.example.com/?s=1",
                "see https:|//evil.|example.|com/?s=1",
            ),
            (
                "www.evil.example evil.example",
                "www.|evil.|example evil.|example",
            ),
            ("10.0.0.1", "10.|0.|0.|1"),
            (
                "[here](https://x.y) [a][b]\n[b]: //x",
                "[here]|(https:|//x.|y) [a]|[b] [b]|: //x",
            ),
            ("![x](y)", "!|[x]|(y)"),
            (
                "done\nrun-1: failed\u{2028}x\u{85}y",
                "done run-1: failed x y",
            ),
            ("/remind me", "/|remind me"),
        ] {
            assert_eq!(chat(text, 500).replace(BREAK, "|"), harmless, "{text}");
        }
        assert_eq!(
            chat("All is done. 가나다: it works, e.g", 500).replace(BREAK, ""),
            "All is done. 가나다: it works, e.g"
        );
    }

    #[test]
    fn words_in_a_chat_have_a_bound() {
        assert_eq!(chat(&"가".repeat(10), 10), "가".repeat(10));
        assert_eq!(chat(&"가".repeat(11), 10), format!("{}…", "가".repeat(10)));
        // The bound holds after the breaks that were put in.
        assert_eq!(chat(&"@x".repeat(400), 500).chars().count(), 501);
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        for text in [
            "Fix the login of the fixed page.",
            "a < b && c > d; x@ y # z ! [link](https://example.com)",
            "가나다 `code` **bold**\n- item\n\n| a | b |",
            "prefix suffix linearly ghost and/or",
        ] {
            assert_eq!(shown(text), text);
        }
        assert_eq!(line("a\nb\tc"), "a b c");
    }
}
