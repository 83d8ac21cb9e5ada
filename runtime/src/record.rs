//! The chained log of a run: the only state that the gateway keeps.
//!
//! [`event`] says what can be recorded, [`chain`] what a line is, [`read`] verifies a text of lines,
//! [`log`] is the file, [`verify`](mod@verify) checks one that is finished. What follows from the events is in
//! [`crate::state`].
//!
//! The chain shows that nothing was changed, left out or put in between. It cannot show that the end is
//! missing, or that everything was written anew: who must know that keeps the last hash elsewhere.

pub mod chain;
pub mod event;
pub mod log;
pub mod read;
pub mod rule;
pub mod verify;
mod writer;

pub use event::Event;
pub use log::Log;
pub use rule::{Broken, Rule};

#[cfg(test)]
pub(crate) mod tests;
