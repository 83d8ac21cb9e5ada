//! Codex. Its configuration is in its arguments, which stand above every file.

use super::{BEARER, Launch, SERVER, TOOL_TIME, Turn, speaking, url, words};
use crate::contract::Provider;
use crate::shim::Shim;
use crate::shim::left::Left;

/// What asks others than the gateway, or what a provider would run past the granted tools; and bodies that are
/// compressed, which the gateway does not read.
const OFF: [&str; 14] = [
    "apps",
    "api_key_model_discovery",
    "browser_use",
    "browser_use_external",
    "computer_use",
    "daemon_auto_start",
    "enable_request_compression",
    "image_generation",
    "in_app_browser",
    "plugin_sharing",
    "plugins",
    "remote_plugin",
    "skill_mcp_dependency_install",
    "tool_suggest",
];

pub(super) fn launch(shim: &Shim, left: &Left, turn: &Turn) -> Launch {
    let (resumed, input) = turn.resumed();
    let mut arguments = words(["exec"]);
    if resumed {
        arguments.extend(words(["resume", "--last"]));
    }
    arguments.extend(words(["--json", "--skip-git-repo-check"]));
    // The pod is the sandbox.
    arguments.extend(words(["--dangerously-bypass-approvals-and-sandbox"]));
    for feature in OFF {
        arguments.extend(["--disable".to_owned(), feature.to_owned()]);
    }
    for (key, value) in overrides(shim, left) {
        arguments.extend(["-c".to_owned(), format!("{key}={value}")]);
    }
    arguments.push("-".to_owned());
    Launch {
        program: "codex".to_owned(),
        arguments,
        variables: Vec::new(),
        settings: None,
        input,
    }
}

/// Keys and values in TOML.
fn overrides(shim: &Shim, left: &Left) -> Vec<(&'static str, String)> {
    let (name, key) = (text(SERVER), text(BEARER));
    let provider = format!(
        "{{name={name},base_url={},wire_api=\"responses\",env_key={key},supports_websockets=false}}",
        text(&url(shim, "/v1")),
    );
    let server = format!(
        "{{url={},bearer_token_env_var={key},tool_timeout_sec={TOOL_TIME},default_tools_approval_mode=\"approve\"}}",
        text(&url(shim, "/mcp")),
    );
    let mut all = vec![
        ("model_provider", name),
        ("model_providers.pure-agent", provider),
        ("mcp_servers.pure-agent", server),
        // A search is the provider's, past the granted tools.
        ("web_search", text("disabled")),
        ("analytics.enabled", "false".to_owned()),
        ("feedback.enabled", "false".to_owned()),
        ("check_for_update_on_startup", "false".to_owned()),
    ];
    let mut models = speaking(left, |provider| {
        matches!(
            provider,
            Provider::Openai | Provider::Ollama | Provider::Compatible
        )
    });
    if let Some(model) = models.next() {
        all.push(("model", text(model)));
    }
    if let Some(system) = &left.agent.system {
        all.push(("developer_instructions", text(system)));
    }
    all
}

/// A basic string of TOML: as in JSON, where DEL needs an escape too.
fn text(text: &str) -> String {
    serde_json::Value::from(text)
        .to_string()
        .replace('\u{7f}', "\\u007f")
}
