//! The shim in an agent's container, started as the pod starts it, before a stand-in for the gateway.

mod attacks;
mod gateway;
mod place;
mod real;
