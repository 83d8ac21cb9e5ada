//! The index of what the reference systems do: complete, and everything that it names exists.

use pure_agent::nodes::{Document, NodeDef};
use pure_agent_tests::index::{missing, named, rows};
use std::collections::BTreeSet;

/// How many capabilities each system has.
const SYSTEMS: [usize; 5] = [25, 33, 32, 31, 39];

/// Commands as which a row is said.
const VERBS: [&str; 13] = [
    "apply",
    "approve",
    "delete",
    "explain",
    "list",
    "logs",
    "plan",
    "reject",
    "retry",
    "status",
    "stop",
    "submit",
    "submit --watch",
];

#[test]
fn every_capability_has_its_row() {
    let ids = SYSTEMS.iter().enumerate();
    let wanted: Vec<String> = ids
        .flat_map(|(system, count)| (1..=*count).map(move |n| format!("S{system}-{n:02}")))
        .collect();
    let rows = rows("tests/seeds.md");
    let found: Vec<String> = rows.iter().map(|cells| cells[0].clone()).collect();
    assert_eq!(found, wanted);
    assert!(rows.iter().all(|cells| cells.len() == 4), "a cell too many");
}

#[test]
fn every_row_is_shown_or_says_what_is_missing() {
    let mut wrong = Vec::new();
    let (mut shown, mut open) = (0, 0);
    for cells in rows("tests/seeds.md") {
        let (id, how) = (&cells[0], &cells[3]);
        println!("{id} {}: {how}", cells[1]);
        let lacks = how.contains("open: ");
        open += usize::from(lacks);
        shown += usize::from(!lacks);
        // What is missing may be named by its node.
        let proofs = named(how)
            .into_iter()
            .filter(|one| one.contains(['/', '#']));
        let proofs: Vec<&str> = proofs.collect();
        if proofs.is_empty() && !lacks {
            wrong.push(format!("{id}: nothing shows it"));
        }
        wrong.extend(
            proofs
                .into_iter()
                .filter_map(missing)
                .map(|why| format!("{id}: {why}")),
        );
    }
    println!("{shown} shown, {open} open");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn whatever_a_row_is_said_as_there_is() {
    let documents = Document::ALL.into_iter();
    let nodes = documents.flat_map(|document| document.nodes().iter().copied());
    let nodes: BTreeSet<String> = nodes.flat_map(|node| paths(node, "")).collect();
    for cells in rows("tests/seeds.md") {
        for said in named(&cells[2]) {
            let there = nodes.contains(said) || VERBS.contains(&said);
            assert!(there, "{}: `{said}`", cells[0]);
        }
    }
}

/// The examples that are one of the systems say what became of each of its parts.
#[test]
fn each_system_that_is_an_example_says_what_became_of_its_parts() {
    for (system, folder) in [
        (0, "pure-agent"),
        (1, "agent-platform"),
        (3, "agent-service"),
        (4, "jobrunner"),
    ] {
        let page = format!("examples/{folder}/README.md");
        let mut found: Vec<String> = rows(&page)
            .iter()
            .filter(|cells| cells[0].starts_with('S'))
            .flat_map(|cells| spelled_out(&cells[0]))
            .collect();
        found.sort();
        let wanted = (1..=SYSTEMS[system]).map(|n| format!("S{system}-{n:02}"));
        assert_eq!(found, wanted.collect::<Vec<_>>(), "{page}");
    }
}

/// `S1-01, S1-03 to S1-05` with every row that it means.
fn spelled_out(list: &str) -> Vec<String> {
    let number = |row: &str| -> usize { row[3..].parse().unwrap() };
    let part = |part: &str| match part.split_once(" to ") {
        None => vec![part.to_owned()],
        Some((from, to)) => (number(from)..=number(to))
            .map(|n| format!("{}{n:02}", &from[..3]))
            .collect(),
    };
    list.split(", ").flat_map(part).collect()
}

/// A node and all below it, as `explain` names them.
fn paths(node: &NodeDef, above: &str) -> Vec<String> {
    let path = format!("{above}{}", node.name);
    let children = node.children.iter();
    let below: Vec<String> = children
        .flat_map(|child| paths(child, &format!("{path}/")))
        .collect();
    [vec![path], below].concat()
}
