//! A workspace becomes inert bytes.
