//! Names of environment variables that a spec may set.

use super::super::{Parsed, Refusal, shown, text_value};

text_value! {
    /// A variable's name: `[A-Za-z_][A-Za-z0-9_]*`, at most 128 characters, none that the runtime owns.
    EnvName
}

/// Variables that steer the process itself, its interpreter, its shell or its trust: code by another name.
const STEERING: [&str; 32] = [
    "PATH",
    "HOME",
    "USER",
    "SHELL",
    "IFS",
    "ENV",
    "BASH_ENV",
    "PWD",
    "TMPDIR",
    "HOSTALIASES",
    "LOCALDOMAIN",
    "RES_OPTIONS",
    "NODE_OPTIONS",
    "NODE_EXTRA_CA_CERTS",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "PYTHONSTARTUP",
    "PYTHONPATH",
    "PYTHONHOME",
    "PERL5OPT",
    "PERL5LIB",
    "RUBYOPT",
    "RUBYLIB",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GCONV_PATH",
    "PROMPT_COMMAND",
    "SSLKEYLOGFILE",
];
/// Prefixes that belong to the loader, the cluster, git, the model clients and this system.
const OWNED: [&str; 9] = [
    "LD_",
    "DYLD_",
    "GLIBC_",
    "KUBERNETES_",
    "GIT_",
    "ANTHROPIC_",
    "OPENAI_",
    "CLAUDE_",
    "PURE_AGENT_",
];
/// Words that say that a value is secret.
const SECRET_WORDS: [&str; 9] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "API_KEY",
    "APIKEY",
    "CREDENTIAL",
    "PRIVATE_KEY",
    "ACCESS_KEY",
];

impl EnvName {
    /// Reads a variable's name.
    ///
    /// # Errors
    /// Refuses what is no C identifier, and the names that the runtime owns, in any case.
    pub fn parse(text: &str) -> Parsed<Self> {
        let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let rest = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !first || !rest || text.len() > 128 {
            return Err(Refusal::new(
                format!("{} is not the name of a variable", shown(text)),
                "write letters, digits and `_`, no digit first: \"LOG_LEVEL\"",
            ));
        }
        if is_reserved(text) {
            return Err(Refusal::new(
                format!("variable {} belongs to the runtime", shown(text)),
                "leave it out, or choose a name of your own: \"LOG_LEVEL\"",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether the name says that its value is a secret, as `GITHUB_TOKEN` does.
    ///
    /// The caller decides what to make of it: secrets have no place in an agent's environment.
    pub fn looks_secret(&self) -> bool {
        let upper = self.0.to_ascii_uppercase();
        SECRET_WORDS.iter().any(|word| upper.contains(word))
    }
}

fn is_reserved(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    STEERING.contains(&upper.as_str())
        || OWNED.iter().any(|prefix| upper.starts_with(prefix))
        || upper.ends_with("_PROXY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_plain_names() {
        for text in [
            "LOG_LEVEL",
            "a",
            "_x",
            "TZ",
            "CI",
            "PATHS",
            "HOMEPAGE",
            "PROXY",
        ] {
            assert_eq!(EnvName::parse(text).unwrap().as_str(), text);
        }
        assert!(EnvName::parse(&"A".repeat(129)).is_err());
    }

    #[test]
    fn refuses_what_is_no_identifier() {
        for text in [
            "", "1A", "A-B", "A.B", "A=B", "A B", "É", "A\0", "$A", "A\n",
        ] {
            assert!(EnvName::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_would_steer_the_runtime() {
        for text in [
            "PATH",
            "path",
            "HOME",
            "LD_PRELOAD",
            "ld_library_path",
            "KUBERNETES_SERVICE_HOST",
            "ANTHROPIC_BASE_URL",
            "ANTHROPIC_API_KEY",
            "OPENAI_API_KEY",
            "HTTP_PROXY",
            "https_proxy",
            "No_Proxy",
            "PURE_AGENT_ROLE",
            "NODE_OPTIONS",
            "GIT_SSH_COMMAND",
            "BASH_ENV",
            "CLAUDE_CODE_X",
        ] {
            let refusal = EnvName::parse(text).unwrap_err();
            assert!(refusal.message.contains("belongs to the runtime"), "{text}");
        }
    }

    #[test]
    fn knows_secrets_by_name() {
        for text in [
            "GITHUB_TOKEN",
            "db_password",
            "MY_SECRET",
            "X_API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "CREDENTIALS",
        ] {
            assert!(EnvName::parse(text).unwrap().looks_secret(), "{text}");
        }
        for text in ["LOG_LEVEL", "KEYBOARD", "PASS"] {
            assert!(!EnvName::parse(text).unwrap().looks_secret(), "{text}");
        }
    }
}
