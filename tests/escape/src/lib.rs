//! Ways out of an agent's container, each with a name, what it tries, and what stops it.
//!
//! The program of this package runs as an agent (`harness "generic"`) and tries them all; a test looks from outside
//! wherever success would show there. Every attempt can fail: where the door is open it says `escaped`.

pub mod bounds;
mod connect;
pub mod facts;
mod kernel;
mod models;
mod network;
pub mod open;
mod outcome;
mod place;
mod plants;
mod requests;
mod tokens;
mod tools;
mod wire;

pub use facts::Facts;
pub use outcome::Outcome;
pub use plants::{MARK, NAME, TEMPLATES};

/// A way out.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// Its name; no two have the same.
    pub name: &'static str,
    /// What it tries.
    pub tries: &'static str,
    /// What stops it on a cluster.
    pub cluster: &'static str,
    /// What stops it on a machine of its own, under `pure-agent run`.
    pub local: &'static str,
    /// Tries it.
    pub way: fn(&Facts) -> Outcome,
}

impl Attempt {
    /// One that the same stops everywhere.
    const fn of(
        name: &'static str,
        tries: &'static str,
        stops: &'static str,
        way: fn(&Facts) -> Outcome,
    ) -> Self {
        Self {
            name,
            tries,
            cluster: stops,
            local: stops,
            way,
        }
    }
}

/// When an attempt is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// At once with the others of its group: they wait for networks that say nothing.
    Network,
    /// One after the other: the gateway bounds how much an agent asks at once.
    Gateway,
    /// One after the other: what the kernel gives.
    Kernel,
    /// One after the other: what the container has and lets be changed.
    Place,
    /// One after the other: what is laid out for others.
    Plants,
    /// In a later cycle, with what the first one has left.
    Later,
}

/// All attempts, by the time at which they are made.
#[must_use]
pub fn all() -> Vec<(Group, Attempt)> {
    let groups: [(Group, &[Attempt]); 11] = [
        (Group::Network, network::ATTEMPTS),
        (Group::Gateway, tokens::ATTEMPTS),
        (Group::Gateway, connect::ATTEMPTS),
        (Group::Gateway, requests::ATTEMPTS),
        (Group::Gateway, tools::ATTEMPTS),
        (Group::Gateway, models::ATTEMPTS),
        (Group::Kernel, kernel::ATTEMPTS),
        (Group::Place, place::ATTEMPTS),
        (Group::Plants, plants::ATTEMPTS),
        (Group::Later, tokens::LATER),
        (Group::Later, bounds::ATTEMPTS),
    ];
    let of = |(group, attempts): (Group, &'static [Attempt])| {
        attempts.iter().map(move |attempt| (group, *attempt))
    };
    groups.into_iter().flat_map(of).collect()
}

/// Hands in what the test says for this cycle, so that something is exported; none where it says nothing. `ISSUE` in it
/// is the run's own.
#[must_use]
pub fn submit(facts: &Facts, later: bool) -> Option<Outcome> {
    let arguments = facts.submissions.get(usize::from(later))?;
    let inputs = wire::asked(facts, "GET /v1/inputs", "").unwrap_or_default();
    let inputs = wire::json(&inputs);
    let issue = inputs["issue"].as_str().unwrap_or("ISSUE");
    let text = arguments.to_string().replace("ISSUE", issue);
    let arguments = serde_json::from_str(&text).unwrap_or_default();
    // Here success is what should happen.
    Some(match tools::call(facts, "set_export_config", arguments) {
        Outcome::Escaped(said) => Outcome::Planted(said),
        other => other,
    })
}
