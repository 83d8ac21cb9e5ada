//! Names that Kubernetes checks too; the rules are those of its API server.

use super::super::{Parsed, Refusal, shown, text_value};
use super::{is_label, nearest};

text_value! {
    /// An RFC 1123 label, as a namespace or a Service has: at most 63 characters.
    DnsLabel
}
text_value! {
    /// An RFC 1123 subdomain, as most objects have for a name: labels with `.` between, at most 253 characters.
    DnsSubdomain
}
text_value! {
    /// A key of a Secret or ConfigMap: `[-._a-zA-Z0-9]{1,253}`, not `.`, not starting with `..`.
    SecretKey
}
text_value! {
    /// A label's or annotation's key: an optional subdomain and `/`, then at most 63 characters.
    LabelKey
}
text_value! {
    /// A label's value: empty, or at most 63 characters with a letter or digit first and last.
    LabelValue
}

impl DnsLabel {
    /// Reads an RFC 1123 label.
    ///
    /// # Errors
    /// Refuses anything else, with the nearest label.
    pub fn parse(text: &str) -> Parsed<Self> {
        if text.len() <= 63 && is_label(text) {
            return Ok(Self(text.to_owned()));
        }
        let help = match nearest(text, 63) {
            Some(near) => format!("write {near:?}: at most 63 lower-case letters, digits and `-`"),
            None => "write at most 63 lower-case letters, digits and `-`: \"agents\"".to_owned(),
        };
        Err(Refusal::new(
            format!("{} is not a Kubernetes label name", shown(text)),
            help,
        ))
    }
}

impl DnsSubdomain {
    /// Reads an RFC 1123 subdomain.
    ///
    /// # Errors
    /// Refuses anything else.
    pub fn parse(text: &str) -> Parsed<Self> {
        if is_subdomain(text) {
            return Ok(Self(text.to_owned()));
        }
        let parts: Option<Vec<_>> = text
            .split('.')
            .take(20)
            .map(|part| nearest(part, 63))
            .collect();
        let help = match parts
            .map(|parts| parts.join("."))
            .filter(|near| is_subdomain(near))
        {
            Some(near) => format!("write {near:?}: lower-case letters, digits, `-` and `.`"),
            None => "write lower-case letters, digits, `-` and `.`: \"agent-secrets\"".to_owned(),
        };
        Err(Refusal::new(
            format!("{} is not the name of a Kubernetes object", shown(text)),
            help,
        ))
    }
}

fn is_subdomain(text: &str) -> bool {
    // The API server bounds the whole only; a label of an object's name may be longer than 63.
    text.len() <= 253 && text.split('.').all(is_label)
}

impl SecretKey {
    /// Reads a key of a Secret or ConfigMap.
    ///
    /// # Errors
    /// Refuses anything else.
    pub fn parse(text: &str) -> Parsed<Self> {
        let fits = (1..=253).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
            && text != "."
            && !text.starts_with("..");
        if fits {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::new(
            format!("{} is not a key of a Secret", shown(text)),
            "write letters, digits, `-`, `_` and `.`: \"GITHUB_TOKEN\"",
        ))
    }
}

impl LabelKey {
    /// Reads a label's key.
    ///
    /// # Errors
    /// Refuses anything else.
    pub fn parse(text: &str) -> Parsed<Self> {
        let (prefix, name) = match text.split_once('/') {
            Some((prefix, name)) => (Some(prefix), name),
            None => (None, text),
        };
        if prefix.is_none_or(is_subdomain) && !name.is_empty() && is_qualified(name) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::new(
            format!("{} is not the key of a label", shown(text)),
            "write a name, or a domain and a name: \"team\", \"example.com/team\"",
        ))
    }

    /// The domain before the `/`, if there is one.
    pub fn prefix(&self) -> Option<&str> {
        self.0.split_once('/').map(|(prefix, _)| prefix)
    }
}

impl LabelValue {
    /// Reads a label's value.
    ///
    /// # Errors
    /// Refuses anything else.
    pub fn parse(text: &str) -> Parsed<Self> {
        if is_qualified(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::new(
            format!("{} is not the value of a label", shown(text)),
            "write at most 63 letters, digits, `-`, `_` and `.`, a letter or digit first and last: \"on-demand\"",
        ))
    }
}

/// Empty, or at most 63 of `[-._A-Za-z0-9]` with a letter or digit at both ends.
fn is_qualified(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.is_empty()
        || text.len() <= 63
            && text.starts_with(edge)
            && text.ends_with(edge)
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_subdomains() {
        let longest = "a".repeat(63);
        for text in ["a", "0", "kube-system", longest.as_str()] {
            assert!(DnsLabel::parse(text).is_ok(), "{text}");
            assert!(DnsSubdomain::parse(text).is_ok(), "{text}");
        }
        for text in ["", "-a", "a-", "A", "a_b", "é", "a b", "a/b"] {
            assert!(DnsLabel::parse(text).is_err(), "{text}");
            assert!(DnsSubdomain::parse(text).is_err(), "{text}");
        }
        assert!(DnsLabel::parse(&"a".repeat(64)).is_err());
        assert!(DnsLabel::parse("a.b").is_err());
        for text in ["a..b", ".a", "a.", "a.-b"] {
            assert!(DnsSubdomain::parse(text).is_err(), "{text}");
        }
        assert!(DnsSubdomain::parse("kube-root-ca.crt").is_ok());
        assert!(DnsSubdomain::parse(&"a".repeat(254)).is_err());
        assert!(
            DnsLabel::parse("My_Space")
                .unwrap_err()
                .help
                .contains("\"my-space\"")
        );
    }

    #[test]
    fn secret_keys() {
        for text in ["ANTHROPIC_API_KEY", "ca.crt", ".netrc", "-", "a"] {
            assert!(SecretKey::parse(text).is_ok(), "{text}");
        }
        for text in ["", ".", "..", "..a", "a/b", "a b", "é", "a\n", "$(x)", "*"] {
            assert!(SecretKey::parse(text).is_err(), "{text}");
        }
        assert!(SecretKey::parse(&"a".repeat(254)).is_err());
    }

    #[test]
    fn label_keys_and_values() {
        for text in ["k8s-app", "node.kubernetes.io/lifecycle", "A_b.c"] {
            assert!(LabelKey::parse(text).is_ok(), "{text}");
        }
        for text in ["", "/a", "a/", "a/b/c", "A.com/x", "-a", "a-", "é", "a b"] {
            assert!(LabelKey::parse(text).is_err(), "{text}");
        }
        for text in ["", "kube-dns", "A", "1.2_3"] {
            assert!(LabelValue::parse(text).is_ok(), "{text}");
        }
        for text in ["-a", "a-", "a/b", "a b", "é", "{{x}}"] {
            assert!(LabelValue::parse(text).is_err(), "{text}");
        }
        assert!(LabelValue::parse(&"a".repeat(64)).is_err());
        assert_eq!(LabelKey::parse("a.b/c").unwrap().prefix(), Some("a.b"));
    }
}
