mod allowed;
mod budget;
mod clone;
mod cycle;
mod denial;
mod journal;
mod limits;
mod tool;

use super::State;
use crate::contract::Contract;
use crate::record::Event;
use crate::record::event::{Reserved, Settled};
use crate::record::tests::opened;
use serde_json::json;

/// Three cycles and one repeat; agent `a` has limits and tools, `b` neither.
fn contract() -> Contract {
    let tool = |tool: &str, times: Option<u64>, approval: Option<&str>| {
        let mut grant = json!({"server": "s", "tool": tool, "effect": true, "bind": {}});
        if let Some(times) = times {
            grant["times"] = times.into();
        }
        if let Some(approval) = approval {
            grant["approval"] = approval.into();
        }
        grant
    };
    let agent = |name: &str, tools: serde_json::Value, limits: serde_json::Value| {
        json!({"name": name, "harness": "generic", "command": [], "models": [], "tools": tools,
               "tunnels": [], "http": [], "limits": limits, "env": {}})
    };
    let limits = json!({"turns": 6, "tokens": 600, "traffic": 900,
                        "cost": {"micros": 60, "currency": "USD"}});
    let tools = json!([
        tool("twice", Some(2), None),
        tool("asked", None, Some("team"))
    ]);
    let text = json!({
        "version": 1, "spec": "s", "namespace": "n", "inputs": [],
        "agents": [agent("a", tools, limits), agent("b", json!([]), json!({}))],
        "entry": "a", "models": [], "servers": [], "approvals": [],
        "limits": {"depth": 3, "deadline": 100, "cycle": 10, "export": 10, "turns": 10, "tokens": 1000,
                   "cost": {"micros": 100, "currency": "USD"}, "traffic": 1000, "concurrency": 3},
        "finish": {"submission": true, "reminders": 1}, "exports": [], "record": {"usage": true},
        "retry": {"infrastructure": 1, "backoff": 1}, "secrets": [],
        "network": {"closed": [], "private": []},
    });
    crate::open::parse(text.to_string().as_bytes()).unwrap()
}

fn claim(cycle: u32) -> Event {
    Event::CycleClaimed {
        cycle,
        bearer: format!("{cycle:064x}"),
    }
}

fn seal(cycle: u32) -> Event {
    Event::CycleSealed { cycle }
}

fn submit(cycle: u32, document: &str) -> Event {
    Event::Submission {
        cycle,
        document: document.to_owned(),
    }
}

fn reserve(reservation: u64, cycle: u32, agent: &str, tokens: u64) -> Event {
    Event::Reserved(Reserved {
        reservation,
        cycle,
        agent: agent.to_owned(),
        operation: Some("chat".to_owned()),
        model: Some("m".to_owned()),
        turns: 1,
        tokens,
        micros: tokens / 10,
        traffic: tokens,
    })
}

fn settle(reservation: u64, input_tokens: u64, output_tokens: u64) -> Event {
    Event::Settled(Settled {
        reservation,
        turns: 1,
        input_tokens,
        output_tokens,
        micros: 1,
        traffic: 1,
    })
}

/// A run whose first cycle is claimed.
fn running() -> State {
    State::replay(&contract(), &[Event::RunOpened(opened()), claim(0)]).unwrap()
}

/// The verdict on an event: `ok`, or the rule. A refused event changes nothing.
fn verdict(state: &mut State, event: &Event) -> &'static str {
    let before = state.clone();
    match state.apply(event) {
        Ok(()) => "ok",
        Err(refusal) => {
            assert_eq!(*state, before, "{event:?}");
            assert!(!refusal.to_string().is_empty());
            refusal.rule()
        }
    }
}

/// Applies events in order and compares each verdict.
fn script(mut state: State, steps: &[(Event, &str)]) -> State {
    for (n, (event, expected)) in steps.iter().enumerate() {
        assert_eq!(verdict(&mut state, event), *expected, "step {n}: {event:?}");
    }
    state
}
