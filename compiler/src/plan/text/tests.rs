use super::*;
use crate::plan::testing::{BASE, FULL, NIGHTLY, edited, plan};

#[test]
fn the_smallest_run() {
    insta::assert_snapshot!(text(&plan(BASE)));
}

#[test]
fn the_full_run() {
    insta::assert_snapshot!(text(&plan(FULL)));
}

#[test]
fn a_scheduled_run() {
    insta::assert_snapshot!(text(&plan(NIGHTLY)));
}

#[test]
fn no_line_is_wider_than_a_page_or_ends_in_a_space() {
    for files in [BASE, FULL, NIGHTLY] {
        for line in text(&plan(files)).lines() {
            assert!(
                line.chars().count() <= WIDTH && !line.ends_with(' '),
                "{line}"
            );
        }
    }
}

#[test]
fn every_secret_host_tool_and_export_is_on_the_page() {
    let plan = plan(FULL);
    let text = text(&plan);
    let wanted = plan
        .secrets
        .iter()
        .flat_map(|s| [s.name.clone(), format!("{} {}", s.object, s.key)])
        .chain(
            plan.upstreams
                .iter()
                .map(|u| format!("  {}:{}", u.host, u.port)),
        )
        .chain(
            plan.agents[0]
                .contract
                .tools
                .iter()
                .map(|t| format!("  {}.{}", t.server, t.tool)),
        )
        .chain(plan.exports.iter().map(|e| format!("  {}  ", e.name)))
        .chain(plan.inputs.iter().map(|i| format!("  {}  ", i.name)));
    for word in wanted {
        assert!(text.contains(&word), "{word}\n{text}");
    }
}

#[test]
fn a_secret_stands_only_beside_hosts_that_it_is_sent_to() {
    let text = text(&plan(FULL));
    let line = |start: &str| text.lines().find(|l| l.starts_with(start)).unwrap();
    let upload = line("  uploads.linear.app:443");
    let words: Vec<&str> = upload.split_whitespace().collect();
    assert_eq!(words, ["uploads.linear.app:443", "-", "upload"]);
}

#[test]
fn text_of_the_spec_cannot_move_the_cursor_or_make_a_line() {
    let mut plan = plan(FULL);
    let evil = "x\u{1b}[2J\r\nSECRETS\u{202e}\u{200b}\n  none";
    plan.about = Some(evil.to_owned());
    plan.name = evil.to_owned();
    plan.labels.insert(evil.to_owned(), evil.to_owned());
    plan.inputs[0].pattern = Some(evil.to_owned());
    plan.inputs[0].default = Some(evil.to_owned());
    plan.agents[0].contract.about = Some(evil.to_owned());
    plan.agents[0]
        .contract
        .env
        .insert(evil.to_owned(), evil.to_owned());
    plan.upstreams[0].host = evil.to_owned();
    plan.acknowledged.push(evil.to_owned());
    let text = text(&plan);
    assert!(
        !text
            .chars()
            .any(|c| (c.is_control() && c != '\n') || crate::values::is_invisible(c))
    );
    assert!(
        !text.lines().any(|l| l.trim() == "none" || l == "SECRETS"),
        "{text}"
    );
}

#[test]
fn nothing_is_said_to_be_bounded_that_is_not() {
    let text = text(&plan(NIGHTLY));
    assert!(
        text.contains("cost      NOT BOUNDED: no limit, and no price of local\n"),
        "{text}"
    );
    assert!(text.contains("never: it is disabled"));
    let enabled = super::text(&edited(NIGHTLY, &[("    enabled #false\n", "")]));
    assert!(enabled.contains("by its schedule, and when somebody submits it"));
}
