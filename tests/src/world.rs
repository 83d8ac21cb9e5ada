//! Host names on this machine, for processes: `api.example.com` is a server of the test, and nothing else is.
//!
//! A [`World`] has a network of loopback of its own, an authority that signs for its hosts, and a file of their
//! names. What runs by [`World::command`] has that file for `/etc/hosts`, so that its own resolver finds the
//! stand-ins; a name that is not of the world has no address. What runs by [`World::client`] has a network of its
//! own, too, in which only a gateway can be reached.

mod authority;
mod ground;
mod server;
mod space;

pub use authority::Authority;
pub use server::{Door, Served, pieces};

use crate::program::Scratch;
use crate::readers::skipped;
use bytes::Bytes;
use ground::Ground;
use hyper::{Request, Response};
use pure_agent_runtime::body::Body;
use space::Space;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use tokio::runtime::Runtime;

/// The name of the gateway for clients, as in a cluster.
pub const GATEWAY: &str = "gateway.pure-agent";
/// Its port there.
pub const GATEWAY_PORT: u16 = pure_agent_runtime::contract::AGENT_PORT;
/// The ranges that a contract must name as private for a gateway within a world.
pub const PRIVATE: &str = "127.0.0.0/8";

/// Hosts that stand in, and the processes that find them. Its servers end with it.
#[derive(Debug)]
pub struct World {
    runtime: Option<Runtime>,
    folder: Scratch,
    ground: Ground,
    space: Space,
    authority: Authority,
    names: Mutex<BTreeMap<String, Ipv4Addr>>,
    served: Mutex<Vec<(String, Served)>>,
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        let served = self.served.get_mut();
        for (name, served) in served.unwrap_or_else(PoisonError::into_inner) {
            served.search(name);
        }
    }
}

impl World {
    /// An empty world.
    ///
    /// # Errors
    /// What this system does not let the test do, as a sentence.
    ///
    /// # Panics
    /// If files or threads cannot be made.
    pub fn new() -> Result<Self, String> {
        let folder = Scratch::new("world");
        let ground = Ground::take()?;
        let space = Space::find(folder.path(), ground.host(254))?;
        let authority = Authority::new();
        std::fs::write(folder.path().join("bundle.pem"), authority.pem()).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        let world = Self {
            runtime: Some(runtime.unwrap()),
            folder,
            ground,
            space,
            authority,
            names: Mutex::new(BTreeMap::new()),
            served: Mutex::default(),
        };
        world.write_hosts();
        Ok(world)
    }

    /// The same; where the system does not let the test do it, `SKIPPED` is printed with the reason.
    #[must_use]
    pub fn or_skip() -> Option<Self> {
        let made = Self::new();
        made.map_err(|why| skipped(&format!("no world of hosts: {why}")))
            .ok()
    }

    /// An HTTPS server for the name at port 443. The handler may block; it is called for each request when that
    /// has been read whole.
    ///
    /// # Panics
    /// If the port is taken.
    pub fn serve<F>(&self, name: &str, answer: F) -> Served
    where
        F: Fn(&Request<Bytes>) -> Response<Body> + Send + Sync + 'static,
    {
        let tls = self.authority.acceptor(name);
        let at = SocketAddr::from((self.address(name), 443));
        self.searched(name, Served::start(self.runtime(), at, Some(tls), answer))
    }

    /// The same over plain HTTP, at any port.
    ///
    /// # Panics
    /// If the port is taken.
    pub fn serve_plain<F>(&self, name: &str, port: u16, answer: F) -> Served
    where
        F: Fn(&Request<Bytes>) -> Response<Body> + Send + Sync + 'static,
    {
        let at = SocketAddr::from((self.address(name), port));
        self.searched(name, Served::start(self.runtime(), at, None, answer))
    }

    /// What a host is sent is searched for secrets when the world ends.
    fn searched(&self, name: &str, served: Served) -> Served {
        let mut all = self.served.lock().unwrap();
        all.push((name.to_owned(), served.clone()));
        served
    }

    /// A program that finds the hosts of this world, and no other name.
    #[must_use]
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        self.space.command(self.folder.path(), program.as_ref())
    }

    /// A program that finds nothing but the gateway which listens at `gateway`, as [`GATEWAY`] at
    /// [`GATEWAY_PORT`]. Its network has no other way out.
    ///
    /// # Panics
    /// If its way to the gateway cannot be made.
    #[must_use]
    pub fn client(&self, gateway: &str, program: impl AsRef<Path>) -> Command {
        let door = space::door(self.runtime(), self.folder.path(), gateway);
        self.space
            .client(self.folder.path(), &door, program.as_ref())
    }

    /// The file with the certificate of the world's authority.
    #[must_use]
    pub fn bundle(&self) -> PathBuf {
        self.folder.path().join("bundle.pem")
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().unwrap()
    }

    /// The address of a name, which is of the world from now on; for servers that are processes.
    ///
    /// # Panics
    /// If there are more than 250 names.
    pub fn address(&self, name: &str) -> Ipv4Addr {
        let mut names = self.names.lock().unwrap();
        let next = u8::try_from(names.len() + 1).unwrap();
        let ground = &self.ground;
        let address = *names
            .entry(name.to_owned())
            .or_insert_with(|| ground.host(next));
        drop(names);
        self.write_hosts();
        address
    }

    /// Into the same file, so that processes that run see what is new.
    fn write_hosts(&self) {
        let mut text = String::from("127.0.0.1 localhost\n");
        for (name, address) in &*self.names.lock().unwrap() {
            writeln!(text, "{address} {name}").unwrap();
        }
        std::fs::write(self.folder.path().join(space::HOSTS), text).unwrap();
    }
}
