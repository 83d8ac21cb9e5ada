//! Strings with placeholders as expressions over the pod that Argo filled in.
//!
//! A value that Argo filled in is read back from one place of the pod, must have the form of its kind,
//! and must then stand in every other place as well. The run's name and UID are read from its label and
//! its owner.

use super::cel;
use crate::emit::substitution::{Parameter, Substitution};
use crate::value::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A piece of a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    Filled(Substitution),
}

/// Cuts a string at its placeholders; what is no placeholder stays text.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("{{") {
        let Some((inside, after)) = from.split_once("}}") else {
            break;
        };
        let Some(substitution) = Substitution::parse(inside) else {
            break;
        };
        if !before.is_empty() {
            out.push(Piece::Text(before));
        }
        out.push(Piece::Filled(substitution));
        rest = after;
    }
    if !rest.is_empty() || out.is_empty() {
        out.push(Piece::Text(rest));
    }
    out
}

/// What a value of this kind looks like: a regular expression without anchors.
pub(super) fn form(substitution: &Substitution) -> &'static str {
    const NUMBER: &str = "[0-9]{1,2}";
    const ENDED: &str = "(Succeeded|Failed|Error)";
    match substitution {
        Substitution::RunName => "[a-z][a-z0-9-]{0,39}",
        Substitution::RunUid => "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        Substitution::Inputs => "[A-Za-z0-9_-]*",
        Substitution::RetryOf => "([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?",
        Substitution::Status(_) => ENDED,
        Substitution::Input(parameter) | Substitution::Output(_, parameter) => match parameter {
            Parameter::Cycle => NUMBER,
            Parameter::Visit => "[0-9]{1,4}",
            Parameter::Next => "([0-9]{1,2}|stop)",
            Parameter::Choice => "[a-z]([a-z0-9-]{0,22}[a-z0-9])?",
            Parameter::Gateway | Parameter::Server(_) | Parameter::Address => "[0-9a-f.:]{2,45}",
            Parameter::Phase => "(Succeeded|Failed|Lost)",
            Parameter::ExitCode | Parameter::StartCode => "[0-9]{0,3}",
            Parameter::PodReason | Parameter::EndReason => "[A-Za-z]{0,64}",
            Parameter::Cycles | Parameter::Packing => ENDED,
        },
    }
}

/// Names of variables for what Argo fills into one pod.
pub(super) struct Filled {
    /// Prefix of the names.
    pod: String,
    /// Variable and its definition, by what it stands for.
    known: BTreeMap<Substitution, Definition>,
}

struct Definition {
    name: String,
    expression: String,
    whole: bool,
}

impl Filled {
    /// Finds one place for everything that Argo fills into `pod`; `prefix` is unique to the pod.
    pub(super) fn of(prefix: &str, pod: &Value) -> Filled {
        let mut filled = Filled {
            pod: prefix.to_owned(),
            known: BTreeMap::new(),
        };
        filled.read(pod, "variables.pod");
        filled
    }

    /// Variables to define, in order.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.known
            .values()
            .map(|definition| (definition.name.as_str(), definition.expression.as_str()))
    }

    /// Holds when every value has the form of its kind.
    pub(super) fn forms(&self) -> String {
        let checks: Vec<String> = self
            .known
            .iter()
            .map(|(substitution, definition)| {
                let pattern = cel::text(&format!("^{}$", form(substitution)));
                format!("variables.{}.matches({pattern})", definition.name)
            })
            .collect();
        if checks.is_empty() {
            "true".to_owned()
        } else {
            checks.join(" && ")
        }
    }

    /// The expression for a string of the declared pod.
    pub(super) fn text(&self, text: &str) -> String {
        let parts: Vec<String> = pieces(text)
            .iter()
            .map(|piece| match piece {
                Piece::Text(plain) => cel::text(plain),
                Piece::Filled(substitution) => self.value(substitution),
            })
            .collect();
        parts.join(" + ")
    }

    fn value(&self, substitution: &Substitution) -> String {
        match substitution {
            Substitution::RunName => "variables.run".to_owned(),
            Substitution::RunUid => "variables.uid".to_owned(),
            other => match self.known.get(other) {
                Some(definition) => format!("variables.{}", definition.name),
                // A placeholder that was not found anywhere cannot be in the pod either.
                None => cel::text(&other.to_string()),
            },
        }
    }

    fn read(&mut self, value: &Value, path: &str) {
        match value {
            Value::Str(text) => self.learn(text, path),
            Value::List(list) => {
                for (at, item) in list.iter().enumerate() {
                    self.read(item, &format!("{path}[?{at}]"));
                }
            }
            Value::Map(map) => {
                for (key, item) in map.iter() {
                    self.read(item, &format!("{path}[?{}]", cel::text(key)));
                }
            }
            Value::Null | Value::Bool(_) | Value::Int(_) => {}
        }
    }

    /// Takes `text` at `path` as the place to read a value from, when it holds exactly one.
    fn learn(&mut self, text: &str, path: &str) {
        let parts = pieces(text);
        let own = |piece: &Piece<'_>| matches!(piece, Piece::Filled(s) if !matches!(s, Substitution::RunName | Substitution::RunUid));
        let Some(at) = parts.iter().position(own) else {
            return;
        };
        let (Some(Piece::Filled(substitution)), false) =
            (parts.get(at), parts.iter().skip(at + 1).any(own))
        else {
            return;
        };
        let whole = parts.len() == 1;
        if self
            .known
            .get(substitution)
            .is_some_and(|known| known.whole || !whole)
        {
            return;
        }
        let actual = format!("{path}.orValue('')");
        let around = |pieces: &[Piece<'_>]| {
            let parts: Vec<String> = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(plain) => cel::text(plain),
                    Piece::Filled(substitution) => self.value(substitution),
                })
                .collect();
            if parts.is_empty() {
                "''".to_owned()
            } else {
                format!("({})", parts.join(" + "))
            }
        };
        let expression = if whole {
            actual
        } else {
            let before = around(parts.get(..at).unwrap_or_default());
            let after = around(parts.get(at + 1..).unwrap_or_default());
            cut(&actual, &before, &after)
        };
        let definition = Definition {
            name: self.name(substitution),
            expression,
            whole,
        };
        self.known.insert(substitution.clone(), definition);
    }

    fn name(&self, substitution: &Substitution) -> String {
        let mut name = self.pod.clone();
        for character in substitution.to_string().chars() {
            match character {
                '{' | '}' => {}
                letter if letter.is_ascii_alphanumeric() => name.push(letter),
                // Distinct characters stay distinct, so that two names never meet.
                other => {
                    let _ = write!(name, "_{:x}_", u32::from(other));
                }
            }
        }
        name
    }
}

/// What stands between `before` and `after` in `actual`; empty where they are not there.
fn cut(actual: &str, before: &str, after: &str) -> String {
    format!(
        "{actual}.startsWith({before}) && {actual}.endsWith({after}) && size({actual}) >= size({before}) + size({after}) \
         ? {actual}.substring(size({before}), size({actual}) - size({after})) : ''"
    )
}

#[cfg(test)]
mod tests {
    use super::super::literal::Literals;
    use super::{Filled, Piece, pieces};
    use crate::emit::substitution::{Parameter, Substitution};
    use crate::{list, object};

    #[test]
    fn strings_are_cut_at_placeholders() {
        assert_eq!(
            pieces("{{workflow.name}}-agent-{{inputs.parameters.cycle}}"),
            [
                Piece::Filled(Substitution::RunName),
                Piece::Text("-agent-"),
                Piece::Filled(Substitution::Input(Parameter::Cycle)),
            ]
        );
        assert_eq!(pieces(""), [Piece::Text("")]);
        assert_eq!(pieces("{{other}}"), [Piece::Text("{{other}}")]);
    }

    #[test]
    fn a_value_is_read_where_it_stands_alone() {
        let pod = object! {
            "name" => "{{workflow.name}}-{{inputs.parameters.cycle}}",
            "z" => list!["x", "{{inputs.parameters.cycle}}"],
        };
        let filled = Filled::of("p_", &pod);
        let variables: Vec<_> = filled.variables().collect();
        assert_eq!(
            variables,
            [(
                "p_inputs_2e_parameters_2e_cycle",
                "variables.pod[?'z'][?1].orValue('')"
            )]
        );
        assert_eq!(
            Literals::of("p_", &filled).literal(&pod),
            "{'name': dyn(variables.run + '-' + variables.p_inputs_2e_parameters_2e_cycle), \
             'z': dyn(['x', variables.p_inputs_2e_parameters_2e_cycle])}"
        );
        assert!(filled.forms().contains("matches('^[0-9]{1,2}$')"));
    }

    #[test]
    fn a_value_that_never_stands_alone_is_cut_out() {
        let pod = object! { "name" => "{{workflow.name}}-agent-{{inputs.parameters.cycle}}" };
        let filled = Filled::of("p_", &pod);
        let expression = filled.variables().next().map(|(_, e)| e.to_owned());
        assert!(
            expression
                .unwrap()
                .contains("startsWith((variables.run + '-agent-'))")
        );
    }
}
