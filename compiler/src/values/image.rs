//! Container images: `"ghcr.io/dlddu/agent:1.2@sha256:…"`.

use std::fmt;

use super::host::Host;
use super::{Parsed, Refusal, digits, serialize_as_text, shown};

/// An image with its registry and digest; the tag is for people only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Image {
    repository: String,
    tag: Option<String>,
    digest: String,
}

const HELP: &str =
    "write registry, path and digest: \"ghcr.io/dlddu/agent@sha256:<64 hex digits>\"";
/// The longest name of a repository that registries accept, registry included.
const MAX_REPOSITORY: usize = 255;
/// The longest repository, tag and digest.
const MAX_TEXT: usize = MAX_REPOSITORY + 129 + 72;

impl Image {
    /// Reads `registry/path[:tag]@sha256:<64 hex digits>`.
    ///
    /// # Errors
    /// Refuses a missing digest (see [`lacks_digest`]), a missing registry, upper case, other digests.
    pub fn parse(text: &str) -> Parsed<Self> {
        let refuse = |why: &str, help: String| {
            Err(Refusal::new(format!("image {} {why}", shown(text)), help))
        };
        // Helps repeat the text, so it is plain and short from here on.
        if text.len() > MAX_TEXT || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return refuse("is not the name of an image", HELP.to_owned());
        }
        let Some((name, digest)) = text.split_once('@') else {
            let (repository, tag) = split_tag(text);
            if repository.is_empty()
                || check_repository(text, repository).is_err()
                || !tag.is_none_or(is_tag)
            {
                check_repository(text, repository)?;
                return refuse("has a tag that no registry accepts", HELP.to_owned());
            }
            return refuse(
                "has no digest",
                format!(
                    "a tag can move: write \"{text}@sha256:<64 hex digits>\", as the registry prints it on push"
                ),
            );
        };
        let hex = digest.strip_prefix("sha256:").unwrap_or_default();
        if hex.len() != 64 || !hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return refuse(
                "has a digest that is not one",
                "write `@sha256:` and 64 lower-case hex digits".to_owned(),
            );
        }
        let (repository, tag) = split_tag(name);
        check_repository(text, repository)?;
        if !tag.is_none_or(is_tag) {
            return refuse("has a tag that no registry accepts", HELP.to_owned());
        }
        Ok(Self {
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.to_owned(),
        })
    }

    /// Registry and path, without tag and digest: what a policy's pattern is about.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The registry: host and, if written, port.
    pub fn registry(&self) -> &str {
        self.repository.split('/').next().unwrap_or_default()
    }

    /// The tag, if one is written beside the digest.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest: `sha256:` and 64 hex digits.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// Whether a text is an image but for the digest, so that the caller can give the finding its own code.
pub fn lacks_digest(text: &str) -> bool {
    let (repository, tag) = split_tag(text);
    !text.contains('@') && check_repository(text, repository).is_ok() && tag.is_none_or(is_tag)
}

/// A `:` after the last `/` starts the tag; before it, a port.
fn split_tag(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') && repository.contains('/') => {
            (repository, Some(tag))
        }
        _ => (name, None),
    }
}

fn check_repository(text: &str, repository: &str) -> Parsed<()> {
    let refuse =
        |why: &str, help: String| Err(Refusal::new(format!("image {} {why}", shown(text)), help));
    if repository.bytes().any(|b| b.is_ascii_uppercase()) {
        return refuse(
            "has capital letters",
            format!("write {:?}", text.to_ascii_lowercase()),
        );
    }
    let Some((registry, path)) = repository.split_once('/') else {
        return refuse("names no registry", HELP.to_owned());
    };
    if !(registry.contains('.') || registry.contains(':') || registry == "localhost") {
        return refuse(
            "names no registry",
            format!("no registry is implied: write \"docker.io/{text}\" if that is meant"),
        );
    }
    let (host, port) = registry
        .split_once(':')
        .map_or((registry, None), |(host, port)| (host, Some(port)));
    Host::parse(host)?;
    let port_fits = |port: &str| {
        !port.starts_with('0') && digits(port).is_some_and(|port| (1..=65_535).contains(&port))
    };
    if !port.is_none_or(port_fits)
        || repository.len() > MAX_REPOSITORY
        || !path.split('/').all(is_component)
    {
        return refuse("is not the name of an image", HELP.to_owned());
    }
    Ok(())
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(part: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let joined = part
        .split(word)
        .all(|gap| matches!(gap, "" | "." | "_" | "__") || gap.bytes().all(|b| b == b'-'));
    part.starts_with(word) && part.ends_with(word) && joined
}

/// `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`
fn is_tag(tag: &str) -> bool {
    (1..=128).contains(&tag.len())
        && !tag.starts_with(['.', '-'])
        && tag
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        write!(f, "@{}", self.digest)
    }
}

serialize_as_text!(Image);

#[cfg(test)]
mod tests {
    use super::*;

    fn with_digest(name: &str) -> String {
        format!("{name}@sha256:{}", "1a".repeat(32))
    }

    #[test]
    fn reads() {
        for (name, repository, tag) in [
            (
                "ghcr.io/dlddu/claude-agent",
                "ghcr.io/dlddu/claude-agent",
                None,
            ),
            ("ghcr.io/a/b/c:1.2", "ghcr.io/a/b/c", Some("1.2")),
            ("localhost:5000/x", "localhost:5000/x", None),
            ("localhost/x:y", "localhost/x", Some("y")),
            (
                "r.example.com:443/a__b/c--d/e.f:V1_-.",
                "r.example.com:443/a__b/c--d/e.f",
                Some("V1_-."),
            ),
            ("registry:5000/x", "registry:5000/x", None),
        ] {
            let text = with_digest(name);
            let image = Image::parse(&text).unwrap();
            assert_eq!(
                (image.repository(), image.tag(), image.to_string()),
                (repository, tag, text)
            );
            assert_eq!(image.digest().len(), 71);
        }
    }

    #[test]
    fn a_missing_digest_is_told_apart() {
        for name in [
            "ghcr.io/dlddu/agent",
            "ghcr.io/dlddu/agent:latest",
            "localhost:5000/x",
        ] {
            let refusal = Image::parse(name).unwrap_err();
            assert!(
                refusal.message.ends_with("has no digest") && refusal.help.contains(name),
                "{refusal:?}"
            );
            assert!(lacks_digest(name), "{name}");
        }
        for name in [
            "",
            "agent",
            "dlddu/agent",
            "ghcr.io/UP",
            "ghcr.io/a:-x",
            "ghcr.io/a@",
            "ghcr.io/",
        ] {
            assert!(!lacks_digest(name) && Image::parse(name).is_err(), "{name}");
            assert!(
                !Image::parse(name)
                    .unwrap_err()
                    .message
                    .ends_with("has no digest"),
                "{name}"
            );
        }
    }

    #[test]
    fn refuses() {
        for name in [
            "",
            "x",
            "alpine",
            "library/alpine",
            "UPPER.io/x",
            "ghcr.io/Up",
            "ghcr.io/",
            "ghcr.io//x",
            "ghcr.io/x/",
            "ghcr.io/-x",
            "ghcr.io/x-",
            "ghcr.io/a___b",
            "ghcr.io/a..b",
            "ghcr.io/a._b",
            "ghcr.io/..",
            "ghcr.io/x:",
            "ghcr.io/x:.a",
            "ghcr.io:0/x",
            "ghcr.io:65536/x",
            "ghcr.io:/x",
            "ghcr.io:080/x",
            "ghcr.io:+80/x",
            "https://ghcr.io/x",
            "user@ghcr.io/x",
            "127.0.0.1:5000/x",
            "ghcr.io/x y",
            "ghcr.io/é",
            "ghcr.io/x:a:b",
            "ghcr.io/{{x}}",
            "ghcr.io/*",
            "ghcr.io./x",
        ] {
            assert!(Image::parse(&with_digest(name)).is_err(), "{name}");
        }
        for digest in ["", "sha256:", "sha256:12", "sha512:11", "md5:11"] {
            assert!(
                Image::parse(&format!("ghcr.io/x@{digest}")).is_err(),
                "{digest}"
            );
        }
        assert!(Image::parse(&format!("ghcr.io/x@sha256:{}", "1A".repeat(32))).is_err());
        assert!(Image::parse(&format!("ghcr.io/x@sha256:{}", "11".repeat(33))).is_err());
        assert!(Image::parse(&with_digest(&with_digest("ghcr.io/x"))).is_err());
        assert!(Image::parse(&with_digest(&format!("ghcr.io/{}", "a".repeat(260)))).is_err());
        assert!(Image::parse(&with_digest(&format!("ghcr.io/x:{}", "a".repeat(129)))).is_err());
    }
}
