//! `examples/pure-agent` as a cluster of the tests can run it: its own sources, but for the lines listed here.

use super::approve::Approver;
use super::place::Facts;
use super::programs::Programs;
use crate::emitted::files_of;
use crate::services::outside;
use crate::sources::{folder, repository};
use pure_agent::load::Extra;
use pure_agent_runtime::digest::sha256;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A line of the example that differs, and why.
#[derive(Debug, Clone)]
pub struct Change {
    /// File of the example.
    pub file: &'static str,
    /// What stands there once.
    pub from: String,
    /// What stands there instead.
    pub to: String,
    /// Why it cannot stay.
    pub why: &'static str,
}

/// The spec.
pub const SPEC: &str = "specs/pure-agent.kdl";
/// The policy.
pub const POLICY: &str = "policies/pure-agent.kdl";
/// The target, which is that of the project's tests.
pub const TARGET: &str = "target";
/// What the administrator of the tests' target calls its own ConfigMap.
pub const TRUST: &str = "test-authority";
/// The group that may reach a run's ports: people who approve.
pub const PEOPLE: &str = "platform-admins";

impl Change {
    /// # Panics
    /// When the text is not there once.
    fn applied(&self, text: &str) -> String {
        let Self {
            file,
            from,
            to,
            why,
        } = self;
        assert_eq!(text.matches(from).count(), 1, "{file}: {from} ({why})");
        text.replace(from, to)
    }
}

/// A change of one line.
pub fn change(file: &'static str, from: &str, to: impl Into<String>, why: &'static str) -> Change {
    Change {
        file,
        from: from.to_owned(),
        to: to.into(),
        why,
    }
}

/// Lines that are of another world in the example: images, and the key of a person.
#[must_use]
pub fn changes(programs: &Programs, approver: &Approver) -> Vec<Change> {
    let example = "AAAAC3NzaC1lZDI1NTE5AAAAIBCwVzP8iK3f5ChFgAgjTr0mYeLZobVxCjK/MScgPTf0";
    let key = approver.public.split(' ').nth(1).unwrap_or_default();
    let person = "nobody has the private half of the example's key";
    let coder = format!("ghcr.io/dlddu/claude-agent@sha256:{}", "1".repeat(64));
    vec![
        change(SPEC, &coder, &programs.agent, "the agent is a script"),
        change(POLICY, "ghcr.io/dlddu/*", "localhost/*", "so is its place"),
        change(SPEC, example, key, person),
        change(POLICY, example, key, person),
    ]
}

/// Lines for runs that share two CPUs, end soon and need no person but the gatekeeper.
#[must_use]
pub fn small(deadline: &str, cycle: &str) -> Vec<Change> {
    let many = "many runs share the machine";
    let soon = "what is waited for must come";
    vec![
        change(SPEC, "cpu \"1\"", "cpu \"100m\"", many),
        change(SPEC, "memory \"1600Mi\"", "memory \"160Mi\"", many),
        change(SPEC, "size \"10Gi\"", "size \"1Gi\"", many),
        change(
            SPEC,
            "deadline \"5h\"",
            format!("deadline \"{deadline}\""),
            soon,
        ),
        change(SPEC, "cycle \"30m\"", format!("cycle \"{cycle}\""), soon),
        change(SPEC, "backoff \"30s\"", "backoff \"1s\"", soon),
        change(SPEC, "reminders 3", "reminders 1", soon),
        change(
            SPEC,
            "approve by=\"lead\"",
            "approve by=\"human\"",
            "nobody watches them",
        ),
    ]
}

/// The facts of this cluster: the target of the project's own tests, with what is told by the cluster itself.
///
/// # Panics
/// When that target is not there.
#[must_use]
pub fn target(namespace: &str, programs: &Programs, facts: &Facts) -> String {
    let path = repository().join("policies/targets/test.kdl");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{e}"));
    let runtime = format!("localhost/pure-agent-runtime@sha256:{}", "2".repeat(64));
    let api = facts.servers();
    let known = text.lines().filter(|line| {
        let told = [
            "namespace \"pure-agent\"",
            "api-server",
            "controller",
            "executor",
            "runtime",
        ];
        !told.iter().any(|word| line.trim_start().starts_with(word)) || line.contains("kube-system")
    });
    let mut out = String::new();
    for line in known {
        let _written = writeln!(out, "{line}");
        if line.starts_with("target ") {
            let image = &programs.runtime;
            let _written = write!(
                out,
                "    namespace \"{namespace}\"\n    runtime \"{image}\"\n{api}"
            );
            let _written = write!(
                out,
                "    private \"198.51.100.0/24\" port=443\n    private \"2001:db8:1::/64\" port=443\n    \
                 trust-bundle \"{TRUST}\" key=\"ca.crt\"\n"
            );
        }
        if line.trim_start().starts_with("argo {") {
            let (controller, executor) = (&facts.controller, &facts.executor);
            let _written = write!(
                out,
                "        controller \"{controller}\"\n        executor \"{executor}\"\n"
            );
        }
    }
    assert!(text.contains(&runtime), "the target names another image");
    out
}

/// The files of the bundle of a spec of this name, the index last.
///
/// # Panics
/// When a change does not apply, or the sources do not compile.
#[must_use]
pub fn bundle(
    (namespace, name): (&str, &str),
    programs: &Programs,
    changes: &[Change],
) -> Vec<(String, String)> {
    let files = sources(name, changes);
    let mut target = target(namespace, programs, &Facts::of_cluster());
    for change in changes.iter().filter(|change| change.file == TARGET) {
        target = change.applied(&target);
    }
    let extra = Extra {
        target_file: Some(("test.kdl".to_owned(), target.into_bytes())),
        ..Extra::default()
    };
    files_of(&files, extra, &[]).remove(0)
}

/// The sources with their changes; `name` is that of the run.
fn sources(name: &str, changes: &[Change]) -> BTreeMap<String, Vec<u8>> {
    let mut files = folder(&repository().join("examples/pure-agent"));
    let named = change(
        SPEC,
        "run \"pure-agent\"",
        format!("run \"{name}\""),
        "two of one name",
    );
    let ours = changes.iter().filter(|change| change.file != TARGET);
    for change in ours.chain([&named]) {
        let text = files.get_mut(change.file).unwrap();
        *text = change.applied(&String::from_utf8_lossy(text)).into_bytes();
    }
    files
}

/// The values of the Secrets of a spec, as its services take them; its key is its own.
#[must_use]
pub fn value(secret: &str, key: &str) -> Option<String> {
    match key {
        "key" => Some(sha256(format!("key of {secret}"))),
        _ => outside::secret(secret, key),
    }
}
