//! One field of a text that comes in pieces, none of which is kept.

use super::value;
use serde_json::Value;
use std::collections::BTreeSet;
use text::Text;

mod text;

/// Most levels, as [`value`] has them.
const MOST_OPEN: usize = 127;

/// Reads as [`super::field`] does, from pieces of any size.
#[derive(Debug)]
pub struct Pieces {
    name: &'static str,
    at: At,
    open: Vec<Open>,
    /// The key or the number that is being read.
    token: Vec<u8>,
    /// Whether the next value is that of the field, and whether the current one is.
    named: bool,
    keeps: bool,
    /// The value of the field.
    kept: Vec<u8>,
    broken: bool,
}

/// The text is none that [`value`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

#[derive(Debug)]
enum Open {
    List,
    /// With the keys so far.
    Object(BTreeSet<String>),
}

/// What comes next.
#[derive(Debug)]
enum At {
    Value,
    /// A value, or the end of a list that has none.
    First,
    Key,
    /// A key, or the end of an object that has none.
    FirstKey,
    Colon,
    /// A comma, or the end of what is open.
    Next,
    /// The rest of a key.
    Name {
        escaped: bool,
    },
    /// The rest of a string.
    Text(Text),
    /// The rest of a number.
    Number,
    /// The rest of `true`, `false` or `null`.
    Word(&'static [u8]),
    /// White space.
    End,
}

impl Pieces {
    /// Reads this field of the object that comes.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            at: At::Value,
            open: Vec::new(),
            token: Vec::new(),
            named: false,
            keeps: false,
            kept: Vec::new(),
            broken: false,
        }
    }

    /// Takes the next piece.
    pub fn push(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while !self.broken && !rest.is_empty() {
            let keeps = self.keeps;
            let count = self.step(rest);
            let (taken, behind) = rest.split_at(count.unwrap_or(rest.len()));
            if keeps {
                self.kept.extend_from_slice(taken);
            }
            self.broken = count.is_none();
            rest = behind;
        }
    }

    /// The field; none where the text is another than an object, or has no such field.
    ///
    /// # Errors
    /// As [`value`], without the reason.
    pub fn end(mut self) -> Result<Option<Value>, Broken> {
        if matches!(self.at, At::Number) {
            self.broken |= self.number().is_none();
        }
        if self.broken || !matches!(self.at, At::End) {
            return Err(Broken);
        }
        let kept = Some(self.kept).filter(|kept| !kept.is_empty());
        kept.map(|kept| value(&kept).map_err(|_untold| Broken))
            .transpose()
    }

    /// Takes bytes; none where they are not what may come.
    fn step(&mut self, bytes: &[u8]) -> Option<usize> {
        match &mut self.at {
            At::Name { escaped } => {
                let mut end = None;
                for (count, byte) in bytes.iter().enumerate() {
                    match (std::mem::take(escaped), byte) {
                        (false, b'"') => {
                            end = Some(count);
                            break;
                        }
                        (false, b'\\') => *escaped = true,
                        _ => {}
                    }
                }
                self.token
                    .extend_from_slice(bytes.get(..end.unwrap_or(bytes.len()))?);
                match end {
                    Some(end) => self.key().map(|()| end + 1),
                    None => Some(bytes.len()),
                }
            }
            At::Text(text) => {
                let (count, ended) = text.step(bytes)?;
                if ended {
                    self.close();
                }
                Some(count)
            }
            At::Number => {
                let count = bytes.iter().take_while(|byte| is_of_number(byte)).count();
                self.token.extend_from_slice(bytes.get(..count)?);
                match count < bytes.len() {
                    true => self.number().map(|()| count),
                    false => Some(count),
                }
            }
            At::Word(rest) => {
                let (first, behind) = rest.split_first()?;
                *rest = behind;
                let ended = behind.is_empty();
                if bytes.first() != Some(first) {
                    return None;
                }
                if ended {
                    self.close();
                }
                Some(1)
            }
            _ => {
                let byte = bytes.first()?;
                match byte {
                    b' ' | b'\t' | b'\n' | b'\r' => Some(1),
                    byte => self.mark(*byte),
                }
            }
        }
    }

    /// Takes a byte outside of strings, numbers and words.
    fn mark(&mut self, byte: u8) -> Option<usize> {
        let next = match (&self.at, byte) {
            (At::Value | At::First, b'"') => At::Text(Text::default()),
            (At::Value | At::First, b'{') => return self.open(Open::Object(BTreeSet::new())),
            (At::Value | At::First, b'[') => return self.open(Open::List),
            (At::Value | At::First, b't') => At::Word(b"rue"),
            (At::Value | At::First, b'f') => At::Word(b"alse"),
            (At::Value | At::First, b'n') => At::Word(b"ull"),
            (At::Value | At::First, b'-' | b'0'..=b'9') => {
                self.token = vec![byte];
                At::Number
            }
            (At::Key | At::FirstKey, b'"') => {
                self.token.clear();
                At::Name { escaped: false }
            }
            (At::Colon, b':') => {
                self.keeps |= std::mem::take(&mut self.named);
                At::Value
            }
            (At::Next, b',') => match self.open.last()? {
                Open::List => At::Value,
                Open::Object(_) => At::Key,
            },
            (At::First | At::Next, b']') if matches!(self.open.last(), Some(Open::List)) => {
                self.open.pop();
                self.close();
                return Some(1);
            }
            (At::FirstKey | At::Next, b'}')
                if matches!(self.open.last(), Some(Open::Object(_))) =>
            {
                self.open.pop();
                self.close();
                return Some(1);
            }
            _ => return None,
        };
        self.at = next;
        Some(1)
    }

    fn open(&mut self, open: Open) -> Option<usize> {
        self.at = match open {
            Open::List => At::First,
            Open::Object(_) => At::FirstKey,
        };
        self.open.push(open);
        (self.open.len() <= MOST_OPEN).then_some(1)
    }

    /// A value has ended.
    fn close(&mut self) {
        self.keeps &= self.open.len() != 1;
        self.at = match self.open.is_empty() {
            true => At::End,
            false => At::Next,
        };
    }

    /// A key has ended.
    fn key(&mut self) -> Option<()> {
        let quoted = [b"\"", self.token.as_slice(), b"\""].concat();
        let key: String = serde_json::from_slice(&quoted).ok()?;
        self.named = self.open.len() == 1 && key == self.name;
        self.at = At::Colon;
        match self.open.last_mut()? {
            Open::Object(keys) => keys.insert(key).then_some(()),
            Open::List => None,
        }
    }

    /// A number has ended.
    fn number(&mut self) -> Option<()> {
        value(&self.token).ok()?;
        self.close();
        Some(())
    }
}

fn is_of_number(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')
}

#[cfg(test)]
mod tests {
    use super::super::field;
    use super::*;
    use proptest::prelude::*;

    /// What the pieces say must be what the whole says.
    fn same(text: &[u8], size: usize) {
        let mut pieces = Pieces::new("usage");
        text.chunks(size).for_each(|piece| pieces.push(piece));
        let whole = field(text, "usage").map(|whole| whole.get("usage").cloned());
        let shown = String::from_utf8_lossy(text);
        assert_eq!(pieces.end().ok(), whole.ok(), "{size}: {shown}");
    }

    #[test]
    fn odd_texts_are_read_as_a_whole_is() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let nested = |levels: usize| format!("{{\"usage\":{}}}", deep(levels));
        let texts = [
            "",
            " ",
            "{}",
            "[]",
            " {} ",
            "{} x",
            "{\"usage\":1}",
            "{\"usage\":1,\"usage\":1}",
            "{\"\\u0075sage\":{\"a\":[1,\"\\\"}\"]} , \"b\":2}",
            "{\"b\":{\"usage\":1}}",
            "{\"usage\":-0.5e+3 }",
            "{\"usage\":\"\"}",
            "[{\"usage\":1}]",
            "1",
            "-",
            "01",
            "1.",
            "1e999",
            "-1e-999",
            "1-2",
            "truth",
            "tru",
            "nul",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":\"\\ud83d\\ude00\"}",
            "{\"a\":\"\\ud83dx\"}",
            "{\"a\":\"\\udc00\"}",
            "{\"a\":\"\\ud83d\\n\"}",
            "{\"a\":\"\\ud83d\\u0041\"}",
            "{\"a\":\"\u{7f}\u{e9}\u{20ac}\u{1f600}\"}",
            "{\"a\":\"\t\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u00g0\"}",
            "{\"a\"}",
            "{\"a\":}",
            "{,}",
            "[,]",
            "[1,]",
            "[1 2]",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{\"a\":1]",
            "[1}",
            "{\"a\nb\":1}",
            "{\"a\":1 \"b\":2}",
            "\u{feff}{}",
        ];
        let long = [deep(127), deep(128), nested(126), nested(127)];
        for text in texts.iter().map(|text| (*text).to_owned()).chain(long) {
            (1..=text.len().clamp(1, 9)).for_each(|size| same(text.as_bytes(), size));
            same(text.as_bytes(), text.len().max(1));
        }
    }

    /// Blocks of plain text are passed over, so what stands beside and behind them must not be.
    #[test]
    fn what_stands_in_long_plain_text_is_seen() {
        let plain = "x".repeat(200);
        for odd in [
            "",
            "\"",
            "\\",
            "\\n",
            "\n",
            "\u{7f}",
            "\u{e9}",
            "\\u12",
            "\", \"usage\": 7, \"b\": \"",
        ] {
            for at in [0, 1, 63, 64, 65, 127, 128, 200] {
                let (before, behind) = plain.split_at(at);
                let text = format!("{{\"a\":\"{before}{odd}{behind}\"}}");
                for size in [1, 7, 64, 65, 100, 500] {
                    same(text.as_bytes(), size);
                }
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_however_they_are_cut() {
        let cases: [&[u8]; 6] = [
            b"\"\xc3\"",
            b"\"\xe2\x82\"",
            b"\"\xe2\x82\xac\"",
            b"\"\xf0\x9f\x98\\n\"",
            b"\"\xed\xa0\x80\"",
            b"\"\xc0\x80\"",
        ];
        for text in cases {
            (1..=text.len()).for_each(|size| same(text, size));
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let text = prop::sample::select(vec!["usage", "", "a", "\"\\", "\u{1f600}\u{1}", "\u{e9}"]);
        let text = text.prop_map(str::to_owned).boxed();
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((text.clone(), inner), 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// JSON, whole and with a byte that is another.
        #[test]
        fn a_field_is_the_same_however_the_text_is_cut(
            json in json(), size in 1_usize..20, place in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let mut text = json.to_string().into_bytes();
            same(&text, size);
            let at = place.index(text.len());
            text[at] = byte;
            same(&text, size);
        }
    }
}
