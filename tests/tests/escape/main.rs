//! The agent that tries every way out: where the door is open it leads out, and where it is closed it does not.

mod closed;
mod list;
mod local;
mod open;
