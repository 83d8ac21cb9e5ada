//! Images out of this machine's own programs: each with the libraries that it needs, where it expects them.

use super::images::{run, tools};
use crate::program::Scratch;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Parts of Python's library that no test needs.
const LEFT_OUT: [&str; 9] = [
    "__pycache__",
    "dist-packages",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "pydoc_data",
    "site-packages",
    "test",
    "tkinter",
];

/// The files of an image.
#[derive(Debug)]
pub struct Root(Scratch);

impl Default for Root {
    fn default() -> Self {
        Self(Scratch::new("image"))
    }
}

impl Root {
    /// A file with these bytes; it can be run where `mode` says so.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn file(&self, path: &str, bytes: impl AsRef<[u8]>, mode: u32) -> Result<(), String> {
        use std::os::unix::fs::PermissionsExt as _;
        let to = self.at(Path::new(path))?;
        fs::write(&to, bytes).map_err(|e| format!("{path}: {e}"))?;
        fs::set_permissions(&to, fs::Permissions::from_mode(mode)).map_err(|e| e.to_string())
    }

    /// A file of this machine at the same path, with the libraries that it is linked to.
    ///
    /// # Errors
    /// It is not there.
    pub fn program(&self, path: &Path) -> Result<(), String> {
        self.copy(path)?;
        // Of what is linked statically, or no program at all, nothing is told.
        let told = Command::new("ldd").arg(path).output();
        let told = told.map_err(|e| format!("ldd: {e}"))?;
        for line in String::from_utf8_lossy(&told.stdout).lines() {
            let words = line.split_whitespace();
            if let Some(library) = words.into_iter().find(|word| word.starts_with('/')) {
                self.copy(Path::new(library))?;
            }
        }
        Ok(())
    }

    /// Python and its library; gives the path of the interpreter.
    ///
    /// # Errors
    /// There is none.
    pub fn python(&self) -> Result<String, String> {
        let (program, library) = interpreter()?;
        self.program(Path::new(&program))?;
        self.library(Path::new(&library))?;
        Ok(program)
    }

    fn library(&self, folder: &Path) -> Result<(), String> {
        let entries = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            let left_out = LEFT_OUT.contains(&&*name) || name.starts_with("config-");
            match path.is_dir() {
                true if left_out => {}
                true => self.library(&path)?,
                false if name.ends_with(".so") => self.program(&path)?,
                false => self.copy(&path)?,
            }
        }
        Ok(())
    }

    /// Git, as far as it clones over HTTP, and curl.
    ///
    /// # Errors
    /// They are not there.
    pub fn git_and_curl(&self) -> Result<(), String> {
        let core = run(Command::new("git").arg("--exec-path"))?;
        let core = Path::new(core.trim());
        for name in ["git", "git-remote-http"] {
            self.program(&core.join(name))?;
        }
        for name in ["git", "curl"] {
            self.program(&found(name)?)?;
        }
        Ok(())
    }

    /// Loads it into the cluster; gives its reference with digest.
    ///
    /// # Errors
    /// The cluster's tool says so.
    pub fn image(&self, name: &str) -> Result<String, String> {
        let name = format!("localhost/pure-agent-{name}");
        let files = format!("{}:/", self.0.path().display());
        let mut image = Command::new(tools().join("image"));
        let digest = run(image.arg(format!("{name}:test")).arg(files))?;
        Ok(format!("{name}@{}", digest.trim()))
    }

    fn copy(&self, path: &Path) -> Result<(), String> {
        let to = self.at(path)?;
        match to.exists() {
            true => Ok(()),
            false => fs::copy(path, to)
                .map(drop)
                .map_err(|e| format!("{}: {e}", path.display())),
        }
    }

    fn at(&self, path: &Path) -> Result<PathBuf, String> {
        let to = self.0.path().join(path.strip_prefix("/").unwrap_or(path));
        let folder = to.parent().unwrap_or(self.0.path());
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        Ok(to)
    }
}

/// Where a program of this name is.
fn found(name: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(name));
    let found = places.find(|place| place.is_file());
    found.ok_or_else(|| format!("{name} is not installed"))
}

/// The interpreter of Python of this machine, and its library.
fn interpreter() -> Result<(String, String), String> {
    const ASK: &str = "import os, sys, sysconfig; \
        print(os.path.realpath(sys.executable), sysconfig.get_paths()['stdlib'], sep='\\n', end='')";
    let of_system = Path::new("/usr/bin/python3");
    let any = if of_system.exists() {
        of_system
    } else {
        Path::new("python3")
    };
    let told = run(Command::new(any).args(["-I", "-c", ASK]))?;
    let (program, library) = told.split_once('\n').ok_or("python3 says nothing")?;
    Ok((program.to_owned(), library.to_owned()))
}

/// Where images with Python have it.
///
/// # Panics
/// There is none.
#[must_use]
pub fn python() -> String {
    interpreter().unwrap().0
}
