//! HTML as text.
//!
//! Pages are hostile: the reader goes through a page once, whatever stands in it, and keeps nothing but the text.
//! Libraries for this either build a tree or begin again at each tag that is never closed.

/// The text of a page of HTML: scripts and the like left out, links with their addresses.
#[must_use]
pub fn text(page: &str) -> String {
    let mut reader = Reader::default();
    let mut rest = page;
    while let Some((text, tag)) = rest.split_once('<') {
        reader.text(text);
        // What is never closed hides the rest of the page, as it does in a browser.
        let Some(after) = reader.markup(tag) else {
            return reader.end();
        };
        rest = after;
    }
    reader.text(rest);
    reader.end()
}

#[derive(Debug, Default)]
struct Reader {
    out: String,
    /// Line breaks before the next word.
    breaks: usize,
    /// Whether a space stands before the next word.
    space: bool,
    /// How many `pre` are open.
    verbatim: usize,
    /// Address of the link that is open.
    link: Option<String>,
}

impl Reader {
    fn text(&mut self, text: &str) {
        let text = unescape(text);
        if self.verbatim > 0 {
            self.flush();
            self.out.push_str(&text);
            return;
        }
        let mut first = true;
        for word in text.split(|c: char| c.is_ascii_whitespace()) {
            self.space |= !first;
            first = false;
            if !word.is_empty() {
                self.flush();
                self.out.push_str(word);
            }
        }
    }

    /// Writes the white space that is due.
    fn flush(&mut self) {
        if self.out.is_empty() {
            (self.breaks, self.space) = (0, false);
        }
        match (
            std::mem::take(&mut self.breaks),
            std::mem::take(&mut self.space),
        ) {
            (0, true) => self.out.push(' '),
            (0, false) => {}
            (1, _) => self.out.push('\n'),
            _ => self.out.push_str("\n\n"),
        }
    }

    fn end(self) -> String {
        self.out
    }

    fn word(&mut self, word: &str) {
        self.flush();
        self.out.push_str(word);
    }

    /// Reads what follows a `<`; gives what comes after it.
    fn markup<'p>(&mut self, rest: &'p str) -> Option<&'p str> {
        if let Some(comment) = rest.strip_prefix("!--") {
            return comment.split_once("-->").map(|(_, after)| after);
        }
        let (closing, inner) = match rest.strip_prefix('/') {
            Some(inner) => (true, inner),
            None => (false, rest),
        };
        if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!' || c == '?') {
            self.word("<");
            return Some(rest);
        }
        let end = tag_end(inner)?;
        let (tag, after) = inner.split_at_checked(end)?;
        let after = after.strip_prefix('>')?;
        let name = tag
            .split(|c: char| c.is_ascii_whitespace() || c == '/')
            .next()
            .unwrap_or_default();
        let name = name.to_ascii_lowercase();
        if !closing && is_hidden(&name) {
            return after_closing(after, &name);
        }
        self.tag(&name, closing, tag);
        Some(after)
    }

    fn tag(&mut self, name: &str, closing: bool, tag: &str) {
        match name {
            "a" if closing => {
                if let Some(link) = self.link.take() {
                    self.word(&format!(" ({link})"));
                }
            }
            "a" => {
                self.link = attribute(tag, "href")
                    .map(|href| unescape(&href))
                    .filter(|href| is_shown(href))
            }
            "li" if !closing => {
                self.breaks = self.breaks.max(1);
                self.word("- ");
            }
            "br" | "li" | "tr" | "ul" | "ol" | "dl" | "dt" | "dd" | "title" => {
                self.breaks = self.breaks.max(1)
            }
            "td" | "th" => self.space = true,
            "pre" => {
                self.breaks = self.breaks.max(2);
                self.verbatim = match closing {
                    true => self.verbatim.saturating_sub(1),
                    false => self.verbatim.saturating_add(1),
                };
            }
            "p" | "div" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "section"
            | "article" | "header" | "footer" | "nav" | "main" | "aside" | "blockquote" | "hr"
            | "form" | "figure" => {
                self.breaks = self.breaks.max(2);
            }
            _ => {}
        }
    }
}

/// Elements whose content is no text of the page.
fn is_hidden(name: &str) -> bool {
    matches!(
        name,
        "script" | "style" | "template" | "svg" | "noscript" | "iframe" | "object"
    )
}

/// Links that lead to a place; scripts and data are none, and would only be long.
fn is_shown(href: &str) -> bool {
    let scheme = href
        .split_once(':')
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    let known = matches!(scheme.as_deref(), None | Some("http" | "https" | "mailto"));
    (known || href.starts_with(['/', '?', '.']))
        && !href.starts_with('#')
        && (1..=2048).contains(&href.len())
}

/// Where the `>` of a tag stands; one inside a quoted value is none.
fn tag_end(tag: &str) -> Option<usize> {
    let (mut quote, mut value) = (None, false);
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') if value => quote = Some(byte),
            (None, _) => {}
        }
        value = byte == b'=' || (value && byte.is_ascii_whitespace());
    }
    None
}

/// What follows `</name … >`.
fn after_closing<'p>(text: &'p str, name: &str) -> Option<&'p str> {
    let mut rest = text;
    loop {
        let (_, tag) = rest.split_once("</")?;
        let named = tag
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name));
        if named {
            return tag.split_once('>').map(|(_, after)| after);
        }
        rest = tag;
    }
}

/// The value of an attribute.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once('=') {
        let named = before
            .trim_end()
            .rsplit(|c: char| c.is_ascii_whitespace())
            .next();
        let after = after.trim_start();
        let (value, left) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => after.get(1..)?.split_once(quote)?,
            _ => after
                .split_once(|c: char| c.is_ascii_whitespace())
                .unwrap_or((after, "")),
        };
        if named.is_some_and(|named| named.eq_ignore_ascii_case(name)) {
            return Some(value.trim().to_owned());
        }
        rest = left;
    }
    None
}

/// Most bytes of the name of a character.
const MOST_NAME: usize = 10;

/// Text with its escapes read: numbers and the common names.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.bytes().take(MOST_NAME + 1).position(|b| b == b';');
        let named =
            end.and_then(|end| Some((character(after.get(..end)?)?, after.get(end + 1..)?)));
        match named {
            Some((character, left)) => {
                out.push(character);
                rest = left;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number
            .strip_prefix(['x', 'X'])
            .map(|hex| u32::from_str_radix(hex, 16));
        let code = hex.unwrap_or_else(|| number.parse()).ok()?;
        return char::from_u32(code).filter(|c| !c.is_control() || c.is_ascii_whitespace());
    }
    let names = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", ' '),
        ("copy", '©'),
        ("reg", '®'),
        ("trade", '™'),
        ("hellip", '…'),
        ("mdash", '—'),
        ("ndash", '–'),
        ("lsquo", '‘'),
        ("rsquo", '’'),
        ("ldquo", '“'),
        ("rdquo", '”'),
        ("laquo", '«'),
        ("raquo", '»'),
        ("bull", '•'),
        ("middot", '·'),
        ("times", '×'),
        ("deg", '°'),
        ("para", '¶'),
        ("sect", '§'),
        ("rarr", '→'),
        ("larr", '←'),
        ("euro", '€'),
        ("pound", '£'),
        ("yen", '¥'),
        ("cent", '¢'),
        ("le", '≤'),
        ("ge", '≥'),
        ("ne", '≠'),
    ];
    names
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, character)| *character)
}
