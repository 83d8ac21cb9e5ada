//! Reads the record while it is written: whole lines only.

use crate::record::chain::MOST_LINE;
use bytes::Bytes;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;

/// A place in the file.
pub(super) struct Tail {
    file: Arc<File>,
    at: u64,
    /// The beginning of a line whose end was not read yet.
    rest: Vec<u8>,
}

impl Tail {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: Arc::new(File::open(path)?),
            at: 0,
            rest: Vec::new(),
        })
    }

    /// Bytes that the file has now.
    pub(super) fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// The next lines, each with its newline; nothing where there is none before `end`.
    pub(super) async fn next(&mut self, end: u64) -> io::Result<Option<Bytes>> {
        loop {
            let left = usize::try_from(end.saturating_sub(self.at)).unwrap_or(usize::MAX);
            let piece = self.piece(left.min(PIECE)).await?;
            if piece.is_empty() {
                return Ok(None);
            }
            self.at = self.at.saturating_add(piece.len() as u64);
            self.rest.extend_from_slice(&piece);
            if let Some(last) = self.rest.iter().rposition(|b| *b == b'\n') {
                let rest = self.rest.split_off(last.saturating_add(1));
                return Ok(Some(std::mem::replace(&mut self.rest, rest).into()));
            }
            if self.rest.len() > MOST_LINE {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
    }

    async fn piece(&self, most: usize) -> io::Result<Vec<u8>> {
        let (file, at) = (Arc::clone(&self.file), self.at);
        let read = spawn_blocking(move || {
            let mut piece = vec![0; most];
            let count = file.read_at(&mut piece, at)?;
            piece.truncate(count);
            Ok(piece)
        });
        read.await.map_err(io::Error::other)?
    }
}
