//! Plans made by hand, for tests of whatever looks at plans or objects.

use crate::plan::{
    AgentPlan, Dns, Effect, Endpoint, Flow, Handed, HandedForm, Keep, Overlap, PLAN_SCHEMA, Plan,
    PrivateRange, Quota, Resources, SchedulePlan, SecretPlan, SecretUse, ServerPlan, ServerPod,
    TargetPlan, Toleration, TriggerPlan, TrustBundle, Upstream, WorkspacePlan, WorstCase,
};
use pure_agent_runtime::contract as c;
use std::collections::BTreeMap;

const MI: u64 = 1 << 20;
const GI: u64 = 1 << 30;

fn image(name: &str, digit: char) -> String {
    let digest: String = std::iter::repeat_n(digit, 64).collect();
    format!("registry.example.com/{name}@sha256:{digest}")
}

fn text(plain: &str) -> String {
    plain.to_owned()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| (text(key), text(value)))
        .collect()
}

/// The least that a run can be: one agent, one model without a key, no export.
#[must_use]
pub fn minimal() -> Plan {
    Plan {
        schema: PLAN_SCHEMA,
        name: text("tiny"),
        about: None,
        owner: None,
        enabled: true,
        labels: BTreeMap::new(),
        policies: vec![text("baseline")],
        target: target(),
        inputs: vec![input("prompt", None)],
        secrets: Vec::new(),
        models: vec![model(c::Provider::Ollama, "local", None)],
        servers: Vec::new(),
        approvals: Vec::new(),
        agents: vec![agent("worker")],
        flow: Flow::Single {
            agent: text("worker"),
        },
        limits: limits(),
        finish: c::Finish {
            submission: false,
            reminders: 0,
        },
        workspace: WorkspacePlan {
            size: GI,
            keep: Keep::Never,
            keep_for: 0,
        },
        exports: Vec::new(),
        record: c::Record {
            transcripts: None,
            usage: false,
            session: None,
        },
        retry: c::Retry::default(),
        schedule: None,
        triggers: Vec::new(),
        queue: None,
        upstreams: vec![upstream(
            "ollama.internal.example.com",
            11434,
            "model local",
        )],
        effects: Vec::new(),
        worst: worst(),
        acknowledged: Vec::new(),
    }
}

/// A run whose agent a model chooses, of two with everything and one with little.
#[must_use]
pub fn routed() -> Plan {
    let mut plan = rich();
    let coder = coder();
    let mut infra = coder.clone();
    infra.contract.name = text("infra");
    infra.image = image("infra-agent", '5');
    infra.user = 10_011;
    plan.agents = vec![coder, infra, agent("worker")];
    let choice = |agent: &str, when: &[&str]| c::Choice {
        agent: text(agent),
        when: when.iter().map(|when| text(when)).collect(),
    };
    plan.flow = Flow::Route {
        by: c::RouteBy::Model {
            name: text("opus"),
            turns: 2,
            tokens: 50_000,
            deadline: 60,
        },
        fallback: text("worker"),
        choices: vec![
            choice("coder", &["the task is about {{code}} $(HOME)"]),
            choice("infra", &["the task is about clusters", "an alarm rings"]),
            choice("worker", &[]),
        ],
    };
    plan
}

/// A run of steps of every kind, with two agents.
#[must_use]
pub fn stepped() -> Plan {
    let mut plan = rich();
    plan.agents = vec![coder(), agent("worker")];
    plan.limits.depth = 12;
    let goal = |name: &str| match name {
        "end" => c::Goal::End,
        "fail" => c::Goal::Fail,
        step => c::Goal::Step(text(step)),
    };
    let step = |name: &str, work: c::Work, on: &[(&str, &str)]| c::GraphStep {
        name: text(name),
        work,
        on: on
            .iter()
            .map(|(outcome, to)| {
                (
                    text(outcome),
                    c::Edge {
                        to: goal(to),
                        most: None,
                    },
                )
            })
            .collect(),
    };
    let agent = |agent: &str| c::Work::Agent {
        agent: text(agent),
        answers: vec![input("title", None)],
    };
    let call = c::Work::Call {
        server: text("linear"),
        tool: text("request_feature"),
        effect: true,
        arguments: BTreeMap::from([
            (
                text("title"),
                c::Given::Answer {
                    step: text("write"),
                    field: text("title"),
                },
            ),
            (text("reason"), c::Given::Value(text("{{care}} $(HOME)"))),
        ]),
        after: 30,
    };
    let ask = c::Work::Approval {
        approval: text("human"),
        of: text("request"),
    };
    let mut again = step("request", call, &[("failed", "write"), ("ok", "told")]);
    if let Some(edge) = again.on.get_mut("failed") {
        edge.most = Some(c::Most {
            times: 2,
            then: c::Goal::Fail,
        });
    }
    let steps = vec![
        step(
            "write",
            agent("coder"),
            &[("failed", "fail"), ("ok", "review")],
        ),
        step(
            "review",
            agent("worker"),
            &[("bad", "fail"), ("failed", "fail"), ("good", "ask")],
        ),
        step(
            "ask",
            ask,
            &[
                ("approved", "request"),
                ("expired", "fail"),
                ("rejected", "end"),
            ],
        ),
        again,
        step(
            "told",
            c::Work::Export {
                export: text("comment"),
            },
            &[("ok", "end")],
        ),
    ];
    plan.flow = Flow::Graph {
        graph: c::Graph { steps },
    };
    plan
}

/// The run that uses everything, which submits another one beside.
#[must_use]
pub fn submitting() -> Plan {
    let mut plan = rich();
    plan.target.submits = vec![text("daily"), text("weekly")];
    let inputs = vec![input("city", None)];
    plan.exports.push(c::Export {
        name: text("submit"),
        when: c::ExportWhen::Offer,
        action: c::ExportAction::Submit {
            api: c::ClusterApi {
                url: format!("https://{}:443", c::API_HOST),
                token: format!("{}/token", c::API_DIR),
                authority: format!("{}/ca.crt", c::API_DIR),
            },
            run: text("daily"),
            inputs,
            chosen: vec![text("city")],
            bind: BTreeMap::new(),
        },
        auth: None,
        times: 1,
        approval: None,
    });
    plan
}

/// A run that uses everything at once.
#[must_use]
pub fn rich() -> Plan {
    Plan {
        name: text("pure-agent"),
        about: Some(text("Works on issues")),
        owner: Some(text("team-platform")),
        labels: map(&[("example.com/cost-centre", "4711")]),
        target: rich_target(),
        inputs: vec![
            input("issue", Some("DLD-1")),
            input("prompt", Some("{{workflow.uid}} $(HOME)")),
        ],
        secrets: secrets(),
        models: vec![model(c::Provider::Anthropic, "opus", Some("claude"))],
        servers: servers(),
        approvals: vec![c::Approval {
            name: text("human"),
            via: c::ApprovalVia::Gatekeeper {
                url: text("https://gatekeeper.example.com"),
                auth: text("gatekeeper"),
            },
            timeout: 600,
        }],
        agents: vec![coder()],
        flow: Flow::Single {
            agent: text("coder"),
        },
        limits: c::RunLimits {
            depth: 10,
            deadline: 7200,
            cycle: 1800,
            export: 1800,
            turns: 200,
            tokens: 4_000_000,
            cost: Some(c::Money {
                micros: 25_000_000,
                currency: text("USD"),
            }),
            ..limits()
        },
        finish: c::Finish {
            submission: true,
            reminders: 3,
        },
        workspace: WorkspacePlan {
            size: 10 * GI,
            keep: Keep::OnFailure,
            keep_for: 259_200,
        },
        exports: exports(),
        record: c::Record {
            transcripts: Some(c::Transcripts {
                to: text("s3://logs/transcripts"),
                region: text("ap-northeast-2"),
                auth: text("s3"),
            }),
            usage: true,
            session: None,
        },
        retry: c::Retry {
            infrastructure: 2,
            backoff: 30,
        },
        triggers: vec![TriggerPlan {
            event: text("alert"),
            inputs: vec![
                handed("issue", "/commonLabels/issue", HandedForm::Text),
                handed("prompt", "/alerts/0", HandedForm::Json),
            ],
        }],
        queue: Some(text("chat")),
        schedule: Some(SchedulePlan {
            cron: text("0 6 * * 1-5"),
            timezone: text("Asia/Seoul"),
            overlap: Overlap::Forbid,
            catch_up: 300,
            per_day: 1,
        }),
        upstreams: vec![
            upstream("api.anthropic.com", 443, "model opus"),
            upstream("api.linear.app", 443, "mcp linear"),
            upstream("gatekeeper.example.com", 8443, "approval human"),
        ],
        effects: vec![Effect {
            act: text("export pull-request"),
            place: text("github dlddu/*"),
            times: Some(1),
            approval: None,
        }],
        ..minimal()
    }
}

fn handed(input: &str, place: &str, form: HandedForm) -> Handed {
    Handed {
        input: text(input),
        place: text(place),
        form,
    }
}

fn secrets() -> Vec<SecretPlan> {
    let secret = |name: &str, object: &str, key: &str, used_for| SecretPlan {
        name: text(name),
        object: text(object),
        key: text(key),
        used_for,
        to: Vec::new(),
    };
    vec![
        secret(
            "claude",
            "agent-secrets",
            "ANTHROPIC_API_KEY",
            SecretUse::Model,
        ),
        secret("gatekeeper", "gatekeeper", "token", SecretUse::Approval),
        secret(
            "github",
            "export-handler-secrets",
            "GITHUB_TOKEN",
            SecretUse::Export,
        ),
        secret("linear", "agent-secrets", "LINEAR_API_KEY", SecretUse::Mcp),
        secret(
            "linear-out",
            "export-handler-secrets",
            "LINEAR_API_KEY",
            SecretUse::Export,
        ),
        secret("s3", "log-store", "credentials", SecretUse::Record),
    ]
}

fn servers() -> Vec<ServerPlan> {
    let server = |name: &str, kind, auth: Option<&str>| c::Server {
        name: text(name),
        kind,
        auth: auth.map(text),
        size: 102_400,
        deadline: 30,
    };
    let linear = c::ServerKind::Linear { team: text("DLD") };
    let search = c::ServerKind::Image {
        port: 8000,
        host: text("search.server.pure-agent"),
    };
    vec![
        ServerPlan {
            contract: server("linear", linear, Some("linear")),
            pod: None,
        },
        ServerPlan {
            contract: server("search", search, None),
            pod: Some(ServerPod {
                image: image("search", '4'),
                command: vec![text("/search"), text("--index=$(INDEX)"), text("on")],
                port: 8000,
                resources: Resources {
                    cpu_millis: 200,
                    memory: 128 * MI,
                    storage: 256 * MI,
                },
            }),
        },
    ]
}

fn exports() -> Vec<c::Export> {
    vec![
        c::Export {
            name: text("comment"),
            when: c::ExportWhen::Always,
            action: c::ExportAction::Comment {
                on: text("linear"),
                to: c::Bound::Input(text("issue")),
            },
            auth: Some(text("linear-out")),
            times: 1,
            approval: None,
        },
        c::Export {
            name: text("pull-request"),
            when: c::ExportWhen::Offer,
            action: c::ExportAction::PullRequest {
                on: text("github"),
                repo: text("dlddu/*"),
                base: text("main"),
                branch: text("agent/**"),
                exclude: Vec::new(),
                protect: vec![text(".github/**")],
                files: 100,
                size: 5 * MI,
            },
            auth: Some(text("github")),
            times: 1,
            approval: None,
        },
    ]
}

fn agent(name: &str) -> AgentPlan {
    AgentPlan {
        contract: c::Agent {
            name: text(name),
            about: None,
            system: None,
            harness: c::Harness::Generic,
            command: vec![text("/work"), text("--once")],
            models: vec![text("local")],
            tools: Vec::new(),
            skills: Vec::new(),
            tunnels: Vec::new(),
            http: Vec::new(),
            limits: c::AgentLimits::default(),
            env: BTreeMap::new(),
        },
        image: image("worker", '1'),
        user: 20_001,
        resources: Resources {
            cpu_millis: 500,
            memory: 256 * MI,
            storage: 512 * MI,
        },
    }
}

fn coder() -> AgentPlan {
    let base = agent("coder");
    AgentPlan {
        contract: c::Agent {
            about: Some(text("General coding")),
            system: Some(text("Answer with {{care}}.\n")),
            harness: c::Harness::ClaudeCode,
            command: Vec::new(),
            models: vec![text("opus")],
            tools: vec![c::ToolGrant {
                server: text("linear"),
                tool: text("get_issue"),
                effect: false,
                times: None,
                approval: None,
                bind: BTreeMap::from([(text("issue_id"), c::Bound::Input(text("issue")))]),
            }],
            tunnels: vec![c::Tunnel {
                host: text("packages.example.com"),
                port: 443,
            }],
            http: vec![c::HttpRoute {
                host: text("api.github.com"),
                allow: vec![c::HttpRule {
                    method: text("GET"),
                    path: text("/repos/dlddu/**"),
                }],
                auth: None,
            }],
            // Words that YAML 1.1 takes for something else, and text that the kubelet would expand.
            env: map(&[
                ("LANG", "C.UTF-8"),
                ("N", "no"),
                ("PRICE", "$5 $(HOME) $$x"),
                ("Y", "1_000"),
            ]),
            ..base.contract
        },
        image: image("claude-agent", '2'),
        resources: Resources {
            cpu_millis: 1000,
            memory: 1600 * MI,
            storage: 4 * GI,
        },
        ..base
    }
}

fn model(provider: c::Provider, name: &str, auth: Option<&str>) -> c::Model {
    c::Model {
        name: text(name),
        provider,
        id: text("model-1"),
        url: text("https://models.example.com"),
        auth: auth.map(text),
        price: None,
        max_tokens: Some(8192),
        temperature: None,
    }
}

fn input(name: &str, default: Option<&str>) -> c::Input {
    c::Input {
        name: text(name),
        required: true,
        size: 65_536,
        pattern: None,
        one_of: Vec::new(),
        default: default.map(text),
    }
}

fn upstream(host: &str, port: u16, why: &str) -> Upstream {
    Upstream {
        host: text(host),
        port,
        why: text(why),
    }
}

fn limits() -> c::RunLimits {
    c::RunLimits {
        depth: 1,
        deadline: 600,
        cycle: 300,
        export: 300,
        turns: 10,
        tokens: 100_000,
        cost: None,
        traffic: GI,
        concurrency: 8,
    }
}

fn worst() -> WorstCase {
    WorstCase {
        pods: 10,
        pods_at_once: 4,
        wall_time: 3600,
        tokens: 100_000,
        cost: None,
        runs_per_day: None,
        tokens_per_day: None,
        cost_per_day: None,
    }
}

fn target() -> TargetPlan {
    TargetPlan {
        name: text("test"),
        namespace: text("pure-agent"),
        runtime: image("runtime", '3'),
        storage_class: None,
        access_mode: text("ReadWriteOnce"),
        controller: text("system:serviceaccount:argo:argo"),
        executor: image("argoexec", '5'),
        argo_minimum: text("3.7.15"),
        api_servers: vec![Endpoint {
            cidr: text("172.30.0.1/32"),
            port: 6443,
        }],
        dns: Dns {
            namespace: text("kube-system"),
            labels: map(&[("k8s-app", "kube-dns")]),
            ports: vec![53, 5353],
        },
        node_labels: BTreeMap::new(),
        tolerations: Vec::new(),
        runtime_class: None,
        pull_secrets: Vec::new(),
        trust_bundle: None,
        workloads: Vec::new(),
        submits: Vec::new(),
        private: Vec::new(),
        break_glass: Vec::new(),
        operators: Vec::new(),
        queues: BTreeMap::new(),
        quota: None,
        probes: Vec::new(),
    }
}

fn rich_target() -> TargetPlan {
    TargetPlan {
        storage_class: Some(text("gp3")),
        access_mode: text("ReadWriteOncePod"),
        api_servers: vec![
            Endpoint {
                cidr: text("10.0.12.34/32"),
                port: 443,
            },
            Endpoint {
                cidr: text("fd00::34/128"),
                port: 443,
            },
        ],
        node_labels: map(&[
            ("node.kubernetes.io/lifecycle", "on-demand"),
            ("zone", "off"),
        ]),
        tolerations: vec![
            Toleration {
                key: text("dedicated"),
                value: Some(text("agents")),
                effect: text("NoSchedule"),
            },
            Toleration {
                key: text("spot"),
                value: None,
                effect: text("NoExecute"),
            },
        ],
        runtime_class: Some(text("gvisor")),
        pull_secrets: vec![text("registry")],
        trust_bundle: Some(TrustBundle {
            config_map: text("corporate-ca"),
            key: text("ca.crt"),
        }),
        private: vec![PrivateRange {
            cidr: text("10.9.0.0/16"),
            port: 8443,
        }],
        break_glass: vec![text("platform-admins")],
        operators: vec![text("agent-operators")],
        queues: BTreeMap::from([(text("chat"), 4), (text("night"), 1)]),
        quota: Some(Quota {
            pods: 50,
            cpu_millis: 16_000,
            memory: 32 * GI,
            storage: 500 * GI,
        }),
        probes: vec![text("169.254.169.254:80")],
        ..target()
    }
}
