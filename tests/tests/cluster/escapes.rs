//! The agent that tries every way out, as the agent of a real run: nothing leads out, and what it laid out for others
//! has no effect. The same program in a pod without policies shows that each address can be reached.

mod about;

use about::{Others, compared, facts};
use pure_agent_escape::{Group, MARK, NAME, all};
use pure_agent_tests::cluster::images::images;
use pure_agent_tests::cluster::kubectl::kubectl;
use pure_agent_tests::cluster::reference::{Change, POLICY, SPEC, change, small};
use pure_agent_tests::cluster::site::{Ended, Run, Site};
use pure_agent_tests::escape::{Outcomes, image, keep, outcomes, programs, with};
use pure_agent_tests::readers::skipped;
use pure_agent_tests::services::outside::STRANGER;
use serde_json::{Value, json};
use std::time::Duration;

/// Bytes of memory that the agent is given.
const MEMORY: u64 = 160 << 20;

/// The example, with an attacker as its agent. Pages need no person, so that it is the tool that stops an address.
fn spec(image: &str) -> Vec<Change> {
    let other = "the agent is a program of its own";
    let many = "it tries many things";
    let alone = "nobody watches it";
    let mut all = small("15m", "8m");
    all.extend([
        change(
            SPEC,
            "harness \"claude-code\"",
            "harness \"generic\"\n    command \"/escape\"",
            other,
        ),
        change(
            SPEC,
            "approve \"fetch\" by=\"human\"",
            "allow \"fetch\"",
            alone,
        ),
        change(
            POLICY,
            "approve \"fetch\" \"fetch\"",
            "tool \"fetch\" \"fetch\"",
            alone,
        ),
        change(SPEC, "times=3", "times=1", many),
        change(
            SPEC,
            "image \"localhost/pure-agent-scripted-agent@",
            format!("image \"{image}\" // "),
            other,
        ),
    ]);
    all
}

/// A run of the attacker that has shown its bearer and rests.
fn resting(run: &Run<'_>, site: &Site) -> (String, Others) {
    let what = format!("the bearer of {}", run.name);
    let shown = site.watch.until(&what, Duration::from_secs(300), || {
        assert!(!run.is_over(), "{}", run.told());
        let agent = run
            .pod("agent-0")
            .filter(|pod| pod["status"]["phase"] == "Running")?;
        let pod = agent["metadata"]["name"].as_str()?.to_owned();
        let log = kubectl(
            &format!("logs {pod} -n {} -c agent", site.place.namespace),
            "",
        )
        .out;
        let line = log
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut shown = line.filter_map(|line| line["rests"].as_str().map(str::to_owned));
        shown.next()
    });
    let digits: Vec<char> = shown.chars().collect();
    let bytes = digits
        .chunks(2)
        .map(|two| u8::from_str_radix(&two.iter().collect::<String>(), 16).unwrap());
    let bearer = String::from_utf8(bytes.collect()).unwrap();
    let ip = |end: &str| {
        run.pod(end).unwrap()["status"]["podIP"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    (
        bearer,
        Others {
            gateway: ip("gateway"),
            agent: ip("agent-0"),
        },
    )
}

#[test]
fn nothing_leads_out_of_a_real_run() {
    if super::ready().is_none() {
        return;
    }
    let Some(standins) = images() else {
        return;
    };
    if programs().is_none() {
        return;
    }
    let attacker = match image() {
        Ok(image) => image,
        Err(why) => return skipped(&format!("no escapes on the cluster: {why}")),
    };
    let Some(site) = Site::or_skip("pure-agent-test-escape", "escape", &spec(&attacker)) else {
        return;
    };
    let rest = |seconds: u64| pure_agent_tests::escape::prompt(&json!({"rest": seconds}));
    let beside = site.beside("elsewhere", &spec(&attacker));
    let (same, other) = (
        site.submit(&rest(420)),
        site.submit_to("elsewhere", &rest(420)),
    );
    let (bearer, neighbour) = resting(&same, &site);
    let (_, stranger) = resting(&other, &site);
    let told = facts(
        standins,
        (&neighbour, &bearer),
        &stranger,
        &site.place.namespace,
    );
    let open = compared(&attacker, &told);
    let run = site.submit(&pure_agent_tests::escape::prompt(&told));
    // What follows the last agent needs room, and the others nobody any more.
    site.watch
        .until("the last agent", Duration::from_secs(600), || {
            let last = run
                .pod("agent-1")
                .map_or(Value::Null, |pod| pod["status"]["phase"].clone());
            (run.is_over() || last == "Succeeded" || last == "Failed").then_some(())
        });
    for victim in [&same, &other] {
        victim.shut("Terminate");
    }
    let ended = run.end(Duration::from_secs(900));
    let found = [0, 1].map(|cycle| {
        let log = ended
            .logs
            .get(&(format!("agent-{cycle}"), "agent".to_owned()));
        outcomes(log.map(String::as_str).unwrap_or_default())
    });
    let mut all: Outcomes = found.into_iter().flatten().collect();
    ended_for_memory(&ended, &mut all);
    println!("{}", page(&all));
    assert_eq!(with(&all, "escaped"), [""; 0], "{}", ended.told());
    complete(&all, &ended);
    could_lead_out(&open);
    outside(&site, &run, &ended);
    keep("escapes-cluster.md", "on a cluster", &all);
    drop(beside);
}

/// Too many processes are too much memory, which ends the container with whoever would have told.
fn ended_for_memory(ended: &Ended, outcomes: &mut Outcomes) {
    let pod = ended
        .pods
        .iter()
        .find(|(name, _)| name.ends_with("-agent-1"));
    let status = pod.map_or(Value::Null, |(_, seen)| {
        seen.object["status"]["containerStatuses"][0]["state"].clone()
    });
    if status["terminated"]["reason"] != "OOMKilled" {
        return;
    }
    for name in ["processes", "memory"] {
        let stopped = (
            "blocked".to_owned(),
            "the container was ended for want of memory".to_owned(),
        );
        outcomes.entry(name.to_owned()).or_insert(stopped);
    }
}

/// One line for each attempt.
fn page(outcomes: &Outcomes) -> String {
    let line = |(name, (outcome, evidence)): (&String, &(String, String))| {
        format!("{outcome} {name}: {evidence}\n")
    };
    outcomes.iter().map(line).collect()
}

/// Every attempt was made, and what could not be shown is said.
fn complete(outcomes: &Outcomes, ended: &Ended) {
    let mut missing = Vec::new();
    for (_, attempt) in all() {
        match outcomes.get(attempt.name) {
            None => missing.push(attempt.name),
            Some((outcome, why)) if outcome == "not-applicable" => {
                println!("NOT SHOWN: {}: {why}", attempt.name)
            }
            Some(_) => {}
        }
    }
    assert_eq!(missing, [""; 0], "were not tried\n{}", ended.told());
    // Not every cluster has every address in both families.
    let unexpected = with(outcomes, "not-applicable");
    let unexpected = unexpected
        .iter()
        .filter(|line| !line.contains("-v6: no such address"));
    assert_eq!(
        unexpected.count(),
        0,
        "{:?}",
        with(outcomes, "not-applicable")
    );
}

/// A pod without policies reaches all of these, so that they are not closed by chance.
fn could_lead_out(open: &Outcomes) {
    let tried = all()
        .into_iter()
        .filter(|(group, _)| *group == Group::Network);
    let stayed: Vec<&str> = tried
        .map(|(_, attempt)| attempt.name)
        .filter(|name| {
            open.get(*name)
                .is_none_or(|(outcome, _)| outcome != "escaped")
        })
        .collect();
    // Of the gateway and of other runs the namespace's own policies keep every stranger away, a pod has neither a translation
    // between the families nor anybody on its loopback, and not every cluster has a Service in both families, a router
    // that answers, or a kernel that gives pods sockets for echo requests.
    let closed = [
        "outside-icmp",
        "outside-icmp-v6",
        "api-service-v6",
        "default-gateway",
        "outside-nat64",
        "outside-6to4",
        "other-agent",
        "other-spec-gateway",
        "other-gateway-control",
        "own-gateway-control",
        "own-gateway-export",
        "own-gateway-ports",
        "loopback",
        "multicast",
        "abstract-sockets",
    ];
    println!(
        "NOT SHOWN TO BE OPEN WITHOUT POLICIES: {}",
        stayed.join(", ")
    );
    let unexpected: Vec<&&str> = stayed
        .iter()
        .filter(|name| !closed.contains(name))
        .collect();
    assert!(
        unexpected.is_empty(),
        "are closed to a pod without policies, so nothing is shown: {unexpected:?}\n{}",
        page(open)
    );
}

/// What would show outside if something had led out.
fn outside(site: &Site, run: &Run<'_>, ended: &Ended) {
    assert_eq!(ended.phase, "Succeeded", "{}", ended.told());
    // Nobody decided but the router, by what was handed in.
    assert_eq!(ended.reasons(), ["requested", "submitted"]);
    assert_eq!(
        site.outside.heard(STRANGER),
        json!([]),
        "somebody came to the stranger"
    );
    assert_eq!(
        site.outside.heard("packages.example.com"),
        json!([]),
        "something went through a tunnel"
    );
    for asked in site.outside.heard("api.github.com").as_array().unwrap() {
        let what = asked[0].as_str().unwrap();
        assert!(
            what.contains("/repos/dlddu/") || what.contains("/graphql"),
            "{what}"
        );
    }
    // No text of the agent is in an object of Argo or of ours; its own pod's status is the kubelet's.
    let mut workflow = ended.workflow.clone();
    workflow["spec"]["arguments"] = Value::Null;
    let planted = |text: &str| {
        [NAME, MARK, "pure-agent-escape", "{{ 7*7 }}"]
            .iter()
            .any(|word| text.contains(word))
    };
    let parts = [
        &workflow["metadata"],
        &workflow["spec"],
        &workflow["status"]["nodes"],
        &workflow["status"]["outputs"],
    ];
    for part in parts {
        let text = part.to_string();
        assert!(!planted(&text), "{text}");
    }
    for (name, seen) in &ended.pods {
        let mut pod = seen.object.clone();
        if name.contains("-agent-") && !name.ends_with("launcher") {
            pod["status"]["containerStatuses"] = Value::Null;
        }
        assert!(!planted(&pod.to_string()), "{name}: {pod}");
    }
    exported(site, run, ended);
    assert_eq!(site.outside.problems(), json!([]));
    let nodes = pure_agent_tests::cluster::kubectl::get("nodes");
    for node in nodes["items"].as_array().unwrap() {
        let conditions = node["status"]["conditions"].as_array().unwrap();
        for condition in conditions {
            let ready = condition["type"] == "Ready";
            assert_eq!(condition["status"] == "True", ready, "{condition}");
        }
    }
}

/// What left holds the agent's own bytes and nothing else: no template was filled in, no command ran, nothing of the
/// exporter or of the machine is there.
fn exported(site: &Site, run: &Run<'_>, ended: &Ended) {
    let bodies = |host: &str, word: &str| -> Vec<String> {
        let heard = site.outside.heard(host);
        let bodies = heard
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|asked| asked[1].as_str());
        bodies
            .filter(|body| body.contains(word))
            .map(str::to_owned)
            .collect()
    };
    let comments = bodies("api.linear.app", "7*7");
    assert!(
        !comments.is_empty(),
        "the text of the agent did not leave\n{}",
        ended.told()
    );
    for comment in &comments {
        assert!(
            !comment.contains(&run.uid) && !comment.contains(" 49"),
            "a template was filled in: {comment}"
        );
    }
    let files = bodies("uploads.linear.app", NAME);
    assert!(!files.is_empty(), "{}", ended.told());
    let archive = files[0].as_str();
    assert!(
        archive.contains(&format!("{NAME}.txt")),
        "the workspace did not leave"
    );
    for word in [
        MARK,
        run.uid.as_str(),
        "root:x:0:0",
        "PURE_AGENT_UID=",
        "canary-of-secret",
        "BEGIN OPENSSH",
        "lingered",
        "\"spec\":\"escape\",\"version\"",
    ] {
        let shown = archive
            .find(word)
            .map(|at| archive.get(at.saturating_sub(60)..at + 60));
        // The commands that were planted name what they would write; that it was written would be a file.
        let planted = word == MARK;
        assert!(shown.is_none() || planted, "{word}: {shown:?}");
    }
    let names = ["outbox", "tmp", "workspace"].map(|place| format!("{place}/{MARK}\0"));
    assert!(
        !names.iter().any(|name| archive.contains(name))
            && !archive.contains(&format!("\0{MARK}\0"))
    );
}
