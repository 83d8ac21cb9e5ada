//! What is handed over inside a run: its inputs, an agent's submission, the manifest of what was packed.

use super::{Target, hold, json};
use crate::random::Random;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pure_agent_runtime::contract::Contract;
use pure_agent_runtime::export::outbox::Outbox;
use pure_agent_runtime::gateway::inputs::Inputs;
use pure_agent_runtime::submission::{self, Document, MOST_DOCUMENT};
use pure_agent_runtime::{open, strict};
use std::path::Path;
use std::sync::OnceLock;

pub(super) const INPUTS: Target = Target {
    name: "inputs",
    seeds: inputs,
    words: json::WORDS,
    check: given,
};

pub(super) const OUTBOX: Target = Target {
    name: "outbox",
    seeds: manifests,
    words: &[
        "\"version\":1",
        "\"path\":\"../x\"",
        "\"path\":\".git/config\"",
        "\"file\":\"archives/../../x\"",
        "\"mode\":\"120000\"",
        "\"kind\":\"refused\"",
        "\"exports\":[]",
        "0123456789abcdef",
        "{}",
        "null",
        ",",
        "\\u0000",
        "/",
    ],
    check: packed,
};

pub(super) const SUBMISSION: Target = Target {
    name: "submission",
    seeds: submissions,
    words: &[
        "\"actions\":[\"report\"]",
        "\"none\"",
        "\"continue\"",
        "\"summary\":\"s\"",
        "\"branch\":\"agent/../main\"",
        "\"path\":\"..\"",
        "\"repository\":\"dlddu/x\"",
        "\\u202e",
        "\\u0000",
        "\"body\":\"<!-- x -->\"",
        "{}",
        "null",
        "[",
        "]",
        ",",
    ],
    check: submitted,
};

/// The example that has every kind of export.
fn contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| {
        let mut contracts = json::contracts().into_iter();
        let parsed =
            contracts.find_map(|bytes| open::parse(&bytes).ok().filter(|c| c.spec == "pure-agent"));
        parsed.unwrap_or_else(|| panic!("the example has a contract"))
    })
}

fn known() -> &'static Inputs {
    static KNOWN: OnceLock<Inputs> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let text = URL_SAFE_NO_PAD.encode(&inputs()[0]);
        Inputs::read(&text, contract()).unwrap_or_else(|e| panic!("{e}"))
    })
}

fn inputs() -> Vec<Vec<u8>> {
    [
        r#"{"issue":"A-1","prompt":"p"}"#,
        r#"{"issue":"ABCDE-123456","prompt":"a\nb\u00e9"}"#,
        r#"{"issue":"A-1"}"#,
        r#"{"issue":"A-1","prompt":"p","x":"y"}"#,
        r#"{"issue":"A-1","issue":"B-1","prompt":"p"}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// What is taken keeps every bound of the contract, and is all that was given.
fn given(bytes: &[u8], _: &mut Random) -> Result<bool, String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _verdict = Inputs::read(text, contract());
    }
    let Ok(read) = Inputs::read(&URL_SAFE_NO_PAD.encode(bytes), contract()) else {
        return Ok(false);
    };
    let value = strict::value(bytes).map_err(|e| format!("taken, and no JSON: {e}"))?;
    let given = value.as_object().ok_or("taken, and no object")?;
    for (name, value) in given {
        hold(read.get(name) == value.as_str(), "another value")?;
    }
    for input in &contract().inputs {
        let value = read.get(&input.name);
        hold(value.is_some() || !input.required, "one is missing")?;
        let fits = value.is_none_or(|value| value.len() as u64 <= input.size);
        hold(fits, "a value that is too long")?;
    }
    let issue = read.get("issue").unwrap_or_default();
    let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
    hold(
        issue.len() <= 12 && issue.bytes().all(plain),
        "a value that does not match",
    )?;
    Ok(true)
}

fn manifests() -> Vec<Vec<u8>> {
    let digest = "0123456789abcdef".repeat(4);
    let entry = |path: &str| {
        format!(
            r#"{{"path":"{path}","mode":"100644","size":3,"sha256":"{digest}","submodules":false,"secrets":[]}}"#
        )
    };
    let findings = r#"{"list":[],"counts":{}}"#;
    let whole = |content: String| {
        format!(
            r#"{{"version":1,"spec":"pure-agent","exports":[{{"export":"pull-request","content":{content},"findings":{findings}}}]}}"#
        )
    };
    let trees = |entries: String| {
        whole(format!(
            r#"{{"kind":"trees","trees":[{{"path":"repo","entries":[{entries}],"left_out":[]}}],"refused":[]}}"#
        ))
    };
    [
        trees(format!("{},{}", entry("a"), entry("b/c"))),
        trees(entry(".github/workflows/x")),
        trees(entry("../x")),
        trees(format!("{},{}", entry("b"), entry("a"))),
        whole(format!(
            r#"{{"kind":"archive","file":"archives/pull-request.tar","bytes":3,"sha256":"{digest}","files":1,"content":3}}"#
        )),
    ]
    .map(String::into_bytes)
    .into()
}

/// A tree that is believed has paths that stay inside of it, each once.
fn packed(bytes: &[u8], _: &mut Random) -> Result<bool, String> {
    let outbox = Outbox::of(Path::new("/nonexistent"), bytes, contract());
    for export in ["pull-request", "upload", "../x"] {
        hold(
            outbox.archive(export, u64::MAX).is_err(),
            "an archive of nothing",
        )?;
    }
    let Ok((tree, _)) = outbox.tree("pull-request", "repo") else {
        return Ok(false);
    };
    for entry in &tree.entries {
        let inside = |part: &str| {
            !matches!(part, "" | "." | "..")
                && !part.eq_ignore_ascii_case(".git")
                && !part.contains(['\0', '\\'])
        };
        hold(
            entry.path.split('/').all(inside),
            "a path that leads elsewhere",
        )?;
        hold(entry.sha256.len() == 64, "a digest that is none")?;
    }
    let once = tree
        .entries
        .windows(2)
        .all(|pair| pair[0].path < pair[1].path);
    hold(once, "a path that stands twice")?;
    Ok(true)
}

fn submissions() -> Vec<Vec<u8>> {
    [
        r#"{"actions":["none"],"summary":"s"}"#,
        r#"{"actions":["continue"],"summary":"s"}"#,
        r#"{"actions":["report","upload"],"summary":"s\nt","report":"Report\n\ttext"}"#,
        r#"{"actions":["pull-request"],"summary":"s","pull-request":{"repository":"dlddu/pure-agent","path":"repo","branch":"agent/fix-1","base":"main","title":"Fix","body":"It was.\n\nNow."}}"#,
        r#"{"actions":["report","pull-request"],"summary":"s","report":"r","pull-request":{"repository":"other/x","path":"../repo","branch":"main","base":"main","title":"a\nb","body":""}}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// What is taken is one text, read as the same again; what is not is told in plain sentences.
fn submitted(bytes: &[u8], _: &mut Random) -> Result<bool, String> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(document) = Document::parse(text)
    {
        let written = document.text().map_err(|e| e.to_string())?;
        let again = Document::parse(&written).map_err(|e| format!("its own text: {e}"))?;
        hold(
            again.text().ok() == Some(written),
            "another text the second time",
        )?;
    }
    let Ok(value) = strict::value(bytes) else {
        return Ok(false);
    };
    let document = match submission::read(contract(), known(), &value) {
        Ok(document) => document,
        Err(problems) => {
            hold(
                (1..=32).contains(&problems.len()),
                "no problem, or too many",
            )?;
            let plain = |text: &str| !text.chars().any(char::is_control) && text.len() < 4_096;
            let fine = problems
                .iter()
                .all(|p| plain(&p.message) && plain(&p.pointer));
            return hold(fine, "a problem that is no plain sentence").map(|()| false);
        }
    };
    let text = document.text().map_err(|e| e.to_string())?;
    hold(text.len() <= MOST_DOCUMENT, "too long for the record")?;
    let again = Document::parse(&text).map_err(|e| format!("its own text: {e}"))?;
    hold(
        again.text().ok() == Some(text),
        "another text the second time",
    )?;
    Ok(true)
}
