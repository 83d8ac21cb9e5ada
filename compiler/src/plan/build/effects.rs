//! Every act that changes the outside world: exports, effectful tools, methods that change, and
//! what the record writes elsewhere.

use super::sorted;
use crate::plan::{AgentPlan, Effect, Plan};
use pure_agent_runtime::contract::{Bound, Export, ExportAction, HttpTool, ServerKind, ToolGrant};

/// Methods that change what they are used on.
const CHANGING: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];

/// `calls`: those that the run itself makes in its steps.
pub(super) fn effects(plan: &Plan, calls: &[ToolGrant]) -> Vec<Effect> {
    let exports = plan.exports.iter().map(export);
    let tools = plan
        .agents
        .iter()
        .flat_map(|a| &a.contract.tools)
        .chain(calls)
        .filter(|t| t.effect)
        .map(|grant| tool(plan, grant));
    let http = plan.agents.iter().flat_map(http);
    sorted(exports.chain(tools).chain(http).chain(record(plan)))
}

fn export(export: &Export) -> Effect {
    Effect {
        act: format!("export {}", export.name),
        place: place(&export.action),
        times: Some(u64::from(export.times)),
        approval: export.approval.clone(),
    }
}

/// Where an export lands, in a few words: `linear issue (input issue)`, `github dlddu/*`.
pub(crate) fn place(action: &ExportAction) -> String {
    match action {
        ExportAction::Comment { on, to }
        | ExportAction::Report { on, to, .. }
        | ExportAction::Upload { on, to, .. } => issue(on, to),
        ExportAction::PullRequest {
            on,
            repo,
            base,
            branch,
            ..
        } => {
            format!("{on} {repo}, {branch} into {base}")
        }
        ExportAction::Notify { host, .. } => format!("people by {host}"),
        ExportAction::S3 { to, .. } => to.clone(),
        ExportAction::Submit { run, .. } => format!("run {run}"),
        ExportAction::Webhook { url } => url.clone(),
    }
}

fn issue(on: &str, to: &Bound) -> String {
    match to {
        Bound::Input(input) => format!("{on} issue (input {input})"),
        Bound::Value(issue) => format!("{on} issue {issue}"),
    }
}

fn tool(plan: &Plan, grant: &ToolGrant) -> Effect {
    let server = plan
        .servers
        .iter()
        .find(|s| s.contract.name == grant.server);
    Effect {
        act: format!("tool {}.{}", grant.server, grant.tool),
        place: match server.map(|s| &s.contract.kind) {
            Some(ServerKind::Linear { team }) => format!("linear team {team}"),
            Some(ServerKind::Git { repositories }) => repositories.join(", "),
            Some(ServerKind::Fetch { hosts }) => hosts.join(", "),
            Some(ServerKind::S3 { from, .. }) => from.clone(),
            Some(ServerKind::Kubernetes { namespace, .. }) => format!("Deployments of {namespace}"),
            Some(ServerKind::Http { url, tools }) => request(url, tools, &grant.tool),
            Some(ServerKind::Image { .. }) | None => format!("server {}", grant.server),
        },
        times: grant.times,
        approval: grant.approval.clone(),
    }
}

/// The request of a typed tool, and where else it goes.
fn request(url: &str, tools: &[HttpTool], name: &str) -> String {
    let Some(tool) = tools.iter().find(|tool| tool.name == name) else {
        return url.to_owned();
    };
    let places = tool.when.iter().map(|place| (&*place.url, &place.path));
    let places: Vec<String> = std::iter::once((url, &tool.path))
        .chain(places)
        .map(|(url, path)| format!("{} {}{path}", tool.method, url.trim_end_matches('/')))
        .collect();
    sorted(places).join(", ")
}

fn http(agent: &AgentPlan) -> impl Iterator<Item = Effect> {
    agent.contract.http.iter().flat_map(|route| {
        let changing = route
            .allow
            .iter()
            .filter(|r| CHANGING.contains(&r.method.as_str()));
        changing.map(|rule| Effect {
            act: format!("http {} {}{}", rule.method, route.host, rule.path),
            place: route.host.clone(),
            times: None,
            approval: None,
        })
    })
}

fn record(plan: &Plan) -> impl Iterator<Item = Effect> {
    let transcripts = plan.record.transcripts.as_ref().map(|t| Effect {
        act: "record transcripts".to_owned(),
        place: t.to.clone(),
        times: None,
        approval: None,
    });
    let session = plan.record.session.as_ref().map(|s| Effect {
        act: "record session".to_owned(),
        place: issue(&s.on, &s.to),
        times: Some(1),
        approval: None,
    });
    transcripts.into_iter().chain(session)
}
