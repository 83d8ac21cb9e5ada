//! The compiler of `pure-agent`.
#![forbid(unsafe_code)]

pub mod builtins;
pub mod bundle;
pub mod check;
pub mod cli;
#[cfg(feature = "cluster")]
pub mod cluster;
pub mod codes;
pub mod compile;
mod decode;
pub mod diag;
pub mod emit;
pub mod explain;
pub mod fmt;
pub mod init;
pub mod json;
pub mod load;
#[cfg(all(feature = "run", target_os = "linux"))]
pub mod local;
pub mod nodes;
pub mod plan;
pub mod policy;
pub mod project;
pub mod providers;
pub mod reach;
pub mod reference;
pub mod reserved;
pub mod resolve;
pub mod schema;
pub mod shape;
pub mod span;
pub mod spec;
pub mod submission;
pub mod syntax;
pub mod target;
pub mod upstreams;
pub mod value;
pub mod values;
pub mod walk;
pub mod workspace;
pub mod world;
pub mod yaml;
