//! Pages that name what shows each of their rows: tests as `file::function`, facts of files as `file#text`.

use crate::sources::repository;

/// The cells of each row of the tables of a page; neither their heads nor their rules.
#[must_use]
pub fn rows(page: &str) -> Vec<Vec<String>> {
    let path = repository().join(page);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{page}: {e}"));
    let rows = text.lines().filter_map(|line| {
        let cells = line.strip_prefix("| ")?.strip_suffix(" |")?;
        Some(cells.split(" | ").map(str::to_owned).collect::<Vec<_>>())
    });
    rows.filter(|cells| !matches!(cells[0].as_str(), "id" | "scenario"))
        .collect()
}

/// What stands between backticks.
#[must_use]
pub fn named(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Why what is named is neither a test nor a fact, or does not exist.
#[must_use]
pub fn missing(named: &str) -> Option<String> {
    let Some((file, what)) = named.split_once("::").or_else(|| named.split_once('#')) else {
        return Some(format!("`{named}` is neither a test nor a fact"));
    };
    let Ok(text) = std::fs::read_to_string(repository().join(file)) else {
        return Some(format!("{named}: no such file"));
    };
    let there = match named.contains("::") {
        true => is_test(&text, what),
        false => !what.is_empty() && text.contains(what),
    };
    (!there).then(|| format!("{named}: nothing of this name in the file"))
}

/// Whether the source has a test function of this name that is run.
fn is_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let starts = [format!("fn {name}("), format!("async fn {name}(")];
    let at = lines
        .iter()
        .position(|line| starts.iter().any(|s| line.starts_with(s.as_str())));
    let Some(at) = at else { return false };
    let marks: Vec<&&str> = lines[..at]
        .iter()
        .rev()
        .take_while(|l| l.starts_with('#'))
        .collect();
    let test = |mark: &&&str| mark.starts_with("#[test]") || mark.starts_with("#[tokio::test");
    marks.iter().any(test) && !marks.iter().any(|mark| mark.contains("ignore"))
}
