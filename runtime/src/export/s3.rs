//! S3: objects whose names are the run's, streamed and never written over.
//!
//! The credential is JSON, `{"access_key_id": …, "secret_access_key": …, "session_token"?: …}`, or `ID:SECRET`. What
//! is there already is ours where its metadata has our marker.

mod parts;
mod sign;

use super::client::{Ask, Client, Got, never};
use super::key::Mark;
use super::outbox::Archive;
use super::place::Bucket;
use super::{Refused, refused};
use crate::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode};
use sign::{Credential, Signing};

/// Most bytes that are sent as one.
const WHOLE: u64 = 16 << 20;
/// Our marker in the metadata of an object.
const MARK: &str = "x-amz-meta-pure-agent";

/// The object, and how it is asked for.
struct Object<'o> {
    client: &'o Client,
    credential: Credential,
    place: &'o Bucket,
    /// Path below the host, with `/` before it.
    path: String,
    /// Its content type.
    kind: &'o str,
    marker: String,
}

/// What an object is called below the bucket's prefix, and what it holds.
#[derive(Debug, Clone, Copy)]
pub struct Named<'n> {
    /// Its name, of characters that need no escape.
    pub name: &'n str,
    /// Its content type.
    pub kind: &'n str,
}

/// Finds or makes the object; gives its `s3://` address.
///
/// # Errors
/// S3 refuses, or an object of somebody else stands there.
pub async fn put(
    client: &Client,
    secret: &str,
    place: &Bucket,
    Named { name, kind }: Named<'_>,
    archive: &Archive,
    mark: &Mark,
) -> Result<String, Refused> {
    let prefix = match place.prefix.as_str() {
        "" => String::new(),
        prefix => format!("/{prefix}"),
    };
    let path = format!("{prefix}/{name}");
    let object = Object {
        client,
        credential: Credential::read(secret)?,
        place,
        kind,
        marker: mark.at(&path),
        path,
    };
    if !object.there().await? {
        let got = match archive.bytes <= WHOLE {
            true => object.whole(archive).await?,
            false => object.parts(archive).await?,
        };
        let late = matches!(got.status.as_u16(), 409 | 412);
        if !(got.status.is_success() || late && object.there().await?) {
            return Err(got.refusal("the object was not made"));
        }
    }
    let bucket = place.host.split('.').next().unwrap_or_default();
    Ok(format!("s3://{bucket}{}", object.path))
}

/// A signed request that reads from a bucket; path and query stand as they are encoded.
///
/// # Errors
/// A credential that is none, a request that cannot be written.
pub(crate) fn reading(
    secret: &str,
    place: &Bucket,
    (path, query): (&str, &str),
    fields: &[(&str, &str)],
) -> Result<Request<Body>, Refused> {
    let mut signing = Signing::new(Method::GET, &place.host, path, query);
    for (name, value) in fields {
        signing = signing.field(name, value);
    }
    let now = crate::gateway::now();
    let ask = signing.sign(&Credential::read(secret)?, &place.region, "s3", now)?;
    ask.request()
}

impl Object<'_> {
    /// Whether our object is there.
    async fn there(&self) -> Result<bool, Refused> {
        let got = self.send(self.ask(Method::HEAD, "")).await?;
        match got.status {
            StatusCode::NOT_FOUND => Ok(false),
            StatusCode::OK => {
                let found = got.headers.get(MARK).and_then(|value| value.to_str().ok());
                match found == Some(self.marker.as_str()) {
                    true => Ok(true),
                    false => Err(refused(
                        "object-taken",
                        "an object of somebody else has this name",
                    )),
                }
            }
            // Who may not list learns of an absent object that it is denied; the object is then made only if
            // nothing is there.
            StatusCode::FORBIDDEN => Ok(false),
            _ => Err(got.refusal("the object cannot be looked for")),
        }
    }

    async fn whole(&self, archive: &Archive) -> Result<Got, Refused> {
        let sum = archive.digest_of(0, archive.bytes)?;
        let ask = self
            .ask(Method::PUT, "")
            .field("x-amz-checksum-sha256", &STANDARD.encode(&sum))
            .field("if-none-match", "*")
            .field("content-type", self.kind)
            .field(MARK, &self.marker)
            .carrying(archive.part(0, archive.bytes), &archive.sha256);
        self.send(ask).await
    }

    fn ask(&self, method: Method, query: &str) -> Signing<'_> {
        Signing::new(method, &self.place.host, &self.path, query)
    }

    async fn send(&self, signing: Signing<'_>) -> Result<Got, Refused> {
        let now = crate::gateway::now();
        let ask: Ask = signing.sign(&self.credential, &self.place.region, "s3", now)?;
        self.client.send(&ask, never).await
    }
}

fn field(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Refused> {
    let unfit = || refused("request", "the request cannot be written");
    let name = name.parse().map_err(|_untold| unfit())?;
    let value = HeaderValue::from_str(value).map_err(|_untold| unfit())?;
    Ok((name, value))
}
