//! The submission, as the exports read it.

use super::super::ledger::{Known, Submitted};
use super::super::{Refused, refused};
use crate::contract::{Contract, ExportWhen};
use crate::digest::sha256;
use crate::strict;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A submission that ends the run.
#[derive(Debug)]
pub(super) struct Submission {
    actions: Vec<String>,
    /// What was done, in a few words.
    pub(super) summary: String,
    values: Map<String, Value>,
}

/// The pull request that an agent asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PullRequest {
    /// `owner/name`.
    pub(super) repository: String,
    /// Path in the workspace; empty: all of it.
    pub(super) path: String,
    /// Branch that is made.
    pub(super) branch: String,
    /// Branch that it goes into; the spec's, where there is one only.
    #[serde(default)]
    pub(super) base: Option<String>,
    /// Title.
    pub(super) title: String,
    /// Text.
    #[serde(default)]
    pub(super) body: String,
}

impl Submission {
    /// What was submitted last; none where nothing was, or another cycle was asked for.
    pub(super) fn read(known: &Known, contract: &Contract) -> Result<Option<Self>, Refused> {
        let Some(submitted) = &known.submission else {
            return Ok(None);
        };
        let Some(mut submission) = Self::one(submitted, contract)? else {
            return Ok(None);
        };
        // A step may have its export from what an earlier agent said of it.
        for before in &known.earlier {
            let before = Self::one(before, contract)?;
            for (name, value) in before.into_iter().flat_map(|before| before.values) {
                submission.values.entry(name).or_insert(value);
            }
        }
        Ok(Some(submission))
    }

    fn one(submitted: &Submitted, contract: &Contract) -> Result<Option<Self>, Refused> {
        if sha256(&submitted.document) != submitted.digest {
            return Err(malformed());
        }
        let document: Map<String, Value> =
            strict::read(submitted.document.as_bytes()).map_err(|_untold| malformed())?;
        let mut submission = Self {
            actions: Vec::new(),
            summary: String::new(),
            values: Map::new(),
        };
        for (key, value) in document {
            match key.as_str() {
                "version" => {}
                // The way through the run was the router's.
                "verdict" | "answers" if contract.graph.is_some() => {}
                "actions" => {
                    submission.actions =
                        serde_json::from_value(value).map_err(|_untold| malformed())?;
                }
                "summary" => match value {
                    Value::String(summary) => submission.summary = summary,
                    _ => return Err(malformed()),
                },
                name if contract.exports.iter().any(|export| export.name == name) => {
                    submission.values.insert(key, value);
                }
                _ => return Err(malformed()),
            }
        }
        let actions = submission.actions.clone();
        match actions
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .as_slice()
        {
            ["continue"] => Ok(None),
            ["none"] => {
                submission.actions.clear();
                Ok(Some(submission))
            }
            _ => submission.offered(contract).map(Some),
        }
    }

    /// Every action is an export that the contract offers, and stands once.
    fn offered(self, contract: &Contract) -> Result<Self, Refused> {
        let offers = |name: &String| {
            let mut exports = contract.exports.iter();
            exports.any(|e| e.name == *name && e.when == ExportWhen::Offer)
        };
        let mut sorted: Vec<&String> = self.actions.iter().collect();
        sorted.sort();
        let twice = sorted.windows(2).any(|pair| match pair {
            [a, b] => a == b,
            _ => false,
        });
        if self.actions.is_empty() || twice || !self.actions.iter().all(offers) {
            return Err(refused(
                "submission-actions",
                "an action of the submission is not offered, or stands twice",
            ));
        }
        Ok(self)
    }

    pub(super) fn chooses(&self, export: &str) -> bool {
        self.actions.iter().any(|action| action == export)
    }

    /// The text for an export.
    pub(super) fn text(&self, export: &str) -> Result<&str, Refused> {
        let text = self.values.get(export).and_then(Value::as_str);
        text.filter(|text| !text.is_empty()).ok_or_else(missing)
    }

    /// The inputs of another run, for an export that has some of the agent's.
    pub(super) fn inputs(&self, export: &str) -> Result<BTreeMap<String, String>, Refused> {
        let value = self.values.get(export).ok_or_else(missing)?;
        serde_json::from_value(value.clone()).map_err(|_untold| malformed())
    }

    /// The pull request for an export.
    pub(super) fn pull_request(&self, export: &str) -> Result<PullRequest, Refused> {
        let value = self.values.get(export).ok_or_else(missing)?;
        serde_json::from_value(value.clone()).map_err(|_untold| malformed())
    }
}

fn missing() -> Refused {
    refused(
        "submission-missing",
        "the submission does not say what to send",
    )
}

fn malformed() -> Refused {
    refused(
        "submission-form",
        "the submission is not what the contract asks for",
    )
}
