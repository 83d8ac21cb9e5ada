//! Nodes of typed tools: what a spec says of a service, request by request.

use super::Kind::{Identifier, Int, Line, PathTemplate, Pointer, Regex, S3, Size, Text, Url, Word};
use super::{NodeDef, Unique, arg, need, node};

const MAX: i64 = 9_007_199_254_740_991;

pub(super) static SERVICE_URL: NodeDef = node(
    "url",
    "Base URL of the service that the tools ask. Plain `http` is for hosts inside the cluster.",
)
.args(&[arg("url", Url)])
.example("url \"http://stats.monitoring.svc:7100\"");

pub(super) static BUCKET: NodeDef = node(
    "bucket",
    "The place in S3 whose files a builtin `s3` gives, a folder for each month below it.",
)
.args(&[arg("place", S3)])
.example("bucket \"s3://market-data/gold/exchange_rates\"");

pub(super) static PARTITION: NodeDef = node(
    "partition",
    "What the folder of a month is called (default year=Y/month=M); with `MM`, months have two digits.",
)
.args(&[arg("form", Word(&["year=Y/month=M", "year=Y/month=MM"]))])
.example("partition \"year=Y/month=MM\"");

pub(super) static MONTHS: NodeDef = node("months", "Most months of one call.")
    .args(&[arg("times", Int(1, 1200))])
    .example("months 120");

pub(super) static TYPED_TOOL: NodeDef = node(
    "tool",
    "A tool of a builtin `http`: one request to its service. What reads is a `get`; every other method \
     counts as changing the outside world. An argument that stands in no path, not in `pick` and \
     decides no address is sent in the query, or in the JSON object that a `post`, `put` or `patch` \
     has as its body. The one tool of a builtin `s3` has a name and an `about` only.",
)
.args(&[arg("name", Identifier)])
.children(&[
    &TOOL_ABOUT, &ARG, &GET, &POST, &PUT, &PATCH, &DELETE, &PICK, &WHEN,
])
.example(
    "tool \"get_service_status\" {\n    about \"State of one service\"\n    arg \"service_name\" {\n        \
     one-of \"auth\" \"user_service\"\n    }\n    get \"/stats\"\n    pick \"/{service_name}\"\n}",
)
.many();

static TOOL_ABOUT: NodeDef = node(
    "about",
    "What it does, for a model that chooses among tools.",
)
.args(&[arg("text", Line)])
.example("about \"State of one service\"")
.one();

static ARG: NodeDef = node(
    "arg",
    "An argument of the tool: a text, bounded as an `input` of a run is, or a whole number.",
)
.args(&[arg("name", Identifier)])
.children(&[
    &ARG_ABOUT, &ARG_SIZE, &MATCH, &ONE_OF, &MIN, &ARG_MAX, &DEFAULT, &REQUIRED,
])
.example("arg \"service_name\" {\n    one-of \"auth\" \"user_service\"\n}")
.many();

static ARG_ABOUT: NodeDef = node("about", "What the argument says, for a model.")
    .args(&[arg("text", Line)])
    .example("about \"Name of the service\"");
static ARG_SIZE: NodeDef = node("size", "Most bytes (default 4Ki).")
    .args(&[arg("size", Size)])
    .example("size \"200\"");
static MATCH: NodeDef = node(
    "match",
    "A regular expression that the whole value must match.",
)
.args(&[arg("pattern", Regex)])
.example("match \"[a-z-]{1,40}\"");
static ONE_OF: NodeDef = node("one-of", "The values that it may have.")
    .args(&[arg("value", Line)])
    .rest()
    .example("one-of \"auth\" \"user_service\"");
static MIN: NodeDef = node("min", "The least whole number (default 0).")
    .args(&[arg("number", Int(-MAX, MAX))])
    .example("min 1");
static ARG_MAX: NodeDef = node(
    "max",
    "The most; the argument is then a whole number and no text.",
)
.args(&[arg("number", Int(-MAX, MAX))])
.example("max 500");
static DEFAULT: NodeDef = node(
    "default",
    "The value where none is sent; a number stands as text.",
)
.args(&[arg("value", Text)])
.example("default \"auth\"");
static REQUIRED: NodeDef = node(
    "required",
    "Whether a call without it is refused (default yes, no with `default`).",
)
.args(&[arg("yes", super::Kind::Bool)])
.example("required #false");

const PATH: &[super::ArgDef] = &[arg("path", PathTemplate)];
static GET: NodeDef = node(
    "get",
    "The path that is read, below the base URL. `{name}` is the value of an argument and always a \
     whole segment.",
)
.args(PATH)
.example("get \"/services/{service_name}\"");
static POST: NodeDef = node("post", "The path that is posted to.")
    .args(PATH)
    .example("post \"/services/{service_name}/restart\"");
static PUT: NodeDef = node("put", "The path that is put.")
    .args(PATH)
    .example("put \"/services/{service_name}/scale\"");
static PATCH: NodeDef = node("patch", "The path that is patched.")
    .args(PATH)
    .example("patch \"/services/{service_name}\"");
static DELETE: NodeDef = node("delete", "The path that is deleted.")
    .args(PATH)
    .example("delete \"/services/{service_name}\"");
static PICK: NodeDef = node(
    "pick",
    "A JSON Pointer to the part of the answer that the agent gets. `{name}` is the value of an \
     argument and always a whole token.",
)
.args(&[arg("pointer", Pointer)])
.example("pick \"/{service_name}\"");
static WHEN: NodeDef = node(
    "when",
    "Where else the tool asks when an argument, which has a `one-of`, is a value. All of a tool are \
     about one argument.",
)
.args(&[arg("argument", Identifier)])
.props(&[need("is", Line, "The value.")])
.children(&[&WHEN_URL, &WHEN_PATH])
.example(
    "when \"service_name\" is=\"load-balancer\" {\n    url \
     \"http://load-balancer.monitoring.svc:7100\"\n    path \"/lb-health\"\n}",
)
.many()
.unique(Unique::All);
static WHEN_URL: NodeDef = node("url", "Another base URL.")
    .args(&[arg("url", Url)])
    .example("url \"http://load-balancer.monitoring.svc:7100\"");
static WHEN_PATH: NodeDef = node("path", "Another path.")
    .args(PATH)
    .example("path \"/lb-health\"");
