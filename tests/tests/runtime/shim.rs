//! The shim in an agent's container, started as the pod starts it, before a stand-in for the gateway.

mod gateway;
mod given;
mod place;
mod process;
mod real;
mod reminders;
