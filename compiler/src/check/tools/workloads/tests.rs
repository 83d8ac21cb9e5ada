use crate::check::trial::Trial;

/// A run that looks after Deployments of `shop`, with a target that opens it and a policy that permits the tools.
fn looking(deployments: &str, allow: &str) -> Trial {
    Trial::new()
        .declare(&format!(
            "mcp \"cluster\" {{\n builtin \"kubernetes\"\n namespace \"shop\"\n {deployments}\n}}\ntools \"t\" {{\n server \"cluster\" {{\n {allow}\n}}\n}}"
        ))
        .in_agent("tools \"t\"")
        .in_policy("tool \"kubernetes\" \"*\"")
        .edit("target.kdl", "    dns {", "    workloads \"shop\"\n    dns {")
}

const WEB: &str = "deployment \"web\" min=1 max=3";
const LIST: &str = "allow \"list_pods\"";

#[test]
fn deployments_and_replicas_are_bounded_by_policies() {
    let case = || looking(WEB, LIST);
    assert_eq!(case().codes(), ["PA0405"]);
    for rule in [
        "deployment \"shop\" \"web\" min=1 max=3",
        "deployment \"shop\" \"w*\" min=0 max=10",
    ] {
        assert_eq!(case().in_policy(rule).codes(), [""; 0], "{rule}");
    }
    for rule in [
        "deployment \"shop\" \"web\"",
        "deployment \"shop\" \"web\" min=1 max=2",
        "deployment \"shop\" \"web\" min=2 max=3",
        "deployment \"shop\" \"web-*\" min=1 max=3",
        "deployment \"till\" \"web\" min=1 max=3",
    ] {
        let codes = case().in_policy(rule).codes();
        assert!(codes.contains(&"PA0405"), "{rule}: {codes:?}");
    }
}

#[test]
fn a_target_opens_the_namespace_and_says_where_the_api_server_is() {
    let rule =
        "deployment \"shop\" \"web\" min=1 max=3\n deployment \"pure-agent\" \"web\" min=1 max=3";
    let case = || looking(WEB, LIST).in_policy("deployment \"shop\" \"web\" min=1 max=3");
    assert_eq!(case().codes(), [""; 0]);
    let closed = case().edit("target.kdl", "workloads \"shop\"", "workloads \"till\"");
    assert_eq!(closed.codes(), ["PA0421"]);
    let own = looking(WEB, LIST)
        .in_policy(rule)
        .run("namespace \"shop\"", "namespace \"pure-agent\"")
        .edit(
            "target.kdl",
            "workloads \"shop\"",
            "workloads \"pure-agent\"",
        );
    assert!(own.codes().contains(&"PA0421"), "{:?}", own.codes());
}

#[test]
fn what_is_scaled_has_both_bounds() {
    let case = |deployments: &str| {
        looking(deployments, "allow \"scale_deployment\"")
            .in_policy("deployment \"shop\" \"web\" min=0 max=100")
    };
    assert_eq!(case(WEB).codes(), [""; 0]);
    assert_eq!(case("deployment \"web\"").codes(), ["PA0206"]);
    assert!(case("deployment \"web\" max=3").codes().contains(&"PA0206"));
    assert_eq!(
        case("deployment \"web\" min=4 max=3").codes().first(),
        Some(&"PA0215")
    );
    let twice = case("deployment \"web\" min=1 max=3\n deployment \"web\" min=1 max=9");
    assert_eq!(twice.codes(), ["PA0203"]);
}

#[test]
fn a_policy_asks_for_approval_of_what_changes() {
    let case = looking(WEB, "allow \"list_pods\"\n allow \"restart_deployment\"")
        .in_policy("deployment \"shop\" \"web\" min=1 max=3")
        .in_policy("approve \"kubernetes\" \"restart_deployment\"");
    let codes = case.codes();
    assert!(codes.contains(&"PA0406"), "{codes:?}");
}

/// Logs are private and may hold text of strangers. A restart carries nothing away, and an export does.
#[test]
fn logs_are_read_and_leave_by_no_act() {
    let case = || {
        looking(
            WEB,
            "allow \"get_service_logs\"\n allow \"restart_deployment\"",
        )
        .in_policy("deployment \"shop\" \"web\" min=1 max=3")
    };
    assert_eq!(case().codes(), [""; 0]);
    let out = case()
        .in_run("export {\n always \"webhook\" {\n url \"https://hooks.example.com/x\"\n}\n}")
        .in_policy("upstream \"hooks.example.com\"\nexport \"webhook\"");
    assert!(out.codes().contains(&"PA0510"), "{:?}", out.codes());
}

#[test]
fn nothing_else_belongs_to_the_builtin() {
    let case = || looking(WEB, LIST).in_policy("deployment \"shop\" \"web\" min=1 max=3");
    let auth = case().run(
        " namespace \"shop\"",
        " namespace \"shop\"\n host \"x.example.com\"",
    );
    assert_eq!(auth.codes(), ["PA0215"]);
    assert_eq!(
        case().run(" namespace \"shop\"\n", "").codes().first(),
        Some(&"PA0204")
    );
    let unknown =
        looking(WEB, "allow \"delete_pod\"").in_policy("deployment \"shop\" \"web\" min=1 max=3");
    assert!(unknown.codes().contains(&"PA0415"), "{:?}", unknown.codes());
}

#[test]
fn a_rule_that_another_covers_is_told() {
    let both = "deployment \"shop\" \"web\" min=1 max=3\n deployment \"shop\" \"w*\" min=1 max=3";
    assert_eq!(looking(WEB, LIST).in_policy(both).codes(), ["PA0803"]);
    let narrower =
        "deployment \"shop\" \"web\" min=1 max=3\n deployment \"shop\" \"w*\" min=1 max=2";
    assert_eq!(looking(WEB, LIST).in_policy(narrower).codes(), [""; 0]);
}
