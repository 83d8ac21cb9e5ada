//! The files of transcripts, written by a thread of their own.

use super::{Call, Redact, ToolCall, lines, tool_line};
use crate::digest::sha256;
use rustix::fs::OFlags;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Calls that wait to be written.
const WAITING: usize = 64;
/// Most bytes of one cycle's file.
const MOST: u64 = 256 << 20;

/// Where transcripts are kept.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    sender: SyncSender<Job>,
    lost: Arc<AtomicU64>,
    /// Calls of each cycle whose answers still come.
    open: Mutex<BTreeMap<u32, u64>>,
}

/// The transcript of a cycle has no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost;

enum Job {
    /// A call of a model, which is read here: meanwhile others are served.
    Call(Call, Option<String>),
    /// The line of a tool's call.
    Tool(u32, Value, Option<String>),
    Flush(u32, oneshot::Sender<bool>),
}

impl Store {
    /// Transcripts in this folder, without what `redact` takes out.
    ///
    /// # Errors
    /// A folder that cannot be made, a thread that cannot be started.
    pub fn open(folder: &Path, redact: Redact) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let (sender, jobs) = sync_channel(WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let writer = Writer {
            folder: folder.to_owned(),
            redact,
            lost: Arc::clone(&lost),
            files: BTreeMap::new(),
        };
        std::thread::Builder::new()
            .name("transcript".to_owned())
            .spawn(move || writer.run(&jobs))?;
        Ok(Self {
            folder: folder.to_owned(),
            sender,
            lost,
            open: Mutex::default(),
        })
    }

    fn open_calls(&self) -> MutexGuard<'_, BTreeMap<u32, u64>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(&self, cycle: u32) {
        *self.open_calls().entry(cycle).or_default() += 1;
    }

    pub(super) fn end(&self, cycle: u32) {
        if let Some(open) = self.open_calls().get_mut(&cycle) {
            *open = open.saturating_sub(1);
        }
    }

    /// Whether the answer of a call of the cycle still comes.
    #[must_use]
    pub fn speaks(&self, cycle: u32) -> bool {
        self.open_calls().get(&cycle).is_some_and(|open| *open > 0)
    }

    /// Writes a call of a model. `bearer` is the credential that the agent showed.
    pub fn call(&self, call: Call, bearer: String) {
        self.send(Job::Call(call, shown(bearer)));
    }

    /// Writes a call of a tool.
    pub fn tool(&self, call: &ToolCall<'_>, bearer: &str) {
        let also = shown(bearer.to_owned());
        self.send(Job::Tool(call.cycle, tool_line(call), also));
    }

    fn send(&self, job: Job) {
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
            self.sender.try_send(job)
        {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Calls that are missing in the files.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// The file of a cycle, with everything in it that was written before.
    ///
    /// # Errors
    /// [`Lost`] where nothing was written, or not all of it.
    pub async fn file(&self, cycle: u32) -> Result<PathBuf, Lost> {
        let (sender, done) = oneshot::channel();
        let jobs = self.sender.clone();
        let sent =
            tokio::task::spawn_blocking(move || jobs.send(Job::Flush(cycle, sender)).is_ok());
        match sent.await {
            Ok(true) => {}
            Ok(false) | Err(_) => return Err(Lost),
        }
        match done.await {
            Ok(true) => Ok(path(&self.folder, cycle)),
            Ok(false) | Err(_) => Err(Lost),
        }
    }
}

fn shown(bearer: String) -> Option<String> {
    Some(bearer).filter(|bearer| !bearer.is_empty())
}

fn path(folder: &Path, cycle: u32) -> PathBuf {
    folder.join(format!("cycle-{cycle}.jsonl"))
}

struct Writer {
    folder: PathBuf,
    redact: Redact,
    lost: Arc<AtomicU64>,
    files: BTreeMap<u32, Written>,
}

/// The file of a cycle, and what stands in it.
struct Written {
    file: File,
    bytes: u64,
    messages: BTreeSet<String>,
}

impl Writer {
    fn run(mut self, jobs: &Receiver<Job>) {
        for job in jobs {
            match job {
                Job::Flush(cycle, done) => {
                    let file = self
                        .files
                        .get(&cycle)
                        .map(|written| written.file.sync_data());
                    // Whoever asked may have gone.
                    let _gone = done.send(matches!(file, Some(Ok(()))));
                }
                Job::Call(call, also) => {
                    let (messages, line) = lines(&call);
                    self.counted(call.cycle, messages, line, also.as_deref());
                }
                Job::Tool(cycle, line, also) => {
                    self.counted(cycle, Vec::new(), line, also.as_deref());
                }
            }
        }
    }

    fn counted(&mut self, cycle: u32, messages: Vec<Value>, line: Value, also: Option<&str>) {
        if self.lines(cycle, messages, line, also).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn lines(
        &mut self,
        cycle: u32,
        messages: Vec<Value>,
        mut line: Value,
        also: Option<&str>,
    ) -> io::Result<()> {
        let also = Redact::new(also);
        let written = match self.files.entry(cycle) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(Written::open(&path(&self.folder, cycle))?)
            }
        };
        let mut text = String::new();
        let mut digests = Vec::new();
        for message in messages {
            let message = also.clean(self.redact.clean(message.to_string()));
            let digest = sha256(&message);
            if written.messages.insert(digest.clone()) {
                // The message is JSON, redacted: a value of its own again where it still can be read.
                let value = serde_json::from_str(&message).unwrap_or(Value::String(message));
                let line = json!({"event": "gen_ai.message", "digest": digest, "message": value});
                text += &format!("{line}\n");
            }
            digests.push(digest);
        }
        if let Value::Object(line) = &mut line {
            line.insert("cycle".to_owned(), cycle.into());
            line.insert("time".to_owned(), crate::gateway::now().into());
            if !digests.is_empty() {
                line.insert("gen_ai.input.messages".to_owned(), digests.into());
            }
        }
        text += &also.clean(self.redact.clean(line.to_string()));
        text.push('\n');
        written.append(&text)
    }
}

impl Written {
    /// A file that goes on after a restart. What it holds is read again by nobody, so a message may stand twice.
    fn open(path: &Path) -> io::Result<Self> {
        // A file of ours and nothing else: no link leads elsewhere, and nothing waits for a reader.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let mut options = File::options();
        options.append(true).create(true).mode(0o600);
        let file = options
            .custom_flags(flags.bits().cast_signed())
            .open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(Self {
            bytes: file.metadata()?.len(),
            file,
            messages: BTreeSet::new(),
        })
    }

    fn append(&mut self, text: &str) -> io::Result<()> {
        let bytes = self.bytes.saturating_add(text.len() as u64);
        if bytes > MOST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.file.write_all(text.as_bytes())?;
        self.bytes = bytes;
        Ok(())
    }
}
