//! Typed tools as their author wrote them.

use super::{Input, S, any_url, input};
use crate::decode::{child, int_signed, text};
use crate::shape::Item;
use crate::span::Span;
use crate::values::url::Url;

/// Methods by the nodes that stand for them.
const METHODS: [(&str, &str); 5] = [
    ("get", "GET"),
    ("post", "POST"),
    ("put", "PUT"),
    ("patch", "PATCH"),
    ("delete", "DELETE"),
];

/// `tool` of a server
#[derive(Debug, Clone)]
pub struct TypedTool {
    /// Name.
    pub name: S<String>,
    /// What it does.
    pub about: Option<S<String>>,
    /// Arguments.
    pub arguments: Vec<Argument>,
    /// Method and path; a tool that makes sense has one.
    pub requests: Vec<Request>,
    /// JSON Pointer into the answer.
    pub pick: Option<S<String>>,
    /// Other addresses.
    pub whens: Vec<When>,
    /// Whether something in it was refused: what seems to be missing may be what was meant.
    pub spoilt: bool,
}

/// `arg`
#[derive(Debug, Clone)]
pub struct Argument {
    /// What it may be.
    pub value: Input,
    /// What it says.
    pub about: Option<S<String>>,
    /// The least number.
    pub min: Option<S<i64>>,
    /// The most.
    pub max: Option<S<i64>>,
}

/// `get`, `post` and so on
#[derive(Debug, Clone)]
pub struct Request {
    /// Method in upper case.
    pub method: &'static str,
    /// Path.
    pub path: S<String>,
}

/// `when`
#[derive(Debug, Clone)]
pub struct When {
    /// The node.
    pub span: Span,
    /// The argument.
    pub argument: S<String>,
    /// Its value.
    pub is: S<String>,
    /// Another base URL.
    pub url: Option<S<Url>>,
    /// Another path.
    pub path: Option<S<String>>,
    /// Whether something in it was refused.
    pub spoilt: bool,
}

impl super::Server {
    /// Every base URL that its typed tools ask.
    pub fn urls(&self) -> impl Iterator<Item = &S<Url>> {
        let of_base = |base| self.typed.iter().flat_map(move |tool| tool.places(base));
        self.url.iter().flat_map(of_base).map(|(_, url, _)| url)
    }
}

impl TypedTool {
    /// Whether a call changes the outside world; what cannot be told counts as if it did.
    #[must_use]
    pub fn effect(&self) -> bool {
        self.requests.iter().any(|r| r.method != "GET") || self.requests.is_empty()
    }

    /// The argument of a name.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().find(|a| a.value.name.value == name)
    }

    /// Every method, base URL and path that a call may use; `base` is that of the server.
    pub fn places<'t>(
        &'t self,
        base: &'t S<Url>,
    ) -> impl Iterator<Item = (&'static str, &'t S<Url>, &'t S<String>)> {
        self.requests.iter().flat_map(move |request| {
            let others = self.whens.iter().map(move |when| {
                let path = when.path.as_ref().unwrap_or(&request.path);
                (request.method, when.url.as_ref().unwrap_or(base), path)
            });
            let own = (request.method, base, &request.path);
            (!self.elsewhere()).then_some(own).into_iter().chain(others)
        })
    }

    /// Whether every value of the argument that decides leads elsewhere.
    fn elsewhere(&self) -> bool {
        let Some(first) = self.whens.first() else {
            return false;
        };
        let values = self
            .argument(&first.argument.value)
            .map_or(&[][..], |a| &a.value.one_of);
        let led = |value: &S<String>| self.whens.iter().any(|w| w.is.value == value.value);
        !values.is_empty() && values.iter().all(led)
    }
}

impl Argument {
    /// Whether an agent can say little with it: a number, or one of a list.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        !self.value.one_of.is_empty() || self.max.is_some()
    }
}

pub(super) fn tool(item: &Item) -> Option<TypedTool> {
    let request = |(node, method): (&str, &'static str)| {
        let path = text(item, node)?;
        Some(Request { method, path })
    };
    Some(TypedTool {
        name: item.text(0)?,
        about: text(item, "about"),
        arguments: item.children("arg").filter_map(argument).collect(),
        requests: METHODS.into_iter().filter_map(request).collect(),
        pick: text(item, "pick"),
        whens: item.children("when").filter_map(when).collect(),
        spoilt: item.spoilt(),
    })
}

fn argument(item: &Item) -> Option<Argument> {
    Some(Argument {
        value: input(item)?,
        about: text(item, "about"),
        min: int_signed(item, "min"),
        max: int_signed(item, "max"),
    })
}

fn when(item: &Item) -> Option<When> {
    Some(When {
        span: item.span,
        argument: item.text(0)?,
        is: item.prop("is")?,
        url: child(item, "url", any_url),
        path: text(item, "path"),
        spoilt: item.spoilt(),
    })
}
