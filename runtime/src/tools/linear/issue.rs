//! The shapes of Linear's answers: what is not named here is not passed on.

use serde::{Deserialize, Serialize, Serializer};

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Issue {
    id: String,
    identifier: String,
    title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    state: State,
    priority: serde_json::Number,
    #[serde(default)]
    priority_label: String,
    labels: Labels,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assignee: Option<Person>,
    url: String,
    created_at: String,
    updated_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    estimate: Option<serde_json::Number>,
}

#[derive(Debug, Deserialize, Serialize)]
struct State {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Debug, Deserialize)]
struct Labels {
    nodes: Vec<Label>,
}

/// A list of labels, without the form that GraphQL gives to lists.
impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.nodes.serialize(serializer)
    }
}

#[derive(Debug, Deserialize, Serialize)]
struct Label {
    id: String,
    name: String,
    color: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Person {
    id: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Comment {
    id: String,
    body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<Person>,
    created_at: String,
    updated_at: String,
    url: String,
}

/// One page of the comments of an issue.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    comments: Comments,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Comments {
    nodes: Vec<Comment>,
    page_info: PageInfo,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

impl Page {
    /// Its comments, and where the next page begins; none where the page has more than it may.
    pub(super) fn take(self, most: usize) -> Option<(Vec<Comment>, Option<String>)> {
        let Comments { nodes, page_info } = self.comments;
        let next = page_info.end_cursor.filter(|_| page_info.has_next_page);
        (nodes.len() <= most).then_some((nodes, next))
    }
}

/// An issue that was made.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Created {
    pub(super) id: String,
    identifier: String,
    #[serde(skip_serializing)]
    pub(super) title: String,
    url: String,
}
