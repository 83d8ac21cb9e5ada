//! Whatever the README shows stands somewhere as a file that other tests hold true.

use pure_agent_tests::sources::repository;

#[test]
fn every_shown_piece_is_a_part_of_its_file() {
    let root = repository();
    let readme = std::fs::read_to_string(root.join("README.md")).expect("the README");
    let mut pieces = 0;
    for part in readme.split("<!-- from: ").skip(1) {
        let (path, rest) = part.split_once(" -->").expect("an end of the mark");
        let fence = rest.split("```").nth(1).expect("a fence after the mark");
        let shown = fence.split_once('\n').expect("lines in the fence").1;
        let file =
            std::fs::read_to_string(root.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        assert!(shown.lines().count() > 3, "{path}: too little is shown");
        assert!(
            file.contains(shown),
            "README shows something else than {path}:\n{shown}"
        );
        pieces += 1;
    }
    assert!(pieces >= 3, "only {pieces} pieces are marked");
}

#[test]
fn every_link_of_the_docs_leads_somewhere() {
    let root = repository();
    for page in ["README.md", "CONTRIBUTING.md"] {
        let text = std::fs::read_to_string(root.join(page)).expect("the page");
        for part in text.split("](").skip(1) {
            let link = part.split(')').next().unwrap_or_default();
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            let path = link.split('#').next().unwrap_or_default();
            assert!(root.join(path).exists(), "{page}: {link}");
        }
    }
}

#[test]
fn the_gate_runs_the_two_commands() {
    let root = repository();
    let readme = std::fs::read_to_string(root.join("README.md")).expect("the README");
    let gate = std::fs::read_to_string(root.join(".ci/run")).expect("the gate");
    for command in [
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
