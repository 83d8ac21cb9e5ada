//! A run of a world, whose contract has an export to every service.

use crate::place::Place;
pub(crate) use pure_agent_tests::hosts::{AGENT, Hosts, ONCE};
use pure_agent_tests::services::{github, hook, linear};
use pure_agent_tests::world::World;
use serde_json::{Value, json};

/// A run of this world: a scripted agent, and exports to every service, none of which needs a person.
pub(crate) fn place(world: &World, change: impl Fn(&mut Value)) -> Place {
    let place = Place::within(world, |contract| {
        let beside = contract["secrets"][0]["path"].as_str().unwrap().to_owned();
        let (folder, _) = beside.rsplit_once('/').unwrap();
        for name in ["s3-out", "hook"] {
            let path = format!("{folder}/secret-{name}");
            let secrets = contract["secrets"].as_array_mut().unwrap();
            secrets.push(json!({"name": name, "path": path, "role": "export"}));
        }
        let agent = &mut contract["agents"][0];
        agent["harness"] = json!("generic");
        agent["command"] = json!(["python3", "-I", "-c", AGENT]);
        agent["env"] = json!({"BUNDLE": world.bundle()});
        contract["record"] = json!({"usage": true});
        exports(contract);
        change(contract);
    });
    for (name, value) in [
        ("linear-out", linear::KEY),
        ("github", github::KEY),
        ("s3-out", "AKID:s3-secret"),
        ("hook", hook::KEY),
    ] {
        std::fs::write(place.at(&format!("secret-{name}")), value).unwrap();
    }
    place
}

fn exports(contract: &mut Value) {
    let list = contract["exports"].as_array_mut().unwrap();
    for export in list.iter_mut() {
        export.as_object_mut().unwrap().remove("approval");
    }
    list.push(json!({
        "name": "s3", "when": "offer", "auth": "s3-out", "times": 1,
        "action": {"kind": "s3", "to": "s3://bucket/runs", "region": "us-east-1", "exclude": [], "size": 67_108_864},
    }));
    list.push(json!({
        "name": "webhook", "when": "always", "auth": "hook", "times": 1,
        "action": {"kind": "webhook", "url": "https://hook.example.com/done"},
    }));
}
