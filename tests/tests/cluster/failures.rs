//! What breaks, and how a run ends then: in the documented outcome, within its deadline, with each export at most
//! once, and with its volumes as `keep` says.
//!
//! `cargo test` does five kills. `PURE_AGENT_LONG=1` does everything; with `GOLDEN=accept` it writes
//! `tests/failures.md`. Random points follow from a seed that is printed; `PURE_AGENT_SEED` gives one.

mod breaks;
mod kills;
mod limits;
mod outages;
mod shuts;
mod table;

use pure_agent_tests::cluster::reference::{Change, small};
use pure_agent_tests::cluster::site::{Ended, Run, Site};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;
pub(crate) use table::Row;

/// File of the policy.
pub(crate) const POLICY: &str = pure_agent_tests::cluster::reference::POLICY;
/// Name of the spec.
pub(crate) const SPEC: &str = "pure-agent";
/// Runs at once: what two CPUs hold.
const AT_ONCE: usize = 5;

/// Cases that wait for one of Argo's or of a spec's times of ten minutes.
const LONG: [&str; 4] = [
    "launcher killed",
    "image of the agent",
    "Secret of the export",
    "agent that stays",
];

/// Whether everything is to be done.
pub(crate) fn long() -> bool {
    std::env::var_os("PURE_AGENT_LONG").is_some()
}

/// Lines of the spec of these tests: runs that fit three into two CPUs.
pub(crate) fn spec() -> Vec<Change> {
    small("15m", "5m")
}

/// How a run may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// Green, with one of each export; no volume stays.
    Done,
    /// Red, with at most one of each; its volumes stay.
    Failed,
    /// One or the other, as the point decides.
    Either,
}

/// A run to which something happens.
pub(crate) struct Case<'c> {
    /// What happens.
    pub(crate) name: String,
    /// The spec that it is a run of.
    pub(crate) spec: &'static str,
    /// What the agent does.
    pub(crate) script: String,
    /// Does it; tells what was done.
    #[allow(clippy::type_complexity, reason = "a closure with a lifetime")]
    pub(crate) act: Box<dyn Fn(&Run<'_>) -> String + Send + Sync + 'c>,
    /// How the run must end.
    pub(crate) ends: Ends,
    /// Words of which one must stand in the result or in the Workflow; empty: none must.
    pub(crate) says: &'static [&'static str],
    /// Longest time from submission to end.
    pub(crate) within: Duration,
}

impl Case<'_> {
    /// A run to which nothing happens but what its spec and its script do.
    pub(crate) fn new(spec: &'static str, script: &str, ends: Ends, within: Duration) -> Self {
        Self {
            name: String::new(),
            spec,
            script: script.to_owned(),
            act: Box::new(|_run| "from the beginning".to_owned()),
            ends,
            says: &[],
            within,
        }
    }
}

/// Runs the cases, some at once; the table in their order.
pub(crate) fn all(site: &Site, cases: Vec<Case<'_>>) -> Vec<Row> {
    let queue: VecDeque<_> = cases.into_iter().enumerate().collect();
    let (queue, rows) = (Mutex::new(queue), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().pop_front();
                    let Some((number, case)) = next else { break };
                    let row = one(site, &case);
                    println!("{row}");
                    if !row.fine {
                        println!("{}", row.told);
                    }
                    rows.lock().unwrap().push((number, row));
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap();
    rows.sort_by_key(|(number, _)| *number);
    rows.into_iter().map(|(_, row)| row).collect()
}

#[test]
fn a_run_that_loses_a_part_ends_as_documented() {
    let Some(site) = Site::or_skip("pure-agent-test-failures", SPEC, &spec()) else {
        return;
    };
    let given = std::env::var("PURE_AGENT_SEED").ok();
    let given = given.and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| u64::from(std::process::id()));
    println!("seed {seed}");
    let rows = if long() {
        everything(&site, seed)
    } else {
        all(&site, kills::cases(&site, 5, seed))
    };
    table::judge(&rows, seed);
    assert_eq!(site.outside.problems(), json!([]));
}

/// Each failure that there is a way to bring about here.
fn everything(site: &Site, seed: u64) -> Vec<Row> {
    let (broken, small) = breaks::specs(site);
    let short = limits::specs(site);
    let only = std::env::var("PURE_AGENT_ONLY").unwrap_or_default();
    let wanted = |case: &Case<'_>| match only.strip_prefix('-') {
        Some(without) => !case.name.contains(without),
        None => only.split(',').any(|part| case.name.contains(part)),
    };
    // Whoever disturbs all does so first, while nothing else is under way.
    let mut rows = Vec::new();
    for outage in outages::cases() {
        rows.extend(all(site, outage.into_iter().filter(wanted).collect()));
    }
    let mut cases = kills::cases(site, 20, seed);
    cases.extend(shuts::cases());
    cases.extend(breaks::cases(small.is_some()));
    cases.extend(limits::cases(site));
    cases.retain(wanted);
    // What lasts for many minutes begins early, so that all end at about the same time.
    cases.sort_by_key(|case| !LONG.iter().any(|name| case.name.starts_with(name)));
    rows.extend(all(site, cases));
    drop((broken, short, small));
    rows
}

/// One case to its end; a panic is a row, too.
pub(crate) fn one(site: &Site, case: &Case<'_>) -> Row {
    let mut did = String::new();
    let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let run = site.submit_to(case.spec, &case.script);
        did = (case.act)(&run);
        let ended = run.end(case.within);
        let judged = judged(case, &run, &ended).map(|told| (ended.lasted(), told));
        // With it go the volumes that were kept: a small cluster has no more for those that follow.
        let gone = format!("delete workflow {} --wait=false", run.name);
        drop(site.kubectl(&gone));
        judged
    }));
    let (seconds, told, fine) = match tried {
        Ok(Ok((seconds, told))) => (Some(seconds), told, true),
        Ok(Err(why)) => (None, why, false),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            (
                None,
                text.unwrap_or_else(|| "it panicked".to_owned()),
                false,
            )
        }
    };
    Row {
        case: case.name.clone(),
        did,
        told,
        seconds,
        fine,
    }
}

/// What came of it; an error where it is not what must come.
fn judged(case: &Case<'_>, run: &Run<'_>, ended: &Ended) -> Result<String, String> {
    let result = ended.result();
    let verdict = result["verdict"].as_str().unwrap_or("no result");
    let left = run.left();
    if ended.workflow["spec"]["shutdown"] == "Terminate" {
        // Nobody cleans up then but who ends a run so.
        run.sweep();
    }
    let claims = run.gone(Duration::from_secs(180));
    let told = format!(
        "{}, {verdict}, {:?}, {} volumes, left {}",
        ended.phase,
        ended.reasons(),
        claims.len(),
        counts(&left)
    );
    let green = ended.phase == "Succeeded";
    let fits = match case.ends {
        Ends::Done => green,
        Ends::Failed => !green,
        Ends::Either => true,
    };
    let wrong = |what: &str| Err(format!("{what}: {told}\n{}", ended.told()));
    if !fits {
        return wrong("another end");
    }
    if green && verdict != "done" {
        return wrong("the verdict is not the run's");
    }
    if claims.len() != if green { 0 } else { 2 } {
        return wrong("the volumes are not as `keep` says");
    }
    if green && left != once(&case.script) {
        return wrong("not one of each");
    }
    if left
        .as_object()
        .into_iter()
        .flatten()
        .any(|(name, count)| name != "comments" && count.as_u64() > Some(1))
    {
        return wrong("more than one");
    }
    let said = format!("{result} {}", ended.told());
    if !case.says.is_empty() && !case.says.iter().any(|word| said.contains(word)) {
        return wrong(&format!("none of {:?} is told", case.says));
    }
    Ok(told)
}

/// One of each export of a script.
fn once(script: &str) -> Value {
    let pulls = u32::from(script.starts_with("two") || script.starts_with("one"));
    let uploads = u32::from(!script.starts_with("fill") && !script.starts_with("memory"));
    json!({"comments": 3 + uploads, "sessions": 1, "summaries": 1, "reports": 1,
        "uploads": uploads, "branches": pulls, "pulls": pulls})
}

fn counts(left: &Value) -> String {
    let all = left.as_object().into_iter().flatten();
    let some = all.filter(|(_, count)| **count != json!(0));
    let words: Vec<String> = some
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    words.join(", ")
}
