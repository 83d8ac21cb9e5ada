//! Settings that exclude each other, and settings that a choice asks for.
//!
//! The table of nodes says what a block may hold; what depends on another value of the same block
//! is said here. A missing part is reported at the node that asks for it.

mod exports;
mod policies;
mod route;
mod run;
mod servers;
mod services;
mod skills;
mod workloads;

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::providers::STUB;
use crate::resolve::Unit;
use crate::span::{Span, Spanned};
use crate::spec::{Agent, Approval, Bind, Input, Model, Place};

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    let spec = &unit.spec;
    spec.models.iter().for_each(|m| model(m, findings));
    spec.models
        .iter()
        .for_each(|m| bound(m, &spec.agents, findings));
    spec.models.iter().for_each(|m| temperature(m, findings));
    spec.servers
        .iter()
        .for_each(|s| servers::check(s, findings));
    spec.skills.iter().for_each(|s| skills::check(s, findings));
    let typed = spec
        .servers
        .iter()
        .flat_map(|s| s.typed.iter().map(move |t| (s, t)));
    typed.for_each(|(s, t)| services::check(s, t, findings));
    spec.approvals.iter().for_each(|a| approval(a, findings));
    spec.agents.iter().for_each(|a| agent(a, findings));
    let binds = spec
        .tools
        .iter()
        .flat_map(|t| &t.grants)
        .flat_map(|g| &g.binds);
    binds.for_each(|b| bind(b, findings));
    unit.run
        .exports
        .iter()
        .for_each(|e| exports::check(e, findings));
    run::check(&unit.run, findings);
    route::check(&unit.run, findings);
    unit.policies
        .iter()
        .for_each(|p| policies::check(p, findings));
}

/// What an agent must answer in a step.
pub(super) fn answer(answer: &Input, findings: &mut Findings) {
    run::value("answer", answer, findings);
}

/// A setting that the choice at `cause` leaves no room for.
fn excluded(span: Span, message: String, cause: Span, why: &str) -> Finding {
    Finding::new(Code::Conflict, span, message)
        .related(cause, why)
        .help("remove it")
}

/// A setting that the choice at `cause` asks for.
fn missing(cause: Span, message: String, write: &str) -> Finding {
    Finding::new(Code::MissingNode, cause, message).help(format!("write `{write}`"))
}

/// Providers with an address of their own answer nobody without a credential; others have none.
fn model(model: &Model, findings: &mut Findings) {
    if model.provider.as_ref().is_some_and(|p| p.value == STUB) {
        return stub(model, findings);
    }
    let (Some(provider), None, false) = (&model.provider, &model.url, model.spoilt) else {
        return;
    };
    let name = &model.name.value;
    if !matches!(provider.value.as_str(), "anthropic" | "openai" | "gemini") {
        let message = format!(
            "model `{name}` needs `url`: `{}` has no address of its own",
            provider.value
        );
        findings.push(missing(
            provider.span,
            message,
            "url \"https://llm.example.com\"",
        ));
    } else if model.auth.is_none() {
        let message = format!(
            "model `{name}` needs `auth`: `{}` answers nobody without",
            provider.value
        );
        findings.push(missing(provider.span, message, "auth \"SECRET\""));
    }
}

/// A stub calls nobody.
fn stub(model: &Model, findings: &mut Findings) {
    let Some(provider) = &model.provider else {
        return;
    };
    let url = model.url.as_ref().map(|u| (u.span, "url"));
    let auth = model.auth.as_ref().map(|a| (a.span, "auth"));
    let temperature = model.temperature.as_ref().map(|t| (t.span, "temperature"));
    for (span, word) in [url, auth, temperature].into_iter().flatten() {
        let message = format!(
            "model `{}` is a stub and takes no `{word}`",
            model.name.value
        );
        let why = "the gateway answers itself";
        findings.push(excluded(span, message, provider.span, why));
    }
}

/// The most, in thousandths, that Anthropic takes; others take twice that.
const COOLEST: u16 = 1_000;

/// Anthropic refuses every request with a temperature above 1.
fn temperature(model: &Model, findings: &mut Findings) {
    let (Some(provider), Some(temperature)) = (&model.provider, &model.temperature) else {
        return;
    };
    if provider.value == "anthropic" && temperature.value.thousandths() > COOLEST {
        let message = format!(
            "model `{}` has temperature {}, and `anthropic` takes at most 1",
            model.name.value, temperature.value
        );
        let finding = Finding::new(Code::Conflict, temperature.span, message)
            .label("refused with every request")
            .related(provider.span, "this provider takes 0 to 1")
            .help("write a number from 0 to 1");
        findings.push(finding);
    }
}

/// A request without a bound is refused by the gateway, and there are harnesses that write none.
fn bound(model: &Model, agents: &[Agent], findings: &mut Findings) {
    if model.max_tokens.is_some() || model.spoilt {
        return;
    }
    let name = &model.name.value;
    let asks = |agent: &&Agent| agent.models.iter().any(|m| m.value == *name);
    let harnesses = agents
        .iter()
        .filter(asks)
        .filter_map(|a| a.harness.as_ref());
    let mut unbounded =
        harnesses.filter(|harness| matches!(harness.value.as_str(), "codex" | "gemini"));
    if let Some(harness) = unbounded.next() {
        let message = format!(
            "model `{name}` needs `max-tokens`: `{}` bounds no answer by itself",
            harness.value
        );
        findings.push(
            missing(model.name.span, message, "max-tokens 32_000")
                .related(harness.span, "this harness asks it"),
        );
    }
}

fn approval(approval: &Approval, findings: &mut Findings) {
    let (Some(via), name) = (&approval.via, &approval.name.value) else {
        return;
    };
    let gatekeeper = via.value == "gatekeeper";
    let why = if gatekeeper {
        "a gatekeeper decides"
    } else {
        "signatures decide"
    };
    let url = approval.url.as_ref().map(|u| (u.span, "url"));
    let auth = approval.auth.as_ref().map(|a| (a.span, "auth"));
    let signer = approval
        .approvers
        .first()
        .map(|a| (a.name.span, "approver"));
    let (mut needed, mut wrong) = (vec![], vec![]);
    if gatekeeper {
        needed.extend([
            (url, "url \"https://gatekeeper.example.com\""),
            (auth, "auth \"SECRET\""),
        ]);
        wrong.push(signer);
    } else {
        needed.push((signer, "approver \"NAME\" key=\"ssh-ed25519 …\""));
        wrong.extend([url, auth]);
    }
    for (span, word) in wrong.into_iter().flatten() {
        let message = format!("approval `{name}` by {} takes no `{word}`", via.value);
        findings.push(excluded(span, message, via.span, why));
    }
    for (given, write) in needed {
        if given.is_none() && !approval.spoilt {
            let word = write.split(' ').next().unwrap_or_default();
            let message = format!("approval `{name}` by {} needs `{word}`", via.value);
            findings.push(missing(via.span, message, write));
        }
    }
}

fn agent(agent: &Agent, findings: &mut Findings) {
    if let Some(harness) = &agent.harness {
        harness_command(agent, harness, findings);
    }
    let Some(system) = &agent.system else { return };
    match (&system.inline, &system.file) {
        (Some(text), Some(file)) => findings.push(
            Finding::new(
                Code::Conflict,
                file.span,
                "`system` has both a text and a file",
            )
            .related(text.span, "the text")
            .help("keep one of the two"),
        ),
        (None, None) => findings.push(
            Finding::new(
                Code::Conflict,
                system.span,
                "`system` has neither a text nor a file",
            )
            .help("write `system \"TEXT\"` or `system file=\"PROMPT.md\"`"),
        ),
        _ => {}
    }
}

fn harness_command(agent: &Agent, harness: &Spanned<String>, findings: &mut Findings) {
    let name = &agent.name.value;
    match (harness.value.as_str(), agent.command.first()) {
        ("generic", None) if !agent.spoilt => findings.push(missing(
            harness.span,
            format!("agent `{name}` with a generic harness needs `command`"),
            "command \"/usr/bin/agent\" \"--batch\"",
        )),
        ("generic", _) | (_, None) => {}
        (known, Some(word)) => findings.push(
            excluded(
                word.span,
                format!(
                    "agent `{name}` takes no `command`: the runtime knows how to start `{known}`"
                ),
                harness.span,
                "this harness has a command of its own",
            )
            .help("remove it, or write `harness \"generic\"`"),
        ),
    }
}

fn bind(bind: &Bind, findings: &mut Findings) {
    let argument = &bind.argument.value;
    match (&bind.input, &bind.value) {
        (Some(input), Some(value)) => findings.push(
            Finding::new(
                Code::Conflict,
                value.span,
                format!("argument `{argument}` is bound to both an input and a value"),
            )
            .related(input.span, "the input")
            .help("keep one of the two"),
        ),
        (None, None) => findings.push(
            Finding::new(
                Code::Conflict,
                bind.span,
                format!("argument `{argument}` is bound to nothing"),
            )
            .help(format!(
                "write `bind \"{argument}\" input=\"INPUT\"` or `value=\"TEXT\"`"
            )),
        ),
        _ => {}
    }
}

/// A place is an input or a constant.
fn place(place: &Place, findings: &mut Findings) {
    match (&place.input, &place.value) {
        (Some(input), Some(value)) => findings.push(
            Finding::new(
                Code::Conflict,
                value.span,
                "`to` has both a place and an input",
            )
            .related(input.span, "the input")
            .help("keep one of the two"),
        ),
        (None, None) => findings.push(
            Finding::new(Code::Conflict, place.span, "`to` names no place")
                .help("write `to input=\"INPUT\"`, or the place itself"),
        ),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
