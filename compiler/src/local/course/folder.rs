//! The folder of a run: what is in it before the first step, and what stays after the last.

use super::Came;
use crate::emit::names::Role;
use crate::local::job::Job;
use crate::local::outcome::Outcome;
use crate::local::roles::user;
use crate::local::users;
use crate::plan::{AgentPlan, Keep};
use pure_agent_runtime::record::verify::verify;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, chown, lchown};
use std::path::{Path, PathBuf};

/// A folder in memory that is gone with this.
pub(super) struct Hidden(PathBuf);

impl Hidden {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Makes what the roles find in the folder.
pub(super) fn prepare(job: &Job) -> io::Result<Option<Hidden>> {
    let agent = job.agent(None).map_or(user(Role::Pack), |agent| agent.user);
    for (name, owner) in [
        ("answers", user(Role::Router)),
        ("home", agent),
        ("logs", 0),
        ("outbox", agent),
        ("record", user(Role::Gateway)),
        ("start", 0),
        ("tmp", agent),
        ("workspace", agent),
    ] {
        let unneeded = job.isolated && matches!(name, "home" | "tmp");
        if !unneeded {
            owned(&job.folder.join(name), owner)?;
        }
    }
    fs::write(job.folder.join("contract.json"), &job.contract.json)?;
    if job.isolated {
        return Ok(None);
    }
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory } else { &job.folder };
    let hidden = Hidden(place.join(format!("pure-agent-{}", job.uid)));
    fs::DirBuilder::new().mode(0o700).create(&hidden.0)?;
    fs::DirBuilder::new()
        .mode(0o700)
        .create(hidden.0.join("secrets"))?;
    fs::write(hidden.0.join("key"), &job.key)?;
    for secret in &job.plan.secrets {
        if let Some(value) = job.secrets.get(&secret.name) {
            fs::write(hidden.0.join("secrets").join(&secret.name), value)?;
        }
    }
    if let Some(trust) = &job.trust {
        fs::write(hidden.0.join("trust.pem"), trust)?;
    }
    Ok(Some(hidden))
}

/// Hands the folders of an agent to the user of the one that was chosen.
pub(super) fn hand_over(job: &Job, agent: &AgentPlan) -> io::Result<()> {
    if !users::is_root() {
        return Ok(());
    }
    for name in ["home", "outbox", "tmp", "workspace"] {
        let folder = job.folder.join(name);
        if folder.exists() {
            chown(folder, Some(agent.user), Some(agent.user))?;
        }
    }
    Ok(())
}

/// Hands the folders on to the agent of another step, with everything that those before it left: whose files they are on a
/// cluster is the group's matter.
pub(super) fn hand_on(job: &Job, agent: &AgentPlan) -> io::Result<()> {
    if !users::is_root() {
        return Ok(());
    }
    hand_over(job, agent)?;
    for name in ["home", "tmp", "workspace"] {
        let folder = job.folder.join(name);
        if folder.exists() {
            give(&folder, agent.user)?;
        }
    }
    Ok(())
}

/// Everything in a folder, and no place that a link leads to. Nobody works there meanwhile.
fn give(folder: &Path, owner: u32) -> io::Result<()> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            lchown(entry.path(), Some(owner), Some(owner))?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(())
}

/// A folder of one user, where there are several.
fn owned(at: &Path, owner: u32) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o755).create(at)?;
    match users::is_root() && owner != 0 {
        true => chown(at, Some(owner), Some(owner)),
        false => Ok(()),
    }
}

/// What a start gate leaves belongs to one cycle. In a pod it is in memory.
pub(super) fn clear(folder: &Path, isolated: bool) -> io::Result<()> {
    if isolated {
        return Ok(());
    }
    let start = folder.join("start");
    fs::remove_dir_all(&start)?;
    fs::DirBuilder::new().mode(0o755).create(start)
}

/// After the last step: what is kept, and whether the record is whole.
pub(super) fn settle(job: &Job, came: Came) -> Outcome {
    let Came { document, done } = came;
    let record = job.folder.join("record/record.jsonl");
    let whole = verify(&record)
        .map(|summary| summary.lines)
        .map_err(|broken| broken.to_string());
    let kept = match job.plan.workspace.keep {
        Keep::Never => false,
        Keep::OnFailure => !done,
        Keep::Always => true,
    };
    let stopped = document["reason"] == "stopped";
    let kept = kept || stopped;
    let mut left = Vec::new();
    let mut remove = |name: &str| {
        let path = job.folder.join(name);
        if let Err(why) = fs::remove_dir_all(&path)
            && why.kind() != io::ErrorKind::NotFound
        {
            left.push(format!("cannot remove `{}`: {why}", path.display()));
        }
    };
    for name in ["answers", "home", "start", "tmp"] {
        remove(name);
    }
    if !kept {
        remove("workspace");
        remove("outbox");
    }
    let workspace = kept.then(|| job.folder.join("workspace"));
    Outcome {
        document,
        done,
        record: (record, whole),
        workspace,
        left,
    }
}
