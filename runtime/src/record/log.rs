//! The file of the record.

use super::chain::{Chain, FRAME, MOST_LINE};
use super::event::Event;
use super::read::{End, lines};
use super::rule::{Broken, Rule};
use super::writer::{Disk, Job, Shared, Writer};
use rustix::fs::{FlockOperation, Mode, OFlags};
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Most events that wait for the disk.
const MOST_WAITING: usize = 16_384;
/// Most bytes of events that wait for the disk.
const MOST_WAITING_BYTES: usize = 64 << 20;

/// The open log: one in the world for each file.
#[derive(Debug)]
pub struct Log {
    jobs: SyncSender<Job>,
    shared: Arc<Shared>,
    writer: JoinHandle<()>,
}

/// Why a log is not opened.
#[derive(Debug)]
pub enum Unopened {
    /// The file or its directory cannot be opened, cut or synced.
    Unreadable(io::Error),
    /// It is no ordinary file, or a symbolic link.
    NotAFile,
    /// Somebody else has it open.
    Locked,
    /// It is damaged.
    Broken(Broken),
}

impl Unopened {
    /// The rule as a word.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "unreadable",
            Self::NotAFile => "not-a-file",
            Self::Locked => "locked",
            Self::Broken(broken) => broken.rule(),
        }
    }
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(e) => write!(f, "the record cannot be opened: {e}"),
            Self::NotAFile => f.write_str("the record is no ordinary file"),
            Self::Locked => f.write_str("the record is open elsewhere"),
            Self::Broken(broken) => broken.fmt(f),
        }
    }
}

impl std::error::Error for Unopened {}

/// Why an event is not in the record, or not surely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrecorded {
    /// It is too long for a line.
    TooLong,
    /// Too much waits for the disk; this event is not written.
    Busy,
    /// It may not stand here; this event is not written.
    Misplaced(Rule),
    /// The disk has failed: nothing more is recorded, and this event may or may not be.
    Failed,
}

impl Unrecorded {
    /// The rule as a word.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::TooLong => "record-too-long",
            Self::Busy => "record-busy",
            Self::Misplaced(rule) => rule.rule(),
            Self::Failed => "record-failed",
        }
    }
}

impl fmt::Display for Unrecorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the event is too long for the record"),
            Self::Busy => f.write_str("the record cannot keep up"),
            Self::Misplaced(rule) => write!(f, "the event may not stand here: {rule}"),
            Self::Failed => f.write_str("the record has failed, and nothing happens without it"),
        }
    }
}

impl std::error::Error for Unrecorded {}

/// An event on its way to the disk: a future of its line's number. It is written also if nobody waits.
#[derive(Debug)]
#[must_use = "what the event allows may happen only when it is on the disk"]
pub struct Pending(oneshot::Receiver<Result<u64, Rule>>);

impl Pending {
    /// One that is on the disk: line 0 stands for none of its own.
    pub(crate) fn done() -> Self {
        let (sender, receiver) = oneshot::channel();
        // Its receiver is here.
        sender.send(Ok(0)).unwrap_or_default();
        Self(receiver)
    }
}

impl Future for Pending {
    type Output = Result<u64, Unrecorded>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|told| match told {
            Ok(Ok(line)) => Ok(line),
            Ok(Err(rule)) => Err(Unrecorded::Misplaced(rule)),
            // The writer is gone.
            Err(_) => Err(Unrecorded::Failed),
        })
    }
}

impl Log {
    /// Opens the log at `path`, or creates it with mode 0600, and reads what it holds. A last line that a
    /// crash left unfinished is cut away.
    ///
    /// # Errors
    /// See [`Unopened`]; the file is then as it was.
    pub fn open(path: &Path) -> Result<(Self, Vec<Event>), Unopened> {
        let mut events = Vec::new();
        let log = Self::replay(path, |event| events.push(event))?;
        Ok((log, events))
    }

    /// As [`Log::open`], but hands each event on and keeps none.
    ///
    /// # Errors
    /// As [`Log::open`]; some events may have been handed on before.
    pub fn replay(path: &Path, mut each: impl FnMut(Event)) -> Result<Self, Unopened> {
        let file = file(path)?;
        let mut chain = Chain::default();
        let reader = BufReader::new(&file);
        let End { whole, torn } =
            lines(reader, &mut chain, |line| each(line.event)).map_err(Unopened::Broken)?;
        if torn > 0 {
            file.set_len(whole).map_err(Unopened::Unreadable)?;
        }
        // What was read may have been written and not synced by one who was killed: it must last, since
        // what it allows happens now. So must the name of the file.
        file.sync_all().map_err(Unopened::Unreadable)?;
        directory(path).map_err(Unopened::Unreadable)?;
        Self::start(file, chain, milliseconds).map_err(Unopened::Unreadable)
    }

    /// Starts the writer.
    pub(super) fn start(disk: impl Disk, chain: Chain, clock: fn() -> u64) -> io::Result<Self> {
        let (jobs, receiver) = sync_channel(MOST_WAITING);
        let shared = Arc::new(Shared::default());
        let writer = Writer {
            disk,
            chain,
            clock,
            shared: Arc::clone(&shared),
        };
        let writer = std::thread::Builder::new()
            .name("record".to_owned())
            .spawn(move || writer.run(receiver))?;
        Ok(Self {
            jobs,
            shared,
            writer,
        })
    }

    /// Takes an event: at once in order with all others, and without waiting. What it allows may happen only
    /// when the answer says that it is on the disk.
    ///
    /// # Errors
    /// [`Unrecorded::TooLong`], [`Unrecorded::Busy`], [`Unrecorded::Failed`]: the event was not taken. The
    /// answer may say [`Unrecorded::Misplaced`] or [`Unrecorded::Failed`].
    pub fn append(&self, event: &Event) -> Result<Pending, Unrecorded> {
        let Ok(text) = serde_json::to_string(event) else {
            return Err(Unrecorded::Misplaced(Rule::Malformed));
        };
        let size = text.len();
        if size > MOST_LINE - FRAME {
            return Err(Unrecorded::TooLong);
        }
        if self.failure().is_some() {
            return Err(Unrecorded::Failed);
        }
        let before = self.shared.waiting.fetch_add(size, Ordering::Relaxed);
        let (done, answer) = oneshot::channel();
        let waits = Handle::try_current().ok();
        let job = Job {
            opens: event.opens().cloned(),
            text,
            done,
            waits,
        };
        let sent = match before > MOST_WAITING_BYTES {
            true => Err(TrySendError::Full(job)),
            false => self.jobs.try_send(job),
        };
        sent.map(|()| Pending(answer)).map_err(|e| {
            self.shared.waiting.fetch_sub(size, Ordering::Relaxed);
            match e {
                TrySendError::Full(_) => Unrecorded::Busy,
                TrySendError::Disconnected(_) => Unrecorded::Failed,
            }
        })
    }

    /// Why the disk failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.shared.failure.get().map(String::as_str)
    }

    /// Waits until everything taken is on the disk, and lets go of the file. It blocks the thread.
    ///
    /// # Errors
    /// [`Unrecorded::Failed`].
    pub fn close(self) -> Result<(), Unrecorded> {
        let Self {
            jobs,
            shared,
            writer,
        } = self;
        drop(jobs);
        match (writer.join(), shared.failure.get()) {
            (Ok(()), None) => Ok(()),
            _ => Err(Unrecorded::Failed),
        }
    }
}

/// Opens and locks the file. The lock ends with the process.
fn file(path: &Path) -> Result<File, Unopened> {
    let flags = OFlags::RDWR
        | OFlags::APPEND
        | OFlags::CREATE
        | OFlags::CLOEXEC
        | OFlags::NOFOLLOW
        | OFlags::NONBLOCK;
    let mode = Mode::RUSR | Mode::WUSR;
    let file = match rustix::fs::open(path, flags, mode) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::LOOP) => return Err(Unopened::NotAFile),
        Err(e) => return Err(Unopened::Unreadable(e.into())),
    };
    if !file.metadata().map_err(Unopened::Unreadable)?.is_file() {
        return Err(Unopened::NotAFile);
    }
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => return Err(Unopened::Locked),
        Err(e) => return Err(Unopened::Unreadable(e.into())),
    }
    // The mode of a volume's files may have been widened since.
    rustix::fs::fchmod(&file, mode).map_err(|e| Unopened::Unreadable(e.into()))?;
    Ok(file)
}

/// Makes the name of the file last.
fn directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

/// Milliseconds since 1970.
fn milliseconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |t| u64::try_from(t.as_millis()).unwrap_or(u64::MAX))
}
