//! The tree of a document: what KDL says, before anybody asks what it means.

use crate::span::{Span, Spanned};

/// A KDL value. Of a number with decimals the text is kept: it is read exactly, where the language has one.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A string, quoted or bare.
    String(String),
    /// An integer.
    Int(i128),
    /// A number with a fraction or exponent, as written.
    Float(String),
    /// `#true` or `#false`.
    Bool(bool),
    /// `#null`.
    Null,
}

/// `name=value` on a node.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// The name.
    pub name: Spanned<String>,
    /// The value.
    pub value: Spanned<Value>,
}

/// A node with everything on its line and in its block.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The name.
    pub name: Spanned<String>,
    /// Positional arguments, in order.
    pub arguments: Vec<Spanned<Value>>,
    /// Properties, in order, repeats kept.
    pub properties: Vec<Property>,
    /// The block: `None` where no braces were written.
    pub children: Option<Vec<Node>>,
    /// From the name to the end of the last entry, without the block.
    pub head: Span,
    /// Places of type annotations on the node or its entries (the language has none).
    pub annotations: Vec<Span>,
}
