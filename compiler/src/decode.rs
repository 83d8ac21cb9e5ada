//! Shaped nodes to documents: the small words that every document's decoder uses.
//!
//! The shape of a node was checked before, so a decoder refuses nothing. What is missing was
//! reported there; here it is `None`, and a declaration that cannot stand without it is left out.

use crate::shape::Item;
use crate::span::Spanned;
use crate::values::Parsed;

/// The value of the first argument of a child, read as `T`.
pub(crate) fn child<T>(
    item: &Item,
    name: &str,
    parse: impl Fn(&str) -> Parsed<T>,
) -> Option<Spanned<T>> {
    typed(item.child(name)?.text(0), parse)
}

/// The text of the first argument of a child.
pub(crate) fn text(item: &Item, name: &str) -> Option<Spanned<String>> {
    item.child(name)?.text(0)
}

/// The number of the first argument of a child.
pub(crate) fn int(item: &Item, name: &str) -> Option<Spanned<u64>> {
    let value = item.child(name)?.int(0)?;
    Some(Spanned::new(u64::try_from(value.value).ok()?, value.span))
}

/// The same where it may be below zero.
pub(crate) fn int_signed(item: &Item, name: &str) -> Option<Spanned<i64>> {
    item.child(name)?.int(0)
}

/// The values of the first arguments of all children of a name.
pub(crate) fn list<T>(
    item: &Item,
    name: &str,
    parse: impl Fn(&str) -> Parsed<T>,
) -> Vec<Spanned<T>> {
    item.children(name)
        .filter_map(|c| typed(c.text(0), &parse))
        .collect()
}

/// The texts of the first arguments of all children of a name.
pub(crate) fn texts(item: &Item, name: &str) -> Vec<Spanned<String>> {
    item.children(name).filter_map(|c| c.text(0)).collect()
}

/// A property read as `T`.
pub(crate) fn prop<T>(
    item: &Item,
    name: &str,
    parse: impl Fn(&str) -> Parsed<T>,
) -> Option<Spanned<T>> {
    typed(item.prop(name), parse)
}

/// A numeric property.
pub(crate) fn prop_int(item: &Item, name: &str) -> Option<Spanned<u64>> {
    let value = item.prop_int(name)?;
    Some(Spanned::new(u64::try_from(value.value).ok()?, value.span))
}

/// A text read as `T`; the shape has seen that it can be.
pub(crate) fn typed<T>(
    text: Option<Spanned<String>>,
    parse: impl Fn(&str) -> Parsed<T>,
) -> Option<Spanned<T>> {
    let text = text?;
    Some(Spanned::new(parse(&text.value).ok()?, text.span))
}
