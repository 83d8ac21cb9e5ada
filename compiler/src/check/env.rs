//! Plain environment variables of agents: listed by every policy, never a secret.

use super::denial::{Wish, ask, nearest_rule};
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::reach::reach;
use crate::resolve::Unit;
use crate::span::Spanned;
use crate::values::name::EnvName;

/// How the credentials of well-known services begin.
const CREDENTIALS: [&str; 14] = [
    "sk-",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "AKIA",
    "ASIA",
    "lin_api_",
    "AIza",
    "-----BEGIN ",
];

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    for agent in reach(unit).agents {
        for (name, value) in &agent.env {
            if holds_secret(name, value) {
                findings.push(
                    Finding::new(
                        Code::EnvSecret,
                        name.span,
                        format!("variable `{}` would give agent `{}` a secret", name.value, agent.name.value),
                    )
                    .label("whatever stands here is in git, in the objects and in the agent's hands")
                    .help("remove it; the gateway adds credentials: `auth` of a model, an mcp or an `http` route"),
                );
                continue;
            }
            let wish = Wish {
                code: Code::EnvGrant,
                span: name.span,
                what: format!("variable `{}` of agent `{}`", name.value, agent.name.value),
                line: format!("env \"{}\"", name.value),
            };
            ask(unit, findings, &wish, |policy| {
                let known = policy.env.iter().any(|e| e.value == name.value);
                let rules = policy.env.iter().map(|e| (e.span, e.value.as_str()));
                (!known).then(|| nearest_rule(policy, "variable", &name.value, rules))
            });
        }
    }
}

fn holds_secret(name: &Spanned<String>, value: &Spanned<String>) -> bool {
    EnvName::parse(&name.value).is_ok_and(|n| n.looks_secret())
        || CREDENTIALS
            .iter()
            .any(|start| value.value.trim_start().starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::super::testing::base;
    use super::check;

    #[test]
    fn variables_are_listed() {
        let case = base().agent("    env \"LANG\" \"C.UTF-8\"");
        assert_eq!(case.codes(check), ["PA0410"]);
        assert!(
            case.clone()
                .permit("    env \"LANG\"")
                .codes(check)
                .is_empty()
        );
        assert_eq!(case.permit("    env \"LANGUAGE\"").codes(check), ["PA0410"]);
    }

    #[test]
    fn no_secret_by_name_or_value_even_if_a_policy_lists_it() {
        for (name, value) in [
            ("GITHUB_TOKEN", "x"),
            ("DB_PASSWORD", "x"),
            ("SETTING", "ghp_0123456789"),
            ("SETTING", " sk-ant-api03-0123"),
            ("SETTING", "-----BEGIN OPENSSH PRIVATE KEY-----"),
        ] {
            let case = base().agent(&format!("    env \"{name}\" \"{value}\""));
            assert_eq!(
                case.permit(&format!("    env \"{name}\"")).codes(check),
                ["PA0604"],
                "{name} {value}"
            );
        }
    }
}
