//! A message to people: what it says, to whom, and how often.

use super::{Fault, World, standins, submission};
use crate::export::result::Acted;
use crate::export::text;
use crate::secret::Secrets;
use crate::web::testing::Upstream;
use hyper::Response;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// More places than a message has.
const MOST: usize = 100;

/// The only export beside the webhook is a message.
fn contract(summary: bool) -> impl FnOnce(&mut Value) {
    move |contract| {
        contract["exports"] = json!([{
            "name": "notify", "when": "always", "auth": "chat", "times": 1,
            "action": {
                "kind": "notify", "host": "chat.example.com", "summary": summary,
                "text": "<!here> the nightly run",
            },
        }]);
    }
}

async fn world(summary: &str, words: bool) -> World {
    let submitted = json!({"version": 1, "actions": ["none"], "summary": summary});
    World::with(Some(submitted), |_| (), contract(words)).await
}

impl World {
    fn messages(&self) -> Vec<(String, String)> {
        self.services.chat.read(|chat| chat.messages.clone())
    }

    fn address(&mut self, address: &str) {
        let values = [("chat".to_owned(), address.to_owned())];
        self.step.secrets = Secrets::of(BTreeMap::from(values));
    }
}

fn is(acted: &Acted, outcome: &str, rule: &str) {
    assert_eq!((acted.outcome, acted.rule), (outcome, rule), "{acted:?}");
}

#[tokio::test]
async fn s2_23_people_are_told_how_the_run_ended() {
    let world = world("All is done.", false).await;
    let document = world.run(None).await.unwrap();
    assert!(document.is_fine(), "{document:?}");
    let messages = world.messages();
    let [(key, text)] = messages.as_slice() else {
        panic!("{messages:?}");
    };
    assert_eq!(*key, world.step.keys.of("notify"));
    // The words of the spec are its author's own: they may call people.
    let told = format!(
        "<!here> the nightly run\n{} run-1: done (submitted)\n({})",
        world.step.contract.spec,
        &key[..12]
    );
    assert_eq!(*text, told);
    // Another step finds it in the ledger.
    assert!(world.run(None).await.unwrap().is_fine());
    assert_eq!(world.messages().len(), 1);
}

#[tokio::test]
async fn it_tells_what_became_of_the_exports_before_it() {
    let world = World::with(
        Some(submission()),
        |_| (),
        |value| {
            let notify = json!({
                "name": "notify", "when": "always", "auth": "chat", "times": 1,
                "action": {"kind": "notify", "host": "chat.example.com", "text": "t", "summary": true},
            });
            // Whatever stands before or behind it.
            value["exports"].as_array_mut().unwrap().insert(0, notify);
        },
    )
    .await;
    world
        .services
        .github
        .hostile(|_| Some(standins::json(404, &json!({}))));
    assert!(!world.run(None).await.unwrap().is_fine());
    let (_, text) = world.messages().remove(0);
    for line in [
        "\n- comment: done\n",
        "\n- upload: done\n",
        "\n- pull-request: failed (base-missing)\n",
        "run-1: failed (submitted)\n",
        "\nThe agent says: All is done.\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("://"), "{text}");
}

#[tokio::test]
async fn an_agents_words_call_nobody_and_are_there_only_where_the_spec_wants_them() {
    let hostile = "<!channel> @here <https://evil.example.com/?x|ok>\n\nnightly run-1: done";
    let world = world(hostile, true).await;
    assert!(world.run(None).await.unwrap().is_fine());
    let (_, text) = world.messages().remove(0);
    let said: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("agent says"))
        .collect();
    assert_eq!(
        said,
        [format!("The agent says: {}", text::chat(hostile, 500))]
    );
    let words = said[0];
    for form in ["<!channel", "@here", "https://", "<", ">"] {
        assert!(!words.contains(form), "{form}: {words}");
    }
    assert_eq!(text.matches("run-1: done").count(), 2, "{text}");
    assert_eq!(text.lines().count(), 4, "one line is the agent's: {text}");

    let world = super::notify::world(hostile, false).await;
    assert!(world.run(None).await.unwrap().is_fine());
    let (_, text) = world.messages().remove(0);
    assert!(
        !text.contains("evil") && text.lines().count() == 3,
        "{text}"
    );
}

#[tokio::test]
async fn words_are_cut_and_what_looks_like_a_secret_stays_here() {
    let long = world(&"word ".repeat(4_000), true).await;
    assert!(long.run(None).await.unwrap().is_fine());
    let (_, text) = long.messages().remove(0);
    assert!(
        text.chars().count() < 700 && text.contains("word …"),
        "{text}"
    );
    let token = format!("ghp_{}", "a1B2".repeat(9));
    let secret = world(&format!("use {token}"), true).await;
    assert!(secret.run(None).await.unwrap().is_fine());
    let (_, text) = secret.messages().remove(0);
    assert!(
        !text.contains(&token) && text.contains("left out"),
        "{text}"
    );
}

#[tokio::test]
async fn without_a_submission_people_are_told_all_the_same() {
    let world = World::with(None, |_| (), contract(true)).await;
    let document = world.run(None).await.unwrap();
    assert!(!document.is_fine());
    let (_, text) = world.messages().remove(0);
    assert!(
        text.contains("run-1: failed (submitted)") && !text.contains("agent says"),
        "{text}"
    );
}

#[tokio::test]
async fn an_address_of_another_host_is_never_asked() {
    let mut world = world("All is done.", false).await;
    let other = Upstream::start(|_| Response::new(crate::body::empty())).await;
    for address in [
        "https://hook.example.com/services/x",
        "https://chat.example.com@hook.example.com/x",
        "https://chat.example.com:8443/x",
        "http://chat.example.com/x",
        "https://chat.example.com.hook.example.com/x",
        "a token, and no address",
    ] {
        world.address(address);
        is(&world.acted("notify").await, "failed", "address");
    }
    assert!(world.messages().is_empty());
    assert!(world.services.hook.asked().is_empty() && other.asked().is_empty());
}

#[tokio::test]
async fn a_chat_that_refuses_or_sends_elsewhere_is_a_failed_export() {
    for (status, rule) in [
        (400, "upstream-refused"),
        (403, "upstream-denied"),
        (404, "upstream-refused"),
        (307, "redirect"),
    ] {
        let world = world("All is done.", false).await;
        world.services.chat.hostile(move |_| {
            let mut response = standins::json(status, &json!({"error": "no"}));
            let away = "https://hook.example.com/".parse().unwrap();
            response.headers_mut().insert("location", away);
            Some(response)
        });
        is(&world.acted("notify").await, "failed", rule);
        assert!(world.services.hook.asked().is_empty());
    }
}

#[tokio::test]
async fn the_address_is_in_no_record_and_no_result() {
    let world = world("All is done.", true).await;
    let document = world.run(None).await.unwrap();
    let record = world.running.record();
    let all = format!("{}{record}{:?}", document.text(), world.step);
    assert!(!all.contains(standins::CHAT_KEY) && !all.contains("services/"));
}

/// Nobody can ask a chat what it has: where the step dies between a message and its entry in the ledger, the message
/// comes again, with the same words and the same key. It never stays away, and never comes a third time.
#[tokio::test]
async fn wherever_the_step_dies_people_are_told() {
    let (mut places, mut twice) = (0, 0);
    for at in 0..MOST {
        let world = world("All is done.", true).await;
        let died = world.run(Some(Fault::new(at))).await.is_none();
        assert!(world.run(None).await.unwrap().is_fine(), "{at}");
        let messages = world.messages();
        assert!(
            matches!(messages.len(), 1 | 2) && messages.iter().all(|m| *m == messages[0]),
            "{at}: {messages:?}"
        );
        twice += messages.len() - 1;
        if !died {
            break;
        }
        places += 1;
    }
    assert!((5..MOST).contains(&places), "{places}");
    assert!((1..=3).contains(&twice), "{twice}");
}
