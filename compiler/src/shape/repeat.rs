//! Nodes that stand again where they may stand once: at all, for their name, or for their values.

use super::{Item, Scalar, Shaper};
use crate::codes::Code;
use crate::diag::Finding;
use crate::nodes::{Count, Unique};
use crate::span::Span;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

impl Shaper {
    /// Reports every node of a block that repeats an earlier one.
    pub(super) fn repeats(&mut self, items: &[Item]) {
        let mut seen = BTreeMap::new();
        for item in items {
            let Some(identity) = identity(item) else {
                continue;
            };
            match seen.entry(identity) {
                Entry::Vacant(place) => drop(place.insert(item.span)),
                Entry::Occupied(first) => self.repeat(*first.get(), item),
            }
        }
    }

    fn repeat(&mut self, first: Span, item: &Item) {
        let what = match first_value(item) {
            Some(Scalar::Text(t)) if !matches!(item.def.count, Count::One | Count::Optional) => {
                format!("`{}` `{t}`", item.def.name)
            }
            _ => format!("`{}`", item.def.name),
        };
        self.findings.push(
            Finding::new(
                Code::Duplicate,
                item.span,
                format!("{what} is written twice"),
            )
            .label("again here")
            .related(first, "first here")
            .help("keep one of the two"),
        );
    }
}

/// What two nodes of one block may not share; `None` for a node that may be repeated as it is.
type Identity<'a> = (
    &'static str,
    Vec<Option<&'a Scalar>>,
    Vec<(&'static str, &'a Scalar)>,
);

fn identity(item: &Item) -> Option<Identity<'_>> {
    let values = || item.args.iter().map(|a| a.as_ref().map(|a| &a.value));
    let (values, properties) = match (item.def.count, item.def.unique) {
        (Count::One | Count::Optional, _) => (Vec::new(), Vec::new()),
        (_, Unique::Never) => return None,
        (_, Unique::First) => (vec![Some(first_value(item)?)], Vec::new()),
        (_, Unique::Args) => (values().collect(), Vec::new()),
        (_, Unique::All) => {
            let mut properties: Vec<_> = item.props.iter().map(|(n, v)| (*n, &v.value)).collect();
            properties.sort();
            (values().collect(), properties)
        }
    };
    Some((item.def.name, values, properties))
}

fn first_value(item: &Item) -> Option<&Scalar> {
    item.args.first()?.as_ref().map(|a| &a.value)
}
