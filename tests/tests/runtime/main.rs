//! The runtime as its pods start it: the command lines that the compiler emits, sockets and files.

mod attack;
mod choose;
mod connect;
mod contract;
mod doc;
mod gateway;
mod pack;
mod router;
mod run;
mod scenario;
mod shim;
mod start;
mod steps;
mod tools;
mod world;

use pure_agent_tests::{emitted, place};
