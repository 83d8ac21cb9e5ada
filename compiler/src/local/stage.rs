//! The stages between a start and a container: this program under other names.
//!
//! Each is a process with one thread, so that it may leave its namespaces, and each does what the one before cannot:
//! `pod` leaves the user's and the network's, `container` those of mounts, processes, hosts and IPC, `first` is process
//! 1 of the last, makes the root, gives up every right and becomes the container's command. A stage ends with the
//! one before it: whoever kills the first kills all.

mod filter;
mod loopback;
mod mounted;
mod rights;
mod root;
mod system;

use super::pod::Network;
use super::wire::{Said, Told, Wire};
use nix::sched::{CloneFlags, unshare};
use rustix::mount::{MountFlags, mount};
use rustix::process::{Signal, set_parent_process_death_signal};
use std::fmt::Display;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

/// The name of the first stage.
pub(super) const POD: &str = "pure-agent-pod";
/// The name of the one that makes nothing: a process without a pod, which ends with the run.
pub(super) const PLAIN: &str = "pure-agent-plain";
const CONTAINER: &str = "pure-agent-container";
const FIRST: &str = "pure-agent-first";
/// This program, whatever its file is called by now.
pub(super) const SELF: &str = "/proc/self/exe";
/// Most bytes of what stays in memory for a pod.
const SCRATCH: &str = "mode=0755,size=1g";

/// A stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The first.
    Pod,
    /// The second.
    Container,
    /// The third, which becomes the command.
    First,
    /// In place of them, where nothing is kept apart.
    Plain,
}

impl Stage {
    /// The stage that a process with this name is.
    #[must_use]
    pub fn called(name: &str) -> Option<Self> {
        match name {
            POD => Some(Self::Pod),
            CONTAINER => Some(Self::Container),
            FIRST => Some(Self::First),
            PLAIN => Some(Self::Plain),
            _ => None,
        }
    }

    /// Does its work. What goes wrong is said over the wire, which is standard input.
    #[must_use]
    pub fn run(self) -> ExitCode {
        if self == Self::Plain {
            return plain();
        }
        let Ok(socket) = std::io::stdin().as_fd().try_clone_to_owned() else {
            return ExitCode::FAILURE;
        };
        let mut wire = Wire::new(UnixStream::from(socket));
        let done = match self {
            Self::Pod => pod(&mut wire),
            Self::Container => container(&mut wire),
            Self::First => first(&mut wire),
            Self::Plain => Ok(ExitCode::FAILURE),
        };
        done.unwrap_or_else(|why| {
            // Nobody listens where the run is over.
            drop(wire.send(&Said::Failed(why)));
            ExitCode::FAILURE
        })
    }
}

/// Says what could not be done.
fn cannot<E: Display>(what: &str) -> impl Fn(E) -> String {
    move |why| format!("cannot {what}: {why}")
}

/// Ends with whoever started this process.
fn end_with_parent() -> Result<(), String> {
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(cannot("end with the run"))
}

fn pod(wire: &mut Wire) -> Result<ExitCode, String> {
    end_with_parent()?;
    rights::close_strangers()?;
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS)
        .map_err(cannot("make a user namespace"))?;
    wire.send(&Said::Apart).map_err(cannot("speak"))?;
    let Told::Mapped(pod) = wire.receive().map_err(cannot("hear"))? else {
        return Err("the users are not mapped".to_owned());
    };
    rights::keep_over_exec().map_err(cannot("keep the rights of a new user namespace"))?;
    mounted::private()?;
    for folder in &pod.scratch {
        let flags = MountFlags::NOSUID | MountFlags::NODEV;
        let size = format!("{SCRATCH},uid={0},gid={0}", pod.user);
        let data = std::ffi::CString::new(size).map_err(cannot("name a size"))?;
        mount("tmpfs", folder, "tmpfs", flags, data.as_c_str()).map_err(cannot("mount memory"))?;
    }
    let mut doors = Vec::new();
    if let Network::Doors(ports) = &pod.network {
        unshare(CloneFlags::CLONE_NEWNET).map_err(cannot("make a network namespace"))?;
        loopback::up().map_err(cannot("bring loopback up"))?;
        for port in ports {
            let door = TcpListener::bind((Ipv4Addr::LOCALHOST, *port));
            doors.push(door.map_err(cannot("open a door"))?);
        }
    }
    wire.send(&Said::Stands).map_err(cannot("speak"))?;
    if !doors.is_empty() {
        wire.send_doors(&doors)
            .map_err(cannot("hand a door over"))?;
    }
    // Nobody in here accepts what comes.
    drop(doors);
    loop {
        match wire.receive() {
            Ok(Told::Next) => {}
            Ok(_) => return Err("a container was expected".to_owned()),
            // The pod is not needed any more.
            Err(_) => return Ok(ExitCode::SUCCESS),
        }
        let status = child(wire, CONTAINER)?.wait().map_err(cannot("wait"))?;
        wire.send(&Said::Ended(code(status)))
            .map_err(cannot("speak"))?;
    }
}

fn container(wire: &mut Wire) -> Result<ExitCode, String> {
    end_with_parent()?;
    let apart = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWCGROUP;
    unshare(apart).map_err(cannot("make the namespaces of a container"))?;
    let mut first = child(wire, FIRST)?;
    wire.send(&Said::Number(first.id()))
        .map_err(cannot("speak"))?;
    let status = first.wait().map_err(cannot("wait"))?;
    Ok(ExitCode::from(code(status)))
}

fn first(wire: &mut Wire) -> Result<ExitCode, String> {
    end_with_parent()?;
    let Told::Container(container) = wire.receive().map_err(cannot("hear"))? else {
        return Err("the container is not named".to_owned());
    };
    rustix::process::setsid().map_err(cannot("leave the terminal"))?;
    rustix::system::sethostname(container.name.as_bytes()).map_err(cannot("name the host"))?;
    root::make(&container)?;
    let program = container.command.first().ok_or("there is no command")?;
    let mut command = Command::new(program);
    command
        .args(container.command.get(1..).unwrap_or_default())
        .env_clear()
        .envs(&container.env)
        .current_dir(&container.folder)
        .stdin(Stdio::null());
    // What another user starts does not end with this one's parent until it says so again.
    rights::bound(container.user, container.memory)?;
    end_with_parent()?;
    wire.send(&Said::Ready).map_err(cannot("speak"))?;
    // A parent that is gone by now cannot have seen the word above; then nothing comes, and this ends here.
    let Told::Go = wire.receive().map_err(cannot("hear"))? else {
        return Err("the start is not told".to_owned());
    };
    filter::apply()?;
    Err(cannot("start the command")(command.exec()))
}

/// Becomes the runtime with the arguments of this process.
fn plain() -> ExitCode {
    if end_with_parent().is_ok() {
        let mut command = Command::new(SELF);
        command
            .arg0(super::RUNTIME)
            .args(std::env::args_os().skip(1));
        // It comes back only where it failed.
        let _why = command.exec();
    }
    ExitCode::FAILURE
}

/// The next stage.
fn child(wire: &Wire, name: &str) -> Result<std::process::Child, String> {
    let socket = wire.socket().map_err(cannot("share the wire"))?;
    let mut command = Command::new(SELF);
    command
        .arg0(name)
        .env_clear()
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(socket)));
    command.spawn().map_err(cannot("start the next stage"))
}

fn code(status: ExitStatus) -> u8 {
    let number = status
        .code()
        .or_else(|| Some(status.signal()?.saturating_add(128)));
    number.and_then(|n| u8::try_from(n).ok()).unwrap_or(u8::MAX)
}
