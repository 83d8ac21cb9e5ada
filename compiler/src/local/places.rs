//! Where things are for a role: at the paths of a pod, or in the folder of the run where there is no pod.

use super::job::Job;
use crate::emit::paths;
use std::path::{Path, PathBuf};

/// The folder in which a role leaves its answer.
pub(super) const ANSWER: &str = "/run/answer";

/// Paths as a role sees them.
#[derive(Debug, Clone)]
pub(super) struct Places {
    pub(super) contract: PathBuf,
    pub(super) key: PathBuf,
    /// Folder of the secrets, where the contract's paths do not exist.
    pub(super) secrets: Option<PathBuf>,
    /// File of the certificates, likewise.
    pub(super) trust: Option<PathBuf>,
    pub(super) record: PathBuf,
    pub(super) workspace: PathBuf,
    pub(super) outbox: PathBuf,
    pub(super) answers: PathBuf,
}

impl Places {
    /// Those of a pod, which are those of a cluster.
    pub(super) fn of_pod() -> Self {
        Self {
            contract: paths::CONTRACT.into(),
            key: Path::new(paths::KEY_DIR).join("key"),
            secrets: None,
            trust: None,
            record: paths::RECORD.into(),
            workspace: paths::WORKSPACE.into(),
            outbox: paths::OUTBOX.into(),
            answers: ANSWER.into(),
        }
    }

    /// Those in the folder of a run; `hidden` is where its key and secrets are.
    pub(super) fn of_folder(job: &Job, hidden: &Path) -> Self {
        let at = |name: &str| job.folder.join(name);
        let bundle = job.plan.target.trust_bundle.as_ref();
        Self {
            contract: at("contract.json"),
            key: hidden.join("key"),
            secrets: Some(hidden.join("secrets")),
            trust: bundle.map(|_| hidden.join("trust.pem")),
            record: at("record"),
            workspace: at("workspace"),
            outbox: at("outbox"),
            answers: at("answers"),
        }
    }
}
