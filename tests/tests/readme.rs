//! Whatever the pages show stands somewhere as a file that other tests hold true.

use pure_agent_tests::sources::repository;

#[test]
fn every_shown_piece_is_a_part_of_its_file() {
    let root = repository();
    let pages = [
        "README.md",
        "compiler/doc/runs.md",
        "compiler/doc/steps.md",
        "compiler/doc/tools.md",
        "compiler/doc/triggers.md",
        "examples/monitoring/README.md",
    ];
    let text = pages.map(|page| std::fs::read_to_string(root.join(page)).expect("the page"));
    let mut pieces = 0;
    for part in text.concat().split("<!-- from: ").skip(1) {
        let (path, rest) = part.split_once(" -->").expect("an end of the mark");
        let fence = rest.split("```").nth(1).expect("a fence after the mark");
        let shown = fence.split_once('\n').expect("lines in the fence").1;
        let file =
            std::fs::read_to_string(root.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        assert!(shown.lines().count() > 3, "{path}: too little is shown");
        assert!(
            file.contains(shown),
            "a page shows something else than {path}:\n{shown}"
        );
        pieces += 1;
    }
    assert!(pieces >= 6, "only {pieces} pieces are marked");
}

#[test]
fn every_link_of_the_docs_leads_somewhere() {
    let root = repository();
    for page in [
        "README.md",
        "CONTRIBUTING.md",
        "runtime/README.md",
        "compiler/doc/administrator.md",
        "compiler/doc/approvals.md",
        "compiler/doc/run.md",
        "compiler/doc/rights.md",
        "compiler/doc/scanners.md",
        "compiler/doc/secrets.md",
        "compiler/doc/runs.md",
        "compiler/doc/steps.md",
        "compiler/doc/tools.md",
        "examples/agent-platform/README.md",
        "examples/agent-service/README.md",
        "examples/jobrunner/README.md",
        "examples/monitoring/README.md",
        "examples/pure-agent/README.md",
        "tests/findings.md",
    ] {
        let text = std::fs::read_to_string(root.join(page)).expect("the page");
        let folder = root.join(page).parent().expect("a folder").to_owned();
        for part in text.split("](").skip(1) {
            let link = part.split(')').next().unwrap_or_default();
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            let path = link.split('#').next().unwrap_or_default();
            assert!(folder.join(path).exists(), "{page}: {link}");
        }
    }
}

#[test]
fn the_gate_runs_the_commands() {
    let root = repository();
    let readme = std::fs::read_to_string(root.join("README.md")).expect("the README");
    let gate = std::fs::read_to_string(root.join(".ci/run")).expect("the gate");
    for command in [
        "cargo run --release --bin pure-agent -- run examples/quickstart",
        "cargo run --release --bin pure-agent -- compile examples/pure-agent",
        "cargo test --workspace",
    ] {
        assert!(readme.contains(command), "README lacks `{command}`");
        let locked = command.replacen("--release", "--release --locked", 1);
        assert!(
            gate.contains(command) || gate.contains(&locked),
            "the gate lacks `{command}`"
        );
    }
}

/// Paths in backticks that name a file of the repository, or of the page's own sources.
#[test]
fn every_file_that_the_tour_names_is_there() {
    let root = repository();
    let page = std::fs::read_to_string(root.join("runtime/README.md")).expect("the tour");
    let mut files = 0;
    for named in page.split('`').skip(1).step_by(2) {
        let path = named.trim_end_matches('/');
        let file = named.ends_with(".rs") || named.ends_with('/') && !named.starts_with('/');
        if !file || path.contains(char::is_whitespace) {
            continue;
        }
        let there = [
            root.join("runtime/src").join(path),
            root.join(path),
            root.join("runtime").join(path),
        ];
        assert!(there.iter().any(|path| path.exists()), "{named}");
        files += 1;
    }
    assert!(files > 15, "only {files} files are named");
}
