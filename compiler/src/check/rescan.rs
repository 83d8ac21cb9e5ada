//! Text that Argo would read again.
//!
//! Argo replaces `{{…}}` in a whole Workflow, its pod manifests included, and reads the result once
//! more; nothing escapes the braces. So no text of an author may bring them into a WorkflowTemplate:
//! annotations (`about` of the run), commands and environment of pods, the executor's name. Labels,
//! names, images and schedules cannot hold a brace. Prompts, inputs, patterns and addresses stay in
//! the contract, which is a ConfigMap, and may hold them.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::resolve::Unit;
use crate::span::Spanned;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    for (text, where_) in scanned(unit) {
        if text.value.contains("{{") || text.value.contains("}}") {
            findings.push(
                Finding::new(
                    Code::ArgoRescan,
                    text.span,
                    format!("{where_} holds `{{{{` or `}}}}`, which Argo would replace"),
                )
                .label("Argo reads this text as a template")
                .help("write it without double braces; prompts and inputs may hold them"),
            );
        }
    }
}

/// Every text of an author that stands in a WorkflowTemplate.
fn scanned(unit: &Unit) -> Vec<(&Spanned<String>, String)> {
    let mut out = Vec::new();
    out.extend(
        unit.run
            .about
            .iter()
            .map(|a| (a, "`about` of the run".to_owned())),
    );
    out.extend(unit.run.owner.iter().map(|o| (o, "`owner`".to_owned())));
    for (key, value) in &unit.run.labels {
        out.extend([
            (key, "a label's key".to_owned()),
            (value, format!("label `{}`", key.value)),
        ]);
    }
    for agent in &unit.spec.agents {
        let name = &agent.name.value;
        out.extend(
            agent
                .command
                .iter()
                .map(|w| (w, format!("command of agent `{name}`"))),
        );
        out.extend(
            agent
                .env
                .iter()
                .map(|(k, v)| (v, format!("variable `{}` of agent `{name}`", k.value))),
        );
    }
    for server in &unit.spec.servers {
        let name = &server.name.value;
        out.extend(
            server
                .command
                .iter()
                .map(|w| (w, format!("command of mcp `{name}`"))),
        );
    }
    out.push((&unit.target.executor, "`executor` of the target".to_owned()));
    out
}

#[cfg(test)]
mod tests {
    use crate::check::trial::Trial;

    #[test]
    fn no_braces_reach_argo() {
        for text in [
            "{{workflow.name}}",
            "{{=toJson(workflow)}}",
            "a }} b",
            "{{",
            "{{{{x",
        ] {
            let run = Trial::new().in_run(&format!("about \"{text}\""));
            assert_eq!(run.found(), [("PA0216", format!("\"{text}\""))]);
            let env = Trial::new()
                .in_agent(&format!("env \"LANG\" \"{text}\""))
                .in_policy("env \"LANG\"");
            assert_eq!(env.found(), [("PA0216", format!("\"{text}\""))]);
            let command = Trial::new().run(
                "harness \"claude-code\"",
                &format!("harness \"generic\"\n    command \"/a\" \"{text}\""),
            );
            assert_eq!(command.found(), [("PA0216", format!("\"{text}\""))]);
            let executor =
                Trial::new().edit("target.kdl", "quay.io/argoproj/argoexec:v3.7.18", text);
            assert_eq!(executor.found(), [("PA0216", format!("\"{text}\""))]);
        }
    }

    #[test]
    fn a_server_is_scanned_too() {
        let server = "mcp \"own\" {\n image \"images.example.com/agents/own@sha256:3333333333333333333333333333333333333333333333333333333333333333\"\n command \"/server\" \"{{x}}\"\n port 8000\n}\ntools \"t\" {\n server \"own\" {\n allow \"look\"\n}\n}";
        let trial = Trial::new()
            .declare(server)
            .in_agent("tools \"t\"")
            .in_policy("tool \"images.example.com/agents/own\" \"look\"");
        assert_eq!(trial.found(), [("PA0216", "\"{{x}}\"".to_owned())]);
    }

    #[test]
    fn single_braces_and_prompts_are_fine() {
        let trial = Trial::new()
            .in_run("about \"a { b } c\"\ninput \"prompt\" {\n default \"{{x}}\"\n}")
            .in_agent("system \"Write {{name}} as it stands\"");
        assert_eq!(trial.found(), []);
    }
}
