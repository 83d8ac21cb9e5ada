//! GitHub's Git Data API, with real names of blobs.

use super::body::Body;
use super::digest::hex;
use super::{Serves, field, json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json as value};
use sha1::{Digest as _, Sha1};
use std::collections::BTreeMap;

/// The token that it takes.
pub const KEY: &str = "token-of-the-tests";
/// Files of the repository that was cloned.
pub const BASE: &[(&str, &str)] = &[
    ("README.md", "words\n"),
    (".github/workflows/ci.yml", "on: push\n"),
    ("src/a.txt", "a\n"),
    ("src/b.txt", "b\n"),
];

type Files = BTreeMap<String, (String, String)>;

/// One commit.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Its tree.
    pub tree: String,
    /// What it says.
    pub message: String,
    /// The commits before it.
    pub parents: Vec<String>,
}

/// What the repository `dlddu/tool` holds; every name is that of a content.
pub struct GitHub {
    /// Contents.
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// Modes and blobs by path.
    pub trees: BTreeMap<String, Files>,
    /// Commits.
    pub commits: BTreeMap<String, Commit>,
    /// Commits of branches.
    pub refs: BTreeMap<String, String>,
    /// Pull requests, as they are told.
    pub pulls: Vec<Value>,
}

fn name(kind: &str, content: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(format!("{kind} {}\0", content.len()));
    hash.update(content);
    hex(&hash.finalize())
}

/// The commit that was cloned.
pub fn start() -> String {
    GitHub::default().refs["main"].clone()
}

impl Default for GitHub {
    fn default() -> Self {
        let mut github = Self {
            blobs: BTreeMap::new(),
            trees: BTreeMap::new(),
            commits: BTreeMap::new(),
            refs: BTreeMap::new(),
            pulls: Vec::new(),
        };
        let mut files = Files::new();
        for (path, content) in BASE {
            let sha = name("blob", content.as_bytes());
            github
                .blobs
                .insert(sha.clone(), content.as_bytes().to_vec());
            files.insert((*path).to_owned(), ("100644".to_owned(), sha));
        }
        files.insert(
            "link".to_owned(),
            ("120000".to_owned(), name("blob", b"README.md")),
        );
        let tree = github.tree(files);
        let head = github.commit("start", &tree, &[]);
        github.refs.insert("main".to_owned(), head);
        github
    }
}

impl GitHub {
    /// The same repository, where git itself names the commit of `main`.
    #[allow(dead_code, reason = "for processes, which clone it by git")]
    pub fn at(head: &str) -> Self {
        let mut github = Self::default();
        let start = github.refs["main"].clone();
        let commit = github.commits[&start].clone();
        github.commits.insert(head.to_owned(), commit);
        github.refs.insert("main".to_owned(), head.to_owned());
        github
    }

    fn tree(&mut self, files: Files) -> String {
        let sha = name("tree", value!(files).to_string().as_bytes());
        self.trees.insert(sha.clone(), files);
        sha
    }

    /// Adds a commit, and gives its name.
    pub fn commit(&mut self, message: &str, tree: &str, parents: &[String]) -> String {
        let text = format!("{message}\n{tree}\n{parents:?}");
        let sha = name("commit", text.as_bytes());
        let commit = Commit {
            tree: tree.to_owned(),
            message: message.to_owned(),
            parents: parents.to_vec(),
        };
        self.commits.insert(sha.clone(), commit);
        sha
    }

    /// Files of a branch and their contents.
    pub fn files(&self, branch: &str) -> BTreeMap<String, String> {
        let tree = &self.commits[&self.refs[branch]].tree;
        let text = |sha: &String| {
            let content = self.blobs.get(sha).cloned().unwrap_or_default();
            String::from_utf8(content).unwrap()
        };
        let files = self.trees[tree].iter();
        files
            .map(|(path, (_, sha))| (path.clone(), text(sha)))
            .collect()
    }

    fn get(&self, words: &[&str], query: &str) -> Response<Body> {
        match words {
            ["git", "ref", "heads", branch @ ..] => {
                let branch = branch.join("/");
                match self.refs.get(&branch) {
                    None => json(404, &value!({"message": "Not Found"})),
                    Some(sha) => json(
                        200,
                        &value!({"ref": format!("refs/heads/{branch}"), "object": {"type": "commit", "sha": sha}}),
                    ),
                }
            }
            ["git", "commits", sha] => {
                let Some(commit) = self.commits.get(*sha) else {
                    return json(404, &value!({}));
                };
                let parents: Vec<_> = commit.parents.iter().map(|p| value!({"sha": p})).collect();
                json(
                    200,
                    &value!({"sha": sha, "tree": {"sha": commit.tree}, "message": commit.message, "parents": parents}),
                )
            }
            ["git", "trees", sha] => {
                assert_eq!(query, "recursive=1");
                let files = self.trees[*sha].iter();
                let list: Vec<_> = files
                    .map(|(path, (mode, sha))| {
                        value!({"path": path, "mode": mode, "type": "blob", "sha": sha})
                    })
                    .chain([value!({"path": "src", "mode": "040000", "type": "tree", "sha": sha})])
                    .collect();
                json(200, &value!({"sha": sha, "tree": list, "truncated": false}))
            }
            ["compare", range] => {
                let (from, to) = range.split_once("...").unwrap();
                let ahead = self.commits[to].parents.iter().any(|p| p == from);
                let (status, base) = if ahead {
                    ("ahead", from)
                } else {
                    ("diverged", "0")
                };
                json(
                    200,
                    &value!({"status": status, "merge_base_commit": {"sha": base}}),
                )
            }
            ["pulls"] => {
                let rest = query.strip_prefix("state=all&head=dlddu%3A").unwrap();
                let (head, _) = rest.split_once("&base=").unwrap();
                let head = head.replace("%2F", "/");
                let of_head = |pull: &&Value| pull["head"]["ref"] == head.as_str();
                let list: Vec<&Value> = self.pulls.iter().filter(of_head).collect();
                json(200, &value!(list))
            }
            other => panic!("GET {other:?}"),
        }
    }

    fn post(&mut self, words: &[&str], body: &Value) -> Response<Body> {
        let text = |key: &str| body[key].as_str().unwrap().to_owned();
        let made = |sha: String| json(201, &value!({"sha": sha}));
        match words {
            ["git", "blobs"] => {
                assert_eq!(body["encoding"], "base64");
                let content = STANDARD.decode(text("content")).unwrap();
                let sha = name("blob", &content);
                self.blobs.insert(sha.clone(), content);
                made(sha)
            }
            ["git", "trees"] => {
                let mut files = self.trees[&text("base_tree")].clone();
                for entry in body["tree"].as_array().unwrap() {
                    let path = entry["path"].as_str().unwrap().to_owned();
                    match entry["sha"].as_str() {
                        None => assert!(files.remove(&path).is_some(), "{path}"),
                        Some(sha) => {
                            assert!(self.blobs.contains_key(sha), "{path}");
                            let mode = entry["mode"].as_str().unwrap().to_owned();
                            files.insert(path, (mode, sha.to_owned()));
                        }
                    }
                }
                made(self.tree(files))
            }
            ["git", "commits"] => {
                assert_eq!(body["author"], body["committer"]);
                assert!(body["author"]["date"].as_str().unwrap().ends_with('Z'));
                let parents = body["parents"].as_array().unwrap().iter();
                let parents: Vec<_> = parents.map(|p| p.as_str().unwrap().to_owned()).collect();
                made(self.commit(&text("message"), &text("tree"), &parents))
            }
            ["git", "refs"] => {
                let name = text("ref").strip_prefix("refs/heads/").unwrap().to_owned();
                if self.refs.contains_key(&name) {
                    return json(422, &value!({"message": "Reference already exists"}));
                }
                assert!(self.commits.contains_key(&text("sha")));
                self.refs.insert(name, text("sha"));
                json(201, &value!({}))
            }
            ["pulls"] => self.open(body),
            other => panic!("POST {other:?}"),
        }
    }

    fn open(&mut self, body: &Value) -> Response<Body> {
        let same = |pull: &Value| {
            pull["head"]["ref"] == body["head"] && pull["base"]["ref"] == body["base"]
        };
        if self.pulls.iter().any(same) {
            return json(422, &value!({"message": "A pull request already exists"}));
        }
        assert!(self.refs.contains_key(body["head"].as_str().unwrap()));
        let number = self.pulls.len() + 1;
        let repo = value!({"full_name": "dlddu/tool"});
        self.pulls.push(value!({
            "number": number, "title": body["title"], "body": body["body"],
            "head": {"ref": body["head"], "repo": repo}, "base": {"ref": body["base"]},
        }));
        json(201, &value!({"number": number}))
    }
}

impl Serves for GitHub {
    fn answer(&mut self, request: &Request<Bytes>) -> Response<Body> {
        if field(request, "authorization") != format!("Bearer {KEY}") {
            return json(401, &value!({}));
        }
        assert!(!field(request, "user-agent").is_empty());
        let path = request
            .uri()
            .path()
            .strip_prefix("/repos/dlddu/tool/")
            .unwrap();
        let words: Vec<&str> = path.split('/').collect();
        match request.method().as_str() {
            "GET" => self.get(&words, request.uri().query().unwrap_or_default()),
            "POST" => {
                let body = serde_json::from_slice(request.body()).unwrap();
                self.post(&words, &body)
            }
            // Nothing is ever moved or removed.
            other => panic!("{other}"),
        }
    }
}
