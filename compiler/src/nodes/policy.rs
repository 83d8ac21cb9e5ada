//! Nodes of policies: upper bounds. Where a policy is silent, nothing is allowed.

use super::Kind::{
    BranchPattern, Code, Cpu, Date, Duration, EnvName, FilePattern, Host, IdPattern, ImagePattern,
    Int, Line, Method, Money, Name, ObjectName, OwnerRepo, PathPattern, RepoPattern, S3, Size,
    SshKey, Word,
};
use super::spec::{USE, VERSION};
use super::{NodeDef, Unique, arg, may, need, node};

/// Top-level nodes of a policy file.
pub static TOP: &[&NodeDef] = &[&VERSION, &USE, &POLICY];

static POLICY: NodeDef = node(
    "policy",
    "Upper bounds. Several policies intersect: each must permit. Bounds are on facts (a model's \
     provider, id and address; a Secret's object and key; a builtin's kind and tool), never on \
     the names that a spec gives them.",
)
.args(&[arg("name", Name)])
.children(&[
    &ABOUT,
    &IMAGE,
    &MODEL,
    &UPSTREAM,
    &SECRET,
    &EGRESS,
    &TOOL,
    &APPROVE,
    &SERVICE,
    &READ_BUCKET,
    &super::workloads::RULE,
    &REPO,
    &APPROVER,
    &ENV,
    &OWNER,
    &LIMITS,
    &WORST,
    &EXPORT,
    &SCHEDULE,
    &super::trigger::RULE,
    &KEEP,
    &ASSERT,
    &WAIVE,
])
.example("policy \"baseline\" {\n    image \"images.example.com/agents/*\"\n}")
.many();

static ABOUT: NodeDef = node("about", "Why this policy exists, in one line.")
    .args(&[arg("text", Line)])
    .example("about \"What every team may do\"");
static IMAGE: NodeDef = node(
    "image",
    "Images that may run, agents and servers alike, as a pattern of repositories without tag and \
     digest.",
)
.args(&[arg("repository", ImagePattern)])
.example("image \"images.example.com/agents/*\"")
.many();
static MODEL: NodeDef = node(
    "model",
    "Models that may be asked: a provider and a pattern of its ids. Their address must be an \
     `upstream` too.",
)
.args(super::spec::PROVIDERS)
.props(&[need("id", IdPattern, "Pattern of model ids.")])
.example("model \"anthropic\" id=\"claude-*\"")
.many()
.unique(Unique::All);
static UPSTREAM: NodeDef = node(
    "upstream",
    "A host that the gateway may dial on its own account: models, tools, approvals, exports, \
     record. Agents' own egress is bounded by `egress`, never by this list.",
)
.args(&[arg("host", Host)])
.props(&[may("port", Int(1, 65_535), "TCP port (default 443).")])
.example("upstream \"api.anthropic.com\"")
.many()
.unique(Unique::All);
static SECRET: NodeDef = node(
    "secret",
    "Keys of a Kubernetes Secret that may be used, what for, and which host they may be sent to.",
)
.args(&[arg("secret", ObjectName)])
.props(&[
    need("key", IdPattern, "Pattern of keys."),
    need(
        "for",
        Word(&["model", "mcp", "approval", "export", "record", "http"]),
        "The only kind of consumer.",
    ),
    need("to", Host, "Host that the value may be sent to."),
])
.example("secret \"agent-secrets\" key=\"*\" for=\"model\" to=\"api.anthropic.com\"")
.many()
.unique(Unique::All);
static EGRESS: NodeDef = node("egress", "What agents may reach outside.")
    .children(&[&TUNNEL, &HTTP])
    .example("egress {\n    http \"api.github.com\" {\n        allow \"GET\" \"/**\"\n    }\n}");
static TUNNEL: NodeDef = node(
    "tunnel",
    "A host to which agents may tunnel. `acknowledge` says why it is right that the content is \
     not seen; without it every tunnel is a finding.",
)
.args(&[arg("host", Host)])
.props(&[
    may("port", Int(1, 65_535), "TCP port (default 443)."),
    may("acknowledge", Line, "Why unseen content is accepted."),
])
.example("tunnel \"packages.example.com\" acknowledge=\"content is not seen\"")
.many()
.unique(Unique::All);
static HTTP: NodeDef = node("http", "A host that agents may ask through the gateway.")
    .args(&[arg("host", Host)])
    .children(&[&HTTP_ALLOW])
    .example("http \"api.github.com\" {\n    allow \"GET\" \"/**\"\n}")
    .many();
static HTTP_ALLOW: NodeDef = node("allow", "A method and the paths that it may be used on.")
    .args(&[arg("method", Method), arg("path", PathPattern)])
    .example("allow \"GET\" \"/repos/**\"")
    .some()
    .unique(Unique::Args);
static TOOL: NodeDef = node(
    "tool",
    "Tools that agents may call: a builtin's kind or the repository of a server's image, and a \
     pattern of tool names. Those of the builtins `http` and `s3` are bounded by `service` and \
     `bucket`; those of `kubernetes` by `deployment`, too.",
)
.args(&[arg("server", ImagePattern), arg("tool", IdPattern)])
.props(&[may("times", Int(1, 10_000), "Most calls in a run.")])
.example("tool \"linear\" \"*\"")
.many()
.unique(Unique::Args);
static APPROVE: NodeDef = node(
    "approve",
    "Tools that agents may call only when a person approves each call.",
)
.args(&[arg("server", ImagePattern), arg("tool", IdPattern)])
.props(&[may("times", Int(1, 10_000), "Most calls in a run.")])
.example("approve \"fetch\" \"*\"")
.many()
.unique(Unique::Args);
static SERVICE: NodeDef = node(
    "service",
    "What tools of a builtin `http` may ask of a host. The names of such tools are the spec's own, so that \
     requests are bounded and not names. The host must be an `upstream` too.",
)
.args(&[arg("host", Host)])
.props(&[may("port", Int(1, 65_535), "TCP port (default 443).")])
.children(&[&SERVICE_ALLOW, &SERVICE_APPROVE])
.example("service \"stats.monitoring.svc\" port=7100 {\n    allow \"GET\" \"/stats\"\n}")
.many()
.unique(Unique::All);
static SERVICE_ALLOW: NodeDef = node("allow", "A method and paths that tools may use.")
    .args(&[arg("method", Method), arg("path", PathPattern)])
    .props(&[may("times", Int(1, 10_000), "Most calls in a run.")])
    .example("allow \"GET\" \"/services/*\"")
    .many()
    .unique(Unique::Args);
static SERVICE_APPROVE: NodeDef = node(
    "approve",
    "A method and paths that tools may use only when a person approves each call.",
)
.args(&[arg("method", Method), arg("path", PathPattern)])
.props(&[may("times", Int(1, 10_000), "Most calls in a run.")])
.example("approve \"POST\" \"/services/*/restart\"")
.many()
.unique(Unique::Args);
static READ_BUCKET: NodeDef = node(
    "bucket",
    "A place in S3 that tools of a builtin `s3` may read, and what stands below it. Its host must be an \
     `upstream` too.",
)
.args(&[arg("place", S3)])
.props(&[need("months", Int(1, 1200), "Most months of one call.")])
.example("bucket \"s3://market-data/gold\" months=120")
.many();
static REPO: NodeDef = node(
    "repo",
    "Repositories that may be cloned, as `host/owner/name`.",
)
.args(&[arg("repository", RepoPattern)])
.example("repo \"github.com/dlddu/*\"")
.many();
static APPROVER: NodeDef = node("approver", "A person whose signature counts.")
    .args(&[arg("name", Name)])
    .props(&[need("key", SshKey, "SSH public key.")])
    .example(
        "approver \"kim\" key=\"ssh-ed25519 \
         AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\"",
    )
    .many();
static ENV: NodeDef = node("env", "An environment variable that agents may be given.")
    .args(&[arg("name", EnvName)])
    .example("env \"LANG\"")
    .many();
static OWNER: NodeDef = node(
    "owner",
    "Owners that may use this policy; none listed: every run needs no owner.",
)
.args(&[arg("owner", IdPattern)])
.example("owner \"team-*\"")
.many();

static LIMITS: NodeDef = node(
    "limits",
    "The most that a run may set. A limit that is not written here is not permitted at all.",
)
.children(&[
    &DEPTH,
    &DEADLINE,
    &CYCLE,
    &EXPORT_TIME,
    &TURNS,
    &TOKENS,
    &COST,
    &TRAFFIC,
    &CONCURRENCY,
    &CPU,
    &MEMORY,
    &STORAGE,
    &WORKSPACE,
    &RETRY,
    &REMINDERS,
    &ARCHIVE,
])
.example("limits {\n    depth 20\n    deadline \"4h\"\n    tokens 5_000_000\n}");
static DEPTH: NodeDef = node("depth", "Cycles.")
    .args(&[arg("times", Int(1, 50))])
    .example("depth 20");
static DEADLINE: NodeDef = node("deadline", "Time in which agents may act.")
    .args(&[arg("time", Duration)])
    .example("deadline \"4h\"");
static CYCLE: NodeDef = node("cycle", "Time of one cycle (default: as `deadline`).")
    .args(&[arg("time", Duration)])
    .example("cycle \"1h\"");
static EXPORT_TIME: NodeDef = node("export", "Time of pack and export together (default 10m).")
    .args(&[arg("time", Duration)])
    .example("export \"10m\"");
static TURNS: NodeDef = node("turns", "Model calls.")
    .args(&[arg("times", Int(1, 1_000_000))])
    .example("turns 500");
static TOKENS: NodeDef = node("tokens", "Tokens.")
    .args(&[arg("tokens", Int(1, 9_007_199_254_740_991))])
    .example("tokens 5_000_000");
static COST: NodeDef = node(
    "cost",
    "Money. Where it is set, every run needs a `cost` and every model a price.",
)
.args(&[arg("amount", Money)])
.example("cost \"50 USD\"");
static TRAFFIC: NodeDef = node("traffic", "Bytes to and from egress hosts (default 1Gi).")
    .args(&[arg("size", Size)])
    .example("traffic \"1Gi\"");
static CONCURRENCY: NodeDef = node("concurrency", "Requests under way at once (default 8).")
    .args(&[arg("times", Int(1, 1_000))])
    .example("concurrency 16");
static CPU: NodeDef = node("cpu", "CPUs of one container (default 1).")
    .args(&[arg("cpus", Cpu)])
    .example("cpu \"2\"");
static MEMORY: NodeDef = node("memory", "Memory of one container (default 2Gi).")
    .args(&[arg("size", Size)])
    .example("memory \"4Gi\"");
static STORAGE: NodeDef = node(
    "storage",
    "Ephemeral storage of one container (default 2Gi).",
)
.args(&[arg("size", Size)])
.example("storage \"4Gi\"");
static WORKSPACE: NodeDef = node("workspace", "Size of the workspace.")
    .args(&[arg("size", Size)])
    .example("workspace \"20Gi\"");
static RETRY: NodeDef = node("retry", "Repeats after lost pods (default 3).")
    .args(&[arg("times", Int(0, 20))])
    .example("retry 3");
static REMINDERS: NodeDef = node("reminders", "Reminders (default 5).")
    .args(&[arg("times", Int(0, 20))])
    .example("reminders 5");
static ARCHIVE: NodeDef = node("archive", "Bytes of content of one export (default 100Mi).")
    .args(&[arg("size", Size)])
    .example("archive \"100Mi\"");

static WORST: NodeDef = node(
    "worst-case",
    "Bounds on the most that one run can use, as `plan` computes it from all limits together.",
)
.children(&[&PODS, &WALL_TIME, &WORST_TOKENS, &WORST_COST, &RUNS])
.example("worst-case {\n    pods 80\n    wall-time \"6h\"\n}");
static PODS: NodeDef = node("pods", "Pods started in one run, launchers included.")
    .args(&[arg("times", Int(1, 10_000))])
    .example("pods 80");
static WALL_TIME: NodeDef = node("wall-time", "Time until nothing of a run is left.")
    .args(&[arg("time", Duration)])
    .example("wall-time \"6h\"");
static WORST_TOKENS: NodeDef = node("tokens", "Tokens; for a schedule, of all runs of a day.")
    .args(&[arg("tokens", Int(1, 9_007_199_254_740_991))])
    .example("tokens 5_000_000");
static WORST_COST: NodeDef = node("cost", "Money; for a schedule, of all runs of a day.")
    .args(&[arg("amount", Money)])
    .example("cost \"100 USD\"");
static RUNS: NodeDef = node("runs-per-day", "Starts of a schedule in one day.")
    .args(&[arg("times", Int(1, 1_440))])
    .example("runs-per-day 24");

static EXPORT: NodeDef = node(
    "export",
    "A kind of export that is permitted, with its bounds.",
)
.args(&[arg(
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
)])
.children(&[
    &ON,
    &EXPORT_REPO,
    &BASE,
    &BRANCH,
    &PROTECT,
    &BUCKET,
    &NOTIFY_HOST,
    &NOTIFY_SUMMARY,
    &super::submit::RULE,
    &TIMES,
    &EXPORT_APPROVE,
])
.example("export \"pull-request\" {\n    on \"github\"\n    repo \"dlddu/*\"\n    base \"main\"\n}")
.many()
.unique(Unique::Never);
static ON: NodeDef = node("on", "The service.")
    .args(&[arg("service", Word(&["linear", "github"]))])
    .example("on \"linear\"");
static EXPORT_REPO: NodeDef = node("repo", "Repositories of pull requests, `owner/name`.")
    .args(&[arg("repository", OwnerRepo)])
    .example("repo \"dlddu/*\"")
    .many();
static BASE: NodeDef = node("base", "Branches that pull requests may go to.")
    .args(&[arg("branch", BranchPattern)])
    .example("base \"main\"")
    .many();
static BRANCH: NodeDef = node("branch", "Branches that pull requests may come from.")
    .args(&[arg("branch", BranchPattern)])
    .example("branch \"agent/**\"")
    .many();
static PROTECT: NodeDef = node("protect", "Files that every pull request must protect.")
    .args(&[arg("files", FilePattern)])
    .example("protect \".github/**\"")
    .many();
static BUCKET: NodeDef = node("to", "Buckets and prefixes that objects may go to.")
    .args(&[arg("place", S3)])
    .example("to \"s3://reports/agents\"")
    .many();
static NOTIFY_HOST: NodeDef = node("host", "Hosts that people may be notified by.")
    .args(&[arg("host", Host)])
    .example("host \"hooks.example.com\"")
    .many();
static NOTIFY_SUMMARY: NodeDef = node(
    "summary",
    "People may be told what the agent says, and not the words of the spec alone.",
)
.example("summary");
static TIMES: NodeDef = node("times", "Most times in a run (default 1).")
    .args(&[arg("times", Int(1, 100))])
    .example("times 1");
static EXPORT_APPROVE: NodeDef =
    node("approve", "It may happen only when a person approves it.").example("approve");
static SCHEDULE: NodeDef = node(
    "schedule",
    "Runs may start by themselves, this often at most.",
)
.props(&[need("every", Duration, "Least time between two starts.")])
.example("schedule every=\"1h\"");
static KEEP: NodeDef = node("keep", "Volumes of ended runs may stay, this long at most.")
    .props(&[need("for", Duration, "Longest time.")])
    .example("keep for=\"7d\"");

static ASSERT: NodeDef = node(
    "assert",
    "Turns a path that the flow check finds into an error: untrusted text reaches an agent that \
     reads what is private and can send it outward.",
)
.args(&[arg("what", Word(&["no-path"]))])
.props(&[
    may(
        "from",
        Word(&["any", "input", "issue", "repository", "web", "server"]),
        "Where the untrusted text comes from (default any).",
    ),
    may(
        "to",
        Word(&["any", "tunnel", "http", "tool", "export"]),
        "The channel by which it leaves (default any).",
    ),
])
.example("assert \"no-path\" to=\"tunnel\"")
.many()
.unique(Unique::All);
static WAIVE: NodeDef = node(
    "waive",
    "Accepts a finding, with a reason and an end. An expired waiver is an error, an unused one a \
     warning.",
)
.args(&[arg("code", Code)])
.props(&[may("run", Name, "Only in this run.")])
.children(&[&REASON, &UNTIL])
.example("waive \"PA0510\" {\n    reason \"the mirror is ours\"\n    until \"2027-03-31\"\n}")
.many()
.unique(Unique::All);
static REASON: NodeDef = node("reason", "Why it is accepted.")
    .args(&[arg("text", Line)])
    .example("reason \"the mirror is ours\"")
    .one();
static UNTIL: NodeDef = node("until", "Last day on which it counts.")
    .args(&[arg("date", Date)])
    .example("until \"2027-03-31\"")
    .one();
