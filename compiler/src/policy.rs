//! A policy as its owner wrote it: upper bounds, every value with its place.

use crate::decode::{child, int, list, prop, prop_int, text, texts, typed};
use crate::shape::Item;
use crate::span::{Span, Spanned};
use crate::spec::{Approver, HttpRoute, Tunnel, approvers, routes, tunnels};
use crate::values::cpu::Cpu;
use crate::values::duration::Duration;
use crate::values::host::HostPattern;
use crate::values::money::Money;
use crate::values::pattern::{Kind as PatternKind, Pattern};
use crate::values::size::Size;

type S<T> = Spanned<T>;

/// What one policy file declares.
#[derive(Debug, Clone, Default)]
pub struct PolicyFile {
    /// `use`
    pub uses: Vec<S<String>>,
    /// `policy`
    pub policies: Vec<Policy>,
}

/// `policy`
#[derive(Debug, Clone)]
pub struct Policy {
    /// The node.
    pub span: Span,
    /// Name.
    pub name: S<String>,
    /// Image repositories.
    pub images: Vec<S<Pattern>>,
    /// Models.
    pub models: Vec<ModelRule>,
    /// Hosts that the gateway may dial on its own account.
    pub upstreams: Vec<UpstreamRule>,
    /// Secrets.
    pub secrets: Vec<SecretRule>,
    /// Hosts that agents may tunnel to.
    pub tunnels: Vec<Tunnel>,
    /// Hosts that agents may ask.
    pub http: Vec<HttpRoute>,
    /// Tools that may be called.
    pub tools: Vec<ToolRule>,
    /// Tools that need approval.
    pub approve: Vec<ToolRule>,
    /// Requests that tools may make.
    pub services: Vec<ServiceRule>,
    /// Places in S3 that tools may read.
    pub buckets: Vec<BucketRule>,
    /// Deployments that tools may look after.
    pub deployments: Vec<DeploymentRule>,
    /// Repositories that may be cloned.
    pub repos: Vec<S<Pattern>>,
    /// Who may sign.
    pub approvers: Vec<Approver>,
    /// Environment variables.
    pub env: Vec<S<String>>,
    /// Owners.
    pub owners: Vec<S<Pattern>>,
    /// `limits`
    pub limits: Option<Limits>,
    /// `worst-case`
    pub worst: Option<Worst>,
    /// Exports.
    pub exports: Vec<ExportRule>,
    /// Least time between two starts.
    pub schedule: Option<S<Duration>>,
    /// Events that may start runs.
    pub triggers: Vec<S<String>>,
    /// Longest time that volumes stay.
    pub keep: Option<S<Duration>>,
    /// `assert "no-path"`
    pub asserts: Vec<Assert>,
    /// `waive`
    pub waivers: Vec<Waiver>,
}

/// `model`
#[derive(Debug, Clone)]
pub struct ModelRule {
    /// The node.
    pub span: Span,
    /// Provider.
    pub provider: S<String>,
    /// Pattern of ids.
    pub id: S<Pattern>,
}

/// `upstream`
#[derive(Debug, Clone)]
pub struct UpstreamRule {
    /// The node.
    pub span: Span,
    /// Host.
    pub host: S<HostPattern>,
    /// Port.
    pub port: u16,
}

/// `secret`
#[derive(Debug, Clone)]
pub struct SecretRule {
    /// The node.
    pub span: Span,
    /// Kubernetes Secret, exact.
    pub object: S<String>,
    /// Pattern of keys.
    pub key: S<Pattern>,
    /// `model`, `mcp`, `approval`, `export`, `record` or `http`.
    pub used_for: S<String>,
    /// Host that it may be sent to.
    pub to: S<HostPattern>,
}

/// `tool` or `approve`
#[derive(Debug, Clone)]
pub struct ToolRule {
    /// The node.
    pub span: Span,
    /// Kind of a builtin, or pattern of image repositories.
    pub server: S<Pattern>,
    /// Pattern of tool names.
    pub tool: S<Pattern>,
    /// Most calls.
    pub times: Option<S<u64>>,
}

/// `service`
#[derive(Debug, Clone)]
pub struct ServiceRule {
    /// The node.
    pub span: Span,
    /// Host.
    pub host: S<HostPattern>,
    /// TCP port.
    pub port: u16,
    /// What may be asked freely.
    pub allow: Vec<RequestRule>,
    /// What may be asked when a person approves.
    pub approve: Vec<RequestRule>,
}

/// `allow` or `approve` of a service
#[derive(Debug, Clone)]
pub struct RequestRule {
    /// The node.
    pub span: Span,
    /// Method.
    pub method: S<String>,
    /// Paths.
    pub path: S<Pattern>,
    /// Most calls.
    pub times: Option<S<u64>>,
}

/// `bucket`
#[derive(Debug, Clone)]
pub struct BucketRule {
    /// The node.
    pub span: Span,
    /// `s3://bucket/prefix`.
    pub place: S<String>,
    /// Most months of one call.
    pub months: S<u64>,
}

/// `deployment`
#[derive(Debug, Clone)]
pub struct DeploymentRule {
    /// The node.
    pub span: Span,
    /// Namespace.
    pub namespace: S<String>,
    /// Names.
    pub name: S<Pattern>,
    /// Fewest replicas.
    pub min: Option<S<u64>>,
    /// Most replicas.
    pub max: Option<S<u64>>,
}

impl DeploymentRule {
    /// The replicas that are permitted; none where nothing may be scaled.
    #[must_use]
    pub fn replicas(&self) -> Option<(u64, u64)> {
        Some((self.min.as_ref()?.value, self.max.as_ref()?.value))
    }
}

/// `limits`
#[derive(Debug, Clone)]
pub struct Limits {
    /// The node.
    pub span: Span,
    /// Cycles.
    pub depth: Option<S<u64>>,
    /// Time in which agents act.
    pub deadline: Option<S<Duration>>,
    /// Time of one cycle.
    pub cycle: Option<S<Duration>>,
    /// Time of pack and export together.
    pub export: Option<S<Duration>>,
    /// Model calls.
    pub turns: Option<S<u64>>,
    /// Tokens.
    pub tokens: Option<S<u64>>,
    /// Money.
    pub cost: Option<S<Money>>,
    /// Bytes of egress.
    pub traffic: Option<S<Size>>,
    /// Requests at once.
    pub concurrency: Option<S<u64>>,
    /// CPUs of one container.
    pub cpu: Option<S<Cpu>>,
    /// Memory of one container.
    pub memory: Option<S<Size>>,
    /// Ephemeral storage of one container.
    pub storage: Option<S<Size>>,
    /// Workspace.
    pub workspace: Option<S<Size>>,
    /// Repeats.
    pub retry: Option<S<u64>>,
    /// Reminders.
    pub reminders: Option<S<u64>>,
    /// Bytes of content of one export.
    pub archive: Option<S<Size>>,
    /// Whether something in it was refused: what seems to be missing may be what was meant.
    pub spoilt: bool,
}

/// `worst-case`
#[derive(Debug, Clone)]
pub struct Worst {
    /// Pods.
    pub pods: Option<S<u64>>,
    /// Time.
    pub wall_time: Option<S<Duration>>,
    /// Tokens.
    pub tokens: Option<S<u64>>,
    /// Money.
    pub cost: Option<S<Money>>,
    /// Starts in a day.
    pub runs_per_day: Option<S<u64>>,
}

/// `export`
#[derive(Debug, Clone)]
pub struct ExportRule {
    /// The node.
    pub span: Span,
    /// Kind.
    pub kind: S<String>,
    /// Service; none: the kind needs none.
    pub on: Option<S<String>>,
    /// Repositories.
    pub repos: Vec<S<Pattern>>,
    /// Base branches.
    pub bases: Vec<S<Pattern>>,
    /// Branches.
    pub branches: Vec<S<Pattern>>,
    /// Files that must be protected.
    pub protect: Vec<S<Pattern>>,
    /// Buckets and prefixes.
    pub buckets: Vec<S<String>>,
    /// Hosts that people may be notified by.
    pub hosts: Vec<S<HostPattern>>,
    /// Whether they may be told what an agent says: the node.
    pub summary: Option<Span>,
    /// Runs that may be submitted.
    pub runs: Vec<S<Pattern>>,
    /// Most times.
    pub times: Option<S<u64>>,
    /// Whether approval is needed.
    pub approve: Option<Span>,
}

/// `assert "no-path"`
#[derive(Debug, Clone)]
pub struct Assert {
    /// The node.
    pub span: Span,
    /// `any`, `input`, `issue`, `repository`, `web` or `server`.
    pub from: String,
    /// `any`, `tunnel`, `http`, `tool` or `export`.
    pub to: String,
}

/// `waive`
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The node.
    pub span: Span,
    /// Code.
    pub code: S<String>,
    /// Only in this run.
    pub run: Option<S<String>>,
    /// Why.
    pub reason: S<String>,
    /// Last day.
    pub until: S<String>,
}

impl PolicyFile {
    /// Decodes the top level of a policy file.
    #[must_use]
    pub fn decode(items: &[Item]) -> Self {
        let mut file = Self::default();
        for item in items {
            match item.def.name {
                "use" => file.uses.extend(item.text(0)),
                "policy" => file.policies.extend(policy(item)),
                _ => {}
            }
        }
        file
    }
}

fn policy(item: &Item) -> Option<Policy> {
    let egress = item.child("egress");
    Some(Policy {
        span: item.span,
        name: item.text(0)?,
        images: list(item, "image", |t| Pattern::parse(PatternKind::Image, t)),
        models: item.children("model").filter_map(model).collect(),
        upstreams: item.children("upstream").filter_map(upstream).collect(),
        secrets: item.children("secret").filter_map(secret).collect(),
        tunnels: egress.map(tunnels).unwrap_or_default(),
        http: egress.map(routes).unwrap_or_default(),
        tools: item.children("tool").filter_map(tool).collect(),
        approve: item.children("approve").filter_map(tool).collect(),
        services: item.children("service").filter_map(service).collect(),
        buckets: item.children("bucket").filter_map(bucket).collect(),
        deployments: item.children("deployment").filter_map(deployment).collect(),
        repos: list(item, "repo", |t| Pattern::parse(PatternKind::HostedRepo, t)),
        approvers: approvers(item),
        env: texts(item, "env"),
        owners: list(item, "owner", |t| Pattern::parse(PatternKind::Name, t)),
        limits: item.child("limits").map(limits),
        worst: item.child("worst-case").map(worst),
        exports: item.children("export").filter_map(export).collect(),
        schedule: item
            .child("schedule")
            .and_then(|s| prop(s, "every", Duration::parse)),
        triggers: texts(item, "trigger"),
        keep: item
            .child("keep")
            .and_then(|k| prop(k, "for", Duration::parse)),
        asserts: item.children("assert").map(assert).collect(),
        waivers: item.children("waive").filter_map(waiver).collect(),
    })
}

fn name_pattern(text: &str) -> crate::values::Parsed<Pattern> {
    Pattern::parse(PatternKind::Name, text)
}

fn model(item: &Item) -> Option<ModelRule> {
    Some(ModelRule {
        span: item.span,
        provider: item.text(0)?,
        id: prop(item, "id", name_pattern)?,
    })
}

fn upstream(item: &Item) -> Option<UpstreamRule> {
    let port = prop_int(item, "port").map_or(443, |p| p.value);
    Some(UpstreamRule {
        span: item.span,
        host: typed(item.text(0), HostPattern::parse)?,
        port: u16::try_from(port).ok()?,
    })
}

fn secret(item: &Item) -> Option<SecretRule> {
    Some(SecretRule {
        span: item.span,
        object: item.text(0)?,
        key: prop(item, "key", name_pattern)?,
        used_for: item.prop("for")?,
        to: prop(item, "to", HostPattern::parse)?,
    })
}

fn tool(item: &Item) -> Option<ToolRule> {
    Some(ToolRule {
        span: item.span,
        server: typed(item.text(0), |t| Pattern::parse(PatternKind::Image, t))?,
        tool: typed(item.text(1), name_pattern)?,
        times: prop_int(item, "times"),
    })
}

fn service(item: &Item) -> Option<ServiceRule> {
    let UpstreamRule { span, host, port } = upstream(item)?;
    Some(ServiceRule {
        span,
        host,
        port,
        allow: item.children("allow").filter_map(request).collect(),
        approve: item.children("approve").filter_map(request).collect(),
    })
}

fn request(item: &Item) -> Option<RequestRule> {
    Some(RequestRule {
        span: item.span,
        method: item.text(0)?,
        path: typed(item.text(1), |t| Pattern::parse(PatternKind::Path, t))?,
        times: prop_int(item, "times"),
    })
}

fn bucket(item: &Item) -> Option<BucketRule> {
    Some(BucketRule {
        span: item.span,
        place: item.text(0)?,
        months: prop_int(item, "months")?,
    })
}

fn deployment(item: &Item) -> Option<DeploymentRule> {
    Some(DeploymentRule {
        span: item.span,
        namespace: item.text(0)?,
        name: typed(item.text(1), name_pattern)?,
        min: prop_int(item, "min"),
        max: prop_int(item, "max"),
    })
}

fn limits(item: &Item) -> Limits {
    Limits {
        span: item.span,
        depth: int(item, "depth"),
        deadline: child(item, "deadline", Duration::parse),
        cycle: child(item, "cycle", Duration::parse),
        export: child(item, "export", Duration::parse),
        turns: int(item, "turns"),
        tokens: int(item, "tokens"),
        cost: child(item, "cost", Money::parse),
        traffic: child(item, "traffic", Size::parse),
        concurrency: int(item, "concurrency"),
        cpu: child(item, "cpu", Cpu::parse),
        memory: child(item, "memory", Size::parse),
        storage: child(item, "storage", Size::parse),
        workspace: child(item, "workspace", Size::parse),
        retry: int(item, "retry"),
        reminders: int(item, "reminders"),
        archive: child(item, "archive", Size::parse),
        spoilt: item.spoilt(),
    }
}

fn worst(item: &Item) -> Worst {
    Worst {
        pods: int(item, "pods"),
        wall_time: child(item, "wall-time", Duration::parse),
        tokens: int(item, "tokens"),
        cost: child(item, "cost", Money::parse),
        runs_per_day: int(item, "runs-per-day"),
    }
}

fn export(item: &Item) -> Option<ExportRule> {
    let branch = |t: &str| Pattern::parse(PatternKind::Branch, t);
    Some(ExportRule {
        span: item.span,
        kind: item.text(0)?,
        on: text(item, "on"),
        repos: list(item, "repo", |t| Pattern::parse(PatternKind::Repo, t)),
        bases: list(item, "base", branch),
        branches: list(item, "branch", branch),
        protect: list(item, "protect", |t| Pattern::parse(PatternKind::File, t)),
        buckets: texts(item, "to"),
        hosts: list(item, "host", HostPattern::parse),
        summary: item.child("summary").map(|s| s.span),
        runs: list(item, "run", name_pattern),
        times: int(item, "times"),
        approve: item.child("approve").map(|a| a.span),
    })
}

fn assert(item: &Item) -> Assert {
    let word = |name: &str| {
        item.prop(name)
            .map_or_else(|| "any".to_owned(), |w| w.value)
    };
    Assert {
        span: item.span,
        from: word("from"),
        to: word("to"),
    }
}

fn waiver(item: &Item) -> Option<Waiver> {
    Some(Waiver {
        span: item.span,
        code: item.text(0)?,
        run: item.prop("run"),
        reason: text(item, "reason")?,
        until: text(item, "until")?,
    })
}
