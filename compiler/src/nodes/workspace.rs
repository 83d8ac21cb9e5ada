//! Nodes of `pure-agent.kdl`, the file at the root of a repository.

use super::Kind::{Glob, Ref};
use super::spec::VERSION;
use super::{Decl, NodeDef, arg, node};

/// Top-level nodes of a workspace file.
pub static TOP: &[&NodeDef] = &[&VERSION, &SPECS, &POLICIES, &TARGETS, &REQUIRE, &TARGET];

static SPECS: NodeDef = node("specs", "Files that hold run specs; may be repeated.")
    .args(&[arg("pattern", Glob)])
    .example("specs \"agents/*.kdl\"")
    .some();
static POLICIES: NodeDef = node("policies", "Files that hold policies; may be repeated.")
    .args(&[arg("pattern", Glob)])
    .example("policies \"policies/*.kdl\"")
    .many();
static TARGETS: NodeDef = node("targets", "Files that hold targets; may be repeated.")
    .args(&[arg("pattern", Glob)])
    .example("targets \"targets/*.kdl\"")
    .many();
static REQUIRE: NodeDef = node(
    "require",
    "A policy that bounds every spec of the workspace, whatever the spec itself uses.",
)
.args(&[arg("policy", Ref(Decl::Policy))])
.example("require \"baseline\"")
.many();
static TARGET: NodeDef = node("target", "The target where `--target` says nothing.")
    .args(&[arg("target", Ref(Decl::Target))])
    .example("target \"kind\"");
