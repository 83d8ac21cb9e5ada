//! The thread that writes: groups of lines, each with one write and one sync.

use super::chain::Chain;
use super::event::Event;
use super::rule::Rule;
use rustix::fs::FlockOperation;
use std::fs::File;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, OnceLock};
use tokio::sync::oneshot;

/// Most bytes of events in one group.
const MOST_GROUP: usize = 4 << 20;

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
    pub(super) event: Event,
    pub(super) text: String,
    /// Told the number of the line, or the rule that the event breaks; dropped when the log has failed.
    pub(super) done: oneshot::Sender<Result<u64, Rule>>,
}

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
        while let Ok(first) = jobs.recv() {
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
            for (job, outcome) in group.jobs {
                self.shared
                    .waiting
                    .fetch_sub(job.text.len(), Ordering::Relaxed);
                // Who no longer waits does not want to know.
                job.done.send(outcome).unwrap_or_default();
            }
        }
    }

    fn add(&mut self, group: &mut Group, job: Job) {
        group.size = group.size.saturating_add(job.text.len());
        let line = self.chain.write((self.clock)(), &job.event, &job.text);
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
