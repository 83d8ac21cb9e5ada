//! The examples that are reference systems, as a cluster of the tests can run them: their own sources, but for images, shares
//! of a node, and the repository that the tests' forge has.

use super::host::Root;
use super::outside::Outside;
use super::place::Facts;
use super::programs::{Programs, scripted};
use super::reference;
use crate::emitted::files_of;
use crate::seeds::{agent, of_forge};
use crate::sources::{extended, folder, repository};
use pure_agent::load::Extra;
use std::collections::BTreeMap;
use std::path::Path;

/// Images of the examples by their repositories.
#[derive(Debug)]
pub struct Images(BTreeMap<&'static str, String>);

impl Images {
    /// One agent for all of them, and a server of tools.
    ///
    /// # Errors
    /// What is missing, as a sentence.
    pub fn make(outside: &Outside) -> Result<Self, String> {
        let root = Root::default();
        let python = root.python()?;
        root.git_and_curl()?;
        let bundle = "/etc/tests/bundle.pem";
        let script = agent(&python, Path::new(bundle));
        for harness in ["claude", "jr-agent"] {
            root.file(&format!("/usr/bin/{harness}"), &script, 0o755)?;
        }
        root.file(bundle, outside.bundle(), 0o644)?;
        root.file("/etc/nsswitch.conf", "hosts: files dns\n", 0o644)?;
        // Two names: a policy does not list an image twice.
        let (agent, runner) = (root.image("seeds-agent")?, root.image("seeds-runner")?);
        let server = include_str!("../seeds/dagster.py");
        let server = scripted("dagster-mcp", "/usr/bin/dagster-mcp", server)?;
        let agents = ["auditor", "claude-agent", "workspace"];
        let mut all: BTreeMap<_, _> = agents.map(|name| (name, agent.clone())).into();
        all.insert("jr-agent", runner);
        all.insert("dagster-mcp", server);
        Ok(Self(all))
    }

    /// A source with these images, and with shares that fit beside each other.
    fn applied(&self, text: &str) -> String {
        let mut text = of_forge(text);
        for (name, image) in &self.0 {
            let of_example = format!("ghcr.io/acme/{name}");
            for digit in ["1", "2"] {
                let pinned = format!("{of_example}@sha256:{}", digit.repeat(64));
                text = text.replace(&pinned, image);
            }
            let (repository, _) = image.split_once('@').unwrap_or((image, ""));
            let ours = format!("\"{repository}\"");
            text = text.replace(&format!("\"{of_example}\""), &ours);
        }
        for (from, to) in [
            (
                "resources {\n        cpu \"1\"\n        memory \"1Gi\"",
                "resources {\n        cpu \"100m\"\n        memory \"160Mi\"",
            ),
            ("size \"2Gi\"", "size \"1Gi\""),
            (
                "    port 8000\n",
                "    port 8000\n    resources {\n        cpu \"100m\"\n        memory \"160Mi\"\n    }\n",
            ),
        ] {
            text = text.replace(from, to);
        }
        text
    }
}

/// The files of the bundle of one spec of an example, the index last.
///
/// # Panics
/// When the sources do not compile.
#[must_use]
pub fn bundle(
    namespace: &str,
    (example, run): (&str, &str),
    programs: &Programs,
    images: &Images,
) -> Vec<(String, String)> {
    let mut target = reference::target(namespace, programs, &Facts::of_cluster());
    // One namespace has one list of queues, for all of them.
    for of in ["agent-platform", "agent-service"] {
        target = extended(&target, of);
    }
    let extra = Extra {
        target_file: Some(("test.kdl".to_owned(), target.into_bytes())),
        ..Extra::default()
    };
    let sources = folder(&repository().join("examples").join(example));
    let sources = sources.into_iter().map(|(name, bytes)| {
        let text = images.applied(&String::from_utf8_lossy(&bytes));
        (name, text.into_bytes())
    });
    files_of(&sources.collect(), extra, &[&format!("specs/{run}.kdl")]).remove(0)
}
