//! The real programs, of pinned versions, each from its start gate to its submission: driven by the shim, before the
//! real gateway, with stand-ins for the providers of models.

mod models;
mod programs;
mod providers;
mod run;

use providers::{ANTHROPIC, GEMINI, OPENAI, Provider};
use pure_agent_tests::world::World;
use run::Run;
use serde_json::{Value, json};

const PROMPT: &str = "Do the canary task.";
/// How the gateway's reminder begins.
const REMINDED: &str = "Nothing was submitted yet";

/// What a harness did that first ended without a submission.
struct Driven {
    log: String,
    /// Bodies that the provider was sent.
    told: Vec<String>,
    /// Rules and targets of what was refused.
    denied: Vec<String>,
}

fn drive(harness: &str, provider: Provider, most: Option<u64>) -> Option<Driven> {
    let world = World::or_skip()?;
    let run = Run::start(&world, harness, provider, most);
    let status = run.agent();
    let (log, told, record) = (run.log(), run.told(), run.record());
    let of = |kind: &'static str| {
        record
            .iter()
            .filter(move |line| line["event"]["kind"] == kind)
    };
    let denied: Vec<String> = of("request-denied")
        .map(|line| format!("{} {}", line["event"]["rule"], line["event"]["target"]))
        .collect();
    assert_eq!(status.code(), Some(0), "{log}\n{denied:?}\n{told:#?}");
    assert_eq!(of("submission").count(), 1, "{log}\n{denied:?}");
    let wanted = json!({"version": 1, "actions": ["none"], "summary": "canary summary"});
    let shown = run.submission();
    let document: Value = serde_json::from_str(shown["document"].as_str().unwrap()).unwrap();
    assert_eq!((&shown["cycle"], &document), (&json!(0), &wanted));
    assert!(told.iter().any(|body| body.contains(PROMPT)), "{told:?}");
    assert!(told.iter().any(|body| body.contains(REMINDED)), "{told:?}");
    Some(Driven { log, told, denied })
}

#[test]
fn claude_code_is_kept_from_ending_by_its_hook() {
    let Some(driven) = drive("claude-code", ANTHROPIC, None) else {
        return;
    };
    let Driven { log, told, denied } = driven;
    assert!(
        !log.contains("\"event\":\"reminded\""),
        "the shim reminded, not the hook: {log}"
    );
    instructed(&told);
    skilled(&told);
    nothing_else_was_asked(&denied);
}

#[test]
fn codex_is_started_again_with_its_session() {
    let Some(driven) = drive("codex", OPENAI, Some(32_000)) else {
        return;
    };
    instructed(&driven.told);
    skilled(&driven.told);
    resumed(&driven);
    // The tools of the gateway go upstream as Codex groups them, and so does its call of one.
    let last = driven.told.last().unwrap();
    assert!(last.contains("\"type\":\"namespace\""), "{last}");
    assert!(last.contains("\"namespace\":\""), "{last}");
    nothing_else_was_asked(&driven.denied);
}

#[test]
fn gemini_is_started_again_with_its_session() {
    let Some(driven) = drive("gemini", GEMINI, Some(32_000)) else {
        return;
    };
    skilled(&driven.told);
    resumed(&driven);
    nothing_else_was_asked(&driven.denied);
}

/// Nobody but the gateway was asked, and it for nothing that is not served: every other way leads through its tunnels. A
/// client of MCP may try whether there is a stream to listen to.
fn nothing_else_was_asked(denied: &[String]) {
    let others = denied
        .iter()
        .filter(|line| *line != r#""mcp-http-method" "POST /mcp""#);
    assert_eq!(others.count(), 0, "{denied:?}");
}

/// The system text reached the model by the harness's own place for it.
fn instructed(told: &[String]) {
    let first = told.first().map(String::as_str).unwrap_or_default();
    assert!(first.contains("Canary instructions"), "{first}");
}

/// The model learned of the skill from the harness, by its description alone (S4-02).
fn skilled(told: &[String]) {
    let first = told.first().map(String::as_str).unwrap_or_default();
    assert!(first.contains("Canary skill for canary tasks"), "{first}");
    assert!(!first.contains("Canary body"), "{first}");
}

/// The shim reminded, and the harness still knew what it was told first.
fn resumed(Driven { log, told, .. }: &Driven) {
    assert_eq!(log.matches("\"event\":\"reminded\"").count(), 1, "{log}");
    let reminded = told.iter().find(|body| body.contains(REMINDED));
    assert!(
        reminded.is_some_and(|body| body.contains(PROMPT)),
        "{told:?}"
    );
}
