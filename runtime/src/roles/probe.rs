//! `pure-agent-runtime probe`

use super::{FAILED, FINE, block_on, log};
use crate::probe::{self, Place, Surroundings};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Args)]
pub(super) struct Probe {
    /// A port to listen on, TCP and UDP; with one the program stays until it is ended
    #[arg(long, value_name = "PORT")]
    listen: Vec<u16>,
    /// A place that should be open: `tcp:ADDRESS:PORT`, `udp:ADDRESS:PORT`, `udp:resolver:PORT`, `tcp:kubernetes`
    #[arg(long, value_name = "PLACE")]
    open: Vec<Place>,
    /// A place that should be closed
    #[arg(long, value_name = "PLACE")]
    closed: Vec<Place>,
    /// A place that may be either
    #[arg(long, value_name = "PLACE")]
    any: Vec<Place>,
    /// Seconds that policies may take to hold
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(..=60))]
    patience: u64,
    /// Where the DNS server of the pod is named
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/etc/resolv.conf",
        hide = true
    )]
    resolver: PathBuf,
    /// Host of the API server, as the kubelet tells it
    #[arg(
        long,
        env = "KUBERNETES_SERVICE_HOST",
        value_name = "HOST",
        hide = true
    )]
    api_host: Option<String>,
    /// Port of the API server, as the kubelet tells it
    #[arg(
        long,
        env = "KUBERNETES_SERVICE_PORT",
        value_name = "PORT",
        hide = true
    )]
    api_port: Option<String>,
    /// Where the kubelet reads what came of it
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/dev/termination-log",
        hide = true
    )]
    answer: PathBuf,
}

impl Probe {
    pub(super) fn run(self) -> ExitCode {
        let done = if self.listen.is_empty() {
            self.attempt()
        } else {
            self.stay()
        };
        match done {
            Ok(()) => ExitCode::from(FINE),
            Err(why) => {
                log::line("failed", json!({"why": why}));
                ExitCode::from(FAILED)
            }
        }
    }

    /// What was seen is data, not success or failure.
    fn attempt(&self) -> Result<(), String> {
        let resolver = std::fs::read_to_string(&self.resolver).unwrap_or_default();
        let around = Surroundings::read(
            &resolver,
            self.api_host.as_deref(),
            self.api_port.as_deref(),
        );
        let probe = probe::Probe {
            open: self.open.clone(),
            closed: self.closed.clone(),
            any: self.any.clone(),
            patience: Duration::from_secs(self.patience),
        };
        let answer = block_on(probe.run(around))?.map_err(|e| e.to_string())?;
        let value = answer.value();
        log::line("probed", value.clone());
        std::fs::write(&self.answer, value.to_string())
            .map_err(|e| format!("the answer cannot be written: {e}"))
    }

    fn stay(&self) -> Result<(), String> {
        log::line("listening", json!({"ports": self.listen}));
        block_on(async {
            // The first process of a container has no other end.
            let mut end = signal(SignalKind::terminate()).map_err(|e| e.to_string())?;
            tokio::select! {
                e = probe::listen(&self.listen) => Err(e.to_string()),
                _ = end.recv() => Ok(()),
            }
        })?
    }
}
