//! The bundle that the tests install. The only place that knows how one is made.

use super::images::Images;
use super::place::Facts;
use crate::sources::{folder, memory, repository};
use pure_agent::bundle::seal;
use pure_agent::emit::names::Role;
use pure_agent::emit::pods::probe::Probe;
use pure_agent::emit::{emit, required_secrets, testing};
use pure_agent::load::{Extra, Loader};
use pure_agent::plan::{Dns, Endpoint, Plan, PrivateRange, Quota, TargetPlan};
use serde_json::Value;
use std::collections::BTreeMap;

/// Name of the run spec.
pub const SPEC: &str = "pure-agent";

/// The group that may break the glass.
pub const BREAK_GLASS: &str = "pure-agent-test-on-call";

/// The group that looks after runs.
pub const OPERATORS: &str = "pure-agent-test-operators";

/// The files of a bundle for a namespace, the index last.
///
/// # Panics
/// When the plan does not compile.
#[must_use]
#[allow(clippy::expect_used, reason = "nothing can be tested without a bundle")]
pub fn bundle(namespace: &str, images: &Images, facts: &Facts) -> Vec<(String, String)> {
    let plan = plan(namespace, images, facts);
    let objects = emit(&plan).expect("the plan is emitted");
    let bundle = seal(objects, required_secrets(&plan), Vec::new()).expect("the bundle is sealed");
    bundle
        .files()
        .into_iter()
        .map(|(file, bytes)| (file, String::from_utf8_lossy(&bytes).into_owned()))
        .collect()
}

/// A probe of the agent's role, as an operator makes it.
///
/// # Panics
/// When it is no data.
#[must_use]
#[allow(clippy::expect_used, reason = "nothing can be changed without it")]
pub fn probe(namespace: &str, images: &Images, facts: &Facts) -> Value {
    let target = target(namespace, images, facts);
    let arguments = [
        "--listen",
        "8080",
        "--open",
        "tcp:[fd00::1]:8080",
        "--closed",
        "udp:resolver:53",
    ];
    let probe = Probe {
        target: &target,
        spec: SPEC,
        role: Role::Agent,
        run: "probe-1",
        suffix: "agent",
        arguments: arguments.map(str::to_owned).to_vec(),
    };
    let mut pod = serde_json::to_value(probe.pod()).expect("a pod is data");
    pod["apiVersion"] = "v1".into();
    pod["kind"] = "Pod".into();
    pod
}

/// The plan of `examples/pure-agent`, with stand-ins as images, and with what no example has: an image
/// server, a schedule, a trigger, and text that is easily misread.
fn plan(namespace: &str, images: &Images, facts: &Facts) -> Plan {
    let rich = testing::rich();
    let mut plan = example(SPEC);
    plan.servers.extend(
        rich.servers
            .into_iter()
            .filter(|server| server.pod.is_some()),
    );
    plan.schedule = rich.schedule;
    plan.triggers = rich.triggers;
    for input in &mut plan.inputs {
        input.default = Some("ABC-1".to_owned());
    }
    plan.target = target(namespace, images, facts);
    plan.workspace.size = 1 << 30;
    for agent in &mut plan.agents {
        agent.image.clone_from(&images.agent);
        agent.resources.cpu_millis = 100;
        // Text that YAML, Argo, two kubelets and CEL could each take for something else.
        agent.contract.env = BTreeMap::from([
            ("GREETING".to_owned(), "hello $(PATH) $$".to_owned()),
            (
                "NOTES".to_owned(),
                "it's \"x\" \\ ü $ \t on: 1\n".repeat(600),
            ),
        ]);
    }
    for server in plan
        .servers
        .iter_mut()
        .filter_map(|server| server.pod.as_mut())
    {
        server.image.clone_from(&images.server);
        server.resources.cpu_millis = 100;
    }
    if let Some(schedule) = &mut plan.schedule {
        "0 6 29 2 *".clone_into(&mut schedule.cron);
    }
    plan
}

/// The plan of an example, on its own target.
#[allow(clippy::expect_used, reason = "nothing can be tested without a plan")]
fn example(name: &str) -> Plan {
    let world = memory(&folder(&repository().join("examples").join(name)));
    let mut loader = Loader::open(&world, Extra::default());
    let unit = loader.unit(&format!("specs/{name}.kdl"));
    pure_agent::plan::build(&unit.expect("the example can be read"))
}

fn target(namespace: &str, images: &Images, facts: &Facts) -> TargetPlan {
    const GI: u64 = 1 << 30;
    let world = |cidr: &str| PrivateRange {
        cidr: cidr.to_owned(),
        port: 443,
    };
    TargetPlan {
        name: "test".to_owned(),
        namespace: namespace.to_owned(),
        runtime: images.runtime.clone(),
        storage_class: None,
        access_mode: "ReadWriteOnce".to_owned(),
        controller: facts.controller.clone(),
        executor: facts.executor.clone(),
        argo_minimum: "3.7.15".to_owned(),
        api_servers: facts
            .api_servers
            .iter()
            .map(|(cidr, port)| Endpoint {
                cidr: cidr.clone(),
                port: *port,
            })
            .collect(),
        dns: Dns {
            namespace: "kube-system".to_owned(),
            labels: BTreeMap::from([("k8s-app".to_owned(), "kube-dns".to_owned())]),
            ports: vec![53, 5353],
        },
        node_labels: BTreeMap::new(),
        tolerations: Vec::new(),
        runtime_class: None,
        pull_secrets: Vec::new(),
        trust_bundle: None,
        workloads: Vec::new(),
        submits: Vec::new(),
        private: vec![world("198.51.100.0/24"), world("2001:db8:1::/64")],
        break_glass: vec![BREAK_GLASS.to_owned()],
        operators: vec![OPERATORS.to_owned()],
        queues: BTreeMap::from([("one".to_owned(), 1)]),
        quota: Some(Quota {
            pods: 50,
            cpu_millis: 16_000,
            memory: 32 * GI,
            storage: 500 * GI,
        }),
        probes: Vec::new(),
    }
}
