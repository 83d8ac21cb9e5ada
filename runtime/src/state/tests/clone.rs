use super::{claim, running, script, seal};
use crate::record::Event;
use crate::record::event::Cloned;

const FIRST: &str = "0123456789abcdef0123456789abcdef01234567";
const SECOND: &str = "89abcdef0123456789abcdef0123456789abcdef";

fn cloned(cycle: u32, repository: &str, commit: &str) -> Event {
    Event::Cloned(Cloned {
        cycle,
        server: "git".to_owned(),
        repository: repository.to_owned(),
        branch: Some("main".to_owned()),
        commit: commit.to_owned(),
    })
}

#[test]
fn the_last_time_counts() {
    let state = script(
        running(),
        &[
            (cloned(0, "github.com/a/b", FIRST), "ok"),
            (cloned(0, "github.com/a/b", SECOND), "ok"),
            (cloned(0, "github.com/a/c", FIRST), "ok"),
            (cloned(1, "github.com/a/d", FIRST), "cycle-unclaimed"),
            (cloned(0, "github.com/a/d", "HEAD"), "clone-form"),
            (
                cloned(0, "github.com/a/d", &FIRST.to_uppercase()),
                "clone-form",
            ),
            (cloned(0, "", FIRST), "clone-form"),
            (cloned(0, &"x".repeat(513), FIRST), "clone-form"),
            (seal(0), "ok"),
            (cloned(0, "github.com/a/d", FIRST), "cycle-ended"),
            (claim(1), "ok"),
        ],
    );
    let commit = |name| state.cloned(name).map(|cloned| cloned.commit.as_str());
    assert_eq!(commit("github.com/a/b"), Some(SECOND));
    assert_eq!(commit("github.com/a/c"), Some(FIRST));
    assert_eq!(commit("github.com/a/d"), None);
}

#[test]
fn a_run_is_given_so_many_repositories() {
    let mut state = running();
    for number in 0..256 {
        let event = cloned(0, &format!("github.com/a/r{number}"), FIRST);
        state.apply(&event).unwrap();
    }
    script(
        state,
        &[
            (cloned(0, "github.com/a/more", FIRST), "clone-many"),
            (cloned(0, "github.com/a/r7", SECOND), "ok"),
        ],
    );
}
