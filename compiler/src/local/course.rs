//! The order of steps: what Argo does on a cluster.
//!
//! The gateway, then cycles (the start gate, the agent, the router), then packing, then exporting, whatever came before;
//! each with the deadline of its pod, each told what its pod would be told. The number that a router names starts the
//! next cycle only within the static bound.

use super::job::Job;
use super::outcome::{End, Outcome, without_exports};
use super::places::Places;
use super::pod::{Container, Pod};
use super::process::{Ended, Place, Signalled, Started, Until};
use super::relay::Port;
use super::roles::{Attempt, Ports, Roles, user};
use super::tidings::Tidings;
use super::users;
use crate::emit::deadlines::{READY, cycles};
use crate::emit::names::Role;
use crate::plan::Keep;
use pure_agent_runtime::record::verify::verify;
use serde_json::Value;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// How often a gateway is started again, as a kubelet would.
const RESTARTS: u32 = 3;
/// Time for a gateway to end by itself.
const ENDING: Duration = Duration::from_secs(5);

/// How urgently a run is to end: not, with time for what it has, at once.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<u8>);

impl Stop {
    /// One that listens to a number: 0, 1 or 2.
    #[must_use]
    pub fn new(number: watch::Receiver<u8>) -> Self {
        Self(number)
    }

    pub(super) async fn gently(&self) {
        self.reaches(1).await;
    }

    pub(super) async fn at_once(&self) {
        self.reaches(2).await;
    }

    fn asked(&self) -> bool {
        *self.0.borrow() > 0
    }

    async fn reaches(&self, number: u8) {
        let mut number_of = self.0.clone();
        if number_of.wait_for(|told| *told >= number).await.is_err() {
            // Nobody can stop the run any more.
            std::future::pending::<()>().await;
        }
    }
}

/// A run on its way.
struct Course<'j> {
    job: &'j Job,
    roles: Roles<'j>,
    stop: Stop,
    tidings: Tidings,
    /// The whole run is over then.
    over: Instant,
}

/// What came of the steps before the end.
struct Came {
    document: Value,
    done: bool,
}

/// Runs a job to its end.
///
/// # Errors
/// Where its folder cannot be prepared; whatever else goes wrong is an outcome.
pub async fn run(job: &Job, stop: Stop, tidings: Tidings) -> Result<Outcome, String> {
    let hidden =
        prepare(job).map_err(|why| format!("cannot prepare `{}`: {why}", job.folder.display()))?;
    let places = match &hidden {
        Some(hidden) => Places::of_folder(job, hidden.path()),
        None => Places::of_pod(),
    };
    let ports = Ports::default();
    let mut course = Course {
        job,
        roles: Roles { job, places, ports },
        stop,
        tidings,
        over: Instant::now() + Duration::from_secs(job.deadlines.workflow),
    };
    let came = course.steps().await;
    drop(hidden);
    Ok(settle(job, came))
}

impl Course<'_> {
    /// All steps, with a gateway from the first to the last.
    async fn steps(&mut self) -> Came {
        let mut gateway = match self.gateway().await {
            Ok(gateway) => gateway,
            Err(why) => {
                let document =
                    without_exports(self.job, End::Omitted, End::Omitted, "gateway", Some(&why));
                return Came {
                    document,
                    done: false,
                };
            }
        };
        let watched = self
            .tidings
            .watch(self.job.folder.join("record/record.jsonl"));
        let came = {
            let gone = gateway.keep();
            let work = self.work();
            tokio::select! {
                came = work => came,
                why = gone => Err(why),
            }
        };
        gateway.end().await;
        watched.end().await;
        came.unwrap_or_else(|why| Came {
            document: without_exports(self.job, End::Failed, End::Omitted, "gateway", Some(&why)),
            done: false,
        })
    }

    async fn work(&self) -> Result<Came, String> {
        let cycles = self.cycles().await;
        let packing = self.pack().await;
        if self.stop.asked() {
            let document = without_exports(self.job, End::Failed, packing, "stopped", None);
            return Ok(Came {
                document,
                done: false,
            });
        }
        Ok(self.export(cycles, packing).await)
    }

    /// Cycles until a router says stop, within the static bound.
    async fn cycles(&self) -> End {
        let bound = cycles(
            self.job.plan.limits.depth,
            self.job.plan.retry.infrastructure,
        );
        let mut cycle = 0;
        loop {
            let attempt = match self.attempt(cycle).await {
                Ok(attempt) => attempt,
                Err(why) => {
                    self.tidings.trouble(&format!("cycle {cycle}: {why}"));
                    lost()
                }
            };
            if self.stop.asked() {
                return End::Failed;
            }
            match self.router(cycle, &attempt).await {
                Ok(Some(next)) if cycle + 1 < bound => cycle = next,
                Ok(_) => return End::Succeeded,
                Err(why) => {
                    self.tidings
                        .trouble(&format!("router of cycle {cycle}: {why}"));
                    return End::Failed;
                }
            }
        }
    }

    /// The pod of an agent: what its kubelet would say of it.
    async fn attempt(&self, cycle: u32) -> Result<Attempt, String> {
        let (pod, gate, main) = self.roles.agent(cycle).ok_or("there is no agent")?;
        clear(&self.job.folder, self.job.isolated).map_err(|e| e.to_string())?;
        let until = self.until(self.job.deadlines.agent_pod, true);
        let ports = [self.roles.ports.agent.clone()];
        let mut place = self.place(&pod, &ports, &format!("agent-{cycle}")).await?;
        let ended = both(&mut place, gate, main, &until).await;
        drop(place.close().await);
        let (start, agent) = ended?;
        if start.code != 0 {
            self.tidings.trouble(&format!(
                "cycle {cycle} does not start: {}",
                self.answer("start")
            ));
        }
        Ok(told(start, agent))
    }

    /// The number of the next cycle, if there is one.
    async fn router(&self, cycle: u32, attempt: &Attempt) -> Result<Option<u32>, String> {
        let (pod, container) = self.roles.router(cycle, attempt);
        let ports = [self.roles.ports.control.clone()];
        let name = format!("router-{cycle}");
        let until = self.until(self.job.deadlines.router_pod, true);
        let (ended, _) = self.step(&pod, &ports, &name, container, &until).await?;
        if ended.code != 0 {
            return Err(format!("it ended with {}", ended.code));
        }
        let word = self.answer("router");
        let digits = (1..=2).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
        Ok(word.parse().ok().filter(|_| digits))
    }

    async fn pack(&self) -> End {
        let (pod, container) = self.roles.pack();
        let until = self.until(self.job.deadlines.pack_pod, false);
        self.tidings.step("packing what the agent left");
        match self.step(&pod, &[], "pack", container, &until).await {
            Ok((ended, _)) => End::of(ended.code == 0),
            Err(why) => {
                self.tidings.trouble(&format!("packing: {why}"));
                End::Failed
            }
        }
    }

    async fn export(&self, cycles: End, packing: End) -> Came {
        let (pod, container) = self.roles.export(cycles.word(), packing.word());
        let Ports {
            control, export, ..
        } = &self.roles.ports;
        let ports = [control.clone(), export.clone()];
        let until = self.until(self.job.deadlines.export_pod, false);
        let step = self.step(&pod, &ports, "export", container, &until).await;
        let failed = |why: &str| Came {
            document: without_exports(self.job, cycles, packing, "export", Some(why)),
            done: false,
        };
        let (ended, lines) = match step {
            Ok(done) => done,
            Err(why) => return failed(&why),
        };
        for line in lines.iter().filter(|line| line["event"] == "would-send") {
            self.tidings.would_send(line);
        }
        let mut said = lines.into_iter().filter(|line| line["event"] == "exported");
        match said
            .next()
            .and_then(|mut line| line.get_mut("result").map(Value::take))
        {
            Some(document) => Came {
                document,
                done: ended.code == 0,
            },
            None => failed("it ended without a result"),
        }
    }

    /// A pod of one container, to its end.
    async fn step(
        &self,
        pod: &Pod,
        ports: &[Port],
        name: &str,
        container: Container,
        until: &Until<'_>,
    ) -> Result<(Ended, Vec<Value>), String> {
        let mut place = self.place(pod, ports, name).await?;
        let ended = match place.start(container).await {
            Ok(started) => place.end(started, until).await,
            Err(why) => Err(why),
        };
        let lines = place.close().await;
        Ok((ended?, lines))
    }

    async fn place(&self, pod: &Pod, ports: &[Port], name: &str) -> Result<Place, String> {
        let log = self.job.folder.join("logs").join(format!("{name}.log"));
        Place::make(self.job.isolated, pod, ports, &log).await
    }

    fn until(&self, seconds: u64, yields: bool) -> Until<'_> {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        Until {
            deadline: deadline.min(self.over),
            stop: &self.stop,
            yields,
        }
    }

    /// What a role wrote for the kubelet.
    fn answer(&self, name: &str) -> String {
        let path = self.job.folder.join("answers").join(name);
        let text = fs::read_to_string(&path).unwrap_or_default();
        // The next one of this name is another.
        drop(fs::remove_file(path));
        text
    }

    async fn gateway(&self) -> Result<Gateway, String> {
        let (pod, container) = self.roles.gateway();
        let log = self.job.folder.join("logs/gateway.log");
        let mut gateway = Gateway {
            isolated: self.job.isolated,
            pod,
            container,
            log,
            ports: self.roles.ports.clone(),
            running: None,
            started: None,
        };
        tokio::select! {
            started = gateway.start() => started?,
            () = self.stop.gently() => return Err("the run was stopped".to_owned()),
        }
        Ok(gateway)
    }
}

/// The start gate, and where it lets it, the agent.
async fn both(
    place: &mut Place,
    gate: Container,
    main: Container,
    until: &Until<'_>,
) -> Result<(Ended, Option<Ended>), String> {
    let started = place.start(gate).await?;
    let start = place.end(started, until).await?;
    if start.code != 0 || start.late || start.stopped {
        return Ok((start, None));
    }
    let started = place.start(main).await?;
    Ok((start, Some(place.end(started, until).await?)))
}

/// What a kubelet says of a pod whose containers ended like this.
fn told(start: Ended, agent: Option<Ended>) -> Attempt {
    let fine = agent.is_some_and(|agent| agent.code == 0 && !agent.late);
    let late = start.late || agent.is_some_and(|agent| agent.late);
    Attempt {
        phase: if fine { "Succeeded" } else { "Failed" },
        exit_code: agent.map_or_else(String::new, |agent| agent.code.to_string()),
        start_code: start.code.to_string(),
        pod_reason: if late { "DeadlineExceeded" } else { "" },
        end_reason: match agent {
            Some(_) if fine => "Completed",
            Some(_) => "Error",
            None => "",
        },
    }
}

/// What the launcher says of a pod that nobody saw end.
fn lost() -> Attempt {
    Attempt {
        phase: "Lost",
        ..Attempt::default()
    }
}

/// The gateway, which is started again where it ends before its time.
struct Gateway {
    isolated: bool,
    pod: Pod,
    container: Container,
    log: PathBuf,
    ports: Ports,
    running: Option<(Place, Signalled)>,
    started: Option<Started>,
}

impl Gateway {
    /// Starts it, and waits until it listens.
    async fn start(&mut self) -> Result<(), String> {
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
    async fn keep(&mut self) -> String {
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
    async fn end(self) {
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

/// A folder in memory that is gone with this.
struct Hidden(PathBuf);

impl Hidden {
    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Makes what the roles find in the folder.
fn prepare(job: &Job) -> io::Result<Option<Hidden>> {
    let agent = job.entry().map_or(user(Role::Pack), |agent| agent.user);
    for (name, owner) in [
        ("answers", user(Role::Router)),
        ("home", agent),
        ("logs", 0),
        ("outbox", agent),
        ("record", user(Role::Gateway)),
        ("start", 0),
        ("tmp", agent),
        ("workspace", agent),
    ] {
        let unneeded = job.isolated && matches!(name, "home" | "tmp");
        if !unneeded {
            owned(&job.folder.join(name), owner)?;
        }
    }
    fs::write(job.folder.join("contract.json"), &job.contract.json)?;
    if job.isolated {
        return Ok(None);
    }
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory } else { &job.folder };
    let hidden = Hidden(place.join(format!("pure-agent-{}", job.uid)));
    fs::DirBuilder::new().mode(0o700).create(&hidden.0)?;
    fs::DirBuilder::new()
        .mode(0o700)
        .create(hidden.0.join("secrets"))?;
    fs::write(hidden.0.join("key"), &job.key)?;
    for secret in &job.plan.secrets {
        if let Some(value) = job.secrets.get(&secret.name) {
            fs::write(hidden.0.join("secrets").join(&secret.name), value)?;
        }
    }
    if let Some(trust) = &job.trust {
        fs::write(hidden.0.join("trust.pem"), trust)?;
    }
    Ok(Some(hidden))
}

/// A folder of one user, where there are several.
fn owned(at: &Path, owner: u32) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o755).create(at)?;
    match users::is_root() && owner != 0 {
        true => chown(at, Some(owner), Some(owner)),
        false => Ok(()),
    }
}

/// What a start gate leaves belongs to one cycle. In a pod it is in memory.
fn clear(folder: &Path, isolated: bool) -> io::Result<()> {
    if isolated {
        return Ok(());
    }
    let start = folder.join("start");
    fs::remove_dir_all(&start)?;
    fs::DirBuilder::new().mode(0o755).create(start)
}

/// After the last step: what is kept, and whether the record is whole.
fn settle(job: &Job, came: Came) -> Outcome {
    let Came { document, done } = came;
    let record = job.folder.join("record/record.jsonl");
    let whole = verify(&record)
        .map(|summary| summary.lines)
        .map_err(|broken| broken.to_string());
    let kept = match job.plan.workspace.keep {
        Keep::Never => false,
        Keep::OnFailure => !done,
        Keep::Always => true,
    };
    let stopped = document["reason"] == "stopped";
    let kept = kept || stopped;
    let mut left = Vec::new();
    let mut remove = |name: &str| {
        let path = job.folder.join(name);
        if let Err(why) = fs::remove_dir_all(&path)
            && why.kind() != io::ErrorKind::NotFound
        {
            left.push(format!("cannot remove `{}`: {why}", path.display()));
        }
    };
    for name in ["answers", "home", "start", "tmp"] {
        remove(name);
    }
    if !kept {
        remove("workspace");
        remove("outbox");
    }
    let workspace = kept.then(|| job.folder.join("workspace"));
    Outcome {
        document,
        done,
        record: (record, whole),
        workspace,
        left,
    }
}
