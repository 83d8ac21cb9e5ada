//! Golden cases: sources in, objects and diagnostics out.
//!
//! `golden/accept/<example>` holds what an example compiles to, or a workspace of `golden/cases`, `golden/reject/<code>-<what>.kdl` a
//! mistake with its rendered finding beside it, `golden/forty` one file with forty mistakes.
//! `GOLDEN=accept cargo golden` writes them.

use pure_agent::codes::Code;
use pure_agent::compile::{self, Options};
use pure_agent::diag::human::{Look, render};
use pure_agent::diag::{Base, Report, Severity};
use pure_agent::load::{Extra, Loader};
use pure_agent::plan;
use pure_agent::values::date::Date;
use pure_agent_tests::emitted::case;
use pure_agent_tests::sources::{EXAMPLES, base, extended, folder, memory, repository};
use pure_agent_tests::{golden, page};
use std::collections::{BTreeMap, BTreeSet};

const LOOK: Look = Look {
    colour: false,
    width: 100,
};

/// Workspaces that are no example, by the names of their folders.
const CASES: [&str; 4] = ["exchange-rates", "handover", "shop-operator", "typed-tools"];

type Files = BTreeMap<String, Vec<u8>>;

/// Checks every spec of a workspace on a fixed day.
fn check<R>(
    files: &Files,
    extra: Extra,
    then: impl FnOnce(&Loader<'_>, &compile::Checked) -> R,
) -> (Report, R) {
    let world = memory(files);
    let mut loader = Loader::open(&world, extra);
    let paths = loader.spec_paths();
    let options = Options {
        as_of: Date::parse("2026-11-01").ok(),
        whole: true,
    };
    let checked = compile::check_all(&mut loader, &paths, options);
    let out = then(&loader, &checked);
    let findings = std::mem::take(&mut loader.findings);
    (
        Report::new(findings, loader.sources.clone(), Base::default()),
        out,
    )
}

fn example(name: &str) -> Files {
    folder(&repository().join("examples").join(name))
}

#[test]
fn examples_compile_to_what_was_reviewed() {
    let mut wrong = Vec::new();
    let mut digests = String::new();
    let cases = CASES.map(|name| (name, folder(&repository().join("golden/cases").join(name))));
    let examples = EXAMPLES.map(|name| (name, example(name)));
    for (name, sources) in examples.into_iter().chain(cases) {
        let (report, files) = check(&sources, Extra::default(), |loader, checked| {
            let mut files = Files::new();
            for unit in &checked.units {
                let bundle = compile::compile(unit, &loader.sources).expect("it compiles");
                let run = &unit.run.name.value;
                let case = case(name, run, checked.units.len());
                digests.push_str(&format!("{}  {case}\n", bundle.digest));
                // A workspace of one spec has its files at the top.
                let place = match checked.units.len() {
                    1 => String::new(),
                    _ => format!("{run}/"),
                };
                let own = bundle.files().into_iter();
                files.extend(own.map(|(file, bytes)| (format!("{place}{file}"), bytes)));
                let plan = plan::text(&plan::build::build(unit));
                files.insert(format!("{place}plan.txt"), plan.into_bytes());
            }
            files
        });
        let mut files = files;
        let errors = report
            .iter()
            .filter(|f| f.severity == Severity::Error)
            .count();
        assert_eq!(errors, 0, "{name}:\n{}", render([&report], LOOK));
        files.insert(
            "findings.txt".to_owned(),
            render([&report], LOOK).into_bytes(),
        );
        wrong.extend(golden::folder(&repository().join("golden/accept").join(name), &files).err());
    }
    wrong.extend(golden::file(&repository().join("golden/digests.txt"), digests.as_bytes()).err());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_example_goes_to_every_shipped_target() {
    for (target, bytes) in folder(&repository().join("policies/targets")) {
        for name in EXAMPLES {
            let text = extended(&String::from_utf8_lossy(&bytes), name);
            let extra = Extra {
                target_file: Some((target.clone(), text.into_bytes())),
                target: Some(target.trim_end_matches(".kdl").to_owned()),
                ..Extra::default()
            };
            let (report, compiled) = check(&example(name), extra, |loader, checked| {
                let units = checked.units.iter();
                let compiled = units.map(|unit| compile::compile(unit, &loader.sources));
                let counts: Result<Vec<usize>, _> =
                    compiled.map(|one| one.map(|b| b.objects.len())).collect();
                counts
            });
            let errors: Vec<_> = report
                .iter()
                .filter(|f| f.severity == Severity::Error)
                .collect();
            assert!(errors.is_empty(), "{name} on {target}: {errors:#?}");
            let compiled = compiled.expect("it compiles");
            assert!(!compiled.is_empty(), "{name} on {target}");
            assert!(
                compiled.iter().all(|count| *count > 10),
                "{name} on {target}"
            );
        }
    }
}

#[test]
fn shipped_policies_are_well_formed() {
    for (name, bytes) in folder(&repository().join("policies")) {
        let files = Files::from([(name.clone(), bytes)]);
        let world = memory(&files);
        let mut loader = Loader::open(&world, Extra::default());
        loader.findings = pure_agent::diag::Findings::default();
        assert!(!loader.check_file(&name), "{name} is no spec");
        let found: Vec<_> = loader.findings.iter().collect();
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
}

/// The wrong example of every page, and further files that are named after their code.
#[test]
fn refused_files_say_what_they_should() {
    let root = repository().join("golden/reject");
    let mut cases: Vec<(String, Files)> = Vec::new();
    for code in Code::ALL.iter().copied() {
        let page = page::read(code.page()).unwrap_or_else(|| panic!("{}", code.number()));
        if page.wrong.kdl && page.wrong.generate.is_none() {
            cases.push((code.number().to_owned(), page.wrong.files));
        }
    }
    for (name, bytes) in folder(&root) {
        if let Some(stem) = name.strip_suffix(".kdl") {
            cases.push((
                stem.to_owned(),
                Files::from([("run.kdl".to_owned(), bytes)]),
            ));
        }
    }
    let mut wrong = Vec::new();
    for (stem, own) in &cases {
        let code = stem.split('-').next().unwrap_or_default();
        let mut files = base();
        files.extend(own.clone());
        let (report, ()) = check(&files, Extra::default(), |_, _| ());
        let codes: BTreeSet<&str> = report.iter().map(|f| f.code.number()).collect();
        // Pages about text show a few lines, not a whole spec.
        if codes != BTreeSet::from([code]) && !code.starts_with("PA01") {
            wrong.push(format!("{stem}: gives {codes:?}"));
        }
        let out = render([&report], LOOK);
        wrong.extend(golden::file(&root.join(format!("{stem}.out")), out.as_bytes()).err());
    }
    let known: BTreeSet<String> = cases.into_iter().map(|(stem, _)| stem).collect();
    for name in folder(&root).keys().filter_map(|n| n.strip_suffix(".out")) {
        if !known.contains(name) {
            wrong.push(format!("{name}.out: nothing gives it"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each planted mistake is marked on its line by a comment that begins with its code.
#[test]
fn forty_mistakes_give_forty_findings_in_one_run() {
    let root = repository().join("golden/forty");
    let mut files = folder(&root);
    files.retain(|name, _| !name.ends_with(".out"));
    let (report, ()) = check(&files, Extra::default(), |_, _| ());
    let mut planted = BTreeSet::new();
    for (name, bytes) in &files {
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        for (n, line) in text.lines().enumerate() {
            for code in line.split("//").skip(1).flat_map(str::split_whitespace) {
                if code.starts_with("PA") {
                    planted.insert((name.clone(), n + 1, code.to_owned()));
                }
            }
        }
    }
    let found: BTreeSet<(String, usize, String)> = report
        .iter()
        .map(|f| {
            let place = f.span.map(|s| report.place(s));
            let (path, line) = place.map_or((String::new(), 0), |p| (p.path, p.start.line));
            (path, line, f.code.number().to_owned())
        })
        .collect();
    let missing: Vec<_> = planted.difference(&found).collect();
    let extra: Vec<_> = found.difference(&planted).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "missing {missing:#?}\nextra {extra:#?}"
    );
    assert_eq!(report.iter().count(), 40, "one finding for each mistake");
    let kinds: BTreeSet<&str> = report.iter().map(|f| f.code.number()).collect();
    assert_eq!(kinds.len(), 40, "forty kinds");
    let out = render([&report], LOOK);
    golden::file(&root.join("findings.out"), out.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
}
