//! A container that runs, or a plain process in its place: its end, its output, and how it is made to end.

use super::pod::{Container, Pod};
use super::relay::Port;
use super::sandbox::{First, Running, Sandbox};
use super::stage;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

/// Time between a signal that ends a container and the one that nobody can ignore, as pods have it.
pub(super) const GRACE: Duration = Duration::from_secs(10);
/// Time for the rest of the output of what was killed.
const REST: Duration = Duration::from_secs(10);
/// Bytes of the log of a pod.
const MOST_LOG: u64 = 64 << 20;
/// Bytes of a line that is read for what it tells.
const MOST_LINE: u64 = 4 << 20;

/// Where containers of a pod run, one after the other.
pub(super) struct Place {
    made: Made,
    readers: Vec<JoinHandle<()>>,
    lines: UnboundedReceiver<Value>,
    sender: UnboundedSender<Value>,
    log: std::path::PathBuf,
}

enum Made {
    Pod(Sandbox),
    Plain(Option<Child>),
}

/// How a container ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ended {
    /// Its exit code; 128 and the number of the signal that ended it.
    pub(super) code: u8,
    /// Its time was over.
    pub(super) late: bool,
    /// Somebody stopped the run.
    pub(super) stopped: bool,
}

/// When a container is made to end.
pub(super) struct Until<'s> {
    /// Its time is over then.
    pub(super) deadline: Instant,
    /// The run is stopped.
    pub(super) stop: &'s super::course::Stop,
    /// Whether a stop that leaves time ends it.
    pub(super) yields: bool,
}

/// A container that was started.
pub(super) enum Started {
    Container(Running),
    Plain(Option<Pid>),
}

impl Place {
    /// A pod, or none where nothing is kept apart. What its containers print goes to `log`.
    pub(super) async fn make(
        isolated: bool,
        pod: &Pod,
        ports: &[Port],
        log: &Path,
    ) -> Result<Self, String> {
        let (sender, lines) = unbounded_channel();
        let made = match isolated {
            true => Made::Pod(Sandbox::start(pod, ports).await?),
            false => Made::Plain(None),
        };
        let mut place = Self {
            made,
            readers: Vec::new(),
            lines,
            sender,
            log: log.to_owned(),
        };
        if let Made::Pod(sandbox) = &mut place.made {
            let (out, err) = (sandbox.out.take(), sandbox.err.take());
            place.read(out, err)?;
        }
        Ok(place)
    }

    /// Starts the next container.
    pub(super) async fn start(&mut self, container: Container) -> Result<Started, String> {
        match &mut self.made {
            Made::Pod(sandbox) => Ok(Started::Container(sandbox.run(container).await?)),
            Made::Plain(child) => {
                let mut command = Command::new(stage::SELF);
                let arguments = container.command.get(1..).unwrap_or_default();
                command
                    .arg0(stage::PLAIN)
                    .args(arguments)
                    .env_clear()
                    .envs(&container.env)
                    .stdin(Stdio::null())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .process_group(0)
                    .kill_on_drop(true);
                let mut started = command
                    .spawn()
                    .map_err(|e| format!("cannot start a role: {e}"))?;
                let (out, err) = (started.stdout.take(), started.stderr.take());
                let number = started.id().and_then(|id| i32::try_from(id).ok());
                *child = Some(started);
                self.read(out, err)?;
                Ok(Started::Plain(number.and_then(Pid::from_raw)))
            }
        }
    }

    /// Waits for its end, however long that takes.
    pub(super) async fn ended(&mut self, started: Started) -> Result<u8, String> {
        self.made.wait(started).await
    }

    /// Waits for its end, and brings it about when it is time.
    pub(super) async fn end(
        &mut self,
        started: Started,
        until: &Until<'_>,
    ) -> Result<Ended, String> {
        let signal = started.signal();
        let (mut late, mut stopped) = (false, false);
        let mut kill = None;
        let mut waiting = std::pin::pin!(self.made.wait(started));
        loop {
            let killed = kill.unwrap_or(until.deadline);
            tokio::select! {
                code = &mut waiting => return Ok(Ended { code: code?, late, stopped }),
                () = sleep_until(killed) => {
                    if kill.is_some() {
                        break;
                    }
                    late = true;
                    kill = Some(Instant::now() + GRACE);
                    signal.terminate();
                }
                () = until.stop.gently(), if until.yields && !stopped => {
                    stopped = true;
                    kill = Some(Instant::now() + GRACE);
                    signal.terminate();
                }
                () = until.stop.at_once() => {
                    stopped = true;
                    break;
                }
            }
        }
        Ok(Ended {
            code: 128 + 9,
            late,
            stopped,
        })
    }

    /// What a role says next, of what is an object of JSON.
    pub(super) async fn line(&mut self) -> Option<Value> {
        self.lines.recv().await
    }

    /// Ends everything in it, and waits until nothing of it writes any more.
    pub(super) async fn close(mut self) -> Vec<Value> {
        match self.made {
            Made::Pod(sandbox) => sandbox.kill().await,
            Made::Plain(Some(mut child)) => drop(child.kill().await),
            Made::Plain(None) => {}
        }
        for reader in self.readers {
            drop(timeout(REST, reader).await);
        }
        drop(self.sender);
        std::iter::from_fn(|| self.lines.try_recv().ok()).collect()
    }

    fn read(
        &mut self,
        out: Option<impl AsyncRead + Unpin + Send + 'static>,
        err: Option<impl AsyncRead + Unpin + Send + 'static>,
    ) -> Result<(), String> {
        let open = || {
            let mut options = File::options();
            let log = options.create(true).append(true).open(&self.log);
            log.map_err(|e| format!("cannot write `{}`: {e}", self.log.display()))
        };
        if let Some(out) = out {
            self.readers
                .push(tokio::spawn(read(out, open()?, Some(self.sender.clone()))));
        }
        if let Some(err) = err {
            self.readers.push(tokio::spawn(read(err, open()?, None)));
        }
        Ok(())
    }
}

impl Made {
    async fn wait(&mut self, started: Started) -> Result<u8, String> {
        match (self, started) {
            (Self::Pod(sandbox), Started::Container(running)) => sandbox.ended(running).await,
            (Self::Plain(Some(child)), Started::Plain(_)) => {
                let status = child.wait().await.map_err(|e| e.to_string())?;
                Ok(code(status))
            }
            _ => Err("nothing was started".to_owned()),
        }
    }
}

/// Whom a signal goes to.
#[derive(Clone, Copy)]
pub(super) enum Signalled {
    First(First),
    Process(Option<Pid>),
}

impl Started {
    pub(super) fn signal(&self) -> Signalled {
        match self {
            Self::Container(running) => Signalled::First(running.first()),
            Self::Plain(number) => Signalled::Process(*number),
        }
    }
}

impl Signalled {
    pub(super) fn terminate(self) {
        match self {
            Self::First(first) => first.terminate(),
            // It may have ended.
            Self::Process(Some(number)) => drop(kill_process(number, Signal::TERM)),
            Self::Process(None) => {}
        }
    }
}

fn code(status: ExitStatus) -> u8 {
    let number = status
        .code()
        .or_else(|| Some(status.signal()?.saturating_add(128)));
    number.and_then(|n| u8::try_from(n).ok()).unwrap_or(u8::MAX)
}

/// Reads to the end, whatever comes: nobody who writes is kept waiting.
async fn read(from: impl AsyncRead + Unpin, mut log: File, told: Option<UnboundedSender<Value>>) {
    let mut from = BufReader::new(from);
    let mut left = MOST_LOG;
    loop {
        let mut line = Vec::new();
        match (&mut from)
            .take(MOST_LINE)
            .read_until(b'\n', &mut line)
            .await
        {
            Ok(0) | Err(_) => return,
            Ok(count) => {
                let count = u64::try_from(count).unwrap_or(u64::MAX);
                if let Some(less) = left.checked_sub(count) {
                    left = less;
                    // A disk that is full is told by what needs it.
                    drop(log.write_all(&line));
                }
            }
        }
        if let (Some(told), Ok(value @ Value::Object(_))) = (&told, serde_json::from_slice(&line)) {
            drop(told.send(value));
        }
    }
}
