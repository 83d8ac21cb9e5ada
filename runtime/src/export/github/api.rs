//! The requests to GitHub's API, and what is believed of its answers.

use super::super::client::{Ask, Client, Got, Payload, SMALL, never};
use super::super::place::GITHUB;
use super::super::plan::Wanted;
use super::super::{Refused, refused};
use super::changes::Base;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

/// Most bytes of a tree; GitHub cuts one off at 7 MB.
const MOST_TREE: usize = 16 << 20;
/// Version of the API.
const VERSION: HeaderName = HeaderName::from_static("x-github-api-version");

/// GitHub's API with one credential.
#[derive(Debug)]
pub(super) struct Api<'c> {
    client: &'c Client,
    credential: HeaderValue,
}

/// A commit.
pub(super) struct Commit {
    /// Its tree.
    pub(super) tree: String,
    /// What it says.
    pub(super) message: String,
    /// Those before it.
    pub(super) parents: Vec<String>,
}

impl<'c> Api<'c> {
    pub(super) fn new(client: &'c Client, secret: &str) -> Result<Self, Refused> {
        let mut credential = HeaderValue::try_from(format!("Bearer {secret}"))
            .map_err(|_untold| refused("secret", "the credential is none of GitHub"))?;
        credential.set_sensitive(true);
        Ok(Self { client, credential })
    }

    /// The commit of a branch; none where there is no such branch.
    pub(super) async fn branch(
        &self,
        repository: &str,
        branch: &str,
    ) -> Result<Option<String>, Refused> {
        let path = format!("/repos/{repository}/git/ref/heads/{branch}");
        let got = self.get(&path, SMALL).await?;
        if got.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let answer = fine(&got, "the branch cannot be read")?;
        let same = answer["ref"].as_str() == Some(&format!("refs/heads/{branch}"));
        match (same, answer["object"]["type"].as_str()) {
            (true, Some("commit")) => sha(&answer["object"]["sha"]).map(Some),
            _ => Err(other("another branch")),
        }
    }

    pub(super) async fn commit(&self, repository: &str, commit: &str) -> Result<Commit, Refused> {
        let path = format!("/repos/{repository}/git/commits/{commit}");
        let got = self.get(&path, SMALL).await?;
        let answer = fine(&got, "a commit cannot be read")?;
        if answer["sha"].as_str() != Some(commit) {
            return Err(other("another commit"));
        }
        let parents = answer["parents"].as_array().into_iter().flatten();
        Ok(Commit {
            tree: sha(&answer["tree"]["sha"])?,
            message: answer["message"].as_str().unwrap_or_default().to_owned(),
            parents: parents
                .map(|one| sha(&one["sha"]))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Refuses a base that does not hold the commit that the run started with.
    pub(super) async fn contains(&self, wanted: &Wanted) -> Result<(), Refused> {
        let Wanted {
            repository,
            base,
            start,
            ..
        } = wanted;
        if sha(&json!(start)).is_err() {
            return Err(refused("base-unknown", "what was cloned is no commit"));
        }
        let head = self.branch(repository, base).await?;
        let head = head.ok_or_else(|| refused("base-missing", "the base branch is not there"))?;
        if head == *start {
            return Ok(());
        }
        // Files stand on the first page only.
        let path = format!("/repos/{repository}/compare/{start}...{head}?per_page=1&page=2");
        let got = self.get(&path, MOST_TREE).await?;
        let answer = fine(&got, "the base cannot be compared")?;
        let before = answer["merge_base_commit"]["sha"].as_str() == Some(start);
        match before && answer["status"].as_str() == Some("ahead") {
            true => Ok(()),
            false => Err(refused(
                "base-other",
                "the base branch does not hold the commit that was cloned",
            )),
        }
    }

    /// All files of a tree.
    pub(super) async fn tree(&self, repository: &str, tree: &str) -> Result<Vec<Base>, Refused> {
        let path = format!("/repos/{repository}/git/trees/{tree}?recursive=1");
        let got = self.get(&path, MOST_TREE).await?;
        let answer = fine(&got, "the tree of the base cannot be read")?;
        if answer["sha"].as_str() != Some(tree) {
            return Err(other("another tree"));
        }
        if answer["truncated"].as_bool() != Some(false) {
            let why = "GitHub does not tell all files of the base: there are too many";
            return Err(refused("base-large", why));
        }
        let list = answer["tree"].as_array().ok_or_else(|| other("no tree"))?;
        let files = list.iter().filter(|e| e["type"].as_str() != Some("tree"));
        files
            .map(|entry| {
                let text = |key: &str| entry[key].as_str().map(str::to_owned);
                let (path, mode) = (text("path"), text("mode"));
                let (path, mode) = path.zip(mode).ok_or_else(|| other("no entry of a tree"))?;
                let sha = sha(&entry["sha"])?;
                Ok(Base { path, mode, sha })
            })
            .collect()
    }

    /// Uploads a content whose name in git is known.
    pub(super) async fn blob(
        &self,
        repository: &str,
        content: &[u8],
        name: &str,
    ) -> Result<(), Refused> {
        let body = json!({"content": STANDARD.encode(content), "encoding": "base64"});
        let path = format!("/repos/{repository}/git/blobs");
        match self.made(&path, &body).await? == name {
            true => Ok(()),
            false => Err(other("another content")),
        }
    }

    /// Makes something, and gives its name.
    pub(super) async fn made(&self, path: &str, body: &Value) -> Result<String, Refused> {
        let got = self.post(path, body).await?;
        match got.status {
            StatusCode::CREATED => sha(&got.json()?["sha"]),
            _ => Err(got.refusal("an object was not made")),
        }
    }

    /// The address of the pull request of the branch, in whatever state; none where there is none.
    pub(super) async fn pull(&self, wanted: &Wanted) -> Result<Option<String>, Refused> {
        let Wanted {
            repository,
            base,
            branch,
            ..
        } = wanted;
        let owner = repository.split('/').next().unwrap_or_default();
        let (head, base) = (escaped(&format!("{owner}:{branch}")), escaped(base));
        let path = format!("/repos/{repository}/pulls?state=all&head={head}&base={base}");
        let got = self.get(&path, MOST_TREE).await?;
        let answer = fine(&got, "the pull requests cannot be read")?;
        let list = answer.as_array().ok_or_else(|| other("no list"))?;
        // A parameter that was not understood would list all of them.
        let mine = |pull: &&Value| {
            let is = |value: &Value, text: &str| value.as_str() == Some(text);
            let full = pull["head"]["repo"]["full_name"]
                .as_str()
                .unwrap_or_default();
            is(&pull["head"]["ref"], branch)
                && is(&pull["base"]["ref"], &wanted.base)
                && full.eq_ignore_ascii_case(repository)
        };
        let Some(pull) = list.iter().find(mine) else {
            return Ok(None);
        };
        let number = pull["number"].as_u64().ok_or_else(|| other("no number"))?;
        Ok(Some(format!(
            "https://github.com/{repository}/pull/{number}"
        )))
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Got, Refused> {
        let ask = self
            .ask(Method::POST, path)
            .with(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .carrying(Payload::Whole(body.to_string().into()));
        self.client.send(&ask, never).await
    }

    async fn get(&self, path: &str, most: usize) -> Result<Got, Refused> {
        let ask = self.ask(Method::GET, path).most(most);
        self.client.send(&ask, never).await
    }

    fn ask(&self, method: Method, path: &str) -> Ask {
        Ask::new(method, format!("https://{GITHUB}{path}"))
            .with(AUTHORIZATION, self.credential.clone())
            .with(
                ACCEPT,
                HeaderValue::from_static("application/vnd.github+json"),
            )
            .with(USER_AGENT, HeaderValue::from_static("pure-agent"))
            .with(VERSION, HeaderValue::from_static("2022-11-28"))
    }
}

fn fine(got: &Got, what: &str) -> Result<Value, Refused> {
    match got.status {
        StatusCode::OK => got.json(),
        _ => Err(got.refusal(what)),
    }
}

fn sha(value: &Value) -> Result<String, Refused> {
    let text = value.as_str().unwrap_or_default();
    let digits = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match text.len() == 40 && digits {
        true => Ok(text.to_owned()),
        false => Err(other("a name that git has not")),
    }
}

fn other(what: &str) -> Refused {
    refused("upstream-form", format!("GitHub answers with {what}"))
}

/// Names of branches in a query.
fn escaped(text: &str) -> String {
    text.replace('/', "%2F")
        .replace(':', "%3A")
        .replace('+', "%2B")
}
