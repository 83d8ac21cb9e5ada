//! Nodes of export `submit`: another run, in specs, policies and targets.

use super::Kind::{FilePath, IdPattern, Line, Name, Ref};
use super::{Decl, NodeDef, arg, may, need, node};

pub(super) static RUN: NodeDef = node(
    "run",
    "The run that export `submit` submits, and the spec that declares it: its inputs are known from there. The target \
     opens it by `submit`.",
)
.args(&[arg("name", Name)])
.props(&[need("file", FilePath, "The spec of that run.")])
.example("run \"daily\" file=\"daily.kdl\"");

pub(super) static INPUT: NodeDef = node(
    "input",
    "An input of the submitted run that the agent chooses, within what that run declares; repeat the node for more.",
)
.args(&[arg("name", Name)])
.example("input \"city\"")
.many();

pub(super) static BIND: NodeDef = node(
    "bind",
    "An input of the submitted run that the agent cannot choose: an input of this run, or a constant.",
)
.args(&[arg("name", Name)])
.props(&[
    may("input", Ref(Decl::Input), "The input that gives the value."),
    may("value", Line, "The value itself."),
])
.example("bind \"city\" value=\"Seoul\"")
.many();

pub(super) static RULE: NodeDef = node(
    "run",
    "Runs that export `submit` may submit, as a pattern of their names; repeat the node for more.",
)
.args(&[arg("name", IdPattern)])
.example("run \"daily\"")
.many();

pub(super) static SUBMIT: NodeDef = node(
    "submit",
    "A run that other runs of this target may submit; repeat the node for more. Only with one, or with `workloads`, may a \
     gateway have a token, for the API server alone, and reach it.",
)
.args(&[arg("run", Name)])
.example("submit \"daily\"")
.many();
