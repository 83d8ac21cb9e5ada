//! `pure-agent-runtime export`

use super::{Elsewhere, FAILED, FINE, Verified, block_on, log, refuse};
use crate::ask;
use crate::contract::{CONTROL_PORT, Contract, EXPORT_PORT, SecretRole};
use crate::export::client::Client;
use crate::export::key::Keys;
use crate::export::ledger::Ledger;
use crate::export::rehearsal::Rehearsal;
use crate::export::result::Result as Document;
use crate::export::{self, told::Told};
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

/// Seconds that are left for comments and the result when a person has not agreed.
const AFTER_APPROVAL: u64 = 90;
/// Seconds that are left for the result.
const AFTER: u64 = 10;

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
    #[arg(long, env = "PURE_AGENT_RETRY_OF", value_name = "UID")]
    retry_of: Option<String>,
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
        let first = self.retry_of.as_deref().unwrap_or(&self.uid);
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
    // Packing has a third of the time.
    let seconds = step.contract.limits.export;
    let seconds = seconds.saturating_sub(seconds / 3);
    let less = |by: u64| Duration::from_secs(seconds.saturating_sub(by).max(1));
    let gateway = ask::Gateway {
        address: &ways.control,
        patience: ways.patience,
    };
    let ledger = Ledger::new(gateway, &step.uid, &ways.key, less(AFTER_APPROVAL));
    let client = Client::new(ways.web.clone(), Instant::now() + less(AFTER));
    match ways.dry {
        true => {
            let client = client.rehearsed(Rehearsal::new(log::line));
            step.run(&ledger.rehearsed(), &client).await
        }
        false => step.run(&ledger, &client).await,
    }
}
