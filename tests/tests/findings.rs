//! The index of findings: complete, and everything that it names exists.

use pure_agent_tests::sources::repository;
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
    let page = std::fs::read_to_string(repository().join("tests/findings.md")).expect("the index");
    let rows = page.lines().filter_map(|line| {
        let cells = line.strip_prefix("| ")?.strip_suffix(" |")?;
        let (first, rest) = cells.split_once(" | ")?;
        let last = rest.rsplit_once(" | ").map_or(rest, |(_, last)| last);
        Some((first.to_owned(), last.to_owned()))
    });
    rows.filter(|(first, _)| first != "id" && first != "scenario")
        .collect()
}

/// What stands between backticks.
fn named(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Why what is named does not exist.
fn missing(named: &str) -> Option<String> {
    let (file, what) = named.split_once("::").or_else(|| named.split_once('#'))?;
    let Ok(text) = std::fs::read_to_string(repository().join(file)) else {
        return Some(format!("{named}: no such file"));
    };
    let there = match named.contains("::") {
        true => is_test(&text, what),
        false => !what.is_empty() && text.contains(what),
    };
    (!there).then(|| format!("{named}: nothing of this name in the file"))
}

/// Whether the source has a test function of this name that is run.
fn is_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let starts = [format!("fn {name}("), format!("async fn {name}(")];
    let at = lines
        .iter()
        .position(|line| starts.iter().any(|s| line.starts_with(s.as_str())));
    let Some(at) = at else { return false };
    let marks: Vec<&&str> = lines[..at]
        .iter()
        .rev()
        .take_while(|l| l.starts_with('#'))
        .collect();
    let test = |mark: &&&str| mark.starts_with("#[test]") || mark.starts_with("#[tokio::test");
    marks.iter().any(test) && !marks.iter().any(|mark| mark.contains("ignore"))
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
            if !one.contains("::") && !one.contains('#') {
                wrong.push(format!("{id}: `{one}` is neither a test nor a fact"));
            }
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
