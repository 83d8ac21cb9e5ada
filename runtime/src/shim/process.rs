//! The harness as a process: a group of its own, signals, and orphans that nobody else gathers.

use super::output::Output;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process_group};
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{self, SignalKind};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

/// Time for what the harness printed, after it has ended: somebody else may hold its output open.
const REST: Duration = Duration::from_secs(2);
/// Children that are gathered at once: signals are not left waiting for those that end without end.
const GATHERED: usize = 1_000;
/// Time after which they are gathered, whatever the kernel tells.
const TICK: Duration = Duration::from_secs(1);

/// How a harness ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Its exit code; 128 and the number of the signal that ended it.
    pub code: u8,
    /// Whether the shim was told to end.
    pub told: bool,
    /// Whether it ever began.
    pub started: bool,
}

/// The signals that a shim receives.
#[derive(Debug)]
pub struct Signals {
    terminate: unix::Signal,
    interrupt: unix::Signal,
    hangup: unix::Signal,
    child: unix::Signal,
}

/// What was received.
enum Heard {
    Told(Signal),
    Child,
}

impl Signals {
    /// Receives them from here on; and orphans become children of this process, as they are where it is the first
    /// of a container.
    ///
    /// # Errors
    /// Where the kernel does not allow it.
    pub fn listen() -> io::Result<Self> {
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        Ok(Self {
            terminate: unix::signal(SignalKind::terminate())?,
            interrupt: unix::signal(SignalKind::interrupt())?,
            hangup: unix::signal(SignalKind::hangup())?,
            child: unix::signal(SignalKind::child())?,
        })
    }

    /// Waits for a signal that tells the shim to end.
    pub async fn told(&mut self) -> Signal {
        loop {
            if let Heard::Told(signal) = self.next().await {
                return signal;
            }
        }
    }

    async fn next(&mut self) -> Heard {
        tokio::select! {
            _ = self.terminate.recv() => Heard::Told(Signal::TERM),
            _ = self.interrupt.recv() => Heard::Told(Signal::INT),
            _ = self.hangup.recv() => Heard::Told(Signal::HUP),
            _ = self.child.recv() => Heard::Child,
        }
    }
}

/// The exit code of what a signal ended.
#[must_use]
pub fn code_of(signal: Signal) -> u8 {
    u8::try_from(signal.as_raw()).map_or(u8::MAX, |number| number.saturating_add(128))
}

/// Runs a command to its end. What is left of its group then is ended too.
///
/// # Errors
/// Where it cannot be started.
pub async fn run(
    mut command: Command,
    input: String,
    output: &Arc<Output>,
    signals: &mut Signals,
    grace: Duration,
) -> io::Result<End> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = command.spawn()?;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| io::Error::other("the process has no number"))?;
    let mut rest = connect(&mut child, input, output);
    let (code, told) = wait(pid, signals, grace).await;
    signal_group(pid, Signal::KILL);
    // The channel closes when both streams have ended.
    drop(timeout(REST, rest.recv()).await);
    gather(pid);
    Ok(End {
        code,
        told,
        started: true,
    })
}

/// Threads for the three streams: each blocks for itself, and none blocks the signals.
fn connect(child: &mut Child, input: String, output: &Arc<Output>) -> mpsc::Receiver<()> {
    let (sender, rest) = mpsc::channel(1);
    if let Some(mut stdin) = child.stdin.take() {
        // A harness that does not read its prompt has its reasons.
        drop(std::thread::spawn(move || {
            drop(stdin.write_all(input.as_bytes()))
        }));
    }
    if let Some(stdout) = child.stdout.take() {
        let (output, sender) = (Arc::clone(output), sender.clone());
        drop(std::thread::spawn(move || {
            output.forward(stdout, io::stdout());
            drop(sender);
        }));
    }
    if let Some(stderr) = child.stderr.take() {
        let output = Arc::clone(output);
        drop(std::thread::spawn(move || {
            output.forward(stderr, io::stderr());
            drop(sender);
        }));
    }
    rest
}

/// Waits for the end of a process; forwards signals to its group.
async fn wait(pid: Pid, signals: &mut Signals, grace: Duration) -> (u8, bool) {
    let mut end: Option<Instant> = None;
    loop {
        if let Some(code) = gather(pid) {
            return (code, end.is_some());
        }
        let late = async {
            match end {
                Some(end) => sleep_until(end).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            heard = signals.next() => if let Heard::Told(signal) = heard {
                signal_group(pid, signal);
                end.get_or_insert_with(|| Instant::now() + grace);
            },
            () = late => {
                signal_group(pid, Signal::KILL);
                // It is gathered as soon as the kernel has ended it.
                end = Some(Instant::now() + grace);
            }
        }
    }
}

/// Where nobody is left in the group, there is nobody to tell.
fn signal_group(pid: Pid, signal: Signal) {
    let _gone = kill_process_group(pid, signal);
}

/// Gathers every child that has ended; gives the exit code of this one, if it is among them.
fn gather(pid: Pid) -> Option<u8> {
    let mut code = None;
    for _ in 0..GATHERED {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some((one, status))) if one == pid => code = Some(code_of_status(status)),
            Ok(Some(_)) => {}
            Err(rustix::io::Errno::INTR) => {}
            Ok(None) | Err(_) => break,
        }
    }
    code
}

fn code_of_status(status: WaitStatus) -> u8 {
    let number = match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => code,
        (None, Some(signal)) => signal.saturating_add(128),
        (None, None) => i32::from(u8::MAX),
    };
    u8::try_from(number).unwrap_or(u8::MAX)
}
