//! `/http/HOST/…`: requests that end at the gateway and go on to a host that the spec names.
//!
//! Judged is what the host will read: the path is read once, and written anew for the host. Few fields pass, in
//! both directions. A redirect is a new request, which must be allowed like the first; the credential stays with
//! the host that the agent named.

mod fields;
mod path;
#[cfg(test)]
mod tests;

use super::Gateway;
use super::answer::{Answer, Refusal};
use super::flow::{self, MOST_SENT, Meter};
use super::http::Asked;
use crate::body::{self, Body};
use crate::contract::{self, Contract};
use crate::net::host::{Host, HostPattern};
use crate::secret::Secrets;
use crate::tools::fetch::{REDIRECTS, redirect};
use crate::tools::url::Url;
use crate::web::Coming;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response};
use path::{Path, Pattern};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most bytes of a query.
const MOST_QUERY: usize = 8 * 1024;
/// Most bytes of an answer's body.
const MOST_ANSWER: u64 = MOST_SENT;

/// The routes of each agent, by its name.
#[derive(Debug)]
pub struct Routes(BTreeMap<String, Vec<Route>>);

#[derive(Debug)]
struct Route {
    host: HostPattern,
    allow: Vec<(Method, Pattern)>,
    credential: Option<HeaderValue>,
}

impl Routes {
    /// Reads the routes. One that is for a single host goes before patterns over many.
    ///
    /// # Errors
    /// A method or a pattern that cannot be read, a credential that is missing or cannot be sent.
    pub fn new(contract: &Contract, secrets: &Secrets) -> Result<Self, String> {
        let of = |agent: &contract::Agent| {
            let routes = agent.http.iter();
            let mut routes: Vec<Route> = routes
                .map(|route| Route::read(route, secrets))
                .collect::<Result<_, _>>()?;
            routes.sort_by_key(|route| route.host.as_str().contains('*'));
            Ok((agent.name.clone(), routes))
        };
        let all = contract.agents.iter().map(of);
        all.collect::<Result<_, String>>().map(Self)
    }

    /// The route by which a request may go.
    fn find(
        &self,
        agent: &str,
        (method, host, path): (&Method, &Host, &Path),
    ) -> Result<&Route, Refusal> {
        let own = self.0.get(agent).map_or(&[][..], Vec::as_slice);
        let mut known = own
            .iter()
            .filter(|route| route.host.matches(host))
            .peekable();
        known.peek().ok_or(Refusal::Egress)?;
        let allows = |route: &&Route| {
            let mut rules = route.allow.iter();
            rules.any(|(allowed, pattern)| allowed == method && pattern.matches(path))
        };
        known.find(allows).ok_or(Refusal::Denied(
            "http-rule",
            "the spec does not allow this method on this path of the host",
        ))
    }
}

impl Route {
    fn read(route: &contract::HttpRoute, secrets: &Secrets) -> Result<Self, String> {
        let host = HostPattern::parse(&route.host).map_err(|e| e.to_string())?;
        let rule = |rule: &contract::HttpRule| {
            let method = Method::try_from(rule.method.as_str());
            let method = method.map_err(|_untold| format!("{:?} is no method", rule.method))?;
            let pattern = Pattern::parse(&rule.path);
            let pattern =
                pattern.ok_or_else(|| format!("{:?} is no pattern over paths", rule.path))?;
            Ok::<_, String>((method, pattern))
        };
        let credential = route.auth.as_deref().map(|name| {
            let header = secrets.header(name, "Bearer ");
            header.ok_or_else(|| format!("the secret `{name}` is missing, or cannot be sent"))
        });
        Ok(Self {
            host,
            allow: route.allow.iter().map(rule).collect::<Result<_, _>>()?,
            credential: credential.transpose()?,
        })
    }
}

/// A request to a host, as it may go out.
struct Onward {
    method: Method,
    url: Url,
    headers: HeaderMap,
    credential: Option<HeaderValue>,
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
    let onward = judge(gateway, &asked)?;
    let target = format!("{} {}", asked.method, asked.path);
    let mine = Arc::clone(gateway);
    let ask = move |meter: Meter| async move {
        let body = flow::sent(&mut asked, meter.clone())?;
        follow(&mine, &meter, onward, body).await
    };
    let (head, body) = flow::carry(gateway, (cycle, "http-rule"), target, MOST_ANSWER, ask).await?;
    Ok(fields::answer(&head, body))
}

/// What the agent asks for, if its rules allow that.
fn judge(gateway: &Gateway, asked: &Asked) -> Result<Onward, Refusal> {
    let rest = asked.path.strip_prefix("/http/").ok_or(Refusal::Path)?;
    let end = rest.find('/').unwrap_or(rest.len());
    let (name, path) = rest.split_at(end);
    let host = Host::parse(name).map_err(|e| Refusal::Host(e.rule()))?;
    let path = Path::read(if path.is_empty() { "/" } else { path })?;
    let route = gateway
        .routes
        .find(&gateway.agent_name(), (&asked.method, &host, &path))?;
    let query = query(asked.query.as_deref())?;
    let url = Url::of(host, path.wire().to_owned(), query).map_err(|_untold| Refusal::Target)?;
    if is_read(&asked.method) && asked.body_length() != Some(0) {
        return Err(Refusal::Denied(
            "http-body",
            "a request that reads has no body",
        ));
    }
    Ok(Onward {
        method: asked.method.clone(),
        headers: fields::request(&asked.headers)?,
        credential: route.credential.clone(),
        url,
    })
}

/// Asks, and goes where answers lead while that is allowed.
async fn follow(
    gateway: &Gateway,
    meter: &Meter,
    mut onward: Onward,
    body: Body,
) -> Result<Response<Coming>, Refusal> {
    let first = onward.url.host().clone();
    let mut body = Some(body);
    for _ in 0..=REDIRECTS {
        let request = onward.request(body.take().unwrap_or_else(body::empty))?;
        let answer = meter.send(&gateway.web, request).await?;
        let Some(place) = redirect(answer.status().as_u16(), answer.headers()) else {
            return fields::readable(answer);
        };
        if !is_read(&onward.method) {
            return Err(elsewhere());
        }
        let url = place
            .and_then(|place| onward.url.join(place).ok())
            .ok_or_else(elsewhere)?;
        let path = Path::read(url.path()).map_err(|_untold| elsewhere())?;
        let route = gateway
            .routes
            .find(&gateway.agent_name(), (&onward.method, url.host(), &path))
            .map_err(|_untold| elsewhere())?;
        // Whoever the first host leads to is not who the credential is for, also on the way back.
        let same = *url.host() == first && onward.url.host() == url.host();
        onward.credential = route
            .credential
            .clone()
            .filter(|_| same && onward.credential.is_some());
        let query = query(url.query()).map_err(|_untold| elsewhere())?;
        let wire = path.wire().to_owned();
        onward.url = Url::of(url.host().clone(), wire, query).map_err(|_untold| elsewhere())?;
    }
    Err(elsewhere())
}

impl Onward {
    fn request(&self, body: Body) -> Result<Request<Body>, Refusal> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.url.uri().map_err(|_untold| Refusal::Target)?;
        *request.headers_mut() = self.headers.clone();
        if let Some(credential) = &self.credential {
            request
                .headers_mut()
                .insert(AUTHORIZATION, credential.clone());
        }
        Ok(request)
    }
}

fn query(query: Option<&str>) -> Result<Option<&str>, Refusal> {
    match query.is_some_and(|query| query.len() > MOST_QUERY) {
        true => Err(Refusal::Target),
        false => Ok(query),
    }
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn elsewhere() -> Refusal {
    let message = "the host leads to a place that the spec does not allow";
    Refusal::Upstream("redirect", message.to_owned())
}
