//! Nodes of triggers: what of an event is handed in, in specs, and which events may start runs, in policies.

use super::Decl;
use super::Kind::{EventPointer, Name, Ref};
use super::{NodeDef, arg, may, node};

pub(super) static TRIGGER: NodeDef = node(
    "trigger",
    "An event that starts it: whoever may posts JSON to Argo's event endpoint, under this name. Each event starts a run of \
     its own, whether or not one came before; a `queue` bounds how many go on at once. Each required input then needs a \
     default or a place in the payload.",
)
.args(&[arg("event", Name)])
.children(&[&INPUT])
.example("trigger \"alert\" {\n    input \"service\" text=\"/commonLabels/service\"\n}")
.many();

static INPUT: NodeDef = node(
    "input",
    "An input of the run and the place in the payload that gives its value, as a JSON Pointer: names and numbers of \
     elements with a `/` before each. A number is an element of a list, never a member. Where nothing or null stands there, \
     nothing is handed in. The value is checked like every other input before anything starts.",
)
.args(&[arg("input", Ref(Decl::Input))])
.props(&[
    may(
        "text",
        EventPointer,
        "Where a text stands; a run whose event has something else there is refused.",
    ),
    may(
        "json",
        EventPointer,
        "Where a value of any kind stands: its JSON is handed in, as text. The empty pointer is the whole payload.",
    ),
])
.example("input \"service\" text=\"/commonLabels/service\"")
.many();

pub(super) static RULE: NodeDef = node("trigger", "An event that may start runs.")
    .args(&[arg("event", Name)])
    .example("trigger \"alert\"")
    .many();
