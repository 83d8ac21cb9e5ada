//! A run spec as its author wrote it: names still names, every value with its place.

pub mod graph;
pub mod service;
pub mod trigger;
pub mod workloads;

use crate::decode::{child, int, list, prop, prop_int, text, texts, typed};
use crate::nodes::Decl;
use crate::shape::Item;
use crate::span::{Span, Spanned};
use crate::values::cpu::Cpu;
use crate::values::duration::Duration;
use crate::values::file_name::FileName;
use crate::values::host::HostPattern;
use crate::values::image::Image;
use crate::values::money::Money;
use crate::values::pattern::{Kind as PatternKind, Pattern};
use crate::values::size::Size;
use crate::values::temperature::Temperature;
use crate::values::url::{Plaintext, Url};
use graph::Graph;
use pure_agent_runtime::contract::ExportWhen;
use service::TypedTool;
use trigger::Trigger;
use workloads::Workloads;

type S<T> = Spanned<T>;

/// Everything that the files of one spec declare, in the order in which it was written.
#[derive(Debug, Clone, Default)]
pub struct Spec {
    /// Every declared name, also of declarations that lack too much to be kept.
    pub declared: Vec<(Decl, S<String>)>,
    /// `use`
    pub uses: Vec<S<String>>,
    /// `secret`
    pub secrets: Vec<Secret>,
    /// `model`
    pub models: Vec<Model>,
    /// `mcp`
    pub servers: Vec<Server>,
    /// `tools`
    pub tools: Vec<Tools>,
    /// `skill`
    pub skills: Vec<Skill>,
    /// `approval`
    pub approvals: Vec<Approval>,
    /// `agent`
    pub agents: Vec<Agent>,
    /// `run`
    pub runs: Vec<Run>,
}

/// `secret`
#[derive(Debug, Clone)]
pub struct Secret {
    /// Name.
    pub name: S<String>,
    /// Kubernetes Secret.
    pub object: S<String>,
    /// Key in it.
    pub key: S<String>,
}

/// `model`
#[derive(Debug, Clone)]
pub struct Model {
    /// Name.
    pub name: S<String>,
    /// `anthropic`, `openai`, `gemini`, `ollama` or `compatible`.
    pub provider: Option<S<String>>,
    /// Id of the provider.
    pub id: Option<S<String>>,
    /// Base URL.
    pub url: Option<S<Url>>,
    /// Secret.
    pub auth: Option<S<String>>,
    /// Price.
    pub price: Option<Price>,
    /// Most tokens of one answer.
    pub max_tokens: Option<S<u64>>,
    /// Temperature of every answer.
    pub temperature: Option<S<Temperature>>,
    /// Whether something in it was refused: what seems to be missing may be what was meant.
    pub spoilt: bool,
}

/// `price`
#[derive(Debug, Clone)]
pub struct Price {
    /// The node.
    pub span: Span,
    /// Input amount.
    pub input: S<Money>,
    /// Tokens that it is for.
    pub input_per: S<u64>,
    /// Output amount.
    pub output: S<Money>,
    /// Tokens that it is for.
    pub output_per: S<u64>,
}

/// `mcp`
#[derive(Debug, Clone)]
pub struct Server {
    /// Name.
    pub name: S<String>,
    /// `linear`, `git`, `fetch`, `http`, `s3` or `kubernetes`.
    pub builtin: Option<S<String>>,
    /// Image.
    pub image: Option<S<Image>>,
    /// Command of the image.
    pub command: Vec<S<String>>,
    /// The `command` node.
    pub command_span: Option<Span>,
    /// Port of the image.
    pub port: Option<S<u64>>,
    /// Secret.
    pub auth: Option<S<String>>,
    /// Linear team.
    pub team: Option<S<String>>,
    /// Repositories, `host/owner/name`.
    pub repos: Vec<S<Pattern>>,
    /// Hosts that may be fetched.
    pub hosts: Vec<S<HostPattern>>,
    /// Most bytes of an answer.
    pub size: Option<S<Size>>,
    /// Most time of a call.
    pub deadline: Option<S<Duration>>,
    /// Tools of an image that change the outside world.
    pub effects: Vec<S<String>>,
    /// Base URL of a service.
    pub url: Option<S<Url>>,
    /// Place in S3.
    pub bucket: Option<S<String>>,
    /// Region of the bucket.
    pub region: Option<S<String>>,
    /// What the folder of a month is called.
    pub partition: Option<S<String>>,
    /// Most months of one call.
    pub months: Option<S<u64>>,
    /// Tools that the spec names.
    pub typed: Vec<TypedTool>,
    /// What of the cluster is looked after.
    pub workloads: Workloads,
    /// Share of the node.
    pub resources: Resources,
    /// Whether something in it was refused: what seems to be missing may be what was meant.
    pub spoilt: bool,
}

/// `tools`
#[derive(Debug, Clone)]
pub struct Tools {
    /// Name.
    pub name: S<String>,
    /// Each `allow` and `approve`, with its server.
    pub grants: Vec<ToolGrant>,
}

/// One `allow` or `approve` of a tool.
#[derive(Debug, Clone)]
pub struct ToolGrant {
    /// The `mcp` that has it.
    pub server: S<String>,
    /// The tool.
    pub tool: S<String>,
    /// The approval that decides; none: allowed freely.
    pub approval: Option<S<String>>,
    /// Most calls.
    pub times: Option<S<u64>>,
    /// Bound arguments.
    pub binds: Vec<Bind>,
}

/// `bind`
#[derive(Debug, Clone)]
pub struct Bind {
    /// The node.
    pub span: Span,
    /// The argument.
    pub argument: S<String>,
    /// The input that gives the value.
    pub input: Option<S<String>>,
    /// The value itself.
    pub value: Option<S<String>>,
    /// The answer of an agent that gives the value, in a call of a step.
    pub answer: Option<S<String>>,
}

/// The file of a skill that an agent reads first.
pub const FIRST: &str = "SKILL.md";

/// `skill`
#[derive(Debug, Clone)]
pub struct Skill {
    /// Name.
    pub name: S<String>,
    /// When it is of use.
    pub about: Option<S<String>>,
    /// Its files.
    pub files: Vec<SkillFile>,
    /// Whether something in it was refused: what seems to be missing may be what was meant.
    pub spoilt: bool,
}

/// `file` of a skill.
#[derive(Debug, Clone)]
pub struct SkillFile {
    /// Where it is beside the spec.
    pub path: S<String>,
    /// Where it stands in the skill.
    pub place: Option<S<FileName>>,
}

impl SkillFile {
    /// Where it stands in the skill: as it is written, else by its own name if that is one.
    #[must_use]
    pub fn stands(&self) -> Option<FileName> {
        let own = || FileName::parse(self.path.value.rsplit('/').next()?).ok();
        let written = self.place.as_ref().map(|place| place.value.clone());
        written.or_else(own)
    }
}

/// `approval`
#[derive(Debug, Clone)]
pub struct Approval {
    /// Name.
    pub name: S<String>,
    /// `gatekeeper` or `signature`.
    pub via: Option<S<String>>,
    /// URL of the gatekeeper.
    pub url: Option<S<Url>>,
    /// Secret of the gatekeeper.
    pub auth: Option<S<String>>,
    /// Who may sign.
    pub approvers: Vec<Approver>,
    /// How long an answer is waited for.
    pub timeout: Option<S<Duration>>,
    /// Whether something in it was refused: what seems to be missing may be what was meant.
    pub spoilt: bool,
}

/// `approver`, in specs and policies.
#[derive(Debug, Clone)]
pub struct Approver {
    /// Name.
    pub name: S<String>,
    /// SSH public key.
    pub key: S<String>,
}

/// `resources`
#[derive(Debug, Clone, Default)]
pub struct Resources {
    /// CPUs.
    pub cpu: Option<S<Cpu>>,
    /// Memory.
    pub memory: Option<S<Size>>,
    /// Ephemeral storage.
    pub storage: Option<S<Size>>,
}

/// `agent`
#[derive(Debug, Clone)]
pub struct Agent {
    /// Name.
    pub name: S<String>,
    /// What it is for.
    pub about: Option<S<String>>,
    /// Image.
    pub image: Option<S<Image>>,
    /// Program that drives the model.
    pub harness: Option<S<String>>,
    /// Command of a generic harness.
    pub command: Vec<S<String>>,
    /// System prompt.
    pub system: Option<System>,
    /// Models, first the default.
    pub models: Vec<S<String>>,
    /// Lists of tools.
    pub tools: Vec<S<String>>,
    /// Skills.
    pub skills: Vec<S<String>>,
    /// `egress` was written, perhaps empty.
    pub tunnels: Vec<Tunnel>,
    /// Hosts that end at the gateway.
    pub http: Vec<HttpRoute>,
    /// Share of the node.
    pub resources: Resources,
    /// Bounds.
    pub limits: AgentLimits,
    /// Plain environment: name and value.
    pub env: Vec<(S<String>, S<String>)>,
    /// User id.
    pub user: Option<S<u64>>,
    /// Whether something in it was refused: what seems to be missing may be what was meant.
    pub spoilt: bool,
}

/// `system`
#[derive(Debug, Clone)]
pub struct System {
    /// The node.
    pub span: Span,
    /// The text itself.
    pub inline: Option<S<String>>,
    /// The file.
    pub file: Option<S<String>>,
}

/// `tunnel`, in specs and policies.
#[derive(Debug, Clone)]
pub struct Tunnel {
    /// Host.
    pub host: S<HostPattern>,
    /// Port.
    pub port: Option<S<u64>>,
    /// Why unseen content is accepted (policies).
    pub acknowledge: Option<S<String>>,
}

/// `http`, in specs and policies.
#[derive(Debug, Clone)]
pub struct HttpRoute {
    /// Host.
    pub host: S<HostPattern>,
    /// What may be asked.
    pub allow: Vec<HttpRule>,
    /// Secret (specs).
    pub auth: Option<S<String>>,
}

/// `allow METHOD PATH`
#[derive(Debug, Clone)]
pub struct HttpRule {
    /// Method.
    pub method: S<String>,
    /// Path pattern.
    pub path: S<Pattern>,
}

/// `limits` of an agent.
#[derive(Debug, Clone, Default)]
pub struct AgentLimits {
    /// Model calls.
    pub turns: Option<S<u64>>,
    /// Tokens.
    pub tokens: Option<S<u64>>,
    /// Money.
    pub cost: Option<S<Money>>,
    /// Bytes of egress.
    pub traffic: Option<S<Size>>,
}

/// `run`
#[derive(Debug, Clone)]
pub struct Run {
    /// The node.
    pub span: Span,
    /// Name.
    pub name: S<String>,
    /// What it is for.
    pub about: Option<S<String>>,
    /// Who answers for it.
    pub owner: Option<S<String>>,
    /// Whether it starts by its schedule.
    pub enabled: Option<S<bool>>,
    /// Labels.
    pub labels: Vec<(S<String>, S<String>)>,
    /// Inputs.
    pub inputs: Vec<Input>,
    /// The agent.
    pub agent: Option<S<String>>,
    /// `route`
    pub route: Option<Route>,
    /// `graph`
    pub graph: Option<Graph>,
    /// Bounds.
    pub limits: Option<RunLimits>,
    /// `finish`
    pub finish: Finish,
    /// `workspace`
    pub workspace: Option<Workspace>,
    /// `always`, `offer` and `step`
    pub exports: Vec<Export>,
    /// `record`
    pub record: Record,
    /// `retry`
    pub retry: Option<Retry>,
    /// `schedule`
    pub schedule: Option<Schedule>,
    /// `trigger`
    pub triggers: Vec<Trigger>,
    /// The queue that it waits in.
    pub queue: Option<S<String>>,
    /// Whether something in it was refused: what seems to be missing may be what was meant.
    pub spoilt: bool,
}

/// `route`
#[derive(Debug, Clone)]
pub struct Route {
    /// The node.
    pub span: Span,
    /// The `by` node.
    pub by_span: Option<Span>,
    /// The model that chooses.
    pub model: Option<S<String>>,
    /// The input whose value chooses.
    pub input: Option<S<String>>,
    /// The agent where no other is chosen.
    pub fallback: Option<S<String>>,
    /// Agents that may be chosen.
    pub choices: Vec<Choose>,
    /// Model calls.
    pub turns: Option<S<u64>>,
    /// Tokens.
    pub tokens: Option<S<u64>>,
    /// Time.
    pub deadline: Option<S<Duration>>,
    /// Whether something in it was refused: what seems to be missing may be what was meant.
    pub spoilt: bool,
}

/// `choose`
#[derive(Debug, Clone)]
pub struct Choose {
    /// The agent.
    pub agent: S<String>,
    /// When.
    pub when: Vec<S<String>>,
    /// Tokens of the agent.
    pub tokens: Option<S<u64>>,
    /// Whether something in it was refused: what seems to be missing may be what was meant.
    pub spoilt: bool,
}

/// `input`
#[derive(Debug, Clone)]
pub struct Input {
    /// Name.
    pub name: S<String>,
    /// Most bytes.
    pub size: Option<S<Size>>,
    /// Regular expression.
    pub pattern: Option<S<String>>,
    /// Closed list.
    pub one_of: Vec<S<String>>,
    /// Default.
    pub default: Option<S<String>>,
    /// Whether it must be handed in.
    pub required: Option<S<bool>>,
}

/// `limits` of a run; `None` where the author left one out.
#[derive(Debug, Clone)]
pub struct RunLimits {
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
    /// Whether something in it was refused: what seems to be missing may be what was meant.
    pub spoilt: bool,
}

/// `finish`
#[derive(Debug, Clone, Default)]
pub struct Finish {
    /// `submission` or `nothing`.
    pub require: Option<S<String>>,
    /// Reminders.
    pub reminders: Option<S<u64>>,
}

/// `workspace`
#[derive(Debug, Clone)]
pub struct Workspace {
    /// Bytes.
    pub size: Option<S<Size>>,
    /// `never`, `on-failure` or `always`.
    pub keep: Option<S<String>>,
    /// How long.
    pub keep_for: Option<S<Duration>>,
}

/// `always`, `offer` or `step`
#[derive(Debug, Clone)]
pub struct Export {
    /// The node.
    pub span: Span,
    /// Who decides that it happens.
    pub when: ExportWhen,
    /// Kind.
    pub kind: S<String>,
    /// Service.
    pub on: Option<S<String>>,
    /// The `to` node.
    pub to: Option<Place>,
    /// Repository pattern.
    pub repo: Option<S<Pattern>>,
    /// Base branch.
    pub base: Option<S<Pattern>>,
    /// Branches.
    pub branch: Option<S<Pattern>>,
    /// Protected files.
    pub protect: Vec<S<Pattern>>,
    /// Files left out.
    pub exclude: Vec<S<Pattern>>,
    /// Most bytes.
    pub size: Option<S<Size>>,
    /// Most files.
    pub files: Option<S<u64>>,
    /// Region.
    pub region: Option<S<String>>,
    /// Address.
    pub url: Option<S<Url>>,
    /// Host that people are notified by.
    pub host: Option<S<HostPattern>>,
    /// What they are told.
    pub text: Option<S<String>>,
    /// The `summary` node.
    pub summary: Option<Span>,
    /// Run that is submitted.
    pub run: Option<RunOf>,
    /// Its inputs that the agent chooses.
    pub inputs: Vec<S<String>>,
    /// Its inputs that the agent does not.
    pub binds: Vec<Bind>,
    /// Most times.
    pub times: Option<S<u64>>,
    /// Approval.
    pub approval: Option<S<String>>,
    /// Secret.
    pub auth: Option<S<String>>,
    /// Whether something in it was refused: what seems to be missing may be what was meant.
    pub spoilt: bool,
}

/// `run` of an export: a run of another spec.
#[derive(Debug, Clone)]
pub struct RunOf {
    /// Its name.
    pub name: S<String>,
    /// The file of its spec, as written.
    pub file: S<String>,
}

/// `to`: an input or a constant.
#[derive(Debug, Clone)]
pub struct Place {
    /// The node.
    pub span: Span,
    /// The input that gives it.
    pub input: Option<S<String>>,
    /// The place itself.
    pub value: Option<S<String>>,
}

/// `record`
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// `transcripts`
    pub transcripts: Option<Transcripts>,
    /// `usage`
    pub usage: bool,
    /// `session`
    pub session: Option<Session>,
}

/// `transcripts`
#[derive(Debug, Clone)]
pub struct Transcripts {
    /// Bucket and prefix.
    pub to: S<String>,
    /// Region.
    pub region: S<String>,
    /// Secret.
    pub auth: S<String>,
}

/// `session`
#[derive(Debug, Clone)]
pub struct Session {
    /// Service.
    pub on: S<String>,
    /// Issue.
    pub to: Place,
    /// Secret.
    pub auth: S<String>,
}

/// `retry`
#[derive(Debug, Clone)]
pub struct Retry {
    /// Repeats.
    pub times: S<u64>,
    /// Time before a repeat.
    pub backoff: Option<S<Duration>>,
}

/// `schedule`
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Cron expression.
    pub cron: S<String>,
    /// Time zone.
    pub timezone: Option<S<String>>,
    /// `forbid`, `allow` or `replace`.
    pub overlap: Option<S<String>>,
    /// How late a start may be.
    pub catch_up: Option<S<Duration>>,
}

impl Spec {
    /// Decodes the top level of a run spec.
    #[must_use]
    pub fn decode(items: &[Item]) -> Self {
        let mut spec = Self::default();
        for item in items {
            let decl = Decl::ALL.into_iter().find(|d| d.word() == item.def.name);
            spec.declared.extend(decl.zip(item.text(0)));
            match item.def.name {
                "use" => spec.uses.extend(item.text(0)),
                "secret" => spec.secrets.extend(secret(item)),
                "model" => spec.models.extend(model(item)),
                "mcp" => spec.servers.extend(server(item)),
                "tools" => spec.tools.extend(tools(item)),
                "skill" => spec.skills.extend(skill(item)),
                "approval" => spec.approvals.extend(approval(item)),
                "agent" => spec.agents.extend(agent(item)),
                "run" => spec.runs.extend(run(item)),
                _ => {}
            }
        }
        spec
    }

    /// The files that it names: prompts and skills.
    pub fn files(&self) -> impl Iterator<Item = &S<String>> {
        let prompts = self
            .agents
            .iter()
            .filter_map(|a| a.system.as_ref()?.file.as_ref());
        let skills = self.skills.iter().flat_map(|s| &s.files);
        prompts.chain(skills.map(|f| &f.path))
    }

    /// Takes over what another file of the spec declares.
    pub fn absorb(&mut self, other: Self) {
        self.declared.extend(other.declared);
        self.secrets.extend(other.secrets);
        self.models.extend(other.models);
        self.servers.extend(other.servers);
        self.tools.extend(other.tools);
        self.skills.extend(other.skills);
        self.approvals.extend(other.approvals);
        self.agents.extend(other.agents);
        self.runs.extend(other.runs);
    }
}

fn secret(item: &Item) -> Option<Secret> {
    let from = item.child("from")?;
    Some(Secret {
        name: item.text(0)?,
        object: from.text(0)?,
        key: from.prop("key")?,
    })
}

fn any_url(text: &str) -> crate::values::Parsed<Url> {
    Url::parse(text, Plaintext::Internal)
}

fn model(item: &Item) -> Option<Model> {
    Some(Model {
        name: item.text(0)?,
        provider: text(item, "provider"),
        id: text(item, "id"),
        url: child(item, "url", any_url),
        auth: text(item, "auth"),
        price: item.child("price").and_then(price),
        max_tokens: int(item, "max-tokens"),
        temperature: child(item, "temperature", Temperature::parse),
        spoilt: item.spoilt(),
    })
}

fn price(item: &Item) -> Option<Price> {
    let (input, output) = (item.child("input")?, item.child("output")?);
    Some(Price {
        span: item.span,
        input: typed(input.text(0), Money::parse)?,
        input_per: prop_int(input, "per")?,
        output: typed(output.text(0), Money::parse)?,
        output_per: prop_int(output, "per")?,
    })
}

fn server(item: &Item) -> Option<Server> {
    Some(Server {
        name: item.text(0)?,
        builtin: text(item, "builtin"),
        image: child(item, "image", Image::parse),
        command: item.child("command").map(Item::texts).unwrap_or_default(),
        command_span: item.child("command").map(|c| c.span),
        port: int(item, "port"),
        auth: text(item, "auth"),
        team: text(item, "team"),
        repos: list(item, "repo", |t| Pattern::parse(PatternKind::HostedRepo, t)),
        hosts: list(item, "host", HostPattern::parse),
        size: child(item, "size", Size::parse),
        deadline: child(item, "deadline", Duration::parse),
        effects: texts(item, "effect"),
        url: child(item, "url", any_url),
        bucket: text(item, "bucket"),
        region: text(item, "region"),
        partition: text(item, "partition"),
        months: int(item, "months"),
        typed: item.children("tool").filter_map(service::tool).collect(),
        workloads: workloads::workloads(item),
        resources: resources(item),
        spoilt: item.spoilt(),
    })
}

fn resources(item: &Item) -> Resources {
    let Some(item) = item.child("resources") else {
        return Resources::default();
    };
    Resources {
        cpu: child(item, "cpu", Cpu::parse),
        memory: child(item, "memory", Size::parse),
        storage: child(item, "storage", Size::parse),
    }
}

fn tools(item: &Item) -> Option<Tools> {
    let mut grants = Vec::new();
    for server in item.children("server") {
        let Some(name) = server.text(0) else { continue };
        grants.extend(server.all().filter_map(|g| grant(&name, g)));
    }
    Some(Tools {
        name: item.text(0)?,
        grants,
    })
}

fn grant(server: &S<String>, item: &Item) -> Option<ToolGrant> {
    let approval = item.prop("by");
    if item.def.name == "approve" && approval.is_none() {
        return None;
    }
    Some(ToolGrant {
        server: server.clone(),
        tool: item.text(0)?,
        approval,
        times: prop_int(item, "times"),
        binds: item.children("bind").filter_map(bind).collect(),
    })
}

fn bind(item: &Item) -> Option<Bind> {
    Some(Bind {
        span: item.span,
        argument: item.text(0)?,
        input: item.prop("input"),
        value: item.prop("value"),
        answer: None,
    })
}

fn skill(item: &Item) -> Option<Skill> {
    let file = |i: &Item| {
        Some(SkillFile {
            path: i.text(0)?,
            place: typed(i.prop("as"), FileName::parse),
        })
    };
    Some(Skill {
        name: item.text(0)?,
        about: text(item, "about"),
        files: item.children("file").filter_map(file).collect(),
        spoilt: item.spoilt(),
    })
}

fn approval(item: &Item) -> Option<Approval> {
    Some(Approval {
        name: item.text(0)?,
        via: text(item, "via"),
        url: child(item, "url", any_url),
        auth: text(item, "auth"),
        approvers: approvers(item),
        timeout: child(item, "timeout", Duration::parse),
        spoilt: item.spoilt(),
    })
}

/// The `approver` nodes of a block.
pub(crate) fn approvers(item: &Item) -> Vec<Approver> {
    let one = |i: &Item| {
        Some(Approver {
            name: i.text(0)?,
            key: i.prop("key")?,
        })
    };
    item.children("approver").filter_map(one).collect()
}

fn agent(item: &Item) -> Option<Agent> {
    let egress = item.child("egress");
    let pair = |i: &Item| Some((i.text(0)?, i.texts().into_iter().nth(1)?));
    Some(Agent {
        name: item.text(0)?,
        about: text(item, "about"),
        image: child(item, "image", Image::parse),
        harness: text(item, "harness"),
        command: item.child("command").map(Item::texts).unwrap_or_default(),
        system: item.child("system").map(|s| System {
            span: s.span,
            inline: s.text(0),
            file: s.prop("file"),
        }),
        models: texts(item, "model"),
        tools: texts(item, "tools"),
        skills: texts(item, "skill"),
        tunnels: egress.map(tunnels).unwrap_or_default(),
        http: egress.map(routes).unwrap_or_default(),
        resources: resources(item),
        limits: item.child("limits").map(agent_limits).unwrap_or_default(),
        env: item.children("env").filter_map(pair).collect(),
        user: int(item, "user"),
        spoilt: item.spoilt(),
    })
}

/// The `tunnel` nodes of an `egress` block.
pub(crate) fn tunnels(egress: &Item) -> Vec<Tunnel> {
    let one = |i: &Item| {
        Some(Tunnel {
            host: typed(i.text(0), HostPattern::parse)?,
            port: prop_int(i, "port"),
            acknowledge: i.prop("acknowledge"),
        })
    };
    egress.children("tunnel").filter_map(one).collect()
}

/// The `http` nodes of an `egress` block.
pub(crate) fn routes(egress: &Item) -> Vec<HttpRoute> {
    let rule = |i: &Item| {
        Some(HttpRule {
            method: i.text(0)?,
            path: typed(i.text(1), |t| Pattern::parse(PatternKind::Path, t))?,
        })
    };
    let one = |i: &Item| {
        Some(HttpRoute {
            host: typed(i.text(0), HostPattern::parse)?,
            allow: i.children("allow").filter_map(rule).collect(),
            auth: text(i, "auth"),
        })
    };
    egress.children("http").filter_map(one).collect()
}

fn agent_limits(item: &Item) -> AgentLimits {
    AgentLimits {
        turns: int(item, "turns"),
        tokens: int(item, "tokens"),
        cost: child(item, "cost", Money::parse),
        traffic: child(item, "traffic", Size::parse),
    }
}

fn run(item: &Item) -> Option<Run> {
    let pair = |i: &Item| Some((i.text(0)?, i.text(1)?));
    Some(Run {
        span: item.span,
        name: item.text(0)?,
        about: text(item, "about"),
        owner: text(item, "owner"),
        enabled: item.child("enabled").and_then(|e| e.bool(0)),
        labels: item.children("label").filter_map(pair).collect(),
        inputs: item.children("input").filter_map(input).collect(),
        agent: text(item, "agent"),
        route: item.child("route").map(route),
        graph: item.child("graph").map(graph::graph),
        limits: item.child("limits").map(run_limits),
        finish: Finish {
            require: item.child("finish").and_then(|f| text(f, "require")),
            reminders: item.child("finish").and_then(|f| int(f, "reminders")),
        },
        workspace: item.child("workspace").map(workspace),
        exports: item
            .child("export")
            .map(|e| e.all().filter_map(export).collect())
            .unwrap_or_default(),
        record: item.child("record").map(record).unwrap_or_default(),
        retry: item.child("retry").and_then(retry),
        schedule: item.child("schedule").and_then(schedule),
        triggers: item
            .children("trigger")
            .filter_map(trigger::trigger)
            .collect(),
        queue: text(item, "queue"),
        spoilt: item.spoilt(),
    })
}

fn route(item: &Item) -> Route {
    let by = item.child("by");
    let choose = |i: &Item| {
        Some(Choose {
            agent: i.text(0)?,
            when: texts(i, "when"),
            tokens: int(i, "tokens"),
            spoilt: i.spoilt(),
        })
    };
    Route {
        span: item.span,
        by_span: by.map(|b| b.span),
        model: by.and_then(|b| b.text(0)),
        input: by.and_then(|b| b.prop("input")),
        fallback: text(item, "fallback"),
        choices: item.children("choose").filter_map(choose).collect(),
        turns: int(item, "turns"),
        tokens: int(item, "tokens"),
        deadline: child(item, "deadline", Duration::parse),
        spoilt: item.spoilt(),
    }
}

fn input(item: &Item) -> Option<Input> {
    Some(Input {
        name: item.text(0)?,
        size: child(item, "size", Size::parse),
        pattern: text(item, "match"),
        one_of: item.child("one-of").map(Item::texts).unwrap_or_default(),
        default: text(item, "default"),
        required: item.child("required").and_then(|r| r.bool(0)),
    })
}

fn run_limits(item: &Item) -> RunLimits {
    RunLimits {
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
        spoilt: item.spoilt(),
    }
}

fn workspace(item: &Item) -> Workspace {
    Workspace {
        size: child(item, "size", Size::parse),
        keep: text(item, "keep"),
        keep_for: item
            .child("keep")
            .and_then(|k| prop(k, "for", Duration::parse)),
    }
}

fn place(item: &Item) -> Place {
    Place {
        span: item.span,
        input: item.prop("input"),
        value: item.text(0),
    }
}

fn export(item: &Item) -> Option<Export> {
    let branch = |t: &str| Pattern::parse(PatternKind::Branch, t);
    let file = |t: &str| Pattern::parse(PatternKind::File, t);
    Some(Export {
        span: item.span,
        when: match item.def.name {
            "always" => ExportWhen::Always,
            "offer" => ExportWhen::Offer,
            _ => ExportWhen::Step,
        },
        kind: item.text(0)?,
        on: text(item, "on"),
        to: item.child("to").map(place),
        repo: child(item, "repo", |t| Pattern::parse(PatternKind::Repo, t)),
        base: child(item, "base", branch),
        branch: child(item, "branch", branch),
        protect: list(item, "protect", file),
        exclude: list(item, "exclude", file),
        size: child(item, "size", Size::parse),
        files: int(item, "files"),
        region: text(item, "region"),
        url: child(item, "url", any_url),
        host: child(item, "host", HostPattern::parse),
        text: text(item, "text"),
        summary: item.child("summary").map(|s| s.span),
        run: item.child("run").and_then(run_of),
        inputs: texts(item, "input"),
        binds: item.children("bind").filter_map(bind).collect(),
        times: int(item, "times"),
        approval: item.child("approve").and_then(|a| a.prop("by")),
        auth: text(item, "auth"),
        spoilt: item.spoilt(),
    })
}

fn run_of(item: &Item) -> Option<RunOf> {
    Some(RunOf {
        name: item.text(0)?,
        file: item.prop("file")?,
    })
}

fn record(item: &Item) -> Record {
    let transcripts = |i: &Item| {
        Some(Transcripts {
            to: text(i, "to")?,
            region: text(i, "region")?,
            auth: text(i, "auth")?,
        })
    };
    let session = |i: &Item| {
        Some(Session {
            on: text(i, "on")?,
            to: place(i.child("to")?),
            auth: text(i, "auth")?,
        })
    };
    Record {
        transcripts: item.child("transcripts").and_then(transcripts),
        usage: item.child("usage").is_some(),
        session: item.child("session").and_then(session),
    }
}

fn retry(item: &Item) -> Option<Retry> {
    let times = item.int(0)?;
    Some(Retry {
        times: Spanned::new(u64::try_from(times.value).ok()?, times.span),
        backoff: child(item, "backoff", Duration::parse),
    })
}

fn schedule(item: &Item) -> Option<Schedule> {
    Some(Schedule {
        cron: item.text(0)?,
        timezone: text(item, "timezone"),
        overlap: text(item, "overlap"),
        catch_up: child(item, "catch-up", Duration::parse),
    })
}
