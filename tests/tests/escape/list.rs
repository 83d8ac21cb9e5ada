//! The list of attempts, and the page that shows it.

use pure_agent_escape::all;
use std::collections::BTreeSet;

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
