//! Gemini CLI.
//!
//! It reads settings that stand above the user's from folders of root alone, and the start gate is not root: what the
//! gate left is put in the place of the user's settings before each turn.

use super::{BEARER, Launch, SERVER, TOOL_TIME, Turn, bytes, speaking, url, words};
use crate::shim::Shim;
use crate::shim::left::Left;
use serde_json::json;

/// The settings, as the start gate leaves them.
const SETTINGS: &str = "gemini-settings.json";

pub(super) fn settings(gateway: &str) -> Vec<(&'static str, Vec<u8>)> {
    let settings = json!({
        "general": {"enableAutoUpdate": false, "enableAutoUpdateNotification": false},
        "mcpServers": {SERVER: {
            "httpUrl": format!("{gateway}/mcp"),
            "headers": {"Authorization": format!("Bearer ${BEARER}")},
            "timeout": TOOL_TIME.saturating_mul(1000),
            "trust": true,
        }},
        "mcp": {"allowed": [SERVER]},
        "privacy": {"usageStatisticsEnabled": false},
        "security": {
            "auth": {"selectedType": "gemini-api-key"},
            "folderTrust": {"enabled": false},
        },
        "telemetry": {"enabled": false},
        // A search is the provider's, past the granted tools.
        "tools": {"exclude": ["google_web_search"]},
    });
    vec![(SETTINGS, bytes(&settings))]
}

pub(super) fn launch(shim: &Shim, left: &Left, turn: &Turn) -> Launch {
    let (resumed, input) = turn.resumed();
    let mut arguments = words(["--output-format", "stream-json", "--approval-mode", "yolo"]);
    // Which protocol a model behind it speaks is the gateway's affair.
    if let Some(model) = speaking(left, |_| true).next() {
        arguments.extend(["--model".to_owned(), model.to_owned()]);
    }
    if resumed {
        arguments.extend(words(["--resume", "latest"]));
    }
    Launch {
        program: "gemini".to_owned(),
        arguments,
        variables: vec![
            ("GEMINI_API_KEY", left.bearer.clone()),
            ("GEMINI_CLI_TRUST_WORKSPACE", "true".to_owned()),
            ("GOOGLE_GEMINI_BASE_URL", url(shim, "")),
        ],
        settings: Some((
            left.folder.join(SETTINGS),
            shim.home.join(".gemini/settings.json"),
        )),
        input,
    }
}
