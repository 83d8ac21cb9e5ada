//! Names that mean something to Kubernetes, Argo or this system.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::resolve::Unit;
use crate::span::{Span, Spanned};
use crate::values::name::DnsLabel;
use std::collections::BTreeMap;

/// Folders of a bundle beside those of runs, and what a target's objects are called.
const RESERVED: [&str; 3] = ["bundle", "platform", "spec"];
/// Namespaces that hold more than runs.
const SHARED: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];
/// Label domains of the cluster, of Argo and of this system; their subdomains too.
const OWNED: [&str; 4] = ["argoproj.io", "k8s.io", "kubernetes.io", "pure-agent.dev"];

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    let run = &unit.run.name;
    if RESERVED.contains(&run.value.as_str()) {
        findings.push(
            Finding::new(
                Code::BadName,
                run.span,
                format!("run cannot be called `{}`", run.value),
            )
            .label("a part of the bundle has this name")
            .help("choose another name"),
        );
    }
    unit.run
        .labels
        .iter()
        .for_each(|(key, _)| label(key, findings));
    run_key(unit, findings);
    namespace(unit, findings);
}

fn label(key: &Spanned<String>, findings: &mut Findings) {
    let Some((domain, _)) = key.value.split_once('/') else {
        return;
    };
    let below = |owned: &str| {
        domain == owned
            || domain
                .strip_suffix(owned)
                .is_some_and(|rest| rest.ends_with('.'))
    };
    if let Some(owned) = OWNED.into_iter().find(|owned| below(owned)) {
        findings.push(
            Finding::new(
                Code::BadName,
                key.span,
                format!("label `{}` is not for specs", key.value),
            )
            .label(format!(
                "labels of `{owned}` are set by the cluster, Argo or the compiler"
            ))
            .help("write a domain of your own: `label \"example.com/team\" \"…\"`"),
        );
    }
}

/// The Secret that roles of a run authenticate by is nobody's credential.
fn run_key(unit: &Unit, findings: &mut Findings) {
    let own = format!("{}-key", unit.run.name.value);
    for secret in unit.spec.secrets.iter().filter(|s| s.object.value == own) {
        findings.push(key_of_a_run(&secret.object, unit.run.name.span));
    }
}

fn key_of_a_run(object: &Spanned<String>, run: Span) -> Finding {
    Finding::new(
        Code::BadName,
        object.span,
        format!("Secret `{}` holds the key of a run", object.value),
    )
    .related(run, "the run whose key it is")
    .help("keep the credential in a Secret of another name")
}

fn namespace(unit: &Unit, findings: &mut Findings) {
    let target = &unit.target;
    let namespace = &target.namespace;
    if let Err(refusal) = DnsLabel::parse(&namespace.value) {
        findings
            .push(Finding::new(Code::BadName, namespace.span, refusal.message).help(refusal.help));
        return;
    }
    let of_argo = target
        .controller
        .value
        .split(':')
        .nth(2)
        .unwrap_or_default();
    let shared = if namespace.value == of_argo {
        Some((target.controller.span, "Argo's controller runs there"))
    } else if namespace.value == target.dns_namespace.value {
        Some((target.dns_namespace.span, "DNS runs there"))
    } else {
        SHARED
            .contains(&namespace.value.as_str())
            .then_some((target.name.span, "of this target"))
    };
    if let Some((span, why)) = shared {
        findings.push(
            Finding::new(
                Code::BadName,
                namespace.span,
                format!("namespace `{}` holds more than runs", namespace.value),
            )
            .related(span, why)
            .help("name a namespace that nothing else uses: everything in it is denied by default"),
        );
    }
}

/// Names that meet because the specs of one workspace go to one namespace.
#[derive(Debug, Default)]
pub(super) struct Meeting {
    runs: BTreeMap<String, Span>,
    events: BTreeMap<(String, String), Span>,
    twice: Findings,
    objects: Vec<(String, Spanned<String>)>,
}

impl Meeting {
    /// Takes note of one spec.
    pub(super) fn add(&mut self, unit: &Unit) {
        let run = &unit.run.name;
        match self.runs.get(&run.value) {
            Some(first) => self.twice.push(
                Finding::new(
                    Code::DeclaredTwice,
                    run.span,
                    format!("two specs have a run `{}`", run.value),
                )
                .label("its objects would replace those of the other")
                .related(*first, "the other")
                .help("give each run a name of its own"),
            ),
            None => {
                self.runs.insert(run.value.clone(), run.span);
            }
        }
        for trigger in &unit.run.triggers {
            self.event(&unit.target.namespace.value, &trigger.event);
        }
        let keys = unit
            .spec
            .secrets
            .iter()
            .filter(|s| s.object.value.ends_with("-key"));
        self.objects
            .extend(keys.map(|s| (run.value.clone(), s.object.clone())));
    }

    fn event(&mut self, namespace: &str, event: &Spanned<String>) {
        let key = (namespace.to_owned(), event.value.clone());
        match self.events.get(&key) {
            Some(first) => self.twice.push(
                Finding::new(
                    Code::DeclaredTwice,
                    event.span,
                    format!("two specs are started by event `{}`", event.value),
                )
                .label("one event would start both")
                .related(*first, "the other")
                .help("give each an event of its own; whoever posts can post both"),
            ),
            None => {
                self.events.insert(key, event.span);
            }
        }
    }

    /// Runs of one name, runs of one event, and secrets that hold the key of another run than that of their own spec.
    pub(super) fn finish(&self) -> Findings {
        let mut findings = self.twice.clone();
        for (own, object) in &self.objects {
            let run = object.value.strip_suffix("-key").unwrap_or_default();
            if let Some(span) = self.runs.get(run).filter(|_| run != own) {
                findings.push(key_of_a_run(object, *span));
            }
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::trial::Trial;
    use crate::values::name::NAME_MAX;

    #[test]
    fn labels_of_others_are_refused() {
        for key in [
            "pure-agent.dev/role",
            "app.kubernetes.io/name",
            "workflows.argoproj.io/workflow",
            "kubernetes.io/x",
            "a.k8s.io/x",
        ] {
            let trial = Trial::new().in_run(&format!("label \"{key}\" \"x\""));
            assert_eq!(trial.found(), [("PA0214", format!("\"{key}\""))]);
        }
        for key in [
            "team",
            "example.com/team",
            "notk8s.io/x",
            "kubernetes.io.example.com/x",
        ] {
            assert_eq!(
                Trial::new()
                    .in_run(&format!("label \"{key}\" \"x\""))
                    .found(),
                []
            );
        }
    }

    #[test]
    fn a_namespace_holds_runs_and_nothing_else() {
        for name in ["kube-system", "default", "argo", "a.b"] {
            let trial = Trial::new().edit("target.kdl", "\"pure-agent\"", &format!("\"{name}\""));
            assert_eq!(trial.found(), [("PA0214", format!("\"{name}\""))], "{name}");
        }
    }

    #[test]
    fn the_key_of_a_run_is_no_credential() {
        let own = Trial::new()
            .run("\"model-keys\"", "\"hello-key\"")
            .policy("secret \"model-keys\"", "secret \"hello-key\"");
        assert_eq!(own.found(), [("PA0214", "\"hello-key\"".to_owned())]);
        let other = Trial::new()
            .edit("pure-agent.kdl", "specs \"run.kdl\"", "specs \"*run.kdl\"")
            .policy("    secret", "    secret \"hello-key\" key=\"*\" for=\"model\" to=\"api.anthropic.com\"\n    secret");
        let second = include_str!("../../../golden/pages/base/run.kdl")
            .replace("run \"hello\"", "run \"thief\"")
            .replace("\"model-keys\"", "\"hello-key\"");
        let out = other.file("other-run.kdl", &second).outcome();
        let mut keys = Meeting::default();
        out.units.iter().for_each(|u| keys.add(u));
        let found: Vec<_> = keys.finish().iter().map(|f| f.message.clone()).collect();
        assert_eq!(found, ["Secret `hello-key` holds the key of a run"]);
    }

    #[test]
    fn two_specs_have_two_runs() {
        let base = include_str!("../../../golden/pages/base/run.kdl");
        let specs = |text: &str| {
            let trial =
                Trial::new().edit("pure-agent.kdl", "specs \"run.kdl\"", "specs \"*run.kdl\"");
            let mut met = Meeting::default();
            trial
                .file("other-run.kdl", text)
                .outcome()
                .units
                .iter()
                .for_each(|u| met.add(u));
            met.finish()
                .iter()
                .map(|f| f.code.number())
                .collect::<Vec<_>>()
        };
        assert_eq!(specs(base), ["PA0302"]);
        assert_eq!(
            specs(&base.replace("run \"hello\"", "run \"other\"")),
            [""; 0]
        );
        // Two specs that `use` the file of a run have it at one place: they too are two.
        assert_eq!(specs("version 1\nuse \"run.kdl\""), ["PA0302"]);
    }

    #[test]
    fn one_event_starts_one_spec() {
        let wish = "    workspace {";
        let trigger = |event: &str| format!("    trigger \"{event}\"\n{wish}");
        let base = include_str!("../../../golden/pages/base/run.kdl");
        let specs = |event: &str| {
            let other = base
                .replace("run \"hello\"", "run \"other\"")
                .replace(wish, &trigger(event));
            let trial = Trial::new()
                .edit("pure-agent.kdl", "specs \"run.kdl\"", "specs \"*run.kdl\"")
                .run(wish, &trigger("alert"));
            let mut met = Meeting::default();
            let out = trial.file("other-run.kdl", &other).outcome();
            out.units.iter().for_each(|u| met.add(u));
            let found = met.finish();
            found.iter().map(|f| f.message.clone()).collect::<Vec<_>>()
        };
        assert_eq!(specs("deploy"), [""; 0]);
        assert_eq!(specs("alert"), ["two specs are started by event `alert`"]);
    }

    #[test]
    fn reserved_names() {
        let trial = Trial::new().run("run \"hello\"", "run \"platform\"");
        assert_eq!(trial.found(), [("PA0214", "\"platform\"".to_owned())]);
    }

    /// Kubernetes and Argo bound what is made from the name of a run; the longest name still fits.
    #[test]
    fn the_longest_names_fit() {
        let suffixes = ["-contract-0123456789", "-launcher", "-gateway"];
        let longest = suffixes.map(str::len).into_iter().max().unwrap_or(0);
        assert!(NAME_MAX + longest <= 63);
        // Argo appends a dash and ten digits to the name of a scheduled Workflow.
        let workflow = NAME_MAX + 11;
        assert!(workflow <= 40);
        assert!(NAME_MAX + 1 + 63 + ".specs.pure-agent.dev".len() <= 253);
    }
}
