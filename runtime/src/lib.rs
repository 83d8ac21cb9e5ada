//! The runtime's side of `pure-agent`.
//!
//! Its [`contract`] is the one thing that the compiler and the runtime share: the versioned
//! configuration that the compiler writes and every role reads, verified, before it opens a
//! port or a file.
#![forbid(unsafe_code)]

pub mod contract;
