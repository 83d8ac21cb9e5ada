//! Findings: what was left out, refused or noticed, and by which rule.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Most findings of one rule that are listed; all of them are counted.
pub const MOST_LISTED: u64 = 100;

/// What a finding means for what leaves the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// One path is not in what leaves.
    LeftOut,
    /// The archive or tree as a whole is not there.
    Refused,
    /// The content looks like a secret: it must not leave.
    Secret,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident $effect:ident $word:literal $sentence:literal;)+) => {
        /// The rules of the pack. Each has a stable word.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Rule {
            $(#[doc = $sentence] #[serde(rename = $word)] $rule,)+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$rule),+];

            /// The stable word of the rule.
            #[must_use]
            pub fn rule(self) -> &'static str {
                match self { $(Self::$rule => $word),+ }
            }

            /// What a finding of the rule means.
            #[must_use]
            pub fn effect(self) -> Effect {
                match self { $(Self::$rule => Effect::$effect),+ }
            }
        }

        impl fmt::Display for Rule {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$rule => $sentence),+ })
            }
        }
    };
}

rules! {
    SymbolicLink LeftOut "symbolic-link" "a symbolic link is not followed";
    Fifo LeftOut "fifo" "a FIFO is not read";
    Socket LeftOut "socket" "a socket is not read";
    Device LeftOut "device" "a device is not read";
    NameNotText LeftOut "name-not-text" "the name is not valid UTF-8";
    NameOfMany LeftOut "name-of-many" "it is not the name of one entry";
    NameWithControl LeftOut "name-with-control" "the name holds a control character";
    NameWithBackslash LeftOut "name-with-backslash" "the name holds a backslash, which separates folders elsewhere";
    NameLikeGit LeftOut "name-like-git" "the name is `.git` on another system";
    PathTooLong LeftOut "path-too-long" "the path is too long";
    TooDeep LeftOut "too-deep" "the folder is nested too deep";
    Unreadable LeftOut "unreadable" "it cannot be read";
    OtherFilesystem LeftOut "other-filesystem" "it lies on another filesystem";
    ChangedWhileRead LeftOut "changed-while-read" "it changed while it was read";
    NestedRepository LeftOut "nested-repository" "a repository inside a repository is left out";
    GitFile LeftOut "git-file" "`.git` is not a folder: the folder is a worktree or a submodule";
    TooManyEntries Refused "too-many-entries" "there are too many files and folders";
    TooManyBytes Refused "too-many-bytes" "there are too many bytes";
    TooManyRepositories Refused "too-many-repositories" "there are too many repositories";
    SecretInside Refused "secret-inside" "a file holds what looks like a secret";
    PrivateKey Secret "private-key" "a private key in PEM format";
    AwsAccessKey Secret "aws-access-key" "an access key of AWS";
    GithubToken Secret "github-token" "a token of GitHub";
    GitlabToken Secret "gitlab-token" "a token of GitLab";
    AnthropicKey Secret "anthropic-key" "a key of Anthropic";
    OpenaiKey Secret "openai-key" "a key of OpenAI";
    SlackToken Secret "slack-token" "a token of Slack";
    LinearKey Secret "linear-key" "a key of Linear";
    GoogleKey Secret "google-key" "an API key of Google, or the key of one of its service accounts";
    NpmToken Secret "npm-token" "a token of npm";
    JsonWebToken Secret "json-web-token" "a signed JSON web token, such as that of a service account";
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// By which rule.
    pub rule: Rule,
    /// Where, for people: escaped, shortened, without what looks like a secret.
    pub path: String,
}

/// The findings of one export, in the order of the walk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Findings {
    /// The first [`MOST_LISTED`] of each rule.
    pub list: Vec<Finding>,
    /// How many there are of each rule, also of those that are not listed.
    pub counts: BTreeMap<Rule, u64>,
}

impl Findings {
    /// Adds one. `path` is one that [`super::names::shown`] made.
    pub fn add(&mut self, rule: Rule, path: String) {
        let count = self.counts.entry(rule).or_insert(0);
        *count = count.saturating_add(1);
        if *count <= MOST_LISTED {
            self.list.push(Finding { rule, path });
        }
    }

    /// Adds those of another part.
    pub fn extend(&mut self, other: &Self) {
        for finding in &other.list {
            self.add(finding.rule, finding.path.clone());
        }
        // What the other part counted without listing it.
        for (rule, count) in &other.counts {
            let unlisted = count.saturating_sub(MOST_LISTED);
            let sum = self.counts.entry(*rule).or_insert(0);
            *sum = sum.saturating_add(unlisted);
        }
    }

    /// Whether content looks like a secret.
    #[must_use]
    pub fn secret(&self) -> bool {
        self.counts
            .keys()
            .any(|rule| rule.effect() == Effect::Secret)
    }
}
