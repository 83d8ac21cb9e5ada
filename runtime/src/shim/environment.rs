//! The environment of a harness.
//!
//! It is what the image and the spec say, without what others put there: the cluster's addresses, the variables of
//! the trusted roles, and whatever would lead a harness past the gateway. What the shim says stands last.

use super::left::Left;
use super::{Shim, skills};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// Variables by name.
pub type Variables = BTreeMap<OsString, OsString>;

/// What an agent's own environment may not say either: beginnings of names.
const RESERVED: [&str; 2] = ["KUBERNETES_", "PURE_AGENT_"];
/// Beginnings of names by which harnesses are configured: an image does not say these, a spec may.
const HARNESS: [&str; 7] = [
    "ANTHROPIC_",
    "AZURE_OPENAI_",
    "CLAUDE",
    "CODEX_",
    "GEMINI_",
    "GOOGLE_",
    "OPENAI_",
];
/// Credentials and ways that nobody says but the shim.
const OURS: [&str; 16] = [
    "ALL_PROXY",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_USE_VERTEX",
    "FTP_PROXY",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "GOOGLE_GENAI_USE_GCA",
    "GOOGLE_GENAI_USE_VERTEXAI",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "OPENAI_API_KEY",
];
/// Where programs are, if the image does not say.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// User name in a proxy's URL; the gateway looks at the password alone.
const USER: &str = "agent";

/// What the image and the spec say.
#[must_use]
pub fn inherited(
    all: impl IntoIterator<Item = (OsString, OsString)>,
    declared: &BTreeMap<String, String>,
) -> Variables {
    let image = all
        .into_iter()
        .filter(|(name, value)| of_image(name, value));
    let mut kept: Variables = image.collect();
    let declared = declared.iter().filter(|(name, _)| may_be_declared(name));
    kept.extend(declared.map(|(name, value)| (name.into(), value.into())));
    kept.entry("PATH".into()).or_insert_with(|| PATH.into());
    kept
}

fn of_image(name: &OsStr, value: &OsStr) -> bool {
    // A name that is no text is nobody's.
    let (Some(name), value) = (name.to_str(), value.to_string_lossy()) else {
        return false;
    };
    let harness = HARNESS.iter().any(|start| name.starts_with(start));
    may_be_declared(name) && !harness && !is_service_link(name, &value)
}

fn may_be_declared(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let reserved = RESERVED.iter().any(|start| upper.starts_with(start));
    !reserved && !upper.starts_with("GIT_CONFIG_") && !OURS.contains(&upper.as_str())
}

/// Whether the kubelet wrote it for a Service of the namespace.
fn is_service_link(name: &str, value: &str) -> bool {
    let address = ["tcp://", "udp://", "sctp://"]
        .iter()
        .any(|start| value.starts_with(start));
    let of_port = name.split_once("_PORT_").is_some_and(|(_, rest)| {
        let mut parts = rest.splitn(3, '_');
        let number = parts.next().is_some_and(|p| p.parse::<u16>().is_ok());
        number && matches!(parts.next(), Some("TCP" | "UDP" | "SCTP"))
    });
    (name.ends_with("_PORT") && address)
        || of_port
        || name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
}

/// What the shim says to every harness.
#[must_use]
pub fn shared(shim: &Shim, left: &Left) -> Variables {
    let mut said = Variables::new();
    let mut say = |name: &str, value: OsString| drop(said.insert(name.into(), value));
    say("HOME", shim.home.clone().into_os_string());
    say("TMPDIR", shim.tmp.clone().into_os_string());
    say("PWD", shim.workspace.clone().into_os_string());
    say(
        "PURE_AGENT_GATEWAY",
        format!("http://{}", shim.gateway).into(),
    );
    say("PURE_AGENT_BEARER", left.bearer.clone().into());
    if !left.agent.skills.is_empty() {
        let folder = left.folder.join(skills::FOLDER);
        say("PURE_AGENT_SKILLS", folder.into_os_string());
    }
    if !left.agent.tunnels.is_empty() {
        let proxy = format!("http://{USER}:{}@{}", left.bearer, shim.gateway);
        say("HTTPS_PROXY", proxy.clone().into());
        say("https_proxy", proxy.into());
        let host = shim
            .gateway
            .rsplit_once(':')
            .map_or(shim.gateway.as_str(), |(host, _)| host);
        say("NO_PROXY", host.into());
        say("no_proxy", host.into());
    }
    // Clones and downloads by git are requests to the gateway.
    say("GIT_CONFIG_COUNT", "1".into());
    say(
        "GIT_CONFIG_KEY_0",
        format!("http.http://{}/.extraHeader", shim.gateway).into(),
    );
    say(
        "GIT_CONFIG_VALUE_0",
        format!("Authorization: Bearer {}", left.bearer).into(),
    );
    say("GIT_TERMINAL_PROMPT", "0".into());
    said
}
