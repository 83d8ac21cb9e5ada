//! The built `pure-agent`, run as a process within bounds.

use crate::mutate::Files;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// How much slower a debug build may be than the release build that the bounds are about.
pub const SLOWDOWN: u32 = if cfg!(debug_assertions) { 25 } else { 1 };

/// The program of the same profile as the test, built once per test process.
///
/// # Panics
/// If it cannot be built.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| built(&["--package", "pure-agent", "--bin", "pure-agent"]))
}

/// The runtime, likewise.
///
/// # Panics
/// If it cannot be built.
pub fn runtime() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let wanted = ["--features", "roles", "--package", "pure-agent-runtime"];
    PROGRAM.get_or_init(|| built(&[&wanted[..], &["--bin", "pure-agent-runtime"]].concat()))
}

/// The hosts outside a cluster, likewise.
///
/// # Panics
/// If they cannot be built.
pub fn services() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| built(&["--package", "pure-agent-tests", "--bin", "services"]))
}

/// The runtime as one static file, of the profile `light`.
///
/// # Panics
/// If it cannot be built.
pub fn static_runtime() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let wanted = ["--features", "roles", "--package", "pure-agent-runtime"];
    PROGRAM.get_or_init(|| built_static(&wanted, "pure-agent-runtime"))
}

/// The agent that tries every way out, likewise.
///
/// # Panics
/// If it cannot be built.
pub fn static_escape() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| built_static(&["--package", "pure-agent-escape"], "escape"))
}

/// A program that needs no loader and no library.
fn built_static(wanted: &[&str], name: &str) -> PathBuf {
    const TARGET: &str = "x86_64-unknown-linux-musl";
    build(
        &[wanted, &["--target", TARGET, "--bin", name]].concat(),
        "light",
    );
    folders().1.join(TARGET).join("light").join(name)
}

/// Builds the program that the last of these arguments of cargo names.
fn built(wanted: &[&str]) -> PathBuf {
    let (profile, _) = folders();
    let name = profile.file_name().unwrap_or_default().to_string_lossy();
    build(wanted, if name == "debug" { "dev" } else { &name });
    let program = wanted.last().copied().unwrap_or_default();
    profile.join(format!("{program}{}", std::env::consts::EXE_SUFFIX))
}

/// The folders of this test's profile and of all profiles.
fn folders() -> (PathBuf, PathBuf) {
    let test = std::env::current_exe().unwrap_or_else(|e| panic!("this test: {e}"));
    // target/<profile>/deps/<test>
    let profile = test.parent().and_then(Path::parent).unwrap_or(&test);
    let target = profile.parent().unwrap_or(profile);
    (profile.to_owned(), target.to_owned())
}

fn build(wanted: &[&str], profile: &str) {
    let mut build = Command::new(env!("CARGO"));
    nobodys(&mut build);
    let status = build
        .args(["build", "--quiet"])
        .args(wanted)
        .args(["--profile", profile, "--target-dir"])
        .arg(folders().1)
        // Where no compiler is named for the target, the host's own will do.
        .env("CC_x86_64_unknown_linux_musl", "gcc")
        .current_dir(crate::sources::repository())
        .status();
    let program = wanted.last().copied().unwrap_or_default();
    assert!(
        status.is_ok_and(|status| status.success()),
        "{program} is not built"
    );
}

/// Takes away what cargo tells this test about itself: it makes build scripts run again, here and in the next build.
pub fn nobodys(build: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"]
            .iter()
            .any(|of| name.starts_with(of))
        {
            build.env_remove(&*name);
        }
    }
}

/// A command that runs the program in a folder, with nothing of the caller's environment.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(program());
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

/// The program under a limit of CPU time and of memory, which end it by a signal.
///
/// # Panics
/// If it cannot be started.
#[must_use]
pub fn bounded(folder: &Path, args: &[&str], seconds: u32, mebibytes: u32) -> Output {
    let limits = format!(
        "ulimit -v {}; ulimit -t {seconds}; exec \"$0\" \"$@\"",
        mebibytes * 1024
    );
    Command::new("sh")
        .args(["-c", &limits])
        .arg(program())
        .args(args)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| panic!("sh: {e}"))
}

/// A folder that goes away with the test.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// An empty folder of its own; the name is part of its path.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn new(name: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("pure-agent-{}-{number}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Self(path)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes files, in the order of the iterator.
    ///
    /// # Panics
    /// If one cannot be written.
    pub fn write<'a>(&self, files: impl IntoIterator<Item = (&'a String, &'a Vec<u8>)>) {
        for (name, bytes) in files {
            let path = self.0.join(name);
            let folder = path.parent().unwrap_or(&self.0);
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&path, bytes))
                .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        }
    }

    /// A folder with these files.
    #[must_use]
    pub fn with(name: &str, files: &Files) -> Self {
        let scratch = Self::new(name);
        scratch.write(files);
        scratch
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// The most memory that this process has had, in KiB; 0 where the system does not say.
#[must_use]
pub fn peak_memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

/// Both outputs, for a failure.
#[must_use]
pub fn said(done: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&done.stdout), text(&done.stderr));
    format!("{}\n{out}\n{err}", done.status)
}
