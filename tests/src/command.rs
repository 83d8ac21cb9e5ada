//! The `pure-agent` command as a user runs it, in a folder of its own.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The built command. Cargo builds it for the profile of the tests if it is not up to date.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        crate::program::nobodys(&mut build);
        build.args([
            "build",
            "--quiet",
            "--package",
            "pure-agent",
            "--bin",
            "pure-agent",
        ]);
        build.arg("--message-format=json");
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let out = build
            .current_dir(crate::sources::repository())
            .output()
            .expect("cargo runs");
        let text = String::from_utf8_lossy(&out.stdout);
        let lines = text
            .lines()
            .filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok());
        let mut made = lines.filter_map(|l| l["executable"].as_str().map(PathBuf::from));
        made.next_back()
            .unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&out.stderr)))
    })
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// Exit code; `None` for a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// A folder for one test, removed with it. It looks like a repository, so that nothing above it is
/// taken for its workspace.
#[derive(Debug)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
}

impl Folder {
    /// An empty folder. `name` is that of the test.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let all = std::env::temp_dir().join(format!("pure-agent-tests-{}", std::process::id()));
        let path = all.join(name);
        std::fs::create_dir_all(path.join(".git")).expect("a folder for the test");
        Self { path }
    }

    /// With the smallest workspace that compiles without a finding.
    #[must_use]
    pub fn base(name: &str) -> Self {
        let folder = Self::new(name);
        for (path, bytes) in crate::sources::base() {
            folder.write(&path, &bytes);
        }
        folder
    }

    /// Writes a file, with its folders.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }

    /// Reads a file.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    /// Replaces text in a file that must hold it.
    ///
    /// # Panics
    /// If it does not.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        self.write(path, text.replace(from, to));
    }

    /// Every file below a folder, by path.
    #[must_use]
    pub fn files(&self, below: &str) -> BTreeMap<String, Vec<u8>> {
        let path = self.path.join(below);
        if path.exists() {
            crate::sources::folder(&path)
        } else {
            BTreeMap::new()
        }
    }

    /// The command, ready to run here.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(args)
            .current_dir(&self.path)
            .stdin(Stdio::null());
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM", "GOLDEN"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs the command here.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Ended {
        ended(&self.command(args).output().expect("the command runs"))
    }

    /// Runs the command here with text on its standard input.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn feed(&self, args: &[&str], stdin: &[u8]) -> Ended {
        let mut command = self.command(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command runs");
        // A command that does not read to the end is no fault of the test.
        drop(child.stdin.take().expect("its input").write_all(stdin));
        ended(&child.wait_with_output().expect("the command ends"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.path));
    }
}

fn ended(output: &std::process::Output) -> Ended {
    Ended {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
