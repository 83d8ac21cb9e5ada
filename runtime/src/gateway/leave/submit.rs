//! Another run, submitted by this one: the gateway's account makes its Workflow, once.
//!
//! What it is given the gateway judges itself, from what it knows: the export step says only which export, and the mark
//! by which the run is found again. That mark is in the Workflow's name and nobody else knows it before, so that a name
//! that is taken means that the run is there. Admission holds the account to the same.

use super::super::answer::{Answer, Refusal};
use super::super::http::Asked;
use super::{Gateway, ledger, request};
use crate::contract::{ClusterApi, Export, ExportAction};
use crate::export::ledger::{Made, Marked};
use crate::export::plan;
use crate::gateway::inputs::encode;
use crate::record::Event;
use crate::record::event::Subject;
use crate::state::approval::Answer as Given;
use crate::strict;
use crate::tools::kubernetes::api::Api;
use crate::workflow::{By, Start, is_mark};
use std::time::Duration;

/// Most bytes of a body.
const MOST_BODY: usize = 1024;
/// Time for one request to the API server.
const WITHIN: Duration = Duration::from_secs(30);
/// What the API server says for good; what else it says may pass.
const LASTING: [&str; 4] = [
    "kubernetes-denied",
    "kubernetes-echo",
    "kubernetes-none",
    "kubernetes-state",
];

/// Submits the run of an export that was planned with exactly these inputs, and agreed to where that is asked.
pub(super) async fn answer(
    gateway: &Gateway,
    name: &str,
    asked: &mut Asked,
) -> Result<Answer, Refusal> {
    let body = asked.read(MOST_BODY).await?;
    let Marked { mark } = strict::read(&body).map_err(|_untold| Refusal::Malformed)?;
    if !is_mark(&mark) {
        return Err(Refusal::Malformed);
    }
    let export = gateway.contract.exports.iter().find(|e| e.name == name);
    let export = export.ok_or(Refusal::Path)?;
    let ExportAction::Submit { api, run, .. } = &export.action else {
        return Err(Refusal::Path);
    };
    let known = gateway.journal.read(|state| ledger::all(gateway, state))?;
    let (inputs, content) = match plan::submitted(&gateway.contract, &known, export) {
        Ok(wanted) => wanted,
        Err(refused) => return Ok(Answer::fine(&Made::Refused(refused.why))),
    };
    let mut planned = known.exports.iter().map(|done| &done.plan);
    if !planned.any(|plan| plan.name == name && plan.content == content) {
        return Err(Refusal::Denied(
            "export-unplanned",
            "this export was not planned",
        ));
    }
    agreed(gateway, export, &content)?;
    let inputs = encode(&inputs);
    let start = Start {
        namespace: &gateway.contract.namespace,
        spec: run,
        inputs: &inputs,
        retry_of: None,
        by: Some(By {
            run: &gateway.run,
            mark: &mark,
        }),
    };
    make(gateway, api, &start).await
}

/// Where the contract asks a person, one has agreed to exactly this.
fn agreed(gateway: &Gateway, export: &Export, content: &str) -> Result<(), Refusal> {
    let Some(way) = &export.approval else {
        return Ok(());
    };
    let subject = Subject::Export(export.name.clone());
    let given = gateway.journal.read(|state| {
        state.approvals().all().any(|(asked, answer)| {
            answer == Given::Given
                && asked.subject == subject
                && asked.approval == *way
                && asked.arguments == content
        })
    });
    match given {
        true => Ok(()),
        false => Err(Refusal::Denied(
            "approval",
            "nobody has agreed to this export",
        )),
    }
}

/// The effect comes after its line is on the disk. A gateway that starts again finds what the first one made.
async fn make(gateway: &Gateway, api: &ClusterApi, start: &Start<'_>) -> Result<Answer, Refusal> {
    let name = start.name().unwrap_or_default();
    let line = gateway
        .journal
        .record(Event::RequestAllowed(request("submit", &name)))?;
    line.await.map_err(|_untold| Refusal::Record)?;
    let refused = |why: String| Ok(Answer::fine(&Made::Refused(why)));
    let api = match Api::new(&gateway.web, api, WITHIN) {
        Ok(api) => api,
        Err(why) => return refused(why),
    };
    let path = format!(
        "/apis/argoproj.io/v1alpha1/namespaces/{}/workflows",
        start.namespace
    );
    match api.create(&path, &start.workflow()).await {
        Ok(_) => Ok(Answer::fine(&Made::Run(name))),
        Err(failed) if LASTING.contains(&failed.rule) => refused(failed.message),
        Err(failed) => Err(Refusal::Upstream(failed.rule, failed.message)),
    }
}
