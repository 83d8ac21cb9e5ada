//! The runtime as its pods start it: the command lines that the compiler emits, sockets and files.

mod connect;
mod contract;
mod emitted;
mod gateway;
mod pack;
mod place;
mod router;
mod shim;
mod start;
