//! The part of a submission that a pull request needs.

use super::read::Fields;
use super::text::{Form, Most};
use crate::contract::ExportAction;
use crate::git::{is_branch, is_repository};
use crate::segment::{Segment, bounded, matches};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most characters of a title.
pub const MOST_TITLE: usize = 200;
/// Most characters of a body.
pub const MOST_BODY: usize = 10_000;
/// Most bytes of a path.
pub const MOST_PATH: u64 = 1024;
/// Most bytes of a name.
const MOST_NAME: u64 = 256;

/// A pull request, as an agent asks for it. Every name is within the contract's patterns.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PullRequest {
    /// `owner/name`.
    pub repository: String,
    /// Path of the repository's folder in the workspace, as the manifest of pack has it: parts by `/`, empty for
    /// the workspace itself.
    pub path: String,
    /// The new branch.
    pub branch: String,
    /// The branch that it should go to.
    pub base: String,
    /// Title.
    pub title: String,
    /// Text.
    pub body: String,
}

impl fmt::Debug for PullRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PullRequest")
    }
}

/// The fields, in the order in which they are told.
pub(super) const FIELDS: [&str; 6] = ["repository", "path", "branch", "base", "title", "body"];
const TITLE: Form = Form {
    most: Most::Characters(MOST_TITLE),
    lines: false,
    empty: false,
};
const BODY: Form = Form {
    most: Most::Characters(MOST_BODY),
    lines: true,
    empty: true,
};
const NAME: Form = Form {
    most: Most::Bytes(MOST_NAME),
    lines: false,
    empty: false,
};
const PATH: Form = Form {
    most: Most::Bytes(MOST_PATH),
    lines: false,
    empty: true,
};

/// Patterns of the contract.
struct Bounds<'a> {
    repo: &'a str,
    base: &'a str,
    branch: &'a str,
}

/// A name that git or a forge gives.
#[derive(Clone, Copy)]
struct Name<'a> {
    field: &'a str,
    pattern: &'a str,
    is_valid: fn(&str) -> bool,
    rule: &'static str,
    what: &'a str,
}

/// Reads the fields of a pull request; nothing where one of them is wrong.
pub(super) fn read(fields: &mut Fields<'_>, action: &ExportAction) -> Option<PullRequest> {
    let ExportAction::PullRequest {
        repo, base, branch, ..
    } = action
    else {
        return None;
    };
    fields.known(&FIELDS);
    let bounds = Bounds { repo, base, branch };
    let (repository, base, branch) = names(fields, &bounds);
    let path = fields
        .text("path", PATH)
        .and_then(|path| folder(fields, path));
    let title = fields.text("title", TITLE);
    let body = match fields.has("body") {
        true => fields.text("body", BODY),
        false => Some(String::new()),
    };
    if branch.is_some() && branch == base {
        fields.wrong(
            "branch",
            "branch-base",
            "the branch must be another one than the base".to_owned(),
        );
        return None;
    }
    Some(PullRequest {
        repository: repository?,
        path: path?,
        branch: branch?,
        base: base?,
        title: title?,
        body: body?,
    })
}

type Names = (Option<String>, Option<String>, Option<String>);

fn names(fields: &mut Fields<'_>, bounds: &Bounds<'_>) -> Names {
    let repository = Name {
        field: "repository",
        pattern: bounds.repo,
        is_valid: is_repository,
        rule: "repository",
        what: "a repository `owner/name`",
    };
    let base = Name {
        field: "base",
        pattern: bounds.base,
        is_valid: is_branch,
        rule: "base",
        what: "a branch of git",
    };
    let branch = Name {
        field: "branch",
        pattern: bounds.branch,
        rule: "branch",
        ..base
    };
    (
        name(fields, &repository, true),
        name(fields, &base, true),
        name(fields, &branch, false),
    )
}

/// A name that the contract leaves no choice of may be left out.
fn name(fields: &mut Fields<'_>, name: &Name<'_>, may_lack: bool) -> Option<String> {
    if may_lack
        && !fields.has(name.field)
        && let Some(only) = constant(name.pattern)
    {
        return Some(only.to_owned());
    }
    let text = fields.text(name.field, NAME)?;
    if !(name.is_valid)(&text) {
        let message = format!("it must be {}", name.what);
        fields.wrong(name.field, name.rule, message);
        return None;
    }
    if !fits(name.pattern, &text) {
        let message = format!("it must match `{}`", name.pattern);
        fields.wrong(name.field, name.rule, message);
        return None;
    }
    Some(text)
}

/// A folder in the workspace; `.` is the workspace itself.
fn folder(fields: &mut Fields<'_>, path: String) -> Option<String> {
    if matches!(path.as_str(), "" | ".") {
        return Some(String::new());
    }
    if path.split('/').all(|part| !matches!(part, "" | "." | "..")) {
        return Some(path);
    }
    fields.wrong(
        "path",
        "path",
        "it must be a folder of the workspace, such as `repo`, without `.`, `..` and a `/` at either end"
            .to_owned(),
    );
    None
}

/// The one text that a pattern without a star matches.
pub(super) fn constant(pattern: &str) -> Option<&str> {
    (!pattern.is_empty() && !pattern.contains('*')).then_some(pattern)
}

/// Whether a text matches a pattern of the contract, parts by `/`. A pattern that means nothing matches nothing.
fn fits(pattern: &str, text: &str) -> bool {
    let read = |part: &str| Segment::read(part, true).filter(|_| !part.is_empty());
    let pattern: Option<Vec<_>> = pattern.split('/').map(read).collect();
    let parts: Vec<&str> = text.split('/').collect();
    pattern.is_some_and(|pattern| bounded(&pattern) && matches(&pattern, &parts))
}
