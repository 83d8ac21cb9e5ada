//! Where in a body something stands.

use super::rule::{Refused, Rule, plain, quote};

/// A place in the body, as a chain towards the root.
pub(super) struct Place<'a> {
    up: Option<&'a Place<'a>>,
    step: Step<'a>,
}

enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    pub(super) fn root() -> Self {
        Self {
            up: None,
            step: Step::Root,
        }
    }

    pub(super) fn key(&'a self, key: &'a str) -> Place<'a> {
        Place {
            up: Some(self),
            step: Step::Key(key),
        }
    }

    pub(super) fn index(&'a self, index: usize) -> Place<'a> {
        Place {
            up: Some(self),
            step: Step::Index(index),
        }
    }

    /// As JSON pointer.
    pub(super) fn pointer(&self) -> String {
        let mut text = self.up.map_or_else(String::new, Place::pointer);
        match self.step {
            Step::Root => {}
            Step::Key(key) => {
                text.push('/');
                text.push_str(&plain(key).replace('~', "~0").replace('/', "~1"));
            }
            Step::Index(index) => {
                text.push('/');
                text.push_str(&index.to_string());
            }
        }
        text
    }

    pub(super) fn refuse(&self, rule: Rule, sentence: String) -> Refused {
        Refused::new(rule, self.pointer(), sentence)
    }

    /// The nearest name, for a sentence.
    pub(super) fn name(&self) -> String {
        match (&self.step, self.up) {
            (Step::Key(key), _) => quote(key),
            (Step::Index(index), Some(up)) => format!("entry {index} of {}", up.name()),
            _ => "the body".to_owned(),
        }
    }
}
