//! The content of one file, read once: copied, counted and scanned.

use super::door::Opened;
use super::finding::Rule;
use super::scan::Scan;
use std::collections::BTreeSet;
use std::io::{self, Read, Write};

/// Bytes of one reading.
const BLOCK: usize = 64 << 10;

/// Why a file was not copied whole. What was written of it must be taken back.
#[derive(Debug)]
pub enum Broken {
    /// It cannot be read, or has not the size that it had when it was opened: it is left out.
    Source(Rule),
    /// What it is written to fails.
    Sink(io::Error),
}

/// Copies a file, exactly the bytes that it had when it was opened, and tells what looks like a secret in it.
///
/// A file that shrinks or grows meanwhile is refused rather than cut: half a file is none that anybody
/// wrote, and no header may say a size that is not true.
///
/// # Errors
/// See [`Broken`].
pub fn copy(opened: Opened, to: &mut dyn Write) -> Result<BTreeSet<Rule>, Broken> {
    let Opened { mut file, size, .. } = opened;
    let mut scan = Scan::default();
    let mut block = vec![0; BLOCK];
    let mut left = size;
    while left > 0 {
        let most = usize::try_from(left).map_or(BLOCK, |left| left.min(BLOCK));
        let read = next(&mut file, block.get_mut(..most).unwrap_or_default())?;
        let read = block.get(..read).unwrap_or_default();
        if read.is_empty() {
            return Err(Broken::Source(Rule::ChangedWhileRead));
        }
        to.write_all(read).map_err(Broken::Sink)?;
        scan.block(read);
        left = left.saturating_sub(read.len() as u64);
    }
    if next(&mut file, &mut [0])? > 0 {
        return Err(Broken::Source(Rule::ChangedWhileRead));
    }
    Ok(scan.end())
}

fn next(file: &mut impl Read, block: &mut [u8]) -> Result<usize, Broken> {
    loop {
        match file.read(block) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other.map_err(|_unreadable| Broken::Source(Rule::Unreadable)),
        }
    }
}
