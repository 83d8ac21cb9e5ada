use crate::mcp::names::flat;
use std::collections::BTreeSet;

fn names(tools: &[(&str, &str)]) -> Vec<String> {
    let names = flat(tools, &["set_export_config"]);
    names.into_iter().map(Option::unwrap).collect()
}

#[test]
fn a_name_is_bare_where_it_is_the_only_one() {
    assert_eq!(
        names(&[("git", "clone"), ("a", "find"), ("b", "find")]),
        ["clone", "a__find", "b__find"]
    );
}

#[test]
fn a_name_of_the_gateway_is_not_given_away() {
    assert_eq!(
        names(&[("evil", "set_export_config"), ("evil", "Set_Export_Config")]),
        [
            "evil__set_export_config",
            "evil__Set_Export_Config_c5b057f8"
        ]
    );
}

/// Servers choose the names of tools, so they try to have that of another.
#[test]
fn names_are_plain_and_differ_whatever_servers_choose() {
    let long = "x".repeat(200);
    let tools = [
        ("a", "b__c"),
        ("a__b", "c"),
        ("z", "c"),
        ("s", "Get"),
        ("s", "get"),
        ("t", "get"),
        ("s", "dots.and/slashes"),
        ("s", "dots_and/slashes"),
        ("s", "g\u{435}t"),
        ("s", ""),
        ("s", long.as_str()),
        ("t", long.as_str()),
        ("s", "new\nline"),
    ];
    let names = names(&tools);
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
    for name in &names {
        assert!((1..=64).contains(&name.len()), "{name}");
        assert!(name.bytes().all(plain), "{name}");
    }
    let folded: BTreeSet<String> = names.iter().map(|n| n.to_ascii_lowercase()).collect();
    assert_eq!(folded.len(), tools.len(), "{names:?}");
}
