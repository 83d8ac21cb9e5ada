//! Declared values as expressions, in pieces that the API server takes.
//!
//! It compiles expressions of up to 100,000 characters, and a pod may be longer. So whatever gets long is
//! a variable of its own.

use super::cel;
use super::filled::Filled;
use crate::value::Value;

/// Longest piece, in bytes, that stays where it is.
const PIECE: usize = 10_000;
/// Longest text of a literal, in bytes.
const TEXT: usize = 5_000;

/// A writer of literals.
pub(super) struct Literals<'a> {
    prefix: &'a str,
    filled: &'a Filled,
    /// Variables to define before the expression, in order.
    pub(super) variables: Vec<(String, String)>,
}

impl Literals<'_> {
    /// A writer whose variables start with `prefix`.
    pub(super) fn of<'a>(prefix: &'a str, filled: &'a Filled) -> Literals<'a> {
        Literals {
            prefix,
            filled,
            variables: Vec::new(),
        }
    }

    /// The declared value as an expression.
    pub(super) fn literal(&mut self, value: &Value) -> String {
        match value {
            Value::Null => "null".to_owned(),
            Value::Bool(flag) => flag.to_string(),
            Value::Int(number) => number.to_string(),
            Value::Str(text) if text.len() <= TEXT => self.filled.text(text),
            Value::Str(text) => self.long(text),
            Value::List(list) => self.list(list),
            Value::Map(map) => {
                // `dyn`: the entries of a map must otherwise have one type.
                let entries: Vec<String> = map
                    .iter()
                    .map(|(key, item)| {
                        let item = self.literal(item);
                        format!("{}: dyn({})", cel::text(key), self.apart(item))
                    })
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }

    /// A list, cut into lists that are added up.
    fn list(&mut self, list: &[Value]) -> String {
        let mut parts = Vec::new();
        let mut part: Vec<String> = Vec::new();
        let mut length = 0;
        for item in list {
            let item = self.literal(item);
            let item = self.apart(item);
            if length + item.len() > PIECE && !part.is_empty() {
                parts.push(self.variable(format!("[{}]", part.join(", "))));
                part.clear();
                length = 0;
            }
            length += item.len() + 2;
            part.push(item);
        }
        parts.push(format!("[{}]", part.join(", ")));
        parts.join(" + ")
    }

    /// A long text, cut into texts that are added up. A placeholder is never cut: there is none in a text
    /// that somebody wrote.
    fn long(&mut self, text: &str) -> String {
        if text.contains("{{") {
            return self.filled.text(text);
        }
        let mut parts = Vec::new();
        let mut part = String::new();
        for character in text.chars() {
            if part.len() >= TEXT {
                let piece = cel::text(&std::mem::take(&mut part));
                parts.push(self.variable(piece));
            }
            part.push(character);
        }
        parts.push(self.variable(cel::text(&part)));
        parts.join(" + ")
    }

    /// The expression itself while it is short, else a variable.
    fn apart(&mut self, expression: String) -> String {
        if expression.len() > PIECE {
            self.variable(expression)
        } else {
            expression
        }
    }

    fn variable(&mut self, expression: String) -> String {
        let name = format!("{}part{}", self.prefix, self.variables.len());
        let used = format!("variables.{name}");
        self.variables.push((name, expression));
        used
    }
}

#[cfg(test)]
mod tests {
    use super::super::filled::Filled;
    use super::{Literals, PIECE};
    use crate::object;
    use crate::value::Value;

    /// Puts the variables back where they are used.
    fn whole(literals: &Literals<'_>, expression: &str) -> String {
        literals
            .variables
            .iter()
            .rev()
            .fold(expression.to_owned(), |text, (name, part)| {
                text.replace(&format!("variables.{name} "), &format!("{part} "))
                    .replace(&format!("variables.{name})"), &format!("{part})"))
            })
    }

    #[test]
    fn nothing_is_too_long_and_nothing_is_lost() {
        let many: Vec<Value> = (0..3000)
            .map(|n| Value::from(format!("item {n}")))
            .collect();
        let value = object! { "text" => "'".repeat(120_000), "many" => many, "short" => "x" };
        let filled = Filled::of("p_", &value);
        let mut literals = Literals::of("p_", &filled);
        let expression = literals.literal(&value);
        for (name, part) in literals
            .variables
            .iter()
            .chain([&(String::new(), expression.clone())])
        {
            assert!(part.len() <= 3 * PIECE, "{name}: {}", part.len());
        }
        let whole = whole(&literals, &expression);
        assert_eq!(whole.matches("\\'").count(), 120_000);
        for n in 0..3000 {
            assert!(whole.contains(&format!("'item {n}'")), "{n}");
        }
    }
}
