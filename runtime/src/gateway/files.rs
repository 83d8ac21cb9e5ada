//! `/files/SERVER/PROOF/TAG/KEY`: files that a tool gave, read only; the key is in base64url.
//!
//! An address is the proof that this run's gateway gave the file; the contract must still grant the tool. The gateway
//! asks with its own credential, for the very bytes that were listed.

use super::Gateway;
use super::answer::{Answer, Refusal};
use super::flow::{self, Meter};
use super::http::Asked;
use hyper::body::Body as _;
use hyper::{Method, StatusCode};
use std::sync::Arc;

/// Whatever a file holds, nobody shows it.
const KIND: &str = "application/octet-stream";

/// Answers the agent of `cycle`.
///
/// # Errors
/// What was not given.
pub(super) async fn answer(
    gateway: &Arc<Gateway>,
    cycle: u32,
    asked: Asked,
) -> Result<Answer, Refusal> {
    if asked.method != Method::GET {
        return Err(Refusal::Path);
    }
    let not_given = Refusal::Denied(
        "files-given",
        "no tool gave this file to an agent of the run: call the tool first",
    );
    let words: Vec<&str> = asked.path.split('/').skip(2).collect();
    let [server, proof, tag, key] = *words.as_slice() else {
        return Err(Refusal::Path);
    };
    let s3 = gateway.tools.files(server);
    let s3 = s3.filter(|s3| granted(gateway, server, s3.tool()));
    let s3 = s3.ok_or_else(|| not_given.clone())?;
    let most = s3.most();
    let (key, request) = s3.given(proof, tag, key).ok_or(not_given)?;
    let target = format!("GET /files/{server}/{key}");
    let web = gateway.web.clone();
    let ask = move |meter: Meter| async move {
        let answer = meter.send(&web, request).await?;
        let size = answer.body().size_hint().exact();
        fine(answer.status(), size, most).map(|()| answer)
    };
    let (_, body) = flow::carry(gateway, (cycle, "files"), target, most, ask).await?;
    Ok(Answer::new(StatusCode::OK, KIND, body))
}

fn granted(gateway: &Gateway, server: &str, tool: &str) -> bool {
    let agent = gateway.agent();
    let mut grants = agent.into_iter().flat_map(|agent| &agent.tools);
    grants.any(|grant| grant.server == server && grant.tool == tool)
}

/// Whether S3 answers with the object. Where it leads elsewhere, nobody follows.
fn fine(status: StatusCode, size: Option<u64>, most: u64) -> Result<(), Refusal> {
    let refused = |rule, message: &str| Err(Refusal::Upstream(rule, message.to_owned()));
    match status.as_u16() {
        200 if size.is_some_and(|size| size <= most) => Ok(()),
        200 => refused("s3-size", "the file has more bytes than the spec permits"),
        401 | 403 => refused(
            "s3-credential",
            "S3 does not accept the credential of the spec",
        ),
        404 | 412 => refused(
            "s3-changed",
            "the file is no longer what it was: call the tool again",
        ),
        301 | 302 | 303 | 307 | 308 => {
            refused("redirect", "S3 leads elsewhere, which is not followed")
        }
        _ => refused("s3-answer", "S3 did not answer with the file"),
    }
}
