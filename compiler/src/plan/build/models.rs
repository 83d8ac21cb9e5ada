//! Models and approvals.

use super::{number, text};
use crate::providers;
use crate::spec;
use pure_agent_runtime::contract::{Approval, ApprovalVia, Approver, Model, Price, Provider};

pub(super) fn model(model: &spec::Model) -> Model {
    let provider = model.provider.as_ref().map_or("", |p| p.value.as_str());
    let url = providers::base_url(provider, model.url.as_ref().map(|u| &u.value));
    Model {
        name: model.name.value.clone(),
        provider: protocol(provider),
        id: text(model.id.as_ref()).unwrap_or_default(),
        url: url.map(|u| u.to_string()).unwrap_or_default(),
        auth: text(model.auth.as_ref()),
        price: model.price.as_ref().map(price),
        max_tokens: number(model.max_tokens.as_ref()),
        temperature: model.temperature.as_ref().map(|t| t.value.thousandths()),
    }
}

fn protocol(word: &str) -> Provider {
    match word {
        "anthropic" => Provider::Anthropic,
        "openai" => Provider::Openai,
        "ollama" => Provider::Ollama,
        "gemini" => Provider::Gemini,
        providers::STUB => Provider::Stub,
        _ => Provider::Compatible,
    }
}

/// Both amounts for one number of tokens. Where the author wrote two numbers, the larger one counts
/// and the other amount is rounded up, so that a budget errs on the side of stopping.
fn price(price: &spec::Price) -> Price {
    let per = price.input_per.value.max(price.output_per.value).max(1);
    let scaled = |micros: u64, own: u64| {
        let exact = (u128::from(micros) * u128::from(per)).div_ceil(u128::from(own.max(1)));
        u64::try_from(exact).unwrap_or(u64::MAX)
    };
    Price {
        currency: price.input.value.currency().to_owned(),
        input: scaled(price.input.value.micros(), price.input_per.value),
        output: scaled(price.output.value.micros(), price.output_per.value),
        per,
    }
}

pub(super) fn approval(approval: &spec::Approval) -> Approval {
    Approval {
        name: approval.name.value.clone(),
        via: via(approval),
        timeout: approval.timeout.as_ref().map_or(0, |t| t.value.seconds()),
    }
}

fn via(approval: &spec::Approval) -> ApprovalVia {
    if approval
        .via
        .as_ref()
        .is_some_and(|v| v.value == "gatekeeper")
    {
        return ApprovalVia::Gatekeeper {
            url: approval
                .url
                .as_ref()
                .map(|u| u.value.to_string())
                .unwrap_or_default(),
            auth: text(approval.auth.as_ref()).unwrap_or_default(),
        };
    }
    let mut approvers: Vec<Approver> = approval
        .approvers
        .iter()
        .map(|a| Approver {
            name: a.name.value.clone(),
            key: a.key.value.clone(),
        })
        .collect();
    approvers.sort();
    ApprovalVia::Signature { approvers }
}
