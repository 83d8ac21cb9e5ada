//! A pod that runs: its first stage as a child of this process, and the conversation with it.

use super::pod::{Container, Network, Pod};
use super::relay::{Door, Port};
use super::stage;
use super::users;
use super::wire::{Said, Told, Wire};
use rustix::process::{Pid, Signal, kill_process};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::task::spawn_blocking;

/// Time for a stage to answer while a pod or container is made.
const ANSWER: Duration = Duration::from_secs(30);

/// A pod. It ends when this is dropped, with everything in it.
#[derive(Debug)]
pub(super) struct Sandbox {
    child: Child,
    wire: Option<Wire>,
    /// What its containers print.
    pub(super) out: Option<ChildStdout>,
    /// What they complain.
    pub(super) err: Option<ChildStderr>,
    doors: Vec<Door>,
}

/// A container that runs.
#[derive(Debug)]
pub(super) struct Running {
    number: Option<Pid>,
    wire: Wire,
}

impl Sandbox {
    /// Makes a pod; `ports` are where its doors lead, in their order.
    pub(super) async fn start(pod: &Pod, ports: &[Port]) -> Result<Self, String> {
        let (here, there) = UnixStream::pair().map_err(cannot("make a socket"))?;
        let mut command = Command::new(stage::SELF);
        command
            .arg0(stage::POD)
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(there)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A key of the terminal is for whoever started the run, who then ends this.
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(cannot("start a pod"))?;
        let number = child.id().ok_or("a pod has ended at once")?;
        // It has the other end alone now.
        drop(command);
        let pod = pod.clone();
        let made = spawn_blocking(move || make(here, pod, number)).await;
        let (wire, listeners) = made.map_err(|e| e.to_string())??;
        let doors = listeners
            .into_iter()
            .zip(ports)
            .map(|(listener, port)| Door::open(listener, port.clone()))
            .collect::<io::Result<Vec<_>>>()
            .map_err(cannot("open a door"))?;
        Ok(Self {
            out: child.stdout.take(),
            err: child.stderr.take(),
            child,
            wire: Some(wire),
            doors,
        })
    }

    /// Starts the next container.
    pub(super) async fn run(&mut self, container: Container) -> Result<Running, String> {
        let wire = self
            .wire
            .take()
            .ok_or("a container of this pod runs already")?;
        let begun = spawn_blocking(move || begin(wire, container)).await;
        begun.map_err(|e| e.to_string())?
    }

    /// Waits for its end; gives its exit code.
    pub(super) async fn ended(&mut self, running: Running) -> Result<u8, String> {
        let waited = spawn_blocking(move || end(running.wire)).await;
        let (wire, code) = waited.map_err(|e| e.to_string())??;
        self.wire = Some(wire);
        Ok(code)
    }

    /// Ends it with everything in it.
    pub(super) async fn kill(mut self) {
        self.doors.clear();
        // It may have ended.
        drop(self.child.kill().await);
    }
}

impl Running {
    /// Its first process, for signals.
    pub(super) fn first(&self) -> First {
        First(self.number)
    }
}

/// The first process of a container.
#[derive(Debug, Clone, Copy)]
pub(super) struct First(Option<Pid>);

impl First {
    /// Asks it to end.
    pub(super) fn terminate(self) {
        if let Some(number) = self.0 {
            // It may have ended.
            let _gone = kill_process(number, Signal::TERM);
        }
    }
}

fn make(
    here: UnixStream,
    pod: Pod,
    number: u32,
) -> Result<(Wire, Vec<std::net::TcpListener>), String> {
    here.set_read_timeout(Some(ANSWER))
        .map_err(cannot("set a time"))?;
    let mut wire = Wire::new(here);
    let Said::Apart = said(&mut wire)? else {
        return Err(confused());
    };
    users::map(number, pod.user).map_err(cannot("map the users of a pod"))?;
    let has_doors = matches!(&pod.network, Network::Doors(ports) if !ports.is_empty());
    wire.send(&Told::Mapped(pod))
        .map_err(cannot("speak with a pod"))?;
    let Said::Stands = said(&mut wire)? else {
        return Err(confused());
    };
    let doors = match has_doors {
        true => wire
            .receive_doors()
            .map_err(cannot("take the doors of a pod"))?,
        false => Vec::new(),
    };
    Ok((wire, doors))
}

fn begin(mut wire: Wire, container: Container) -> Result<Running, String> {
    let speak = cannot("speak with a pod");
    wire.send(&Told::Next).map_err(&speak)?;
    wire.send(&Told::Container(Box::new(container)))
        .map_err(&speak)?;
    let (mut number, mut ready) = (None, false);
    while number.is_none() || !ready {
        match said(&mut wire)? {
            Said::Number(told) => number = i32::try_from(told).ok().and_then(Pid::from_raw),
            Said::Ready => ready = true,
            _ => return Err(confused()),
        }
    }
    wire.send(&Told::Go).map_err(&speak)?;
    wire.wait_long().map_err(cannot("set a time"))?;
    Ok(Running { number, wire })
}

fn end(mut wire: Wire) -> Result<(Wire, u8), String> {
    match said(&mut wire)? {
        Said::Ended(code) => Ok((wire, code)),
        _ => Err(confused()),
    }
}

/// What a stage says, unless that it failed.
fn said(wire: &mut Wire) -> Result<Said, String> {
    match wire.receive() {
        Ok(Said::Failed(why)) => Err(why),
        Ok(said) => Ok(said),
        Err(why) => Err(format!("a pod has ended before its time: {why}")),
    }
}

fn confused() -> String {
    "a pod says what nobody asked".to_owned()
}

fn cannot(what: &str) -> impl Fn(io::Error) -> String {
    move |why| format!("cannot {what}: {why}")
}
