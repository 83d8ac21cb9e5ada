//! The examples that are reference systems, as tests run them: their own sources, the stand-ins of their surroundings, and
//! one agent in the place of all their harnesses.

use crate::local::Local;
use crate::program::program;
use crate::services::outside::secret;
use crate::sources::{folder, repository};
use crate::world::World;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// What the agent is, in Python; it trusts the hosts of `/etc/tests/bundle.pem`.
pub const AGENT: &str = include_str!("seeds/agent.py");

/// A run of an example: its spec, the inputs of a submission, and its secrets with their places on a cluster.
#[derive(Debug, Clone, Copy)]
pub struct Case<'c> {
    /// Folder of the example.
    pub example: &'c str,
    /// Name of the spec's file, which is the run's, too.
    pub spec: &'c str,
    /// `NAME=TEXT`
    pub inputs: &'c [&'c str],
    /// Name, Secret and key.
    pub secrets: &'c [(&'c str, &'c str, &'c str)],
}

/// A message of a user.
pub const CHAT: Case<'_> = Case {
    example: "agent-platform",
    spec: "chat",
    inputs: &[
        "user=kim-7",
        "message=Which libraries are there for $(charts)?",
    ],
    secrets: &[
        ("claude", "model-keys", "ANTHROPIC_API_KEY"),
        ("front", "front-keys", "TOKEN"),
        ("logs", "bucket-keys", "LOGS_CREDENTIALS"),
    ],
};

/// A scheduled agent, which has no inputs.
pub const STOCKS: Case<'_> = Case {
    example: "agent-platform",
    spec: "weekly-stocks",
    inputs: &[],
    secrets: &[
        ("claude", "model-keys", "ANTHROPIC_API_KEY"),
        ("prices", "external-prices", "TOKEN"),
        ("rates", "bucket-keys", "RATES_CREDENTIALS"),
        ("logs", "bucket-keys", "LOGS_CREDENTIALS"),
        ("reports", "export-keys", "REPORTS_CREDENTIALS"),
    ],
};

/// A task, for which the tests' model does as `route:` says.
pub const AUDIT: Case<'_> = Case {
    example: "agent-service",
    spec: "audit",
    inputs: &[
        "account=210987654321",
        "task=Mark public buckets. route: auditor",
    ],
    secrets: &[
        ("claude", "model-keys", "ANTHROPIC_API_KEY"),
        ("inventory", "inventory-keys", "TOKEN"),
        ("gatekeeper", "gate-keys", "API_KEY"),
        ("hook", "export-keys", "WEBHOOK_KEY"),
        ("evidence", "export-keys", "EVIDENCE_CREDENTIALS"),
        ("logs", "record-keys", "LOGS_CREDENTIALS"),
    ],
};

/// A message of the messenger.
pub const ASK: Case<'_> = Case {
    example: "jobrunner",
    spec: "ask",
    inputs: &["chat=42", "message=How are you?"],
    secrets: &[
        ("claude", "model-keys", "ANTHROPIC_API_KEY"),
        ("messenger", "messenger-keys", "TOKEN"),
        ("hook", "export-keys", "WEBHOOK_KEY"),
    ],
};

/// A change of a job.
pub const REVIEW: Case<'_> = Case {
    example: "jobrunner",
    spec: "review",
    inputs: &["title=Better words"],
    secrets: &[
        ("gatekeeper", "gate-keys", "API_KEY"),
        ("github", "export-keys", "GITHUB_TOKEN"),
    ],
};

impl Case<'_> {
    /// The example's own sources, of which the target is one of this world and the repository is one that its forge has.
    ///
    /// # Panics
    /// If files cannot be written.
    #[must_use]
    pub fn placed(&self, world: &World, name: &str) -> Local {
        let local = Local::new(name);
        for (name, bytes) in folder(&repository().join("examples").join(self.example)) {
            let path = local.at("sources").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            std::fs::write(path, of_forge(&text)).unwrap();
        }
        let of_world = "    trust-bundle \"world\" key=\"ca.pem\"\n    private \"127.0.0.0/8\" port=443\n    \
            private \"127.0.0.0/8\" port=11434\n\n    dns {";
        local.edit("sources/targets/kind.kdl", "    dns {", of_world);
        let bundle = local.at("bin/ca.pem");
        std::fs::copy(world.bundle(), &bundle).unwrap();
        let agent = agent("/usr/bin/python3", &bundle);
        for harness in ["claude", "jr-agent"] {
            let path = format!("bin/{harness}");
            local.write(&path, &agent);
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(local.at(&path), mode).unwrap();
        }
        local
    }

    /// `pure-agent run` of it within a world, with every secret.
    ///
    /// # Panics
    /// If a secret has no value in the tests.
    #[must_use]
    pub fn command(&self, local: &Local, world: &World) -> Command {
        let mut command = world.command(program());
        let spec = format!("sources/specs/{}.kdl", self.spec);
        command.arg("run").arg(local.at(&spec));
        command.arg("--agent-path").arg(local.at("bin"));
        command.arg("--folder").arg(local.out());
        command.arg("--trust").arg(world.bundle());
        for input in self.inputs {
            command.args(["--input", input]);
        }
        for (name, place, key) in self.secrets {
            let path = local.at(&format!("secret-{name}"));
            std::fs::write(&path, secret(place, key).unwrap()).unwrap();
            let given = format!("{name}=file:{}", path.display());
            command.args(["--secret", &given]);
        }
        command.env_clear().env("PATH", "/usr/bin:/bin");
        command
    }
}

/// The agent as a program of this interpreter, which trusts the hosts of that file.
#[must_use]
pub fn agent(python: &str, bundle: &Path) -> String {
    let bundle = bundle.display().to_string();
    let script = AGENT.replace("/etc/tests/bundle.pem", &bundle);
    format!("#!{python} -I\n{script}")
}

/// A source with the repository that the tests' forge has.
#[must_use]
pub fn of_forge(text: &str) -> String {
    text.replace("acme/jobs", "dlddu/tool")
}
