//! Signature Version 4 of AWS.

use super::super::client::{Ask, Payload};
use super::super::dates::basic;
use super::super::{Refused, refused};
use super::field;
use crate::digest::{hex, sha256};
use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::Method;
use serde::Deserialize;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::fmt;

/// SHA-256 of nothing.
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Who signs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Credential {
    access_key_id: String,
    secret_access_key: String,
    #[serde(default)]
    session_token: Option<String>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential")
    }
}

impl Credential {
    /// Reads JSON, or `ID:SECRET`.
    pub(super) fn read(secret: &str) -> Result<Self, Refused> {
        let unfit = || refused("secret", "the credential is none of S3");
        if secret.starts_with('{') {
            return crate::strict::read(secret.as_bytes()).map_err(|_untold| unfit());
        }
        let (id, key) = secret.split_once(':').ok_or_else(unfit)?;
        Ok(Self {
            access_key_id: id.to_owned(),
            secret_access_key: key.to_owned(),
            session_token: None,
        })
    }
}

/// A request that is being signed. All its fields are.
pub(super) struct Signing<'s> {
    method: Method,
    host: &'s str,
    path: &'s str,
    /// As it stands in the URL: sorted, and with `=` after every key.
    query: String,
    fields: BTreeMap<String, String>,
    payload: Payload,
    digest: String,
    most: Option<usize>,
}

impl<'s> Signing<'s> {
    /// A request without a body. The path needs no escapes.
    pub(super) fn new(method: Method, host: &'s str, path: &'s str, query: &str) -> Self {
        Self {
            method,
            host,
            path,
            query: query.to_owned(),
            fields: BTreeMap::new(),
            payload: Payload::Empty,
            digest: NOTHING.to_owned(),
            most: None,
        }
    }

    /// The same with a field more, its name in lower case.
    pub(super) fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same with a body whose SHA-256 is known, in hexadecimal.
    pub(super) fn carrying(mut self, payload: Payload, digest: &str) -> Self {
        (self.payload, self.digest) = (payload, digest.to_owned());
        self
    }

    /// The request with its signature, at a Unix time.
    pub(super) fn sign(
        mut self,
        credential: &Credential,
        region: &str,
        service: &str,
        now: u64,
    ) -> Result<Ask, Refused> {
        self.fields
            .insert("x-amz-content-sha256".to_owned(), self.digest.clone());
        if let Some(token) = &credential.session_token {
            let name = "x-amz-security-token".to_owned();
            self.fields.insert(name, token.clone());
        }
        let signed = self.authorization(credential, region, service, now);
        let url = match self.query.as_str() {
            "" => format!("https://{}{}", self.host, self.path),
            query => format!("https://{}{}?{query}", self.host, self.path),
        };
        let mut ask = Ask::new(self.method.clone(), url).carrying(self.payload.clone());
        for (name, value) in &self.fields {
            if name != "host" {
                let (name, value) = field(name, value)?;
                ask = ask.with(name, value);
            }
        }
        let (name, mut value) = field("authorization", &signed)?;
        value.set_sensitive(true);
        ask = ask.with(name, value);
        Ok(match self.most {
            Some(most) => ask.most(most),
            None => ask,
        })
    }

    /// The value of `authorization`; the fields that belong to it are there then.
    pub(super) fn authorization(
        &mut self,
        credential: &Credential,
        region: &str,
        service: &str,
        now: u64,
    ) -> String {
        let time = basic(now);
        let day: String = time.chars().take(8).collect();
        self.fields.insert("host".to_owned(), self.host.to_owned());
        self.fields.insert("x-amz-date".to_owned(), time.clone());
        let names: Vec<&str> = self.fields.keys().map(String::as_str).collect();
        let names = names.join(";");
        let fields: String = self
            .fields
            .iter()
            .map(|(name, value)| format!("{name}:{}\n", value.trim()))
            .collect();
        let canonical = format!(
            "{}\n{}\n{}\n{fields}\n{names}\n{}",
            self.method, self.path, self.query, self.digest
        );
        let scope = format!("{day}/{region}/{service}/aws4_request");
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", sha256(canonical));
        let secret = format!("AWS4{}", credential.secret_access_key);
        let mut key = secret.into_bytes();
        for part in [day.as_str(), region, service, "aws4_request"] {
            key = mac(&key, part);
        }
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope},SignedHeaders={names},Signature={}",
            credential.access_key_id,
            hex(&mac(&key, &text))
        )
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes a key of any length; were it otherwise, nobody would accept the signature.
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mut mac| {
            mac.update(text.as_bytes());
            mac.finalize().into_bytes().to_vec()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::client::Payload;
    use super::{Credential, Signing};
    use crate::digest::sha256;
    use hyper::Method;

    const NOW: u64 = 1_369_353_600;

    fn example() -> Credential {
        Credential::read("AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").unwrap()
    }

    fn signature(mut signing: Signing<'_>) -> String {
        let digest = signing.digest.clone();
        signing = signing.field("x-amz-content-sha256", &digest);
        let value = signing.authorization(&example(), "us-east-1", "s3", NOW);
        value.split("Signature=").nth(1).unwrap().to_owned()
    }

    /// The examples that AWS publishes for S3.
    #[test]
    fn the_published_examples_are_signed_alike() {
        let host = "examplebucket.s3.amazonaws.com";
        let get = Signing::new(Method::GET, host, "/test.txt", "").field("range", "bytes=0-9");
        assert_eq!(
            signature(get),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        let put = Signing::new(Method::PUT, host, "/test%24file.text", "")
            .field("date", "Fri, 24 May 2013 00:00:00 GMT")
            .field("x-amz-storage-class", "REDUCED_REDUNDANCY")
            .carrying(Payload::Empty, &sha256("Welcome to Amazon S3."));
        assert_eq!(
            signature(put),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
        let lifecycle = Signing::new(Method::GET, host, "/", "lifecycle=");
        assert_eq!(
            signature(lifecycle),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
        let list = Signing::new(Method::GET, host, "/", "max-keys=2&prefix=J");
        assert_eq!(
            signature(list),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }

    #[test]
    fn a_credential_has_two_forms() {
        let json = r#"{"access_key_id":"a","secret_access_key":"b","session_token":"c"}"#;
        let read = Credential::read(json).unwrap();
        assert_eq!(read.session_token.as_deref(), Some("c"));
        assert_eq!(format!("{read:?}"), "Credential");
        for text in [
            "a",
            "{}",
            r#"{"access_key_id":"a","secret_access_key":"b","x":1}"#,
        ] {
            assert_eq!(Credential::read(text).unwrap_err().rule, "secret");
        }
    }
}
