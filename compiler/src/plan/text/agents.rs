//! Agents, their tools, and what serves them.

use super::page::Row;
use super::words;
use crate::plan::{AgentPlan, Plan, Resources, ServerPlan};
use crate::values::ssh_key::SshKey;
use crate::values::temperature::Temperature;
use pure_agent_runtime::contract::{
    Agent, Approval, ApprovalVia, Approver, Deployment, Harness, HttpTool, Model, Partition,
    Provider, ServerKind, ToolGrant,
};

/// What one agent is and what bounds it.
pub(super) fn agent(plan: &Plan, agent: &AgentPlan) -> Vec<Row> {
    let AgentPlan {
        contract,
        image,
        user,
        resources,
    } = agent;
    let mut rows = Vec::new();
    let mut row = |word: &str, fact: String| rows.push(vec![word.to_owned(), fact]);
    if let Some(about) = &contract.about {
        row("about", about.clone());
    }
    row("image", words::image(image));
    row("harness", harness(contract));
    row("runs as", format!("user {user}; {}", share(resources)));
    if let Some(system) = &contract.system {
        let lines = words::count(system.lines().count() as u64, "line", "lines");
        row(
            "prompt",
            format!("{lines}, {} bytes", words::number(system.len() as u64)),
        );
    }
    for (at, skill) in contract.skills.iter().enumerate() {
        let bytes = skill.files.values().map(String::len).sum::<usize>() as u64;
        let files = words::count(skill.files.len() as u64, "file", "files");
        let word = if at == 0 { "skill" } else { "" };
        let (name, about) = (&skill.name, &skill.about);
        row(
            word,
            format!("{name} ({files}, {} bytes): {about}", words::number(bytes)),
        );
    }
    for (at, name) in contract.models.iter().enumerate() {
        let word = if at == 0 { "model" } else { "" };
        let model = plan.models.iter().find(|m| m.name == *name);
        row(word, model.map_or_else(|| name.clone(), self::model));
    }
    if contract.tools.is_empty() {
        row("tools", "none".to_owned());
    }
    if contract.tunnels.is_empty() && contract.http.is_empty() {
        row("egress", "none".to_owned());
    }
    for (name, value) in &contract.env {
        row("env", format!("{name}={}", words::quoted(value)));
    }
    let limits = limits(contract);
    if !limits.is_empty() {
        row("limits", limits.join(", "));
    }
    rows
}

fn harness(agent: &Agent) -> String {
    match agent.harness {
        Harness::ClaudeCode => "claude-code".to_owned(),
        Harness::Codex => "codex".to_owned(),
        Harness::Gemini => "gemini".to_owned(),
        Harness::Generic => {
            let words: Vec<String> = agent.command.iter().map(|w| words::quoted(w)).collect();
            format!("generic: {}", words.join(" "))
        }
    }
}

fn share(resources: &Resources) -> String {
    format!(
        "{}, {} memory, {} disk",
        words::cpu(resources.cpu_millis),
        words::size(resources.memory),
        words::size(resources.storage)
    )
}

fn model(model: &Model) -> String {
    let provider = match model.provider {
        Provider::Anthropic => "anthropic",
        Provider::Openai => "openai",
        Provider::Ollama => "ollama",
        Provider::Compatible => "compatible",
        Provider::Gemini => "gemini",
        Provider::Stub => "stub",
    };
    let price = model.price.as_ref().map_or_else(
        || "no price".to_owned(),
        |p| {
            format!(
                "{} in and {} out for {} tokens",
                words::price(p.input, &p.currency),
                words::price(p.output, &p.currency),
                words::number(p.per)
            )
        },
    );
    let most = model
        .max_tokens
        .map(|n| format!("; at most {} tokens an answer", words::number(n)));
    let temperature = model.temperature.and_then(Temperature::from_thousandths);
    let temperature = temperature.map(|t| format!("; temperature {t}"));
    let place = match model.provider {
        Provider::Stub => "answered by the gateway itself".to_owned(),
        _ => format!("at {}", model.url),
    };
    format!(
        "{}: {provider} {} {place}; {price}{}{}",
        model.name,
        model.id,
        most.unwrap_or_default(),
        temperature.unwrap_or_default()
    )
}

fn limits(agent: &Agent) -> Vec<String> {
    let limits = &agent.limits;
    let turns = limits.turns.map(|n| words::count(n, "turn", "turns"));
    let tokens = limits.tokens.map(|n| words::count(n, "token", "tokens"));
    let cost = limits.cost.as_ref().map(words::money);
    let traffic = limits
        .traffic
        .map(|n| format!("{} of traffic", words::size(n)));
    [turns, tokens, cost, traffic]
        .into_iter()
        .flatten()
        .collect()
}

/// Every tool of an agent: who decides, whether it changes something, how often, what is fixed.
pub(super) fn tools(agent: &AgentPlan) -> Vec<Row> {
    agent.contract.tools.iter().map(tool).collect()
}

fn tool(grant: &ToolGrant) -> Row {
    let binds: Vec<String> = grant
        .bind
        .iter()
        .map(|(name, to)| format!("{name} = {}", words::bound(to)))
        .collect();
    let decides = grant.approval.as_ref();
    vec![
        format!("{}.{}", grant.server, grant.tool),
        decides.map_or_else(|| "free".to_owned(), |name| format!("{name} approves")),
        if grant.effect { "CHANGES" } else { "reads" }.to_owned(),
        grant.times.map_or_else(String::new, words::times),
        binds.join(", "),
    ]
}

/// What serves the tools.
pub(super) fn servers(plan: &Plan) -> Vec<Row> {
    plan.servers.iter().map(server).collect()
}

fn server(server: &ServerPlan) -> Row {
    let ServerPlan { contract, pod } = server;
    let what = match (&contract.kind, pod) {
        (ServerKind::Linear { team }, _) => format!("builtin linear, team {team}"),
        (ServerKind::Git { repositories }, _) => {
            format!("builtin git, {}", listed(repositories))
        }
        (ServerKind::Fetch { hosts }, _) => format!("builtin fetch, {}", listed(hosts)),
        (
            ServerKind::S3 {
                from,
                region,
                partition,
                months,
                tool,
                about: _,
            },
            _,
        ) => {
            let form = match partition {
                Partition::Plain => "year=Y/month=M",
                Partition::Padded => "year=Y/month=MM",
            };
            let months = words::count(u64::from(*months), "month", "months");
            format!("builtin s3, {tool} = {from}/{form} in {region}, {months} a call")
        }
        (
            ServerKind::Kubernetes {
                api: _,
                namespace,
                deployments,
                lines,
            },
            _,
        ) => {
            let names: Vec<String> = deployments.iter().map(deployment).collect();
            let lines = words::count(u64::from(*lines), "line", "lines");
            format!(
                "builtin kubernetes in {namespace}: {}, {lines} of a log",
                listed(&names)
            )
        }
        (ServerKind::Http { url, tools }, _) => {
            let names: Vec<String> = tools.iter().map(request).collect();
            format!("builtin http at {url}, {}", listed(&names))
        }
        (ServerKind::Image { .. }, Some(pod)) => {
            let command: Vec<String> = pod.command.iter().map(|w| words::quoted(w)).collect();
            format!(
                "{}; {}; {}",
                words::image(&pod.image),
                command.join(" "),
                share(&pod.resources)
            )
        }
        (ServerKind::Image { host, port }, None) => format!("image at {host}:{port}"),
    };
    let (size, time) = (words::size(contract.size), words::time(contract.deadline));
    vec![
        contract.name.clone(),
        format!("{what}; answers of {size} within {time}"),
    ]
}

/// A typed tool as a request: `get_stats = GET /stats`, and how many other places it has.
fn request(tool: &HttpTool) -> String {
    let others = match tool.when.len() {
        0 => String::new(),
        n => format!(
            " (elsewhere for {})",
            words::count(n as u64, "value", "values")
        ),
    };
    format!("{} = {} {}{others}", tool.name, tool.method, tool.path)
}

/// `web (1 to 5 replicas)`.
fn deployment(deployment: &Deployment) -> String {
    match &deployment.replicas {
        Some(range) => format!(
            "{} ({} to {} replicas)",
            deployment.name, range.min, range.max
        ),
        None => deployment.name.clone(),
    }
}

fn listed(list: &[String]) -> String {
    if list.is_empty() {
        "nothing".to_owned()
    } else {
        list.join(", ")
    }
}

/// Who is asked, and how long.
pub(super) fn approvals(plan: &Plan) -> Vec<Row> {
    plan.approvals.iter().map(approval).collect()
}

fn approval(approval: &Approval) -> Row {
    let who = match &approval.via {
        ApprovalVia::Gatekeeper { url, .. } => format!("gatekeeper at {url}"),
        ApprovalVia::Signature { approvers } => {
            let keys: Vec<String> = approvers.iter().map(approver).collect();
            format!("signature of {}", keys.join(" or "))
        }
    };
    let time = words::time(approval.timeout);
    vec![approval.name.clone(), format!("{who}; denied after {time}")]
}

fn approver(approver: &Approver) -> String {
    let key =
        SshKey::parse(&approver.key).map_or_else(|_| approver.key.clone(), |key| key.fingerprint());
    format!("{} ({key})", approver.name)
}
