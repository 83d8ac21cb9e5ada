//! Official SDKs through the gateway: what they see, and what their providers are sent.

use crate::direct::{anthropic_calls, openai_calls};
use crate::provider::Asker;
use crate::run::{Agent, Script, script};
use crate::{anthropic, openai};
use pure_agent_tests::canary::canary;
use pure_agent_tests::world::{GATEWAY, GATEWAY_PORT, Served, World};
use serde_json::{Value, json};

const PYTHON: [&str; 3] = ["anthropic_calls.py", "openai_calls.py", "refused.py"];
const NODE: [&str; 3] = ["anthropic_calls.mjs", "openai_calls.mjs", "refused.mjs"];

/// A world with both providers, which know the secrets of the contract and nothing of the agent's bearer.
fn providers(world: &World) -> (Served, Served) {
    let (claude, gpt) = (canary("claude"), canary("gatekeeper"));
    (
        world.serve("api.anthropic.com", move |r| {
            anthropic::serve(r, Asker::Gateway, &claude)
        }),
        world.serve("api.openai.com", move |r| {
            openai::serve(r, Asker::Gateway, &gpt)
        }),
    )
}

/// Gives the agent the models of one provider, without prices.
fn models(contract: &mut Value, provider: &str, ids: &[&str], auth: &str) {
    let all = ids.iter().map(|id| {
        let url = format!("https://api.{provider}.com");
        json!({"name": id, "provider": provider, "id": id, "url": url, "auth": auth})
    });
    contract["models"] = all.collect();
    contract["agents"][0]["models"] = json!(ids);
    contract["limits"].as_object_mut().unwrap().remove("cost");
}

fn claude(contract: &mut Value) {
    models(contract, "anthropic", &[anthropic::MODEL], "claude");
}

fn gpt(contract: &mut Value) {
    let ids = [openai::MODEL, openai::EMBEDDER];
    models(contract, "openai", &ids, "gatekeeper");
}

/// What a script sees that asks the gateway.
fn seen(agent: &Agent<'_>, which: Script, args: &[&str]) -> Option<Value> {
    let base = format!("http://{GATEWAY}:{GATEWAY_PORT}");
    script(
        which,
        |program| agent.client(program),
        args,
        &[
            ("ANTHROPIC_API_KEY", &agent.bearer),
            ("ANTHROPIC_BASE_URL", &base),
            ("OPENAI_API_KEY", &agent.bearer),
            ("OPENAI_BASE_URL", &format!("{base}/v1")),
        ],
    )
}

/// Bodies of requests in their order, but for what the gateway says itself.
fn bodies(served: &Served) -> Vec<Value> {
    let asked = served.asked().into_iter();
    let bodies = asked.filter_map(|r| serde_json::from_slice::<Value>(r.body()).ok());
    bodies.collect()
}

#[test]
fn anthropics_sdks_see_through_the_gateway_what_they_see_without_it() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let (asked, _) = providers(&world);
    for which in [Script::Python(PYTHON[0]), Script::Node(NODE[0])] {
        let agent = Agent::start(&world, claude);
        let before = bodies(&asked).len();
        let Some(seen) = seen(&agent, which, &[anthropic::MODEL]) else {
            continue;
        };
        assert_eq!(seen, anthropic_calls());
        // One of each call of the script: nothing was asked twice, and models are told by the contract.
        assert_eq!(bodies(&asked).len() - before, 5);
        let usage = agent.record();
        assert!(usage.contains(anthropic::MODEL), "{usage}");
    }
}

#[test]
fn openais_sdks_see_through_the_gateway_what_they_see_without_it() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let (_, asked) = providers(&world);
    for which in [Script::Python(PYTHON[1]), Script::Node(NODE[1])] {
        let agent = Agent::start(&world, gpt);
        let before = bodies(&asked).len();
        let args = [openai::MODEL, openai::EMBEDDER];
        let Some(seen) = seen(&agent, which, &args) else {
            continue;
        };
        assert_eq!(seen, openai_calls());
        let sent = bodies(&asked).split_off(before);
        assert_eq!(sent.len(), 8);
        // Nothing is kept upstream, and what a stream used is always told.
        for body in &sent {
            let keeps = body.get("store").is_some_and(|store| store != false);
            let blind = body["stream"] == true
                && body.get("messages").is_some()
                && body["stream_options"]["include_usage"] != true;
            assert!(!keeps && !blind, "{body}");
        }
        drop(agent.record());
    }
}

/// An SDK shows why, as the exception that it has for it, and does not try again.
#[test]
fn a_refusal_is_an_exception_with_its_reason_once() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let (claude_asked, gpt_asked) = providers(&world);
    for which in [Script::Python(PYTHON[2]), Script::Node(NODE[2])] {
        for (what, error, status, word) in [
            ("messages-model", "PermissionDeniedError", 403, "model"),
            (
                "messages-server-tool",
                "PermissionDeniedError",
                403,
                "web_search",
            ),
            ("messages-used-up", "RateLimitError", 429, "turns"),
            ("chat-model", "PermissionDeniedError", 403, "model"),
            (
                "chat-server-tool",
                "PermissionDeniedError",
                403,
                "web_search",
            ),
            ("chat-used-up", "RateLimitError", 429, "turns"),
        ] {
            let (change, model, asked): (fn(&mut Value), _, _) = match what.starts_with("chat") {
                true => (gpt, openai::MODEL, &gpt_asked),
                false => (claude, anthropic::MODEL, &claude_asked),
            };
            let agent = Agent::start(&world, |contract| {
                change(contract);
                contract["limits"]["turns"] = json!(3);
            });
            let before = asked.asked().len();
            let Some(seen) = seen(&agent, which, &[what, model]) else {
                continue;
            };
            let message = seen["message"].as_str().unwrap_or_default();
            assert_eq!(
                (&seen["error"], &seen["status"]),
                (&json!(error), &json!(status)),
                "{what}: {seen}"
            );
            assert!(
                message.contains(word) && message.contains("rule"),
                "{what}: {seen}"
            );
            assert_eq!(seen["quick"], true, "{what}");
            let calls = if what.ends_with("used-up") { 3 } else { 0 };
            assert_eq!(asked.asked().len() - before, calls, "{what}");
            let denied = agent.record().matches("request-denied").count();
            assert_eq!(denied, 1, "{what}: {}", agent.record());
        }
    }
}

/// More than a model may put out is refused where the contract bounds it.
#[test]
fn an_answer_is_bounded_by_the_contract() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let (asked, _) = providers(&world);
    for which in [Script::Python(PYTHON[2]), Script::Node(NODE[2])] {
        let agent = Agent::start(&world, |contract| {
            claude(contract);
            contract["models"][0]["max_tokens"] = json!(1000);
        });
        let args = ["messages-bound", anthropic::MODEL];
        let Some(seen) = seen(&agent, which, &args) else {
            continue;
        };
        let message = seen["message"].as_str().unwrap_or_default();
        assert!(message.contains("max_tokens"), "{seen}");
        assert!(asked.asked().is_empty());
    }
}
