//! The order of steps: what Argo does on a cluster.
//!
//! The gateway, then the choice of the agent where there is one, then cycles (the start gate, the agent, the router),
//! then packing, then exporting, whatever came before; each with the deadline of its pod, each told what its pod would
//! be told. The number that a router names starts the next cycle only within the static bound. In a run with a graph the
//! cycles are visits of its steps (`visits`).

mod folder;
mod gateway;
mod visits;

use super::job::Job;
use super::outcome::{End, Outcome, without_exports};
use super::places::Places;
use super::pod::{Container, Pod};
use super::process::{Ended, Place, Until};
use super::relay::Port;
use super::roles::{Attempt, Ports, Roles};
use super::tidings::Tidings;
use crate::emit::deadlines::cycles;
use folder::{clear, hand_over, prepare, settle};
use gateway::Gateway;
use serde_json::Value;
use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

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
    /// The agent whose turn it is, where there are several: the one that was chosen, or that of the step.
    agent: Mutex<Option<String>>,
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
        agent: Mutex::default(),
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
        let cycles = match self.choice().await {
            Ok(()) => match self.job.plan.graph() {
                Some(graph) => self.visits(graph).await,
                None => self.cycles().await,
            },
            Err(why) => {
                self.tidings
                    .trouble(&format!("the choice of the agent: {why}"));
                End::Failed
            }
        };
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

    /// Which of several agents it is, before the first cycle.
    async fn choice(&self) -> Result<(), String> {
        if self.job.plan.choosing().is_none() {
            return Ok(());
        }
        let (pod, container) = self.roles.choice();
        let ports = [self.roles.ports.control.clone()];
        let until = self.until(self.job.deadlines.choice_pod, true);
        let step = self.step(&pod, &ports, "route", container, &until);
        let (ended, _) = step.await?;
        let word = self.answer("route");
        if ended.code != 0 {
            return Err(format!("it ended with {}", ended.code));
        }
        let agent = self.job.agent(Some(&word));
        let agent = agent.ok_or("it names no agent of the spec")?;
        hand_over(self.job, agent).map_err(|e| e.to_string())?;
        self.turn_of(&word);
        Ok(())
    }

    fn turn_of(&self, agent: &str) {
        let mut held = self.agent.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Some(agent.to_owned());
    }

    fn whose_turn(&self) -> Option<String> {
        let held = self.agent.lock().unwrap_or_else(PoisonError::into_inner);
        held.clone()
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
        let agent = self.whose_turn();
        let agent = self.roles.agent(cycle, agent.as_deref());
        let (pod, gate, main) = agent.ok_or("there is no agent")?;
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
        Ok(self.next("router"))
    }

    /// The number that stands in an answer: of a cycle or, where there are steps, of a visit.
    fn next(&self, answer: &str) -> Option<u32> {
        let word = self.answer(answer);
        let most = if self.job.plan.graph().is_some() {
            4
        } else {
            2
        };
        let digits = (1..=most).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
        word.parse().ok().filter(|_| digits)
    }

    async fn pack(&self) -> End {
        let (pod, container) = self.roles.pack(self.whose_turn().as_deref());
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
        let log = self.job.folder.join("logs/gateway.log");
        let ports = self.roles.ports.clone();
        let mut gateway = Gateway::new(self.job.isolated, self.roles.gateway(), log, ports);
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
