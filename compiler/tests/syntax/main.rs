//! Text to nodes, and back to text.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics is a test that fails"
)]

mod dice;
mod fmt;
mod hostile;
mod kdl;
mod mistakes;
mod pages;
mod recovery;
mod world;
