//! The index of findings: complete, and everything that it names exists.

use pure_agent_tests::index::{self, missing, named};
use std::collections::BTreeSet;

/// Groups of ids and how many each has.
const GROUPS: [(char, usize); 6] = [
    ('A', 15),
    ('B', 9),
    ('C', 9),
    ('D', 19),
    ('E', 4),
    ('T', 18),
];
/// The scenarios of T18.
const SCENARIOS: [&str; 13] = [
    "none-action",
    "report-action",
    "create-pr-action",
    "continue-then-stop",
    "depth-limit",
    "planner-python-env",
    "planner-infra-env",
    "planner-fallback",
    "linear-issue-env-selection",
    "planner-session-comment",
    "web-fetch-approved",
    "web-fetch-rejected",
    "web-fetch-expired",
];

/// First and last cell of each row.
fn rows() -> Vec<(String, String)> {
    let rows = index::rows("tests/findings.md").into_iter();
    rows.map(|cells| (cells[0].clone(), cells[cells.len() - 1].clone()))
        .collect()
}

#[test]
fn every_finding_has_its_row() {
    let mut wanted: BTreeSet<String> = SCENARIOS.iter().map(|&name| name.to_owned()).collect();
    for (group, count) in GROUPS {
        let width = if group == 'T' { 2 } else { 1 };
        wanted.extend((1..=count).map(|n| format!("{group}{n:0width$}")));
    }
    let rows = rows();
    let found: BTreeSet<String> = rows.iter().map(|(id, _)| id.clone()).collect();
    assert_eq!(found, wanted);
    assert_eq!(rows.len(), wanted.len(), "an id stands twice");
}

#[test]
fn everything_that_is_named_exists() {
    let mut wrong = Vec::new();
    for (id, shown) in rows() {
        let named = named(&shown);
        let later = shown.starts_with("later: ");
        if named.is_empty() && !later {
            wrong.push(format!("{id}: nothing shows it"));
        }
        for one in named {
            wrong.extend(missing(one).map(|why| format!("{id}: {why}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_does_not_exist_is_noticed() {
    let me = "tests/tests/findings.rs";
    assert_eq!(
        missing(&format!("{me}::what_does_not_exist_is_noticed")),
        None
    );
    for wrong in [
        format!("{me}::rows"),
        format!("{me}::"),
        format!("{me}::what_does_not_exist"),
        format!("{me}#{}", ["no", "where"].concat()),
        "tests/nothing.rs::a".to_owned(),
    ] {
        assert!(missing(&wrong).is_some(), "{wrong}");
    }
}
