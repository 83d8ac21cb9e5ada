//! Other people's YAML readers, as oracles: `kubectl` (Go, YAML 1.1), `PyYAML`, and a Rust reader.
//!
//! A reader that is not installed is reported on standard error as `SKIPPED: …`; nothing passes
//! silently.

use serde_json::Value;
use std::env;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// One reader: a name, and a function from YAML text to data.
pub type Reader = (&'static str, fn(&str) -> Result<Value, String>);

/// The readers on this machine; says loudly which are missing.
#[must_use]
pub fn installed() -> Vec<Reader> {
    let mut readers: Vec<Reader> = vec![("serde-saphyr", rust)];
    if Command::new("python3")
        .args(["-c", "import yaml"])
        .output()
        .is_ok_and(|o| o.status.success())
    {
        readers.push(("PyYAML", python));
    } else {
        skipped("python3 with PyYAML is not installed; YAML is not checked against it");
    }
    if Command::new(kubectl_path())
        .args(["version", "--client"])
        .output()
        .is_ok()
    {
        readers.push(("kubectl", kubectl));
    } else {
        skipped(
            "kubectl is not installed (PATH or PURE_AGENT_KUBECTL); YAML is not checked against Go",
        );
    }
    readers
}

/// Prints the line that the CI script looks for. Not with `eprintln!`, whose output of a test that
/// passes is not shown.
pub fn skipped(why: &str) {
    drop(writeln!(std::io::stderr(), "SKIPPED: {why}"));
}

/// `serde-saphyr`, one document, without its size limits.
///
/// # Errors
/// What the reader says.
pub fn rust(yaml: &str) -> Result<Value, String> {
    let mut options = serde_saphyr::Options::default();
    options.budget = None;
    serde_saphyr::from_str_with_options(yaml, options).map_err(|e| e.to_string())
}

/// `yaml.safe_load` of `PyYAML`, one document.
///
/// # Errors
/// What the reader says.
pub fn python(yaml: &str) -> Result<Value, String> {
    const PROGRAM: &str = "import json,sys,yaml; \
        text = sys.stdin.buffer.read().decode('utf-8'); \
        json.dump(yaml.load(text, Loader=yaml.SafeLoader), sys.stdout)";
    let mut command = Command::new("python3");
    command.args(["-c", PROGRAM]);
    json_of(command, yaml)
}

/// `kubectl`, which reads one object without a server and prints it as JSON with one more label.
///
/// # Errors
/// What the reader says.
pub fn kubectl(yaml: &str) -> Result<Value, String> {
    let mut command = Command::new(kubectl_path());
    command.args([
        "label",
        "--local",
        "-f",
        "-",
        "-o",
        "json",
        "zz=1",
        "--overwrite",
    ]);
    command.env("KUBECONFIG", "/dev/null");
    let mut value = json_of(command, yaml)?;
    let labels = value
        .pointer_mut("/metadata/labels")
        .and_then(Value::as_object_mut);
    let labels = labels.ok_or("kubectl dropped the labels")?;
    labels.remove("zz").ok_or("kubectl did not label")?;
    Ok(value)
}

fn kubectl_path() -> String {
    env::var("PURE_AGENT_KUBECTL").unwrap_or_else(|_| "kubectl".to_owned())
}

fn json_of(mut command: Command, input: &str) -> Result<Value, String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    let mut stdin = child.stdin.take().ok_or("no standard input")?;
    let text = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().map_err(|e| e.to_string())?;
    let written = writer
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    written.map_err(|e| e.to_string())?;
    serde_json::from_slice(&output.stdout).map_err(|e| e.to_string())
}
