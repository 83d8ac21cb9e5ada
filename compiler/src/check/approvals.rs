//! Approvals: who may sign, and whether an answer can come in time.

use super::denial::{Refused, Wish, ask, silent};
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::reach::reach;
use crate::resolve::Unit;
use crate::spec::{Approval, Approver};
use crate::values::ssh_key::SshKey;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    for approval in reach(unit).approvals {
        approval
            .approvers
            .iter()
            .for_each(|a| listed(unit, findings, a));
        in_time(unit, findings, approval);
    }
}

/// The key counts; the name is for people.
fn listed(unit: &Unit, findings: &mut Findings, approver: &Approver) {
    let Ok(key) = SshKey::parse(&approver.key.value) else {
        return;
    };
    let name = &approver.name.value;
    let wish = Wish {
        code: Code::ApproverGrant,
        span: approver.key.span,
        what: format!("key {} of approver `{name}`", key.fingerprint()),
        line: format!("approver \"{name}\" key=\"{key}\""),
    };
    ask(unit, findings, &wish, |policy| {
        let known = |a: &Approver| SshKey::parse(&a.key.value).is_ok_and(|k| k == key);
        if policy.approvers.iter().any(known) {
            return None;
        }
        let namesake = policy.approvers.iter().find(|a| a.name.value == *name);
        Some(match namesake.or(policy.approvers.first()) {
            Some(other) => Refused {
                span: other.key.span,
                label: format!("permits `{}` with another key", other.name.value),
            },
            None => silent(policy, "approver"),
        })
    });
}

fn in_time(unit: &Unit, findings: &mut Findings, approval: &Approval) {
    let deadline = unit.run.limits.as_ref().and_then(|l| l.deadline.as_ref());
    let (Some(timeout), Some(deadline)) = (&approval.timeout, deadline) else {
        return;
    };
    if timeout.value.seconds() <= deadline.value.seconds() {
        return;
    }
    findings.push(
        Finding::new(
            Code::ApprovalTooLong,
            timeout.span,
            format!(
                "approval `{}` waits {}, longer than the run's deadline {}",
                approval.name.value, timeout.value, deadline.value
            ),
        )
        .related(deadline.span, "the run ends here, waiting or not")
        .help(format!("write `timeout \"{}\"` or less", deadline.value)),
    );
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, base};
    use super::check;

    const KIM: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBCwVzP8iK3f5ChFgAgjTr0mYeLZobVxCjK/MScgPTf0";
    const EVE: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    fn signed(name: &str, key: &str, timeout: &str) -> Case {
        base()
            .declare(&format!("approval \"lead\" {{\n    via \"signature\"\n    approver \"{name}\" key=\"{key}\"\n    timeout \"{timeout}\"\n}}\nmcp \"web\" {{\n    builtin \"fetch\"\n    host \"docs.example.com\"\n}}\ntools \"t\" {{\n    server \"web\" {{\n        approve \"fetch\" by=\"lead\"\n    }}\n}}"))
            .agent("    tools \"t\"")
            .permit(&format!("    approver \"kim\" key=\"{KIM}\""))
    }

    #[test]
    fn the_key_counts_and_not_the_name() {
        assert!(signed("kim", KIM, "10m").codes(check).is_empty());
        assert!(
            signed("somebody", &format!("{KIM} kim@laptop"), "10m")
                .codes(check)
                .is_empty()
        );
        let found = signed("kim", EVE, "10m").findings(check);
        assert_eq!((found[0].code.number(), found.len()), ("PA0409", 1));
        assert_eq!(found[0].related[0].label, "permits `kim` with another key");
    }

    #[test]
    fn every_policy_lists_the_key() {
        let silent = "\npolicy \"second\" {\n    env \"LANG\"\n}\n";
        assert_eq!(
            signed("kim", KIM, "10m").also(silent).codes(check),
            ["PA0409"]
        );
    }

    #[test]
    fn an_answer_comes_before_the_run_ends() {
        assert!(signed("kim", KIM, "1h").codes(check).is_empty());
        assert_eq!(signed("kim", KIM, "61m").codes(check), ["PA0419"]);
    }
}
