//! Runs on this machine, as a user starts them.

mod endings;
mod escapes;
mod graph;
mod quickstart;
mod reference;
mod refusals;
mod routed;
mod same;
mod seeds;
