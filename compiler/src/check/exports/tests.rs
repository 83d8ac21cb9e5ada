use super::super::testing::{Case, base};
use super::check;

const PULL: &str = "offer \"pull-request\" {\n            on \"github\"\n            repo \"acme/site\"\n            base \"main\"\n            branch \"agent/**\"\n            protect \".github/**\"\n            auth \"hub\"\n        }";
const RULE: &str = "    export \"pull-request\" {\n        on \"github\"\n        repo \"acme/*\"\n        base \"main\"\n        branch \"agent/**\"\n        protect \".github/**\"\n    }";

fn exports(list: &str) -> Case {
    base()
        .declare("secret \"hub\" {\n    from \"hub\" key=\"k\"\n}\nsecret \"lin\" {\n    from \"lin\" key=\"k\"\n}\napproval \"human\" {\n    via \"gatekeeper\"\n    url \"https://gatekeeper.example.com\"\n    auth \"hub\"\n    timeout \"10m\"\n}")
        .in_run(&format!("    export {{\n        {list}\n    }}"))
}

const COMMENT: &str = "always \"comment\" {\n            on \"linear\"\n            to \"ENG-1\"\n            auth \"lin\"\n        }";

#[test]
fn a_silent_policy_permits_no_export() {
    let found = exports(PULL).findings(check);
    assert_eq!((found[0].code.number(), found.len()), ("PA0413", 1));
    assert!(exports(PULL).permit(RULE).codes(check).is_empty());
    assert_eq!(
        exports(PULL)
            .permit("    export \"comment\" {\n        on \"linear\"\n    }")
            .codes(check),
        ["PA0413"]
    );
}

#[test]
fn each_setting_is_bounded() {
    for (from, to) in [
        ("repo \"acme/site\"", "repo \"acme-evil/site\""),
        ("repo \"acme/site\"", "repo \"*/site\""),
        ("base \"main\"", "base \"release\""),
        ("branch \"agent/**\"", "branch \"hotfix/**\""),
        ("branch \"agent/**\"", "branch \"*/x/**\""),
        ("protect \".github/**\"", "protect \".github/workflows/**\""),
        ("            protect \".github/**\"\n", ""),
    ] {
        let wish = PULL.replace(from, to);
        assert_eq!(
            exports(&wish).permit(RULE).codes(check),
            ["PA0413"],
            "{from} {to}"
        );
    }
    let more = PULL.replace("protect \".github/**\"", "protect \"**\"");
    assert!(exports(&more).permit(RULE).codes(check).is_empty());
}

#[test]
fn what_a_rule_leaves_out_is_not_permitted() {
    for line in [
        "        repo \"acme/*\"\n",
        "        base \"main\"\n",
        "        branch \"agent/**\"\n",
    ] {
        let rule = RULE.replace(line, "");
        let found = exports(PULL).permit(&rule).findings(check);
        assert_eq!(
            (found[0].code.number(), found.len()),
            ("PA0413", 1),
            "{line}"
        );
        assert!(
            found[0].related[0]
                .label
                .starts_with("this rule permits no"),
            "{line}"
        );
    }
}

#[test]
fn rules_of_a_kind_are_alternatives_and_do_not_mix() {
    let other = "    export \"pull-request\" {\n        repo \"other/*\"\n        base \"release\"\n        branch \"agent/**\"\n    }";
    let both = format!("{RULE}\n{other}");
    let moved = PULL
        .replace("acme/site", "other/site")
        .replace("base \"main\"", "base \"release\"");
    assert!(exports(&moved).permit(&both).codes(check).is_empty());
    let mixed = PULL.replace("base \"main\"", "base \"release\"");
    assert_eq!(exports(&mixed).permit(&both).codes(check), ["PA0413"]);
}

#[test]
fn approval_where_a_rule_asks_for_it() {
    let rule = RULE.replace(
        "        on \"github\"\n",
        "        on \"github\"\n        approve\n",
    );
    assert_eq!(exports(PULL).permit(&rule).codes(check), ["PA0413"]);
    let asked = PULL.replace(
        "            auth \"hub\"",
        "            approve by=\"human\"\n            auth \"hub\"",
    );
    assert!(exports(&asked).permit(&rule).codes(check).is_empty());
    let always = asked
        .replace("offer", "always")
        .replace("            approve by=\"human\"\n", "");
    assert_eq!(exports(&always).permit(&rule).codes(check), ["PA0413"]);
}

#[test]
fn exports_are_counted_together() {
    let rule = "    export \"comment\" {\n        on \"linear\"\n    }";
    let two = format!("{COMMENT}\n        {COMMENT}");
    assert!(exports(COMMENT).permit(rule).codes(check).is_empty());
    assert_eq!(exports(&two).permit(rule).codes(check), ["PA0414"]);
    let twice = rule.replace("        on", "        times 2\n        on");
    assert!(exports(&two).permit(&twice).codes(check).is_empty());
    let often = COMMENT.replace("            auth", "            times 3\n            auth");
    assert_eq!(exports(&often).permit(&twice).codes(check), ["PA0414"]);
}

#[test]
fn a_pull_request_never_comes_from_its_base() {
    let rule = RULE.replace("branch \"agent/**\"", "branch \"**\"");
    for branch in ["**", "*", "main", "ma*"] {
        let wish = PULL.replace("branch \"agent/**\"", &format!("branch \"{branch}\""));
        assert_eq!(
            exports(&wish).permit(&rule).codes(check),
            ["PA0418"],
            "{branch}"
        );
    }
}

#[test]
fn places_in_buckets() {
    let s3 = |to: &str| {
        format!(
            "always \"s3\" {{\n            to \"{to}\"\n            region \"eu-central-1\"\n            auth \"hub\"\n        }}"
        )
    };
    let rule = "    export \"s3\" {\n        to \"s3://acme-reports/nightly\"\n    }";
    for (to, count) in [
        ("s3://acme-reports/nightly", 0),
        ("s3://acme-reports/nightly/x", 0),
        ("s3://acme-reports/nightly-old", 1),
        ("s3://acme-reports", 1),
        ("s3://acme-reports-evil/nightly", 1),
    ] {
        assert_eq!(
            exports(&s3(to)).permit(rule).codes(check),
            vec!["PA0413"; count],
            "{to}"
        );
    }
}

#[test]
fn s2_23_policies_bound_who_is_notified_and_by_whose_words() {
    let notify = |host: &str, more: &str| {
        format!(
            "always \"notify\" {{\n            host \"{host}\"\n            text \"x\"\n            auth \"hub\"{more}\n        }}"
        )
    };
    let rule = |lines: &str| format!("    export \"notify\" {{\n{lines}\n    }}");
    let summary = "\n            summary";
    for (host, more, bounds, count) in [
        ("hooks.example.com", "", "host \"hooks.example.com\"", 0),
        ("hooks.example.com", "", "host \"*.example.com\"", 0),
        (
            "hooks.example.com",
            "",
            "host \"a.example.com\"\nhost \"hooks.example.com\"",
            0,
        ),
        (
            "hooks.example.com.evil.net",
            "",
            "host \"hooks.example.com\"",
            1,
        ),
        ("hooks.example.com", "", "host \"pages.example.com\"", 1),
        // What a rule leaves out is not permitted.
        ("hooks.example.com", "", "times 1", 1),
        (
            "hooks.example.com",
            summary,
            "host \"hooks.example.com\"",
            1,
        ),
        (
            "hooks.example.com",
            summary,
            "host \"hooks.example.com\"\nsummary",
            0,
        ),
        (
            "hooks.example.com",
            "",
            "host \"hooks.example.com\"\napprove",
            1,
        ),
    ] {
        assert_eq!(
            exports(&notify(host, more))
                .permit(&rule(bounds))
                .codes(check),
            vec!["PA0413"; count],
            "{host} {more} {bounds}"
        );
    }
    assert_eq!(
        exports(&notify("hooks.example.com", "")).codes(check),
        ["PA0413"]
    );
}

#[test]
fn every_policy_has_to_permit() {
    let second = "\npolicy \"second\" {\n    env \"LANG\"\n}\n";
    let found = exports(PULL).permit(RULE).also(second).findings(check);
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("`second`"));
}
