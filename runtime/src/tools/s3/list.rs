//! What stands in the folder of a month, page by page.

use super::super::Failed;
use super::months::Month;
use super::{S3, encoded};

/// Most bytes of one page.
const MOST_PAGE: usize = 4 << 20;
/// Objects of one page.
const PAGE: usize = 1000;
/// Most pages of a month.
const PAGES: usize = 16;
/// Most bytes of a key, as S3 has it.
const MOST_KEY: usize = 1024;

/// An object.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) key: String,
    pub(super) size: u64,
    /// What S3 calls these bytes.
    pub(super) tag: String,
}

impl S3 {
    /// At most so many files of a month, and how many more have names that no address can say.
    pub(super) async fn list(
        &self,
        month: &Month,
        most: usize,
    ) -> Result<(Vec<Listed>, usize), Failed> {
        let folder = month.folder(self.partition);
        let prefix = match self.bucket.prefix.as_str() {
            "" => format!("{folder}/"),
            prefix => format!("{prefix}/{folder}/"),
        };
        let (mut files, mut odd, mut after) = (Vec::new(), 0, None);
        for _ in 0..PAGES {
            let page = self.page(&prefix, after.as_deref()).await?;
            for file in page.files {
                match file.key.strip_prefix(&prefix) {
                    None => return Err(unreadable()),
                    // What stands for the folder itself.
                    Some("") => {}
                    Some(name) if is_plain(name) => files.push(file),
                    Some(_) => odd += 1,
                }
            }
            if files.len() > most {
                return Err(many());
            }
            match page.next {
                Some(next) if after.as_ref() != Some(&next) => after = Some(next),
                Some(_) => return Err(unreadable()),
                None => return Ok((files, odd)),
            }
        }
        Err(many())
    }

    async fn page(&self, prefix: &str, after: Option<&str>) -> Result<Page, Failed> {
        let prefix = encoded(prefix).replace('/', "%2F");
        let after = after.map_or_else(String::new, |token| {
            format!("continuation-token={}&", encoded(token).replace('/', "%2F"))
        });
        let query = format!("{after}encoding-type=url&list-type=2&max-keys={PAGE}&prefix={prefix}");
        let request = self.asking("/", &query, &[])?;
        let answer = self.web.ask(request, MOST_PAGE, self.deadline).await?;
        match answer.status().as_u16() {
            200 => {}
            401 | 403 => {
                let message = "S3 does not accept the credential of the spec";
                return Err(Failed::new("s3-credential", message));
            }
            404 => return Err(Failed::new("s3-bucket", "S3 has no such bucket")),
            status => {
                let message = format!("S3 answered with status {status}");
                return Err(Failed::new("s3-status", message));
            }
        }
        let text = std::str::from_utf8(answer.body()).map_err(|_untold| unreadable())?;
        Page::read(text).ok_or_else(unreadable)
    }
}

struct Page {
    files: Vec<Listed>,
    next: Option<String>,
}

impl Page {
    /// Reads `ListBucketResult`. Keys are encoded as in a URL, so that no text in it can be an element.
    fn read(text: &str) -> Option<Self> {
        let (_, inner) = text.split_once("<ListBucketResult")?;
        let (inner, _) = inner.rsplit_once("</ListBucketResult>")?;
        let more = match element(inner, "IsTruncated")? {
            "true" => true,
            "false" => false,
            _ => return None,
        };
        let next = more.then(|| element(inner, "NextContinuationToken").map(unescaped));
        let mut files = Vec::new();
        for object in inner.split("<Contents>").skip(1) {
            let (object, _) = object.split_once("</Contents>")?;
            let tag = unescaped(element(object, "ETag")?);
            let tag = tag.trim_matches('"');
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
            if tag.is_empty() || tag.len() > 64 || !tag.bytes().all(plain) {
                return None;
            }
            files.push(Listed {
                key: from_url(element(object, "Key")?)?,
                size: element(object, "Size")?.parse().ok()?,
                tag: tag.to_owned(),
            });
        }
        match next {
            None => Some(Self { files, next: None }),
            Some(next) => Some(Self {
                files,
                next: Some(next?),
            }),
        }
    }
}

/// The text of the first element of this name.
fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once('<').map(|(text, _)| text)
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&amp;", "&")
}

/// A key that was encoded as in a form: `+` is a space.
fn from_url(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let digit = |b: Option<u8>| char::from(b?).to_digit(16);
                let value = digit(bytes.next())? * 16 + digit(bytes.next())?;
                out.push(u8::try_from(value).ok()?);
            }
            b'+' => out.push(b' '),
            _ => out.push(byte),
        }
    }
    String::from_utf8(out)
        .ok()
        .filter(|key| key.len() <= MOST_KEY)
}

/// Whether a name below the folder of a month is one that every reader of an address takes for the same.
fn is_plain(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~=".contains(&b);
    let part = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(plain);
    name.split('/').all(part)
}

fn unreadable() -> Failed {
    Failed::new("s3-list", "S3 answered what is no list of objects")
}

fn many() -> Failed {
    Failed::new("s3-many", "there are too many files: ask for fewer months")
}
