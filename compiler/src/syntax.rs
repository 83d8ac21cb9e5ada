//! Text to [`tree::Node`]s.
//!
//! [`guard`] turns bytes into text or says why not; [`lexer`] cuts it into tokens. `plain` reads
//! nodes and blocks (`braces` helps where they do not match), `entry` and `property` a node's
//! line, `atom` and `literal` one name or value; each goes on after a mistake. `full` asks the
//! `kdl` crate about single words and strings of unusual form, and about nothing else: it never
//! sees a block or a `/-`. `mistakes` words the ones that people make.

mod atom;
mod braces;
mod chars;
mod entry;
mod full;
pub mod guard;
pub mod lexer;
mod literal;
mod misplaced;
mod mistakes;
mod notes;
mod plain;
mod property;
mod strings;
mod token;
pub mod tree;

use std::sync::Arc;

use crate::diag::Findings;
use crate::span::{SourceId, Sources};
pub use chars::refused;
pub use full::BUDGET;
pub use guard::{MAX_FILE, Text, read};
pub use plain::DEPTH;
use tree::Node;

/// One source, read.
#[derive(Debug)]
pub struct Document {
    /// The source it became.
    pub source: SourceId,
    /// The nodes that could be read; all of them where there are no findings.
    pub nodes: Vec<Node>,
    /// Everything wrong with characters and syntax.
    pub findings: Findings,
}

/// Reads the bytes of a file, adds it to the sources and parses it.
///
/// `path` is logical. The findings carry the codes PA0101 to PA0108.
pub fn load(sources: &mut Sources, path: &str, bytes: &[u8]) -> Document {
    let text = read(bytes);
    let shared: Arc<str> = Arc::from(text.text.as_str());
    let source = sources.add(path.to_owned(), Arc::clone(&shared));
    let mut findings = text.findings(source);
    if !text.is_readable() {
        return Document {
            source,
            nodes: Vec::new(),
            findings,
        };
    }
    let (nodes, more) = parse(&shared, source);
    findings.extend(more);
    Document {
        source,
        nodes,
        findings,
    }
}

/// Parses a text that [`read`] returned.
///
/// Nodes that could be read are returned even where there are findings: the mistakes are read as
/// they were most likely meant, so that later stages see the rest of the text.
#[must_use]
pub fn parse(text: &str, source: SourceId) -> (Vec<Node>, Findings) {
    plain::parse(text, source)
}
