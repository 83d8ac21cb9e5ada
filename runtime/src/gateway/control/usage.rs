//! What was used.

use crate::state::State;
use crate::state::amount::Total;
use serde_json::{Map, Value, json};

/// What the run, each agent and the choice of one used, in turns, tokens, millionths of the currency and bytes.
pub(in crate::gateway) fn usage(state: &State) -> Value {
    let used = state.budget().used();
    let (input, output) = state.tokens();
    let (allowed, denied) = state.requests();
    let agents = state.budget().agents();
    let agents: Map<String, Value> = agents
        .map(|(name, used)| (name.to_owned(), total(used)))
        .collect();
    let mut usage = json!({
        "turns": used.turns, "tokens": used.tokens, "micros": used.micros, "traffic": used.traffic,
        "gen_ai.usage.input_tokens": input, "gen_ai.usage.output_tokens": output,
        "allowed": allowed, "denied": denied, "agents": agents,
    });
    if let (Some(route), Some(usage)) = (state.budget().route(), usage.as_object_mut()) {
        usage.insert("route".to_owned(), total(route));
    }
    usage
}

fn total(used: Total) -> Value {
    json!({
        "turns": used.turns, "tokens": used.tokens, "micros": used.micros, "traffic": used.traffic,
    })
}
