//! The decision after a cycle.
