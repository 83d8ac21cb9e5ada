//! How a test speaks with services that are a process of their own: one JSON text a line, over a socket in a folder
//! that all tests of this machine share. The services end when nobody holds a connection any more.

use super::outside::{Fault, Outside};
use pure_agent_runtime::digest::sha256;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Name of the socket in the folder.
pub const SOCKET: &str = "control";
/// Certificate of the authority that signs for the hosts.
pub const BUNDLE: &str = "bundle.pem";

/// What the services are, so that two builds of the same ones share them.
#[must_use]
pub fn version() -> String {
    sha256(
        [
            include_str!("anthropic.rs"),
            include_str!("control.rs"),
            include_str!("gatekeeper.rs"),
            include_str!("github.rs"),
            include_str!("issues.rs"),
            include_str!("linear.rs"),
            include_str!("outside.rs"),
            include_str!("provider.rs"),
            include_str!("rates.rs"),
            include_str!("repositories.rs"),
            include_str!("s3.rs"),
            include_str!("../bin/services.rs"),
        ]
        .concat(),
    )
}

/// The folder that all tests of this machine share.
#[must_use]
pub fn folder() -> PathBuf {
    std::env::temp_dir().join("pure-agent-services")
}

/// What a line asks for, answered.
///
/// # Panics
/// If the line is not one of the tests'.
#[must_use]
pub fn answer(outside: &Outside, asked: &Value) -> Value {
    let text = |name: &str| asked[name].as_str().unwrap_or_default();
    let number = |name: &str| asked[name].as_u64().unwrap_or_default();
    match text("ask") {
        "left" => outside.left(text("issue")),
        "files" => outside.files(text("issue")),
        "told" => outside.told(text("issue")),
        "transcripts" => outside.transcripts(text("uid")),
        "heard" => outside.heard(text("host")),
        "fail" => {
            outside.fail(Fault {
                host: text("host").to_owned(),
                holds: text("holds").to_owned(),
                status: u16::try_from(number("status")).unwrap_or_default(),
                pause: Duration::from_millis(number("pause")),
                times: number("times"),
            });
            Value::Null
        }
        other => panic!("nobody asks for {other}"),
    }
}

/// A connection of a test.
#[derive(Debug)]
pub struct Connection {
    reader: BufReader<UnixStream>,
}

impl Connection {
    /// Opens one, where the services run.
    ///
    /// # Errors
    /// They do not.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        let stream = UnixStream::connect(folder.join(SOCKET))?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let reader = BufReader::new(stream);
        Ok(Self { reader })
    }

    /// Asks.
    ///
    /// # Errors
    /// The services are gone.
    pub fn ask(&mut self, what: &Value) -> std::io::Result<Value> {
        let line = format!("{what}\n");
        self.reader.get_mut().write_all(line.as_bytes())?;
        let mut answer = String::new();
        self.reader.read_line(&mut answer)?;
        serde_json::from_str(&answer).map_err(std::io::Error::other)
    }

    /// The [`version`] of who answers.
    ///
    /// # Errors
    /// The services are gone.
    pub fn version(&mut self) -> std::io::Result<String> {
        let told = self.ask(&json!({"ask": "version"}))?;
        Ok(told.as_str().unwrap_or_default().to_owned())
    }
}
