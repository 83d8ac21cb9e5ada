//! JSON Pointers into the payload of an event, as far as the expression language of Argo is trusted with them.

use super::{Parsed, Refusal, shown, text_value};

/// Most steps from the payload to a value.
const MOST_TOKENS: usize = 8;
/// Most bytes of a name.
const MOST_BYTES: usize = 64;
/// Signs of names beside letters and digits; none of them ends a text, joins two or is read by Argo.
const SIGNS: &str = "_.:@+- /~";

text_value! {
    /// A JSON Pointer (RFC 6901) of a closed alphabet; the empty one is the whole payload.
    EventPointer
}

/// One step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// The member of this name.
    Member(String),
    /// The element of this number, from 0; at most four digits.
    Element(u16),
}

impl EventPointer {
    /// Reads a pointer.
    ///
    /// # Errors
    /// What is no JSON Pointer, is longer than anybody needs, or has signs that are not on the list.
    pub fn parse(text: &str) -> Parsed<Self> {
        let said = |message: String| {
            Refusal::new(
                message,
                "write names of letters, digits and `_ . : @ + -`, or numbers of elements, with a `/` before each: \
                 \"/alerts/0/labels/service\"; `~1` is a `/` in a name, `~0` a `~`",
            )
        };
        if !text.is_empty() && !text.starts_with('/') {
            return Err(said(format!("{} is no JSON Pointer", shown(text))));
        }
        let steps = tokens(text);
        if steps.len() > MOST_TOKENS {
            let message = format!("{} has more than {MOST_TOKENS} steps", shown(text));
            return Err(said(message));
        }
        let escaped = text.replace("~0", "").replace("~1", "");
        if escaped.contains('~') || !steps.iter().all(is_plain) {
            let message = format!("{} cannot be looked up in a payload", shown(text));
            return Err(said(message));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A name of digits alone would be a number to one reader and a name to another.
fn is_plain(token: &Token) -> bool {
    match token {
        Token::Element(_) => true,
        Token::Member(name) => {
            !name.is_empty()
                && name.len() <= MOST_BYTES
                && !name.bytes().all(|b| b.is_ascii_digit())
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || SIGNS.contains(c))
        }
    }
}

/// The steps of a pointer, escapes read.
#[must_use]
pub fn tokens(pointer: &str) -> Vec<Token> {
    let token = |text: &str| match element(text) {
        Some(number) => Token::Element(number),
        None => Token::Member(text.replace("~1", "/").replace("~0", "~")),
    };
    pointer.split('/').skip(1).map(token).collect()
}

/// `0`, or up to four digits without a zero before them.
fn element(text: &str) -> Option<u16> {
    let digits = text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits)?;
    (text == "0" || !text.starts_with('0')).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str) -> Token {
        Token::Member(name.to_owned())
    }

    #[test]
    fn pointers_are_read() {
        assert_eq!(tokens(""), []);
        let steps = [member("alerts"), Token::Element(0), member("a/b~c")];
        assert_eq!(tokens("/alerts/0/a~1b~0c"), steps);
        // RFC 6901: `~01` is the name `~1`.
        assert_eq!(tokens("/~01"), [member("~1")]);
        for text in [
            "",
            "/service",
            "/alerts/0/labels/app.kubernetes.io~1name",
            "/a b/c:d@e+f-g_h",
            "/9999",
            "/a1",
            "/1/2/3/4/5/6/7/8",
        ] {
            assert_eq!(
                EventPointer::parse(text).map(|p| p.to_string()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn what_could_end_a_text_or_mean_two_things_is_refused() {
        let long = format!("/{}", "a".repeat(65));
        for text in [
            "service",
            "$.service",
            "/",
            "/a//b",
            "/a/",
            "/~2",
            "/~",
            "/a\"b",
            "/a\\b",
            "/a'b",
            "/a`b",
            "/{{a}}",
            "/{a}",
            "/a#b",
            "/a$b",
            "/a\nb",
            "/a|b",
            "/(a)",
            "/a,b",
            "/é",
            "/\u{202e}",
            "/007",
            "/00",
            "/10000",
            "/123456789012345678901",
            "/1/2/3/4/5/6/7/8/9",
            &long,
        ] {
            let refusal = EventPointer::parse(text).expect_err(text);
            assert!(refusal.help.contains("/alerts/0"), "{text}");
        }
    }
}
