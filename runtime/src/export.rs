//! Exporting: what a run leaves behind, brought where it belongs, once.
//!
//! [`Export::run`] is the step: it learns how the run ended ([`told`], [`ledger`]), reads what was packed ([`outbox`]),
//! judges every export against the contract before the first effect ([`mod@plan`]), and then does each
//! ([`linear`], [`github`], [`s3`], [`notify`], [`webhook`]; another run is submitted by the gateway). One that is refused or
//! fails hinders no other. What happened is in the [`result`].
//!
//! An export is found again by its key ([`key`]): a digest of the run and its name. Each service is asked for what
//! has that key before anything is made, so that a step that starts again makes nothing twice. A run that is tried
//! again takes the keys of its first run, so what that one did is found and not done again, whatever the second
//! would have sent. A [`rehearsal`] shows what would be sent, and sends nothing.

pub mod client;
pub(crate) mod dates;
pub mod github;
pub mod key;
pub mod ledger;
pub mod linear;
pub mod notify;
pub mod outbox;
pub mod place;
pub mod plan;
pub mod rehearsal;
pub mod result;
pub mod s3;
pub mod text;
pub mod timetable;
pub mod told;
pub mod webhook;

use crate::contract::{Contract, ExportAction};
use crate::record::event::{ExportDone, ExportPlanned, Outcome};
use crate::secret::Secrets;
use client::Client;
use key::Keys;
use ledger::{Asking, Entry, Known, Ledger};
use outbox::Outbox;
use plan::{Action, Plan, What, plan};
use result::{Acted, Result as Document};
use serde_json::json;
use std::fmt;
use std::path::PathBuf;
use told::Told;

/// Why an export does not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The rule, as a stable word.
    pub rule: &'static str,
    /// A sentence; no credential and no text of the agent stands in it.
    pub why: String,
}

/// Refuses.
pub fn refused(rule: &'static str, why: impl Into<String>) -> Refused {
    let why = why.into();
    Refused { rule, why }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Refused {}

/// What the step is started with.
#[derive(Debug)]
pub struct Export {
    /// The verified contract.
    pub contract: Contract,
    /// Digest of the reviewed bundle, in hexadecimal.
    pub bundle: String,
    /// How what came before ended.
    pub told: Told,
    /// Name of the run.
    pub run: String,
    /// UID of the run.
    pub uid: String,
    /// What exports are found again by.
    pub keys: Keys,
    /// The credentials of the exports.
    pub secrets: Secrets,
    /// The folder that was packed.
    pub outbox: PathBuf,
}

impl Export {
    /// Does the exports of the run, and says what came of it. Whatever happens, there is a document.
    pub async fn run(&self, ledger: &Ledger<'_>, client: &Client) -> Document {
        match ledger.known().await {
            Ok(known) => self.happen(&known, ledger, client).await,
            Err(why) => Document::new(self, None, false, Vec::new(), Some(why)),
        }
    }

    async fn happen(&self, known: &Known, ledger: &Ledger<'_>, client: &Client) -> Document {
        let outbox = Outbox::read(&self.outbox, &self.contract);
        let Plan {
            actions,
            refused,
            terminal,
        } = plan(&self.contract, known, &outbox, self);
        let document = |acted| Document::new(self, Some(known), terminal, acted, None);
        let mut acted = Vec::new();
        for (name, refused) in refused {
            acted.push(self.refuse(ledger, name, refused).await);
        }
        for action in &actions {
            let so_far = document(acted.clone());
            acted.push(self.act(ledger, client, known, action, &so_far).await);
        }
        let document = document(acted);
        match ledger.keep(&Entry::Result(document.text())).await {
            Ok(()) => document,
            Err(why) => document.broken(why),
        }
    }

    async fn refuse(&self, ledger: &Ledger<'_>, name: String, refused: Refused) -> Acted {
        let done = ExportDone {
            key: self.keys.of(&name),
            outcome: Outcome::Refused(refused.rule.to_owned()),
            name: name.clone(),
        };
        // It is in the result in any case.
        drop(ledger.keep(&Entry::Done(done)).await);
        Acted::refused(name, refused)
    }

    async fn act(
        &self,
        ledger: &Ledger<'_>,
        client: &Client,
        known: &Known,
        action: &Action<'_>,
        so_far: &Document,
    ) -> Acted {
        let name = action.export.name.clone();
        if let Some(url) = known.done(&name, &action.key) {
            return Acted::done(name, url.to_owned());
        }
        let planned = ExportPlanned {
            name: name.clone(),
            key: action.key.clone(),
            content: action.content.clone(),
        };
        if let Err(why) = ledger.keep(&Entry::Planned(planned)).await {
            return Acted::refused(name, refused("ledger", why));
        }
        if action.export.approval.is_some() {
            let asking = Asking {
                arguments: action.content.clone(),
                shown: action.shown(),
            };
            if let Err(why) = ledger.approved(&name, &asking).await {
                return self.refuse(ledger, name, refused("approval", why)).await;
            }
        }
        let outcome = self.apply(ledger, client, action, so_far).await;
        let recorded = match &outcome {
            Ok(url) => Outcome::Done { url: url.clone() },
            Err(refused) => Outcome::Failed(refused.rule.to_owned()),
        };
        let done = ExportDone {
            name: name.clone(),
            key: action.key.clone(),
            outcome: recorded,
        };
        match (outcome, ledger.keep(&Entry::Done(done)).await) {
            (Ok(_), Ok(())) if ledger.is_rehearsed() => Acted::shown(name),
            (Ok(url), Ok(())) => Acted::done(name, url),
            (Ok(_), Err(why)) => Acted::failed(name, refused("ledger", why)),
            (Err(failed), _) => Acted::failed(name, failed),
        }
    }

    /// Finds or makes what the export is for, and gives its address.
    async fn apply(
        &self,
        ledger: &Ledger<'_>,
        client: &Client,
        action: &Action<'_>,
        so_far: &Document,
    ) -> Result<String, Refused> {
        let mark = self.keys.mark(&action.key);
        // The gateway does this one, with an account that this step does not have.
        if let What::Submit { run, inputs } = &action.what {
            let body = json!(inputs).to_string();
            let shown = json!({"method": "SUBMIT", "url": format!("run {run}"), "body": body});
            if client.rehearses(&shown) {
                return Ok(String::new());
            }
            return ledger.submit(&action.export.name, &mark.at(run)).await;
        }
        let secret = action.export.auth.as_deref();
        let secret = secret.and_then(|name| self.secrets.get(name));
        let secret = secret.ok_or_else(|| refused("secret", "the credential is not there"))?;
        match &action.what {
            What::Submit { .. } => Err(refused("contract", "the gateway submits runs")),
            What::Comment { issue, body } => {
                let linear = linear::Linear::new(client, secret)?;
                let body = match &action.export.action {
                    // The one comment that tells of the run tells what else there is.
                    ExportAction::Comment { .. } => format!("{body}{}", so_far.links()),
                    _ => body.clone(),
                };
                linear.comment(issue, &mark, &body).await
            }
            What::Upload { issue, archive } => {
                let linear = linear::Linear::new(client, secret)?;
                linear.upload(issue, &mark, archive).await
            }
            What::PullRequest(wanted) => {
                github::GitHub::new(client, secret)?
                    .pull_request(wanted, &mark)
                    .await
            }
            What::S3 { place, archive } => {
                let name = format!("pure-agent-{}.tar", mark.uuid(&place.host));
                let named = s3::Named {
                    name: &name,
                    kind: "application/x-tar",
                };
                s3::put(client, secret, place, named, archive, &mark).await
            }
            What::Notify { host, text, words } => {
                let key = &action.key;
                let message = notify::Message {
                    host,
                    key,
                    text,
                    words,
                };
                message.post(client, secret, so_far).await
            }
            What::Webhook { url } => webhook::post(client, secret, url, &action.key, so_far).await,
        }
    }
}

#[cfg(test)]
mod tests;
