//! `pure-agent-runtime ROLE`
fn main() {}
