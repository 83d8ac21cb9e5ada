//! Hosts that the gateway calls on its own account, and hosts that only the cluster knows.

use super::denial::{Refused, Wish, ask, nearest_rule};
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::policy::Policy;
use crate::resolve::Unit;
use crate::span::Span;
use crate::upstreams::upstreams;
use crate::values::host::HostPattern;
use std::collections::BTreeSet;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for upstream in upstreams(unit) {
        let (host, port) = (upstream.host, upstream.port);
        if !seen.insert((host.clone(), port)) {
            continue;
        }
        permitted(unit, findings, upstream.span, (&host, port), &upstream.why);
        open(unit, findings, upstream.span, &host, port);
    }
}

fn permitted(unit: &Unit, findings: &mut Findings, span: Span, to: (&HostPattern, u16), why: &str) {
    let (host, port) = to;
    let wish = Wish {
        code: Code::UpstreamGrant,
        span,
        what: format!("upstream `{host}:{port}` of `{why}`"),
        line: match port {
            443 => format!("upstream \"{host}\""),
            _ => format!("upstream \"{host}\" port={port}"),
        },
    };
    ask(unit, findings, &wish, |policy| refused(policy, host, port));
}

fn refused(policy: &Policy, host: &HostPattern, port: u16) -> Option<Refused> {
    let of_host = || {
        policy
            .upstreams
            .iter()
            .filter(|u| u.host.value.covers(host))
    };
    if of_host().any(|u| u.port == port) {
        return None;
    }
    Some(match of_host().next() {
        Some(rule) => Refused {
            span: rule.span,
            label: format!("permits port {} of this host", rule.port),
        },
        None => {
            let rules = policy
                .upstreams
                .iter()
                .map(|u| (u.host.span, u.host.value.as_str()));
            nearest_rule(policy, "upstream", host.as_str(), rules)
        }
    })
}

/// The gateway dials private addresses only where the target opens them.
pub(super) fn open(
    unit: &Unit,
    findings: &mut Findings,
    span: Span,
    host: &HostPattern,
    port: u16,
) {
    let ranges = &unit.target.private;
    if !host.is_internal() || ranges.iter().any(|(_, p)| p.value == u64::from(port)) {
        return;
    }
    findings.push(
        Finding::new(
            Code::InternalHost,
            span,
            format!(
                "internal host `{host}` is behind port {port}, which target `{}` does not open",
                unit.target.name.value
            ),
        )
        .label("only the cluster's own DNS knows this name")
        .related(
            unit.target.name.span,
            "no `private` range of this target has the port",
        )
        .help(format!(
            "add `private \"10.0.0.0/8\" port={port}` to the target, as narrow as it can be"
        )),
    );
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, base};
    use super::check;

    fn moved(url: &str) -> Case {
        base().run("    auth \"claude\"\n", &format!("    url \"{url}\"\n"))
    }

    #[test]
    fn a_model_is_bound_by_its_address() {
        assert!(base().codes(check).is_empty());
        assert!(
            moved("https://api.anthropic.com/v1")
                .codes(check)
                .is_empty()
        );
        for url in [
            "https://api.anthropic.com:8443",
            "https://api.anthropic.com.evil.org",
            "https://evil.org/api.anthropic.com",
            "https://anthropic.com",
        ] {
            assert_eq!(moved(url).codes(check), ["PA0403"], "{url}");
        }
    }

    #[test]
    fn a_name_says_nothing_about_an_address() {
        let found = moved("https://evil.org").run("\"sonnet\"", "\"anthropic\"");
        let found = found.findings(check);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].related[0].label,
            "the nearest that is permitted: `api.anthropic.com`"
        );
    }

    #[test]
    fn another_port_says_which_is_permitted() {
        let found = moved("https://api.anthropic.com:8443").findings(check);
        assert_eq!(found[0].related[0].label, "permits port 443 of this host");
        assert!(
            found[0]
                .help
                .as_ref()
                .is_some_and(|h| h.contains("port=8443"))
        );
    }

    #[test]
    fn every_policy_has_to_know_the_host() {
        let second = "\npolicy \"second\" {\n    upstream \"api.openai.com\"\n}\n";
        assert_eq!(base().also(second).codes(check), ["PA0403"]);
    }

    #[test]
    fn a_private_address_needs_a_target_that_opens_it() {
        let case = moved("http://ollama.models.svc:11434")
            .permit("    upstream \"ollama.models.svc\" port=11434");
        assert_eq!(case.codes(check), ["PA0504"]);
        let mut open = case;
        open.target = open.target.replace(
            "    dns {",
            "    private \"10.96.0.0/12\" port=11434\n    dns {",
        );
        assert!(open.codes(check).is_empty());
        open.target = open.target.replace("port=11434", "port=11435");
        assert_eq!(open.codes(check), ["PA0504"]);
    }

    fn git(repo: &str) -> Case {
        base()
            .declare(&format!(
                "mcp \"source\" {{\n    builtin \"git\"\n    repo \"{repo}\"\n}}\ntools \"t\" {{\n    server \"source\" {{\n        allow \"clone\"\n    }}\n}}\n"
            ))
            .agent("    tools \"t\"")
            .permit("    upstream \"github.com\"\n    repo \"github.com/acme/*\"\n    tool \"git\" \"clone\"")
    }

    #[test]
    fn git_servers_call_known_hosts_only() {
        assert!(git("github.com/acme/*").codes(check).is_empty());
        assert_eq!(git("gitlab.com/acme/*").codes(check), ["PA0403"]);
    }

    #[test]
    fn linear_fetch_and_record_are_bounded_too() {
        let case = base()
            .declare("secret \"lin\" {\n    from \"lin\" key=\"k\"\n}\nsecret \"s3\" {\n    from \"s3\" key=\"k\"\n}\nmcp \"tracker\" {\n    builtin \"linear\"\n    auth \"lin\"\n    team \"ENG\"\n}\nmcp \"web\" {\n    builtin \"fetch\"\n    host \"*.docs.example.com\"\n}\ntools \"t\" {\n    server \"tracker\" {\n        allow \"get_issue\"\n    }\n    server \"web\" {\n        allow \"fetch\"\n    }\n}")
            .agent("    tools \"t\"")
            .in_run("    record {\n        transcripts {\n            to \"s3://logs/x\"\n            region \"eu-central-1\"\n            auth \"s3\"\n        }\n    }");
        assert_eq!(case.codes(check), ["PA0403"; 3]);
        // A rule for one host is no rule for all hosts below.
        let narrow = "    upstream \"api.linear.app\"\n    upstream \"a.docs.example.com\"\n    upstream \"other.s3.eu-central-1.amazonaws.com\"";
        assert_eq!(case.clone().permit(narrow).codes(check), ["PA0403"; 2]);
        let wide = "    upstream \"api.linear.app\"\n    upstream \"*.docs.example.com\"\n    upstream \"logs.s3.eu-central-1.amazonaws.com\"";
        assert!(case.permit(wide).codes(check).is_empty());
    }
}
