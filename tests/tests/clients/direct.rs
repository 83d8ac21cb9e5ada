//! SDKs and stand-ins without the gateway: what both sides take for the protocol.

use crate::provider::Asker;
use crate::run::{Script, script};
use crate::{anthropic, openai};
use pure_agent_tests::world::World;
use serde_json::{Value, json};

const KEY: &str = "sk-key-of-a-test";

/// What a script sees that asks the stand-ins of the world themselves.
fn seen(world: &World, which: Script, args: &[&str], key: &str) -> Option<Value> {
    let bundle = world.bundle().display().to_string();
    script(
        which,
        |program| world.command(program),
        args,
        &[
            ("ANTHROPIC_API_KEY", key),
            ("OPENAI_API_KEY", key),
            ("SSL_CERT_FILE", &bundle),
            ("NODE_EXTRA_CA_CERTS", &bundle),
        ],
    )
}

#[test]
fn anthropics_sdks_and_the_stand_in_understand_each_other() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let _served = world.serve("api.anthropic.com", |r| {
        anthropic::serve(r, Asker::Sdk, KEY)
    });
    for which in [
        Script::Python("anthropic_calls.py"),
        Script::Node("anthropic_calls.mjs"),
    ] {
        let Some(seen) = seen(&world, which, &[anthropic::MODEL], KEY) else {
            continue;
        };
        assert_eq!(seen, anthropic_calls());
    }
}

/// What `anthropic_calls` sees.
pub(crate) fn anthropic_calls() -> Value {
    json!({
        "whole": ["hello after 1", "end_turn", 5],
        "stream": ["hello in pieces", "end_turn", 6],
        "in_pieces": true,
        "tool": ["weather", {"city": "Seoul"}, "tool_use"],
        "after": "hello after 3",
        "count": 17,
        "models": [anthropic::MODEL],
        "model": anthropic::MODEL,
    })
}

#[test]
fn openais_sdks_and_the_stand_in_understand_each_other() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let _served = world.serve("api.openai.com", |r| openai::serve(r, Asker::Sdk, KEY));
    for which in [
        Script::Python("openai_calls.py"),
        Script::Node("openai_calls.mjs"),
    ] {
        let Some(seen) = seen(&world, which, &[openai::MODEL, openai::EMBEDDER], KEY) else {
            continue;
        };
        assert_eq!(seen, openai_calls());
    }
}

/// What `openai_calls` sees.
pub(crate) fn openai_calls() -> Value {
    json!({
        "whole": ["hello after 1", 5],
        "stream": ["hello in pieces", []],
        "in_pieces": true,
        "stream_usage": [5],
        "tool": ["weather", {"city": "Seoul"}],
        "after": "hello after 3",
        "response": ["hello", 5],
        "response_stream": ["hello", "response.completed"],
        "vectors": [[0.5, -0.25], [0.5, -0.25]],
        "models": [openai::MODEL, openai::EMBEDDER],
    })
}

/// A stand-in that takes everything would prove nothing.
#[test]
fn stand_ins_refuse_what_their_providers_do() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let _claude = world.serve("api.anthropic.com", |r| {
        anthropic::serve(r, Asker::Sdk, KEY)
    });
    let _gpt = world.serve("api.openai.com", |r| openai::serve(r, Asker::Sdk, KEY));
    for which in [Script::Python("refused.py"), Script::Node("refused.mjs")] {
        for (what, model, key, word) in [
            ("messages-model", anthropic::MODEL, KEY, "/model"),
            ("messages-server-tool", anthropic::MODEL, KEY, "/tools/0"),
            ("messages-model", anthropic::MODEL, "another", "credential"),
            ("chat-model", openai::MODEL, KEY, "/model"),
            ("chat-server-tool", openai::MODEL, KEY, "web_search_options"),
            ("chat-model", openai::MODEL, "another", "credential"),
        ] {
            let Some(seen) = seen(&world, which, &[what, model], key) else {
                continue;
            };
            let message = seen["message"].as_str().unwrap_or_default();
            assert!(
                seen["status"] == 400 && message.contains(word),
                "{what}: {seen}"
            );
        }
    }
}
