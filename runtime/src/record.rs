//! The chained log of a run.
