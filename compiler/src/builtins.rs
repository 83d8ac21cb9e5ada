//! The tools that are built into the gateway: one table for checks, plan and flow.

/// A family of tools of the gateway.
#[derive(Debug, PartialEq, Eq)]
pub struct Builtin {
    /// What `builtin` says.
    pub kind: &'static str,
    /// Its tools, sorted by name.
    pub tools: &'static [Tool],
}

/// One tool of a builtin.
#[derive(Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Whether a call changes the outside world.
    pub effect: bool,
    /// Whether its answer holds what the public cannot read.
    pub private: bool,
    /// Whether its answer holds text that strangers may have written.
    pub untrusted: bool,
    /// Names of its arguments.
    pub arguments: &'static [&'static str],
}

const fn read(name: &'static str, private: bool, arguments: &'static [&'static str]) -> Tool {
    Tool {
        name,
        effect: false,
        private,
        untrusted: true,
        arguments,
    }
}

/// Every builtin.
pub static BUILTINS: &[Builtin] = &[
    Builtin {
        kind: "linear",
        tools: &[
            read("get_issue", true, &["issue_id"]),
            read("get_issue_comments", true, &["issue_id"]),
            read("list_issues", true, &["query", "state", "limit"]),
            Tool {
                name: "request_feature",
                effect: true,
                private: false,
                untrusted: false,
                arguments: &["title", "reason", "priority"],
            },
        ],
    },
    Builtin {
        kind: "git",
        tools: &[read("clone", true, &["repository", "branch"])],
    },
    Builtin {
        kind: "fetch",
        tools: &[read("fetch", false, &["url"])],
    },
];

/// The builtin of a kind.
#[must_use]
pub fn builtin(kind: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|b| b.kind == kind)
}

impl Builtin {
    /// A tool by name.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<&'static Tool> {
        self.tools.iter().find(|t| t.name == name)
    }
}
