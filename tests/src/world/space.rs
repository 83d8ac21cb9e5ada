//! Namespaces of processes: who finds which names, and what can be reached.

use super::{GATEWAY, GATEWAY_PORT};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::net::{TcpStream, UnixListener};
use tokio::runtime::Runtime;

/// File of names within the folder of a world.
pub(super) const HOSTS: &str = "hosts";
/// The same for clients.
const CLIENT: &str = "client-hosts";

/// Puts the files of folder `$1` in place, with `$2` for the hosts, and becomes the rest.
const ENTER: &str = r#"set -e
mount --bind "$1/$2" /etc/hosts
mount --bind "$1/resolv.conf" /etc/resolv.conf
mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf
shift 2
exec "$@""#;

/// The way from a network of its own to the socket of a door.
const RELAY: &str = include_str!("relay.py");

/// How this system makes namespaces.
#[derive(Debug)]
pub(super) struct Space {
    unshare: PathBuf,
    options: &'static [&'static str],
}

impl Space {
    /// Writes the files that do not change, and tries.
    pub(super) fn find(folder: &Path, nobody: Ipv4Addr) -> Result<Self, String> {
        // A resolver that does not answer; an empty file would mean one at 127.0.0.1.
        let resolver = format!("nameserver {nobody}\noptions timeout:1 attempts:1\n");
        let client = format!("127.0.0.1 localhost {GATEWAY}\n");
        for (name, text) in [
            (HOSTS, ""),
            (CLIENT, client.as_str()),
            ("resolv.conf", &resolver),
            ("nsswitch.conf", "hosts: files dns\n"),
            ("relay.py", RELAY),
        ] {
            std::fs::write(folder.join(name), text).map_err(|e| format!("{name}: {e}"))?;
        }
        let unshare = program("unshare").ok_or("`unshare` is not installed")?;
        let ways: [&[&str]; 2] = [&[], &["--user", "--map-root-user"]];
        let mut why = String::new();
        for options in ways {
            let unshare = unshare.clone();
            let space = Self { unshare, options };
            match space.command(folder, Path::new("true")).output() {
                Ok(done) if done.status.success() => return Ok(space),
                Ok(done) => why = String::from_utf8_lossy(&done.stderr).trim().to_owned(),
                Err(e) => why = e.to_string(),
            }
        }
        Err(format!(
            "a mount namespace needs root or user namespaces: {why}"
        ))
    }

    /// The program with the names of the world.
    pub(super) fn command(&self, folder: &Path, program: &Path) -> Command {
        let mut command = self.enter(folder, HOSTS, &[]);
        command.arg(program);
        command
    }

    /// The program in a network of its own, with nothing but the door in it.
    pub(super) fn client(&self, folder: &Path, door: &Path, program: &Path) -> Command {
        let mut command = self.enter(folder, CLIENT, &["--net"]);
        command.arg(python()).arg("-I").arg(folder.join("relay.py"));
        command.arg(door).arg(GATEWAY_PORT.to_string());
        command.arg(program);
        command
    }

    fn enter(&self, folder: &Path, hosts: &str, more: &[&str]) -> Command {
        let mut command = Command::new(&self.unshare);
        command.args(self.options).arg("--mount").args(more);
        command.args(["--", "/bin/sh", "-c", ENTER, "sh"]);
        command.arg(folder).arg(hosts).stdin(Stdio::null());
        command
    }
}

/// A socket in the folder that leads to an address of this machine.
pub(super) fn door(runtime: &Runtime, folder: &Path, to: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let (path, to) = (folder.join(format!("door-{number}")), to.to_owned());
    let _entered = runtime.enter();
    let listener = UnixListener::bind(&path).unwrap_or_else(|e| panic!("{e}"));
    drop(runtime.spawn(async move {
        while let Ok((mut inside, _)) = listener.accept().await {
            let to = to.clone();
            drop(tokio::spawn(async move {
                if let Ok(mut outside) = TcpStream::connect(&to).await {
                    let _carried = tokio::io::copy_bidirectional(&mut inside, &mut outside).await;
                }
            }));
        }
    }));
    path
}

/// Where a program of this name is.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(name));
    places.find(|place| place.is_file())
}

/// The interpreter itself, not what chooses one by the environment.
fn python() -> PathBuf {
    let said = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable, end='')"])
        .output()
        .unwrap_or_else(|e| panic!("python3: {e}"));
    PathBuf::from(String::from_utf8_lossy(&said.stdout).into_owned())
}
