//! The request of a call: what is fixed stands as the spec has it, what varies is one encoded part each.

use super::super::Failed;
use super::{Tool, Values};
use crate::body::{self, Body};
use crate::template::{self, Part};
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT,
};
use hyper::{Method, Request, Uri};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Most bytes of an address.
const MOST_URL: usize = 16 * 1024;

/// Where a request goes: a base URL and a path below it.
#[derive(Debug)]
pub(super) struct Place {
    base: String,
    path: Vec<Part>,
}

/// A method that tools may use.
pub(super) fn method(word: &str) -> Result<Method, String> {
    match word {
        "GET" => Ok(Method::GET),
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        "DELETE" => Ok(Method::DELETE),
        _ => Err("its method is none".to_owned()),
    }
}

/// Whether all arguments of a template are declared.
pub(super) fn known(parts: &[Part], declared: &BTreeSet<&str>) -> bool {
    parts.iter().all(|part| match part {
        Part::Literal(_) => true,
        Part::Argument(name) => declared.contains(name.as_str()),
    })
}

impl Place {
    pub(super) fn read(url: &str, path: &str, declared: &BTreeSet<&str>) -> Result<Self, String> {
        let base: Uri = url
            .parse()
            .map_err(|_untold| "its `url` cannot be read".to_owned())?;
        let plain = matches!(base.scheme_str(), Some("http" | "https"));
        if !plain || base.query().is_some() || url.contains(['@', '#']) {
            return Err("its `url` is no base of addresses".to_owned());
        }
        let path = template::path(path).filter(|parts| known(parts, declared));
        Ok(Self {
            base: url.strip_suffix('/').unwrap_or(url).to_owned(),
            path: path.ok_or("its path cannot be read")?,
        })
    }

    fn has(&self, name: &str) -> bool {
        names(&self.path).any(|one| one == name)
    }

    /// The address with these values.
    fn url(&self, values: &Values) -> Result<String, Failed> {
        let mut url = self.base.clone();
        for part in &self.path {
            url.push('/');
            match part {
                Part::Literal(text) => url.push_str(text),
                Part::Argument(name) => {
                    let value = values.get(name).filter(|value| template::fits_path(value));
                    encode(value.ok_or_else(|| no_part(name))?, &mut url);
                }
            }
        }
        Ok(url)
    }
}

impl Tool {
    /// Where a call with these values goes.
    fn place(&self, values: &Values) -> &Place {
        let other = self.when.as_ref().and_then(|(argument, places)| {
            let value = values.get(argument)?;
            places.get(value)
        });
        other.unwrap_or(&self.place)
    }

    /// Whether a value decides where a request goes or what is picked, and so is not sent otherwise.
    fn places(&self, name: &str) -> bool {
        let others = self.when.iter();
        self.place.has(name)
            || self
                .pick
                .iter()
                .any(|parts| names(parts).any(|one| one == name))
            || others.clone().any(|(argument, _)| argument == name)
            || others
                .flat_map(|(_, places)| places.values())
                .any(|place| place.has(name))
    }

    pub(super) fn request(
        &self,
        values: &Values,
        credential: Option<&HeaderValue>,
    ) -> Result<Request<Body>, Failed> {
        let mut url = self.place(values).url(values)?;
        let sent = || values.iter().filter(|(name, _)| !self.places(name));
        let has_body = matches!(self.method, Method::POST | Method::PUT | Method::PATCH);
        if !has_body {
            let mut before = '?';
            for (name, value) in sent() {
                url.push(before);
                url.push_str(name);
                url.push('=');
                encode(value, &mut url);
                before = '&';
            }
        }
        if url.len() > MOST_URL {
            let message = "the address would be longer than 16 KiB";
            return Err(Failed::new("http-argument", message));
        }
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(url)
            .header(ACCEPT, "application/json")
            .header(ACCEPT_ENCODING, "identity")
            .header(USER_AGENT, "pure-agent");
        if has_body {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = match has_body {
            true => body::whole(self.body(sent()).to_string()),
            false => body::empty(),
        };
        let mut request = request
            .body(body)
            .map_err(|_untold| Failed::new("http-url", "the address cannot be asked"))?;
        if let Some(credential) = credential {
            let headers = request.headers_mut();
            headers.insert(AUTHORIZATION, credential.clone());
        }
        Ok(request)
    }

    fn body<'v>(&self, sent: impl Iterator<Item = (&'v String, &'v String)>) -> Value {
        let number = |name: &str| {
            let mut numbers = self.arguments.iter().filter(|a| a.range.is_some());
            numbers.any(|a| a.value.name == name)
        };
        let member = |(name, value): (&String, &String)| {
            let parsed = value.parse::<i64>().ok().filter(|_| number(name));
            let value = parsed.map_or_else(|| Value::from(value.as_str()), Value::from);
            (name.clone(), value)
        };
        Value::Object(sent.map(member).collect::<Map<_, _>>())
    }
}

fn names(parts: &[Part]) -> impl Iterator<Item = &str> {
    parts.iter().filter_map(|part| match part {
        Part::Literal(_) => None,
        Part::Argument(name) => Some(name.as_str()),
    })
}

/// Appends a value as one part of an address: RFC 3986's unreserved characters stand, all other bytes are encoded.
fn encode(value: &str, out: &mut String) {
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

fn no_part(name: &str) -> Failed {
    let message = format!(
        "the argument `{name}` stands in a path: write letters, digits, spaces and `-._~@:+,=`, no `..`"
    );
    Failed::new("http-argument", message)
}
