//! Linear: comments whose ids are ours, and files that one of them links.

use super::client::{Ask, Client, Got, Payload, never};
use super::key::Mark;
use super::outbox::Archive;
use super::place::{LINEAR, LINEAR_UPLOADS, secure};
use super::{Refused, refused};
use hyper::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue,
};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

/// What an archive is.
const TAR: &str = "application/x-tar";
/// Most fields that an upload is told to have.
const MOST_FIELDS: usize = 32;

const START: &str =
    "query Start($issue: String!) { viewer { id } issue(id: $issue) { id identifier url } }";
const FIND: &str =
    "query Find($id: String!) { comment(id: $id) { id body url user { id } issue { id } } }";
const CREATE: &str = "mutation Create($input: CommentCreateInput!) { commentCreate(input: $input) { success comment { id } } }";
const FILE: &str = "mutation File($type: String!, $name: String!, $size: Int!) { fileUpload(contentType: $type, filename: $name, size: $size) { success uploadFile { uploadUrl assetUrl headers { key value } } } }";

/// Linear's API with one credential.
#[derive(Debug)]
pub struct Linear<'c> {
    client: &'c Client,
    credential: HeaderValue,
}

/// The issue, and who we are.
struct Issue {
    id: String,
    viewer: String,
}

impl<'c> Linear<'c> {
    /// A personal key stands for itself, a token of OAuth is a bearer.
    ///
    /// # Errors
    /// A credential that cannot stand in a header.
    pub fn new(client: &'c Client, secret: &str) -> Result<Self, Refused> {
        let value = match secret.starts_with("lin_oauth_") {
            true => format!("Bearer {secret}"),
            false => secret.to_owned(),
        };
        let mut credential = HeaderValue::try_from(value)
            .map_err(|_untold| refused("secret", "the credential is none of Linear"))?;
        credential.set_sensitive(true);
        Ok(Self { client, credential })
    }

    /// One comment on the issue; gives its address.
    ///
    /// # Errors
    /// Linear refuses, or something else has its id.
    pub async fn comment(&self, issue: &str, mark: &Mark, body: &str) -> Result<String, Refused> {
        let issue = self.issue(issue).await?;
        match self.find(&issue, mark).await? {
            Some(url) => Ok(url),
            None => self.create(&issue, mark, body).await,
        }
    }

    /// One file that one comment links; gives the address of the comment. What was uploaded before a crash and is
    /// not linked cannot be found again: it stays, unlinked.
    ///
    /// # Errors
    /// As [`Linear::comment`]; addresses that are not Linear's.
    pub async fn upload(
        &self,
        issue: &str,
        mark: &Mark,
        archive: &Archive,
    ) -> Result<String, Refused> {
        let issue = self.issue(issue).await?;
        if let Some(url) = self.find(&issue, mark).await? {
            return Ok(url);
        }
        let name = format!(
            "workspace-{}.tar",
            archive.sha256.get(..12).unwrap_or_default()
        );
        let asset = self.send(&name, archive).await?;
        let body = format!(
            "## Workspace 압축 파일\n\n작업 workspace 전체가 첨부되었습니다.\n\n[{name}]({asset})\n\nSHA-256 `{}`",
            archive.sha256
        );
        self.create(&issue, mark, &body).await
    }

    async fn issue(&self, name: &str) -> Result<Issue, Refused> {
        let answer = self.ask(START, json!({"issue": name})).await?;
        let data = answer.map_err(|message| said("the issue is not there", &message))?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let issue = &data["issue"];
        // Another issue would be named otherwise.
        let same = [&issue["id"], &issue["identifier"]]
            .iter()
            .any(|v| v.as_str().is_some_and(|v| v.eq_ignore_ascii_case(name)));
        match (same, text(&issue["id"]), text(&data["viewer"]["id"])) {
            (true, Some(id), Some(viewer)) => Ok(Issue { id, viewer }),
            _ => Err(other("Linear answers with another issue")),
        }
    }

    /// The comment with our id, if it is there. Whoever else has that id is no comment of ours.
    async fn find(&self, issue: &Issue, mark: &Mark) -> Result<Option<String>, Refused> {
        let id = mark.uuid(&issue.id);
        let data = match self.ask(FIND, json!({"id": id})).await? {
            Ok(data) => data,
            Err(message) if message.to_ascii_lowercase().contains("not found") => return Ok(None),
            Err(message) => return Err(said("the comment cannot be looked for", &message)),
        };
        let comment = &data["comment"];
        if comment.is_null() {
            return Ok(None);
        }
        let is = |value: &Value, text: &str| value.as_str() == Some(text);
        let marked = comment["body"]
            .as_str()
            .is_some_and(|body| body.contains(&mark.at(&issue.id)));
        let ours = is(&comment["id"], &id)
            && is(&comment["user"]["id"], &issue.viewer)
            && is(&comment["issue"]["id"], &issue.id)
            && marked;
        let url = comment["url"]
            .as_str()
            .filter(|url| is_url(url, "linear.app"));
        match (ours, url) {
            (true, Some(url)) => Ok(Some(url.to_owned())),
            (true, None) => Err(other("Linear's address of the comment is none")),
            (false, _) => Err(refused(
                "comment-taken",
                "a comment of somebody else has this id",
            )),
        }
    }

    /// Makes the comment, and looks whether it is there, whatever the answer was.
    async fn create(&self, issue: &Issue, mark: &Mark, body: &str) -> Result<String, Refused> {
        let body = format!("{body}\n\n---\n`pure-agent {}`", mark.at(&issue.id));
        let input = json!({"id": mark.uuid(&issue.id), "issueId": issue.id, "body": body});
        let made = self.ask(CREATE, json!({"input": input})).await?;
        match (self.find(issue, mark).await?, made) {
            (Some(url), _) => Ok(url),
            (None, Err(message)) => Err(said("the comment was not made", &message)),
            (None, Ok(_)) => Err(other("the comment that was made is not there")),
        }
    }

    /// Uploads a file, and gives its address.
    async fn send(&self, name: &str, archive: &Archive) -> Result<String, Refused> {
        let file = json!({"type": TAR, "name": name, "size": archive.bytes});
        let answer = self.ask(FILE, file).await?;
        let data = answer.map_err(|message| said("the file was not taken", &message))?;
        let file = &data["fileUpload"]["uploadFile"];
        let place = |value: &Value| {
            let url = value.as_str().filter(|url| is_url(url, LINEAR_UPLOADS));
            let url = url.ok_or_else(|| {
                refused(
                    "upload-address",
                    "Linear names an address that is not its own",
                )
            })?;
            Ok(url.to_owned())
        };
        let (target, asset) = (place(&file["uploadUrl"])?, place(&file["assetUrl"])?);
        let ask = Ask::new(Method::PUT, target)
            .headers(fields(&file["headers"])?)
            .with(CONTENT_TYPE, HeaderValue::from_static(TAR))
            .carrying(archive.part(0, archive.bytes));
        let got = self.client.send(&ask, never).await?;
        match got.status.is_success() {
            true => Ok(asset),
            false => Err(got.refusal("the file was not taken")),
        }
    }

    /// Asks; gives the data, or the first error that Linear tells.
    async fn ask(&self, query: &str, variables: Value) -> Result<Result<Value, String>, Refused> {
        let body = json!({"query": query, "variables": variables}).to_string();
        let ask = Ask::new(Method::POST, format!("https://{LINEAR}/graphql"))
            .with(AUTHORIZATION, self.credential.clone())
            .with(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .carrying(Payload::Whole(body.into()));
        let got = self.client.send(&ask, busy).await?;
        if !matches!(got.status, StatusCode::OK | StatusCode::BAD_REQUEST) {
            return Err(got.refusal("Linear"));
        }
        let mut answer = got.json()?;
        if let Some(error) = answer["errors"].get(0) {
            return Ok(Err(error["message"]
                .as_str()
                .unwrap_or_default()
                .to_owned()));
        }
        match answer["data"].take() {
            Value::Object(data) if got.status == StatusCode::OK => Ok(Ok(Value::Object(data))),
            _ => Err(refused("upstream-form", "Linear answers without data")),
        }
    }
}

/// Linear says with 400 that it is asked too often.
fn busy(got: &Got) -> bool {
    let code = b"RATELIMITED";
    got.status == StatusCode::BAD_REQUEST && got.body.windows(code.len()).any(|w| w == code)
}

/// The message is Linear's, which may hold what it was sent: of it only the kind is told.
fn said(what: &str, message: &str) -> Refused {
    let lower = message.to_ascii_lowercase();
    let rule = match lower.as_str() {
        m if m.contains("not found") => "upstream-missing",
        m if m.contains("authenticat") || m.contains("forbidden") => "upstream-denied",
        _ => "upstream-refused",
    };
    refused(rule, format!("Linear: {what}"))
}

fn other(why: &str) -> Refused {
    refused("upstream-form", why)
}

/// An `https` URL of this host, without a port of its own, that Markdown leaves alone.
fn is_url(url: &str, host: &str) -> bool {
    let plain = |b: u8| b.is_ascii_graphic() && !b"()[]<>\"'\\`".contains(&b);
    url.len() <= 2048
        && url.bytes().all(plain)
        && secure(url).is_some_and(|place| place == (host.to_owned(), 443))
}

/// The fields that an upload is told to have: those of a signed address, and no other.
fn fields(list: &Value) -> Result<HeaderMap, Refused> {
    let unfit = || {
        refused(
            "upload-fields",
            "Linear tells fields that an upload has not",
        )
    };
    let mut headers = HeaderMap::new();
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000"),
    );
    let list = list.as_array().ok_or_else(unfit)?;
    if list.len() > MOST_FIELDS {
        return Err(unfit());
    }
    for field in list {
        let (key, value) = (field["key"].as_str(), field["value"].as_str());
        let (key, value) = key.zip(value).ok_or_else(unfit)?;
        let name: HeaderName = key.parse().map_err(|_untold| unfit())?;
        let plain = [CONTENT_TYPE, CACHE_CONTROL, CONTENT_DISPOSITION];
        let signed = ["x-goog-", "x-amz-"];
        let known = plain.contains(&name) || signed.iter().any(|p| name.as_str().starts_with(p));
        let value = HeaderValue::from_str(value).map_err(|_untold| unfit())?;
        match known {
            true => headers.insert(name, value),
            false => return Err(unfit()),
        };
    }
    Ok(headers)
}
