//! What a submitter hands in: checked by the contract, then made the one parameter that travels.
//!
//! The gateway checks the same again before it is ready. Here it is told at once, with every mistake.

use crate::diag::plain::one_line;
use crate::emit::inputs::encode;
use pure_agent_runtime::contract::Input;
use regex_automata::nfa::thompson::pikevm::PikeVM;
use std::collections::BTreeMap;

pub use pure_agent_runtime::workflow::MOST_INPUTS as MOST;

/// The parameter for these inputs.
///
/// # Errors
/// Every mistake, in words; none of them holds a value.
pub fn parameter(
    declared: &[Input],
    given: &BTreeMap<String, String>,
) -> Result<String, Vec<String>> {
    let unknown = given
        .keys()
        .filter(|name| !declared.iter().any(|input| input.name == **name))
        .map(|name| unknown(name, declared));
    let known = declared
        .iter()
        .filter_map(|input| match given.get(&input.name) {
            Some(value) => refused(input, value),
            None if input.required && input.default.is_none() => Some(format!(
                "input `{0}` is required: `--input {0}=VALUE`",
                input.name
            )),
            None => None,
        });
    let mistakes: Vec<String> = unknown.chain(known).collect();
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let text = encode(given);
    if text.len() > MOST {
        let (bytes, most) = (text.len(), MOST);
        return Err(vec![format!(
            "the inputs take {bytes} bytes on their way, more than {most}: hand in a link to what is large"
        )]);
    }
    Ok(text)
}

fn unknown(name: &str, declared: &[Input]) -> String {
    let names: Vec<String> = declared
        .iter()
        .map(|input| format!("`{}`", input.name))
        .collect();
    let has = match names.is_empty() {
        true => "it declares none".to_owned(),
        false => format!("it declares {}", names.join(", ")),
    };
    format!("the spec declares no input `{}`; {has}", one_line(name))
}

fn refused(input: &Input, value: &str) -> Option<String> {
    let name = &input.name;
    if value.len() as u64 > input.size {
        return Some(format!(
            "input `{name}` has {} bytes, more than the {} that the spec allows",
            value.len(),
            input.size
        ));
    }
    if !input.one_of.is_empty() && !input.one_of.iter().any(|one| one == value) {
        return Some(format!(
            "input `{name}` is none of: {}",
            input.one_of.join(", ")
        ));
    }
    let pattern = input.pattern.as_ref()?;
    (!matches(pattern, value)).then(|| format!("input `{name}` does not match `{pattern}`"))
}

/// Whether a pattern matches the whole value; one that cannot be read matches nothing.
fn matches(pattern: &str, value: &str) -> bool {
    PikeVM::new(&format!("^(?:{pattern})$"))
        .is_ok_and(|machine| machine.is_match(&mut machine.create_cache(), value))
}

#[cfg(test)]
mod tests {
    use super::parameter;
    use pure_agent_runtime::contract::Input;
    use std::collections::BTreeMap;

    fn input(name: &str) -> Input {
        Input {
            name: name.to_owned(),
            required: true,
            size: 8,
            pattern: None,
            one_of: Vec::new(),
            default: None,
        }
    }

    fn given(list: &[(&str, &str)]) -> BTreeMap<String, String> {
        list.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn good_inputs_are_one_parameter() {
        let declared = [
            Input {
                pattern: Some("[A-Z]+-[0-9]+".to_owned()),
                ..input("issue")
            },
            Input {
                default: Some("x".to_owned()),
                ..input("note")
            },
        ];
        assert_eq!(
            parameter(&declared, &given(&[("issue", "A-1")])),
            Ok("eyJpc3N1ZSI6IkEtMSJ9".to_owned())
        );
    }

    #[test]
    fn every_mistake_is_told_and_no_value() {
        let declared = [
            Input {
                pattern: Some("[0-9]+".to_owned()),
                ..input("number")
            },
            Input {
                one_of: vec!["a".to_owned(), "b".to_owned()],
                ..input("choice")
            },
            input("long"),
            input("missing"),
        ];
        let inputs = given(&[
            ("number", "canary\n"),
            ("choice", "canary"),
            ("long", "canarycanary"),
            ("other", "canary"),
        ]);
        let told = parameter(&declared, &inputs).unwrap_err();
        assert_eq!(told.len(), 5, "{told:?}");
        for (line, part) in told.iter().zip([
            "no input `other`",
            "does not match",
            "none of: a, b",
            "12 bytes",
            "required",
        ]) {
            assert!(line.contains(part) && !line.contains("canary"), "{line}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_here() {
        let declared = [Input {
            size: 1 << 20,
            ..input("text")
        }];
        let fits = "x".repeat(73_000);
        assert!(parameter(&declared, &given(&[("text", &fits)])).is_ok());
        let long = "x".repeat(74_000);
        assert!(parameter(&declared, &given(&[("text", &long)])).is_err());
    }
}
