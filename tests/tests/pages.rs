//! Every code has a page, and both of its examples are true: the wrong one gives this code and no
//! other, the right one gives nothing.

use pure_agent::codes::Code;
use pure_agent::diag::Finding;
use pure_agent::span::Sources;
use pure_agent::syntax;
use pure_agent_tests::page::{Example, generated, read};
use pure_agent_tests::sources::{base, findings, repository};
use std::collections::BTreeSet;

/// The findings of an example in the base workspace.
fn found(code: Code, example: &Example) -> Vec<Finding> {
    let mut files = example.files.clone();
    if let Some(name) = &example.generate {
        files.insert("run.kdl".to_owned(), generated(name));
    }
    if code.number().starts_with("PA01") {
        let mut sources = Sources::default();
        let each = |(path, bytes): (&String, &Vec<u8>)| {
            syntax::load(&mut sources, path, bytes)
                .findings
                .iter()
                .cloned()
                .collect::<Vec<_>>()
        };
        return files.iter().flat_map(each).collect();
    }
    let mut all = base();
    all.extend(files);
    findings(&all)
        .1
        .into_iter()
        .filter(|f| f.waived.is_none())
        .collect()
}

fn shown(findings: &[Finding]) -> String {
    findings
        .iter()
        .map(|f| format!("\n  {} {}", f.code.number(), f.message))
        .collect()
}

#[test]
fn examples_of_pages_are_true() {
    let mut wrong = Vec::new();
    for code in Code::ALL.iter().copied() {
        let number = code.number();
        let Some(page) = read(code.page()) else {
            wrong.push(format!("{number}: has no title or no two examples"));
            continue;
        };
        if page.title != format!("{number}: {}", code.title()) {
            wrong.push(format!(
                "{number}: title `{}`, code says `{}`",
                page.title,
                code.title()
            ));
        }
        if page.prose.trim().len() < 80 {
            wrong.push(format!("{number}: says too little"));
        }
        if !page.wrong.kdl {
            // Usage and output: the examples are commands.
            assert!(
                number.starts_with("PA09"),
                "{number}: its examples are not KDL"
            );
            continue;
        }
        let bad = found(code, &page.wrong);
        let codes: BTreeSet<&str> = bad.iter().map(|f| f.code.number()).collect();
        if codes != BTreeSet::from([number]) {
            wrong.push(format!("{number}: the wrong example gives{}", shown(&bad)));
        }
        let good = found(code, &page.right);
        if !good.is_empty() {
            wrong.push(format!("{number}: the right example gives{}", shown(&good)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_belongs_to_a_code() {
    let pages = repository().join("compiler/src/codes");
    let known: BTreeSet<String> = Code::ALL
        .iter()
        .map(|c| format!("{}.md", c.number()))
        .collect();
    let on_disk: BTreeSet<String> = std::fs::read_dir(pages)
        .expect("the folder of pages")
        .filter_map(|e| Some(e.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    assert_eq!(known, on_disk);
}

#[test]
fn numbers_are_in_order_and_unique() {
    let numbers: Vec<&str> = Code::ALL.iter().map(|c| c.number()).collect();
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(numbers, sorted);
}
