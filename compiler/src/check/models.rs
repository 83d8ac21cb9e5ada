//! Models, by provider and id. Their addresses are upstreams like all others.

use super::denial::{Refused, Wish, ask, silent};
use crate::codes::Code;
use crate::diag::Findings;
use crate::policy::Policy;
use crate::reach::reach;
use crate::resolve::Unit;
use crate::spec::Model;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    for model in reach(unit).models {
        permitted(unit, findings, model);
    }
}

fn permitted(unit: &Unit, findings: &mut Findings, model: &Model) {
    let (Some(provider), Some(id)) = (&model.provider, &model.id) else {
        return;
    };
    let wish = Wish {
        code: Code::ModelGrant,
        span: id.span,
        what: format!("model `{}` of provider `{}`", id.value, provider.value),
        line: format!("model \"{}\" id=\"{}\"", provider.value, id.value),
    };
    ask(unit, findings, &wish, |policy| {
        refused(policy, &provider.value, &id.value)
    });
}

fn refused(policy: &Policy, provider: &str, id: &str) -> Option<Refused> {
    let of_provider = || {
        policy
            .models
            .iter()
            .filter(|m| m.provider.value == provider)
    };
    if of_provider().any(|m| m.id.value.matches(id)) {
        return None;
    }
    Some(match (of_provider().next(), policy.models.first()) {
        (Some(rule), _) => Refused {
            span: rule.span,
            label: format!("permits only ids like `{}` of this provider", rule.id.value),
        },
        (None, Some(rule)) => Refused {
            span: rule.span,
            label: format!("permits models of provider `{}` only", rule.provider.value),
        },
        (None, None) => silent(policy, "model"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::base;
    use super::check;

    #[test]
    fn bounds_are_on_provider_and_id_not_on_the_name() {
        assert!(base().codes(check).is_empty());
        let renamed = base()
            .run("\"sonnet\"", "\"claude-haiku\"")
            .run("claude-sonnet-4-5", "gpt-5");
        assert_eq!(renamed.codes(check), ["PA0402"]);
        let other = base().run("provider \"anthropic\"", "provider \"openai\"");
        assert_eq!(other.codes(check), ["PA0402"]);
    }

    #[test]
    fn every_policy_and_a_silent_one() {
        let found = base()
            .also("\npolicy \"second\" {\n    env \"LANG\"\n}\n")
            .findings(check);
        assert_eq!(found.len(), 1);
        assert!(found[0].related[0].label.contains("no model"));
    }

    #[test]
    fn ids_that_no_pattern_can_match_are_refused() {
        for id in ["claude sonnet", "claude-%2a", "claude-\u{e9}"] {
            assert_eq!(
                base().run("claude-sonnet-4-5", id).codes(check),
                ["PA0402"],
                "{id}"
            );
        }
    }
}
