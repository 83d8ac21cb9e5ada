use super::*;
use crate::check::trial::{Outcome, Trial};

/// A run with one warning, a cycle that never comes, under a policy with waivers.
fn trial(waiver: &str) -> Trial {
    Trial::new().run("depth 3", "depth 5").in_policy(waiver)
}

fn waiver(code: &str, more: &str, until: &str) -> String {
    format!("waive \"{code}\" {more} {{\n reason \"known\"\n until \"{until}\"\n}}")
}

/// Reasons of waived findings, and the codes of what is wrong with waivers.
fn judged(
    out: &mut Outcome,
    today: Option<&str>,
    whole: bool,
    outside: bool,
) -> (Vec<String>, Vec<&'static str>) {
    let required = if outside {
        out.units[0].policies.clone()
    } else {
        Vec::new()
    };
    let mut waivers = Waivers::new(today.map(|d| Date::parse(d).unwrap()), &required);
    for unit in &out.units {
        waivers.apply(unit, &mut out.findings);
    }
    let reasons = out
        .findings
        .iter()
        .filter_map(|f| f.waived.clone())
        .collect();
    (
        reasons,
        waivers
            .finish(whole)
            .iter()
            .map(|f| f.code.number())
            .collect(),
    )
}

fn of(waiver: &str, today: Option<&str>, whole: bool) -> (Vec<String>, Vec<&'static str>) {
    judged(&mut trial(waiver).outcome(), today, whole, true)
}

#[test]
fn a_warning_is_accepted_with_its_reason() {
    let text = waiver("PA0706", "", "2027-03-31");
    let accepted = (vec!["known".to_owned()], vec![]);
    assert_eq!(of(&text, Some("2027-03-31"), true), accepted);
    assert_eq!(of(&text, None, true), accepted);
    assert_eq!(
        of(&waiver("PA0706", "run=\"hello\"", "2027-03-31"), None, true),
        accepted
    );
}

#[test]
fn an_expired_waiver_is_an_error_and_covers_nothing() {
    let text = waiver("PA0706", "", "2027-03-31");
    assert_eq!(
        of(&text, Some("2027-04-01"), true),
        (vec![], vec!["PA0804"])
    );
}

#[test]
fn an_unused_waiver_is_reported_once_it_is_sure() {
    let other = waiver("PA0801", "", "2027-03-31");
    assert_eq!(of(&other, None, true), (vec![], vec!["PA0805"]));
    assert_eq!(of(&other, None, false), (vec![], vec![]));
    let this = waiver("PA0801", "run=\"hello\"", "2027-03-31");
    assert_eq!(of(&this, None, false), (vec![], vec!["PA0805"]));
    let elsewhere = waiver("PA0706", "run=\"other\"", "2027-03-31");
    assert_eq!(of(&elsewhere, None, false), (vec![], vec![]));
    assert_eq!(of(&elsewhere, None, true), (vec![], vec!["PA0805"]));
}

/// No waiver lifts what a policy denies, or a mistake.
#[test]
fn errors_are_not_waived() {
    for code in Code::ALL.iter().filter(|c| !c.waivable()) {
        let mut out = trial(&waiver(code.number(), "", "2099-12-31")).outcome();
        let (reasons, wrong) = judged(&mut out, None, true, true);
        assert_eq!(
            (reasons, wrong),
            (vec![], vec!["PA0806"]),
            "{}",
            code.number()
        );
    }
    let mut out = Trial::new()
        .run("turns 50", "turns 500")
        .in_policy(&waiver("PA0701", "", "2099-12-31"))
        .outcome();
    assert_eq!(judged(&mut out, None, true, true), (vec![], vec!["PA0806"]));
    assert!(out.findings.has_errors());
}

/// Only a warning, and a path that the same policy rules out, can be waived at all.
#[test]
fn no_error_but_one_is_waivable() {
    let list: Vec<_> = Code::ALL
        .iter()
        .filter(|c| c.waivable() && c.severity() == crate::diag::Severity::Error)
        .collect();
    assert_eq!(list, [&Code::FlowAsserted]);
}

/// An author who brings a policy along cannot accept his own findings with it.
#[test]
fn a_policy_of_the_author_waives_nothing() {
    let own = include_str!("../../../../golden/pages/base/policy.kdl").replace(
        "policy \"base\" {",
        &format!("policy \"own\" {{\n{}", waiver("PA0706", "", "2099-12-31")),
    );
    let mut out = Trial::new()
        .run("version 1", "version 1\nuse \"own.kdl\"")
        .run("depth 3", "depth 5")
        .file("own.kdl", &own)
        .outcome();
    let required: Vec<_> = out.units[0]
        .policies
        .iter()
        .filter(|p| p.name.value == "base")
        .cloned()
        .collect();
    let mut waivers = Waivers::new(None, &required);
    let unit = out.units[0].clone();
    waivers.apply(&unit, &mut out.findings);
    assert!(out.findings.iter().all(|f| f.waived.is_none()));
    let wrong: Vec<_> = waivers
        .finish(true)
        .iter()
        .map(|f| f.code.number())
        .collect();
    assert_eq!(wrong, ["PA0806"]);
}
