//! Credentials: none, somebody else's, forged ones, and the own one where it is not good.

use crate::wire::{agrees, exchange, status, summary};
use crate::{Attempt, Facts, Outcome};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

const BEARER: &str = "the gateway knows the cycle's bearer alone (rule `credential`)";
const KEY: &str =
    "the NetworkPolicy closes the port; behind it a proof by the spec's key, which no agent has";
const KEY_HERE: &str =
    "the port is outside the agent's network; behind it a proof by the run's key";
const UID: &str = "a claim needs the run's UID, which is nowhere in the agent's container";

pub(crate) const ATTEMPTS: &[Attempt] = &[
    Attempt {
        name: "no-bearer",
        tries: "the agent's port without a bearer",
        cluster: BEARER,
        local: BEARER,
        way: |f| asks(&f.gateway, "GET /v1/inputs", None),
    },
    Attempt {
        name: "guessed-bearer",
        tries: "the agent's port with words that could be one",
        cluster: BEARER,
        local: BEARER,
        way: guessed,
    },
    Attempt {
        name: "other-runs-bearer",
        tries: "the own gateway with the bearer of another run's agent",
        cluster: BEARER,
        local: BEARER,
        way: |f| {
            known(&f.other_bearer, |bearer| {
                asks(&f.gateway, "GET /v1/inputs", Some(bearer))
            })
        },
    },
    Attempt {
        name: "other-runs-gateway",
        tries: "another run's gateway with the own bearer",
        cluster: BEARER,
        local: NOT_THERE,
        way: |f| {
            known(&f.other_gateway, |to| {
                asks(to, "GET /v1/inputs", Some(&f.bearer))
            })
        },
    },
    Attempt {
        name: "other-runs-gateway-tunnel",
        tries: "a tunnel through another run's gateway",
        cluster: BEARER,
        local: NOT_THERE,
        way: |f| known(&f.other_gateway, |to| tunnel(to, &f.tunnel, &f.bearer)),
    },
    Attempt {
        name: "other-runs-claim",
        tries: "claims of another run's cycles by names that are known",
        cluster: UID,
        local: NOT_THERE,
        way: |f| known(&f.other_gateway, |to| claims(f, to)),
    },
    Attempt {
        name: "control-own-bearer",
        tries: "the control port with the agent's bearer: record, decisions, approvals, usage",
        cluster: KEY,
        local: KEY_HERE,
        way: |f| doors(f, 9090, &[Some(f.bearer.clone())]),
    },
    Attempt {
        name: "control-no-bearer",
        tries: "the same without a bearer",
        cluster: KEY,
        local: KEY_HERE,
        way: |f| doors(f, 9090, &[None]),
    },
    Attempt {
        name: "control-forged-proof",
        tries: "the same with proofs by keys that somebody could have forgotten: empty, zeros, the run's names",
        cluster: KEY,
        local: KEY_HERE,
        way: |f| doors(f, 9090, &forged(f)),
    },
    Attempt {
        name: "export-own-bearer",
        tries: "a tunnel by the export port with the agent's bearer",
        cluster: KEY,
        local: KEY_HERE,
        way: |f| leaves(f, std::slice::from_ref(&f.bearer)),
    },
    Attempt {
        name: "export-forged-proof",
        tries: "the same with forged proofs",
        cluster: KEY,
        local: KEY_HERE,
        way: |f| leaves(f, &forged(f).into_iter().flatten().collect::<Vec<_>>()),
    },
    Attempt {
        name: "control-doors-on-agent-port",
        tries: "the doors of the control port on the agent's port: seal, decision, approval, record",
        cluster: "the agent's port has no such path (rule `path`)",
        local: "the agent's port has no such path (rule `path`)",
        way: doors_here,
    },
    Attempt {
        name: "claim-forged",
        tries: "a second claim, and claims of later cycles, by proofs from names and UIDs that are to be found",
        cluster: UID,
        local: UID,
        way: |f| claims(f, &f.gateway),
    },
    Attempt {
        name: "claim-malformed",
        tries: "claims whose proof is empty, null, true, a list, or stands twice",
        cluster: "claims are read strictly, and nothing equals an empty proof",
        local: "claims are read strictly, and nothing equals an empty proof",
        way: malformed,
    },
];

/// With what the first cycle has left.
pub(crate) const LATER: &[Attempt] = &[Attempt {
    name: "earlier-bearer",
    tries: "the bearer of the cycle before",
    cluster: "a bearer ends with its cycle (rule `credential`)",
    local: "a bearer ends with its cycle (rule `credential`)",
    way: earlier,
}];

const NOT_THERE: &str = "another run is another network; nothing leads there";

fn known(fact: &Option<String>, way: impl FnOnce(&str) -> Outcome) -> Outcome {
    match fact {
        Some(fact) => way(fact),
        None => Outcome::NotApplicable("there is no other run".to_owned()),
    }
}

/// Whether a request is answered.
fn asks(to: &str, what: &str, bearer: Option<&str>) -> Outcome {
    match exchange(to, request(what, bearer).as_bytes()) {
        Ok(answer) => Outcome::escaped_if(agrees(&answer), summary(&answer)),
        Err(why) => Outcome::Blocked(why),
    }
}

fn request(what: &str, bearer: Option<&str>) -> String {
    let bearer = bearer.map_or_else(String::new, |b| format!("Authorization: Bearer {b}\r\n"));
    let body = if what.starts_with("POST") { "{}" } else { "" };
    let length = body.len();
    format!(
        "{what} HTTP/1.1\r\nHost: gateway.pure-agent\r\n{bearer}Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

fn guessed(facts: &Facts) -> Outcome {
    let mut words = facts.names.clone();
    words.extend(["x", "null", "undefined", "agent", "pure-agent", "Bearer"].map(str::to_owned));
    words.push("A".repeat(43));
    words.push(facts.bearer.to_ascii_lowercase());
    words.push(facts.bearer.chars().take(42).collect());
    let tried = words.iter().filter(|word| !word.is_empty());
    Outcome::first(tried.map(|word| asks(&facts.gateway, "GET /v1/inputs", Some(word))))
}

fn tunnel(to: &str, host: &str, bearer: &str) -> Outcome {
    let request = format!(
        "CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\nProxy-Authorization: Bearer {bearer}\r\n\r\n"
    );
    // A tunnel that opens does not end by itself.
    match crate::connect::asked(to, &request) {
        Ok(head) => Outcome::escaped_if(status(head.as_bytes()) == 200, summary(head.as_bytes())),
        Err(why) => Outcome::Blocked(why),
    }
}

/// The same host at another port.
fn beside(facts: &Facts, port: u16) -> String {
    let host = facts.gateway.rsplit_once(':').map_or("", |(host, _)| host);
    format!("{host}:{port}")
}

const DOORS: [&str; 8] = [
    "GET /v1/record",
    "GET /v1/submission",
    "GET /v1/usage",
    "GET /v1/approvals",
    "GET /metrics",
    "POST /v1/decision",
    "POST /v1/cycles/0/seal",
    "POST /v1/approvals/1",
];

/// That somebody speaks there at all is one door too many.
fn doors(facts: &Facts, port: u16, bearers: &[Option<String>]) -> Outcome {
    let to = beside(facts, port);
    let mut said = String::new();
    for (bearer, what) in bearers
        .iter()
        .flat_map(|bearer| DOORS.map(|what| (bearer, what)))
    {
        match exchange(&to, request(what, bearer.as_deref()).as_bytes()) {
            Ok(answer) => said = format!("{what}: {}", summary(&answer)),
            // What is closed is closed for all of them.
            Err(why) => return Outcome::Blocked(why),
        }
    }
    Outcome::Escaped(said)
}

fn leaves(facts: &Facts, bearers: &[String]) -> Outcome {
    let to = beside(facts, 9091);
    let host = if facts.stranger.is_empty() {
        &facts.tunnel
    } else {
        &facts.stranger
    };
    let tried = bearers.iter().take(3).map(|bearer| {
        let request = format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\nProxy-Authorization: Bearer {bearer}\r\n\r\n");
        match crate::connect::asked(&to, &request) {
            Ok(head) => Outcome::Escaped(format!("it speaks: {}", summary(head.as_bytes()))),
            Err(why) => Outcome::Blocked(why),
        }
    });
    Outcome::first(tried)
}

fn doors_here(facts: &Facts) -> Outcome {
    // The agent has a submission of its own to look at.
    let others = DOORS.iter().filter(|what| **what != "GET /v1/submission");
    Outcome::first(others.map(|what| asks(&facts.gateway, what, Some(&facts.bearer))))
}

/// What could be a key or a UID: what is known, and whatever looks like one in this container.
fn guesses(facts: &Facts) -> Vec<String> {
    let mut all = vec![String::new(), "0".repeat(32), "\0".repeat(32)];
    all.extend(facts.names.iter().cloned());
    all.extend(crate::place::uids());
    all
}

fn mac(key: &str, text: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(text.as_bytes());
    mac.finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn forged(facts: &Facts) -> Vec<Option<String>> {
    let guesses = guesses(facts);
    let uids = guesses.iter().take(6);
    let pairs = uids.flat_map(|uid| ["router", "export", "people"].map(|role| (uid, role)));
    let keys = [
        "",
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ];
    let all = pairs
        .flat_map(|(uid, role)| keys.map(|key| mac(key, &format!("pure-agent/v1\n{role}\n{uid}"))));
    all.map(Some).collect()
}

fn claims(facts: &Facts, to: &str) -> Outcome {
    let guesses = guesses(facts);
    let mut tried = 0_u32;
    for guess in guesses.iter().take(40) {
        for cycle in 0..3 {
            let proof = mac(guess, &format!("pure-agent/v1\nclaim\nagent\n{cycle}"));
            let outcome = claim(to, &format!("{{\"cycle\":{cycle},\"proof\":\"{proof}\"}}"));
            match outcome {
                Outcome::Blocked(_) => tried += 1,
                other => return other,
            }
        }
    }
    Outcome::Blocked(format!("{tried} claims, all refused"))
}

/// A claim that opens a bearer, or ends a cycle, has known the proof.
fn claim(to: &str, body: &str) -> Outcome {
    let length = body.len();
    let request = format!(
        "POST /v1/claim HTTP/1.1\r\nHost: gateway.pure-agent\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    match exchange(to, request.as_bytes()) {
        Ok(answer) => {
            let contested = String::from_utf8_lossy(&answer).contains("claim-contested");
            Outcome::escaped_if(agrees(&answer) || contested, summary(&answer))
        }
        Err(why) => Outcome::Blocked(why),
    }
}

fn malformed(facts: &Facts) -> Outcome {
    let bodies = [
        r#"{"cycle":0,"proof":""}"#,
        r#"{"cycle":0,"proof":null}"#,
        r#"{"cycle":0,"proof":true}"#,
        r#"{"cycle":0,"proof":[]}"#,
        r#"{"cycle":0}"#,
        r#"{"cycle":0,"proof":"x","proof":""}"#,
        r#"{"cycle":-1,"proof":""}"#,
        r#"{"cycle":4294967296,"proof":""}"#,
        r#"{"cycle":0.0,"proof":"","role":"router"}"#,
        r#"[]"#,
        "",
    ];
    Outcome::first(bodies.iter().map(|body| claim(&facts.gateway, body)))
}

fn earlier(facts: &Facts) -> Outcome {
    match std::fs::read_to_string(facts.kept().join("bearer")) {
        Ok(bearer) if bearer == facts.bearer => {
            Outcome::Escaped("both cycles have the same".to_owned())
        }
        Ok(bearer) => asks(&facts.gateway, "GET /v1/inputs", Some(&bearer)),
        Err(e) => Outcome::NotApplicable(format!("no bearer was kept: {e}")),
    }
}
