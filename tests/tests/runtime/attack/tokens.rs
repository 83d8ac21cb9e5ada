//! Credentials in the wrong place, of another run, and of another cycle.

use super::exchange;
use crate::place::{KEY, Place, ask, rule};
use pure_agent_runtime::proof::{Key, Use};
use serde_json::json;
use std::time::Duration;

#[test]
fn a_credential_counts_in_its_field_only() {
    let place = Place::new(|_| ());
    let gateway = place.gateway();
    let bearer = place.start(&gateway, "0").1.unwrap();
    for (what, target, field) in [
        (
            "in a query",
            format!("/v1/inputs?token={bearer}"),
            String::new(),
        ),
        (
            "in a query of models",
            format!("/v1/models?key={bearer}"),
            String::new(),
        ),
        (
            "before the host",
            format!("http://agent:{bearer}@g/v1/inputs"),
            String::new(),
        ),
        (
            "in a fragment",
            format!("/v1/inputs#{bearer}"),
            String::new(),
        ),
        (
            "in a cookie",
            "/v1/inputs".to_owned(),
            format!("Cookie: token={bearer}\r\n"),
        ),
        (
            "of a proxy",
            "/v1/inputs".to_owned(),
            format!("Proxy-Authorization: Bearer {bearer}\r\n"),
        ),
        (
            "without its kind",
            "/v1/inputs".to_owned(),
            format!("Authorization: {bearer}\r\n"),
        ),
        (
            "of another kind",
            "/v1/inputs".to_owned(),
            format!("Authorization: Digest {bearer}\r\n"),
        ),
        (
            "beside another",
            "/v1/inputs".to_owned(),
            format!("Authorization: Bearer {bearer}\r\nX-Api-Key: x\r\n"),
        ),
        (
            "twice",
            "/v1/inputs".to_owned(),
            format!("Authorization: Bearer {bearer}\r\n").repeat(2),
        ),
    ] {
        let text = format!("GET {target} HTTP/1.1\r\nHost: g\r\nConnection: close\r\n{field}\r\n");
        let (status, rule) = exchange(&gateway.agent, &[text.as_bytes()], Duration::ZERO);
        // Paths of models refuse in the shape of their protocol.
        let told = !rule.is_empty() || target.starts_with("/v1/models");
        assert!(
            [400, 401].contains(&status) && told,
            "{what}: {status} {rule}"
        );
    }
    assert!(
        !place.record().contains(&bearer),
        "the record holds a bearer"
    );
}

#[test]
fn a_credential_of_another_run_role_or_cycle_opens_nothing() {
    let change = |contract: &mut serde_json::Value| {
        contract["finish"] = json!({"submission": true, "reminders": 1});
    };
    let (place, other) = (Place::new(change), Place::new(change));
    let (gateway, elsewhere) = (place.gateway(), other.gateway());
    let bearer = place.start(&gateway, "0").1.unwrap();
    let foreign = other.start(&elsewhere, "0").1.unwrap();
    let key = Key::new(KEY.to_vec()).unwrap();
    let roles = [Use::Router, Use::Export];
    let proofs = roles.map(|role| key.proof(crate::place::UID, role));
    for shown in proofs.iter().chain([&foreign]) {
        let answer = ask(&gateway.agent, "GET /v1/inputs", Some(shown), "");
        assert_eq!(rule(&answer), (401, "credential"));
    }
    for shown in [&bearer, &foreign, &proofs[1]] {
        let answer = ask(&gateway.control, "GET /v1/record", Some(shown), "");
        assert_eq!(rule(&answer), (401, "credential"));
    }
    assert_eq!(place.router(&gateway, "0", "Succeeded", "0"), "1");
    let second = place.start(&gateway, "1").1.unwrap();
    let late = ask(&gateway.agent, "GET /v1/inputs", Some(&bearer), "");
    assert_eq!(rule(&late), (401, "credential"), "cycle 0, after its end");
    let now = ask(&gateway.agent, "GET /v1/inputs", Some(&second), "");
    assert_eq!(now.0, 200, "cycle 1");
}
