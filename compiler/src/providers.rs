//! Where model providers are, unless a spec says otherwise.

use crate::values::url::{Plaintext, Url};

/// The provider that is none: the gateway answers in its place.
pub const STUB: &str = "stub";

/// Base address of a provider: what the spec says, or the provider's own.
///
/// `None` for providers without an address of their own (`ollama`, `compatible`) where the spec
/// gives none, and for a stub.
#[must_use]
pub fn base_url(provider: &str, url: Option<&Url>) -> Option<Url> {
    if let (Some(url), false) = (url, provider == STUB) {
        return Some(url.clone());
    }
    let own = match provider {
        "anthropic" => "https://api.anthropic.com",
        "openai" => "https://api.openai.com",
        "gemini" => "https://generativelanguage.googleapis.com",
        _ => return None,
    };
    Url::parse(own, Plaintext::Refused).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_address_wins() {
        let own = Url::parse("https://llm.example.com/v1", Plaintext::Refused).unwrap();
        for provider in ["anthropic", "openai", "gemini", "ollama", "compatible"] {
            assert_eq!(base_url(provider, Some(&own)), Some(own.clone()));
        }
        assert_eq!(base_url(STUB, Some(&own)), None, "nobody is called");
    }

    #[test]
    fn three_providers_have_an_address() {
        let shown = |p| base_url(p, None).map(|u| u.to_string());
        assert_eq!(
            shown("anthropic").as_deref(),
            Some("https://api.anthropic.com")
        );
        assert_eq!(shown("openai").as_deref(), Some("https://api.openai.com"));
        assert_eq!(
            shown("gemini").as_deref(),
            Some("https://generativelanguage.googleapis.com")
        );
        assert_eq!(shown("ollama"), None);
        assert_eq!(shown("compatible"), None);
        assert_eq!(shown(STUB), None);
    }
}
