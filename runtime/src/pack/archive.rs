//! A folder becomes a tar archive: regular files only, the same bytes for the same content.
//!
//! Headers are POSIX ustar, with a pax header where a path is too long for one: owner and group 0, time 0, mode
//! 0644 or 0755. Files stand sorted by the parts of their paths; folders follow from the files, so an
//! empty folder is not kept. The archive is written while the workspace is read. A file that changes meanwhile
//! is taken back out of it; when a cap is passed, the whole archive is.

use super::content::{self, Broken};
use super::door::{Folder, Opened, Shut};
use super::exclude::Patterns;
use super::finding::{Findings, Rule};
use super::manifest::Content;
use super::walk::{Bounds, Cut, Step, Walk};
use super::{Failed, names};
use crate::digest::hex;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write};
use std::path::Path;
use tar::{EntryType, Header};

/// Bytes of a block of tar.
const BLOCK: u64 = 512;
/// Blocks of zeros at the end.
const END: u64 = 2 * BLOCK;
/// Most bytes of any archive: what the size of a header can say in octal digits.
const MOST_BYTES: u64 = (8 << 30) - 1;

/// What is to be archived.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// Name of the archive in the outbox, such as `archives/upload.tar`.
    pub name: &'a str,
    /// What is left out, beside `.git`.
    pub exclude: &'a Patterns,
    /// Most bytes of the archive.
    pub size: u64,
    /// What the walk may cost.
    pub bounds: Bounds,
}

/// Archives the folder to a file of the outbox. There is no file where the content is refused: a cap was
/// passed, or something in it looks like a secret.
///
/// # Errors
/// What hinders every export: the outbox cannot be written, the system fails.
pub fn archive(root: Folder, outbox: &Path, job: Job<'_>) -> Result<(Content, Findings), Failed> {
    let mut findings = Findings::default();
    let path = outbox.join(job.name);
    let file = File::create_new(&path).map_err(Failed::Outbox)?;
    let mut archive = Archive::new(file, job.size);
    let refused = match archive.fill(root, job, &mut findings) {
        Ok(()) if findings.secret() => Rule::SecretInside,
        Ok(()) => {
            let content = archive.end(job.name).map_err(Failed::Outbox)?;
            return Ok((content, findings));
        }
        Err(Stop::Refused(rule)) => rule,
        Err(Stop::Failed(failed)) => return Err(failed),
    };
    std::fs::remove_file(&path).map_err(Failed::Outbox)?;
    findings.add(refused, String::new());
    Ok((Content::Refused { rule: refused }, findings))
}

/// Why an archive or tree is given up.
#[derive(Debug)]
pub enum Stop {
    /// It is refused as a whole, by this rule.
    Refused(Rule),
    /// Nothing can be packed.
    Failed(Failed),
}

impl From<Cut> for Stop {
    fn from(cut: Cut) -> Self {
        match cut {
            Cut::TooManyEntries => Self::Refused(Rule::TooManyEntries),
            Cut::Root(rule) => Self::Refused(rule),
            Cut::Broken(errno) => Self::Failed(Failed::Workspace(errno.into())),
        }
    }
}

#[derive(Debug)]
struct Archive {
    file: File,
    hash: Sha256,
    bytes: u64,
    most: u64,
    files: u64,
    content: u64,
}

impl Archive {
    fn new(file: File, most: u64) -> Self {
        let most = most.min(MOST_BYTES);
        Self {
            file,
            hash: Sha256::new(),
            bytes: 0,
            most,
            files: 0,
            content: 0,
        }
    }

    fn fill(&mut self, root: Folder, job: Job<'_>, findings: &mut Findings) -> Result<(), Stop> {
        if self.most < END {
            return Err(Stop::Refused(Rule::TooManyBytes));
        }
        let mut walk = Walk::new(root, job.exclude, job.bounds)?;
        while let Some(step) = walk.step()? {
            match step {
                Step::Folder(_) => {}
                Step::Refused(refused) => findings.add(refused.rule, refused.shown),
                Step::File(item) => {
                    let found = match walk.open(&item) {
                        Ok(opened) => self.add(&item.path, opened)?,
                        Err(Shut::Rule(rule)) => vec![rule],
                        Err(Shut::TooMany) => return Err(Stop::Refused(Rule::TooManyEntries)),
                        Err(Shut::Broken(errno)) => return Err(Cut::Broken(errno).into()),
                    };
                    for rule in found {
                        findings.add(rule, names::shown(item.path.as_bytes()));
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds one file, or leaves the archive as it was; tells by which rules something was found.
    fn add(&mut self, path: &str, opened: Opened) -> Result<Vec<Rule>, Stop> {
        let size = opened.size;
        let headers = headers(path, size, opened.executable).map_err(outbox)?;
        let whole = (headers.len() as u64)
            .saturating_add(padded(size))
            .saturating_add(END);
        if self.bytes.saturating_add(whole) > self.most {
            return Err(Stop::Refused(Rule::TooManyBytes));
        }
        let (bytes, hash) = (self.bytes, self.hash.clone());
        self.write_all(&headers).map_err(outbox)?;
        match content::copy(opened, self) {
            Ok(secrets) => {
                self.zeros(padded(size).saturating_sub(size))
                    .map_err(outbox)?;
                self.files = self.files.saturating_add(1);
                self.content = self.content.saturating_add(size);
                Ok(secrets.into_iter().collect())
            }
            Err(Broken::Source(rule)) => {
                (self.bytes, self.hash) = (bytes, hash);
                self.file.set_len(bytes).map_err(outbox)?;
                self.file.seek(SeekFrom::Start(bytes)).map_err(outbox)?;
                Ok(vec![rule])
            }
            Err(Broken::Sink(e)) => Err(outbox(e)),
        }
    }

    fn end(mut self, name: &str) -> io::Result<Content> {
        self.zeros(END)?;
        self.file.sync_all()?;
        Ok(Content::Archive {
            file: name.to_owned(),
            bytes: self.bytes,
            sha256: hex(&self.hash.finalize()),
            files: self.files,
            content: self.content,
        })
    }

    fn zeros(&mut self, count: u64) -> io::Result<()> {
        io::copy(&mut io::Read::take(io::repeat(0), count), self).map(|_count| ())
    }
}

impl Write for Archive {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or_default());
        self.bytes = self.bytes.saturating_add(count as u64);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn outbox(e: io::Error) -> Stop {
    Stop::Failed(Failed::Outbox(e))
}

fn padded(size: u64) -> u64 {
    size.div_ceil(BLOCK).saturating_mul(BLOCK)
}

/// The headers of one file: one block, or three and more where the path needs a pax header.
fn headers(path: &str, size: u64, executable: bool) -> io::Result<Vec<u8>> {
    let mode = if executable { 0o755 } else { 0o644 };
    let mut entry = header(EntryType::Regular, size, mode);
    let mut out = Vec::new();
    if entry.set_path(path).is_err() {
        let record = record("path", path);
        let mut pax = header(EntryType::XHeader, record.len() as u64, 0o644);
        pax.set_path("pax")?;
        pax.set_cksum();
        out.extend_from_slice(pax.as_bytes());
        out.extend_from_slice(record.as_bytes());
        let blocks = usize::try_from(padded(out.len() as u64)).map_err(io::Error::other)?;
        out.resize(blocks, 0);
        // Who reads pax headers never sees this name.
        entry = header(EntryType::Regular, size, mode);
        entry.set_path("long-path")?;
    }
    entry.set_cksum();
    out.extend_from_slice(entry.as_bytes());
    Ok(out)
}

fn header(kind: EntryType, size: u64, mode: u32) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

/// A record of a pax header: its own length in bytes, the key, the value.
fn record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len();
    // The digits count too: at most one more digit follows from them.
    for _ in 0..3 {
        length = rest.len().saturating_add(length.to_string().len());
    }
    format!("{length}{rest}")
}
