//! Places in S3: `"s3://logs/transcripts"`.

use std::fmt;

use super::{Parsed, Refusal, serialize_as_text, shown};

/// A bucket and a prefix in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct S3Place {
    bucket: String,
    prefix: String,
}

const HELP: &str = "write a bucket and a prefix: \"s3://logs/transcripts\"";

impl S3Place {
    /// Reads `s3://bucket` or `s3://bucket/prefix`; one `/` at the end is dropped.
    ///
    /// # Errors
    /// Refuses other schemes, bucket names that S3 refuses, and prefixes with `//`, `.`, `..` or characters
    /// outside `[A-Za-z0-9!_.'()/-]`.
    pub fn parse(text: &str) -> Parsed<Self> {
        let refuse = |why: &str| Err(Refusal::new(format!("{} {why}", shown(text)), HELP));
        let Some(rest) = text.strip_prefix("s3://") else {
            return refuse("does not start with `s3://`");
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if !is_bucket(bucket) {
            return refuse("names no bucket");
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        if prefix.len() > 512 || !(prefix.is_empty() || prefix.split('/').all(is_part)) {
            return refuse("has a prefix that is not in normal form");
        }
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        })
    }

    /// The bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The prefix without `/` at either end; empty for the whole bucket.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// S3's rules: 3 to 63 of `[a-z0-9.-]`, a letter or digit at both ends, no `..`, not like an IPv4 address.
fn is_bucket(name: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.starts_with(word)
        && name.ends_with(word)
        && name.chars().all(|c| word(c) || matches!(c, '.' | '-'))
        && !name.contains("..")
        && !name.starts_with("xn--")
        && name.parse::<std::net::Ipv4Addr>().is_err()
}

fn is_part(part: &str) -> bool {
    !matches!(part, "" | "." | "..")
        && part
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!_.'()-".contains(&b))
}

impl fmt::Display for S3Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)?;
        if !self.prefix.is_empty() {
            write!(f, "/{}", self.prefix)?;
        }
        Ok(())
    }
}

serialize_as_text!(S3Place);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows() {
        for (text, bucket, prefix, canonical) in [
            ("s3://logs", "logs", "", "s3://logs"),
            ("s3://logs/", "logs", "", "s3://logs"),
            (
                "s3://my.logs-1/a/b/",
                "my.logs-1",
                "a/b",
                "s3://my.logs-1/a/b",
            ),
        ] {
            let place = S3Place::parse(text).unwrap();
            assert_eq!(
                (place.bucket(), place.prefix(), place.to_string().as_str()),
                (bucket, prefix, canonical)
            );
        }
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "logs",
            "s3:/logs",
            "S3://logs",
            "https://logs",
            "s3://",
            "s3://ab",
            "s3://Logs",
            "s3://a_b",
            "s3://-ab",
            "s3://a..b",
            "s3://192.168.1.1",
            "s3://logs//a",
            "s3://logs/../x",
            "s3://logs/a//",
            "s3://logs/a b",
            "s3://logs/a?b",
            "s3://logs/{{x}}",
            "s3://user@logs",
            "s3://logs/é",
            "s3://logs/*",
            "s3://logs:443/a",
        ] {
            assert!(S3Place::parse(text).is_err(), "{text:?}");
        }
        assert!(S3Place::parse(&format!("s3://{}", "a".repeat(64))).is_err());
    }
}
