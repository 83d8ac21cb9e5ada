//! Throws broken sources at the whole compiler.
//!
//! `fuzz [--runs N] [--seed N] [--keep DIR]`: each run takes a workspace of the corpus (the examples,
//! and every file of `golden/fuzz`), breaks it by mutations that know the grammar or by raw bytes,
//! and sends it through every stage, every output and the formatter. A panic, a run of more than a
//! second of CPU, or more than 512 MiB of memory ends it with exit code 1 and the input in DIR.
//!
//! The same seed gives the same runs.

use pure_agent_tests::mutate::Mutator;
use pure_agent_tests::program::peak_memory_kb;
use pure_agent_tests::stages::{Case, corpus, pick, run};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

const LONGEST: Duration = Duration::from_secs(1);
/// A run that is not back by then will not be waited for.
const HANGS: Duration = Duration::from_secs(20);
const MOST_MEMORY_KB: u64 = 512 * 1024;

struct Options {
    runs: u64,
    seed: u64,
    keep: PathBuf,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        runs: 10_000,
        seed: 1,
        keep: PathBuf::from("fuzz-found"),
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let value = args.next().ok_or_else(|| format!("{arg} needs a value"))?;
        let number = || value.parse().map_err(|e| format!("{arg} {value}: {e}"));
        match arg.as_str() {
            "--runs" => options.runs = number()?,
            "--seed" => options.seed = number()?,
            "--keep" => options.keep = PathBuf::from(&value),
            other => return Err(format!("unknown option {other}")),
        }
    }
    Ok(options)
}

/// What the watcher is told.
enum Event {
    Starts(Case),
    Ends,
}

/// Keeps the input of a run that does not end: nothing else could say which one it was.
#[allow(
    clippy::exit,
    reason = "the thread that hangs cannot be stopped in another way"
)]
fn watch(events: &Receiver<Event>, keep: &Path) {
    let mut running: Option<Case> = None;
    loop {
        let wait = if running.is_some() {
            HANGS
        } else {
            Duration::MAX
        };
        match events.recv_timeout(wait) {
            Ok(Event::Starts(case)) => running = Some(case),
            Ok(Event::Ends) => running = None,
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                if let Some(case) = &running {
                    store(case, keep, "a run hangs");
                }
                std::process::exit(1);
            }
        }
    }
}

fn store(case: &Case, folder: &Path, why: &str) {
    for (name, bytes) in &case.files {
        let path = folder.join(name);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        if let Err(e) = made.and_then(|()| std::fs::write(&path, bytes)) {
            println!("{}: {e}", path.display());
        }
    }
    println!(
        "fuzz: {why}; the workspace is in {}, its spec is {}",
        folder.display(),
        case.spec
    );
}

/// Time that this thread has run: what else the machine does is no fault of the input. Where the system
/// does not say, the time of day.
fn cpu_time() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = START.get_or_init(Instant::now);
    let run = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = run.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

/// Counts over all runs.
#[derive(Default)]
struct Tally {
    clean: u64,
    emitted: u64,
    slowest: Duration,
}

fn fuzz(options: &Options, tell: &dyn Fn(Event)) -> Result<Tally, (Case, String)> {
    let corpus = corpus();
    let mut mutator = Mutator::new(
        options.seed,
        &corpus.iter().map(|c| &c.files).collect::<Vec<_>>(),
    );
    let mut tally = Tally::default();
    for n in 0..options.runs {
        let seed = pick(&corpus, &mut mutator);
        let case = Case {
            files: mutator.mutate(&seed.files),
            spec: seed.spec.clone(),
        };
        tell(Event::Starts(case.clone()));
        let start = cpu_time();
        let ended = catch_unwind(AssertUnwindSafe(|| run(&case)));
        let took = cpu_time().saturating_sub(start);
        tell(Event::Ends);
        tally.slowest = tally.slowest.max(took);
        let wrong = match ended {
            Err(_) => Some("panics".to_owned()),
            Ok(Err(why)) => Some(why),
            Ok(Ok(_)) if took > LONGEST => Some(format!("takes {} ms", took.as_millis())),
            Ok(Ok(outcome)) => {
                tally.clean += u64::from(outcome.clean);
                tally.emitted += u64::from(outcome.objects > 0);
                let memory = if n % 256 == 0 { peak_memory_kb() } else { 0 };
                (memory > MOST_MEMORY_KB).then(|| format!("took {} MiB of memory", memory >> 10))
            }
        };
        if let Some(why) = wrong {
            return Err((case, format!("run {n} of seed {} {why}", options.seed)));
        }
    }
    Ok(tally)
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(e) => {
            println!("{e}");
            return ExitCode::from(2);
        }
    };
    let (sender, events) = channel();
    let keep = options.keep.clone();
    drop(std::thread::spawn(move || watch(&events, &keep)));
    match fuzz(&options, &|event| drop(sender.send(event))) {
        Ok(tally) => {
            println!(
                "fuzz: {} runs, seed {}: no panic; {} without an error, {} emitted; slowest {} ms, peak {} MiB",
                options.runs,
                options.seed,
                tally.clean,
                tally.emitted,
                tally.slowest.as_millis(),
                peak_memory_kb() / 1024
            );
            ExitCode::SUCCESS
        }
        Err((case, why)) => {
            store(&case, &options.keep, &why);
            ExitCode::FAILURE
        }
    }
}
