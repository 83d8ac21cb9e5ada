//! Checks of strings that several protocols share.

use super::rule::Rule;
use super::shape::Shape;

type Verdict = Result<(), (Rule, &'static str)>;

/// A name of a tool.
pub(super) static TOOL_NAME: Shape = Shape::Check(tool_name);
/// Bytes in base64.
pub(super) static BASE64: Shape = Shape::Check(base64);
/// A picture as `data:` URL.
pub(super) static IMAGE_URL: Shape = Shape::Check(image_url);
/// A PDF as `data:` URL.
pub(super) static PDF_URL: Shape = Shape::Check(pdf_url);
/// A key of a cache.
pub(super) static CACHE_KEY: Shape = Shape::Check(cache_key);

fn tool_name(name: &str) -> Verdict {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':');
    if (1..=200).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(());
    }
    Err((
        Rule::ToolName,
        "must have 1 to 200 of the characters A-Z a-z 0-9 _ - . :",
    ))
}

fn base64(text: &str) -> Verdict {
    let body = text.trim_end_matches('=');
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    if !body.is_empty() && text.len() - body.len() <= 2 && body.bytes().all(plain) {
        return Ok(());
    }
    Err((Rule::Encoding, "must be base64, without line breaks"))
}

fn image_url(url: &str) -> Verdict {
    let types = ["png", "jpeg", "gif", "webp"];
    let data = url.strip_prefix("data:image/").and_then(|rest| {
        let (kind, data) = rest.split_once(";base64,")?;
        types.contains(&kind).then_some(data)
    });
    match data {
        Some(data) => base64(data),
        None => Err((
            Rule::OutsideSource,
            "must begin with `data:image/png;base64,` (or jpeg, gif, webp): the provider would fetch another URL",
        )),
    }
}

fn pdf_url(url: &str) -> Verdict {
    match url.strip_prefix("data:application/pdf;base64,") {
        Some(data) => base64(data),
        None => Err((
            Rule::OutsideSource,
            "must begin with `data:application/pdf;base64,`",
        )),
    }
}

fn cache_key(key: &str) -> Verdict {
    if key.len() <= 512 {
        return Ok(());
    }
    Err((Rule::TooMany, "has more than 512 bytes"))
}
