//! Nodes of the steps of a run.

use super::Kind::{Duration, Int, Line, Name, Ref};
use super::spec::{EXPORT_CHILDREN, EXPORT_KIND, INPUT_SIZE, MATCH, NAME, ONE_OF};
use super::{Decl, NodeDef, Unique, arg, may, need, node};

pub(super) static GRAPH: NodeDef = node(
    "graph",
    "The steps of a run, and what follows each of their outcomes. The first step that is listed is where the \
     run begins. Whatever happens, one of the edges that stand here is taken, and no circle is without a bound: \
     the most steps that a run can take are known before it starts, and `limits` has room for them.",
)
.children(&[&STEP])
.example(
    "graph {\n    step \"write\" {\n        agent \"coder\"\n        on \"ok\" goto=\"end\"\n        on \"failed\" \
     goto=\"fail\"\n    }\n}",
);

static STEP: NodeDef = node(
    "step",
    "One step: an agent, the call of a tool, a question to a person, or an export; and an edge for each of its \
     outcomes. `end` and `fail` are where a run ends, with success or as failed, and no step is called so.",
)
.args(NAME)
.children(&[&STEP_AGENT, &CALL, &STEP_APPROVAL, &STEP_EXPORT, &OUTCOME])
.example(
    "step \"write\" {\n    agent \"coder\"\n    on \"ok\" goto=\"end\"\n    on \"failed\" goto=\"fail\"\n}",
)
.some();

static STEP_AGENT: NodeDef = node(
    "agent",
    "An agent works. Its outcomes are `failed` (it submitted nothing, or its pod was lost) and either `ok` or two \
     or more words of your own, of which it says one when it submits.",
)
.args(&[arg("agent", Ref(Decl::Agent))])
.children(&[&ANSWER])
.example("agent \"analyst\" {\n    answer \"replicas\" {\n        one-of \"1\" \"2\" \"3\"\n    }\n}");

static ANSWER: NodeDef = node(
    "answer",
    "A value that the agent must give when it submits, checked like an input of the run. Later calls may take it.",
)
.args(NAME)
.children(&[&INPUT_SIZE, &MATCH, &ONE_OF])
.example("answer \"deployment\" {\n    match \"[a-z-]{1,40}\"\n}")
.many();

static CALL: NodeDef = node(
    "call",
    "The gateway calls a tool of an `mcp`, with these arguments and no others, once in each visit of the step. \
     Policies bound it as they bound the tools of agents. Its outcomes are `ok` and `failed`; the agents of later \
     steps read what it gave, as text that nobody vouches for.",
)
.args(&[arg("mcp", Ref(Decl::Mcp)), arg("tool", Line)])
.children(&[&ARGUMENT, &AFTER])
.example(
    "call \"stats\" \"get_service_logs\" {\n    argument \"service\" input=\"service\"\n    argument \"lines\" \
     value=\"200\"\n}",
);

static ARGUMENT: NodeDef = node(
    "argument",
    "An argument of the call: an input of the run, a constant, or the answer of an agent.",
)
.args(&[arg("argument", Line)])
.props(&[
    may("input", Ref(Decl::Input), "The input that gives the value."),
    may("value", Line, "The value itself."),
    may(
        "answer",
        Line,
        "The answer that gives it, as `STEP/ANSWER`.",
    ),
])
.example("argument \"deployment\" answer=\"cause/deployment\"")
.many();

static AFTER: NodeDef = node(
    "after",
    "Time that passes before the call; none, unless written.",
)
.args(&[arg("time", Duration)])
.example("after \"30s\"");

static STEP_APPROVAL: NodeDef = node(
    "approval",
    "A person decides about the call of another step: the tool, with exactly the arguments that it has. The call is \
     then made with these and no others, and no way leads to it but by an approval. Its outcomes are `approved`, \
     `rejected` and `expired`.",
)
.args(&[arg("approval", Ref(Decl::Approval))])
.props(&[need("of", Name, "The step with the call.")])
.example("approval \"operator\" of=\"execute\"");

static STEP_EXPORT: NodeDef = node(
    "export",
    "An export becomes due. It happens at the end of the run, like every export, and once, however often the step \
     is visited. It is the name of a `step` of `export`: its kind, and a number from the second of a kind on. Its \
     only outcome is `ok`.",
)
.args(&[arg("export", Name)])
.example("export \"report\"");

static OUTCOME: NodeDef = node(
    "on",
    "Where the run goes after an outcome: to a step, to `end`, or to `fail`. An edge of a circle that leads back, to \
     its own step or to one that is listed before it, says how often it is taken at most, and where the run goes \
     `then`.",
)
.args(&[arg("outcome", Name)])
.props(&[
    need("goto", Name, "The step, `end` or `fail`."),
    may(
        "max",
        Int(1, 49),
        "Times at most in a run; where an edge leads back.",
    ),
    may("then", Name, "Where the run goes after that."),
])
.example("on \"failed\" goto=\"cause\" max=2 then=\"escalate\"")
.some();

/// `step`, an export.
pub(super) static DUE: NodeDef = node(
    "step",
    "An export that happens if the run came by a step that names it.",
)
.args(EXPORT_KIND)
.children(EXPORT_CHILDREN)
.example(
    "step \"comment\" {\n    on \"linear\"\n    to input=\"issue\"\n    auth \"linear-out\"\n}",
)
.many()
.unique(Unique::Never);
