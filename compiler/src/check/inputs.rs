//! Inputs: that all of them fit into one submission, and that what needs one gets one.
//!
//! A submission travels as one parameter: base64url of canonical JSON, at most 96 KiB. The sizes
//! bound the plain text; what escaping adds depends on the text and is refused on submission.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::plan::defaults;
use crate::reach::reach;
use crate::resolve::Unit;
use crate::span::{Span, Spanned};
use crate::spec::Input;
use crate::values::regex::Regex;
use crate::values::size::Size;
use regex_automata::nfa::thompson::pikevm::PikeVM;

/// Most bytes of all inputs together.
const ALL: u64 = 64 << 10;
/// Most bytes of JSON: three quarters of 96 KiB of base64url.
const JSON: u64 = 72 << 10;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    sizes(unit, findings);
    needs(unit, findings);
    if let Some(schedule) = &unit.run.schedule {
        for input in unit.run.inputs.iter().filter(|i| is_required(i)) {
            let what = format!(
                "input `{}` has no default, but the run starts by itself",
                input.name.value
            );
            findings.push(
                Finding::new(Code::InputMissing, input.name.span, what)
                    .related(schedule.cron.span, "nobody hands anything in")
                    .help("write `default \"VALUE\"`, or `required #false`"),
            );
        }
    }
}

/// Whether a submission without it is refused.
pub(super) fn is_required(input: &Input) -> bool {
    input.default.is_none() && input.required.as_ref().is_none_or(|r| r.value)
}

/// The most bytes that a value can have, whatever bounds it.
pub(super) fn most_bytes(input: &Input) -> u64 {
    let size = input
        .size
        .as_ref()
        .map_or(defaults::INPUT_SIZE, |s| s.value.bytes());
    let listed = input.one_of.iter().map(|v| v.value.len() as u64).max();
    let matched = input
        .pattern
        .as_ref()
        .and_then(|p| Regex::parse(&p.value).ok()?.max_bytes());
    listed.into_iter().chain(matched).fold(size, u64::min)
}

fn sizes(unit: &Unit, findings: &mut Findings) {
    let inputs = &unit.run.inputs;
    let mut sum: u64 = 0;
    let mut json: u64 = 2;
    for input in inputs {
        let most = most_bytes(input);
        sum = sum.saturating_add(most);
        // `"name":"value",`
        json = json
            .saturating_add(most)
            .saturating_add(input.name.value.len() as u64 + 6);
        if most > ALL {
            let message = format!(
                "input `{}` may have {}, more than the 64Ki of all inputs",
                input.name.value,
                shown(most)
            );
            findings.push(too_large(place(input), message));
        }
    }
    let Some(largest) = inputs.iter().max_by_key(|i| most_bytes(i)) else {
        return;
    };
    if most_bytes(largest) > ALL {
        return;
    }
    let message = if sum > ALL {
        format!(
            "all inputs together may have {}, more than 64Ki",
            shown(sum)
        )
    } else if json > JSON {
        format!(
            "{} inputs with their names may take {}, more than the 72Ki of a submission",
            inputs.len(),
            shown(json)
        )
    } else {
        return;
    };
    findings.push(
        too_large(unit.run.name.span, message).related(place(largest), "the largest of them"),
    );
}

fn shown(bytes: u64) -> String {
    Size::from_bytes(bytes).map_or_else(|| bytes.to_string(), |s| s.to_string())
}

fn too_large(span: Span, message: String) -> Finding {
    Finding::new(Code::InputSize, span, message)
        .help("write a smaller `size`; what is larger belongs in a repository or a tracker")
}

fn place(input: &Input) -> Span {
    input.size.as_ref().map_or(input.name.span, |s| s.span)
}

/// What is bound to an input, or goes to a place that an input gives, needs that input.
fn needs(unit: &Unit, findings: &mut Findings) {
    let mut needed: Vec<(&Spanned<String>, String)> = Vec::new();
    for granted in reach(unit).grants {
        for bind in &granted.grant.binds {
            let what = format!(
                "argument `{}` of tool `{}`",
                bind.argument.value, granted.grant.tool.value
            );
            needed.extend(bind.input.iter().map(|i| (i, what.clone())));
        }
    }
    for export in &unit.run.exports {
        let what = format!("export `{}`", export.kind.value);
        let bound = export.binds.iter().filter_map(|b| b.input.as_ref());
        needed.extend(bound.map(|i| (i, what.clone())));
        needed.extend(
            export
                .to
                .iter()
                .filter_map(|t| t.input.as_ref())
                .map(|i| (i, what.clone())),
        );
    }
    if let Some(session) = &unit.run.record.session {
        needed.extend(
            session
                .to
                .input
                .iter()
                .map(|i| (i, "the session's comment".to_owned())),
        );
    }
    for (name, what) in needed {
        let Some(input) = unit.input(&name.value) else {
            continue;
        };
        if input.default.is_some() || is_required(input) {
            continue;
        }
        let message = format!("input `{}` may be missing, but {what} needs it", name.value);
        let optional = input.required.as_ref().map_or(input.name.span, |r| r.span);
        findings.push(
            Finding::new(Code::InputMissing, name.span, message)
                .related(optional, "this input may be left out")
                .help("remove `required #false`, or give the input a `default`"),
        );
    }
}

/// Whether the whole text matches. What cannot be compiled here is left to the runtime.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let Ok(vm) = PikeVM::new(&format!("^(?:{pattern})$")) else {
        return true;
    };
    vm.is_match(&mut vm.create_cache(), text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::trial::Trial;

    #[test]
    fn inputs_fit_into_one_submission() {
        let fits = Trial::new().in_run("input \"prompt\" {\n size \"64Ki\"\n}");
        assert_eq!(fits.codes(), [""; 0]);
        let one = Trial::new().in_run("input \"prompt\" {\n size \"65Ki\"\n}");
        assert_eq!(one.found(), [("PA0708", "\"65Ki\"".to_owned())]);
        let two = Trial::new()
            .in_run("input \"a\" {\n size \"40Ki\"\n}\ninput \"b\" {\n size \"25Ki\"\n}");
        let (finding, related) = two.only();
        assert_eq!(
            finding.message,
            "all inputs together may have 65Ki, more than 64Ki"
        );
        assert_eq!(related, ["\"40Ki\""]);
    }

    #[test]
    fn the_default_size_counts() {
        let many = |n: u32| {
            let list: String = (0..n).map(|i| format!("input \"i{i}\"\n")).collect();
            Trial::new().in_run(&list).codes()
        };
        assert_eq!(many(16), [""; 0]);
        assert_eq!(many(17), ["PA0708"]);
    }

    #[test]
    fn lists_and_expressions_bound_a_value_too() {
        let list: String = (0..20)
            .map(|i| format!("input \"a{i}\" {{\n one-of \"x\" \"yy\"\n}}\ninput \"b{i}\" {{\n match \"[a-z]{{1,9}}\"\n}}\n"))
            .collect();
        assert_eq!(Trial::new().in_run(&list).codes(), [""; 0]);
    }

    #[test]
    fn names_count_in_the_submission() {
        let list: String = (0..700)
            .map(|i| format!("input \"a-very-long-name-{i}\" {{\n size \"80\"\n}}\n"))
            .collect();
        let (finding, _) = Trial::new().in_run(&list).only();
        assert!(
            finding.message.starts_with("700 inputs with their names"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn a_schedule_hands_nothing_in() {
        let trial = |more: &str| {
            Trial::new()
                .in_run(&format!(
                    "input \"day\" {{\n{more}\n}}\nschedule \"@daily\" {{\n timezone \"UTC\"\n}}"
                ))
                .in_policy("schedule every=\"1h\"")
        };
        assert_eq!(
            trial("size \"10\"").found(),
            [("PA0709", "\"day\"".to_owned())]
        );
        assert_eq!(trial("required #true").codes(), ["PA0709"]);
        assert_eq!(trial("required #false").codes(), [""; 0]);
        assert_eq!(trial("default \"today\"").codes(), [""; 0]);
    }

    #[test]
    fn whole_values_match() {
        assert!(fits("[A-Z]+-[0-9]+", "DLD-12"));
        for (pattern, text) in [
            ("[A-Z]+-[0-9]+", "x DLD-12"),
            ("a|b", "ab"),
            ("a", "a\n"),
            ("a", ""),
        ] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }
}
