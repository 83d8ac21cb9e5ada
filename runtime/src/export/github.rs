//! GitHub: a pull request made through the API, without git and without force.
//!
//! The commit starts from the one that the run cloned, so what others did since stays. Its author and time follow from
//! the run, so the same work has the same commit at every attempt. A branch that exists must hold our commit, or one
//! that carries our marker; it is never moved.

mod api;
mod changes;

use super::client::Client;
use super::key::Mark;
use super::plan::Wanted;
use super::{Refused, dates, refused};
use api::{Api, Commit};
use changes::{Base, Bounds, Change, changes};
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use std::collections::{BTreeMap, BTreeSet};

/// Who commits.
const AUTHOR: (&str, &str) = ("pure-agent", "pure-agent@users.noreply.github.com");

/// GitHub's API with one credential.
#[derive(Debug)]
pub struct GitHub<'c> {
    api: Api<'c>,
}

impl<'c> GitHub<'c> {
    /// A token, of whatever kind.
    ///
    /// # Errors
    /// A credential that cannot stand in a header.
    pub fn new(client: &'c Client, secret: &str) -> Result<Self, Refused> {
        Api::new(client, secret).map(|api| Self { api })
    }

    /// One pull request; gives its address.
    ///
    /// # Errors
    /// What the contract does not permit, what GitHub refuses, a branch of somebody else.
    pub async fn pull_request(&self, wanted: &Wanted, mark: &Mark) -> Result<String, Refused> {
        let marker = mark.at(&format!("{}\n{}", wanted.repository, wanted.branch));
        if let Some(head) = self.api.branch(&wanted.repository, &wanted.branch).await? {
            self.ours(wanted, &head, &marker).await?;
        } else {
            let commit = self.commit(wanted, &marker).await?;
            self.branch(wanted, &commit, &marker).await?;
        }
        match self.api.pull(wanted).await? {
            Some(url) => Ok(url),
            None => self.open(wanted, &marker).await,
        }
    }

    /// Whether a branch that exists is ours.
    async fn ours(&self, wanted: &Wanted, head: &str, marker: &str) -> Result<(), Refused> {
        let Commit {
            message, parents, ..
        } = self.api.commit(&wanted.repository, head).await?;
        let marked = message.lines().last() == Some(&line(marker));
        match marked && parents.len() == 1 {
            true => Ok(()),
            false => Err(refused(
                "branch-taken",
                "the branch exists and is not this run's",
            )),
        }
    }

    /// Makes the branch, or finds that somebody did meanwhile.
    async fn branch(&self, wanted: &Wanted, commit: &str, marker: &str) -> Result<(), Refused> {
        let body = json!({"ref": format!("refs/heads/{}", wanted.branch), "sha": commit});
        let path = format!("/repos/{}/git/refs", wanted.repository);
        let got = self.api.post(&path, &body).await?;
        match self.api.branch(&wanted.repository, &wanted.branch).await? {
            Some(head) if head == commit => Ok(()),
            Some(head) => self.ours(wanted, &head, marker).await,
            None => Err(got.refusal("the branch was not made")),
        }
    }

    /// Makes the commit of what changed; nothing shows it until a branch does.
    async fn commit(&self, wanted: &Wanted, marker: &str) -> Result<String, Refused> {
        let repository = &wanted.repository;
        self.api.contains(wanted).await?;
        let root = self.api.commit(repository, &wanted.start).await?.tree;
        let base = self.api.tree(repository, &root).await?;
        let changed = judged(wanted, &base)?;
        let known: BTreeSet<&str> = base.iter().map(|entry| entry.sha.as_str()).collect();
        let mut sent = BTreeSet::new();
        for change in &changed {
            if let Change::Put {
                git, sha256, size, ..
            } = change
                && !known.contains(git.as_str())
                && sent.insert(git)
            {
                let content = wanted.blobs.content(sha256, *size)?;
                self.api.blob(repository, &content, git).await?;
            }
        }
        let entries: Vec<Value> = changed.iter().map(Change::entry).collect();
        let body = json!({"base_tree": root, "tree": entries});
        let path = format!("/repos/{repository}/git/trees");
        let tree = self.api.made(&path, &body).await?;
        let (name, email) = AUTHOR;
        let who = json!({"name": name, "email": email, "date": dates::extended(wanted.time)});
        let message = format!("{}\n\n{}", wanted.title, line(marker));
        let body = json!({
            "message": message, "tree": tree, "parents": [wanted.start], "author": who,
            "committer": who,
        });
        let path = format!("/repos/{repository}/git/commits");
        self.api.made(&path, &body).await
    }

    async fn open(&self, wanted: &Wanted, marker: &str) -> Result<String, Refused> {
        let body = json!({
            "title": wanted.title, "head": wanted.branch, "base": wanted.base,
            "body": format!("{}\n\n---\n`{}`", wanted.body, line(marker)),
            "maintainer_can_modify": false,
        });
        let path = format!("/repos/{}/pulls", wanted.repository);
        let got = self.api.post(&path, &body).await?;
        let found = self.api.pull(wanted).await?;
        found.ok_or_else(|| got.refusal("the pull request was not made"))
    }
}

/// What marks a commit.
fn line(marker: &str) -> String {
    format!("pure-agent {marker}")
}

/// What changed against the base, if all of it may.
fn judged(wanted: &Wanted, base: &[Base]) -> Result<Vec<Change>, Refused> {
    let mut names = BTreeMap::new();
    for entry in &wanted.tree.entries {
        if !names.contains_key(entry.sha256.as_str()) {
            let mut hash = Sha1::new();
            hash.update(format!("blob {}\0", entry.size));
            wanted
                .blobs
                .pieces(&entry.sha256, entry.size, |piece| hash.update(piece))?;
            names.insert(entry.sha256.as_str(), crate::digest::hex(&hash.finalize()));
        }
    }
    let bounds = Bounds {
        exclude: &wanted.exclude,
        protect: &wanted.protect,
        files: wanted.files,
        size: wanted.size,
    };
    changes(&wanted.tree, &names, base, &bounds)
}
