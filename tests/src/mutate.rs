//! Mutations that know the grammar: blocks, lines, properties, strings, numbers and words of the
//! corpus, and raw bytes.

use crate::random::Random;
use pure_agent::nodes::walk;
use std::collections::{BTreeMap, BTreeSet};

/// Files of a workspace, by path.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A seeded source of mutations.
#[derive(Debug)]
pub struct Mutator {
    random: Random,
    words: Vec<Vec<u8>>,
    strings: Vec<Vec<u8>>,
    lines: Vec<Vec<u8>>,
    blocks: Vec<Vec<u8>>,
}

/// Pieces of text that have been trouble somewhere.
const NASTY: &[&str] = &[
    "/-",
    "/-{",
    "{",
    "}",
    "\"",
    "\"\"\"",
    "#\"",
    "\"#",
    "\\",
    "/*",
    "*/",
    "//",
    "(t)",
    "=",
    ";",
    "#true",
    "#null",
    "-",
    "+",
    ".",
    "*",
    "**",
    "\u{202e}",
    "\u{feff}",
    "\0",
    "\r",
    "\t",
    "\u{85}",
    "é",
    "日本",
    "\u{1f600}",
    "0x",
    "0b2",
    "1e999",
    "-1",
    "1_000_000_000_000_000_000_000_000_000",
    "0",
    "#inf",
    "#nan",
    "{ ",
    "};",
    "a=b=c",
    "\\\n",
    "\r\n",
];

/// What strings hold that have been trouble somewhere.
const NASTY_STRINGS: &[&str] = &[
    "",
    " ",
    "../../etc/passwd",
    "/etc/passwd",
    "a/../b",
    "*",
    "**",
    "*.com",
    "*.*.com",
    "a..b",
    "0s",
    "365d",
    "-1h",
    "1h1h",
    "9223372036854775807Gi",
    "0.000001 USD",
    "25",
    "1e9 USD",
    "[a-z",
    "(a*)*",
    "(?i)a{1000}{1000}",
    "@every 1s",
    "* * * * * *",
    "0 0 30 2 *",
    "::/0",
    "0.0.0.0/0",
    "10.0.0.1/8",
    "ssh-ed25519 AAAA",
    "localhost",
    "{{workflow.uid}}",
    "{{=1}}",
    "}}",
    "$(A)",
    "xn--p1ai",
    "a@sha256:1",
    "a:b@sha256:",
    "http://[::1]:99999",
    "https://a@b/?x#y",
    "s3://",
    "no",
    "0bundle-short-x0",
    "0bundle-digest-placeholder-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0",
    "\\u{0}",
    "\\u{10FFFF}",
    "\\x",
    "é",
    "2027-02-30",
    "Europe/Nowhere",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

/// The most bytes that a mutated file has.
const LARGEST: usize = 1 << 20;

impl Mutator {
    /// Mutations with the words of these workspaces and of the table of nodes.
    #[must_use]
    pub fn new(seed: u64, corpus: &[&Files]) -> Self {
        let mut words: BTreeSet<Vec<u8>> = NASTY.iter().map(|w| w.as_bytes().to_vec()).collect();
        words.extend(
            walk()
                .iter()
                .map(|(_, _, def)| def.name.as_bytes().to_vec()),
        );
        let mut strings: BTreeSet<Vec<u8>> = NASTY_STRINGS
            .iter()
            .map(|w| w.as_bytes().to_vec())
            .collect();
        let (mut lines, mut blocks) = (BTreeSet::new(), BTreeSet::new());
        for text in corpus.iter().flat_map(|files| files.values()) {
            for line in text.split(|b| *b == b'\n') {
                lines.insert(line.to_vec());
                words.extend(line.split(u8::is_ascii_whitespace).map(<[u8]>::to_vec));
                strings.extend(
                    line.split(|b| *b == b'"')
                        .skip(1)
                        .step_by(2)
                        .map(<[u8]>::to_vec),
                );
            }
            blocks.extend(
                blocks_of(text)
                    .into_iter()
                    .map(|(start, end)| text[start..end].to_vec()),
            );
        }
        Self {
            random: Random::new(seed),
            words: words.into_iter().collect(),
            strings: strings.into_iter().collect(),
            lines: lines.into_iter().collect(),
            blocks: blocks.into_iter().collect(),
        }
    }

    /// A number below `limit`; 0 where the limit is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.random.below(limit)
    }

    fn word(&mut self) -> Vec<u8> {
        let at = self.below(self.words.len());
        self.words[at].clone()
    }

    fn string(&mut self) -> Vec<u8> {
        let at = self.below(self.strings.len());
        self.strings[at].clone()
    }

    /// The workspace, broken by one to six mutations of one file; now and then two files change
    /// places.
    pub fn mutate(&mut self, files: &Files) -> Files {
        let mut out = files.clone();
        let names: Vec<String> = files.keys().cloned().collect();
        let name = names[self.below(names.len())].clone();
        let mut text = out.remove(&name).unwrap_or_default();
        if self.below(64) == 0 {
            let other = names[self.below(names.len())].clone();
            text = out.insert(other, text.clone()).unwrap_or(text);
        }
        // Most often one or two, so that what follows the first mistake is reached as well.
        let times = [1, 1, 1, 2, 2, 3, 4, 6][self.below(8)];
        for _ in 0..times {
            text = self.once(text);
            text.truncate(LARGEST);
        }
        out.insert(name, text);
        out
    }

    fn once(&mut self, text: Vec<u8>) -> Vec<u8> {
        match self.below(16) {
            0 | 1 => self.change_line(text),
            2 | 3 => self.change_block(text),
            4..=6 => self.change_string(text),
            7 => self.change_number(text),
            8 => self.add_property(text),
            9 | 10 => self.change_word(text),
            11 => self.copy_piece(text),
            12 => self.repeat(text),
            _ => self.change_byte(text),
        }
    }

    /// Deletes, doubles, swaps or adds a line.
    fn change_line(&mut self, text: Vec<u8>) -> Vec<u8> {
        let mut lines: Vec<Vec<u8>> = text.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        let (at, other) = (self.below(lines.len()), self.below(lines.len()));
        match self.below(4) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(other, lines[at].clone()),
            2 => lines.swap(at, other),
            _ => {
                let new = self.below(self.lines.len());
                lines.insert(at, self.lines[new].clone());
            }
        }
        lines.join(&b'\n')
    }

    /// Deletes, doubles, comments out or replaces a node with its children, or adds one.
    fn change_block(&mut self, mut text: Vec<u8>) -> Vec<u8> {
        let blocks = blocks_of(&text);
        if blocks.is_empty() || self.blocks.is_empty() {
            return text;
        }
        let (start, end) = blocks[self.below(blocks.len())];
        let own = text[start..end].to_vec();
        let known = self.below(self.blocks.len());
        let foreign = self.blocks[known].clone();
        let new = match self.below(6) {
            0 => Vec::new(),
            1 => [own.clone(), b"\n".to_vec(), own].concat(),
            2 => [b"/-".to_vec(), own].concat(),
            3 => [own, b"\n".to_vec(), foreign].concat(),
            4 => foreign,
            // Wrapped in itself.
            _ => {
                let head = own.iter().position(|b| *b == b'{').unwrap_or(0);
                [&own[..=head], b"\n".as_slice(), &own, b"\n}"].concat()
            }
        };
        drop(text.splice(start..end, new));
        text
    }

    /// Replaces what stands between two quotes, or a piece of it.
    fn change_string(&mut self, mut text: Vec<u8>) -> Vec<u8> {
        let quotes: Vec<usize> = text
            .iter()
            .enumerate()
            .filter(|(_, b)| **b == b'"')
            .map(|(at, _)| at)
            .collect();
        if quotes.len() < 2 {
            return self.change_word(text);
        }
        let first = self.below(quotes.len() - 1);
        let (start, end) = (quotes[first] + 1, quotes[first + 1]);
        let new = self.string();
        match self.below(4) {
            0 => drop(text.splice(end..end, new)),
            1 => drop(text.splice(start..start, new)),
            _ => drop(text.splice(start..end, new)),
        }
        text
    }

    /// Replaces a number.
    fn change_number(&mut self, mut text: Vec<u8>) -> Vec<u8> {
        const NUMBERS: &[&[u8]] = &[
            b"0",
            b"1",
            b"-1",
            b"50",
            b"51",
            b"65536",
            b"4294967296",
            b"9007199254740993",
            b"9223372036854775808",
            b"340282366920938463463374607431768211456",
            b"0x7f",
            b"1.5",
            b"1e400",
        ];
        let from = self.below(text.len());
        let digit = |b: &u8| b.is_ascii_digit();
        let Some(start) = text[from..].iter().position(digit).map(|n| from + n) else {
            return text;
        };
        let end = text[start..]
            .iter()
            .position(|b| !digit(b))
            .map_or(text.len(), |n| start + n);
        let new = NUMBERS[self.below(NUMBERS.len())].to_vec();
        drop(text.splice(start..end, new));
        text
    }

    /// Adds an argument or a property at the end of a line.
    fn add_property(&mut self, mut text: Vec<u8>) -> Vec<u8> {
        let from = self.below(text.len());
        let at = text[from..]
            .iter()
            .position(|b| *b == b'\n')
            .map_or(text.len(), |n| from + n);
        let (key, value) = (self.word(), self.string());
        let new = match self.below(3) {
            0 => [b" ", key.as_slice(), b"=\"", &value, b"\""].concat(),
            1 => [b" \"", value.as_slice(), b"\""].concat(),
            _ => [b" {\n", key.as_slice(), b" \"", &value, b"\"\n}"].concat(),
        };
        drop(text.splice(at..at, new));
        text
    }

    /// Replaces, removes or adds a word.
    fn change_word(&mut self, mut text: Vec<u8>) -> Vec<u8> {
        let from = self.below(text.len());
        let gap = |b: &u8| b.is_ascii_whitespace();
        let start = text[from..].iter().position(gap).map_or(from, |n| from + n);
        let skip = text[start..].iter().position(|b| !gap(b)).unwrap_or(0);
        let end = text[start + skip..]
            .iter()
            .position(gap)
            .map_or(text.len(), |n| start + skip + n);
        let word = self.word();
        let new = match self.below(3) {
            0 => [b" ".as_slice(), &word].concat(),
            1 => Vec::new(),
            _ => [text[start..end].to_vec(), b" ".to_vec(), word].concat(),
        };
        drop(text.splice(start..end, new));
        text
    }

    /// Copies a piece of the text to another place.
    fn copy_piece(&mut self, mut text: Vec<u8>) -> Vec<u8> {
        let (a, b) = (self.below(text.len() + 1), self.below(text.len() + 1));
        let piece = text[a.min(b)..a.max(b)].to_vec();
        let at = self.below(text.len() + 1);
        drop(text.splice(at..at, piece));
        text
    }

    /// Adds a word many times; seldom a thousand times and more.
    fn repeat(&mut self, mut text: Vec<u8>) -> Vec<u8> {
        let word = self.word();
        let most = if self.below(16) == 0 { 14 } else { 7 };
        let times = 1 << self.below(most);
        let separator: &[u8] = [b" ".as_slice(), b"", b"\n", b";"][self.below(4)];
        let piece = [&word, separator].concat().repeat(times);
        let at = self.below(text.len() + 1);
        drop(text.splice(at..at, piece));
        text
    }

    /// Changes, removes or adds a byte.
    fn change_byte(&mut self, mut text: Vec<u8>) -> Vec<u8> {
        if text.is_empty() {
            return text;
        }
        let at = self.below(text.len());
        // Half of them bytes that mean something, for bytes that are no UTF-8 end a run early.
        let byte = match self.below(2) {
            0 => b"{}\"\\/*=;#() \n-_.0a"[self.below(18)],
            _ => u8::try_from(self.below(256)).unwrap_or(0),
        };
        match self.below(3) {
            0 => text[at] = byte,
            1 => drop(text.remove(at)),
            _ => text.insert(at, byte),
        }
        text
    }
}

/// Start and end of every node with children whose first line ends in `{`, as it is usually laid out.
fn blocks_of(text: &[u8]) -> Vec<(usize, usize)> {
    let (mut open, mut out) = (Vec::new(), Vec::new());
    let mut at = 0;
    for line in text.split_inclusive(|b| *b == b'\n') {
        let shown = line.trim_ascii();
        if shown.ends_with(b"{") {
            open.push(at + line.len() - line.trim_ascii_start().len());
        } else if shown == b"}"
            && let Some(start) = open.pop()
        {
            out.push((start, at + line.trim_ascii_end().len()));
        }
        at += line.len();
    }
    out
}
