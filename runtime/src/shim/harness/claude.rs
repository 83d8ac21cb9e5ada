//! Claude Code.

use super::{BEARER, Launch, SERVER, TOOL_TIME, Turn, bytes, file, speaking, url, words};
use crate::contract::{Agent, Provider};
use crate::shim::Shim;
use crate::shim::left::Left;
use crate::start::SHIM;
use serde_json::json;
use std::path::Path;

/// The servers of tools.
const SERVERS: &str = "claude-mcp.json";
/// Hooks and permissions.
const SETTINGS: &str = "claude-settings.json";
/// The agent's system text.
const SYSTEM: &str = "system.md";
/// Seconds for the hook: it asks the gateway.
const HOOK_TIME: u64 = 20;

pub(super) fn settings(
    agent: &Agent,
    folder: &Path,
    gateway: &str,
) -> Vec<(&'static str, Vec<u8>)> {
    let servers = json!({"mcpServers": {SERVER: {
        "type": "http",
        "url": format!("{gateway}/mcp"),
        "headers": {"Authorization": format!("Bearer ${{{BEARER}}}")},
    }}});
    let address = gateway.trim_start_matches("http://");
    let hook = format!(
        "{} agent-stop --folder {} --gateway {}",
        quoted(&file(folder, SHIM)),
        quoted(&folder.to_string_lossy()),
        quoted(address),
    );
    // A search is the provider's, past the granted tools; a fetch needs a tunnel.
    let denied = match agent.tunnels.is_empty() {
        true => json!(["WebSearch", "WebFetch"]),
        false => json!(["WebSearch"]),
    };
    let settings = json!({
        "hooks": {"Stop": [{"hooks": [{"type": "command", "command": hook, "timeout": HOOK_TIME}]}]},
        "permissions": {"deny": denied},
        "includeCoAuthoredBy": false,
        "skipWebFetchPreflight": true,
    });
    let mut files = vec![(SERVERS, bytes(&servers)), (SETTINGS, bytes(&settings))];
    if let Some(system) = &agent.system {
        files.push((SYSTEM, system.clone().into_bytes()));
    }
    files
}

pub(super) fn launch(shim: &Shim, left: &Left, turn: &Turn) -> Launch {
    let (resumed, input) = turn.resumed();
    let at = |name| file(&left.folder, name);
    let mut arguments = words(["-p", "--verbose", "--output-format", "stream-json"]);
    arguments.extend(words(["--permission-mode", "bypassPermissions"]));
    // A repository in the workspace does not bring hooks and servers of its own.
    arguments.extend(words(["--setting-sources", "user", "--strict-mcp-config"]));
    arguments.extend(["--mcp-config".to_owned(), at(SERVERS)]);
    arguments.extend(["--settings".to_owned(), at(SETTINGS)]);
    if left.agent.system.is_some() {
        arguments.extend(["--append-system-prompt-file".to_owned(), at(SYSTEM)]);
    }
    let mut variables = variables(shim, left);
    let mut models = speaking(left, |provider| {
        matches!(provider, Provider::Anthropic | Provider::Stub)
    });
    if let Some(model) = models.next() {
        arguments.extend(["--model".to_owned(), model.to_owned()]);
        let small = models.next_back().unwrap_or(model);
        for (name, id) in [
            ("ANTHROPIC_DEFAULT_OPUS_MODEL", model),
            ("ANTHROPIC_DEFAULT_SONNET_MODEL", model),
            ("ANTHROPIC_DEFAULT_HAIKU_MODEL", small),
            ("CLAUDE_CODE_SUBAGENT_MODEL", model),
        ] {
            variables.push((name, id.to_owned()));
        }
    }
    if resumed {
        arguments.push("--continue".to_owned());
    }
    Launch {
        program: "claude".to_owned(),
        arguments,
        variables,
        settings: None,
        input,
    }
}

fn variables(shim: &Shim, left: &Left) -> Vec<(&'static str, String)> {
    let on = || "1".to_owned();
    vec![
        ("ANTHROPIC_BASE_URL", url(shim, "")),
        ("ANTHROPIC_AUTH_TOKEN", left.bearer.clone()),
        // The gateway lets through what it knows, and experiments change with each release.
        ("CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS", on()),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", on()),
        ("DISABLE_AUTOUPDATER", on()),
        ("DISABLE_ERROR_REPORTING", on()),
        ("DISABLE_TELEMETRY", on()),
        // Few tools are granted, and their names stand in the model's list.
        ("ENABLE_TOOL_SEARCH", "false".to_owned()),
        // It is: the pod reaches nothing but the gateway.
        ("IS_SANDBOX", on()),
        (
            "MCP_TOOL_TIMEOUT",
            TOOL_TIME.saturating_mul(1000).to_string(),
        ),
    ]
}

/// A word of a shell's command line.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
