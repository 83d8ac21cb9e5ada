//! What Linear is asked. What varies goes as a variable.

pub(super) const ISSUE: &str = "query Issue($id: String!) { issue(id: $id) { \
    id identifier title description priority priorityLabel url createdAt updatedAt dueDate estimate \
    team { key } state { name type } labels { nodes { id name color } } assignee { id name email } } }";

pub(super) const COMMENTS: &str = "query Comments($id: String!, $first: Int!, $after: String) { issue(id: $id) { \
    team { key } comments(first: $first, after: $after) { \
    nodes { id body url createdAt updatedAt user { id name email } } pageInfo { hasNextPage endCursor } } } }";

pub(super) const ISSUES: &str = "query Issues($filter: IssueFilter!, $first: Int!) { \
    issues(filter: $filter, first: $first, orderBy: updatedAt) { nodes { \
    id identifier title priority priorityLabel url createdAt updatedAt dueDate estimate \
    team { key } state { name type } labels { nodes { id name color } } assignee { id name email } } } }";

pub(super) const TEAM: &str = "query Team($key: String!) { \
    teams(filter: { key: { eq: $key } }, first: 2) { nodes { id key } } }";

pub(super) const CREATE: &str = "mutation Create($input: IssueCreateInput!) { \
    issueCreate(input: $input) { success issue { id identifier title url team { key } } } }";

pub(super) const CREATED: &str = "query Created($id: String!) { issue(id: $id) { \
    id identifier title url team { key } } }";
