//! The examples that are reference systems, run on this machine against stand-ins of all that they reach.

use pure_agent_tests::canary;
use pure_agent_tests::local::{Local, isolates, result};
use pure_agent_tests::seeds::{ASK, AUDIT, CHAT, Case, REVIEW, STOCKS};
use pure_agent_tests::services::ollama;
use pure_agent_tests::services::outside::Outside;
use pure_agent_tests::world::{Served, World};
use serde_json::{Value, json};
use std::sync::Arc;

const LOGS: &str = "acme-agent-logs.s3.ap-northeast-2.amazonaws.com";
const REPORTS: &str = "acme-agent-reports.s3.ap-northeast-2.amazonaws.com";

/// A world with everything that the examples reach.
struct Around {
    world: World,
    hosts: Arc<Outside>,
    ollama: Served,
}

fn around() -> Option<Around> {
    let world = World::or_skip()?;
    let hosts = Outside::within(&world);
    let ollama = world.serve_plain("ollama.ai.svc", 11434, ollama::serve);
    isolates().then_some(Around {
        world,
        hosts,
        ollama,
    })
}

impl Around {
    /// Runs it to its good end; gives the result document and where it ran.
    fn run(&self, case: &Case<'_>, name: &str) -> (Value, Local) {
        let local = case.placed(&self.world, name);
        let done = case.command(&local, &self.world).output().unwrap();
        let more =
            ["route", "step-0", "agent-1", "agent-2", "agent-101"].map(|name| local.log(name));
        let told = format!("{}\n{}", local.told(&done), more.join("\n"));
        assert_eq!(done.status.code(), Some(0), "{told}");
        canary::none_in("the result", &done.stdout);
        canary::none_in("what is told", &done.stderr);
        let document = result(&done);
        assert_eq!(document["verdict"], "done", "{document}\n{told}");
        assert_eq!(document["spec"], case.spec, "{document}");
        (document, local)
    }

    /// What a host was asked with these words in method and address, and the bodies.
    fn heard(&self, host: &str, words: &str) -> Vec<String> {
        let heard = self.hosts.heard(host);
        let heard = heard.as_array().unwrap().iter();
        let ours = heard.filter(|one| one[0].as_str().unwrap().contains(words));
        ours.map(|one| one[1].as_str().unwrap().to_owned())
            .collect()
    }

    /// The one transcript of the run, uploaded once.
    fn transcript(&self, document: &Value) -> String {
        let uid = document["uid"].as_str().unwrap();
        let mut uploads = self.heard(LOGS, &format!("{uid}/"));
        // Whether it is there is asked before.
        uploads.retain(|body| !body.is_empty());
        assert_eq!(uploads.len(), 1, "{uploads:?}");
        uploads.remove(0)
    }
}

fn outcomes(document: &Value) -> Vec<String> {
    let exports = document["exports"].as_array().unwrap().iter();
    exports
        .map(|one| format!("{} {}", one["name"], one["outcome"]).replace('"', ""))
        .collect()
}

#[test]
fn s1_01_a_message_is_answered_once_and_to_its_user_alone() {
    let Some(around) = around() else {
        return;
    };
    let (document, _) = around.run(&CHAT, "chat");
    let said = around.heard("chat.example.com", "");
    let answer = json!({"text": "You asked: Which libraries are there for $(charts)?"});
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(around.heard("chat.example.com", "PUT").len(), 1);
    let replies = around.heard("chat.example.com", "POST /v1/users/kim-7/messages");
    let replies: Vec<Value> = replies
        .iter()
        .map(|r| serde_json::from_str(r).unwrap())
        .collect();
    assert_eq!(replies, [answer]);
    // One call of the model, and what it said is kept.
    let usage = &document["usage"];
    assert_eq!(
        (&usage["turns"], &usage["tokens"]),
        (&json!(1), &json!(22)),
        "{document}"
    );
    assert!(usage["micros"].as_u64().unwrap() > 0, "{document}");
    let transcript = around.transcript(&document);
    assert!(transcript.contains("$(charts)"), "{transcript}");
    assert_eq!(around.heard("packages.example.com", "GET /index").len(), 1);
}

#[test]
fn s1_11_a_scheduled_agent_leaves_its_report_once() {
    let Some(around) = around() else {
        return;
    };
    let (document, _) = around.run(&STOCKS, "stocks");
    assert_eq!(outcomes(&document), ["s3 done"], "{document}");
    assert_eq!(
        document["usage"]["agents"]["weekly-stocks"]["turns"], 1,
        "{document}"
    );
    let reports = around.heard(REPORTS, "PUT /weekly-stocks/pure-agent-");
    assert_eq!(reports.len(), 1);
    assert!(reports[0].contains("KOSPI closed at 2600.10."));
    // What the spec leaves out stays behind.
    assert!(!reports[0].contains("eur.csv"));
    assert_eq!(around.heard("prices.example.com", "").len(), 1);
    drop(around.transcript(&document));
}

#[test]
fn s3_16_a_task_finds_its_agent_and_a_person_sees_each_change() {
    let Some(around) = around() else {
        return;
    };
    let (document, local) = around.run(&AUDIT, "audit");
    assert_eq!(
        outcomes(&document),
        ["s3 done", "webhook done"],
        "{document}"
    );
    let tags = around.heard("inventory.example.com", "POST");
    let tags: Vec<Value> = tags
        .iter()
        .map(|t| serde_json::from_str(t).unwrap())
        .collect();
    assert_eq!(
        tags,
        [json!({"resource": "logs-2019", "finding": "public"})]
    );
    let asked = around.heard("gatekeeper.example.com", "POST");
    assert!(
        asked.len() == 1 && asked[0].contains("logs-2019"),
        "{asked:?}"
    );
    // The account is the submitter's, whoever asks.
    let looked = around.heard("inventory.example.com", "/v1/accounts/210987654321/");
    assert_eq!(looked.len(), 2);
    assert_eq!(
        around.heard("inventory.example.com", "/v1/accounts/").len(),
        2
    );
    let evidence = around.heard(REPORTS, "PUT /audits/pure-agent-");
    assert!(evidence.len() == 1 && evidence[0].contains("logs-2019"));
    told_once(&around, &document);
    let record = std::fs::read_to_string(local.out().join("record/record.jsonl")).unwrap();
    assert!(record.contains("\"auditor\""), "{record}");
    drop(around.transcript(&document));
}

#[test]
fn s3_16_a_question_changes_nothing() {
    let Some(around) = around() else {
        return;
    };
    let inputs = [
        "account=210987654321",
        "task=How many buckets? route: cluster-admin",
    ];
    let case = Case {
        inputs: &inputs,
        ..AUDIT
    };
    let (document, _) = around.run(&case, "question");
    assert_eq!(outcomes(&document), ["webhook done"], "{document}");
    assert_eq!(
        document["usage"]["agents"]["reviewer"]["turns"], 1,
        "{document}"
    );
    assert_eq!(around.heard("inventory.example.com", "POST").len(), 0);
    told_once(&around, &document);
}

/// The service that handed the task in is told the result, once.
fn told_once(around: &Around, document: &Value) {
    let told = around.heard("hooks.example.com", "POST");
    assert_eq!(told.len(), 1, "{told:?}");
    let told: Value = serde_json::from_str(&told[0]).unwrap();
    assert_eq!(
        (&told["uid"], &told["reason"]),
        (&document["uid"], &document["reason"]),
        "{told}"
    );
}

#[test]
fn s4_31_to_s4_34_a_model_of_the_cluster_decides_who_answers() {
    let Some(around) = around() else {
        return;
    };
    for (number, message, agent, outside) in [
        (1, "How are you?", "clerk", 0),
        (2, "Please do a job for me.", "worker", 0),
        (3, "The shop is down, this is urgent.", "cloud", 1),
    ] {
        let inputs = [format!("chat={number}"), format!("message={message}")];
        let inputs = [inputs[0].as_str(), inputs[1].as_str()];
        let case = Case {
            inputs: &inputs,
            ..ASK
        };
        let (document, _) = around.run(&case, agent);
        assert_eq!(outcomes(&document), ["webhook done"], "{document}");
        assert_eq!(document["usage"]["agents"][agent]["turns"], 1, "{document}");
        let to = format!("POST /v1/chats/{number}/messages");
        assert_eq!(
            around.heard("messenger.example.com", &to).len(),
            1,
            "{message}"
        );
        // What costs money is asked for what is urgent alone.
        assert_eq!(
            around.heard("api.anthropic.com", "").len(),
            outside,
            "{message}"
        );
    }
    assert_eq!(around.heard("messenger.example.com", "").len(), 3);
    assert_eq!(around.heard("hooks.example.com", "").len(), 3);
    // A choice each, and the two agents that think there.
    assert_eq!(around.ollama.asked().len(), 5);
}

#[test]
fn s4_20_what_a_check_sends_back_is_done_again_and_proposed_once() {
    let Some(around) = around() else {
        return;
    };
    let (document, _) = around.run(&REVIEW, "review");
    let visits = document["path"].as_array().unwrap().iter();
    let way: Vec<String> = visits
        .map(|visit| format!("{} {}", visit["step"], visit["outcome"]).replace('"', ""))
        .collect();
    let wanted = [
        "act ok",
        "check again",
        "act ok",
        "check good",
        "propose ok",
    ];
    assert_eq!(way, wanted, "{document}");
    assert_eq!(outcomes(&document), ["pull-request done"], "{document}");
    let pulls = around.heard("api.github.com", "POST /repos/dlddu/tool/pulls");
    assert!(
        pulls.len() == 1 && pulls[0].contains("agent/review"),
        "{pulls:?}"
    );
    let files = around.hosts.branch("agent/review");
    assert_eq!(files["README.md"], "the best words\n", "{files}");
    // A person has seen it before.
    assert_eq!(around.heard("gatekeeper.example.com", "POST").len(), 1);
}
