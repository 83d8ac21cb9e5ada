//! Who may make what.

use crate::ready;
use pure_agent_tests::cluster::bundle::{BREAK_GLASS, OPERATORS, SPEC, probe};
use pure_agent_tests::cluster::images::Images;
use pure_agent_tests::cluster::kubectl::would_create;
use pure_agent_tests::cluster::launch::{Launch, UID, workflow};
use pure_agent_tests::cluster::mutate::{Mutation, launchers, pods, probes, push, workflows};
use pure_agent_tests::cluster::place::{Facts, Place};
use serde_json::{Value, json};

/// Sends changed objects and gives back what was not refused by the right rule.
fn survivors(table: &[Mutation], by: &str, base: impl Fn(&str) -> Value + Sync) -> Vec<String> {
    let attempt = |mutation: &Mutation| {
        let mut object = base(mutation.base);
        let before = object.clone();
        (mutation.change)(&mut object);
        assert_ne!(object, before, "{} changes nothing", mutation.name);
        let answer = would_create(by, &object);
        (answer.ok || !mutation.refused(&answer.err)).then(|| {
            format!(
                "{} ({}), expected {:?}: {answer}",
                mutation.name, mutation.base, mutation.rules
            )
        })
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = table
            .chunks(table.len().div_ceil(4))
            .map(|chunk| scope.spawn(|| chunk.iter().filter_map(attempt).collect::<Vec<_>>()))
            .collect();
        let joined = workers.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.flat_map(Result::unwrap).collect()
    })
}

/// Operators make probes of the one shape, nobody else makes any, and nobody makes others.
fn of_operators(place: &Place, images: &Images, facts: &Facts) -> Vec<String> {
    place.grant("ops");
    let probe = probe(&place.namespace, images, facts);
    let (operator, glass) = (
        format!("ops --as-group={OPERATORS}"),
        format!("ops --as-group={BREAK_GLASS}"),
    );
    for by in [&operator, &glass] {
        for role in [
            "launcher", "gateway", "agent", "router", "pack", "export", "server",
        ] {
            let mut probe = probe.clone();
            probe["metadata"]["labels"]["pure-agent.dev/role"] = json!(role);
            probe["spec"]["serviceAccountName"] = json!(format!("{SPEC}-{role}"));
            let answer = would_create(by, &probe);
            assert!(answer.ok, "a probe as {role} by {by}: {answer}");
        }
    }
    for by in [
        "ops",
        "mallory",
        &place.launcher(),
        &facts.controller,
        "ops --as-group=others",
    ] {
        let answer = would_create(by, &probe);
        assert!(
            answer.err.contains("denied request: pure-agent: "),
            "a probe by {by}: {answer}"
        );
    }
    survivors(probes::PROBES, &operator, |_| probe.clone())
}

#[test]
fn admission_accepts_the_emitted_pods_and_nothing_else() {
    let Some(images) = ready() else { return };
    let place = Place::new("pure-agent-test-admission", images);
    place.without_pod_security();
    place.grant("mallory");
    let facts = Facts::of_cluster();
    let launch = Launch::of(&place, "probe-run");
    let launcher = place.launcher();

    for template in launch.templates() {
        let answer = would_create(&launcher, launch.pod(template));
        assert!(answer.ok, "{template} by its launcher: {answer}");
        for other in [
            "mallory",
            &facts.controller,
            &launcher.replace("-launcher", "-agent"),
        ] {
            let answer = would_create(other, launch.pod(template));
            let ours = answer.err.contains("denied request: pure-agent: maker: ");
            let rbac = other.ends_with("-agent") && answer.err.contains("cannot create resource");
            assert!(
                !answer.ok && (ours || rbac),
                "{template} by {other}: {answer}"
            );
        }
    }
    let mut left = Vec::new();
    for table in [pods::CONTAINERS, pods::PODS, pods::IDENTITIES] {
        left.extend(survivors(table, &launcher, |template| {
            launch.pod(template).clone()
        }));
    }
    let by_argo = launchers::launcher(&place, &facts);
    let answer = would_create(&facts.controller, &by_argo);
    assert!(answer.ok, "a launcher by the controller: {answer}");
    let answer = would_create("mallory", &by_argo);
    assert!(
        answer.err.contains("denied request: pure-agent: maker: "),
        "a launcher by a user: {answer}"
    );
    left.extend(survivors(launchers::LAUNCHERS, &facts.controller, |_| {
        by_argo.clone()
    }));
    let good = workflow(&place, "good", "eyJpc3N1ZSI6IkEtMSJ9");
    let answer = would_create("mallory", &good);
    assert!(answer.ok, "a good Workflow: {answer}");
    left.extend(survivors(workflows::NEW, "mallory", |_| good.clone()));
    let mut again = good.clone();
    push(
        &mut again,
        "spec/arguments/parameters",
        json!({"name": "retry-of", "value": UID}),
    );
    let answer = would_create("mallory", &again);
    assert!(answer.ok, "a Workflow that tries a run again: {answer}");
    left.extend(of_operators(&place, images, &facts));
    assert!(
        left.is_empty(),
        "{} changes got through:\n{}",
        left.len(),
        left.join("\n")
    );
}
