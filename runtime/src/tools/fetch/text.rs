//! Which pages are text, and in which letters.

/// How a page is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Html,
}

impl Form {
    /// By a media type in lower case, without parameters.
    pub(super) fn of(kind: &str) -> Option<Self> {
        match kind {
            "text/html" | "application/xhtml+xml" => Some(Self::Html),
            "application/json" | "application/xml" => Some(Self::Plain),
            _ if kind.starts_with("text/") => Some(Self::Plain),
            _ if kind.starts_with("application/")
                && (kind.ends_with("+json") || kind.ends_with("+xml")) =>
            {
                Some(Self::Plain)
            }
            _ => None,
        }
    }
}

/// The `charset` of a media type, in lower case.
pub(super) fn charset(kind: &str) -> Option<String> {
    let mut parameters = kind
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.split_once('='));
    let (_, value) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(value.trim().trim_matches('"').to_ascii_lowercase())
}

/// The text of bytes; what is no letter of the charset stands as U+FFFD. None for a charset that is not known.
pub(super) fn decode(bytes: &[u8], charset: Option<&str>) -> Option<String> {
    match charset {
        None | Some("utf-8" | "utf8" | "us-ascii") => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        Some("iso-8859-1" | "latin1" | "windows-1252") => {
            Some(bytes.iter().map(|b| char::from(*b)).collect())
        }
        Some(_) => None,
    }
}
