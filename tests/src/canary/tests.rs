//! The search can fail: what is planted is found.

use super::{canary, found, learn, none_below, none_in};
use crate::place::{KEY, Place, UID, router_bearer};
use crate::program::Scratch;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use pure_agent_runtime::proof;
use std::panic::{AssertUnwindSafe, catch_unwind};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[test]
fn a_planted_secret_is_found_in_every_form() {
    learn("the bearer of a test", b"bearer-that-a-test-has-learnt");
    for (name, secret) in [
        ("a secret of the run", canary("linear").into_bytes()),
        ("the key of the run", KEY.to_vec()),
        ("the proof of the router", router_bearer().into_bytes()),
        (
            "the proof of the claim of cycle 3",
            proof::claim(UID, 3).into_bytes(),
        ),
        (
            "the bearer of a test",
            b"bearer-that-a-test-has-learnt".to_vec(),
        ),
    ] {
        let mut shown = vec![
            secret.clone(),
            hex(&secret).into_bytes(),
            hex(&secret).to_lowercase().into_bytes(),
            secret
                .iter()
                .flat_map(|b| format!("%{b:02x}").into_bytes())
                .collect(),
            secret
                .iter()
                .flat_map(|b| format!("\\u{b:04X}").into_bytes())
                .collect(),
        ];
        for before in ["", "x", "x:", "x-access-token:"] {
            let pair = [before.as_bytes(), &secret[..], b"?~\xff"].concat();
            shown.push(STANDARD.encode(&pair).into_bytes());
            shown.push(URL_SAFE_NO_PAD.encode(&pair).into_bytes());
        }
        for one in shown {
            let text = [b"before ".as_slice(), &one, b" after"].concat();
            let show = String::from_utf8_lossy(&text).into_owned();
            assert_eq!(found(&text).as_deref(), Some(name), "{show}");
        }
    }
    for plain in ["", "canary-of-", "%", "\\u00", "Y2FuYXJ5", "%zz\\uzzzz"] {
        assert_eq!(found(plain.as_bytes()), None, "{plain}");
    }
}

#[test]
fn a_leak_fails_the_test_in_whose_place_it_is() {
    let leaks = |leak: &dyn Fn(&Place)| {
        let place = Place::new(|_| ());
        leak(&place);
        catch_unwind(AssertUnwindSafe(|| drop(place))).is_err()
    };
    assert!(!leaks(&|_| ()), "a place of its own accord");
    assert!(leaks(&|place| {
        let line = format!("{{\"why\":\"{}\"}}\n", canary("claude"));
        std::fs::write(place.at("record.jsonl"), line).unwrap();
    }));
    assert!(leaks(&|place| {
        let folder = place.at("transcripts");
        std::fs::create_dir(&folder).unwrap();
        let text = STANDARD.encode(format!("bot:{}", canary("github")));
        std::fs::write(folder.join("1.json"), text).unwrap();
    }));
    assert!(leaks(&|place| {
        std::fs::write(place.at(&router_bearer()), "").unwrap();
    }));
}

#[test]
fn what_a_process_writes_is_searched() {
    let place = Place::new(|_| ());
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "cat \"$0\" >&2"])
        .arg(place.at("secret-claude"));
    let said = catch_unwind(AssertUnwindSafe(|| place.output(&mut command)));
    assert!(said.is_err(), "standard error was not searched");
}

#[test]
fn a_folder_is_searched_to_its_end_and_only_what_the_test_wrote_is_spared() {
    let scratch = Scratch::new("canary");
    let deep = scratch.path().join("a/b");
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(deep.join("bearer"), canary("x")).unwrap();
    let search = |spared: &'static str| {
        let given = move |name: &str| name == spared;
        catch_unwind(|| none_below(scratch.path(), &given)).is_err()
    };
    assert!(!search("bearer"));
    assert!(search("other"));
    assert!(catch_unwind(|| none_in("a text", canary("x").as_bytes())).is_err());
}
