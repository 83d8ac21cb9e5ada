use super::{Choice, Chosen, question};
use crate::body::{self, Body};
use crate::contract::{Contract, Route};
use crate::gateway::control::testing::Port;
use crate::gateway::testing::{Running, UID, unclaimed};
use crate::model::Protocol;
use crate::proof::{self, Use};
use crate::record::Event;
use crate::record::event::RouteChosen;
use crate::state::{Refusal, State};
use crate::web::testing::{Upstream, web};
use hyper::{Request, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const AGENTS: [&str; 3] = ["coder", "infra", "python"];
const PROVIDERS: [&str; 4] = ["anthropic", "openai", "compatible", "gemini"];

/// Three agents; a model of each provider, of which the first that is named chooses.
fn routed(contract: &mut Value, provider: &str) {
    let first = contract["agents"][0].clone();
    let agents = AGENTS.map(|name| {
        let mut agent = first.clone();
        agent["name"] = name.into();
        agent["models"] = json!([provider]);
        agent
    });
    contract["agents"] = json!(agents);
    contract["entry"] = "coder".into();
    contract["models"] = json!([{
        "name": "chooser", "provider": provider, "id": "chooser-1", "url": "https://model.test",
        "auth": "claude",
        "price": {"currency": "USD", "input": 1_000_000, "output": 2_000_000, "per": 1_000_000},
    }, {
        "name": provider, "provider": provider, "id": "worker-1", "url": "https://model.test",
        "auth": "claude", "max_tokens": 1000,
        "price": {"currency": "USD", "input": 1_000_000, "output": 2_000_000, "per": 1_000_000},
    }]);
    contract["route"] = json!({
        "by": {"model": {"name": "chooser", "turns": 2, "tokens": 20_000, "deadline": 20}},
        "choices": [
            {"agent": "coder", "when": []},
            {"agent": "infra", "when": ["the task is about clusters"]},
            {"agent": "python", "when": ["the task is about data"]},
        ],
    });
}

/// An answer that calls the tool with these arguments, in the shape of a provider.
fn called(provider: &str, name: &str, arguments: &Value) -> Value {
    match provider {
        "anthropic" => json!({
            "id": "m", "type": "message", "role": "assistant", "model": "chooser-1",
            "content": [{"type": "tool_use", "id": "t", "name": name, "input": arguments}],
            "stop_reason": "tool_use", "usage": {"input_tokens": 300, "output_tokens": 20},
        }),
        "gemini" => json!({
            "candidates": [{"content": {"role": "model", "parts": [
                {"functionCall": {"name": name, "args": arguments}}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 300, "candidatesTokenCount": 20,
                "totalTokenCount": 320},
        }),
        _ => json!({
            "id": "c", "object": "chat.completion", "created": 0, "model": "chooser-1",
            "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
                "role": "assistant", "content": null, "tool_calls": [{"id": "t", "type": "function",
                    "function": {"name": name, "arguments": arguments.to_string()}}]}}],
            "usage": {"prompt_tokens": 300, "completion_tokens": 20, "total_tokens": 320},
        }),
    }
}

fn response(status: u16, body: &Value) -> Response<Body> {
    let mut response = Response::new(body::whole(body.to_string()));
    *response.status_mut() = status.try_into().unwrap();
    let kind = "application/json".parse().unwrap();
    response.headers_mut().insert("content-type", kind);
    response
}

async fn saying(answer: Value) -> Upstream {
    Upstream::start(move |_| response(200, &answer)).await
}

async fn gateway(upstream: &Upstream, change: impl FnOnce(&mut Value)) -> (Running, Port) {
    let running = unclaimed(web(&[("model.test", upstream)]), |contract| {
        routed(contract, "anthropic");
        change(contract);
    });
    let running = running.await;
    let port = Port::open(&running).await;
    (running, port)
}

/// Asks as the step before the first cycle does.
async fn choose(running: &Running, port: &Port) -> (u16, Value) {
    let proof = running.gateway.key.proof(UID, Use::Router);
    port.ask("POST /v1/route", Some(&proof), &Value::Null).await
}

/// What the gateway chooses with this upstream.
async fn chosen(upstream: &Upstream, change: impl FnOnce(&mut Value)) -> (String, String) {
    let (running, port) = gateway(upstream, change).await;
    of(choose(&running, &port).await)
}

fn of((status, answer): (u16, Value)) -> (String, String) {
    assert_eq!(status, 200, "{answer}");
    let Chosen { agent, reason } = serde_json::from_value(answer).unwrap();
    assert!(AGENTS.contains(&agent.as_str()), "{agent}");
    (agent, reason)
}

fn told(agent: &str, reason: &str) -> (String, String) {
    (agent.to_owned(), reason.to_owned())
}

/// Turns and tokens that were settled, and those that are set aside.
async fn used(running: &Running) -> (u128, u128, u128) {
    let start = Instant::now();
    loop {
        let open = running.gateway.journal.read(|s| s.budget().open());
        if open == 0 || start.elapsed() > Duration::from_secs(5) {
            let read = |s: &State| (s.budget().used(), s.budget().reserved());
            let (used, reserved) = running.gateway.journal.read(read);
            return (used.turns, used.tokens, reserved.tokens);
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// Claims a cycle as the start gate of an agent's pod does.
async fn claim(running: &Running, cycle: u32, agent: Option<&str>) -> (u16, Value) {
    let mut claim = json!({"cycle": cycle, "proof": proof::claim_as(UID, cycle, agent)});
    if let Some(agent) = agent {
        claim["agent"] = agent.into();
    }
    running.json("POST /v1/claim", &claim).await
}

#[tokio::test]
async fn s0_16_a_model_of_every_provider_chooses_by_one_word_of_the_list() {
    for provider in PROVIDERS {
        let upstream = saying(called(provider, "choose", &json!({"agent": "infra"}))).await;
        let (running, port) = gateway(&upstream, |contract| routed(contract, provider)).await;
        let answer = of(choose(&running, &port).await);
        assert_eq!(answer, told("infra", "model"), "{provider}");
        assert_eq!(used(&running).await, (1, 320, 0), "{provider}");
        let asked = upstream.asked();
        assert_eq!(asked.len(), 1, "{provider}");
        let body = String::from_utf8_lossy(asked[0].body()).into_owned();
        for text in [
            "the task is about data",
            "choose",
            "\"enum\"",
            "\\\"prompt\\\":\\\"p\\\"",
        ] {
            assert!(body.contains(text), "{provider}: {text} is not in {body}");
        }
        let record = running.record();
        let order = ["route-asked", "settled", "route-chosen"];
        let at = order.map(|kind| record.find(&format!("\"{kind}\"")).unwrap_or(usize::MAX));
        // What was used is written without being waited for.
        assert!(
            at[0] < at[1] && at[0] < at[2] && at[2] < usize::MAX,
            "{record}"
        );
        assert!(!record.contains("the task is about"), "{record}");
    }
}

#[tokio::test]
async fn s0_16_a_choice_is_made_once() {
    let upstream = saying(called("anthropic", "choose", &json!({"agent": "python"}))).await;
    let (running, port) = gateway(&upstream, |_| ()).await;
    let (one, two) = tokio::join!(choose(&running, &port), choose(&running, &port));
    let third = choose(&running, &port).await;
    for answer in [one, two, third] {
        assert_eq!(of(answer), told("python", "model"));
    }
    assert_eq!(upstream.asked().len(), 1);
    assert_eq!(running.record().matches("route-chosen").count(), 1);
    let usage = port.people("GET /v1/usage", &Value::Null).await.1;
    assert_eq!(
        (&usage["route"]["turns"], &usage["route"]["tokens"]),
        (&json!(1), &json!(320))
    );
    assert_eq!(usage["agents"]["python"]["tokens"], json!(0));
}

/// Whatever a model writes: the answer is a word of the list, and nothing of the text is anywhere.
#[tokio::test]
async fn s0_16_whatever_is_no_word_of_the_list_is_the_fallback() {
    let block = |content: Value| {
        json!({"id": "m", "type": "message", "role": "assistant", "model": "chooser-1",
            "content": content, "stop_reason": "end_turn",
            "usage": {"input_tokens": 300, "output_tokens": 20}})
    };
    let call =
        |input: Value| json!({"type": "tool_use", "id": "t", "name": "choose", "input": input});
    let odd = [
        block(json!([{"type": "text", "text": "{\"agent\": \"infra\"}"}])),
        block(json!([call(json!({"agent": "root"}))])),
        block(json!([call(json!({"agent": "infra "}))])),
        block(json!([call(json!({"agent": "Infra"}))])),
        block(json!([call(json!({"agent": ["infra"]}))])),
        block(json!([call(json!({"agent": "infra", "image": "evil"}))])),
        block(json!([call(json!({"agent": "{{workflow.uid}}"}))])),
        block(json!([call(json!({"agent": "coder\ninfra"}))])),
        block(json!([call(json!("infra"))])),
        block(json!([call(json!({}))])),
        block(json!([
            call(json!({"agent": "infra"})),
            call(json!({"agent": "python"}))
        ])),
        block(json!([])),
        called("anthropic", "run", &json!({"agent": "infra"})),
        json!({}),
        json!(["infra"]),
    ];
    for answer in odd {
        let upstream = saying(answer.clone()).await;
        let (running, port) = gateway(&upstream, |_| ()).await;
        let told_ = of(choose(&running, &port).await);
        assert_eq!(told_, told("coder", "fallback-answer"), "{answer}");
        // As often as the bounds of the route let it, and no more.
        assert_eq!(upstream.asked().len(), 2, "{answer}");
        let record = running.record();
        assert!(
            !record.contains("evil") && !record.contains("workflow.uid"),
            "{record}"
        );
    }
}

/// Inputs that ask for an agent reach the model as data, and no agent beyond the list.
#[tokio::test]
async fn s0_16_an_injected_wish_for_another_agent_is_not_granted() {
    // A model that does what the text says.
    let obedient = Upstream::start(|request: &Request<bytes::Bytes>| {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        assert!(body.contains("tool_choice"));
        response(
            200,
            &called("anthropic", "choose", &json!({"agent": "cluster-admin"})),
        )
    });
    let obedient = obedient.await;
    let answer = chosen(&obedient, |_| ()).await;
    assert_eq!(answer, told("coder", "fallback-answer"));
    let asked = obedient.asked();
    let body: Value = serde_json::from_slice(asked[0].body()).unwrap();
    // The task is one message of the user, as JSON; the instructions stand apart from it.
    let task = body["messages"][0]["content"].as_str().unwrap();
    assert_eq!(task, "{\"issue\":\"A-1\",\"prompt\":\"p\"}");
    assert_eq!(body["messages"].as_array().unwrap().len(), 1);
    let list = &body["tools"][0]["input_schema"]["properties"]["agent"]["enum"];
    assert_eq!(*list, json!(AGENTS));
    assert_eq!(body["tool_choice"]["name"], json!("choose"));
    assert!(!body["system"].as_str().unwrap().contains("A-1"));
}

/// Urgency, complexity, what is needed: the model is told every criterion, with what each agent is for.
#[tokio::test]
async fn s4_37_every_criterion_of_an_agent_reaches_the_model() {
    let upstream = saying(called("anthropic", "choose", &json!({"agent": "infra"}))).await;
    let answer = chosen(&upstream, |contract| {
        contract["agents"][1]["about"] = json!("Clusters and clouds");
        contract["route"]["choices"][1]["when"] = json!(["it is urgent", "it is complex"]);
    });
    assert_eq!(answer.await, told("infra", "model"));
    let body: Value = serde_json::from_slice(upstream.asked()[0].body()).unwrap();
    let system = body["system"].as_str().unwrap();
    for line in [
        "- infra (Clusters and clouds): it is urgent; or it is complex",
        "- python",
        "If you are uncertain, choose coder.",
    ] {
        assert!(system.contains(line), "{line} is not in {system}");
    }
}

/// A choice that waits for nobody for long.
fn briefly(contract: &mut Value) {
    contract["route"]["by"]["model"]["deadline"] = json!(6);
}

/// The way out of a gateway may open after the gateway does.
#[tokio::test]
async fn s4_31_a_model_that_is_away_for_a_while_chooses_when_it_is_back() {
    let asked = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&asked);
    let upstream = Upstream::start(move |_| {
        // More often than a call asks again by itself.
        match seen.fetch_add(1, Ordering::SeqCst) < 7 {
            true => {
                let mut no = response(503, &json!({"error": {"message": "no"}}));
                no.headers_mut().insert("retry-after", "0".parse().unwrap());
                no
            }
            false => response(
                200,
                &called("anthropic", "choose", &json!({"agent": "infra"})),
            ),
        }
    })
    .await;
    assert_eq!(chosen(&upstream, |_| ()).await, told("infra", "model"));
    assert_eq!(asked.load(Ordering::SeqCst), 8);
}

#[tokio::test]
async fn s4_31_a_model_that_fails_is_the_fallback() {
    for status in [400, 401, 404, 500, 529] {
        let upstream = Upstream::start(move |_| {
            let mut no = response(status, &json!({"error": {"message": "no"}}));
            no.headers_mut().insert("retry-after", "0".parse().unwrap());
            no
        });
        let answer = chosen(&upstream.await, briefly).await;
        assert_eq!(answer, told("coder", "fallback-upstream"), "{status}");
    }
    // Nobody is there.
    let nobody = unclaimed(web(&[]), |contract| routed(contract, "anthropic")).await;
    let port = Port::open(&nobody).await;
    let answer = of(choose(&nobody, &port).await);
    assert_eq!(answer, told("coder", "fallback-upstream"));
}

#[tokio::test]
async fn s4_31_a_model_that_is_silent_is_the_fallback_in_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let held = tokio::spawn(async move {
        let mut all = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            all.push(stream);
        }
    });
    let silent = Upstream::at(address);
    let (running, port) = gateway(&silent, |contract| {
        contract["route"]["by"]["model"]["deadline"] = json!(1);
    })
    .await;
    let start = Instant::now();
    let answer = of(choose(&running, &port).await);
    assert_eq!(answer, told("coder", "fallback-deadline"));
    assert!(start.elapsed() < Duration::from_secs(10));
    // The call is still counted by what was set aside for it.
    let reserved = running
        .gateway
        .journal
        .read(|s| s.budget().reserved().turns);
    assert_eq!(reserved, 1);
    held.abort();
}

#[tokio::test]
async fn s4_34_the_choice_has_bounds_of_its_own_within_those_of_the_run() {
    type Change = fn(&mut Value);
    let cases: [(Change, &str); 5] = [
        (
            |c| c["route"]["by"]["model"]["tokens"] = json!(2_000),
            "fallback-tokens",
        ),
        (|c| c["limits"]["tokens"] = json!(1_000), "fallback-tokens"),
        (
            |c| c["route"]["by"]["model"]["turns"] = json!(0),
            "fallback-turns",
        ),
        (
            |c| c["limits"]["cost"]["micros"] = json!(1),
            "fallback-cost",
        ),
        (|c| c["limits"]["deadline"] = json!(0), "fallback-deadline"),
    ];
    for (change, reason) in cases {
        let upstream = saying(called("anthropic", "choose", &json!({"agent": "infra"}))).await;
        let (running, port) = gateway(&upstream, change).await;
        let answer = of(choose(&running, &port).await);
        assert_eq!(answer, told("coder", reason));
        assert_eq!(upstream.asked().len(), 0, "{reason}");
    }
}

/// An answer that is none is paid, and the agent's own budget is not touched.
#[tokio::test]
async fn s4_34_what_the_choice_used_is_the_run_s_and_no_agent_s() {
    let upstream = saying(called("anthropic", "choose", &json!({"agent": "nobody"}))).await;
    let (running, port) = gateway(&upstream, |_| ()).await;
    let _fallback = of(choose(&running, &port).await);
    assert_eq!(used(&running).await, (2, 640, 0));
    let agents = running.gateway.journal.read(|s| {
        s.budget()
            .agents()
            .map(|(_, used)| used.tokens)
            .sum::<u128>()
    });
    assert_eq!(agents, 0);
}

#[tokio::test]
async fn s4_32_an_input_chooses_by_its_exact_value_and_asks_nobody() {
    let upstream = saying(json!({})).await;
    // The input of these tests is `p`: which value leads to an agent is what varies.
    for value in ["p", "P", "p ", "infra", ""] {
        let answer = chosen(&upstream, |contract| {
            contract["route"] = json!({
                "by": {"input": {"name": "prompt"}},
                "choices": [
                    {"agent": "coder", "when": []},
                    {"agent": "infra", "when": ["x", "y"]},
                    {"agent": "python", "when": [value]},
                ],
            });
        });
        let expected = match value {
            "p" => told("python", "input"),
            _ => told("coder", "fallback-value"),
        };
        assert_eq!(answer.await, expected, "{value:?}");
    }
    assert_eq!(upstream.asked().len(), 0);
}

#[tokio::test]
async fn s0_16_no_agent_starts_before_the_choice_and_none_but_the_one_that_was_chosen() {
    let upstream = saying(called("anthropic", "choose", &json!({"agent": "infra"}))).await;
    let (running, port) = gateway(&upstream, |_| ()).await;
    for agent in AGENTS {
        let (status, answer) = claim(&running, 0, Some(agent)).await;
        assert_eq!(
            (status, &answer["error"]["rule"]),
            (409, &json!("route-open")),
            "{agent}"
        );
    }
    assert_eq!(of(choose(&running, &port).await), told("infra", "model"));
    for agent in [Some("coder"), Some("python"), None] {
        let (status, answer) = claim(&running, 0, agent).await;
        assert_eq!(
            (status, &answer["error"]["rule"]),
            (409, &json!("route-agent")),
            "{agent:?}"
        );
    }
    // A proof for another agent is none.
    let forged =
        json!({"cycle": 0, "agent": "infra", "proof": proof::claim_as(UID, 0, Some("coder"))});
    let (status, _) = running.json("POST /v1/claim", &forged).await;
    assert_eq!(status, 401);
    // All of that took nothing from the agent that was chosen, in any cycle.
    let (status, answer) = claim(&running, 0, Some("infra")).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["bearer"].is_string());
}

#[tokio::test]
async fn s0_16_only_the_router_s_proof_opens_the_choice() {
    let upstream = saying(called("anthropic", "choose", &json!({"agent": "infra"}))).await;
    let (running, port) = gateway(&upstream, |_| ()).await;
    let key = &running.gateway.key;
    for purpose in [Use::Export, Use::People, Use::Marker] {
        let proof = key.proof(UID, purpose);
        let (status, _) = port.ask("POST /v1/route", Some(&proof), &Value::Null).await;
        assert_eq!(status, 401, "{purpose:?}");
    }
    let (status, _) = port.ask("POST /v1/route", None, &Value::Null).await;
    assert_eq!(status, 401);
    // Nor is it at the agent's port.
    let (status, _) = running.json("POST /v1/route", &json!({})).await;
    assert_eq!(status, 401);
    assert_eq!(upstream.asked().len(), 0);
}

#[tokio::test]
async fn a_run_without_a_route_has_no_choice_and_no_agent_to_claim_for() {
    let upstream = saying(json!({})).await;
    let running = unclaimed(web(&[("model.test", &upstream)]), |_| ()).await;
    let port = Port::open(&running).await;
    assert_eq!(choose(&running, &port).await.0, 404);
    let (status, answer) = claim(&running, 0, Some("coder")).await;
    assert_eq!(
        (status, &answer["error"]["rule"]),
        (409, &json!("route-none"))
    );
    assert_eq!(claim(&running, 0, None).await.0, 200);
}

/// Killed between the disk and the answer, or between the question and the choice: whoever asks again hears what is on
/// the disk, or what the bounds still leave.
#[tokio::test]
async fn s0_16_a_choice_survives_the_gateway() {
    let number = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&number);
    let upstream = Upstream::start(move |_| {
        // Asked again it would choose another.
        let agent = ["infra", "python"][counted.fetch_add(1, Ordering::Relaxed) % 2];
        response(
            200,
            &called("anthropic", "choose", &json!({"agent": agent})),
        )
    });
    let upstream = upstream.await;
    let (running, port) = gateway(&upstream, |_| ()).await;
    assert_eq!(of(choose(&running, &port).await), told("infra", "model"));
    let events = events(&running);
    // Every beginning of the record is what a crash may leave.
    let whole = State::replay(&running.gateway.contract, &events).unwrap();
    assert_eq!(whole.route().unwrap().chosen().unwrap().agent, "infra");
    for until in 1..=events.len() {
        let mut state = State::replay(&running.gateway.contract, &events[..until]).unwrap();
        // The gateway that comes after.
        state.apply(&events[0]).unwrap();
        let kept = state.route().unwrap().chosen().is_some();
        let told = events[..until]
            .iter()
            .any(|e| matches!(e, Event::RouteChosen(_)));
        assert_eq!(kept, told, "{until}");
        // What was asked and not settled counts in full.
        assert_eq!(state.budget().open(), 0);
        let asked = events[..until]
            .iter()
            .any(|e| matches!(e, Event::RouteAsked(_)));
        assert_eq!(state.budget().route().unwrap().turns, u128::from(asked));
    }
    let other = Event::RouteChosen(RouteChosen {
        agent: "python".to_owned(),
        reason: "model".to_owned(),
    });
    assert_eq!(whole.check(&other), Err(Refusal::RouteMade));
}

fn events(running: &Running) -> Vec<Event> {
    let lines = running.record();
    let lines = lines.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        serde_json::from_value(line["event"].clone()).unwrap()
    });
    lines.collect()
}

/// A choice whose answer nobody waits for is made all the same.
#[tokio::test]
async fn s0_16_one_who_leaves_does_not_change_the_choice() {
    let upstream = saying(called("anthropic", "choose", &json!({"agent": "infra"}))).await;
    let (running, port) = gateway(&upstream, |_| ()).await;
    let proof = running.gateway.key.proof(UID, Use::Router);
    let stream = port.send("POST /v1/route", Some(&proof), &[], "").await;
    drop(stream);
    let again = timeout(Duration::from_secs(20), choose(&running, &port)).await;
    assert_eq!(of(again.unwrap()).0, "infra");
    assert!(upstream.asked().len() <= 2);
}

/// What was said to choose is kept with what was said in the first cycle, without the credential.
#[tokio::test]
async fn s0_16_the_choice_is_in_the_transcript() {
    let upstream = saying(called("anthropic", "choose", &json!({"agent": "infra"}))).await;
    let (running, port) = gateway(&upstream, |_| ()).await;
    assert_eq!(of(choose(&running, &port).await), told("infra", "model"));
    let _settled = used(&running).await;
    let store = running.gateway.keep.store().unwrap();
    let path = store.file(0).await.unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    for words in [
        "the task is about data",
        "\"gen_ai.request.model\":\"chooser\"",
        "infra",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    assert!(!text.contains("secret-of-"), "{text}");
}

#[test]
fn a_route_that_cannot_be_made_is_no_contract() {
    let example = include_str!("../../../../golden/contract/pure-agent.json");
    let with = |change: fn(&mut Value)| {
        let mut value: Value = serde_json::from_str(example).unwrap();
        routed(&mut value, "anthropic");
        change(&mut value);
        let contract: Contract = serde_json::from_value(value).unwrap();
        Choice::new(&contract).is_ok_and(|choice| choice.is_some())
    };
    assert!(with(|_| ()));
    assert!(!with(
        |c| c["route"]["choices"][0]["agent"] = json!("nobody")
    ));
    assert!(!with(|c| c["entry"] = json!("nobody")));
    assert!(!with(|c| c["route"]["choices"] = json!([])));
    assert!(!with(|c| c["route"]["by"]["model"]["name"] = json!("none")));
    assert!(!with(
        |c| c["route"]["by"] = json!({"input": {"name": "none"}})
    ));
}

/// Thousands of answers, most of them near a good one: what counts is a word of the list, always.
#[test]
fn s0_16_an_answer_is_a_word_of_the_list_or_none() {
    let mut contract: Value =
        serde_json::from_str(include_str!("../../../../golden/contract/pure-agent.json")).unwrap();
    routed(&mut contract, "anthropic");
    let route: Route = serde_json::from_value(contract["route"].clone()).unwrap();
    let protocols = [
        ("anthropic", Protocol::Messages),
        ("openai", Protocol::Chat),
        ("gemini", Protocol::Generate),
    ];
    // A small generator of its own: the same cases every time.
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    let pieces = [
        "infra", "python", "coder", "agent", "choose", "\"", "{", "}", "\\u0000", " ", "{{x}}",
    ];
    let (mut taken, mut refused) = (0, 0);
    for number in 0..6_000 {
        let (provider, protocol) = protocols[number % 3];
        let good = called(provider, "choose", &json!({"agent": AGENTS[next(3)]}));
        let mut bytes = good.to_string().into_bytes();
        for _ in 0..next(4) {
            let at = next(bytes.len());
            let piece = pieces[next(pieces.len())].as_bytes();
            let until = (at + next(8)).min(bytes.len());
            bytes.splice(at..until, piece.iter().copied());
        }
        match question::answer(protocol, &route, &bytes) {
            Some(agent) => {
                assert!(AGENTS.contains(&agent.as_str()), "{agent}");
                taken += 1;
            }
            None => refused += 1,
        }
    }
    assert!(
        taken > 1_000 && refused > 1_000,
        "{taken} taken, {refused} refused"
    );
}
