//! What patterns are matched against: separators, characters and normal form by kind.

use super::super::host::Host;
use super::super::{Parsed, Refusal, is_invisible, shown};
use pure_agent_runtime::segment::Segment;

/// What a pattern is matched against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Ids and names, one segment: a model's id, a tool, a Secret's key.
    Name,
    /// Host names in lower case, labels by `.`.
    Host,
    /// URL paths, parts by `/`, `/` first; only paths may end in `/`.
    Path,
    /// `owner/name`.
    Repo,
    /// `host/owner/name`.
    HostedRepo,
    /// Git branches, parts by `/`.
    Branch,
    /// Image repositories without tag and digest, parts by `/`.
    Image,
    /// Files of a repository, parts by `/`, no `/` first. Texts may hold any character that a file name may.
    File,
}

impl Kind {
    /// What stands between segments; `None` for names, which are one segment.
    pub fn separator(self) -> Option<char> {
        match self {
            Self::Name => None,
            Self::Host => Some('.'),
            Self::Path
            | Self::Repo
            | Self::HostedRepo
            | Self::Branch
            | Self::Image
            | Self::File => Some('/'),
        }
    }

    /// Whether a text is in normal form. What is not matches no pattern, so a caller that uses
    /// patterns to forbid has to refuse such texts first.
    pub fn is_normal(self, text: &str) -> bool {
        self.check_characters(text, false).is_ok()
            && self
                .split(text)
                .is_some_and(|parts| self.accepts_count(parts.len()))
    }

    /// Segments of a text in normal form, `None` for others.
    pub(super) fn split(self, text: &str) -> Option<Vec<&str>> {
        let Some(separator) = self.separator() else {
            return (!text.is_empty()).then(|| vec![text]);
        };
        let text = if self == Self::Path {
            text.strip_prefix('/')?
        } else {
            text
        };
        if text.is_empty() {
            return (self == Self::Path).then(Vec::new);
        }
        let parts: Vec<&str> = text.split(separator).collect();
        let (last, inner) = parts.split_last()?;
        let dots = |part: &str| part == "." || part == "..";
        let normal = inner.iter().all(|part| !part.is_empty() && !dots(part))
            && !dots(last)
            && (!last.is_empty() || self == Self::Path);
        normal.then_some(parts)
    }

    /// The text that has these segments.
    pub(super) fn join(self, parts: &[String]) -> String {
        match self {
            Self::Path => format!("/{}", parts.join("/")),
            _ => parts.join(&self.separator().map(String::from).unwrap_or_default()),
        }
    }

    /// Whether a text of the kind can have so many segments.
    pub(super) fn accepts_count(self, count: usize) -> bool {
        match self {
            Self::Repo => count == 2,
            Self::HostedRepo => count == 3,
            Self::Name => count == 1,
            Self::Path => true,
            Self::Host | Self::Branch | Self::Image | Self::File => count > 0,
        }
    }

    /// Refuses characters that no text of the kind has, and in patterns those that look special.
    pub(super) fn check_characters(self, text: &str, pattern: bool) -> Parsed<()> {
        if pattern {
            if let Some(c) = text.chars().find(|c| "?[]{}\\".contains(*c)) {
                return Err(Refusal::new(
                    format!("`{c}` is not special in pattern {}", shown(text)),
                    "only `*` and `**` are: write them, or repeat the node for each alternative",
                ));
            }
            if text.starts_with('!') {
                return Err(Refusal::new(
                    format!("pattern {} starts with `!`", shown(text)),
                    "patterns only add: leave the `!` out",
                ));
            }
        }
        match text
            .chars()
            .find(|c| !(self.has(*c, pattern) || pattern && *c == '*'))
        {
            None => Ok(()),
            Some(c) => Err(Refusal::new(
                format!("{} has {} in it", shown(text), shown(&c.to_string())),
                self.help(),
            )),
        }
    }

    fn has(self, c: char, pattern: bool) -> bool {
        let word = c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        match self {
            Self::Name => word || matches!(c, ':' | '/' | '@' | '+'),
            Self::Host => c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'),
            Self::Path => word || "~!$&'()+,;=:@/".contains(c),
            Self::Repo | Self::HostedRepo => word || c == '/',
            Self::Branch => c.is_ascii_graphic() && !"~^:?*[\\".contains(c),
            Self::Image => (word && !c.is_ascii_uppercase()) || matches!(c, '/' | ':'),
            Self::File => !pattern || !(c.is_control() || is_invisible(c)),
        }
    }

    /// Refuses a pattern with more or fewer segments than any text of the kind has.
    pub(super) fn check_segments(self, text: &str, segments: &[Segment]) -> Parsed<()> {
        let deep = segments.contains(&Segment::Deep);
        let fixed = matches!(self, Self::Repo | Self::HostedRepo);
        if fixed && (deep || !self.accepts_count(segments.len())) {
            return Err(Refusal::new(
                format!("pattern {} matches no repository", shown(text)),
                self.help(),
            ));
        }
        // Who answers there gets credentials or runs as an agent: it is always named.
        if matches!(self, Self::HostedRepo | Self::Image) {
            let head = segments.first().and_then(Segment::literal);
            let Some(head) = head else {
                return Err(Refusal::new(
                    format!("pattern {} leaves the host open", shown(text)),
                    self.help(),
                ));
            };
            Host::parse(head.split(':').next().unwrap_or_default())?;
        }
        Ok(())
    }

    /// What a pattern of the kind looks like.
    pub(super) fn help(self) -> String {
        match self {
            Self::Name => "write letters, digits, `-`, `_`, `.`, `:`, `/`, `@`, `+` and `*`: \"claude-*\"",
            Self::Host => "write a host in lower case: \"api.github.com\", \"*.example.com\"",
            Self::Path => {
                "write a path from the root without `//`, `.`, `..`, `%`, `?` and `#`: \"/repos/dlddu/**\""
            }
            Self::Repo => "write an owner and a name: \"dlddu/pure-agent\", \"dlddu/*\"",
            Self::HostedRepo => "write a host, an owner and a name: \"github.com/dlddu/*\"",
            Self::Branch => "write a branch as git has it: \"main\", \"agent/**\"",
            Self::Image => "write an image's repository without tag and digest: \"ghcr.io/dlddu/*\"",
            Self::File => "write a path inside the repository without a `/` first: \".github/**\"",
        }
        .to_owned()
    }
}
