//! A streaming scanner for secrets of known shape.
//!
//! It is a net against accidents, not against an agent that hides: whoever wants to smuggle text out encodes
//! it, and no pattern sees that. The bounds of an export and its approval hold there.
//!
//! Every shape starts with a fixed text, and whether it is there can be told from the next 2048 bytes.
//! So the scanner keeps the last bytes of a block until the next one has come; where blocks end
//! does not change what is found.

use super::finding::Rule;
use std::collections::BTreeSet;

/// Bytes from the start of a shape in which it must be told.
const WINDOW: usize = 2048;

/// One shape.
struct Shape {
    rule: Rule,
    /// How it starts.
    head: &'static [u8],
    /// Whether the rest is what it must be.
    tail: fn(&[u8]) -> bool,
}

const fn shape(rule: Rule, head: &'static [u8], tail: fn(&[u8]) -> bool) -> Shape {
    Shape { rule, head, tail }
}

/// The shapes. A word character before the head is no match, but for the PEM header.
const SHAPES: &[Shape] = &[
    shape(Rule::PrivateKey, b"-----BEGIN ", pem),
    shape(Rule::AwsAccessKey, b"AKIA", |t| exactly(t, 16, upper)),
    shape(Rule::AwsAccessKey, b"ASIA", |t| exactly(t, 16, upper)),
    shape(Rule::GithubToken, b"ghp_", |t| least(t, 36, letter)),
    shape(Rule::GithubToken, b"gho_", |t| least(t, 36, letter)),
    shape(Rule::GithubToken, b"ghu_", |t| least(t, 36, letter)),
    shape(Rule::GithubToken, b"ghs_", |t| least(t, 36, letter)),
    shape(Rule::GithubToken, b"ghr_", |t| least(t, 36, letter)),
    shape(Rule::GithubToken, b"github_pat_", |t| least(t, 22, word)),
    shape(Rule::GitlabToken, b"glpat-", |t| least(t, 20, dashed)),
    shape(Rule::AnthropicKey, b"sk-ant-", |t| least(t, 20, dashed)),
    shape(Rule::OpenaiKey, b"sk-proj-", |t| least(t, 20, dashed)),
    shape(Rule::OpenaiKey, b"sk-svcacct-", |t| least(t, 20, dashed)),
    shape(Rule::OpenaiKey, b"sk-admin-", |t| least(t, 20, dashed)),
    shape(Rule::OpenaiKey, b"sk-", |t| least(t, 40, letter)),
    shape(Rule::SlackToken, b"xoxa-", |t| least(t, 10, dashed)),
    shape(Rule::SlackToken, b"xoxb-", |t| least(t, 10, dashed)),
    shape(Rule::SlackToken, b"xoxp-", |t| least(t, 10, dashed)),
    shape(Rule::SlackToken, b"xoxr-", |t| least(t, 10, dashed)),
    shape(Rule::SlackToken, b"xoxs-", |t| least(t, 10, dashed)),
    shape(Rule::SlackToken, b"xapp-", |t| least(t, 20, dashed)),
    shape(Rule::LinearKey, b"lin_api_", |t| least(t, 32, letter)),
    shape(Rule::LinearKey, b"lin_oauth_", |t| least(t, 32, letter)),
    shape(Rule::GoogleKey, b"AIza", |t| least(t, 35, dashed)),
    shape(Rule::GoogleKey, b"\"private_key_id\"", key_id),
    shape(Rule::NpmToken, b"npm_", |t| least(t, 36, letter)),
    shape(Rule::JsonWebToken, b"eyJ", jwt),
];

/// Which bytes a shape may start with, so that most are passed at once.
const FIRST: [bool; 256] = {
    let mut first = [false; 256];
    let mut i = 0;
    while i < SHAPES.len() {
        first[SHAPES[i].head[0] as usize] = true;
        i += 1;
    }
    first
};

/// A scan of one text.
#[derive(Debug, Default)]
pub struct Scan {
    /// What has come and is not judged, after [`Scan::before`].
    kept: Vec<u8>,
    /// The byte before it.
    before: Option<u8>,
    found: BTreeSet<Rule>,
}

impl Scan {
    /// Takes the next block.
    pub fn block(&mut self, block: &[u8]) {
        self.kept.extend_from_slice(block);
        let judged = self.kept.len().saturating_sub(WINDOW);
        self.judge(judged);
    }

    /// The rules by which something was found in the whole text.
    #[must_use]
    pub fn end(mut self) -> BTreeSet<Rule> {
        self.judge(self.kept.len());
        self.found
    }

    /// Judges the first `count` places of what is kept, and drops them.
    fn judge(&mut self, count: usize) {
        let mut before = self.before;
        for (at, byte) in self.kept.iter().enumerate().take(count) {
            if FIRST.get(usize::from(*byte)) == Some(&true) {
                let text = self.kept.get(at..).unwrap_or_default();
                let text = text.get(..WINDOW).unwrap_or(text);
                self.found.extend(starts(text, before));
            }
            before = Some(*byte);
        }
        self.before = before;
        self.kept.drain(..count);
    }
}

/// The rules by which something is found in a short text.
#[must_use]
pub fn whole(text: &[u8]) -> BTreeSet<Rule> {
    let mut scan = Scan::default();
    scan.block(text);
    scan.end()
}

/// The rules of the shapes that stand at the start of the text, which is at most [`WINDOW`] bytes.
fn starts(text: &[u8], before: Option<u8>) -> impl Iterator<Item = Rule> {
    let found = move |shape: &&Shape| {
        // What stands inside a longer run is none of it; this also bounds the work for each byte.
        let inside = match shape.rule {
            Rule::PrivateKey => false,
            Rule::JsonWebToken => before.is_some_and(dashed),
            _ => before.is_some_and(word),
        };
        !inside && text.strip_prefix(shape.head).is_some_and(shape.tail)
    };
    SHAPES.iter().filter(found).map(|shape| shape.rule)
}

fn run(text: &[u8], is: fn(u8) -> bool) -> usize {
    text.iter().take_while(|b| is(**b)).count()
}

fn least(text: &[u8], count: usize, is: fn(u8) -> bool) -> bool {
    text.get(..count).is_some_and(|text| run(text, is) == count)
}

fn exactly(text: &[u8], count: usize, is: fn(u8) -> bool) -> bool {
    run(text, is) == count && !text.get(count).copied().is_some_and(word)
}

fn upper(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit()
}

fn letter(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

fn word(b: u8) -> bool {
    letter(b) || b == b'_'
}

fn dashed(b: u8) -> bool {
    word(b) || b == b'-'
}

/// `RSA PRIVATE KEY-----`, `PRIVATE KEY-----`, `PGP PRIVATE KEY BLOCK-----`.
fn pem(text: &[u8]) -> bool {
    let label = run(text, |b| upper(b) || b == b' ');
    let (Some(label), Some(rest)) = (text.get(..label), text.get(label..)) else {
        return false;
    };
    label.len() <= 64
        && (label.ends_with(b"PRIVATE KEY") || label.ends_with(b"PRIVATE KEY BLOCK"))
        && rest.starts_with(b"-----")
}

/// `: "…"` with forty hexadecimal digits: the key of a service account of Google.
fn key_id(text: &[u8]) -> bool {
    let blank = |text: &[u8]| run(text, |b| b.is_ascii_whitespace());
    let Some(text) = text
        .get(blank(text).min(64)..)
        .and_then(|t| t.strip_prefix(b":"))
    else {
        return false;
    };
    let Some(text) = text
        .get(blank(text).min(64)..)
        .and_then(|t| t.strip_prefix(b"\""))
    else {
        return false;
    };
    exactly(text, 40, |b| b.is_ascii_hexdigit())
}

/// Header, payload and signature, the first two JSON objects in base64url. A header or payload that is longer
/// than the window counts by its beginning.
fn jwt(text: &[u8]) -> bool {
    let header = run(text, dashed);
    let Some(rest) = text.get(header..).and_then(|t| t.strip_prefix(b".eyJ")) else {
        return false;
    };
    let payload = run(rest, dashed);
    let Some(signature) = rest.get(payload..) else {
        return false;
    };
    // The text was cut at the window: what has come so far has to do.
    let cut = text.len() + b"eyJ".len() >= WINDOW;
    let signed = match signature.strip_prefix(b".") {
        Some(signature) => cut || least(signature, 16, dashed),
        None => cut && signature.is_empty(),
    };
    header >= 10 && payload >= 10 && signed
}
