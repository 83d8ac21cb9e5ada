//! The closed list of what Argo may fill into an object.
//!
//! Argo scans every string of a Workflow for `{{…}}`, fills values in and scans again. So a value must
//! never be text that somebody chose: only names and ids that the cluster makes, integers, enum words,
//! addresses, and the base64url inputs. Nothing else in this crate writes `{{`; [`stray`] proves it.

use crate::value::Value;
use std::fmt;

/// A placeholder that Argo replaces. `Display` renders it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Substitution {
    /// Name of the Workflow: a DNS label, and the value of the run label.
    RunName,
    /// UID of the Workflow: a UUID that the API server makes.
    RunUid,
    /// The inputs: base64url of canonical JSON, `[A-Za-z0-9_-]*`.
    Inputs,
    /// UID of the first run, where this one tries it again; else empty.
    RetryOf,
    /// An input parameter of the template that the text stands in.
    Input(Parameter),
    /// An output parameter of an earlier step of the template that the text stands in.
    Output(Step, Parameter),
    /// How an earlier step ended: `Succeeded`, `Failed` or `Error`.
    Status(Step),
}

/// Parameters of templates; each carries values of one closed kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Parameter {
    /// Number of the cycle, from 0; `[0-9]{1,2}`.
    Cycle,
    /// Number of the visit of a step: a hundred times the number of the step, and the cycle; `[0-9]{1,4}`.
    Visit,
    /// The router's answer: the number of the next cycle or visit, or `stop`.
    Next,
    /// The agent that was chosen: a name of the plan's closed list.
    Choice,
    /// Address of the gateway pod.
    Gateway,
    /// Address of the pod of an image server, by the server's name.
    Server(String),
    /// The same, as the launcher of that server gives it.
    Address,
    /// Phase of the agent pod: `Succeeded`, `Failed`; `Lost` when its launcher gave up.
    Phase,
    /// Exit code of the agent container; empty when it has none.
    ExitCode,
    /// Exit code of the agent pod's init container; empty when it has none.
    StartCode,
    /// Why the pod ended, by the kubelet (`Evicted`, `DeadlineExceeded`); mostly empty.
    PodReason,
    /// Why the agent container ended, by the kubelet (`OOMKilled`, `Error`); may be empty.
    EndReason,
    /// How the cycles ended: `Succeeded`, `Failed` or `Error`.
    Cycles,
    /// How packing ended: `Succeeded`, `Failed` or `Error`.
    Packing,
}

/// Steps whose outcome another step is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The pod of an image server, by the server's name.
    Server(String),
    /// The gateway.
    Gateway,
    /// The choice of the agent.
    Route,
    /// The choice, and all cycles of the agent that was chosen.
    Routed,
    /// The first cycle, and all that follow from it.
    Cycle,
    /// One agent, with defaults where its launcher gave up.
    Attempt,
    /// The launcher of one agent.
    Agent,
    /// Taking away the pod of an agent whose launcher gave up.
    Drop,
    /// A call, a question to a person, or an export that becomes due.
    Perform,
    /// The router.
    Router,
    /// Packing.
    Pack,
    /// Exporting.
    Export,
}

impl fmt::Display for Substitution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RunName => f.write_str("{{workflow.name}}"),
            Self::RunUid => f.write_str("{{workflow.uid}}"),
            Self::Inputs => f.write_str("{{workflow.parameters.inputs}}"),
            Self::RetryOf => f.write_str("{{workflow.parameters.retry-of}}"),
            Self::Input(parameter) => write!(f, "{{{{inputs.parameters.{parameter}}}}}"),
            Self::Output(step, parameter) => {
                write!(f, "{{{{steps.{step}.outputs.parameters.{parameter}}}}}")
            }
            Self::Status(step) => write!(f, "{{{{steps.{step}.status}}}}"),
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cycle => f.write_str("cycle"),
            Self::Visit => f.write_str("visit"),
            Self::Next => f.write_str("next"),
            Self::Choice => f.write_str("choice"),
            Self::Gateway => f.write_str("gateway"),
            Self::Server(name) => write!(f, "server-{name}"),
            Self::Address => f.write_str("address"),
            Self::Phase => f.write_str("phase"),
            Self::ExitCode => f.write_str("exit-code"),
            Self::StartCode => f.write_str("start-code"),
            Self::PodReason => f.write_str("pod-reason"),
            Self::EndReason => f.write_str("end-reason"),
            Self::Cycles => f.write_str("cycles"),
            Self::Packing => f.write_str("packing"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(name) => write!(f, "server-{name}"),
            Self::Gateway => f.write_str("gateway"),
            Self::Route => f.write_str("route"),
            Self::Routed => f.write_str("routed"),
            Self::Cycle => f.write_str("cycle"),
            Self::Attempt => f.write_str("attempt"),
            Self::Agent => f.write_str("agent"),
            Self::Drop => f.write_str("drop"),
            Self::Perform => f.write_str("step"),
            Self::Router => f.write_str("router"),
            Self::Pack => f.write_str("pack"),
            Self::Export => f.write_str("export"),
        }
    }
}

impl Substitution {
    /// Reads a placeholder back, without its braces; `None` for anything that is not on the list.
    #[must_use]
    pub fn parse(text: &str) -> Option<Substitution> {
        match text {
            "workflow.name" => return Some(Self::RunName),
            "workflow.uid" => return Some(Self::RunUid),
            "workflow.parameters.inputs" => return Some(Self::Inputs),
            "workflow.parameters.retry-of" => return Some(Self::RetryOf),
            _ => {}
        }
        if let Some(name) = text.strip_prefix("inputs.parameters.") {
            return parameter(name).map(Self::Input);
        }
        let (name, rest) = text.strip_prefix("steps.")?.split_once('.')?;
        match rest.strip_prefix("outputs.parameters.") {
            Some(output) => Some(Self::Output(step(name)?, parameter(output)?)),
            None if rest == "status" => step(name).map(Self::Status),
            None => None,
        }
    }
}

fn parameter(text: &str) -> Option<Parameter> {
    use Parameter as P;
    let plain = [
        P::Cycle,
        P::Visit,
        P::Next,
        P::Choice,
        P::Gateway,
        P::Address,
        P::Phase,
        P::ExitCode,
        P::StartCode,
        P::PodReason,
        P::EndReason,
        P::Cycles,
        P::Packing,
    ];
    let server = || server_name(text).map(P::Server);
    plain
        .into_iter()
        .find(|p| p.to_string() == text)
        .or_else(server)
}

fn step(text: &str) -> Option<Step> {
    use Step as S;
    let plain = [
        S::Gateway,
        S::Route,
        S::Routed,
        S::Cycle,
        S::Attempt,
        S::Agent,
        S::Drop,
        S::Perform,
        S::Router,
        S::Pack,
    ];
    let server = || server_name(text).map(S::Server);
    plain
        .into_iter()
        .find(|s| s.to_string() == text)
        .or_else(server)
}

fn server_name(text: &str) -> Option<String> {
    let name = text.strip_prefix("server-")?;
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (plain && !name.is_empty()).then(|| name.to_owned())
}

/// The first piece of text, keys included, that holds `{{` or `}}` beyond the closed list.
#[must_use]
pub fn stray(value: &Value) -> Option<&str> {
    match value {
        Value::Str(text) => (!closed(text)).then_some(text.as_ref()),
        Value::List(list) => list.iter().find_map(stray),
        Value::Map(map) => map
            .iter()
            .find_map(|(key, item)| if braces(key) { Some(key) } else { stray(item) }),
        Value::Null | Value::Bool(_) | Value::Int(_) => None,
    }
}

/// The placeholders of the list in a text, in order.
pub fn found(text: &str) -> impl Iterator<Item = Substitution> {
    text.split("{{")
        .skip(1)
        .filter_map(|from| Substitution::parse(from.split_once("}}")?.0))
}

fn braces(text: &str) -> bool {
    text.contains("{{") || text.contains("}}")
}

fn closed(text: &str) -> bool {
    // Most text has no brace at all.
    if !text.contains(['{', '}']) {
        return true;
    }
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("{{") {
        let Some((inside, after)) = from.split_once("}}") else {
            return false;
        };
        // A third brace would make another tag of what looks like one of ours.
        let apart = !before.ends_with('{') && !after.starts_with('}');
        if !apart || braces(before) || Substitution::parse(inside).is_none() {
            return false;
        }
        rest = after;
    }
    !braces(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_reads_back() {
        let all = [
            Substitution::RunName,
            Substitution::RunUid,
            Substitution::Inputs,
            Substitution::RetryOf,
            Substitution::Input(Parameter::Cycle),
            Substitution::Input(Parameter::Server("a-1".into())),
            Substitution::Output(Step::Server("a-1".into()), Parameter::Gateway),
            Substitution::Output(Step::Attempt, Parameter::ExitCode),
            Substitution::Status(Step::Pack),
        ];
        for one in all {
            let text = one.to_string();
            let inside = text
                .strip_prefix("{{")
                .and_then(|t| t.strip_suffix("}}"))
                .unwrap();
            assert_eq!(Substitution::parse(inside), Some(one));
        }
    }

    #[test]
    fn whatever_is_not_on_the_list_is_stray() {
        let fine = [
            "",
            "a",
            "{workflow.name}",
            "{{workflow.name}}-run",
            "x {{inputs.parameters.cycle}}",
        ];
        for text in fine {
            assert_eq!(stray(&Value::from(text)), None, "{text}");
        }
        let attacks = [
            "{{=workflow.name}}",
            "{{ workflow.name }}",
            "{{workflow.parameters.apikey}}",
            "{{workflow.name}",
            "workflow.name}}",
            "{{{workflow.name}}}",
            "{{workflow.name}}}",
            "{{steps.agent.outputs.result}}",
            "{{steps.x.outputs.parameters.next}}",
            "{{inputs.parameters.server-}}",
            "{{inputs.parameters.server-A}}",
            "{{workflow.{{workflow.name}}}}",
            "{{workflow.name\n}}",
        ];
        for text in attacks {
            assert!(
                stray(&crate::object! { "a" => crate::list![text] }).is_some(),
                "{text}"
            );
            assert!(stray(&crate::object! { text => "x" }).is_some(), "{text}");
        }
    }
}
