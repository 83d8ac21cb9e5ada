//! A short message to people, by the address that their chat or paging system gave for it.
//!
//! The address is the credential: it stands in no contract, no log and no result, and before a byte leaves it is held
//! against the host that the spec declares. Slack, Mattermost and others take `{"text": …}`. None of them knows
//! a message again, so one whose answer was lost is sent once more, with the same words and the same key: people are
//! told twice rather than never.

use super::client::{Ask, Client, Payload, never};
use super::place::secure;
use super::result::Result as Document;
use super::{Refused, refused};
use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use serde_json::json;

/// What a receiver that looks at it knows the message again by.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Characters of the key that people see.
const SHORT: usize = 12;
/// Most characters of an agent's words.
pub(super) const MOST_WORDS: usize = 500;

/// Whom to tell, and what.
#[derive(Debug)]
pub struct Message<'m> {
    /// The host that the spec declares.
    pub host: &'m str,
    /// What it is found again by.
    pub key: &'m str,
    /// The words of the spec.
    pub text: &'m str,
    /// Those of the agent, harmless; empty: none.
    pub words: &'m str,
}

impl Message<'_> {
    /// All that people read: the words of the spec, how the run ended, what became of the exports before, the agent's
    /// words on a line of their own. The same at every attempt.
    #[must_use]
    pub fn whole(&self, document: &Document) -> String {
        let mut whole = format!("{}\n{}", self.text, document.told());
        if !self.words.is_empty() {
            whole.push_str("\nThe agent says: ");
            whole.push_str(self.words);
        }
        let short: String = self.key.chars().take(SHORT).collect();
        format!("{whole}\n({short})")
    }

    /// Posts it to `address`; gives no address, because that is a credential.
    ///
    /// # Errors
    /// An address of another host; another answer than 2xx.
    pub async fn post(
        &self,
        client: &Client,
        address: &str,
        document: &Document,
    ) -> Result<String, Refused> {
        if !leads(address, self.host) {
            return Err(refused(
                "address",
                "the secret is no `https` address of the host that the spec declares",
            ));
        }
        let unfit = |_untold| refused("request", "the request cannot be written");
        let body = json!({"text": self.whole(document)}).to_string();
        let ask = Ask::new(Method::POST, address)
            .shown_as(format!("https://{}/…", self.host))
            .with(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .with(USER_AGENT, HeaderValue::from_static("pure-agent"))
            .with(KEY, HeaderValue::try_from(self.key).map_err(unfit)?)
            .carrying(Payload::Whole(body.into()));
        let got = client.send(&ask, never).await?;
        match got.status.is_success() {
            true => Ok(String::new()),
            false => Err(got.refusal("the message was not taken")),
        }
    }
}

/// Whether an address is one of this host, by `https` and its own port, without a user.
fn leads(address: &str, host: &str) -> bool {
    secure(address).is_some_and(|(named, port)| named.eq_ignore_ascii_case(host) && port == 443)
}

#[cfg(test)]
mod tests {
    use super::leads;

    #[test]
    fn an_address_is_one_of_the_declared_host() {
        for address in [
            "https://hooks.example.com/services/T0/B0/x",
            "https://hooks.example.com:443/services/T0",
            "https://HOOKS.example.com/x?y=z",
        ] {
            assert!(leads(address, "hooks.example.com"), "{address}");
        }
        for address in [
            "",
            "hooks.example.com/x",
            "http://hooks.example.com/x",
            "https://hooks.example.com.evil.example.net/x",
            "https://evil.example.net/hooks.example.com",
            "https://hooks.example.com@evil.example.net/x",
            "https://kim:word@hooks.example.com/x",
            "https://hooks.example.com:8443/x",
            "https://hooks.example.com./x",
            "https://evil.example.net\\@hooks.example.com/x",
            "https://evil.example.net#@hooks.example.com/x",
            "https://evil.example.net?@hooks.example.com/x",
            "https://hooks.example.com\r\nhost: evil.example.net",
            "//hooks.example.com/x",
        ] {
            assert!(!leads(address, "hooks.example.com"), "{address}");
        }
    }
}
