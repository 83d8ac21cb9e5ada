//! Judging: every export against the contract, before the first effect.
//!
//! The gateway checked the submission when it came; what is sent is checked again here, because this is where the
//! credentials are. One problem refuses one export.

mod another;
mod names;
mod submitted;
mod texts;

use super::ledger::Known;
use super::outbox::{Archive, Blobs, Outbox};
use super::place::{Bucket, secure};
use super::{Export as Step, Refused, refused};
use crate::contract::{Bound, Contract, Export, ExportAction, ExportWhen};
use crate::digest::sha256;
use crate::pack::exclude::Patterns;
use crate::pack::manifest::Tree;
use names::within;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use submitted::{PullRequest, Submission};

/// What happens and what does not.
#[derive(Debug)]
pub struct Plan<'c> {
    /// What happens, in this order.
    pub actions: Vec<Action<'c>>,
    /// What does not, by the export's name.
    pub refused: Vec<(String, Refused)>,
    /// Whether the agent submitted what ends a run.
    pub terminal: bool,
}

/// An export that happens.
#[derive(Debug)]
pub struct Action<'c> {
    /// What the contract says.
    pub export: &'c Export,
    /// What it is found again by.
    pub key: String,
    /// SHA-256 of [`Action::shown`], in hexadecimal.
    pub content: String,
    /// What is sent.
    pub what: What,
}

/// What is sent.
#[derive(Debug)]
pub enum What {
    /// A comment of Linear.
    Comment {
        /// The issue, as people write it.
        issue: String,
        /// Its text, harmless.
        body: String,
    },
    /// An archive, and a comment that links it.
    Upload {
        /// The issue.
        issue: String,
        /// The archive.
        archive: Archive,
    },
    /// A pull request.
    PullRequest(Box<Wanted>),
    /// An object.
    S3 {
        /// Where.
        place: Bucket,
        /// The archive.
        archive: Archive,
    },
    /// A message to people.
    Notify {
        /// Host of the address that the secret is.
        host: String,
        /// The words of the spec.
        text: String,
        /// Those of the agent, harmless; empty: none.
        words: String,
    },
    /// Another run.
    Submit {
        /// Its spec.
        run: String,
        /// What it is given.
        inputs: BTreeMap<String, String>,
    },
    /// The result, so far.
    Webhook {
        /// Address.
        url: String,
    },
}

/// A pull request that is wanted.
#[derive(Debug)]
pub struct Wanted {
    /// `owner/name`.
    pub repository: String,
    /// Branch that it goes into.
    pub base: String,
    /// Branch that is made.
    pub branch: String,
    /// Title, harmless.
    pub title: String,
    /// Text, harmless.
    pub body: String,
    /// The commit that the work started with.
    pub start: String,
    /// When the run was opened, in seconds since 1970: the time of the commit.
    pub time: u64,
    /// The files.
    pub tree: Tree,
    /// Their contents.
    pub blobs: Blobs,
    /// What stays as the base has it.
    pub exclude: Patterns,
    /// What must not change.
    pub protect: Patterns,
    /// Files that may change.
    pub files: u32,
    /// Bytes that may change.
    pub size: u64,
}

impl Action<'_> {
    /// Exactly what would be sent, for a person who decides on it.
    #[must_use]
    pub fn shown(&self) -> Value {
        shown(self.export, &self.what)
    }
}

/// What would be sent; files by their digests.
fn shown(export: &Export, what: &What) -> Value {
    let detail = match what {
        What::Comment { issue, body } => json!({"issue": issue, "body": body}),
        What::Upload { issue, archive } => {
            json!({"issue": issue, "bytes": archive.bytes, "sha256": archive.sha256})
        }
        What::PullRequest(wanted) => {
            let files = serde_json::to_vec(&wanted.tree).unwrap_or_default();
            json!({
                "repository": wanted.repository, "base": wanted.base, "branch": wanted.branch,
                "title": wanted.title, "body": wanted.body, "start": wanted.start,
                "tree": sha256(files),
            })
        }
        What::S3 { place, archive } => json!({
            "host": place.host, "prefix": place.prefix, "bytes": archive.bytes,
            "sha256": archive.sha256,
        }),
        What::Notify { host, text, words } => {
            json!({"host": host, "text": text, "words": words})
        }
        What::Submit { run, inputs } => json!({"run": run, "inputs": inputs}),
        What::Webhook { url } => json!({"url": url}),
    };
    json!({"export": export.name, "detail": detail})
}

/// Whether an export happens, if nothing is wrong with it.
fn due(
    contract: &Contract,
    known: &Known,
    submission: Option<&Submission>,
    export: &Export,
) -> bool {
    match export.when {
        ExportWhen::Always => true,
        ExportWhen::Offer => submission.is_some_and(|s| s.chooses(&export.name)),
        ExportWhen::Step => known.called_for(contract.graph.as_ref(), &export.name),
    }
}

/// What the gateway is to submit for an export: the run, its inputs, and the digest of what is shown of both. It judges
/// this itself, from what it knows, whatever the export step planned.
///
/// # Errors
/// An export that is not due, and inputs that the other run does not take.
pub(crate) fn submitted(
    contract: &Contract,
    known: &Known,
    export: &Export,
) -> Result<(BTreeMap<String, String>, String), Refused> {
    let submission = Submission::read(known, contract)?;
    if !due(contract, known, submission.as_ref(), export) {
        return Err(refused("export-due", "the run did not ask for this export"));
    }
    let what = another::run(export, known, submission.as_ref())?;
    let content = sha256(shown(export, &what).to_string());
    match what {
        What::Submit { inputs, .. } => Ok((inputs, content)),
        _ => Err(unfit("kind")),
    }
}

/// Judges every export of the contract.
#[must_use]
pub fn plan<'c>(contract: &'c Contract, known: &Known, outbox: &Outbox, step: &Step) -> Plan<'c> {
    let (submission, problem) = match Submission::read(known, contract) {
        Ok(submission) => (submission, None),
        Err(problem) => (None, Some(problem)),
    };
    let mut plan = Plan {
        actions: Vec::new(),
        refused: Vec::new(),
        terminal: submission.is_some(),
    };
    let judging = Judging {
        known,
        outbox,
        submission: submission.as_ref(),
        problem: problem.as_ref(),
    };
    for export in &contract.exports {
        if !due(contract, known, submission.as_ref(), export) {
            continue;
        }
        match judging.what(export) {
            Ok(what) => plan.actions.push(Action {
                export,
                key: step.keys.of(&export.name),
                content: sha256(shown(export, &what).to_string()),
                what,
            }),
            Err(refused) => plan.refused.push((export.name.clone(), refused)),
        }
    }
    if let Some(problem) = problem {
        plan.refused.push(("submission".to_owned(), problem));
    }
    plan.actions.sort_by_key(Action::rank);
    plan
}

impl Action<'_> {
    /// What waits for nobody goes first; comments tell of what went before, messages and webhooks of everything.
    fn rank(&self) -> u8 {
        match (&self.what, &self.export.approval, &self.export.action) {
            (What::Notify { .. } | What::Webhook { .. }, ..) => 3,
            (_, _, ExportAction::Comment { .. }) => 2,
            (_, Some(_), _) => 1,
            (_, None, _) => 0,
        }
    }
}

struct Judging<'j> {
    known: &'j Known,
    outbox: &'j Outbox,
    submission: Option<&'j Submission>,
    problem: Option<&'j Refused>,
}

impl Judging<'_> {
    fn what(&self, export: &Export) -> Result<What, Refused> {
        let name = &export.name;
        match &export.action {
            ExportAction::Comment { on: _, to } => Ok(What::Comment {
                issue: self.issue(to)?,
                body: texts::summary(self.submission, self.problem.is_some(), self.known)?,
            }),
            ExportAction::Report { on: _, to, size } => Ok(What::Comment {
                issue: self.issue(to)?,
                body: texts::report(self.submission()?.text(name)?, *size)?,
            }),
            ExportAction::Upload {
                on: _,
                to,
                exclude: _,
                size,
            } => Ok(What::Upload {
                issue: self.issue(to)?,
                archive: self.outbox.archive(name, *size)?,
            }),
            ExportAction::PullRequest { .. } => {
                let wanted = self.wanted(export, self.submission()?.pull_request(name)?)?;
                Ok(What::PullRequest(Box::new(wanted)))
            }
            ExportAction::S3 {
                to,
                region,
                exclude: _,
                size,
            } => Ok(What::S3 {
                place: Bucket::read(to, region).ok_or_else(|| unfit("bucket"))?,
                archive: self.outbox.archive(name, *size)?,
            }),
            ExportAction::Notify {
                host,
                text,
                summary,
            } => Ok(What::Notify {
                host: host.clone(),
                text: text.clone(),
                words: match self.submission.filter(|_| *summary) {
                    Some(submission) => texts::words(&submission.summary),
                    None => String::new(),
                },
            }),
            ExportAction::Submit { .. } => another::run(export, self.known, self.submission),
            ExportAction::Webhook { url } => {
                let _place = secure(url).ok_or_else(|| unfit("URL"))?;
                Ok(What::Webhook { url: url.clone() })
            }
        }
    }

    fn submission(&self) -> Result<&Submission, Refused> {
        self.submission
            .ok_or_else(|| refused("submission-missing", "it needs what only a submission has"))
    }

    fn issue(&self, to: &Bound) -> Result<String, Refused> {
        let issue = match to {
            Bound::Input(name) => self.known.inputs.get(name),
            Bound::Value(value) => Some(value),
        };
        let issue = issue.ok_or_else(|| refused("input-missing", "the run was given no issue"))?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        match (1..=64).contains(&issue.len()) && issue.bytes().all(plain) {
            true => Ok(issue.clone()),
            false => Err(refused("issue", "the run was given no name of an issue")),
        }
    }

    fn wanted(&self, export: &Export, asked: PullRequest) -> Result<Wanted, Refused> {
        let ExportAction::PullRequest {
            on: _,
            repo,
            base,
            branch,
            exclude,
            protect,
            files,
            size,
        } = &export.action
        else {
            return Err(unfit("kind"));
        };
        let asked_base = asked.base.as_deref().unwrap_or(base);
        for (pattern, text, what) in [
            (repo, asked.repository.as_str(), "repository"),
            (base, asked_base, "base"),
            (branch, asked.branch.as_str(), "branch"),
        ] {
            within(pattern, text, what)?;
        }
        if asked_base == asked.branch {
            return Err(refused("branch", "the branch is the base"));
        }
        texts::bounded("title", &asked.title, texts::MOST_TITLE)?;
        texts::bounded("body", &asked.body, texts::MOST_BODY)?;
        let repository = format!("github.com/{}", asked.repository);
        let mut clones = self.known.clones.iter().rev();
        let start = clones.find(|clone| clone.repository.eq_ignore_ascii_case(&repository));
        let start = start.ok_or_else(|| {
            refused(
                "base-unknown",
                "the run did not clone this repository by its tool",
            )
        })?;
        let (tree, blobs) = self.outbox.tree(&export.name, &asked.path)?;
        Ok(Wanted {
            repository: asked.repository,
            base: asked_base.to_owned(),
            branch: asked.branch,
            title: super::text::line(&asked.title),
            body: super::text::harmless(&asked.body),
            start: start.commit.clone(),
            time: self.known.started,
            tree,
            blobs,
            exclude: Patterns::read(exclude).map_err(|_untold| unfit("path pattern"))?,
            protect: Patterns::read(protect).map_err(|_untold| unfit("path pattern"))?,
            files: *files,
            size: *size,
        })
    }
}

fn unfit(what: &str) -> Refused {
    refused(
        "contract",
        format!("the contract has a {what} that means nothing"),
    )
}
