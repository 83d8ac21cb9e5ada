//! Bodies of messages: whole or in pieces, read within bounds.

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, Full, LengthLimitError, Limited};
use std::fmt;
use std::io;
use std::time::Duration;
use tokio::time::timeout;

/// A body that is sent. For one in pieces: [`http_body_util::channel::Channel`], boxed.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A body of these bytes.
#[must_use]
pub fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// No body.
#[must_use]
pub fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// Why a body is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It has more bytes than it may.
    TooLong,
    /// It did not come in time.
    Late,
    /// It broke off.
    Broken,
}

impl Unread {
    /// The rule, as a stable word.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::TooLong => "body-length",
            Self::Late => "body-late",
            Self::Broken => "body-broken",
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the body has more bytes than it may",
            Self::Late => "the body did not come in time",
            Self::Broken => "the body broke off",
        })
    }
}

impl std::error::Error for Unread {}

/// The whole of a body: at most so many bytes, within so much time.
///
/// # Errors
/// See [`Unread`].
pub async fn read<B>(body: B, most: usize, within: Duration) -> Result<Bytes, Unread>
where
    B: hyper::body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let body = timeout(within, Limited::new(body, most).collect()).await;
    let body = body.map_err(|_late| Unread::Late)?;
    let body = body.map_err(|e| match e.downcast_ref::<LengthLimitError>() {
        Some(_) => Unread::TooLong,
        None => Unread::Broken,
    })?;
    Ok(body.to_bytes())
}
