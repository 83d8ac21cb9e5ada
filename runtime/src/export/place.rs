//! Where the exports of a contract go: facts that follow from their kinds.

use crate::contract::ExportAction;
use hyper::Uri;

/// Linear's API.
pub const LINEAR: &str = "api.linear.app";
/// Where Linear takes files, by addresses that it signs itself: no credential goes there.
pub const LINEAR_UPLOADS: &str = "uploads.linear.app";
/// GitHub's API.
pub const GITHUB: &str = "api.github.com";

/// A bucket and a prefix in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// `BUCKET.s3.REGION.amazonaws.com`.
    pub host: String,
    /// Region.
    pub region: String,
    /// Prefix without `/` at either end; empty: none.
    pub prefix: String,
}

impl Bucket {
    /// Reads `s3://bucket/prefix`; `None` where it cannot be a host and a path of plain characters.
    #[must_use]
    pub fn read(to: &str, region: &str) -> Option<Self> {
        let rest = to.strip_prefix("s3://")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let named = |name: &str| {
            (1..=63).contains(&name.len())
                && name.bytes().all(word)
                && !name.starts_with('-')
                && !name.ends_with('-')
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"!_.'()-".contains(&b);
        let part = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(plain);
        if !named(bucket) || !named(region) {
            return None;
        }
        if !prefix.is_empty() && !prefix.split('/').all(part) {
            return None;
        }
        let zone = match region.starts_with("cn-") {
            true => "amazonaws.com.cn",
            false => "amazonaws.com",
        };
        Some(Self {
            host: format!("{bucket}.s3.{region}.{zone}"),
            region: region.to_owned(),
            prefix: prefix.to_owned(),
        })
    }
}

/// The hosts and ports that an export needs; `None` where its place cannot be read.
#[must_use]
pub fn hosts(action: &ExportAction) -> Option<Vec<(String, u16)>> {
    let all = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), 443)).collect();
    match action {
        ExportAction::Comment { .. } | ExportAction::Report { .. } => Some(all(&[LINEAR])),
        ExportAction::Upload { .. } => Some(all(&[LINEAR, LINEAR_UPLOADS])),
        ExportAction::PullRequest { .. } => Some(all(&[GITHUB])),
        ExportAction::S3 { to, region, .. } => Some(all(&[&Bucket::read(to, region)?.host])),
        ExportAction::Notify { host, .. } => Some(all(&[host])),
        // The gateway makes it, and nothing leaves the cluster.
        ExportAction::Submit { .. } => Some(Vec::new()),
        ExportAction::Webhook { url } => secure(url).map(|place| vec![place]),
    }
}

/// Host and port of an `https` URL without user.
#[must_use]
pub fn secure(url: &str) -> Option<(String, u16)> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority()?;
    let plain = uri.scheme_str() == Some("https") && !authority.as_str().contains('@');
    plain.then(|| {
        (
            authority.host().to_owned(),
            authority.port_u16().unwrap_or(443),
        )
    })
}
