use crate::check::trial::Trial;
use crate::plan::build;

fn worst(rule: &str) -> Trial {
    Trial::new().in_policy(&format!("worst-case {{\n{rule}\n}}"))
}

/// The numbers come from the plan, so that what is bounded is what is shown.
#[test]
fn each_bound_holds_to_the_last_unit() {
    let worst_case = build(&Trial::new().outcome().units[0]).worst;
    for (word, most) in [("pods", worst_case.pods), ("tokens", worst_case.tokens)] {
        assert_eq!(worst(&format!("{word} {most}")).found(), [], "{word}");
        assert_eq!(
            worst(&format!("{word} {}", most - 1)).codes(),
            ["PA0707"],
            "{word}"
        );
    }
    let time = worst_case.wall_time;
    assert_eq!(worst(&format!("wall-time \"{time}s\"")).found(), []);
    assert_eq!(
        worst(&format!("wall-time \"{}s\"", time - 1)).codes(),
        ["PA0707"]
    );
}

#[test]
fn the_bound_is_shown() {
    let (finding, related) = worst("tokens 1").only();
    assert_eq!(
        finding.message,
        "tokens, 500000 in the worst case, exceed the maximum 1"
    );
    assert_eq!(related, ["1"]);
}

#[test]
fn a_schedule_counts_by_the_day() {
    let daily = |rule: &str| {
        worst(rule)
            .in_policy("schedule every=\"1h\"")
            .in_run("schedule \"0 */6 * * *\" {\n timezone \"UTC\"\n}")
            .codes()
    };
    assert_eq!(daily("tokens 2_000_000\nruns-per-day 4"), [""; 0]);
    assert_eq!(daily("tokens 1_999_999"), ["PA0707"]);
    assert_eq!(daily("runs-per-day 3"), ["PA0707"]);
}

const PRICE: &str = "id \"claude-sonnet-4-5\"\n    price {\n input \"3 USD\" per=1_000_000\n output \"15 USD\" per=1_000_000\n}";

#[test]
fn money_is_bounded_or_refused() {
    let priced = |rule: &str| worst(rule).run("id \"claude-sonnet-4-5\"", PRICE);
    // Half a million tokens at the dearer price.
    assert_eq!(priced("cost \"7.5 USD\"").found(), []);
    assert_eq!(priced("cost \"7.49 USD\"").codes(), ["PA0707"]);
    assert_eq!(priced("cost \"100 EUR\"").codes(), ["PA0704"]);
    assert_eq!(worst("cost \"100 USD\"").codes(), ["PA0703"]);
    let capped =
        priced("cost \"1 USD\"").run("        depth 3", "        cost \"1 USD\"\n        depth 3");
    assert_eq!(capped.found(), []);
}

#[test]
fn a_run_fits_into_its_target() {
    let quota = |pods: u32, cpu: &str, memory: &str, storage: &str| {
        let lines = format!(
            "    quota {{\n pods {pods}\n cpu \"{cpu}\"\n memory \"{memory}\"\n storage \"{storage}\"\n}}\n    dns {{"
        );
        Trial::new().edit("target.kdl", "    dns {", &lines).codes()
    };
    assert_eq!(quota(50, "10", "40Gi", "100Gi"), [""; 0]);
    assert_eq!(quota(2, "10", "40Gi", "100Gi"), ["PA0711"]);
    assert_eq!(quota(50, "500m", "40Gi", "100Gi"), ["PA0711"]);
    assert_eq!(quota(50, "10", "512Mi", "100Gi"), ["PA0711"]);
    assert_eq!(quota(50, "10", "40Gi", "512Mi"), ["PA0711"]);
}
