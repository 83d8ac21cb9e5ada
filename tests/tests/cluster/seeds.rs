//! One run each of the examples that are reference systems, at the same time in one namespace.

use pure_agent_tests::cluster::programs::programs;
use pure_agent_tests::cluster::seeds::{Images, bundle};
use pure_agent_tests::cluster::site::{Ended, Run, Site};
use serde_json::{Value, json};
use std::time::Duration;

const NAMESPACE: &str = "pure-agent-test-seeds";
const LOGS: &str = "acme-agent-logs.s3.ap-northeast-2.amazonaws.com";
const REPORTS: &str = "acme-agent-reports.s3.ap-northeast-2.amazonaws.com";

#[test]
fn s1_01_s3_16_s4_06_three_systems_do_their_work_once() {
    let mut images = None;
    let site = Site::of_or_skip(NAMESPACE, |outside, _| {
        let (programs, made) = (programs(outside)?, Images::make(outside)?);
        let files = bundle(NAMESPACE, ("agent-platform", "chat"), &programs, &made);
        images = Some(made);
        Ok((programs, files))
    });
    let (Some(site), Some(images)) = (site, images) else {
        return;
    };
    let beside = |of| site.beside_files(bundle(NAMESPACE, of, &site.programs, &images));
    let _specs = [("agent-service", "audit"), ("jobrunner", "daily")].map(beside);
    // No other run of this machine is about these.
    let number = std::process::id();
    let (user, account) = (format!("kim-{number}"), format!("{number:012}"));
    let message = [
        ("user", user.as_str()),
        ("message", "Which libraries are there?"),
    ];
    let task = [
        ("account", account.as_str()),
        ("task", "Mark public buckets. route: auditor"),
    ];
    let chat = site.submit_with("chat", &message);
    let audit = site.submit_with("audit", &task);
    let daily = site.submit_with("daily", &[]);
    let ended = [&chat, &audit, &daily].map(|run| fine(run));
    chatted(&site, &chat, &user);
    audited(&site, &audit, &account, &ended[1]);
    proposed(&site, &daily, &ended[2]);
    assert_eq!(site.outside.problems(), json!([]));
}

fn fine(run: &Run<'_>) -> Ended {
    let ended = run.end(Duration::from_secs(420));
    assert_eq!(ended.phase, "Succeeded", "{}", ended.told());
    let result = ended.result();
    assert_eq!(
        (&result["verdict"], &result["uid"]),
        (&json!("done"), &json!(run.uid)),
        "{result}"
    );
    assert_eq!(
        result["usage"]["turns"],
        json!(1 + u64::from(run.spec == "audit")),
        "{result}"
    );
    println!("{}: {} s", run.name, ended.lasted());
    ended
}

/// Bodies that a host was sent with these words in method and address.
fn heard(site: &Site, host: &str, words: &str) -> Vec<String> {
    let all = site.outside.heard(host);
    let ours = all.as_array().unwrap().iter();
    let ours = ours.filter(|one| one[0].as_str().unwrap().contains(words));
    ours.map(|one| one[1].as_str().unwrap().to_owned())
        .collect()
}

/// The transcript of a run of one cycle is there, once.
fn kept(site: &Site, run: &Run<'_>) {
    let uploads = heard(site, LOGS, &format!("{}/", run.uid));
    // Whether it is there is asked before.
    let uploads = uploads.iter().filter(|body| !body.is_empty());
    assert_eq!(uploads.count(), 1, "{}", run.name);
}

fn chatted(site: &Site, run: &Run<'_>, user: &str) {
    let said = heard(
        site,
        "chat.example.com",
        &format!("POST /v1/users/{user}/messages"),
    );
    let said: Vec<Value> = said
        .iter()
        .map(|one| serde_json::from_str(one).unwrap())
        .collect();
    assert_eq!(
        said,
        [json!({"text": "You asked: Which libraries are there?"})]
    );
    kept(site, run);
}

fn audited(site: &Site, run: &Run<'_>, account: &str, ended: &Ended) {
    let agents = ended
        .pods
        .keys()
        .filter(|name| name.contains("-agent-auditor-"));
    assert!(agents.count() > 0, "{:?}", ended.pods.keys());
    assert!(
        !ended
            .pods
            .keys()
            .any(|name| name.contains("-agent-reviewer-")),
        "{}",
        ended.told()
    );
    let tags = heard(
        site,
        "inventory.example.com",
        &format!("POST /v1/accounts/{account}/tags"),
    );
    assert_eq!(tags.len(), 1, "{tags:?}");
    let told = heard(site, "hooks.example.com", "POST /tasks");
    let told = told.iter().filter(|body| body.contains(&run.uid));
    assert_eq!(told.count(), 1);
    let evidence = heard(site, REPORTS, "PUT /audits/pure-agent-");
    assert_eq!(evidence.len(), 1, "{}", ended.told());
    kept(site, run);
}

fn proposed(site: &Site, run: &Run<'_>, ended: &Ended) {
    let server = ended
        .logs
        .iter()
        .find(|((pod, _), _)| pod == "server-dagster");
    let (_, said) = server.unwrap_or_else(|| panic!("{}", ended.told()));
    assert_eq!(said.matches("list_runs").count(), 1, "{said}");
    assert!(!said.contains("refused"), "{said}");
    let pulls = heard(site, "api.github.com", "POST /repos/dlddu/tool/pulls");
    let pulls = pulls.iter().filter(|body| body.contains("agent/daily"));
    assert_eq!(pulls.count(), 1, "{}", ended.told());
    kept(site, run);
}
