//! The list of attempts, and the page that shows it.

use pure_agent_escape::{Group, all};
use pure_agent_tests::sources::repository;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What stands above the table.
const ABOVE: &str = "# Ways out of a run

An agent that tries all of these is built from `tests/escape`. It runs as the agent of a real run on a cluster and under
`pure-agent run`, behind a gateway alone, and where every door is open: there each attempt of the network must lead out,
so that it is known to be one. Where success would show outside, the tests look there: hosts that stand in saw no such
request, nobody decided but the router, and what was exported holds nothing of the exporter.

| where | command |
|---|---|
| behind a gateway, through open doors, and under `pure-agent run` | `cargo test -p pure-agent-tests --test escape` |
| on a cluster | `cargo test -p pure-agent-tests --test cluster escapes` |

With `GOLDEN=accept` the last two keep what they came to: [on a cluster](escapes-cluster.md),
[on this machine](escapes-local.md). The first writes this page.

## What is left

- A `tunnel` hides what it carries. That TLS asks for the granted name is checked; what a host that many share does with a
  `Host` field within is not seen (domain fronting). On `http` routes the gateway writes that field itself
  (`http-host-field`). Each tunnel needs an `acknowledge` of the policy's owner, and untrusted text beside private data and
  a tunnel is the finding PA0510.
- The shim, and every process of the agent, are one user: an agent may end, trace and change its own shim. It holds nothing
  that the agent has not, and nothing trusts it.
- Under `pure-agent run` memory is bounded for each process, not for all of them together.
";

#[test]
fn every_attempt_has_a_name_of_its_own_and_says_what_stops_it() {
    let all = all();
    let names: BTreeSet<&str> = all.iter().map(|(_, attempt)| attempt.name).collect();
    assert_eq!(names.len(), all.len(), "a name stands twice");
    assert!(names.len() >= 60, "{}", names.len());
    for (_, attempt) in &all {
        for text in [attempt.tries, attempt.cluster, attempt.local] {
            assert!(
                text.len() > 5 && !text.ends_with('.') && !text.contains('|'),
                "{}: {text}",
                attempt.name
            );
        }
    }
}

/// The page, written from the list.
fn page() -> String {
    let mut text = ABOVE.to_owned();
    for (title, group) in [
        ("Past the gateway", Group::Network),
        ("Through the gateway", Group::Gateway),
        ("The kernel", Group::Kernel),
        ("The container", Group::Place),
        ("Laid out for others", Group::Plants),
        ("In a later cycle, and too much of everything", Group::Later),
    ] {
        let head = "| attempt | tries | stopped on a cluster by | stopped on this machine by |\n|---|---|---|---|";
        let _written = writeln!(text, "\n## {title}\n\n{head}");
        for (_, attempt) in all().iter().filter(|(of, _)| *of == group) {
            let (name, tries) = (attempt.name, attempt.tries);
            let _written = writeln!(
                text,
                "| {name} | {tries} | {} | {} |",
                attempt.cluster, attempt.local
            );
        }
    }
    text
}

#[test]
fn the_page_shows_the_list() {
    let path = repository().join("tests/escapes.md");
    if std::env::var("GOLDEN").as_deref() == Ok("accept") {
        std::fs::write(&path, page()).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page(),
        "tests/escapes.md is old: run with GOLDEN=accept and read the difference"
    );
    // What stands in the results was tried.
    let names: BTreeSet<&str> = all().iter().map(|(_, attempt)| attempt.name).collect();
    for file in ["escapes-cluster.md", "escapes-local.md"] {
        let text = std::fs::read_to_string(repository().join("tests").join(file)).unwrap();
        let rows = text
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
        let shown: BTreeSet<&str> = rows
            .map(|(name, _)| name)
            .filter(|name| *name != "attempt")
            .collect();
        let known = names
            .union(&BTreeSet::from(["submission", "last-submission"]))
            .copied()
            .collect();
        assert_eq!(shown, known, "{file}");
        assert!(!text.contains("| escaped |"), "{file}");
    }
}
