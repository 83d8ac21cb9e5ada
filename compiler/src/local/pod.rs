//! What a pod is on this machine: a network, and containers in it one after the other.
//!
//! A pod has a user namespace and, unless it is the gateway's, a network of nothing but loopback. A container has a
//! root of its own, numbers of processes of its own, and no right that a user does not have.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pod {
    /// What it can reach.
    pub(super) network: Network,
    /// The user of its containers.
    pub(super) user: u32,
    /// Folders of this machine that stay in memory and are gone with the pod; its containers share them.
    pub(super) scratch: Vec<PathBuf>,
}

/// What a pod can reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Network {
    /// This machine's network.
    Machine,
    /// Loopback of its own; connections to these ports of it are carried on by whoever started the pod.
    Doors(Vec<u16>),
}

/// A container.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Container {
    /// Its name, also as a host.
    pub(super) name: String,
    /// The command, with a path from the root.
    pub(super) command: Vec<String>,
    /// All of its environment.
    pub(super) env: BTreeMap<String, String>,
    /// User and group: the pod's.
    pub(super) user: u32,
    /// Most bytes of memory of each of its processes, where there is a limit.
    pub(super) memory: Option<u64>,
    /// Where it starts.
    pub(super) folder: PathBuf,
    /// What is mounted, in this order, over the system's folders.
    pub(super) mounts: Vec<Mount>,
    /// Small files that are only in its memory.
    pub(super) files: Vec<File>,
}

impl std::fmt::Debug for Container {
    // Files may be secrets, and a variable is an input or a proof.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Container({})", self.name)
    }
}

/// Something mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mount {
    /// Where.
    pub(super) at: PathBuf,
    /// What.
    pub(super) what: What,
}

/// What is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum What {
    /// A file or folder of this machine, which is not changed there.
    Read(PathBuf),
    /// A folder of this machine.
    Write(PathBuf),
    /// Memory: the most bytes, and whether only the container's user may enter.
    Memory(u64, bool),
}

/// A file that is only in memory.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct File {
    /// Where.
    pub(super) at: PathBuf,
    /// What stands in it.
    pub(super) bytes: Vec<u8>,
    /// Whether only the container's user reads it.
    pub(super) secret: bool,
}

impl Mount {
    pub(super) fn read(from: impl Into<PathBuf>, at: impl Into<PathBuf>) -> Self {
        let what = What::Read(from.into());
        Self {
            at: at.into(),
            what,
        }
    }

    pub(super) fn write(from: impl Into<PathBuf>, at: impl Into<PathBuf>) -> Self {
        let what = What::Write(from.into());
        Self {
            at: at.into(),
            what,
        }
    }

    pub(super) fn memory(at: impl Into<PathBuf>, size: u64, private: bool) -> Self {
        let what = What::Memory(size, private);
        Self {
            at: at.into(),
            what,
        }
    }
}

impl File {
    pub(super) fn public(at: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let bytes = text.into().into_bytes();
        Self {
            at: at.into(),
            bytes,
            secret: false,
        }
    }

    pub(super) fn secret(at: impl Into<PathBuf>, bytes: Vec<u8>) -> Self {
        Self {
            at: at.into(),
            bytes,
            secret: true,
        }
    }
}
