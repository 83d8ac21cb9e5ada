use super::{Inputs, Refused};
use crate::contract::{Contract, Input};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

fn contract() -> Contract {
    let input = |name: &str, required| Input {
        name: name.to_owned(),
        required,
        size: 12,
        pattern: None,
        one_of: Vec::new(),
        default: None,
    };
    let inputs = vec![
        Input {
            pattern: Some("[A-Z]+-[0-9]+|x".to_owned()),
            ..input("issue", true)
        },
        Input {
            one_of: vec!["low".to_owned(), "high".to_owned()],
            default: Some("low".to_owned()),
            ..input("level", false)
        },
        input("note", false),
    ];
    serde_json::from_value(json!({
        "version": 1, "spec": "s", "namespace": "n", "inputs": inputs, "agents": [], "entry": "a", "models": [],
        "servers": [], "approvals": [], "exports": [], "secrets": [],
        "limits": {"depth": 1, "deadline": 1, "cycle": 1, "export": 1, "turns": 1, "tokens": 1, "traffic": 1, "concurrency": 1},
        "finish": {"submission": true, "reminders": 0}, "record": {"usage": false},
        "retry": {"infrastructure": 0, "backoff": 0}, "network": {"closed": [], "private": []},
    }))
    .unwrap()
}

fn read(json: &str) -> Result<Inputs, Refused> {
    Inputs::read(&URL_SAFE_NO_PAD.encode(json), &contract())
}

#[test]
fn defaults_are_filled_in() {
    let inputs = read(r#"{"issue":"A-1"}"#).unwrap();
    assert_eq!(inputs.get("issue"), Some("A-1"));
    assert_eq!(inputs.get("level"), Some("low"));
    assert_eq!(inputs.get("note"), None);
    assert_eq!(format!("{inputs:?}"), r#"{"issue", "level"}"#);
}

/// Each bound at N and N + 1, in bytes: a Hangul syllable has three.
#[test]
fn every_rule_is_kept() {
    let name = |name: &str| name.to_owned();
    for (json, rule) in [
        (r#"{}"#, Refused::Missing(name("issue"))),
        (
            r#"{"issue":"A-1","other":"x"}"#,
            Refused::Unknown(name("other")),
        ),
        (
            r#"{"issue":"A-1","Note":"x"}"#,
            Refused::Unknown(name("Note")),
        ),
        (r#"{"issue":"A-1 "}"#, Refused::Match(name("issue"))),
        (r#"{"issue":"A-1\n"}"#, Refused::Match(name("issue"))),
        (r#"{"issue":"a\nA-1\nb"}"#, Refused::Match(name("issue"))),
        (r#"{"issue":"xx"}"#, Refused::Match(name("issue"))),
        (
            r#"{"issue":"x","level":"High"}"#,
            Refused::OneOf(name("level")),
        ),
        (r#"{"issue":"x","level":""}"#, Refused::OneOf(name("level"))),
        (
            r#"{"issue":"x","note":"가나다라 "}"#,
            Refused::Size(name("note"), 12),
        ),
        (r#"{"issue":"x","issue":"x"}"#, Refused::Malformed),
        (r#"{"issue":1}"#, Refused::Malformed),
        (r#"{"issue":null}"#, Refused::Malformed),
        (r#"["issue"]"#, Refused::Malformed),
        ("", Refused::Malformed),
    ] {
        assert_eq!(read(json), Err(rule), "{json}");
    }
    assert!(read(r#"{"issue":"x","note":"가나다라"}"#).is_ok());
    for text in ["e30=", "e+A", "e30 ", "\u{0}", "ÿ"] {
        let refused = Inputs::read(text, &contract());
        assert_eq!(refused, Err(Refused::Malformed), "{text:?}");
    }
}
