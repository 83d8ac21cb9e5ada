//! One workspace through every stage, as the fuzzer and the hostile tests send it.

use crate::mutate::{Files, Mutator};
use crate::sources::{folder, memory, repository};
use pure_agent::compile::{Options, check_all, compile};
use pure_agent::diag::{Base, Report, github, gitlab, human, json, sarif, short};
use pure_agent::load::{Extra, Loader};
use pure_agent::resolve::Unit;
use pure_agent::span::{SourceId, Sources};
use pure_agent::values::date::Date;
use pure_agent::{fmt, plan};

/// A workspace, and the spec that is asked for.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its files.
    pub files: Files,
    /// Logical path of the spec.
    pub spec: String,
}

/// How far a case came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// No error was found.
    pub clean: bool,
    /// How many objects were emitted.
    pub objects: usize,
}

/// How many cases of [`corpus`], the first ones, compile without a finding.
pub const SOUND: usize = 9;

/// What runs start from: workspaces that compile (the examples, and one with every node), and each file of `golden/fuzz` as the spec (or, where its name
/// begins so, as the policy, target or workspace file) of the smallest workspace.
#[must_use]
pub fn corpus() -> Vec<Case> {
    let root = repository();
    let mut list = Vec::new();
    for example in [
        "quickstart",
        "pure-agent",
        "code-review",
        "nightly-report",
        "local-model",
        "routed",
        "graph",
    ] {
        let files = folder(&root.join("examples").join(example));
        list.push(Case {
            files,
            spec: format!("specs/{example}.kdl"),
        });
    }
    for case in ["full", "nightly"] {
        let files = folder(&root.join("golden/plan").join(case));
        list.push(Case {
            files,
            spec: "run.kdl".to_owned(),
        });
    }
    let base = crate::sources::base();
    for (name, bytes) in folder(&root.join("golden/fuzz")) {
        let slots = ["policy", "target", "pure-agent"];
        let slot = slots
            .into_iter()
            .find(|slot| name.starts_with(slot))
            .unwrap_or("run");
        let mut files = base.clone();
        files.insert(format!("{slot}.kdl"), bytes);
        list.push(Case {
            files,
            spec: "run.kdl".to_owned(),
        });
    }
    list
}

/// A case to break: one that compiles three times of four, so that mutations reach the late stages.
#[must_use]
pub fn pick<'a>(corpus: &'a [Case], mutator: &mut Mutator) -> &'a Case {
    let most = if mutator.below(4) == 0 {
        corpus.len()
    } else {
        SOUND
    };
    &corpus[mutator.below(most)]
}

/// Sends a workspace through every stage: load, resolve, check, plan, emit, bundle, a format of findings,
/// and the formatter.
///
/// # Errors
/// What no source may cause: a clean spec that is not emitted, formatted text that is formatted
/// differently again.
pub fn run(case: &Case) -> Result<Outcome, String> {
    let world = memory(&case.files);
    let mut loader = Loader::open(&world, Extra::default());
    // A day on which some waivers of the corpus hold and some do not.
    let options = Options {
        as_of: Date::from_days(20_778),
        whole: true,
    };
    let checked = check_all(&mut loader, std::slice::from_ref(&case.spec), options);
    let clean = !loader.findings.has_errors();
    let mut objects = 0;
    if clean {
        for unit in &checked.units {
            objects += emitted(unit, &loader.sources)?;
        }
    }
    rendered(loader);
    for (name, bytes) in &case.files {
        formatted(name, bytes)?;
    }
    Ok(Outcome { clean, objects })
}

fn emitted(unit: &Unit, sources: &Sources) -> Result<usize, String> {
    let plan = plan::build(unit);
    let texts = plan::json(&plan).len() + plan::text(&plan).len();
    let bundle =
        compile(unit, sources).map_err(|e| format!("does not compile a clean spec: {e}"))?;
    let written = bundle.yaml_stream().len() + bundle.json().len() + bundle.index().len();
    if texts.min(written) == 0 {
        return Err("writes nothing for a clean spec".to_owned());
    }
    Ok(bundle.objects.len())
}

/// Renders the findings in one format, as one command does; which one depends on the length of the sources.
fn rendered(loader: Loader<'_>) {
    let Loader {
        findings, sources, ..
    } = loader;
    let length: usize = sources.iter().map(|(_, s)| s.text.len()).sum();
    let report = [Report::new(findings, sources, Base::default())];
    let colour = length % 14 >= 7;
    match length % 7 {
        0 => drop(github::write(&report, &mut std::io::sink())),
        1 => drop(sarif::write(&report, &mut std::io::sink())),
        2 => drop(short::write(&report, &mut std::io::sink())),
        3 => drop(gitlab::write(&report, &mut std::io::sink())),
        4 => drop(json::write(&report, 1, &mut std::io::sink())),
        _ => drop(human::render(&report, human::Look { colour, width: 80 })),
    }
}

fn formatted(name: &str, bytes: &[u8]) -> Result<(), String> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Ok(());
    };
    let Ok(once) = fmt::format(text, SourceId(0)) else {
        return Ok(());
    };
    match fmt::format(&once, SourceId(0)) {
        Ok(twice) if twice == once => Ok(()),
        Ok(_) => Err(format!("formats `{name}` differently the second time")),
        Err(_) => Err(format!("formats `{name}` into what cannot be read")),
    }
}
