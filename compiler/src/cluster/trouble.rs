//! What a cluster refused, in plain words.
//!
//! The API server's texts are for programs: who may not do what stands in the middle of a line, a rule of ours at its
//! end. Whoever reads ours learns what is missing and what to do about it.

use kube::core::Status;
use std::fmt;

/// Where the rights of each command are listed.
const RIGHTS: &str = "compiler/doc/rights.md has a ClusterRole for each command";

/// Why something could not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What kind it is.
    pub sort: Sort,
    /// What is wrong.
    pub message: String,
    /// What to do; may be empty.
    pub help: String,
}

/// Kinds of trouble that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A right is missing.
    Right,
    /// Admission refused it.
    Admission,
    /// There is no such thing.
    Missing,
    /// The API server does not know such things.
    Kind,
    /// Everything else.
    Other,
}

impl Trouble {
    /// Something of this sort.
    pub(crate) fn new(sort: Sort, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            sort,
            message: message.into(),
            help: help.into(),
        }
    }

    /// Something else.
    pub(crate) fn other(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(Sort::Other, message, help)
    }

    /// Something that this machine does not do.
    pub(crate) fn local(what: &str, why: &dyn std::error::Error) -> Self {
        Self::other(format!("{what}: {}", chain(why)), "")
    }

    /// A kubeconfig that cannot be used.
    pub(crate) fn kubeconfig(why: &dyn std::error::Error) -> Self {
        Self::other(
            format!("no cluster is named: {}", chain(why)),
            "set `KUBECONFIG`, or choose one of `kubectl config get-contexts` by `--context`",
        )
    }

    /// Whether a right is missing.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.sort == Sort::Right
    }

    /// Whether admission refused it.
    #[must_use]
    pub fn is_admission(&self) -> bool {
        self.sort == Sort::Admission
    }

    /// Whether there is no such thing.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.sort == Sort::Missing
    }

    /// The same, told with what it was about.
    #[must_use]
    pub fn about(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.help.is_empty() {
            write!(f, "\nhelp: {}", self.help)?;
        }
        Ok(())
    }
}

impl std::error::Error for Trouble {}

impl From<kube::Error> for Trouble {
    fn from(error: kube::Error) -> Self {
        match &error {
            kube::Error::Api(status) => Self::from(&**status),
            kube::Error::Auth(_) => Self::other(
                format!(
                    "the credentials of the kubeconfig cannot be used: {}",
                    chain(&error)
                ),
                "log in again, then try `kubectl auth whoami`",
            ),
            _ => Self::other(
                format!("the API server was not reached: {}", chain(&error)),
                "`kubectl cluster-info` shows whether it answers; `--context` chooses another cluster",
            ),
        }
    }
}

impl From<&Status> for Trouble {
    fn from(status: &Status) -> Self {
        let text = status.message.trim();
        match status.code {
            401 => Self::other(
                "the API server does not know the user of the kubeconfig",
                "log in again, then try `kubectl auth whoami`",
            ),
            403 => forbidden(text),
            404 => missing(text),
            409 if status.reason == "Conflict" => Self::other(
                format!("another field manager has changed it: {text}"),
                "look at what changed; `apply` takes the fields back",
            ),
            422 => denied(text).unwrap_or_else(|| Self::other(text, "")),
            _ => denied(text)
                .unwrap_or_else(|| Self::other(format!("the API server says: {text}"), "")),
        }
    }
}

/// A right that is missing, or an admission plugin that says no.
fn forbidden(text: &str) -> Trouble {
    if let Some(trouble) = denied(text) {
        return trouble;
    }
    if let Some(right) = Right::read(text) {
        return right.trouble();
    }
    if let Some(trouble) = ungiven(text) {
        return trouble;
    }
    if let Some((_, why)) = text.split_once("violates PodSecurity ") {
        return Trouble::new(
            Sort::Admission,
            format!("Pod Security refused a pod: {why}"),
            "the namespace enforces `restricted`",
        );
    }
    if let Some((_, why)) = text.split_once("exceeded quota: ") {
        return Trouble::new(
            Sort::Admission,
            format!("the quota of the namespace is used up: {why}"),
            "wait until a run ends, or raise `quota` in the target",
        );
    }
    Trouble::new(
        Sort::Admission,
        format!("the API server refused it: {text}"),
        "",
    )
}

/// A refusal of an admission policy, ours or another.
fn denied(text: &str) -> Option<Trouble> {
    let (_, from) = text.split_once("ValidatingAdmissionPolicy '")?;
    let (policy, rest) = from.split_once('\'')?;
    let (_, why) = rest.split_once(" denied request: ")?;
    let ours = why
        .strip_prefix("pure-agent: ")
        .and_then(|why| why.split_once(": "));
    Some(match ours {
        Some((rule, says)) => Trouble::new(
            Sort::Admission,
            format!("rule `{rule}` of admission policy `{policy}` refused it: {says}"),
            "what was reviewed is what runs: change the sources and apply them, or use an account that the rule names",
        ),
        None => Trouble::new(
            Sort::Admission,
            format!("admission policy `{policy}` refused it: {why}"),
            "this policy is none of pure-agent's; ask whoever owns it",
        ),
    })
}

fn missing(text: &str) -> Trouble {
    if text.contains("could not find the requested resource") || text.contains("404 page not found")
    {
        return Trouble::new(
            Sort::Kind,
            "the API server does not know this kind of object",
            "install Argo Workflows with its full CRDs, and Kubernetes 1.30 or newer (compiler/doc/administrator.md)",
        );
    }
    Trouble::new(Sort::Missing, text, "")
}

/// A right that RBAC did not find.
#[derive(Debug, PartialEq, Eq)]
struct Right<'a> {
    user: &'a str,
    verb: &'a str,
    resource: &'a str,
    group: &'a str,
    namespace: Option<&'a str>,
}

impl<'a> Right<'a> {
    /// Reads `X is forbidden: User "U" cannot V resource "R" in API group "G" in the namespace "N"`.
    fn read(text: &'a str) -> Option<Self> {
        let (_, from) = text.split_once("User \"")?;
        let (user, from) = from.split_once("\" cannot ")?;
        let (verb, from) = from.split_once(" resource \"")?;
        let (resource, from) = from.split_once("\" in API group \"")?;
        let (group, from) = from.split_once('"')?;
        let namespace = from
            .split_once("in the namespace \"")
            .and_then(|(_, from)| Some(from.split_once('"')?.0));
        Some(Self {
            user,
            verb,
            resource,
            group,
            namespace,
        })
    }

    fn trouble(&self) -> Trouble {
        let Self {
            user,
            verb,
            resource,
            group,
            namespace,
        } = self;
        let whose = if group.is_empty() {
            String::new()
        } else {
            format!(" of `{group}`")
        };
        let place = match namespace {
            Some(namespace) => format!("in namespace `{namespace}`"),
            None => "in the whole cluster".to_owned(),
        };
        Trouble::new(
            Sort::Right,
            format!("`{user}` has no right to {verb} {resource}{whose} {place}"),
            format!(
                "an administrator grants it by the rule `{{apiGroups: [\"{group}\"], resources: [\"{resource}\"], verbs: [\"{verb}\"]}}`; {RIGHTS}"
            ),
        )
    }
}

/// A role that holds more than whoever applies it:
/// `user "U" (groups=[…]) is attempting to grant RBAC permissions not currently held:`, then a rule a line.
fn ungiven(text: &str) -> Option<Trouble> {
    let (from, rules) =
        text.split_once(" is attempting to grant RBAC permissions not currently held:")?;
    let (_, from) = from.split_once("user \"")?;
    let (user, _) = from.split_once('"')?;
    let rules: Vec<&str> = rules
        .lines()
        .map(str::trim)
        .filter(|rule| rule.starts_with('{'))
        .collect();
    let lacks: Vec<String> = rules.iter().map(|rule| lacked(rule)).collect();
    Some(Trouble::new(
        Sort::Right,
        format!(
            "`{user}` has no right to {}, and nobody may give others what they do not have",
            lacks.join("; ")
        ),
        format!("an administrator grants what the launcher has; {RIGHTS}"),
    ))
}

/// A rule `{APIGroups:["G"], Resources:["R"], Verbs:["V" "W"]}` in words.
fn lacked(rule: &str) -> String {
    let list = |name: &str| -> Vec<&str> {
        let from = rule.split_once(&format!("{name}:["));
        let inner = from.and_then(|(_, from)| from.split_once(']'));
        let quoted = inner.map_or("", |(inner, _)| inner).split('"');
        quoted.skip(1).step_by(2).collect()
    };
    let whose: Vec<String> = list("APIGroups")
        .into_iter()
        .filter(|group| !group.is_empty())
        .map(|group| format!(" of `{group}`"))
        .collect();
    let (verbs, resources) = (list("Verbs").join(", "), list("Resources").join(", "));
    format!("{verbs} {resources}{}", whose.concat())
}

/// An error with what caused it, each once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Sort, Trouble};
    use kube::core::Status;

    fn told(code: u16, message: &str) -> Trouble {
        Trouble::from(&Status {
            code,
            message: message.to_owned(),
            ..Status::default()
        })
    }

    #[test]
    fn a_missing_right_names_verb_resource_and_place() {
        let trouble = told(
            403,
            "workflows.argoproj.io is forbidden: User \"jane\" cannot create resource \"workflows\" in API group \
             \"argoproj.io\" in the namespace \"agents\"",
        );
        assert_eq!(trouble.sort, Sort::Right);
        assert_eq!(
            trouble.message,
            "`jane` has no right to create workflows of `argoproj.io` in namespace `agents`"
        );
        assert!(
            trouble.help.contains(
                "apiGroups: [\"argoproj.io\"], resources: [\"workflows\"], verbs: [\"create\"]"
            ),
            "{}",
            trouble.help
        );
    }

    #[test]
    fn a_right_in_the_whole_cluster_is_named_as_one() {
        let trouble = told(
            403,
            "namespaces \"x\" is forbidden: User \"jane\" cannot patch resource \"namespaces\" in API group \"\" at the \
             cluster scope",
        );
        assert_eq!(
            trouble.message,
            "`jane` has no right to patch namespaces in the whole cluster"
        );
    }

    #[test]
    fn what_one_does_not_have_one_may_not_give() {
        let trouble = told(
            403,
            "roles.rbac.authorization.k8s.io \"review-launcher\" is forbidden: user \"jane\" (groups=[\"a\" \
             \"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n\
             {APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\" \"list\"]}\n\
             {APIGroups:[\"argoproj.io\"], Resources:[\"workflowtaskresults\"], Verbs:[\"create\"]}",
        );
        assert_eq!(trouble.sort, Sort::Right);
        assert_eq!(
            trouble.message,
            "`jane` has no right to get, list pods; create workflowtaskresults of `argoproj.io`, and nobody may give \
             others what they do not have"
        );
    }

    #[test]
    fn a_refusal_of_ours_names_its_rule() {
        let trouble = told(
            422,
            "pods \"a\" is forbidden: ValidatingAdmissionPolicy 'pods.agents.pure-agent.dev' with binding \
             'pods.agents.pure-agent.dev' denied request: pure-agent: maker: a pod is made by its launcher; nobody else",
        );
        assert_eq!(trouble.sort, Sort::Admission);
        assert_eq!(
            trouble.message,
            "rule `maker` of admission policy `pods.agents.pure-agent.dev` refused it: a pod is made by its launcher; \
             nobody else"
        );
    }

    #[test]
    fn a_refusal_of_others_is_not_taken_for_ours() {
        let trouble = told(
            422,
            "ValidatingAdmissionPolicy 'corp' with binding 'corp' denied request: no latest tags",
        );
        assert!(
            trouble
                .message
                .starts_with("admission policy `corp` refused it: no latest")
        );
    }

    #[test]
    fn quota_pod_security_and_unknown_kinds_are_told_apart() {
        let quota = told(
            403,
            "pods \"x\" is forbidden: exceeded quota: limits, requested: pods=1, used: pods=50, limited: pods=50",
        );
        assert!(
            quota
                .message
                .contains("quota of the namespace is used up: limits")
        );
        let security = told(
            403,
            "pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\": host namespaces",
        );
        assert!(security.message.contains("Pod Security refused a pod"));
        let kind = told(404, "the server could not find the requested resource");
        assert!(kind.help.contains("Argo") && !kind.is_missing(), "{kind}");
        assert!(told(404, "workflows.argoproj.io \"x\" not found").is_missing());
    }
}
