//! Drives the harness of an agent. Nothing trusts it: an agent that kills it gains nothing.
