//! Where a connection may go, and the only place of the runtime that dials.
//!
//! - `address`: whether an IP address is one that the gateway may reach;
//! - `host`: the name that a request asks for, and the patterns of the contract;
//! - `hello`: whether the first bytes of a tunnel are TLS to that name;
//! - `dial`: one resolution, every address judged, only judged addresses dialled;
//! - `tls`: TLS to an upstream of the gateway's own requests;
//! - `tunnel`: bytes between an agent and a host, within bounds.
//!
//! A refusal names its rule in a stable word (`rule()`) and says it in a sentence (`Display`), which tells nothing
//! that an agent must not know: no address that a name has.

pub mod address;
pub mod dial;
pub mod hello;
pub mod host;
pub mod tls;
pub mod tunnel;
