//! Places in S3, of the record, of exports and of tools. Who may write or read there is bounded as `upstream` and
//! `secret`: the host of a bucket names the bucket.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::reach::reach;
use crate::resolve::Unit;
use crate::span::Spanned;
use crate::upstreams::bucket_host;
use crate::values::s3::S3Place;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    if let Some(transcripts) = &unit.run.record.transcripts {
        has_host(findings, &transcripts.to, &transcripts.region);
    }
    for server in reach(unit).servers {
        if let (Some(bucket), Some(region)) = (&server.bucket, &server.region) {
            has_host(findings, bucket, region);
        }
    }
    for export in unit.run.exports.iter().filter(|e| e.kind.value == "s3") {
        let to = export.to.as_ref().and_then(|t| t.value.as_ref());
        if let (Some(to), Some(region)) = (to, &export.region) {
            has_host(findings, to, region);
        }
    }
}

fn has_host(findings: &mut Findings, to: &Spanned<String>, region: &Spanned<String>) {
    let Ok(place) = S3Place::parse(&to.value) else {
        return;
    };
    if bucket_host(&place, &region.value).is_some() {
        return;
    }
    let finding = if place.bucket().contains('.') {
        Finding::new(
            Code::BucketHost,
            to.span,
            format!(
                "bucket `{}` has a dot, so its host has no certificate",
                place.bucket()
            ),
        )
        .label("called as BUCKET.s3.REGION.amazonaws.com")
        .help("use a bucket without dots")
    } else {
        Finding::new(
            Code::BucketHost,
            region.span,
            format!("`{}` is not a region", region.value),
        )
        .label("part of the host that is called")
        .help("write it as AWS does: \"eu-central-1\"")
    };
    findings.push(finding);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, base};
    use super::check;

    fn transcripts(to: &str, region: &str) -> Case {
        base()
            .declare("secret \"s3\" {\n    from \"s3\" key=\"k\"\n}")
            .in_run(&format!("    record {{\n        transcripts {{\n            to \"{to}\"\n            region \"{region}\"\n            auth \"s3\"\n        }}\n    }}"))
    }

    #[test]
    fn regions_and_buckets_that_make_a_host() {
        for region in ["eu-central-1", "us-gov-west-1", "cn-north-1"] {
            assert!(
                transcripts("s3://logs/x", region).codes(check).is_empty(),
                "{region}"
            );
        }
    }

    #[test]
    fn a_region_cannot_smuggle_in_another_host() {
        for region in [
            "evil.org/",
            "evil.org",
            "eu-central-1.evil.org",
            "eu central",
            "EU",
            "x@evil.org",
            "eu--1",
            "-",
        ] {
            assert_eq!(
                transcripts("s3://logs/x", region).codes(check),
                ["PA0420"],
                "{region}"
            );
        }
        assert_eq!(
            transcripts("s3://my.logs/x", "eu-central-1").codes(check),
            ["PA0420"]
        );
    }
}
