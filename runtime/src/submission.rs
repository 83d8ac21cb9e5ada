//! What an agent hands in at the end of a cycle.
