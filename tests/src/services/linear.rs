//! Linear: issues of every name, comments with ids of their makers, files.

use super::body::{self, Body};
use super::{Serves, field, json};
use bytes::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json as value};
use std::collections::BTreeMap;

/// The key that it takes.
pub const KEY: &str = "lin_api_of_the_tests";

/// What the id of an issue is, before its name.
pub const UUID: &str = "uuid-of-";

/// One comment.
#[derive(Debug, Clone)]
pub struct Comment {
    /// Where it stands.
    pub issue: String,
    /// Its text.
    pub body: String,
    /// Who wrote it.
    pub user: String,
}

/// What it keeps.
#[derive(Default)]
pub struct Linear {
    /// Comments by id.
    pub comments: BTreeMap<String, Comment>,
    /// Files by address.
    pub files: BTreeMap<String, Bytes>,
    promised: Vec<u64>,
}

impl Serves for Linear {
    fn answer(&mut self, request: &Request<Bytes>) -> Response<Body> {
        if request.method() == "PUT" {
            return self.put(request);
        }
        assert_eq!(request.uri().path(), "/graphql");
        if field(request, "authorization") != KEY {
            return json(401, &value!({"errors": [{"message": "not authenticated"}]}));
        }
        let asked: Value = serde_json::from_slice(request.body()).unwrap();
        let (query, with) = (asked["query"].as_str().unwrap(), &asked["variables"]);
        match query.split(['(', ' ']).nth(1).unwrap() {
            "Start" => start(with),
            "Find" => self.find(with),
            "Create" => self.create(&with["input"]),
            "File" => self.file(with),
            other => panic!("{other}"),
        }
    }
}

/// Whether this is the name of an issue: `A-1`.
pub(super) fn is_issue(name: &str) -> bool {
    let parts = name.split_once('-');
    parts.is_some_and(|(team, number)| {
        team.bytes().all(|b| b.is_ascii_uppercase()) && number.parse::<u32>().is_ok()
    })
}

fn start(with: &Value) -> Response<Body> {
    match with["issue"].as_str() {
        Some(name) if is_issue(name) => json(
            200,
            &value!({"data": {"viewer": {"id": "me"}, "issue": {
                "id": format!("{UUID}{name}"), "identifier": name, "url": format!("https://linear.app/w/issue/{name}"),
            }}}),
        ),
        _ => error("Entity not found: Issue"),
    }
}

impl Linear {
    fn find(&self, with: &Value) -> Response<Body> {
        let id = with["id"].as_str().unwrap();
        match self.comments.get(id) {
            None => error("Entity not found: Comment"),
            Some(Comment { issue, body, user }) => {
                let name = issue.strip_prefix(UUID).unwrap();
                json(
                    200,
                    &value!({"data": {"comment": {
                        "id": id, "body": body, "url": format!("https://linear.app/w/issue/{name}#comment-{id}"),
                        "user": {"id": user}, "issue": {"id": issue},
                    }}}),
                )
            }
        }
    }

    fn create(&mut self, input: &Value) -> Response<Body> {
        let text = |key: &str| input[key].as_str().unwrap().to_owned();
        let (id, issue, body) = (text("id"), text("issueId"), text("body"));
        let form: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!((form, &id[14..15]), (vec![8, 4, 4, 4, 12], "4"), "{id}");
        if self.comments.contains_key(&id) {
            return error("Entity already exists");
        }
        let user = "me".to_owned();
        self.comments
            .insert(id.clone(), Comment { issue, body, user });
        json(
            200,
            &value!({"data": {"commentCreate": {"success": true, "comment": {"id": id}}}}),
        )
    }

    fn file(&mut self, with: &Value) -> Response<Body> {
        let number = self.promised.len();
        self.promised.push(with["size"].as_u64().unwrap());
        json(
            200,
            &value!({"data": {"fileUpload": {"success": true, "uploadFile": {
                "uploadUrl": format!("https://uploads.linear.app/put/{number}?signature=x"),
                "assetUrl": format!("https://uploads.linear.app/asset/{number}"),
                "headers": [{"key": "x-goog-acl", "value": "private"}],
            }}}}),
        )
    }

    fn put(&mut self, request: &Request<Bytes>) -> Response<Body> {
        let number = request.uri().path().strip_prefix("/put/").unwrap();
        let size = self.promised[number.parse::<usize>().unwrap()];
        assert_eq!(
            field(request, "authorization"),
            "",
            "no credential goes there"
        );
        assert_eq!(field(request, "x-goog-acl"), "private");
        assert_eq!(field(request, "content-length"), size.to_string());
        assert_eq!(request.body().len() as u64, size);
        let name = format!("https://uploads.linear.app/asset/{number}");
        self.files.insert(name, request.body().clone());
        Response::new(body::empty())
    }
}

fn error(message: &str) -> Response<Body> {
    json(
        200,
        &value!({"data": null, "errors": [{"message": message}]}),
    )
}
