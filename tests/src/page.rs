//! Pages of diagnostic codes: their examples as workspaces.

use pure_agent::syntax::{BUDGET, MAX_FILE};
use std::collections::BTreeMap;

/// One fenced example.
#[derive(Debug, Clone)]
pub struct Example {
    /// The word after `generate=`, if the text is made by the test.
    pub generate: Option<String>,
    /// Whether the fence holds KDL.
    pub kdl: bool,
    /// Files by name; text before a `// file:` line belongs to `run.kdl`.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// A page: title line, wrong and right example.
#[derive(Debug, Clone)]
pub struct Page {
    /// What follows `# `.
    pub title: String,
    /// The text between title and first example.
    pub prose: String,
    /// The example that gives the finding.
    pub wrong: Example,
    /// The example that gives none.
    pub right: Example,
}

/// Reads a page; `None` if a part is missing.
#[must_use]
pub fn read(text: &str) -> Option<Page> {
    let title = text.lines().next().and_then(|l| l.strip_prefix("# "));
    let (prose, rest) = text.split_once("\n## Wrong\n")?;
    let (wrong, right) = rest.split_once("\n## Right\n")?;
    Some(Page {
        title: title.unwrap_or_default().to_owned(),
        prose: prose.lines().skip(1).collect::<Vec<_>>().join("\n"),
        wrong: example(wrong)?,
        right: example(right)?,
    })
}

fn example(text: &str) -> Option<Example> {
    let (info, body) = text.split_once("```")?.1.split_once('\n')?;
    let body = body.split_once("```")?.0;
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut name = "run.kdl".to_owned();
    for line in body.lines() {
        if let Some(next) = line.strip_prefix("// file: ") {
            name = next.trim().to_owned();
            files.insert(name.clone(), String::new());
        } else {
            let file = files.entry(name.clone()).or_default();
            file.push_str(&unmarked(line));
            file.push('\n');
        }
    }
    Some(Example {
        generate: info.split("generate=").nth(1).map(|g| g.trim().to_owned()),
        kdl: info.starts_with("kdl"),
        files: files
            .into_iter()
            .map(|(k, v)| (k, v.into_bytes()))
            .collect(),
    })
}

/// Replaces `\u{XXXX}` by the character, which an editor would not show.
fn unmarked(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\\u{") {
        let Some((hex, tail)) = after.split_once('}') else {
            break;
        };
        let Some(c) = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32) else {
            break;
        };
        out.push_str(before);
        out.push(c);
        rest = tail;
    }
    out + rest
}

/// Texts that are too large or too odd for a page.
///
/// # Panics
/// For a name that nobody made.
#[must_use]
pub fn generated(name: &str) -> Vec<u8> {
    let spoilt = match name {
        "not-utf8" => b"// caf\xe9\n".to_vec(),
        "too-large" => "// long\n".repeat(MAX_FILE / 8 + 1).into_bytes(),
        "too-deep" => ("/*".repeat(17) + &"*/".repeat(17)).into_bytes(),
        "too-slow" => ("/-odd ".to_owned() + &" -x".repeat(BUDGET / 64)).into_bytes(),
        other => panic!("nothing makes `{other}`"),
    };
    [b"version 1\n".to_vec(), spoilt].concat()
}
