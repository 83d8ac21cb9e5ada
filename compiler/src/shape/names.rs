//! What to say of a name that is not in the table: the nearest one that is, or where it belongs.

use crate::codes::Code;
use crate::diag::Finding;
use crate::nodes::{Document, NodeDef, walk};
use crate::span::Spanned;
use crate::syntax::tree::Node;

/// The nearest of some names: at most two edits or a transposition away.
#[must_use]
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wrong.len() > 64 {
        return None;
    }
    let lower = wrong.to_lowercase().replace('_', "-");
    let limit = if lower.chars().count() <= 3 { 1 } else { 2 };
    names
        .into_iter()
        .map(|n| (strsim::damerau_levenshtein(&lower, n), n))
        .filter(|(d, n)| *d <= limit && *d < n.chars().count())
        .min()
        .map(|(_, n)| n)
}

/// `a`, `b` and `c`, each in backticks.
pub(super) fn quote_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|n| format!("`{n}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

pub(super) fn unknown_child(
    document: Document,
    defs: &'static [&'static NodeDef],
    node: &Node,
    parent: &str,
) -> Finding {
    let name = &node.name.value;
    let top = parent == document.word();
    if top && let Some(other) = elsewhere(document, name) {
        let message = format!("`{name}` does not belong in a {}", document.word());
        return Finding::new(Code::MixedDocument, node.name.span, message).help(format!(
            "move it to a {}; each file is of one kind",
            other.word()
        ));
    }
    let finding = Finding::new(
        Code::UnknownNode,
        node.name.span,
        if top {
            format!("unknown node `{name}` in a {}", document.word())
        } else {
            format!("unknown node `{name}` in {parent}")
        },
    );
    if let Some(near) = nearest(name, defs.iter().map(|d| d.name)) {
        return finding
            .help(format!("did you mean `{near}`?"))
            .fix(node.name.span, near);
    }
    let mut homes: Vec<&str> = walk()
        .iter()
        .filter(|(d, _, def)| *d == document && def.name == name)
        .map(|(_, path, _)| {
            path.rsplit_once('/')
                .map_or(path.as_str(), |(home, _)| home)
        })
        .collect();
    homes.dedup();
    if let [home] = homes.as_slice() {
        return finding.help(format!("`{name}` belongs in `{home}`"));
    }
    if defs.is_empty() {
        return finding.help("remove it");
    }
    finding.help(format!(
        "known here: {}",
        quote_list(defs.iter().map(|d| d.name))
    ))
}

fn elsewhere(document: Document, name: &str) -> Option<Document> {
    Document::ALL
        .into_iter()
        .filter(|d| *d != document)
        .find(|d| d.nodes().iter().any(|def| def.name == name))
}

pub(super) fn unknown_property(def: &'static NodeDef, name: &Spanned<String>) -> Finding {
    let finding = Finding::new(
        Code::UnknownProperty,
        name.span,
        format!("unknown property `{}` of `{}`", name.value, def.name),
    );
    if let Some(near) = nearest(&name.value, def.props.iter().map(|p| p.name)) {
        return finding
            .help(format!("did you mean `{near}=`?"))
            .fix(name.span, near);
    }
    if def.children.iter().any(|c| c.name == name.value) {
        return finding.help(format!(
            "`{}` is a setting of its own: write it as a line in the block of `{}`",
            name.value, def.name
        ));
    }
    if def.props.is_empty() {
        return finding.help(format!(
            "`{}` has no properties; a setting is a line of its own",
            def.name
        ));
    }
    finding.help(format!(
        "known here: {}",
        quote_list(def.props.iter().map(|p| p.name))
    ))
}
