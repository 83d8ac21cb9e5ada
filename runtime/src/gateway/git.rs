//! `/git/HOST/OWNER/NAME/…`: clones and fetches, never a push.
//!
//! Served is what the `clone` tool gave in this run, as long as the contract grants it. The gateway shows its own
//! credential to the host; the agent's goes no further.

#[cfg(test)]
mod tests;

use super::Gateway;
use super::answer::{Answer, Refusal};
use super::flow::{self, MOST_SENT, Meter};
use super::http::Asked;
use crate::body::{self, Body, Unread};
use crate::tools::git::repository::Repository;
use crate::tools::git::{ANSWERS, ASKS, Git, PROTOCOL, request};
use bytes::Bytes;
use flate2::read::GzDecoder;
use hyper::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, Request, StatusCode};
use std::io::Read as _;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Media type of a list of branches.
const LISTS: &str = "application/x-git-upload-pack-advertisement";
/// Requests whose bodies are held at once.
static HELD: Semaphore = Semaphore::const_new(2);

/// What is asked for.
enum Wanted {
    /// Branches, or what the host can do.
    List,
    /// What follows from a body.
    Pack,
}

/// Answers the agent of `cycle`.
///
/// # Errors
/// What is not granted.
pub(super) async fn answer(
    gateway: &Arc<Gateway>,
    cycle: u32,
    mut asked: Asked,
) -> Result<Answer, Refusal> {
    let (repository, wanted) = wanted(&asked)?;
    granted(gateway, &repository)?;
    let second = second(&asked.headers)?;
    let (method, end, kind, body) = match wanted {
        Wanted::List => (
            Method::GET,
            "info/refs?service=git-upload-pack",
            LISTS,
            body::empty(),
        ),
        Wanted::Pack => (
            Method::POST,
            "git-upload-pack",
            ANSWERS,
            sent(&mut asked, second).await?,
        ),
    };
    let git = granted(gateway, &repository)?;
    let request = git.request(&repository, method, end, body);
    let mut request = request.map_err(|_untold| Refusal::Target)?;
    fields(&mut request, kind, second);
    let target = format!("{} {}", asked.method, asked.path);
    let web = gateway.web.clone();
    let ask = move |meter: Meter| async move {
        let answer = meter.send(&web, request).await?;
        fine(answer.status(), answer.headers(), kind).map(|()| answer)
    };
    let (_, body) = flow::carry(gateway, (cycle, "git"), target, u64::MAX, ask).await?;
    Ok(Answer::new(StatusCode::OK, kind, body))
}

fn wanted(asked: &Asked) -> Result<(Repository, Wanted), Refusal> {
    let words: Vec<&str> = asked.path.split('/').skip(2).collect();
    let query = asked.query.as_deref();
    if words.last() == Some(&"git-receive-pack")
        || query.is_some_and(|q| q.contains("receive-pack"))
    {
        return Err(Refusal::Denied(
            "git-push",
            "nothing can be pushed: what leaves a run is exported",
        ));
    }
    let (host, owner, name, wanted) = match (asked.method.as_str(), words.as_slice(), query) {
        ("GET", [host, owner, name, "info", "refs"], Some("service=git-upload-pack")) => {
            (host, owner, name, Wanted::List)
        }
        ("POST", [host, owner, name, "git-upload-pack"], None) => (host, owner, name, Wanted::Pack),
        _ => return Err(Refusal::Path),
    };
    let repository = Repository::of(host, owner, name).ok_or(Refusal::Path)?;
    Ok((repository, wanted))
}

/// The server that gave the repository, if the contract still lets it.
fn granted<'g>(gateway: &'g Gateway, repository: &Repository) -> Result<&'g Git, Refusal> {
    let name = repository.to_string();
    let cloned = gateway
        .journal
        .read(|state| state.cloned(&name).map(|cloned| cloned.server.clone()));
    let server = cloned.ok_or(Refusal::Denied(
        "git-clone",
        "this repository was not given to the agent: call the `clone` tool first",
    ))?;
    let mut grants = gateway.agent().into_iter().flat_map(|agent| &agent.tools);
    let granted = grants.any(|grant| grant.server == server && grant.tool == "clone");
    let git = gateway
        .tools
        .git(&server)
        .filter(|git| granted && git.allows(repository));
    git.ok_or(Refusal::Denied(
        "git-repository",
        "the spec does not let the agent read this repository",
    ))
}

/// Whether the client speaks version 2.
fn second(headers: &HeaderMap) -> Result<bool, Refusal> {
    let mut all = headers.get_all(PROTOCOL).iter();
    match (all.next().map(HeaderValue::as_bytes), all.next()) {
        (None | Some(b"version=0" | b"version=1"), None) => Ok(false),
        (Some(b"version=2"), None) => Ok(true),
        _ => Err(Refusal::Denied(
            "git-protocol",
            "the gateway knows versions 0 and 2 of git's protocol",
        )),
    }
}

/// The body of a request, read whole: nothing of one goes out that may not.
async fn sent(asked: &mut Asked, second: bool) -> Result<Body, Refusal> {
    if asked.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes) != Some(ASKS.as_bytes()) {
        return Err(malformed());
    }
    // It is never closed.
    let _place = HELD.acquire().await.map_err(|_closed| Refusal::Record)?;
    let most = usize::try_from(MOST_SENT).unwrap_or(usize::MAX);
    let encoding = asked
        .headers
        .get(CONTENT_ENCODING)
        .map(|e| e.as_bytes().to_ascii_lowercase());
    let body = asked.read(most).await?;
    let body = match encoding.as_deref() {
        None | Some(b"identity") => body,
        Some(b"gzip" | b"x-gzip") => inflate(&body, MOST_SENT)?,
        Some(_) => return Err(malformed()),
    };
    request::check(&body, second).map_err(|_untold| malformed())?;
    Ok(body::whole(body))
}

fn inflate(body: &[u8], most: u64) -> Result<Bytes, Refusal> {
    let mut inflated = Vec::new();
    let read = GzDecoder::new(body)
        .take(most.saturating_add(1))
        .read_to_end(&mut inflated);
    read.map_err(|_untold| malformed())?;
    match inflated.len() as u64 > most {
        true => Err(Refusal::Unread(Unread::TooLong)),
        false => Ok(inflated.into()),
    }
}

fn malformed() -> Refusal {
    Refusal::Denied(
        "git-request",
        "this is no request for branches or objects of a repository",
    )
}

fn fields(request: &mut Request<Body>, kind: &'static str, second: bool) {
    let post = request.method() == Method::POST;
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static(kind));
    if post {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(ASKS));
    }
    if second {
        headers.insert(PROTOCOL, HeaderValue::from_static("version=2"));
    }
}

/// Whether a host answers as git does. Where it leads elsewhere, nobody follows.
fn fine(status: StatusCode, headers: &HeaderMap, kind: &'static str) -> Result<(), Refusal> {
    let refused = |rule, message: &str| Err(Refusal::Upstream(rule, message.to_owned()));
    match status.as_u16() {
        200 => {}
        401 | 403 | 404 => {
            return refused(
                "git-unreadable",
                "the host has no such repository for the spec's credential",
            );
        }
        301 | 302 | 303 | 307 | 308 => {
            return refused(
                "redirect",
                "the host leads elsewhere, which is not followed",
            );
        }
        _ => return refused("git-answer", "the host answered what is not git's protocol"),
    }
    let same = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes) == Some(kind.as_bytes());
    match same && !headers.contains_key(CONTENT_ENCODING) {
        true => Ok(()),
        false => refused("git-answer", "the host answered what is not git's protocol"),
    }
}
