//! The command as a user meets it: what it prints where, what it writes, and how it ends.

mod check;
mod compile;
mod files;
mod formats;
mod pages;
mod streams;
