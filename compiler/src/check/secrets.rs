//! Secrets: one kind of consumer each, one name each, and only where every policy lets them go.
//!
//! What counts is the Kubernetes Secret and the key in it. The name in the spec means nothing: two
//! names for one key are one secret.

use super::denial::{Refused, Wish, ask, silent};
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::policy::Policy;
use crate::resolve::Unit;
use crate::span::Spanned;
use crate::spec::Secret;
use crate::upstreams::{Caller, Destination, Use, callers};
use crate::values::host::HostPattern;
use std::collections::{BTreeMap, BTreeSet};

/// One use of one secret.
struct Consumer<'u> {
    secret: &'u Secret,
    auth: &'u Spanned<String>,
    caller: Caller<'u>,
}

/// A Kubernetes Secret and a key in it.
type Fact<'u> = (&'u str, &'u str);

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    let mut by_fact: BTreeMap<Fact<'_>, Vec<Consumer<'_>>> = BTreeMap::new();
    for caller in callers(unit) {
        let Some(auth) = caller.secret else { continue };
        let Some(secret) = unit.secret(&auth.value) else {
            continue;
        };
        let fact = (secret.object.value.as_str(), secret.key.value.as_str());
        by_fact.entry(fact).or_default().push(Consumer {
            secret,
            auth,
            caller,
        });
    }
    for consumers in by_fact.values() {
        one_kind(findings, consumers);
        let mut asked = BTreeSet::new();
        for consumer in consumers {
            for to in consumer.caller.to.iter().filter(|d| d.with_secret) {
                if asked.insert((consumer.caller.used_for, &to.host)) {
                    permitted(unit, findings, consumer, &to.host);
                }
                encrypted(findings, consumer, to);
            }
        }
    }
}

fn one_kind(findings: &mut Findings, consumers: &[Consumer<'_>]) {
    let Some(first) = consumers.first() else {
        return;
    };
    let (object, key) = (&first.secret.object.value, &first.secret.key.value);
    let mut kinds: BTreeSet<Use> = BTreeSet::from([first.caller.used_for]);
    let mut names = BTreeSet::from([&first.secret.name.value]);
    for other in consumers.iter().skip(1) {
        let new_kind = kinds.insert(other.caller.used_for);
        let new_name = names.insert(&other.secret.name.value);
        if new_kind {
            let (a, b) = (first.caller.used_for.word(), other.caller.used_for.word());
            findings.push(
                Finding::new(
                    Code::SecretKinds,
                    other.auth.span,
                    format!("key `{key}` of Secret `{object}` is for both `{a}` and `{b}`"),
                )
                .label(format!("for `{}`", other.caller.why))
                .related(
                    first.auth.span,
                    format!("already for `{}`", first.caller.why),
                )
                .help(
                    "make a key of its own for each kind of consumer, with the least that it needs",
                ),
            );
        } else if new_name {
            findings.push(
                Finding::new(
                    Code::SecretTwice,
                    other.secret.name.span,
                    format!(
                        "secrets `{}` and `{}` are one key, `{key}` of Secret `{object}`",
                        first.secret.name.value, other.secret.name.value
                    ),
                )
                .label("a second name for it")
                .related(first.secret.name.span, "the first")
                .help(format!(
                    "declare it once and write `auth \"{}\"`",
                    first.secret.name.value
                )),
            );
        }
    }
}

fn permitted(unit: &Unit, findings: &mut Findings, consumer: &Consumer<'_>, to: &HostPattern) {
    let (object, key) = (&consumer.secret.object.value, &consumer.secret.key.value);
    let used_for = consumer.caller.used_for.word();
    let wish = Wish {
        code: Code::SecretGrant,
        span: consumer.auth.span,
        what: format!(
            "key `{key}` of Secret `{object}` for `{}` to `{to}`",
            consumer.caller.why
        ),
        line: format!("secret \"{object}\" key=\"{key}\" for=\"{used_for}\" to=\"{to}\""),
    };
    ask(unit, findings, &wish, |policy| {
        refused(policy, consumer.secret, used_for, to)
    });
}

fn refused(policy: &Policy, secret: &Secret, used_for: &str, to: &HostPattern) -> Option<Refused> {
    let (object, key) = (&secret.object.value, &secret.key.value);
    // The rule that agrees in most, in this order.
    let mut best: Option<(usize, Refused)> = None;
    for rule in &policy.secrets {
        let steps = [
            (
                rule.object.value == *object,
                rule.object.span,
                format!("permits Secret `{}`", rule.object.value),
            ),
            (
                rule.key.value.matches(key),
                rule.key.span,
                format!("permits keys like `{}`", rule.key.value),
            ),
            (
                rule.used_for.value == used_for,
                rule.used_for.span,
                format!("permits it for `{}` only", rule.used_for.value),
            ),
            (
                rule.to.value.covers(to),
                rule.to.span,
                format!("permits it to `{}` only", rule.to.value),
            ),
        ];
        let agreed = steps.iter().take_while(|(fits, ..)| *fits).count();
        let (_, span, label) = steps.into_iter().nth(agreed)?;
        if best.as_ref().is_none_or(|(most, _)| agreed > *most) {
            best = Some((agreed, Refused { span, label }));
        }
    }
    Some(best.map_or_else(|| silent(policy, "secret"), |(_, refused)| refused))
}

fn encrypted(findings: &mut Findings, consumer: &Consumer<'_>, to: &Destination) {
    if to.secure {
        return;
    }
    findings.push(
        Finding::new(
            Code::PlaintextSecret,
            to.span,
            format!(
                "`{}` would send a secret to `{}` unencrypted",
                consumer.caller.why, to.host
            ),
        )
        .label("plain HTTP")
        .related(consumer.auth.span, "this secret")
        .help("write \"https://\", or remove `auth`"),
    );
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, base};
    use super::check;

    /// The base with an `http` route that has a credential of its own.
    fn with_route(secret: &str, key: &str) -> Case {
        let declared = format!("secret \"other\" {{\n    from \"{secret}\" key=\"{key}\"\n}}");
        base()
            .declare(&declared)
            .agent("    egress {\n        http \"figures.example.com\" {\n            allow \"GET\" \"/v1\"\n            auth \"other\"\n        }\n    }")
            .permit("    secret \"model-keys\" key=\"*\" for=\"http\" to=\"figures.example.com\"\n    secret \"report-keys\" key=\"*\" for=\"http\" to=\"figures.example.com\"")
    }

    #[test]
    fn each_part_of_a_rule_counts() {
        assert!(base().codes(check).is_empty());
        for (from, to, label) in [
            (
                "secret \"model-keys\"",
                "secret \"model-key\"",
                "permits Secret `model-key`",
            ),
            (
                "key=\"*\"",
                "key=\"OPENAI_*\"",
                "permits keys like `OPENAI_*`",
            ),
            ("for=\"model\"", "for=\"mcp\"", "permits it for `mcp` only"),
            (
                "to=\"api.anthropic.com\"",
                "to=\"api.openai.com\"",
                "permits it to `api.openai.com` only",
            ),
        ] {
            let found = base().policy(from, to).findings(check);
            assert_eq!(found.len(), 1, "{from}");
            assert_eq!(
                (found[0].code.number(), found[0].related[0].label.as_str()),
                ("PA0404", label)
            );
        }
    }

    #[test]
    fn renaming_a_secret_changes_nothing() {
        let silent = base().policy("secret \"model-keys\"", "secret \"other-keys\"");
        assert_eq!(silent.codes(check), ["PA0404"]);
        // Neither a name like the Secret nor a name like one that is permitted helps.
        for name in ["other-keys", "model-keys", "x"] {
            let renamed = silent.clone().run("\"claude\"", &format!("\"{name}\""));
            assert_eq!(renamed.codes(check), ["PA0404"], "{name}");
            let permitted = base().run("\"claude\"", &format!("\"{name}\""));
            assert!(permitted.codes(check).is_empty(), "{name}");
        }
    }

    #[test]
    fn a_secret_follows_the_address_and_not_the_provider() {
        let moved = base().run(
            "    auth \"claude\"\n",
            "    url \"https://evil.org\"\n    auth \"claude\"\n",
        );
        assert_eq!(moved.codes(check), ["PA0404"]);
    }

    #[test]
    fn one_kind_of_consumer() {
        assert!(with_route("report-keys", "FIGURES").codes(check).is_empty());
        let shared = with_route("report-keys", "FIGURES").run("auth \"other\"", "auth \"claude\"");
        assert_eq!(shared.codes(check), ["PA0602"]);
    }

    #[test]
    fn a_second_name_is_the_same_secret() {
        // The same key of the same Secret under another name, for another kind of consumer.
        let found = with_route("model-keys", "ANTHROPIC_API_KEY").findings(check);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].code.number(), "PA0602");
        assert_eq!(found[0].related.len(), 1);
        // Another key of the same Secret is another secret.
        assert!(with_route("model-keys", "FIGURES").codes(check).is_empty());
    }

    #[test]
    fn two_names_for_one_use() {
        let case = base()
            .declare("secret \"claude-two\" {\n    from \"model-keys\" key=\"ANTHROPIC_API_KEY\"\n}\nmodel \"haiku\" {\n    provider \"anthropic\"\n    id \"claude-haiku-4-5\"\n    auth \"claude-two\"\n}")
            .agent("    model \"haiku\"");
        assert_eq!(case.codes(check), ["PA0603"]);
        assert!(
            case.run("auth \"claude-two\"", "auth \"claude\"")
                .codes(check)
                .is_empty()
        );
    }

    #[test]
    fn never_unencrypted() {
        let case = base()
            .run(
                "    auth \"claude\"\n",
                "    url \"http://llm.models.svc:8000\"\n    auth \"claude\"\n",
            )
            .permit("    secret \"model-keys\" key=\"*\" for=\"model\" to=\"llm.models.svc\"");
        assert_eq!(case.codes(check), ["PA0503"]);
        assert!(case.run("http://", "https://").codes(check).is_empty());
    }

    #[test]
    fn each_host_of_a_clone_needs_its_rule() {
        let case = base()
            .declare("secret \"source\" {\n    from \"source\" key=\"TOKEN\"\n}\nmcp \"git\" {\n    builtin \"git\"\n    auth \"source\"\n    repo \"github.com/acme/*\"\n    repo \"git.evil.org/acme/*\"\n}\ntools \"t\" {\n    server \"git\" {\n        allow \"clone\"\n    }\n}")
            .agent("    tools \"t\"")
            .permit("    secret \"source\" key=\"TOKEN\" for=\"mcp\" to=\"github.com\"");
        let found = case.findings(check);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("git.evil.org"));
    }

    #[test]
    fn both_policies_of_two() {
        let second = "\npolicy \"second\" {\n    upstream \"api.anthropic.com\"\n}\n";
        let found = base().also(second).findings(check);
        assert_eq!(found[0].related[0].label, "this policy permits no secret");
    }
}
