//! Repositories: `"dlddu/pure-agent"`, and with a host: `"github.com/dlddu/pure-agent"`.

use super::host::Host;
use super::{Parsed, Refusal, shown, text_value};
use pure_agent_runtime::git::is_repository;

text_value! {
    /// An owner and a repository on GitHub. Patterns over these: [`super::pattern::Kind::Repo`].
    Repo
}
text_value! {
    /// A host, an owner and a repository. Patterns over these: [`super::pattern::Kind::HostedRepo`].
    HostedRepo
}

impl Repo {
    /// Reads `owner/name`.
    ///
    /// # Errors
    /// Refuses URLs, other counts of parts, and names that GitHub refuses.
    pub fn parse(text: &str) -> Parsed<Self> {
        if is_repository(text) {
            return Ok(Self(text.to_owned()));
        }
        let bare = text
            .trim_start_matches("https://")
            .trim_start_matches("git@");
        let bare = bare
            .trim_start_matches("github.com")
            .trim_start_matches(['/', ':'])
            .trim_end_matches(".git");
        let help = if is_repository(bare) {
            format!("write {bare:?}")
        } else {
            "write an owner and a name: \"dlddu/pure-agent\"".to_owned()
        };
        Err(Refusal::new(
            format!("{} is not a repository", shown(text)),
            help,
        ))
    }

    /// The owner: a person or an organisation.
    pub fn owner(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The name without the owner.
    pub fn name(&self) -> &str {
        self.0.split('/').nth(1).unwrap_or_default()
    }
}

impl HostedRepo {
    /// Reads `host/owner/name`.
    ///
    /// # Errors
    /// Refuses what [`Host::parse`] and [`Repo::parse`] refuse.
    pub fn parse(text: &str) -> Parsed<Self> {
        let Some((host, repo)) = text.split_once('/').filter(|(_, repo)| repo.contains('/')) else {
            return Err(Refusal::new(
                format!("{} is not a repository with its host", shown(text)),
                "write a host, an owner and a name: \"github.com/dlddu/pure-agent\"",
            ));
        };
        Host::parse(host)?;
        Repo::parse(repo)?;
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads() {
        for text in [
            "dlddu/pure-agent",
            "a/b",
            "A-1/.github",
            "a/_x",
            "a_corp/x.y",
        ] {
            assert_eq!(Repo::parse(text).unwrap().as_str(), text);
            assert!(HostedRepo::parse(&format!("github.com/{text}")).is_ok());
        }
        let repo = Repo::parse("dlddu/pure-agent").unwrap();
        assert_eq!((repo.owner(), repo.name()), ("dlddu", "pure-agent"));
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "/",
            "a",
            "a/",
            "/a",
            "a/b/c",
            "-a/b",
            "a-/b",
            "a/.",
            "a/..",
            "../a",
            "a/b.git",
            "a/b.GIT",
            "a b/c",
            "a/b c",
            "é/a",
            "a/é",
            "a/b?x",
            "a/b#c",
            "a/*",
            "*/a",
            "a/b\n",
            "a\\b",
            "https://github.com/a/b",
            "a/%2e%2e",
        ] {
            assert!(Repo::parse(text).is_err(), "{text:?}");
        }
        assert!(Repo::parse(&format!("{}/a", "a".repeat(40))).is_err());
        assert!(Repo::parse(&format!("a/{}", "a".repeat(101))).is_err());
        for text in [
            "a/b",
            "github.com/a",
            "GitHub.com/a/b",
            "127.0.0.1/a/b",
            "github.com:443/a/b",
            "github.com/a/b/c",
        ] {
            assert!(HostedRepo::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(
            Repo::parse("https://github.com/a/b.git").unwrap_err().help,
            "write \"a/b\""
        );
    }
}
