//! `pure-agent-runtime export`

use super::{Elsewhere, FAILED, FINE, Verified, block_on, log, refuse};
use crate::ask;
use crate::contract::{CONTROL_PORT, Contract, EXPORT_PORT, SecretRole};
use crate::export::client::Client;
use crate::export::key::Keys;
use crate::export::ledger::Ledger;
use crate::export::rehearsal::Rehearsal;
use crate::export::result::Result as Document;
use crate::export::{self, timetable::Timetable, told::Told};
use crate::net::address::Private;
use crate::net::dial::{Connector, System, Times};
use crate::net::tls::Tls;
use crate::proof::{Key, Use};
use crate::secret::Secrets;
use crate::web::{Proxy, Web};
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

#[derive(Args)]
pub(super) struct Export {
    #[command(flatten)]
    verified: Verified,
    #[command(flatten)]
    elsewhere: Elsewhere,
    /// How the cycles ended, as Argo says
    #[arg(long, allow_hyphen_values = true)]
    cycles: String,
    /// How the packing ended, as Argo says
    #[arg(long, allow_hyphen_values = true)]
    packing: String,
    /// Name of the run
    #[arg(long, env = "PURE_AGENT_RUN")]
    run: String,
    /// UID of the run
    #[arg(long, env = "PURE_AGENT_UID", hide_env_values = true)]
    uid: String,
    /// UID of the first run, where this one tries it again: what that one exported is not exported twice
    #[arg(long, env = "PURE_AGENT_RETRY_OF", value_name = "UID", value_parser = first_run)]
    retry_of: Option<First>,
    /// File of the run's key
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/run/secrets/pure-agent-key/key"
    )]
    key: PathBuf,
    /// Folder that was packed
    #[arg(long, value_name = "FOLDER", default_value = "/outbox")]
    outbox: PathBuf,
    /// Host of the gateway
    #[arg(long, value_name = "HOST", default_value = "gateway.pure-agent")]
    gateway: String,
    /// Port of the gateway for router and export
    #[arg(long, value_name = "PORT", default_value_t = CONTROL_PORT)]
    control_port: u16,
    /// Port of the gateway through which exports leave
    #[arg(long, value_name = "PORT", default_value_t = EXPORT_PORT)]
    export_port: u16,
    /// Seconds that the gateway may be away
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
    /// Show what would be sent, as events `would-send`, and send nothing that changes something
    #[arg(long)]
    dry_run: bool,
    /// Where the kubelet reads what came of it
    #[arg(long, value_name = "FILE", default_value = "/dev/termination-log")]
    answer: PathBuf,
}

/// The first run; none where this is the first, which its Workflow says by an empty text.
#[derive(Clone)]
struct First(Option<String>);

/// A UID as the API server makes them.
fn first_run(text: &str) -> Result<First, String> {
    if text.is_empty() {
        return Ok(First(None));
    }
    let hex = |part: &str| {
        part.bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    match lengths == [8, 4, 4, 4, 12] && text.split('-').all(hex) {
        true => Ok(First(Some(text.to_owned()))),
        false => Err("this is no UID of a run".to_owned()),
    }
}

/// What the step needs beside [`export::Export`].
struct Ways {
    key: Key,
    web: Web,
    control: String,
    patience: Duration,
    dry: bool,
}

impl Export {
    pub(super) fn run(self) -> ExitCode {
        let contract = match self.verified.contract() {
            Ok(contract) => contract,
            Err(code) => return code,
        };
        let answer = self.answer.clone();
        let (step, ways) = match self.prepare(contract) {
            Ok(prepared) => prepared,
            Err(why) => return refuse(&why),
        };
        let document = match block_on(work(&step, &ways)) {
            Ok(document) => document,
            Err(why) => return refuse(&why),
        };
        let whole = serde_json::to_value(&document).unwrap_or(Value::Null);
        log::line("exported", json!({"result": whole}));
        // The exit code tells the verdict in any case, and the line above the rest.
        drop(std::fs::write(answer, document.message()));
        ExitCode::from(if document.is_fine() { FINE } else { FAILED })
    }

    /// Everything that may refuse to start does so before anything is asked.
    fn prepare(self, contract: Contract) -> Result<(export::Export, Ways), String> {
        let contract = self.elsewhere.place(contract)?;
        let key = Key::read(&self.key).map_err(|e| format!("the run's key cannot be read: {e}"))?;
        let secrets = Secrets::read(&contract, SecretRole::Export)?;
        // Nothing is dialled but the gateway, which dials for us.
        let private = Private::parse(&[]).map_err(|e| e.to_string())?;
        let connector = Connector::new(Arc::new(System), private, Times::default());
        let bundle = contract.network.trust_bundle.as_deref().map(Path::new);
        let tls = Tls::new(connector, bundle).map_err(|e| e.to_string())?;
        let proxy = Proxy {
            address: format!("{}:{}", self.gateway, self.export_port),
            bearer: key.proof(&self.uid, Use::Export),
        };
        let first = self.retry_of.as_ref().and_then(|first| first.0.as_deref());
        let first = first.unwrap_or(&self.uid);
        let step = export::Export {
            keys: Keys::new(&key, first),
            contract,
            bundle: self.verified.bundle,
            told: Told::read(&self.cycles, &self.packing),
            run: self.run,
            uid: self.uid,
            secrets,
            outbox: self.outbox,
        };
        let ways = Ways {
            key,
            web: Web::through(proxy, tls),
            control: format!("{}:{}", self.gateway, self.control_port),
            patience: Duration::from_secs(self.patience),
            dry: self.dry_run,
        };
        Ok((step, ways))
    }
}

async fn work(step: &export::Export, ways: &Ways) -> Document {
    let times = Timetable::of(step.contract.limits.export);
    let gateway = ask::Gateway {
        address: &ways.control,
        patience: ways.patience,
    };
    let ledger = Ledger::new(gateway, &step.uid, &ways.key, times);
    let client = Client::new(ways.web.clone(), Instant::now() + times.effects);
    match ways.dry {
        true => {
            let client = client.rehearsed(Rehearsal::new(log::line));
            step.run(&ledger.rehearsed(), &client).await
        }
        false => step.run(&ledger, &client).await,
    }
}

#[cfg(test)]
mod tests {
    use super::first_run;

    #[test]
    fn the_first_run_is_none_or_a_uid() {
        let uid = "34f30468-bff5-4185-9f89-33119f4650fd";
        assert_eq!(
            first_run(uid).map(|first| first.0),
            Ok(Some(uid.to_owned()))
        );
        assert_eq!(first_run("").map(|first| first.0), Ok(None));
        for wrong in [
            "x",
            "34F30468-bff5-4185-9f89-33119f4650fd",
            "34f30468bff541859f8933119f4650fd",
            &format!("{uid} "),
        ] {
            assert!(first_run(wrong).is_err(), "{wrong}");
        }
    }
}
