//! Asking the gateway of a run, through a port that the API server forwards.
//!
//! People show that they may look by a proof that follows from the spec's key and the run's UID. The proof approves
//! nothing: an answer to an approval is a text that an approver signs with an SSH key of their own.

use super::apply::key_secret;
use super::kinds::SECRET;
use super::runs::Run;
use super::trouble::Sort;
use super::{Cluster, Trouble};
use crate::emit::names;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use pure_agent_runtime::contract::CONTROL_PORT;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

/// Most bytes of an answer: 64 requests of 64 KiB each, and their texts.
const MOST: usize = 8 << 20;
/// How long the gateway may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What waits for a person's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its id.
    pub id: String,
    /// The cycle that asks; none for an export.
    pub cycle: Option<u32>,
    /// The approval of the spec.
    pub approval: String,
    /// `signature` or `gatekeeper`.
    pub via: String,
    /// What would be done.
    pub subject: Value,
    /// SHA-256 of the exact arguments.
    pub arguments: String,
    /// The arguments, as they would be sent.
    pub shown: Value,
    /// The end of the time for an answer, in seconds since 1970.
    pub expires: u64,
    /// Who may answer.
    pub approvers: Vec<String>,
    /// The texts of which an approver signs one.
    pub sign: Option<Texts>,
}

/// The two texts, byte by byte.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Texts {
    /// The namespace of the signature.
    pub namespace: String,
    /// Consent.
    pub approve: String,
    /// Refusal.
    pub reject: String,
}

/// What a person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Consent.
    Approve,
    /// Refusal.
    Reject,
}

impl Verdict {
    /// The word that is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }
}

impl Texts {
    /// The text of a verdict.
    #[must_use]
    pub fn of(&self, verdict: Verdict) -> &str {
        match verdict {
            Verdict::Approve => &self.approve,
            Verdict::Reject => &self.reject,
        }
    }
}

impl Cluster {
    /// What waits for an answer in a run, the most urgent first.
    ///
    /// # Errors
    /// The gateway cannot be asked.
    pub fn waiting(&self, namespace: &str, run: &Run) -> Result<Vec<Waiting>, Trouble> {
        #[derive(Deserialize)]
        struct All {
            approvals: Vec<Waiting>,
        }
        let answer = self.block(self.ask(namespace, run, Method::GET, "/v1/approvals", ""))?;
        let all: All = serde_json::from_value(answer)
            .map_err(|e| Trouble::local("the gateway's answer is not understood", &e))?;
        Ok(all.approvals)
    }

    /// Sends a signed answer; gives the name of the approver whose key it was.
    ///
    /// # Errors
    /// The gateway does not take it, and says why.
    pub fn answer(
        &self,
        namespace: &str,
        run: &Run,
        id: &str,
        verdict: Verdict,
        signature: &str,
    ) -> Result<String, Trouble> {
        let body = json!({"verdict": verdict.as_str(), "signature": signature}).to_string();
        let path = format!("/v1/approvals/{id}");
        let answer = self.block(self.ask(namespace, run, Method::POST, &path, &body))?;
        Ok(answer["by"].as_str().unwrap_or("an approver").to_owned())
    }

    /// What a run and each of its agents used so far.
    ///
    /// # Errors
    /// The gateway cannot be asked.
    pub fn usage(&self, namespace: &str, run: &Run) -> Result<Value, Trouble> {
        self.block(self.ask(namespace, run, Method::GET, "/v1/usage", ""))
    }

    async fn ask(
        &self,
        namespace: &str,
        run: &Run,
        method: Method,
        path: &str,
        body: &str,
    ) -> Result<Value, Trouble> {
        let proof = self.proof(namespace, run).await?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", names::GATEWAY_HOST)
            .header("authorization", format!("Bearer {proof}"))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
            .map_err(|e| Trouble::local("the question is none", &e))?;
        let gateway = format!("{}-gateway", run.name);
        match tokio::time::timeout(PATIENCE, self.forward(namespace, &gateway, request)).await {
            Ok(answer) => answer.map_err(|trouble| trouble.about("the gateway was not asked")),
            Err(_elapsed) => Err(Trouble::other(
                format!(
                    "the gateway did not answer within {} seconds",
                    PATIENCE.as_secs()
                ),
                "look at its log: `pure-agent logs RUN --role gateway`",
            )),
        }
    }

    async fn forward(
        &self,
        namespace: &str,
        pod: &str,
        request: Request<Full<Bytes>>,
    ) -> Result<Value, Trouble> {
        let api = self.pod_api(namespace);
        let mut forwarder = match api.portforward(pod, &[CONTROL_PORT]).await {
            Ok(forwarder) => forwarder,
            Err(error) => return Err(self.unforwarded(namespace, pod, error).await),
        };
        let stream = forwarder
            .take_stream(CONTROL_PORT)
            .ok_or_else(|| Trouble::other("the port was not forwarded", ""))?;
        let answered = exchange(TokioIo::new(stream), request).await;
        forwarder.abort();
        let (status, bytes) = answered?;
        let value: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if (200..300).contains(&status) {
            return Ok(value);
        }
        let text = |key: &str| {
            value["error"][key]
                .as_str()
                .or(value[key].as_str())
                .map(str::to_owned)
        };
        let why = text("message").unwrap_or_else(|| format!("status {status}"));
        let help = match text("rule").or_else(|| text("reason")) {
            Some(rule) => format!("the rule is `{rule}`"),
            None => String::new(),
        };
        Err(Trouble::other(why, help))
    }

    /// Why a port is not forwarded. The answer to an upgrade has no body that is read, so the same is asked without.
    async fn unforwarded(&self, namespace: &str, pod: &str, error: kube::Error) -> Trouble {
        if !matches!(error, kube::Error::UpgradeConnection(_)) {
            return Trouble::from(error);
        }
        let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/portforward");
        let asked = match Request::get(path).body(Vec::new()) {
            Ok(request) => self.client.request_text(request).await,
            Err(e) => return Trouble::local("the question is none", &e),
        };
        match asked {
            Err(kube::Error::Api(status)) if matches!(status.code, 403 | 422) => {
                Trouble::from(&*status)
            }
            Err(kube::Error::Api(status)) if status.code == 404 => Trouble::new(
                Sort::Missing,
                format!("there is no pod `{pod}`"),
                "a run has a gateway from its first step to its end; `pure-agent status RUN` shows where it is",
            ),
            _ => Trouble::from(error),
        }
    }

    /// The proof by which people ask.
    async fn proof(&self, namespace: &str, run: &Run) -> Result<String, Trouble> {
        let place = key_secret(&run.spec, namespace);
        let secret = self.read(&SECRET, &place.namespace, &place.name).await?;
        let secret = secret.ok_or_else(|| {
            Trouble::new(
                Sort::Missing,
                format!(
                    "there is no Secret `{}` in namespace `{namespace}`",
                    place.name
                ),
                "`pure-agent apply` makes it",
            )
        })?;
        let key = secret["data"][names::KEY_KEY]
            .as_str()
            .and_then(|text| STANDARD.decode(text).ok());
        let key = key.ok_or_else(|| {
            Trouble::other(
                format!("Secret `{}` has no entry `{}`", place.name, names::KEY_KEY),
                "it holds 32 random bytes; compiler/doc/secrets.md tells how to make it",
            )
        })?;
        Ok(proof(&key, &run.uid))
    }
}

/// People's proof for a run, as the runtime computes it.
fn proof(key: &[u8], uid: &str) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
    let tag = ring::hmac::sign(&key, format!("pure-agent/v1\npeople\n{uid}").as_bytes());
    tag.as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// One question over a stream.
async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<(u16, Bytes), Trouble>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let broken = |e: hyper::Error| Trouble::local("the connection broke off", &e);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream)
        .await
        .map_err(broken)?;
    let driven = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(broken)?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), MOST).collect().await;
    driven.abort();
    let body = body.map_err(|e| Trouble::other(format!("the answer broke off: {e}"), ""))?;
    Ok((status, body.to_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{Waiting, proof};
    use serde_json::json;

    #[test]
    fn the_proof_is_the_one_of_the_manual() {
        // printf 'pure-agent/v1\npeople\n34f3…' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101…
        let proof = proof(&[1; 32], "34f30468-bff5-4185-9f89-33119f4650fd");
        assert_eq!(proof.len(), 64);
        assert_eq!(proof, PROOF);
    }

    const PROOF: &str = "8f8be42448539e966b003edf0b91dfa92a531f08779ac2c2093ae6cfcb6fbd8b";

    #[test]
    fn what_waits_is_read_as_the_gateway_writes_it() {
        let one = json!({"id": "1", "cycle": 0, "approval": "people", "via": "signature", "subject": "tool linear.x",
            "arguments": "ab", "shown": {"title": "x"}, "expires": 5, "approvers": ["jane"],
            "sign": {"namespace": "pure-agent-approval", "approve": "a", "reject": "b"}});
        let read: Waiting = serde_json::from_value(one).unwrap();
        assert_eq!(read.sign.unwrap().reject, "b");
        let one = json!({"id": "1", "cycle": null, "approval": "people", "via": "gatekeeper", "subject": {"export": "x"},
            "arguments": "ab", "shown": {}, "expires": 5, "approvers": [], "sign": null});
        let read: Waiting = serde_json::from_value(one).unwrap();
        assert_eq!(read.sign, None);
    }
}
