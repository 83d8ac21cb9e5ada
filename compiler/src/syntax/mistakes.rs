//! The mistakes that people make in KDL, and what to write instead.

use super::tree::Value;
use crate::codes::Code;
use crate::diag::Finding;
use crate::span::Span;

/// A bare word that is KDL to nobody, or to KDL but not to its author.
#[derive(Debug, PartialEq)]
pub(super) enum Mistake {
    /// `true`: the keyword needs a `#`.
    Keyword(Value),
    /// A value that needs quotes.
    Unquoted,
    /// `'…'`, `` `…` `` or typographic quotes.
    WrongQuotes,
    /// `,` at the end.
    Comma,
}

/// Quote characters that KDL does not know, with what closes them.
pub(super) fn closing_quotes(first: char) -> &'static [char] {
    match first {
        '\'' => &['\''],
        '`' => &['`'],
        '“' | '”' | '„' => &['”', '“'],
        '‘' | '’' | '‚' => &['’', '‘'],
        '«' => &['»'],
        _ => &[],
    }
}

/// What is wrong with a bare word at the place of a value, if that is known without asking.
pub(super) fn of_word(word: &str) -> Option<Mistake> {
    match word {
        "true" => return Some(Mistake::Keyword(Value::Bool(true))),
        "false" => return Some(Mistake::Keyword(Value::Bool(false))),
        "null" => return Some(Mistake::Keyword(Value::Null)),
        "inf" | "-inf" | "nan" => return Some(Mistake::Unquoted),
        _ => {}
    }
    let first = word.chars().next()?;
    if !closing_quotes(first).is_empty() {
        return Some(Mistake::WrongQuotes);
    }
    if word.ends_with(',') {
        return Some(Mistake::Comma);
    }
    (first == '*' || word.ends_with(':')).then_some(Mistake::Unquoted)
}

/// The word between quotes, with what KDL wants escaped.
pub(super) fn in_quotes(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A value without its quotes.
pub(super) fn unquoted(word: &str, span: Span) -> Finding {
    let right = in_quotes(word);
    let label = match word.bytes().next() {
        Some(b'0'..=b'9') => "not a number: a value with a unit is a string",
        Some(b'*') => "a pattern is a quoted string",
        _ => "only letters, digits, `-`, `_` and `.` go without quotes",
    };
    Finding::new(Code::BareValue, span, format!("`{word}` must be quoted"))
        .label(label)
        .help(format!("write `{right}`"))
        .fix(span, right)
}

/// A node or property name that needs quotes.
pub(super) fn unquoted_name(word: &str, span: Span) -> Finding {
    let right = in_quotes(word);
    Finding::new(
        Code::BareValue,
        span,
        format!("`{word}` is no name without quotes"),
    )
    .label("a name begins with a letter")
    .help(format!(
        "write `{right}`, or begin the line with the name of a node"
    ))
}

/// `true`, `false` and `null` as in other languages.
pub(super) fn keyword(word: &str, span: Span) -> Finding {
    Finding::new(
        Code::BareValue,
        span,
        format!("`{word}` must be written `#{word}`"),
    )
    .label("keywords begin with `#`")
    .help(format!("write `#{word}`"))
    .fix(span, format!("#{word}"))
}

/// A `#` and a word that is no keyword, with the value that was most likely meant.
pub(super) fn unknown_keyword(word: &str, span: Span) -> (Value, Finding) {
    let name = word.trim_start_matches('#');
    let meant = match name.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some((Value::Bool(true), "#true")),
        "false" | "no" | "off" => Some((Value::Bool(false), "#false")),
        "null" | "none" | "nil" => Some((Value::Null, "#null")),
        _ => None,
    };
    let finding = Finding::new(Code::BareValue, span, format!("`{word}` is not a keyword"))
        .label("keywords are `#true`, `#false` and `#null`");
    match meant {
        Some((value, right)) => (
            value,
            finding.help(format!("write `{right}`")).fix(span, right),
        ),
        None => {
            let help = format!("for a string write `{}`", in_quotes(word));
            (Value::String(name.to_owned()), finding.help(help))
        }
    }
}

/// `# …` as a comment.
pub(super) fn hash_comment(span: Span, hash: Span) -> Finding {
    Finding::new(Code::BareValue, span, "comment begins with `#`")
        .label("comments begin with `//`")
        .help("write `//`")
        .fix(hash, "//")
}

/// A string in quotes that KDL does not know.
pub(super) fn wrong_quotes(written: &str, inner: &str, span: Span) -> Finding {
    let right = in_quotes(inner);
    Finding::new(
        Code::BareValue,
        span,
        format!("`{written}` is not a string"),
    )
    .label("strings stand in double quotes")
    .help(format!("write `{right}`"))
    .fix(span, right)
}

/// A comma between values.
pub(super) fn comma(span: Span) -> Finding {
    Finding::new(Code::BareValue, span, "comma between values")
        .label("values are separated by blanks")
        .help("remove the comma")
        .fix(span, "")
}

/// `name = value` where the name is a node's.
pub(super) fn assignment(name: &str, span: Span, fix: Span) -> Finding {
    let message = format!("`=` after the node name `{name}`");
    Finding::new(Code::BareValue, span, message)
        .label("a node is followed by its values; `=` joins a property and its value")
        .help(format!("write `{name}`, a blank and the value"))
        .fix(fix, " ")
}

/// `name: value` where the name is a node's.
pub(super) fn colon_after_node(name: &str, span: Span, fix: Span) -> Finding {
    Finding::new(
        Code::BareValue,
        span,
        format!("`:` after the node name `{name}`"),
    )
    .label("a node is followed by its values, without a colon")
    .help(format!("write `{name}`, a blank and the value"))
    .fix(fix, " ")
}

/// `key: value` among the entries of a node.
pub(super) fn colon_after_key(key: &str, span: Span, fix: Span) -> Finding {
    Finding::new(
        Code::BareValue,
        span,
        format!("`:` after the property name `{key}`"),
    )
    .label("a property is written `name=value`")
    .help(format!("write `{key}=` and the value"))
    .fix(fix, format!("{key}="))
}

/// `key=` without a value.
pub(super) fn no_value(key: &str, span: Span) -> Finding {
    Finding::new(Code::BareValue, span, format!("`{key}=` has no value"))
        .label("the value is missing")
        .help(format!("write `{key}=\"…\"` or remove it"))
}

/// `==`.
pub(super) fn double_equals(span: Span) -> Finding {
    Finding::new(Code::BareValue, span, "more than one `=`")
        .label("one `=` joins a property and its value")
        .help("write one `=`")
        .fix(span, "=")
}

/// `[a, b]`.
pub(super) fn brackets(span: Span) -> Finding {
    Finding::new(Code::BareValue, span, "`[` is not KDL: there are no lists")
        .label("no list begins here")
        .help("write the values one after the other, or repeat the node")
}
