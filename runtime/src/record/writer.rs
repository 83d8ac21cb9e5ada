//! The thread that writes: groups of lines, each with one write and one sync.
//!
//! Where many ask at once, a sync costs more than what it makes last. So after a group of several the next one waits a
//! moment for more; one that asks alone waits for nobody. Those who wait are told by their own runtime, which is woken
//! once for all of them.

use super::chain::Chain;
use super::event::RunOpened;
use super::rule::Rule;
use rustix::fs::FlockOperation;
use std::fs::File;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Most bytes of events in one group.
const MOST_GROUP: usize = 4 << 20;

/// Lines of a group after which more are expected.
const SEVERAL: usize = 6;
/// How long the next group waits for them.
const MOMENT: Duration = Duration::from_millis(1);

/// Where lines go.
pub(super) trait Disk: Send + 'static {
    /// Writes all of it at the end.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Comes back when all that was written is on the disk.
    fn sync(&mut self) -> io::Result<()>;
    /// Lets others have it.
    fn release(&mut self);
}

impl Disk for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    /// A process that is being started holds a copy of the file for a moment, and with it the lock, unless
    /// the lock is given up in so many words.
    fn release(&mut self) {
        rustix::fs::flock(&*self, FlockOperation::Unlock).unwrap_or_default();
    }
}

/// An event on its way to the disk.
pub(super) struct Job {
    /// The run that it opens.
    pub(super) opens: Option<RunOpened>,
    /// The event in JSON.
    pub(super) text: String,
    /// Told the number of the line, or the rule that the event breaks; dropped when the log has failed.
    pub(super) done: Done,
    /// The runtime of whoever waits.
    pub(super) waits: Option<Handle>,
}

/// Who waits for a line, and what there is to tell.
type Done = oneshot::Sender<Result<u64, Rule>>;
type Told = (Done, Result<u64, Rule>);

/// What the writer shares with those who append.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Bytes of the events that wait.
    pub(super) waiting: AtomicUsize,
    /// The first failure of the disk.
    pub(super) failure: OnceLock<String>,
}

/// The writer: owns the disk and the end of the chain.
pub(super) struct Writer<D> {
    pub(super) disk: D,
    pub(super) chain: Chain,
    pub(super) clock: fn() -> u64,
    pub(super) shared: Arc<Shared>,
}

/// Lines that become durable together, and who waits for them.
#[derive(Default)]
struct Group {
    bytes: Vec<u8>,
    jobs: Vec<(Job, Result<u64, Rule>)>,
    size: usize,
}

impl<D: Disk> Writer<D> {
    /// Works until nobody can append any more, or until the disk fails. A failed sync is not tried again:
    /// the second one may succeed although the bytes are lost. The end of `jobs` closes with the writer, so
    /// that whoever waits, and whoever comes later, is refused.
    pub(super) fn run(mut self, jobs: Receiver<Job>) {
        self.serve(&jobs);
        self.disk.release();
    }

    fn serve(&mut self, jobs: &Receiver<Job>) {
        let mut several = false;
        while let Ok(first) = jobs.recv() {
            if several {
                std::thread::sleep(MOMENT);
            }
            let mut group = Group::default();
            self.add(&mut group, first);
            while group.size < MOST_GROUP
                && let Ok(job) = jobs.try_recv()
            {
                self.add(&mut group, job);
            }
            if let Err(e) = self.commit(&group.bytes) {
                // Before anyone is woken: who is refused finds out why.
                self.shared.failure.get_or_init(|| e.to_string());
                return;
            }
            several = group.jobs.len() >= SEVERAL;
            self.shared.waiting.fetch_sub(group.size, Ordering::Relaxed);
            tell(group.jobs);
        }
    }

    fn add(&mut self, group: &mut Group, job: Job) {
        group.size = group.size.saturating_add(job.text.len());
        let line = self
            .chain
            .write((self.clock)(), job.opens.as_ref(), &job.text);
        let outcome = line.map(|line| {
            group.bytes.extend_from_slice(&line);
            self.chain.lines()
        });
        group.jobs.push((job, outcome));
    }

    fn commit(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.disk.write(bytes)?;
        self.disk.sync()
    }
}

/// Tells those who still wait.
fn tell(jobs: Vec<(Job, Result<u64, Rule>)>) {
    let mut rooms: Vec<(Handle, Vec<Told>)> = Vec::new();
    for (Job { done, waits, .. }, outcome) in jobs {
        match waits {
            _ if done.is_closed() => {}
            None => done.send(outcome).unwrap_or_default(),
            Some(runtime) => match rooms.iter_mut().find(|room| room.0.id() == runtime.id()) {
                Some((_, told)) => told.push((done, outcome)),
                None => rooms.push((runtime, vec![(done, outcome)])),
            },
        }
    }
    for (runtime, told) in rooms {
        drop(runtime.spawn(async move {
            for (done, outcome) in told {
                // Who no longer waits does not want to know.
                done.send(outcome).unwrap_or_default();
            }
        }));
    }
}
