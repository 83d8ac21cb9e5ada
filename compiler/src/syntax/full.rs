//! The authority on KDL for what the plain reader leaves: single words and strings of odd form.
//!
//! The `kdl` crate takes exponential time on nested `/-`, overflows its stack on deep nesting and
//! reads about a megabyte a second. So it never sees structure, only one name or value at a time;
//! what it is given per text is limited, it runs on a thread with a stack of its own, and whoever
//! asks waits for a limited time.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use kdl::{KdlDocument, KdlValue};

use super::tree::Value;

/// Bytes of odd words and strings in one text; every word counts `WORD_COST` more.
pub const BUDGET: usize = 512 * 1024;
/// What asking costs, in bytes.
const WORD_COST: usize = 64;
/// Bytes of stack for the parser.
const STACK: usize = 64 * 1024 * 1024;
/// How long one answer may take, and how much longer for each KiB.
const PATIENCE: Duration = Duration::from_millis(800);
const PATIENCE_PER_KIB: Duration = Duration::from_millis(4);

/// What the authority said.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// It is this value.
    Value(Value),
    /// It is not KDL; the parser's own words, where it has any.
    Refused(Option<String>),
    /// The text asks too much, or the answer took too long.
    TooSlow,
}

/// Asks the `kdl` crate, within the limits of one text.
#[derive(Debug, Default)]
pub(super) struct Authority {
    worker: Option<(Sender<String>, Receiver<Answer>)>,
    spent: usize,
    is_exhausted: bool,
}

impl Authority {
    /// Reads one name or value.
    pub(super) fn ask(&mut self, word: &str) -> Answer {
        self.spent += word.len() + WORD_COST;
        if self.is_exhausted || self.spent > BUDGET {
            self.is_exhausted = true;
            return Answer::TooSlow;
        }
        let patience = PATIENCE + PATIENCE_PER_KIB * u32::try_from(word.len() / 1024).unwrap_or(0);
        let answer = self.worker().and_then(|(sender, receiver)| {
            sender.send(word.to_owned()).ok()?;
            receiver.recv_timeout(patience).ok()
        });
        answer.unwrap_or_else(|| {
            // The thread is left behind: it holds one small text and ends with the process.
            self.is_exhausted = true;
            self.worker = None;
            Answer::TooSlow
        })
    }

    fn worker(&mut self) -> Option<&(Sender<String>, Receiver<Answer>)> {
        if self.worker.is_none() {
            let (sender, words) = channel::<String>();
            let (answers, receiver) = channel();
            let work = move || {
                for word in words {
                    if answers.send(read(&word)).is_err() {
                        return;
                    }
                }
            };
            thread::Builder::new().stack_size(STACK).spawn(work).ok()?;
            self.worker = Some((sender, receiver));
        }
        self.worker.as_ref()
    }
}

fn read(word: &str) -> Answer {
    let document = match KdlDocument::parse_v2(&format!("x {word}\n")) {
        Ok(document) => document,
        Err(error) => {
            let said = error
                .diagnostics
                .into_iter()
                .find_map(|d| d.help.or(d.message));
            return Answer::Refused(said);
        }
    };
    let entry = match document.nodes() {
        [node] if node.children().is_none() => node.entries(),
        _ => return Answer::Refused(None),
    };
    let [entry] = entry else {
        return Answer::Refused(None);
    };
    if entry.name().is_some() || entry.ty().is_some() {
        return Answer::Refused(None);
    }
    Answer::Value(match entry.value() {
        KdlValue::String(text) => Value::String(text.clone()),
        KdlValue::Integer(number) => Value::Int(*number),
        KdlValue::Float(_) => Value::Float(word.to_owned()),
        KdlValue::Bool(flag) => Value::Bool(*flag),
        KdlValue::Null => Value::Null,
    })
}
