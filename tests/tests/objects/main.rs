//! Objects as data, text and files: other readers agree, digests hold, files are safe.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the whole binary is tests"
)]

mod bundle;
mod crd;
mod emitted;
mod json;
mod strings;
mod write;
mod yaml;
