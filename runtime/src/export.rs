//! The end of a run: what was submitted goes where the contract says, once.
