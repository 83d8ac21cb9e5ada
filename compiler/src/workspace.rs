//! `pure-agent.kdl`, as it was written.

use crate::shape::Item;
use crate::span::Spanned;

/// The file at the root of a workspace.
#[derive(Debug, Clone, Default)]
pub struct Workspace {
    /// Patterns of spec files.
    pub specs: Vec<Spanned<String>>,
    /// Patterns of policy files.
    pub policies: Vec<Spanned<String>>,
    /// Patterns of target files.
    pub targets: Vec<Spanned<String>>,
    /// Policies that bound every spec.
    pub require: Vec<Spanned<String>>,
    /// The default target.
    pub target: Option<Spanned<String>>,
}

impl Workspace {
    /// Decodes the top level of a workspace file.
    #[must_use]
    pub fn decode(items: &[Item]) -> Self {
        let of = |name: &str| {
            items
                .iter()
                .filter(|i| i.def.name == name)
                .filter_map(|i| i.text(0))
                .collect()
        };
        Self {
            specs: of("specs"),
            policies: of("policies"),
            targets: of("targets"),
            require: of("require"),
            target: items
                .iter()
                .find(|i| i.def.name == "target")
                .and_then(|i| i.text(0)),
        }
    }
}
