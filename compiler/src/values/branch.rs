//! Branches of git: `"main"`.

use super::{Parsed, Refusal, shown, text_value};
use pure_agent_runtime::git::is_branch;

text_value! {
    /// A branch's short name. Patterns over these: [`super::pattern::Kind::Branch`].
    Branch
}

impl Branch {
    /// Reads a branch without `refs/heads/`.
    ///
    /// # Errors
    /// Refuses what `git check-ref-format --branch` refuses, also letters outside ASCII, `HEAD`, `refs/…`, and
    /// names of 40 hex digits, which look like commits.
    pub fn parse(text: &str) -> Parsed<Self> {
        if is_branch(text) {
            return Ok(Self(text.to_owned()));
        }
        let help = match text.strip_prefix("refs/heads/") {
            Some(short) if is_branch(short) => format!("write {short:?}"),
            _ => "write a branch as git has it: \"main\", \"agent/fix-login\"".to_owned(),
        };
        Err(Refusal::new(
            format!("{} is not a branch", shown(text)),
            help,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::pattern::{Kind, Pattern};
    use super::*;

    #[test]
    fn reads() {
        for text in [
            "main",
            "agent/fix-1",
            "a.b",
            "v1.0",
            "a@b",
            "user/#12",
            "a-",
            "release/2027_03",
        ] {
            assert_eq!(Branch::parse(text).unwrap().as_str(), text);
            assert!(
                Pattern::parse(Kind::Branch, "**").unwrap().matches(text),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "-a",
            "/a",
            "a/",
            "a//b",
            "a..b",
            ".a",
            "a/.b",
            "a.",
            "a.lock",
            "a.lock/b",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "a[b",
            "a\\b",
            "a b",
            "a\n",
            "a\u{7f}",
            "@",
            "a@{b",
            "HEAD",
            "refs/heads/main",
            "refs",
            "é",
            "..",
            "a/../b",
            "0123456789abcdef0123456789abcdef01234567",
        ] {
            assert!(Branch::parse(text).is_err(), "{text:?}");
        }
        assert!(Branch::parse(&"a".repeat(245)).is_err());
        assert_eq!(
            Branch::parse("refs/heads/main").unwrap_err().help,
            "write \"main\""
        );
    }
}
