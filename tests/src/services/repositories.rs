//! A stand-in for a host of git repositories, by git's own server.

use super::provider::refused;
use crate::program::Scratch;
use crate::program::said;
use bytes::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{Request, Response};
use pure_agent_runtime::body::{self, Body};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// A folder with one repository, whose branch is `main`.
#[derive(Debug)]
pub struct Repositories {
    folder: Scratch,
    name: &'static str,
}

impl Repositories {
    /// The repository `team/sample` with one file.
    #[must_use]
    pub fn make() -> Self {
        Self::of("team/sample", &[("README", "sample\n")])
    }

    /// A repository of this name, `owner/name`, and its files.
    ///
    /// # Panics
    /// If git cannot make it.
    #[must_use]
    pub fn of(name: &'static str, files: &[(&str, &str)]) -> Self {
        let folder = Scratch::new("repositories");
        let work = Scratch::new("work");
        let at = work.path();
        for (path, content) in files {
            let path = at.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        git(at, &["init", "--quiet", "--initial-branch=main"]);
        git(at, &["add", "."]);
        let author = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        git(
            at,
            &[&author[..], &["commit", "--quiet", "-m", "one"]].concat(),
        );
        // The gateway asks for the name with its suffix.
        let bare = folder.path().join(format!("{name}.git"));
        let bare = bare.to_str().unwrap();
        git(at, &["clone", "--quiet", "--bare", ".", bare]);
        Self { folder, name }
    }

    /// The commit of its branch.
    #[must_use]
    pub fn head(&self) -> String {
        git(
            &self.folder.path().join(format!("{}.git", self.name)),
            &["rev-parse", "main"],
        )
    }

    /// Answers by `git http-backend`; to whoever has the credential, where there is one.
    ///
    /// # Panics
    /// If git cannot be started.
    pub fn serve(&self, request: &Request<Bytes>, credential: Option<&str>) -> Response<Body> {
        let given = request.headers().get(AUTHORIZATION);
        if given.and_then(|v| v.to_str().ok()) != credential {
            return refused("another credential");
        }
        let header = |name: &str| {
            let value = request.headers().get(name).and_then(|v| v.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let mut backend = Command::new("git")
            .arg("http-backend")
            .env("GIT_PROJECT_ROOT", self.folder.path())
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("REQUEST_METHOD", request.method().as_str())
            // Hosts know a repository with and without this end.
            .env("PATH_INFO", request.uri().path().replace(".git/", "/"))
            .env("QUERY_STRING", request.uri().query().unwrap_or_default())
            .env("CONTENT_TYPE", header("content-type"))
            .env("CONTENT_LENGTH", request.body().len().to_string())
            .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
            .env("GIT_PROTOCOL", header("git-protocol"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A request fits into a pipe, or is read while it is written.
        backend
            .stdin
            .take()
            .unwrap()
            .write_all(request.body())
            .unwrap();
        let done = backend.wait_with_output().unwrap();
        cgi(&done.stdout)
    }
}

/// What a CGI program said, as an answer.
fn cgi(said: &[u8]) -> Response<Body> {
    let end = said.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&said[..end]).into_owned();
    let mut response = Response::builder();
    for line in head.lines() {
        let (name, value) = line.split_once(": ").unwrap();
        match name {
            "Status" => response = response.status(value.split(' ').next().unwrap()),
            "Content-Type" => response = response.header(CONTENT_TYPE, value),
            _ => {}
        }
    }
    let body = body::whole(said[end + 4..].to_vec());
    response.body(body).unwrap()
}

/// What git says in a folder, without anybody's settings.
///
/// # Panics
/// When it fails.
pub fn git(at: &Path, args: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(args).current_dir(at);
    let done = git
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output();
    let done = done.unwrap();
    assert!(done.status.success(), "{}", said(&done));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}
