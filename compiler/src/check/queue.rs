//! Queues: a run waits in one that its target has.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::resolve::Unit;
use crate::shape::nearest;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    let Some(queue) = &unit.run.queue else {
        return;
    };
    let known = || {
        unit.target
            .queues
            .iter()
            .map(|(name, _)| name.value.as_str())
    };
    if known().any(|name| name == queue.value) {
        return;
    }
    let finding = Finding::new(
        Code::UnknownName,
        queue.span,
        format!(
            "target `{}` has no queue `{}`",
            unit.target.name.value, queue.value
        ),
    )
    .related(unit.target.name.span, "the target");
    let list: Vec<String> = known().take(8).map(|name| format!("`{name}`")).collect();
    findings.push(match nearest(&queue.value, known()) {
        Some(near) => finding
            .help(format!("did you mean `{near}`?"))
            .fix(queue.span, format!("\"{near}\"")),
        None if list.is_empty() => finding.help(format!(
            "ask the owner of the target for `queue \"{}\" {{ … }}`",
            queue.value
        )),
        None => finding.help(format!("it has {}", list.join(", "))),
    });
}

#[cfg(test)]
mod tests {
    use crate::check::trial::Trial;

    fn with(queues: &str, wish: &str) -> Trial {
        Trial::new()
            .edit(
                "target.kdl",
                "    api-server",
                &format!("{queues}\n    api-server"),
            )
            .in_run(&format!("queue \"{wish}\""))
    }

    #[test]
    fn s3_16_a_run_waits_in_a_queue_of_its_target_alone() {
        let cloud = "queue \"cloud\" {\n slots 4\n}";
        assert_eq!(with(cloud, "cloud").codes(), [""; 0]);
        for (queues, wish, help) in [
            (cloud, "clowd", "did you mean `cloud`?"),
            (cloud, "chat", "it has `cloud`"),
            (
                "",
                "chat",
                "ask the owner of the target for `queue \"chat\" { … }`",
            ),
        ] {
            let (finding, related) = with(queues, wish).only();
            assert_eq!(finding.code.number(), "PA0301");
            assert_eq!(finding.help.as_deref(), Some(help));
            assert_eq!(related, ["\"test\""]);
        }
    }

    #[test]
    fn a_queue_has_slots_and_one_name() {
        for (queues, code) in [
            ("queue \"cloud\" {\n slots 0\n}", "PA0209"),
            ("queue \"cloud\" {\n slots 10001\n}", "PA0209"),
            (
                "queue \"cloud\" {\n slots 1\n}\nqueue \"cloud\" {\n slots 2\n}",
                "PA0203",
            ),
        ] {
            let codes = with(queues, "cloud").codes();
            assert_eq!(codes, [code], "{queues}");
        }
    }
}
