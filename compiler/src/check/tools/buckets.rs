//! Tools that read files of a bucket: which place, and how many months at once. The name of such a tool is the spec's
//! own and says nothing.

use super::super::denial::{Refused, Wish, ask, silent};
use super::super::exports::rules::below;
use crate::codes::Code;
use crate::diag::Findings;
use crate::policy::{BucketRule, Policy};
use crate::reach::Granted;
use crate::resolve::Unit;
use crate::spec::Server;
use crate::values::s3::S3Place;

pub(super) fn check(unit: &Unit, findings: &mut Findings, granted: &Granted<'_>) {
    let server = granted.server;
    let (Some(bucket), Some(months)) = (&server.bucket, &server.months) else {
        return;
    };
    let wish = Wish {
        code: Code::ToolGrant,
        span: bucket.span,
        what: format!(
            "{} months of `{}` for {}",
            months.value, bucket.value, granted.holder
        ),
        line: format!("bucket \"{}\" months={}", bucket.value, months.value),
    };
    ask(unit, findings, &wish, |policy| {
        let fits = policy.buckets.iter().any(|rule| covers(rule, server));
        (!fits).then(|| refused(policy, server))
    });
}

/// Whether a rule permits what the tool of a server reads.
pub(in crate::check) fn covers(rule: &BucketRule, server: &Server) -> bool {
    let months = server.months.as_ref().map_or(0, |m| m.value);
    holds(rule, server) && months <= rule.months.value
}

/// Whether the place of a server is that of the rule, or below it.
pub(in crate::check) fn holds(rule: &BucketRule, server: &Server) -> bool {
    let place = server.bucket.as_ref().map(|b| S3Place::parse(&b.value));
    let bound = S3Place::parse(&rule.place.value);
    place.is_some_and(
        |place| matches!((bound, place), (Ok(bound), Ok(place)) if below(&bound, &place)),
    )
}

fn refused(policy: &Policy, server: &Server) -> Refused {
    let rules = &policy.buckets;
    match (rules.iter().find(|rule| holds(rule, server)), rules.first()) {
        (Some(rule), _) => Refused {
            span: rule.months.span,
            label: format!("permits {} months of one call", rule.months.value),
        },
        (None, Some(rule)) => Refused {
            span: rule.place.span,
            label: format!("permits `{}` and below", rule.place.value),
        },
        (None, None) => silent(policy, "bucket"),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::trial::Trial;

    fn reading(place: &str, months: u32) -> Trial {
        let server = format!(
            "secret \"rates\" {{\n from \"rate-keys\" key=\"AWS\"\n}}\nmcp \"rates\" {{\n builtin \"s3\"\n bucket \"{place}\"\n region \"eu-central-1\"\n auth \"rates\"\n months {months}\n tool \"get_rates\" {{\n about \"Rates\"\n}}\n}}\ntools \"t\" {{\n server \"rates\" {{\n allow \"get_rates\"\n}}\n}}"
        );
        let host = "market.s3.eu-central-1.amazonaws.com";
        Trial::new()
            .declare(&server)
            .in_agent("tools \"t\"")
            .in_policy(&format!(
                "upstream \"{host}\"\nsecret \"rate-keys\" key=\"*\" for=\"mcp\" to=\"{host}\""
            ))
    }

    #[test]
    fn place_and_months_are_bounded_and_not_names() {
        let gold = || reading("s3://market/gold/rates", 24);
        assert_eq!(gold().codes(), ["PA0405"]);
        assert_eq!(gold().in_policy("tool \"s3\" \"*\"").codes(), ["PA0405"]);
        for rule in [
            "bucket \"s3://market/gold\" months=24",
            "bucket \"s3://market\" months=120",
        ] {
            assert_eq!(gold().in_policy(rule).codes(), [""; 0], "{rule}");
        }
        for rule in [
            "bucket \"s3://market/gold\" months=23",
            "bucket \"s3://market/gol\" months=24",
            "bucket \"s3://market/gold/rates/x\" months=24",
            "bucket \"s3://other/gold\" months=24",
        ] {
            assert_eq!(gold().in_policy(rule).codes(), ["PA0405"], "{rule}");
        }
    }

    #[test]
    fn a_bucket_is_complete_and_has_one_plain_tool() {
        let rule = "bucket \"s3://market\" months=24";
        let case = || reading("s3://market/gold", 24).in_policy(rule);
        assert_eq!(case().run(" months 24\n", "").codes(), ["PA0204"]);
        assert_eq!(
            case()
                .run("about \"Rates\"", "about \"Rates\"\n get \"/x\"")
                .codes(),
            ["PA0215"]
        );
        assert_eq!(
            case()
                .run("about \"Rates\"", "about \"Rates\"\n arg \"x\"")
                .codes(),
            ["PA0215"]
        );
        let two = "tool \"more\" {\n about \"More\"\n}\n tool \"get_rates\"";
        let codes = case().run("tool \"get_rates\"", two).codes();
        assert!(codes.contains(&"PA0215"), "{codes:?}");
        assert_eq!(
            case()
                .run("region \"eu-central-1\"", "region \"eu central\"")
                .codes()
                .first(),
            Some(&"PA0420")
        );
    }

    /// What a bucket holds is private; the dates that are asked for carry nothing away.
    #[test]
    fn files_are_read_and_leave_by_no_date() {
        let case = reading("s3://market/gold", 24).in_policy("bucket \"s3://market\" months=24");
        assert_eq!(case.codes(), [""; 0]);
        let out = case
            .in_run("export {\n always \"webhook\" {\n url \"https://hooks.example.com/x\"\n}\n}")
            .in_policy("upstream \"hooks.example.com\"\nexport \"webhook\"");
        assert!(out.codes().contains(&"PA0510"), "{:?}", out.codes());
    }
}
