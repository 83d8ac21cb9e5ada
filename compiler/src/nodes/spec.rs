//! Nodes of run specs.

use super::Kind::{
    self, BranchPattern, Cpu, Cron, Duration, EnvName, FileName, FilePath, FilePattern, Host,
    Image, Int, LabelKey, LabelValue, Line, Method, Money, Name, ObjectName, PathPattern, Ref,
    Regex, RepoPattern, S3, SecretKey, Size, SshKey, Temperature, Text, Timezone, Url, Word,
};
use super::graph::{DUE, GRAPH};
use super::service::{BUCKET, MONTHS, PARTITION, SERVICE_URL, TYPED_TOOL};
use super::submit::{BIND as RUN_BIND, INPUT as RUN_INPUT, RUN as RUN_OF};
use super::trigger::TRIGGER;
use super::workloads::{DEPLOYMENT, LINES, NAMESPACE};
use super::{Decl, NodeDef, Unique, arg, may, maybe, need, node};

pub(super) const NAME: &[super::ArgDef] = &[arg("name", Name)];
/// The providers of models, by name.
pub(super) const PROVIDERS: &[super::ArgDef] = &[arg(
    "provider",
    Word(&[
        "anthropic",
        "openai",
        "gemini",
        "ollama",
        "compatible",
        "stub",
    ]),
)];
const MAX: i64 = 9_007_199_254_740_991;

/// Top-level nodes of a run spec.
pub static TOP: &[&NodeDef] = &[
    &VERSION, &USE, &SECRET, &MODEL, &MCP, &TOOLS, &SKILL, &APPROVAL, &AGENT, &RUN,
];

/// `version`, in every document.
pub static VERSION: NodeDef = node(
    "version",
    "The version of the language. Every file begins with it.",
)
.args(&[arg("number", Int(1, 1))])
.example("version 1")
.one();

/// `use`, in specs and policies.
pub static USE: NodeDef = node(
    "use",
    "Brings in what another file declares: more of the same kind, or, in a run spec, policies. \
     The path is relative to this file and stays inside the workspace; the content is part of \
     what is hashed.",
)
.args(&[arg("path", FilePath)])
.example("use \"models.kdl\"")
.many();

static SECRET: NodeDef = node(
    "secret",
    "A reference to a key of a Kubernetes Secret. Its consumers are all of one kind, and never an \
     agent: there is no syntax to give it one. The value itself is in no source and no object.",
)
.args(NAME)
.children(&[&FROM])
.example("secret \"claude\" {\n    from \"agent-secrets\" key=\"ANTHROPIC_API_KEY\"\n}")
.many();

static FROM: NodeDef = node("from", "The Kubernetes Secret and the key in it.")
    .args(&[arg("secret", ObjectName)])
    .props(&[need("key", SecretKey, "The key in the Secret.")])
    .example("from \"agent-secrets\" key=\"ANTHROPIC_API_KEY\"")
    .one();

static AUTH: NodeDef = node(
    "auth",
    "The secret whose value the gateway injects upstream (the export step, for an export).",
)
.args(&[arg("secret", Ref(Decl::Secret))])
.example("auth \"claude\"");

static EXPORT_AUTH: NodeDef = node(
    "auth",
    "The secret that the export step uses there; nothing else may use it. Every kind but `submit` has one.",
)
.args(&[arg("secret", Ref(Decl::Secret))])
.example("auth \"linear-out\"");

static MODEL: NodeDef = node(
    "model",
    "A model behind the gateway. Agents see only the gateway; the gateway injects the credential \
     and counts what is used.",
)
.args(NAME)
.children(&[
    &PROVIDER,
    &ID,
    &MODEL_URL,
    &AUTH,
    &PRICE,
    &MAX_TOKENS,
    &TEMPERATURE,
])
.example(
    "model \"opus\" {\n    provider \"anthropic\"\n    id \"claude-opus-4-1\"\n    auth \"claude\"\n}",
)
.many();

static PROVIDER: NodeDef = node(
    "provider",
    "The protocol and, unless `url` says otherwise, the address. A `stub` has neither: the gateway \
     answers itself, the same to the same question, for trials without network and secret. It is \
     asked by Anthropic's Messages or as a chat, and counts against all limits.",
)
.args(PROVIDERS)
.example("provider \"anthropic\"")
.one();

static ID: NodeDef = node("id", "The id by which the provider knows the model.")
    .args(&[arg("id", Line)])
    .example("id \"claude-opus-4-1\"")
    .one();

static MODEL_URL: NodeDef = node(
    "url",
    "Base URL of the provider. Needed for `ollama` and `compatible`.",
)
.args(&[arg("url", Url)])
.example("url \"https://llm.example.com\"");

static PRICE: NodeDef = node(
    "price",
    "What tokens cost, so that a budget in money can be kept. Both amounts have one currency.",
)
.children(&[&PRICE_INPUT, &PRICE_OUTPUT])
.example(
    "price {\n    input \"15.00 USD\" per=1_000_000\n    output \"75.00 USD\" per=1_000_000\n}",
);

const PER: &[super::PropDef] = &[need("per", Int(1, 1_000_000_000), "Number of tokens.")];
static PRICE_INPUT: NodeDef = node("input", "Price of input tokens.")
    .args(&[arg("amount", Money)])
    .props(PER)
    .example("input \"15.00 USD\" per=1_000_000")
    .one();
static PRICE_OUTPUT: NodeDef = node("output", "Price of output tokens.")
    .args(&[arg("amount", Money)])
    .props(PER)
    .example("output \"75.00 USD\" per=1_000_000")
    .one();

static MAX_TOKENS: NodeDef = node("max-tokens", "Most tokens of one answer.")
    .args(&[arg("tokens", Int(1, 10_000_000))])
    .example("max-tokens 32_000");

static TEMPERATURE: NodeDef = node(
    "temperature",
    "How freely an answer is drawn: a number of at most three decimals, up to 1 for `anthropic` and up to 2 for others. The \
     gateway sets it in every request for an answer, in the place of whatever an agent asks. Leave it out for a model that takes \
     none, as many do that think: then what an agent asks goes upstream as it is.",
)
.args(&[arg("temperature", Temperature)])
.example("temperature 0.3");

static MCP: NodeDef = node(
    "mcp",
    "A server of tools: one that is built into the gateway, or a container of your own that only \
     the gateway can reach and that reaches nothing.",
)
.args(NAME)
.children(&[
    &BUILTIN,
    &MCP_IMAGE,
    &MCP_COMMAND,
    &MCP_PORT,
    &SERVICE_URL,
    &AUTH,
    &TEAM,
    &REPO,
    &MCP_HOST,
    &BUCKET,
    &REGION,
    &PARTITION,
    &MONTHS,
    &NAMESPACE,
    &DEPLOYMENT,
    &LINES,
    &MCP_SIZE,
    &MCP_DEADLINE,
    &MCP_EFFECT,
    &TYPED_TOOL,
    &RESOURCES,
])
.example("mcp \"linear\" {\n    builtin \"linear\"\n    auth \"linear\"\n    team \"DLD\"\n}")
.many();

static BUILTIN: NodeDef = node("builtin", "A family of tools of the gateway itself.")
    .args(&[arg(
        "kind",
        Word(&["linear", "git", "fetch", "http", "s3", "kubernetes"]),
    )])
    .example("builtin \"linear\"");

static MCP_IMAGE: NodeDef = node("image", "Image of the server, with its digest.")
    .args(&[arg("image", Image)])
    .example(
        "image \"images.example.com/mcp@sha256:\
         1111111111111111111111111111111111111111111111111111111111111111\"",
    );

static MCP_COMMAND: NodeDef = node("command", "Command of the server's container.")
    .args(&[arg("word", Line)])
    .rest()
    .example("command \"/server\" \"--http\"");

static MCP_PORT: NodeDef = node("port", "Port of its Streamable HTTP endpoint `/mcp`.")
    .args(&[arg("port", Int(1024, 65_535))])
    .example("port 8000");

static TEAM: NodeDef = node("team", "The Linear team that the tools are confined to.")
    .args(&[arg("key", Line)])
    .example("team \"DLD\"");

static REPO: NodeDef = node(
    "repo",
    "A repository that may be cloned, as `host/owner/name`; repeat the node for more.",
)
.args(&[arg("repository", RepoPattern)])
.example("repo \"github.com/dlddu/*\"")
.many();

static MCP_HOST: NodeDef = node(
    "host",
    "A host that may be fetched; repeat the node for more.",
)
.args(&[arg("host", Host)])
.example("host \"docs.example.com\"")
.many();

static MCP_SIZE: NodeDef = node(
    "size",
    "Most bytes of one answer (default 1Mi); of a builtin `s3`, of all files that a call gives.",
)
.args(&[arg("size", Size)])
.example("size \"100Ki\"");

static MCP_DEADLINE: NodeDef = node("deadline", "Most time of one call (default 60s).")
    .args(&[arg("time", Duration)])
    .example("deadline \"30s\"");

static MCP_EFFECT: NodeDef = node(
    "effect",
    "A tool of an image server that changes the outside world. Builtins mark their own.",
)
.args(&[arg("tool", Line)])
.example("effect \"restart\"")
.many();

static RESOURCES: NodeDef = node(
    "resources",
    "Share of the node. Request and limit are the same number.",
)
.children(&[&CPU, &MEMORY, &STORAGE])
.example("resources {\n    cpu \"1\"\n    memory \"1600Mi\"\n}");
static CPU: NodeDef = node("cpu", "CPUs (default 1).")
    .args(&[arg("cpus", Cpu)])
    .example("cpu \"500m\"");
static MEMORY: NodeDef = node("memory", "Memory (default 1Gi).")
    .args(&[arg("size", Size)])
    .example("memory \"1600Mi\"");
static STORAGE: NodeDef = node(
    "storage",
    "Ephemeral storage, `/tmp` and the home folder included (default 1Gi).",
)
.args(&[arg("size", Size)])
.example("storage \"2Gi\"");

static TOOLS: NodeDef = node(
    "tools",
    "A list of tools that agents refer to by name. What is not listed is denied.",
)
.args(NAME)
.children(&[&SERVER])
.example("tools \"common\" {\n    server \"linear\" {\n        allow \"get_issue\"\n    }\n}")
.many();

static SERVER: NodeDef = node("server", "The tools of one `mcp` server.")
    .args(&[arg("mcp", Ref(Decl::Mcp))])
    .children(&[&ALLOW_TOOL, &APPROVE_TOOL])
    .example("server \"linear\" {\n    allow \"get_issue\"\n}")
    .some();

static ALLOW_TOOL: NodeDef = node("allow", "A tool that may be called freely.")
    .args(&[arg("tool", Line)])
    .props(&[may("times", Int(1, 10_000), "Most calls in a run.")])
    .children(&[&BIND])
    .example("allow \"get_issue\" {\n    bind \"issue_id\" input=\"issue\"\n}")
    .many();

static APPROVE_TOOL: NodeDef = node("approve", "A tool each of whose calls waits for a person.")
    .args(&[arg("tool", Line)])
    .props(&[
        need("by", Ref(Decl::Approval), "The approval that decides."),
        may("times", Int(1, 10_000), "Most calls in a run."),
    ])
    .children(&[&BIND])
    .example("approve \"fetch\" by=\"human\"")
    .many();

static BIND: NodeDef = node(
    "bind",
    "An argument that the agent cannot choose: an input of the run, or a constant.",
)
.args(&[arg("argument", Line)])
.props(&[
    may("input", Ref(Decl::Input), "The input that gives the value."),
    may("value", Line, "The value itself."),
])
.example("bind \"issue_id\" input=\"issue\"")
.many();

static SKILL: NodeDef = node(
    "skill",
    "Instructions that an agent reads when it needs them, and the files that belong to them. The texts are part of \
     what is hashed; the agent gets them read-only. Its first file is `SKILL.md`.",
)
.args(NAME)
.children(&[&SKILL_ABOUT, &SKILL_FILE])
.example(
    "skill \"jobs\" {\n    about \"How to plan and start jobs\"\n    file \"skills/jobs.md\" as=\"SKILL.md\"\n    \
     file \"skills/plan.sh\" as=\"scripts/plan.sh\"\n}",
)
.many();
static SKILL_ABOUT: NodeDef = node(
    "about",
    "When it is of use, in one line: what an agent knows of it before it reads it.",
)
.args(&[arg("text", Line)])
.example("about \"How to plan and start jobs\"")
.one();
static SKILL_FILE: NodeDef = node(
    "file",
    "A UTF-8 file of at most 64 KiB inside the workspace. One of them is `SKILL.md`; its front matter is made of the \
     name and `about`, unless it has one.",
)
.args(&[arg("path", FilePath)])
.props(&[may(
    "as",
    FileName,
    "Where it stands in the skill (default: its own name).",
)])
.example("file \"skills/jobs.md\" as=\"SKILL.md\"")
.some();

static APPROVAL: NodeDef = node(
    "approval",
    "A way to ask a person. An approval is bound to the exact arguments; no answer is a denial.",
)
.args(NAME)
.children(&[&VIA, &APPROVAL_URL, &AUTH, &APPROVER, &TIMEOUT, &ON_TIMEOUT])
.example(
    "approval \"human\" {\n    via \"gatekeeper\"\n    url \"https://gatekeeper.example.com\"\n    \
     auth \"gatekeeper\"\n    timeout \"10m\"\n}",
)
.many();
static VIA: NodeDef = node("via", "How: a gatekeeper service, or SSH signatures.")
    .args(&[arg("how", Word(&["gatekeeper", "signature"]))])
    .example("via \"gatekeeper\"")
    .one();
static APPROVAL_URL: NodeDef = node("url", "Base URL of the gatekeeper.")
    .args(&[arg("url", Url)])
    .example("url \"https://gatekeeper.example.com\"");
static APPROVER: NodeDef = node(
    "approver",
    "A person who may sign, with an SSH public key that the policy lists too.",
)
.args(NAME)
.props(&[need(
    "key",
    SshKey,
    "The public key, type and base64 without a comment.",
)])
.example(
    "approver \"kim\" key=\"ssh-ed25519 \
     AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\"",
)
.many();
static TIMEOUT: NodeDef = node("timeout", "How long an answer is waited for.")
    .args(&[arg("time", Duration)])
    .example("timeout \"10m\"")
    .one();
static ON_TIMEOUT: NodeDef = node("on-timeout", "What no answer means. There is one choice.")
    .args(&[arg("answer", Word(&["deny"]))])
    .example("on-timeout \"deny\"");

static AGENT: NodeDef = node(
    "agent",
    "A container in which a model acts with tools. It reaches its gateway and nothing else, and \
     holds no credential.",
)
.args(NAME)
.children(&[
    &ABOUT,
    &AGENT_IMAGE,
    &HARNESS,
    &AGENT_COMMAND,
    &SYSTEM,
    &AGENT_MODEL,
    &AGENT_TOOLS,
    &AGENT_SKILL,
    &EGRESS,
    &RESOURCES,
    &AGENT_LIMITS,
    &ENV,
    &USER,
])
.example(
    "agent \"coder\" {\n    image \"images.example.com/claude-agent@sha256:\
     1111111111111111111111111111111111111111111111111111111111111111\"\n    harness \
     \"claude-code\"\n    model \"opus\"\n}",
)
.many();
static ABOUT: NodeDef = node("about", "What it is for, in one line.")
    .args(&[arg("text", Line)])
    .example("about \"General coding and review\"");
static AGENT_IMAGE: NodeDef = node("image", "Image of the agent, with its digest.")
    .args(&[arg("image", Image)])
    .example(
        "image \"images.example.com/claude-agent@sha256:\
         1111111111111111111111111111111111111111111111111111111111111111\"",
    )
    .one();
static HARNESS: NodeDef = node("harness", "The program in the image that drives the model.")
    .args(&[arg(
        "program",
        Word(&["claude-code", "codex", "gemini", "generic"]),
    )])
    .example("harness \"claude-code\"")
    .one();
static AGENT_COMMAND: NodeDef = node(
    "command",
    "Command of a `generic` harness; the prompt comes on its standard input.",
)
.args(&[arg("word", Line)])
.rest()
.example("command \"/usr/bin/agent\" \"--batch\"");
static SYSTEM: NodeDef = node(
    "system",
    "System prompt: the text itself, or a file beside the spec. It is part of what is hashed.",
)
.args(&[maybe("text", Text)])
.props(&[may("file", FilePath, "A UTF-8 file inside the workspace.")])
.example("system file=\"coder.md\"");
static AGENT_MODEL: NodeDef = node(
    "model",
    "A model that it may ask; the first is the default. Repeat the node for more.",
)
.args(&[arg("model", Ref(Decl::Model))])
.example("model \"opus\"")
.some();
static AGENT_TOOLS: NodeDef = node(
    "tools",
    "A list of tools that it may call; may be repeated.",
)
.args(&[arg("tools", Ref(Decl::Tools))])
.example("tools \"common\"")
.many();
static AGENT_SKILL: NodeDef = node(
    "skill",
    "A skill that it may read, in the place where its harness looks for skills. Repeat the node for more.",
)
.args(&[arg("skill", Ref(Decl::Skill))])
.example("skill \"jobs\"")
.many();
static EGRESS: NodeDef = node(
    "egress",
    "What it may reach outside, always through the gateway. Nothing, unless written here.",
)
.children(&[&TUNNEL, &HTTP])
.example(
    "egress {\n    http \"api.github.com\" {\n        allow \"GET\" \"/repos/dlddu/**\"\n    }\n}",
);
static TUNNEL: NodeDef = node(
    "tunnel",
    "A host to which it may open an encrypted tunnel. The gateway checks the name and counts the \
     bytes but does not see the content: prefer `http`.",
)
.args(&[arg("host", Host)])
.props(&[may("port", Int(1, 65_535), "TCP port (default 443).")])
.example("tunnel \"packages.example.com\"")
.many()
.unique(Unique::All);
static HTTP: NodeDef = node(
    "http",
    "A host whose requests end at the gateway, which checks each and opens its own connection.",
)
.args(&[arg("host", Host)])
.children(&[&HTTP_ALLOW, &AUTH])
.example("http \"api.github.com\" {\n    allow \"GET\" \"/repos/dlddu/**\"\n}")
.many();
static HTTP_ALLOW: NodeDef = node("allow", "A method and a path that may be asked.")
    .args(&[arg("method", Method), arg("path", PathPattern)])
    .example("allow \"GET\" \"/repos/dlddu/**\"")
    .some()
    .unique(Unique::Args);
static ENV: NodeDef = node(
    "env",
    "A plain environment variable of the agent's container. Never a credential: whatever stands \
     here is in git and in the objects.",
)
.args(&[arg("name", EnvName), arg("value", Line)])
.example("env \"LANG\" \"C.UTF-8\"")
.many();
static USER: NodeDef = node(
    "user",
    "User and group id that the image runs as (default 10010).",
)
.args(&[arg("id", Int(10_000, 2_000_000_000))])
.example("user 10010");

static AGENT_LIMITS: NodeDef = node("limits", "Bounds of this agent beside those of the run.")
    .children(&[&TURNS, &TOKENS, &COST, &TRAFFIC])
    .example("limits {\n    turns 100\n}");
static TURNS: NodeDef = node("turns", "Model calls in a run.")
    .args(&[arg("times", Int(1, 1_000_000))])
    .example("turns 200");
static TOKENS: NodeDef = node("tokens", "Tokens in a run, input and output together.")
    .args(&[arg("tokens", Int(1, MAX))])
    .example("tokens 4_000_000");
static COST: NodeDef = node(
    "cost",
    "Money in a run. Every model that it covers has a price.",
)
.args(&[arg("amount", Money)])
.example("cost \"25 USD\"");
static TRAFFIC: NodeDef = node(
    "traffic",
    "Bytes to and from egress hosts in a run (default 1Gi).",
)
.args(&[arg("size", Size)])
.example("traffic \"500Mi\"");

static RUN: NodeDef = node(
    "run",
    "One execution, from inputs to exports. A spec has exactly one; its name is the name of the \
     WorkflowTemplate.",
)
.args(NAME)
.children(&[
    &ABOUT,
    &OWNER,
    &ENABLED,
    &LABEL,
    &INPUT,
    &RUN_AGENT,
    &ROUTE,
    &GRAPH,
    &RUN_LIMITS,
    &FINISH,
    &WORKSPACE,
    &EXPORT,
    &RECORD,
    &RETRY,
    &SCHEDULE,
    &TRIGGER,
    &QUEUE,
])
.example(
    "run \"hello\" {\n    agent \"coder\"\n    limits {\n        deadline \"2h\"\n        turns 200\n        \
     tokens 4_000_000\n    }\n}",
)
.many();
static OWNER: NodeDef = node(
    "owner",
    "Who answers for it: a team or a person, as a label value.",
)
.args(&[arg("owner", LabelValue)])
.example("owner \"team-cloud\"");
static ENABLED: NodeDef = node(
    "enabled",
    "Whether it starts by its schedule (default yes).",
)
.args(&[arg("yes", Kind::Bool)])
.example("enabled #false");
static LABEL: NodeDef = node("label", "A label of the Workflow.")
    .args(&[arg("key", LabelKey), arg("value", LabelValue)])
    .example("label \"environment\" \"production\"")
    .many();
static INPUT: NodeDef = node(
    "input",
    "A value that a submitter hands in. It reaches the gateway and, as data, the agent; it never \
     becomes part of an object, a path or a command.",
)
.args(NAME)
.children(&[&INPUT_SIZE, &MATCH, &ONE_OF, &DEFAULT, &REQUIRED])
.example("input \"issue\" {\n    match \"[A-Z]+-[0-9]+\"\n}")
.many();
pub(super) static INPUT_SIZE: NodeDef =
    node("size", "Most bytes (default 4Ki; all inputs at most 64Ki).")
        .args(&[arg("size", Size)])
        .example("size \"64Ki\"");
pub(super) static MATCH: NodeDef = node(
    "match",
    "A regular expression that the whole value must match. An input whose values cannot be prose \
     is not an untrusted text.",
)
.args(&[arg("pattern", Regex)])
.example("match \"[A-Z]+-[0-9]+\"");
pub(super) static ONE_OF: NodeDef = node("one-of", "The values that it may have.")
    .args(&[arg("value", Line)])
    .rest()
    .example("one-of \"staging\" \"production\"");
static DEFAULT: NodeDef = node("default", "The value where none is handed in.")
    .args(&[arg("value", Text)])
    .example("default \"staging\"");
static REQUIRED: NodeDef = node(
    "required",
    "Whether a submission without it is refused (default yes, no with `default`).",
)
.args(&[arg("yes", Kind::Bool)])
.example("required #false");
static RUN_AGENT: NodeDef = node(
    "agent",
    "The agent that every cycle starts. A run has this, `route` or `graph`.",
)
.args(&[arg("agent", Ref(Decl::Agent))])
.example("agent \"coder\"");
static ROUTE: NodeDef = node(
    "route",
    "Chooses one of several agents, once, before the first cycle; every cycle then starts it. The gateway \
     makes the choice and keeps it in the record; no agent takes part, and nothing but a name of this list \
     leaves it.",
)
.children(&[
    &ROUTE_BY,
    &FALLBACK,
    &CHOOSE,
    &ROUTE_TURNS,
    &ROUTE_TOKENS,
    &ROUTE_DEADLINE,
])
.example(
    "route {\n    by \"haiku\"\n    fallback \"coder\"\n    choose \"coder\"\n    choose \"analyst\" {\n        when \
     \"the task is about data\"\n    }\n}",
);
static ROUTE_BY: NodeDef = node(
    "by",
    "Who chooses: a model, which answers with one name of the list, or the value of an \
     input.",
)
.args(&[maybe("model", Ref(Decl::Model))])
.props(&[may(
    "input",
    Ref(Decl::Input),
    "The input whose value chooses, byte by byte.",
)])
.example("by \"haiku\"")
.one();
static FALLBACK: NodeDef = node(
    "fallback",
    "The agent where no other is chosen: the model names none of the list, does not answer, or has used up \
     its bounds; the input has no such value. It is one of the choices.",
)
.args(&[arg("agent", Ref(Decl::Agent))])
.example("fallback \"coder\"")
.one();
static CHOOSE: NodeDef = node("choose", "An agent that may be chosen.")
    .args(&[arg("agent", Ref(Decl::Agent))])
    .children(&[&WHEN, &CHOOSE_TOKENS])
    .example("choose \"analyst\" {\n    when \"the task is about data\"\n}")
    .some();
static WHEN: NodeDef = node(
    "when",
    "When it is chosen: in words that the model reads, or, `by` an input, the value. Repeat the node for \
     more; only the fallback may have none.",
)
.args(&[arg("what", Line)])
.example("when \"the task is about data\"")
.many();
static CHOOSE_TOKENS: NodeDef = node(
    "tokens",
    "Tokens that the agent has in this run, beside its own limit.",
)
.args(&[arg("tokens", Int(1, MAX))])
.example("tokens 200_000");
static ROUTE_TURNS: NodeDef = node(
    "turns",
    "Model calls of the choice (default 2). All its bounds count within those of the run.",
)
.args(&[arg("times", Int(1, 10))])
.example("turns 1");
static ROUTE_TOKENS: NodeDef = node("tokens", "Tokens of the choice (default 100000).")
    .args(&[arg("tokens", Int(4_096, MAX))])
    .example("tokens 50_000");
static ROUTE_DEADLINE: NodeDef = node("deadline", "Time of the choice (default 60s).")
    .args(&[arg("time", Duration)])
    .example("deadline \"30s\"");
static RUN_LIMITS: NodeDef = node(
    "limits",
    "Bounds of the run that hold even if the agent lies. `deadline`, `turns` and `tokens` must be \
     written.",
)
.children(&[
    &DEPTH,
    &DEADLINE,
    &CYCLE,
    &EXPORT_TIME,
    &RUN_TURNS,
    &RUN_TOKENS,
    &COST,
    &TRAFFIC,
    &CONCURRENCY,
])
.example(
    "limits {\n    depth 10\n    deadline \"2h\"\n    cycle \"30m\"\n    turns 200\n    tokens \
     4_000_000\n}",
)
.one();
static DEPTH: NodeDef = node(
    "depth",
    "Cycles at most (default 1); with `graph`, visits of steps and reminders.",
)
.args(&[arg("times", Int(1, 50))])
.example("depth 10");
static DEADLINE: NodeDef = node("deadline", "Time in which agents may act.")
    .args(&[arg("time", Duration)])
    .example("deadline \"2h\"")
    .one();
static CYCLE: NodeDef = node("cycle", "Time of one cycle (default: as `deadline`).")
    .args(&[arg("time", Duration)])
    .example("cycle \"30m\"");
static EXPORT_TIME: NodeDef = node("export", "Time of pack and export together (default 10m).")
    .args(&[arg("time", Duration)])
    .example("export \"10m\"");
static RUN_TURNS: NodeDef = node("turns", "Model calls.")
    .args(&[arg("times", Int(1, 1_000_000))])
    .example("turns 200")
    .one();
static RUN_TOKENS: NodeDef = node("tokens", "Tokens, input and output together.")
    .args(&[arg("tokens", Int(1, MAX))])
    .example("tokens 4_000_000")
    .one();
static CONCURRENCY: NodeDef = node("concurrency", "Requests under way at once (default 8).")
    .args(&[arg("times", Int(1, 1_000))])
    .example("concurrency 8");
static FINISH: NodeDef = node("finish", "When it counts as finished.")
    .children(&[&FINISH_REQUIRE, &REMINDERS])
    .example("finish {\n    require \"submission\"\n    reminders 3\n}");
static FINISH_REQUIRE: NodeDef = node(
    "require",
    "What the agent must hand in (default submission).",
)
.args(&[arg("what", Word(&["submission", "nothing"]))])
.example("require \"submission\"");
static REMINDERS: NodeDef = node("reminders", "How often it is reminded (default 1).")
    .args(&[arg("times", Int(0, 20))])
    .example("reminders 3");
static WORKSPACE: NodeDef = node("workspace", "The volume that cycles share.")
    .children(&[&WORKSPACE_SIZE, &KEEP])
    .example("workspace {\n    size \"10Gi\"\n    keep \"on-failure\" for=\"3d\"\n}");
static WORKSPACE_SIZE: NodeDef = node("size", "Bytes (default 1Gi).")
    .args(&[arg("size", Size)])
    .example("size \"10Gi\"");
static KEEP: NodeDef = node(
    "keep",
    "Whether the volumes of a run stay when it has ended (default never). `for` is the time to \
     live of the ended run.",
)
.args(&[arg("when", Word(&["never", "on-failure", "always"]))])
.props(&[may("for", Duration, "How long (default 3d).")])
.example("keep \"on-failure\" for=\"3d\"");
static EXPORT: NodeDef = node(
    "export",
    "What leaves the run in the end. `always` happens in every run, `offer` if the agent asks for \
     it, `step` if the run came by a step of its `graph` that names it; each only as written.",
)
.children(&[&ALWAYS, &OFFER, &DUE])
.example(
    "export {\n    always \"comment\" {\n        on \"linear\"\n        to input=\"issue\"\n        auth \
     \"linear-out\"\n    }\n}",
);

pub(super) const EXPORT_KIND: &[super::ArgDef] = &[arg(
    "kind",
    Word(&[
        "comment",
        "report",
        "upload",
        "pull-request",
        "s3",
        "notify",
        "submit",
        "webhook",
    ]),
)];
static ALWAYS: NodeDef = node("always", "An export of every run.")
    .args(EXPORT_KIND)
    .children(EXPORT_CHILDREN)
    .example("always \"comment\" {\n    on \"linear\"\n    to input=\"issue\"\n    auth \"linear-out\"\n}")
    .many().unique(Unique::Never);
static OFFER: NodeDef = node("offer", "An export that the agent may ask for.")
    .args(EXPORT_KIND)
    .children(EXPORT_CHILDREN)
    .example(
        "offer \"pull-request\" {\n    on \"github\"\n    repo \"dlddu/*\"\n    base \"main\"\n    branch \
         \"agent/**\"\n    auth \"github\"\n}",
    )
    .many()
    .unique(Unique::Never);
pub(super) static EXPORT_CHILDREN: &[&NodeDef] = &[
    &ON,
    &TO,
    &EXPORT_REPO,
    &BASE,
    &BRANCH,
    &PROTECT,
    &EXCLUDE,
    &EXPORT_SIZE,
    &FILES,
    &REGION,
    &EXPORT_URL,
    &NOTIFY_HOST,
    &NOTIFY_TEXT,
    &NOTIFY_SUMMARY,
    &RUN_OF,
    &RUN_INPUT,
    &RUN_BIND,
    &TIMES,
    &EXPORT_APPROVE,
    &EXPORT_AUTH,
];
static ON: NodeDef = node("on", "The service: `linear` or `github`.")
    .args(&[arg("service", Word(&["linear", "github"]))])
    .example("on \"linear\"");
static TO: NodeDef = node(
    "to",
    "Where to: an issue (an input or a constant), or `s3://bucket/prefix`.",
)
.args(&[maybe("place", Line)])
.props(&[may(
    "input",
    Ref(Decl::Input),
    "The input that gives the place.",
)])
.example("to input=\"issue\"");
static EXPORT_REPO: NodeDef = node("repo", "Repositories of pull requests, `owner/name`.")
    .args(&[arg("repository", Kind::OwnerRepo)])
    .example("repo \"dlddu/*\"");
static BASE: NodeDef = node("base", "Branch that pull requests go to.")
    .args(&[arg("branch", BranchPattern)])
    .example("base \"main\"");
static BRANCH: NodeDef = node("branch", "Branches that pull requests come from.")
    .args(&[arg("branch", BranchPattern)])
    .example("branch \"agent/**\"");
static PROTECT: NodeDef = node(
    "protect",
    "Files that a pull request must not touch, beside those of CI and hooks; may be repeated.",
)
.args(&[arg("files", FilePattern)])
.example("protect \".github/**\"")
.many();
static EXCLUDE: NodeDef = node("exclude", "Files left out, at any depth; may be repeated.")
    .args(&[arg("files", FilePattern)])
    .example("exclude \"node_modules/**\"")
    .many();
static EXPORT_SIZE: NodeDef = node("size", "Most bytes of content (default 10Mi).")
    .args(&[arg("size", Size)])
    .example("size \"50Mi\"");
static FILES: NodeDef = node(
    "files",
    "Most files that a pull request changes (default 100).",
)
.args(&[arg("times", Int(1, 10_000))])
.example("files 50");
static REGION: NodeDef = node("region", "Region of the bucket.")
    .args(&[arg("region", Line)])
    .example("region \"ap-northeast-2\"");
static EXPORT_URL: NodeDef = node("url", "Address of the webhook.")
    .args(&[arg("url", Url)])
    .example("url \"https://hooks.example.com/runs\"");
static NOTIFY_HOST: NodeDef = node(
    "host",
    "Host of the chat or paging system that a `notify` goes to, by `https`. The address itself, an incoming webhook that \
     takes `{\"text\": …}`, is the secret of `auth`; the export step sends nothing to one of another host.",
)
.args(&[arg("host", Host)])
.example("host \"hooks.example.com\"");
static NOTIFY_TEXT: NodeDef = node(
    "text",
    "What a `notify` says first. How the run ended and what became of its exports follows. No receiver of this kind knows a \
     message again: where an answer was lost, people are told twice rather than never.",
)
.args(&[arg("text", Line)])
.example("text \"The nightly run has ended\"");
static NOTIFY_SUMMARY: NodeDef = node(
    "summary",
    "A `notify` ends with the agent's summary: on one line, cut at 500 characters, with mentions and links made harmless.",
)
.example("summary");
static TIMES: NodeDef = node("times", "Most times in a run (default 1).")
    .args(&[arg("times", Int(1, 100))])
    .example("times 1");
static EXPORT_APPROVE: NodeDef = node("approve", "A person decides before it happens.")
    .props(&[need(
        "by",
        Ref(Decl::Approval),
        "The approval that decides.",
    )])
    .example("approve by=\"human\"");
static RECORD: NodeDef = node(
    "record",
    "What is kept of a run beside the gateway's own record.",
)
.children(&[&TRANSCRIPTS, &USAGE, &SESSION])
.example("record {\n    usage\n}");
static TRANSCRIPTS: NodeDef = node(
    "transcripts",
    "Every request and answer, to an object store.",
)
.children(&[&TRANSCRIPTS_TO, &REGION_ONE, &AUTH_RECORD])
.example(
    "transcripts {\n    to \"s3://logs/transcripts\"\n    region \"ap-northeast-2\"\n    auth \
         \"s3\"\n}",
);
static TRANSCRIPTS_TO: NodeDef = node("to", "Bucket and prefix.")
    .args(&[arg("place", S3)])
    .example("to \"s3://logs/transcripts\"")
    .one();
static REGION_ONE: NodeDef = node("region", "Region of the bucket.")
    .args(&[arg("region", Line)])
    .example("region \"ap-northeast-2\"")
    .one();
static AUTH_RECORD: NodeDef = node("auth", "The secret that the gateway uses there.")
    .args(&[arg("secret", Ref(Decl::Secret))])
    .example("auth \"s3\"")
    .one();
static USAGE: NodeDef =
    node("usage", "Turns, tokens and cost in the result document.").example("usage");
static SESSION: NodeDef = node("session", "One comment on an issue that names the run.")
    .children(&[&SESSION_ON, &SESSION_TO, &AUTH_RECORD])
    .example("session {\n    on \"linear\"\n    to input=\"issue\"\n    auth \"linear-record\"\n}");
static SESSION_ON: NodeDef = node("on", "The service.")
    .args(&[arg("service", Word(&["linear"]))])
    .example("on \"linear\"")
    .one();
static SESSION_TO: NodeDef = node("to", "The issue: an input, or a constant.")
    .args(&[maybe("place", Line)])
    .props(&[may(
        "input",
        Ref(Decl::Input),
        "The input that gives the issue.",
    )])
    .example("to input=\"issue\"")
    .one();
static RETRY: NodeDef = node("retry", "Cycles that are repeated when their pod was lost.")
    .args(&[arg("times", Int(1, 20))])
    .props(&[need(
        "on",
        Word(&["infrastructure"]),
        "What is repeated: only lost pods.",
    )])
    .children(&[&BACKOFF])
    .example("retry 2 on=\"infrastructure\"");
static BACKOFF: NodeDef = node("backoff", "Time before a repeat (default 10s).")
    .args(&[arg("time", Duration)])
    .example("backoff \"30s\"");
static SCHEDULE: NodeDef = node(
    "schedule",
    "When it starts by itself. Each required input then needs a default.",
)
.args(&[arg("cron", Cron)])
.children(&[&TIMEZONE, &OVERLAP, &CATCH_UP])
.example("schedule \"0 3 * * 1-5\" {\n    timezone \"Asia/Seoul\"\n}");
static QUEUE: NodeDef = node(
    "queue",
    "The queue of the target in which it waits for a slot before its first step. A run on this machine does not wait.",
)
.args(&[arg("name", Name)])
.example("queue \"chat\"");
static TIMEZONE: NodeDef = node("timezone", "IANA time zone.")
    .args(&[arg("zone", Timezone)])
    .example("timezone \"Asia/Seoul\"")
    .one();
static OVERLAP: NodeDef = node(
    "overlap",
    "What happens when the previous run is still going (default forbid).",
)
.args(&[arg("what", Word(&["forbid", "allow", "replace"]))])
.example("overlap \"forbid\"");
static CATCH_UP: NodeDef = node(
    "catch-up",
    "How late a missed start may still happen (default 5m).",
)
.args(&[arg("time", Duration)])
.example("catch-up \"10m\"");
