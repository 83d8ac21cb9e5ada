//! What is broken from the beginning, and agents that use up what they have.

use super::{Case, Ends, SPEC, spec};
use pure_agent_tests::cluster::node::Small;
use pure_agent_tests::cluster::place::Place;
use pure_agent_tests::cluster::reference::{SPEC as FILE, TARGET, change};
use pure_agent_tests::cluster::site::Site;
use std::time::Duration;

/// A spec whose agent's image is nowhere.
pub(crate) const IMAGE: &str = "no-image";
/// A spec one of whose Secrets is not there.
pub(crate) const SECRET: &str = "no-secret";
/// A spec whose volumes hold 64 MiB.
pub(crate) const SMALL: &str = "small-volumes";
/// Class of such volumes.
const CLASS: &str = "pure-agent-test-small";

/// The specs of these cases; volumes of 64 MiB where this machine can make some.
pub(crate) fn specs(site: &Site) -> (Vec<Place>, Option<Small>) {
    let agent = &site.programs.agent;
    let (name, _) = agent.split_once('@').unwrap();
    let nowhere = format!("{name}@sha256:{}", "b".repeat(64));
    let mut image = spec();
    image.push(change(FILE, agent, nowhere, "it is nowhere"));
    let mut secret = spec();
    let from = "from \"export-handler-secrets\" key=\"GITHUB_TOKEN\"";
    let to = "from \"nobody-made-this\" key=\"GITHUB_TOKEN\"";
    secret.push(change(FILE, from, to, "it is not made"));
    let policy = "secret \"export-handler-secrets\" key=\"GITHUB_TOKEN\"";
    let permits = "secret \"nobody-made-this\" key=\"GITHUB_TOKEN\"";
    secret.push(change(super::POLICY, policy, permits, "it is permitted"));
    let mut places = vec![site.beside(IMAGE, &image), site.beside(SECRET, &secret)];
    let made = site.kubectl("delete secret nobody-made-this");
    assert!(made.contains("deleted"), "{made}");
    let small = Small::make(CLASS, 2);
    if small.is_some() {
        let mut changes = spec();
        let class = format!("storage-class \"{CLASS}\"");
        changes.push(change(
            TARGET,
            "storage-class \"standard\"",
            class,
            "it is full soon",
        ));
        let mode = "access-mode \"ReadWriteOncePod\"";
        changes.push(change(
            TARGET,
            mode,
            "access-mode \"ReadWriteOnce\"",
            "one kind is enough",
        ));
        places.push(site.beside(SMALL, &changes));
    }
    (places, small)
}

/// The cases; `small` where there are small volumes.
pub(crate) fn cases(small: bool) -> Vec<Case<'static>> {
    let case = |name: &str, spec: &'static str, script: &str, ends: Ends, says| Case {
        name: name.to_owned(),
        says,
        ..Case::new(spec, script, ends, Duration::from_secs(1200))
    };
    let mut all = vec![
        case(
            "image of the agent that is nowhere",
            IMAGE,
            "short",
            Ends::Failed,
            &["ImagePullBackOff", "ErrImageNeverPull"],
        ),
        case(
            "Secret of the export step that is missing",
            SECRET,
            "short",
            Ends::Failed,
            &[],
        ),
        case(
            "agent out of memory",
            SPEC,
            "memory",
            Ends::Done,
            // Its shim lives on, and reminds it.
            &["\"exit_code\":137"],
        ),
        case(
            "scratch space that is full",
            SPEC,
            "fill /tmp",
            Ends::Done,
            &["Evicted", "infrastructure"],
        ),
    ];
    if small {
        // What is packed lies in the same volume: what needs none of it is exported, and the run is red.
        all.push(case(
            "workspace that is full",
            SMALL,
            "fill /workspace",
            Ends::Failed,
            &["\"packing\":\"failed\""],
        ));
    }
    all
}
