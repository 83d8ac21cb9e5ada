//! An object in parts. Until the last request, nothing of it can be seen.

use super::super::client::{Got, Payload};
use super::super::outbox::Archive;
use super::super::{Refused, refused};
use super::{MARK, Object, WHOLE};
use crate::digest::{hex, sha256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use std::fmt::Write as _;

impl Object<'_> {
    /// Sends the archive in parts. What was begun is taken back where it does not come to its end.
    pub(super) async fn parts(&self, archive: &Archive) -> Result<Got, Refused> {
        let id = self.begin().await?;
        let sent = self.send_all(archive, &id).await;
        if !sent.as_ref().is_ok_and(|got| got.status.is_success()) {
            let query = format!("uploadId={id}");
            // What stays behind is cleared by the bucket's own rules.
            drop(self.send(self.ask(Method::DELETE, &query)).await);
        }
        sent
    }

    async fn begin(&self) -> Result<String, Refused> {
        let ask = self
            .ask(Method::POST, "uploads=")
            .field("x-amz-checksum-algorithm", "SHA256")
            .field("content-type", self.kind)
            .field(MARK, &self.marker);
        let got = self.send(ask).await?;
        if !got.status.is_success() {
            return Err(got.refusal("the upload was not begun"));
        }
        let body = String::from_utf8_lossy(&got.body);
        let id = element(&body, "UploadId").unwrap_or_default();
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
        match (1..=1024).contains(&id.len()) && id.bytes().all(plain) {
            true => Ok(id.to_owned()),
            false => Err(refused(
                "upstream-form",
                "S3 begins an upload without an id",
            )),
        }
    }

    async fn send_all(&self, archive: &Archive, id: &str) -> Result<Got, Refused> {
        let mut list = String::from("<CompleteMultipartUpload>");
        let (mut from, mut number) = (0_u64, 1_u32);
        while from < archive.bytes {
            let length = WHOLE.min(archive.bytes.saturating_sub(from));
            let sum = archive.digest_of(from, length)?;
            let encoded = STANDARD.encode(&sum);
            let query = format!("partNumber={number}&uploadId={id}");
            let ask = self
                .ask(Method::PUT, &query)
                .field("x-amz-checksum-sha256", &encoded)
                .carrying(archive.part(from, length), &hex(&sum));
            let got = self.send(ask).await?;
            if !got.status.is_success() {
                return Err(got.refusal("a part was not taken"));
            }
            let tag = got.headers.get("etag").and_then(|tag| tag.to_str().ok());
            let tag = tag.unwrap_or_default().trim_matches('"');
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
            if tag.is_empty() || !tag.bytes().all(plain) {
                return Err(refused("upstream-form", "S3 takes a part without a tag"));
            }
            let _ = write!(
                list,
                "<Part><PartNumber>{number}</PartNumber><ETag>\"{tag}\"</ETag><ChecksumSHA256>{encoded}</ChecksumSHA256></Part>"
            );
            from = from.saturating_add(length);
            number = number.saturating_add(1);
        }
        list.push_str("</CompleteMultipartUpload>");
        self.end(id, list).await
    }

    /// S3 may say 200 and then, in the body, that it failed.
    async fn end(&self, id: &str, list: String) -> Result<Got, Refused> {
        let digest = sha256(&list);
        let ask = self
            .ask(Method::POST, &format!("uploadId={id}"))
            .field("content-type", "application/xml")
            .field("if-none-match", "*")
            .carrying(Payload::Whole(list.into()), &digest);
        let got = self.send(ask).await?;
        let body = String::from_utf8_lossy(&got.body);
        if got.status.is_success() && element(&body, "ETag").is_none() && !self.there().await? {
            return Err(refused(
                "upstream-refused",
                "the parts were not put together",
            ));
        }
        Ok(got)
    }
}

/// The text of the first element of this name.
fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once('<').map(|(text, _)| text)
}
