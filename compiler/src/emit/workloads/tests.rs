use super::{Access, PolicyRule, accesses};
use crate::emit::testing::stepped;
use crate::plan::Flow;
use pure_agent_runtime::contract::{ClusterApi, Deployment, Range, ServerKind, Work};

fn deployments() -> Vec<Deployment> {
    let one = |name: &str, replicas| Deployment {
        name: name.to_owned(),
        replicas,
    };
    let range = Range { min: 1, max: 5 };
    vec![one("web", Some(range)), one("worker", None)]
}

fn of(tools: &[&str]) -> Access {
    let mut access = Access::default();
    tools
        .iter()
        .for_each(|tool| access.add(tool, &deployments()));
    access
}

/// `VERBS RESOURCES NAMES` of each rule.
fn told(rules: &[PolicyRule]) -> Vec<String> {
    let words = |list: &Option<Vec<String>>| list.clone().unwrap_or_default().join(",");
    let one = |r: &PolicyRule| {
        let text = format!(
            "{} {} {}",
            r.verbs.join(","),
            words(&r.resources),
            words(&r.resource_names)
        );
        text.trim_end().to_owned()
    };
    rules.iter().map(one).collect()
}

#[test]
fn each_tool_brings_its_own_verbs_and_no_others() {
    let logs = ["list pods", "get pods/log"];
    for (tool, expected) in [
        ("list_pods", &["list pods"][..]),
        ("describe_pod", &["get pods", "list events"]),
        ("get_pod_logs", &["get pods", "get pods/log"]),
        ("get_service_logs", &logs),
        ("search_logs", &logs),
        ("restart_deployment", &["patch deployments web,worker"]),
        ("scale_deployment", &["patch deployments/scale web"]),
    ] {
        assert_eq!(told(&of(&[tool]).rules()), expected, "{tool}");
    }
    let none: [&str; 0] = [];
    assert_eq!(told(&of(&[]).rules()), none);
    assert!(!of(&["list_pods", "search_logs"]).changes());
}

#[test]
fn two_servers_about_one_namespace_add_up() {
    let mut access = of(&["scale_deployment"]);
    let wider = Deployment {
        name: "web".to_owned(),
        replicas: Some(Range { min: 0, max: 3 }),
    };
    access.add("scale_deployment", &[wider]);
    assert_eq!(access.scaled["web"], (0, 5));
}

/// What a step calls needs the right as much as what an agent calls.
#[test]
fn the_calls_of_steps_bring_their_verbs() {
    let mut plan = stepped();
    let linear = plan
        .servers
        .iter_mut()
        .find(|s| s.contract.name == "linear");
    linear.unwrap().contract.kind = ServerKind::Kubernetes {
        api: ClusterApi {
            url: "https://api.example.com:443".to_owned(),
            token: "/run/api/token".to_owned(),
            authority: "/run/api/ca.crt".to_owned(),
        },
        namespace: "shop".to_owned(),
        deployments: deployments(),
        lines: 100,
    };
    let Flow::Graph { graph } = &mut plan.flow else {
        panic!("a graph")
    };
    for step in &mut graph.steps {
        if let Work::Call { tool, .. } = &mut step.work {
            "restart_deployment".clone_into(tool);
        }
    }
    plan.agents
        .iter_mut()
        .for_each(|a| a.contract.tools.clear());
    let access = &accesses(&plan)["shop"];
    assert_eq!(told(&access.rules()), ["patch deployments web,worker"]);
}
