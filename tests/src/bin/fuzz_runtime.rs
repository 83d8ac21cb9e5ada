//! Throws broken bytes at the readers of the runtime.
//!
//! `fuzz_runtime [--target NAME|all] [--runs N] [--seed N] [--keep FILE]`: each run breaks bytes that the reader takes
//! and gives them to it. A panic, something that does not hold, a run of more than a second, or more than 512 MiB of
//! memory ends it with exit code 1 and the input in FILE.
//!
//! The same seed gives the same runs.

use pure_agent_tests::fuzz::{TARGETS, Target, input};
use pure_agent_tests::program::peak_memory_kb;
use pure_agent_tests::random::Random;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const LONGEST: Duration = Duration::from_secs(1);
const MOST_MEMORY_KB: u64 = 512 * 1024;

struct Options {
    target: String,
    runs: u64,
    seed: u64,
    keep: PathBuf,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        target: "all".to_owned(),
        runs: 10_000,
        seed: 1,
        keep: PathBuf::from("fuzz-found"),
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let value = args.next().ok_or_else(|| format!("{arg} needs a value"))?;
        let number = || value.parse().map_err(|e| format!("{arg} {value}: {e}"));
        match arg.as_str() {
            "--target" => options.target = value,
            "--runs" => options.runs = number()?,
            "--seed" => options.seed = number()?,
            "--keep" => options.keep = PathBuf::from(&value),
            other => return Err(format!("unknown option {other}")),
        }
    }
    Ok(options)
}

/// How many inputs were taken; or the one that breaks the target, and how.
fn fuzz(target: &Target, options: &Options) -> Result<u64, (Vec<u8>, String)> {
    let seeds = (target.seeds)();
    let mut random = Random::new(options.seed);
    let mut taken = 0;
    for n in 0..options.runs {
        let bytes = input(target, &seeds, &mut random);
        let start = Instant::now();
        let ended = catch_unwind(AssertUnwindSafe(|| (target.check)(&bytes, &mut random)));
        let took = start.elapsed();
        let memory = if n % 4096 == 0 { peak_memory_kb() } else { 0 };
        let wrong = match ended {
            Err(_) => "panics".to_owned(),
            Ok(Err(why)) => why,
            Ok(Ok(_)) if took > LONGEST => format!("takes {} ms", took.as_millis()),
            Ok(Ok(_)) if memory > MOST_MEMORY_KB => format!("took {} MiB", memory >> 10),
            Ok(Ok(good)) => {
                taken += u64::from(good);
                continue;
            }
        };
        return Err((bytes, format!("run {n} of seed {}: {wrong}", options.seed)));
    }
    Ok(taken)
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(e) => {
            println!("{e}");
            return ExitCode::from(2);
        }
    };
    let all = options.target == "all";
    let mut code = ExitCode::SUCCESS;
    let mut known = false;
    for target in TARGETS.iter().filter(|t| all || t.name == options.target) {
        known = true;
        let start = Instant::now();
        match fuzz(target, &options) {
            Ok(taken) => println!(
                "{}: {} runs, seed {}: {taken} taken, {} s",
                target.name,
                options.runs,
                options.seed,
                start.elapsed().as_secs()
            ),
            Err((bytes, why)) => {
                code = ExitCode::FAILURE;
                let file = options.keep.with_extension(target.name);
                println!("{}: {why}; the input is in {}", target.name, file.display());
                if let Err(e) = std::fs::write(&file, bytes) {
                    println!("{}: {e}", file.display());
                }
            }
        }
    }
    if known { code } else { ExitCode::from(2) }
}
