//! What people see of the requests that wait, and how they answer.

use super::drive::{Verdict as Answered, close};
use super::signature::{self, verify};
use super::statement::{NAMESPACE, Statement, Verdict, named};
use super::{no, unknown, way};
use crate::contract::ApprovalVia;
use crate::gateway::answer::{Answer, Refusal};
use crate::gateway::http::Asked;
use crate::gateway::{Gateway, now};
use crate::record::event::ApprovalAsked;
use crate::strict;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Most bytes of an answer.
const MOST_ANSWER: usize = 16 * 1024;

/// What a person sends. The names in [`Statement`] say what was signed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    signature: String,
    verdict: Verdict,
}

/// The requests that wait: what they are about, who may answer, and for signatures the exact texts to sign.
pub fn list(gateway: &Gateway) -> Answer {
    let mut open = gateway.approvals.open();
    open.sort_by(|(a, _), (b, _)| (a.expires, &a.id).cmp(&(b.expires, &b.id)));
    let all = open.iter().map(|(asked, shown)| one(gateway, asked, shown));
    Answer::fine(&json!({"approvals": all.collect::<Vec<_>>()}))
}

fn one(gateway: &Gateway, asked: &ApprovalAsked, shown: &Value) -> Value {
    let statement = statement(gateway, asked);
    let (via, approvers, sign) = match way(gateway, &asked.approval).map(|way| &way.via) {
        Some(ApprovalVia::Signature { approvers }) => (
            "signature",
            approvers.iter().map(|one| one.name.as_str()).collect(),
            json!({
                "namespace": NAMESPACE,
                "approve": statement.text(Verdict::Approve), "reject": statement.text(Verdict::Reject),
            }),
        ),
        Some(ApprovalVia::Gatekeeper { .. }) | None => ("gatekeeper", Vec::new(), Value::Null),
    };
    json!({
        "id": asked.id, "cycle": asked.cycle, "approval": asked.approval, "via": via,
        "subject": named(&asked.subject), "arguments": asked.arguments, "shown": shown,
        "expires": asked.expires, "approvers": approvers, "sign": sign,
    })
}

fn statement<'a>(gateway: &'a Gateway, asked: &'a ApprovalAsked) -> Statement<'a> {
    Statement {
        run: &gateway.uid,
        spec: &gateway.contract.spec,
        asked,
    }
}

/// Takes a signed answer to the request under this id.
///
/// # Errors
/// Nothing waits there, its time is over, it is not answered by signatures, the signature does not count, or there is
/// an answer.
pub async fn answer(
    gateway: &Arc<Gateway>,
    id: &str,
    asked: &mut Asked,
) -> Result<Answer, Refusal> {
    let body = asked.read(MOST_ANSWER).await?;
    let signed: Signed = strict::read(&body).map_err(|_untold| Refusal::Malformed)?;
    let request = gateway.approvals.get(id).ok_or_else(unknown)?;
    let by = signer(gateway, &request, &signed)?;
    let told = json!({"id": id, "verdict": signed.verdict, "by": by});
    let answered = match signed.verdict {
        Verdict::Approve => Answered::Given(by),
        Verdict::Reject => Answered::Refused(by),
    };
    // Once it is recorded it is told, also where whoever answered has gone.
    let mine = Arc::clone(gateway);
    let closed = tokio::spawn(async move { close(&mine, &request, answered).await });
    closed.await.map_err(|_gone| Refusal::Record)??;
    Ok(Answer::fine(&told))
}

/// The name of the approver who signed this answer to this request.
fn signer(gateway: &Gateway, asked: &ApprovalAsked, signed: &Signed) -> Result<String, Refusal> {
    let Some(ApprovalVia::Signature { approvers }) =
        way(gateway, &asked.approval).map(|way| &way.via)
    else {
        return Err(no(
            "approval-way",
            "this request is not answered by a signature",
        ));
    };
    if now() >= asked.expires {
        return Err(no("approval-expired", "the time for an answer is over"));
    }
    let text = statement(gateway, asked).text(signed.verdict);
    let keys: Vec<&str> = approvers.iter().map(|one| one.key.as_str()).collect();
    let counts = verify(&signed.signature, text.as_bytes(), NAMESPACE, &keys);
    let at = counts.map_err(|why: signature::Refused| no(why.rule(), &why.to_string()))?;
    let approver = approvers.get(at).ok_or_else(unknown)?;
    Ok(approver.name.clone())
}
