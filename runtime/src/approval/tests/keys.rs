//! Keys and signatures, made by the `ssh-keygen` of this machine.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A private key in a folder that goes with it.
pub(super) struct Key {
    folder: PathBuf,
    /// `KIND BASE64`.
    pub(super) public: String,
}

impl Drop for Key {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn keygen(arguments: &[&str]) {
    let done = Command::new("ssh-keygen").args(arguments).output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

impl Key {
    pub(super) fn new(kind: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("pure-agent-key-{}-{next}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("key").to_string_lossy().into_owned();
        keygen(&["-q", "-t", kind, "-N", "", "-C", "kim@laptop", "-f", &file]);
        let line = std::fs::read_to_string(folder.join("key.pub")).unwrap();
        let public = line.split(' ').take(2).collect::<Vec<_>>().join(" ");
        Self { folder, public }
    }

    /// The armored signature of a text.
    pub(super) fn sign(&self, namespace: &str, text: &str) -> String {
        self.sign_by("sha512", namespace, text)
    }

    pub(super) fn sign_by(&self, hash: &str, namespace: &str, text: &str) -> String {
        let key = self.folder.join("key").to_string_lossy().into_owned();
        let file = self.folder.join("text");
        let name = file.to_string_lossy().into_owned();
        std::fs::write(&file, text).unwrap();
        drop(std::fs::remove_file(self.folder.join("text.sig")));
        let hash = format!("hashalg={hash}");
        keygen(&[
            "-q", "-Y", "sign", "-O", &hash, "-f", &key, "-n", namespace, &name,
        ]);
        std::fs::read_to_string(self.folder.join("text.sig")).unwrap()
    }
}
