//! One bucket of S3.

use super::body::{self, Body};
use super::{Serves, field};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::{Request, Response};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// What the bucket holds.
#[derive(Default)]
pub struct S3 {
    /// Content and marker.
    pub objects: BTreeMap<String, (Vec<u8>, String)>,
    /// Marker and parts of what was begun.
    pub begun: BTreeMap<String, (String, BTreeMap<u32, Vec<u8>>)>,
    count: u32,
}

fn answer(status: u16, text: String) -> Response<Body> {
    let response = Response::builder().status(status);
    response
        .header("etag", "\"0123abcd\"")
        .body(body::whole(text))
        .unwrap()
}

impl S3 {
    fn put(&mut self, path: String, request: &Request<Bytes>) -> Response<Body> {
        let sum = STANDARD.encode(Sha256::digest(request.body()));
        assert_eq!(field(request, "x-amz-checksum-sha256"), sum);
        assert_eq!(field(request, "if-none-match"), "*");
        if self.objects.contains_key(&path) {
            return answer(412, String::new());
        }
        let mark = field(request, "x-amz-meta-pure-agent").to_owned();
        self.objects.insert(path, (request.body().to_vec(), mark));
        answer(200, String::new())
    }

    fn part(&mut self, query: &str, request: &Request<Bytes>) -> Response<Body> {
        let (number, id) = query.split_once("&uploadId=").unwrap();
        let number = number.strip_prefix("partNumber=").unwrap().parse().unwrap();
        assert!(request.body().len() <= 16 << 20);
        let (_, parts) = self.begun.get_mut(id).unwrap();
        parts.insert(number, request.body().to_vec());
        answer(200, String::new())
    }

    fn end(&mut self, path: String, id: &str, request: &Request<Bytes>) -> Response<Body> {
        assert_eq!(field(request, "if-none-match"), "*");
        if self.objects.contains_key(&path) {
            return answer(412, String::new());
        }
        let (mark, parts) = self.begun.remove(id).unwrap();
        let list = String::from_utf8(request.body().to_vec()).unwrap();
        assert_eq!(list.matches("<Part>").count(), parts.len());
        let whole = parts.into_values().flatten().collect();
        self.objects.insert(path, (whole, mark));
        answer(200, "<R><ETag>x</ETag></R>".to_owned())
    }
}

impl Serves for S3 {
    fn answer(&mut self, request: &Request<Bytes>) -> Response<Body> {
        let signed = field(request, "authorization");
        assert!(
            signed.starts_with("AWS4-HMAC-SHA256 Credential=AKID/"),
            "{signed}"
        );
        let digest = super::digest::sha256(request.body());
        assert_eq!(field(request, "x-amz-content-sha256"), digest);
        let path = request.uri().path().to_owned();
        let query = request.uri().query().unwrap_or_default().to_owned();
        match (request.method().as_str(), query.as_str()) {
            ("HEAD", "") => match self.objects.get(&path) {
                None => answer(404, String::new()),
                Some((_, mark)) => Response::builder()
                    .header("x-amz-meta-pure-agent", mark)
                    .body(body::empty())
                    .unwrap(),
            },
            ("PUT", "") => self.put(path, request),
            ("PUT", query) => self.part(query, request),
            ("POST", "uploads=") => {
                self.count += 1;
                let id = format!("upload-{}", self.count);
                let mark = field(request, "x-amz-meta-pure-agent").to_owned();
                self.begun.insert(id.clone(), (mark, BTreeMap::new()));
                answer(200, format!("<R><UploadId>{id}</UploadId></R>"))
            }
            ("POST", query) => {
                let id = query.strip_prefix("uploadId=").unwrap().to_owned();
                self.end(path, &id, request)
            }
            ("DELETE", query) => {
                self.begun.remove(query.strip_prefix("uploadId=").unwrap());
                answer(204, String::new())
            }
            other => panic!("{other:?}"),
        }
    }
}
