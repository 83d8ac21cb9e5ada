//! A stand-in for a registry of packages: one of Python, one of Node, one of Rust.

use crate::provider::answer;
use bytes::Bytes;
use hyper::{Request, Response};
use pure_agent_runtime::body::{self, Body};
use pure_agent_tests::program::{Scratch, said};
use pure_agent_tests::sources::repository;
use serde_json::{Value, json};
use std::process::Command;

/// Where it is.
pub(crate) const HOST: &str = "packages.example.com";

/// The packages, and their digests.
pub(crate) struct Packages {
    folder: Scratch,
    digests: Value,
}

impl Packages {
    pub(crate) fn make() -> Self {
        let folder = Scratch::new("packages");
        let script = repository().join("tests/clients/packages.py");
        let made = Command::new("python3")
            .arg(script)
            .arg(folder.path())
            .output();
        let made = made.unwrap();
        assert!(made.status.success(), "{}", said(&made));
        let digests = serde_json::from_slice(&made.stdout).unwrap();
        Self { folder, digests }
    }

    pub(crate) fn serve(&self, request: &Request<Bytes>) -> Response<Body> {
        let digest = |name: &str| self.digests[name].as_str().unwrap();
        match request.uri().path() {
            "/simple/tiny-sample/" => {
                let file = "tiny_sample-1.0.0-py3-none-any.whl";
                let link = format!("<a href=\"/{file}#sha256={}\">{file}</a>", digest("wheel"));
                text("text/html", link)
            }
            "/npm/tiny-sample" => {
                let tarball = format!("https://{HOST}/tiny-sample-1.0.0.tgz");
                let dist = json!({"tarball": tarball, "integrity": digest("tarball")});
                let one = json!({"name": "tiny-sample", "version": "1.0.0", "main": "index.js", "dist": dist});
                let tags = json!({"latest": "1.0.0"});
                answer(
                    200,
                    &json!({"name": "tiny-sample", "dist-tags": tags, "versions": {"1.0.0": one}}),
                )
            }
            "/crates/config.json" => answer(
                200,
                &json!({"dl": format!("https://{HOST}/{{crate}}-{{version}}.crate")}),
            ),
            "/crates/ti/ny/tiny-sample" => answer(
                200,
                &json!({
                    "name": "tiny-sample", "vers": "1.0.0", "deps": [], "cksum": digest("crate"), "features": {},
                    "yanked": false,
                }),
            ),
            path => match std::fs::read(self.folder.path().join(path.trim_start_matches('/'))) {
                Ok(bytes) => Response::new(body::whole(bytes)),
                Err(_) => answer(404, &json!({"error": "not found"})),
            },
        }
    }
}

fn text(kind: &str, text: String) -> Response<Body> {
    let response = Response::builder().header("content-type", kind);
    response.body(body::whole(text)).unwrap()
}
