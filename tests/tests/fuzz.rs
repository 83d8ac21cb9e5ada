//! Short runs of the fuzzers, and what they start from as it stands.

use pure_agent_tests::fuzz::TARGETS;
use pure_agent_tests::mutate::Mutator;
use pure_agent_tests::random::Random;
use pure_agent_tests::stages::{Case, SOUND, corpus, run};
use std::process::Command;

#[test]
fn the_corpus_ends_as_it_should() {
    let mut emitted = 0;
    for (at, case) in corpus().iter().enumerate() {
        match run(case) {
            Ok(outcome) if at < SOUND && !outcome.clean => panic!("{} has errors", case.spec),
            Ok(outcome) => emitted += usize::from(outcome.objects > 0),
            Err(why) => panic!("{}: {why}", case.spec),
        }
    }
    assert!(
        emitted >= SOUND,
        "only {emitted} workspaces of the corpus compile"
    );
}

#[test]
fn mutations_reach_every_depth() {
    let corpus = corpus();
    let mut mutator = Mutator::new(7, &corpus.iter().map(|c| &c.files).collect::<Vec<_>>());
    let (mut clean, mut broken) = (0, 0);
    for _ in 0..300 {
        let seed = &corpus[mutator.below(SOUND)];
        let case = Case {
            files: mutator.mutate(&seed.files),
            spec: seed.spec.clone(),
        };
        match run(&case) {
            Ok(outcome) if outcome.clean => clean += 1,
            Ok(_) => broken += 1,
            Err(why) => panic!("{}: {why}", case.spec),
        }
    }
    assert!(clean > 20 && broken > 100, "{clean} clean, {broken} broken");
}

/// The same seed makes the same runs, so that what is found can be found again.
#[test]
fn a_seed_is_a_run() {
    let corpus = corpus();
    let files: Vec<_> = corpus.iter().map(|c| &c.files).collect();
    let [mut a, mut b, mut c] = [3, 3, 4].map(|seed| Mutator::new(seed, &files));
    let made = |m: &mut Mutator| (0..50).map(|n| m.mutate(files[n % 5])).collect::<Vec<_>>();
    let (first, second, other) = (made(&mut a), made(&mut b), made(&mut c));
    assert!(first == second && first != other);
}

/// The fuzzer itself, as CI runs it; it watches time and memory as well.
#[test]
fn a_short_run_passes() {
    let runs = if cfg!(debug_assertions) {
        "500"
    } else {
        "20000"
    };
    let keep = std::env::temp_dir().join(format!("pure-agent-fuzz-{}", std::process::id()));
    let done = Command::new(env!("CARGO_BIN_EXE_fuzz"))
        .args(["--runs", runs, "--seed", "1", "--keep"])
        .arg(&keep)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stdout)
    );
}

/// Every reader of the runtime takes what it should, so that what is broken is nearly good.
#[test]
fn each_reader_takes_seeds() {
    for target in TARGETS {
        let mut random = Random::new(1);
        let seeds = (target.seeds)();
        let taken = seeds.iter().map(|seed| (target.check)(seed, &mut random));
        let taken: Result<Vec<bool>, String> = taken.collect();
        let taken = taken.unwrap_or_else(|why| panic!("{}: {why}", target.name));
        assert!(taken.contains(&true), "{} takes no seed", target.name);
    }
}

/// The fuzzer of the runtime, as CI runs it.
#[test]
fn a_short_run_of_each_reader_passes() {
    let runs = if cfg!(debug_assertions) {
        "2000"
    } else {
        "100000"
    };
    let keep = std::env::temp_dir().join(format!("pure-agent-readers-{}", std::process::id()));
    let done = Command::new(env!("CARGO_BIN_EXE_fuzz_runtime"))
        .args(["--runs", runs, "--seed", "1", "--keep"])
        .arg(&keep)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}");
    assert_eq!(said.lines().count(), TARGETS.len(), "{said}");
}
