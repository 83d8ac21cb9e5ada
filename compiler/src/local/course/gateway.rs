//! The gateway of a run, from its start to its end.

use crate::emit::deadlines::READY;
use crate::local::pod::{Container, Pod};
use crate::local::process::{Place, Signalled, Started};
use crate::local::roles::Ports;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How often it is started again, as a kubelet would.
const RESTARTS: u32 = 3;
/// Time for it to end by itself.
const ENDING: Duration = Duration::from_secs(5);

/// The gateway, which is started again where it ends before its time.
pub(super) struct Gateway {
    isolated: bool,
    pod: Pod,
    container: Container,
    log: PathBuf,
    ports: Ports,
    running: Option<(Place, Signalled)>,
    started: Option<Started>,
}

impl Gateway {
    /// One that was not started yet.
    pub(super) fn new(
        isolated: bool,
        (pod, container): (Pod, Container),
        log: PathBuf,
        ports: Ports,
    ) -> Self {
        Self {
            isolated,
            pod,
            container,
            log,
            ports,
            running: None,
            started: None,
        }
    }

    /// Starts it, and waits until it listens.
    pub(super) async fn start(&mut self) -> Result<(), String> {
        let mut place = Place::make(self.isolated, &self.pod, &[], &self.log).await?;
        let started = place.start(self.container.clone()).await?;
        let ready = Instant::now() + Duration::from_secs(READY);
        loop {
            let line = timeout_at(ready, place.line()).await;
            let Ok(Some(line)) = line else {
                return Err(format!("it does not listen; see `{}`", self.log.display()));
            };
            match line["event"].as_str() {
                Some("listening") => {
                    self.listens(&line)?;
                    self.running = Some((place, started.signal()));
                    self.started = Some(started);
                    return Ok(());
                }
                Some("refused" | "failed") => {
                    let why = line["why"].as_str().unwrap_or("it says no reason");
                    return Err(why.to_owned());
                }
                _ => {}
            }
        }
    }

    fn listens(&self, line: &Value) -> Result<(), String> {
        let Ports {
            agent,
            control,
            export,
        } = &self.ports;
        for (name, port) in [("agent", agent), ("control", control), ("export", export)] {
            let address = line[name].as_str().and_then(|at| at.rsplit_once(':'));
            let number = address.and_then(|(_, number)| number.parse().ok());
            port.set(number.ok_or("it does not say where it listens")?);
        }
        Ok(())
    }

    /// Ends where it cannot be kept alive.
    pub(super) async fn keep(&mut self) -> String {
        for _ in 0..=RESTARTS {
            if let (Some((place, _)), Some(started)) = (&mut self.running, self.started.take()) {
                // However it ended, it is to live.
                drop(place.ended(started).await);
            }
            if let Some((place, _)) = self.running.take() {
                drop(place.close().await);
            }
            if let Err(why) = self.start().await {
                return why;
            }
        }
        format!("it ends again and again; see `{}`", self.log.display())
    }

    /// Ends it. What it answered is on the disk.
    pub(super) async fn end(self) {
        let Some((mut place, signal)) = self.running else {
            return;
        };
        signal.terminate();
        let until = Instant::now() + ENDING;
        while let Ok(Some(line)) = timeout_at(until, place.line()).await {
            if line["event"] == "ended" {
                break;
            }
        }
        drop(place.close().await);
    }
}
