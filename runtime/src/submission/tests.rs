use super::pull_request::{MOST_BODY, MOST_PATH, MOST_TITLE};
use super::{Document, MOST_SUMMARY, Problem, actions, read, schema};
use crate::contract::Contract;
use crate::gateway::inputs::Inputs;
use crate::router::decide::SubmissionKind;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The contract of the example `pure-agent`, changed.
fn contract(change: impl FnOnce(&mut Value)) -> Contract {
    let example = include_str!("../../../golden/contract/pure-agent.json");
    let mut value: Value = serde_json::from_str(example).unwrap();
    change(&mut value);
    serde_json::from_value(value).unwrap()
}

fn inputs(contract: &Contract) -> Inputs {
    let text = json!({"issue": "A-1", "prompt": "p"}).to_string();
    Inputs::read(&URL_SAFE_NO_PAD.encode(text), contract).unwrap()
}

fn judge(contract: &Contract, arguments: &Value) -> Result<Document, Vec<Problem>> {
    read(contract, &inputs(contract), arguments)
}

/// Pointer and rule of each problem, sorted.
fn problems(contract: &Contract, arguments: &Value) -> Vec<(String, &'static str)> {
    let problems = judge(contract, arguments).unwrap_err();
    let mut found: Vec<_> = problems.into_iter().map(|p| (p.pointer, p.rule)).collect();
    found.sort();
    found
}

fn wrong(arguments: &Value) -> Vec<(String, &'static str)> {
    problems(&contract(|_| ()), arguments)
}

fn pull_request() -> Value {
    json!({
        "repository": "dlddu/pure-agent", "path": "repo", "branch": "agent/fix-1", "base": "main",
        "title": "Fix the parser", "body": "It was wrong.\n\nNow it is not.",
    })
}

#[test]
fn a_submission_becomes_one_canonical_text() {
    let given = json!({
        "summary": "끝났다.\n", "actions": ["report", "pull-request"],
        "pull-request": pull_request(), "report": "Report\n\ttext",
    });
    let document = judge(&contract(|_| ()), &given).unwrap();
    let text = document.text().unwrap();
    assert_eq!(
        text,
        concat!(
            r#"{"actions":["report","pull-request"],"pull-request":{"base":"main","body":"#,
            r#""It was wrong.\n\nNow it is not.","branch":"agent/fix-1","path":"repo","#,
            r#""repository":"dlddu/pure-agent","title":"Fix the parser"},"report":"Report\n\ttext","#,
            r#""summary":"끝났다.\n","version":1}"#
        )
    );
    assert_eq!(Document::parse(&text).unwrap(), document);
    assert_eq!(document.kind(), SubmissionKind::Terminal);
    assert!(
        !format!("{document:?}").contains("parser"),
        "no text is shown"
    );
}

#[test]
fn continue_and_none_stand_alone() {
    for (name, kind) in [
        ("continue", SubmissionKind::Continue),
        ("none", SubmissionKind::Terminal),
    ] {
        let given = json!({"actions": [name], "summary": "s"});
        assert_eq!(judge(&contract(|_| ()), &given).unwrap().kind(), kind);
        let both = json!({"actions": ["upload", name], "summary": "s"});
        assert_eq!(wrong(&both), [("/actions/1".to_owned(), "action-alone")]);
    }
    let both = json!({"actions": ["continue", "none"], "summary": "s"});
    assert_eq!(wrong(&both).len(), 2);
    let one = contract(|c| c["limits"]["depth"] = json!(1));
    let given = json!({"actions": ["continue"], "summary": "s"});
    assert_eq!(
        problems(&one, &given),
        [("/actions/0".to_owned(), "action-continue")]
    );
}

#[test]
fn a_text_that_is_no_document_of_this_version_asks_for_no_further_cycle() {
    for text in [
        "",
        "{}",
        "[]",
        r#"{"actions":["continue"]}"#,
        r#"{"actions":["continue"],"summary":"s","version":2}"#,
        r#"{"actions":["none"],"actions":["continue"],"summary":"s","version":1}"#,
        r#"{"actions":["continue"],"summary":"s","version":1,"more":3}"#,
    ] {
        assert!(Document::parse(text).is_err(), "{text}");
    }
}

/// Everything that is wrong is said at once.
#[test]
fn all_problems_are_told_at_once() {
    let given = json!({
        "actions": ["report", "pull-request", "comment", "report", 7], "summary": "",
        "more": 1, "report": "", "pull-request": {"branch": "main", "base": 3, "extra": 1, "title": "a\nb"},
    });
    let found = wrong(&given);
    for expected in [
        ("/actions/2", "action-unknown"),
        ("/actions/3", "action-twice"),
        ("/actions/4", "field-type"),
        ("/more", "field-unknown"),
        ("/summary", "text-empty"),
        ("/report", "text-empty"),
        ("/pull-request/repository", "field-missing"),
        ("/pull-request/path", "field-missing"),
        ("/pull-request/branch", "branch"),
        ("/pull-request/base", "field-type"),
        ("/pull-request/extra", "field-unknown"),
        ("/pull-request/title", "text-character"),
    ] {
        let expected = (expected.0.to_owned(), expected.1);
        assert!(found.contains(&expected), "{expected:?} in {found:?}");
    }
    assert_eq!(found.len(), 12);
}

#[test]
fn what_is_no_object_of_these_fields_is_refused() {
    for (given, pointer, rule) in [
        (json!(null), "", "field-type"),
        (json!([]), "", "field-type"),
        (json!({"summary": "s"}), "/actions", "field-missing"),
        (json!({"actions": ["none"]}), "/summary", "field-missing"),
        (
            json!({"actions": [], "summary": "s"}),
            "/actions",
            "actions-none",
        ),
        (
            json!({"actions": "none", "summary": "s"}),
            "/actions",
            "field-type",
        ),
        (
            json!({"actions": ["none"], "summary": 1}),
            "/summary",
            "field-type",
        ),
        (
            json!({"actions": ["none"], "summary": " \n"}),
            "/summary",
            "text-empty",
        ),
        (
            json!({"actions": ["none"], "summary": "s", "version": 1}),
            "/version",
            "field-unknown",
        ),
        (
            json!({"actions": ["none"], "summary": "s", "a\u{202e}b/~": 1}),
            "",
            "field-unknown",
        ),
        (
            json!({"actions": ["None"], "summary": "s"}),
            "/actions/0",
            "action-unknown",
        ),
        (
            json!({"actions": ["comment"], "summary": "s"}),
            "/actions/0",
            "action-unknown",
        ),
        (
            json!({"actions": ["report"], "summary": "s"}),
            "/report",
            "field-missing",
        ),
        (
            json!({"actions": ["none"], "summary": "s", "report": "r"}),
            "/report",
            "field-unused",
        ),
        (
            json!({"actions": ["continue"], "summary": "s", "report": "r"}),
            "/report",
            "field-unused",
        ),
        (
            json!({"actions": ["pull-request"], "summary": "s", "pull-request": "p"}),
            "/pull-request",
            "field-type",
        ),
    ] {
        assert_eq!(wrong(&given), [(pointer.to_owned(), rule)], "{given}");
    }
}

/// Bytes count, not characters: Hangul has three each.
#[test]
fn texts_are_bounded_in_bytes_and_free_of_what_is_not_seen() {
    let most = usize::try_from(MOST_SUMMARY).unwrap();
    let summary = |text: &str| json!({"actions": ["none"], "summary": text});
    let contract = contract(|_| ());
    let korean = "가".repeat(most / 3);
    assert!(judge(&contract, &summary(&korean)).is_ok());
    assert!(judge(&contract, &summary("👩\u{200d}💻 a\tb\nc")).is_ok());
    assert_eq!(
        wrong(&summary(&format!("{korean}가"))),
        [("/summary".to_owned(), "text-length")]
    );
    for hidden in [
        '\0',
        '\r',
        '\u{7f}',
        '\u{85}',
        '\u{61c}',
        '\u{200e}',
        '\u{202a}',
        '\u{202e}',
        '\u{2066}',
        '\u{2069}',
        '\u{2028}',
        '\u{e0041}',
    ] {
        assert_eq!(
            wrong(&summary(&format!("a{hidden}b"))),
            [("/summary".to_owned(), "text-character")],
            "{hidden:?}"
        );
    }
    let report =
        |size: usize| json!({"actions": ["report"], "summary": "s", "report": "x".repeat(size)});
    assert!(judge(&contract, &report(49_152)).is_ok());
    assert_eq!(
        wrong(&report(49_153)),
        [("/report".to_owned(), "text-length")]
    );
}

/// Each text at its bound and one above it, in Hangul: what is told in bytes counts in bytes, and the two that
/// GitHub counts in characters count so.
#[test]
fn every_text_is_bounded_at_n_and_n_plus_1() {
    let contract = contract(|_| ());
    // So many bytes: as much Hangul as fits, and letters behind it.
    let bytes = |size: usize| format!("{}{}", "한".repeat(size / 3), "x".repeat(size % 3));
    let letters = |count: usize| "한".repeat(count);
    let sent = |place: &str, text: String| {
        let mut pull = pull_request();
        let mut given =
            json!({"actions": ["report", "pull-request"], "summary": "s", "report": "r"});
        match place.rsplit_once('/') {
            Some(("/pull-request", field)) => pull[field] = json!(text),
            _ => given[&place[1..]] = json!(text),
        }
        given["pull-request"] = pull;
        judge(&contract, &given).map(|_| ()).map_err(|problems| {
            let all = problems.into_iter();
            all.map(|problem| (problem.pointer, problem.rule))
                .collect::<Vec<_>>()
        })
    };
    let summary = usize::try_from(MOST_SUMMARY).unwrap();
    let path = usize::try_from(MOST_PATH).unwrap();
    for (place, make, most) in [
        ("/summary", &bytes as &dyn Fn(usize) -> String, summary),
        ("/report", &bytes, 49_152),
        ("/pull-request/title", &letters, MOST_TITLE),
        ("/pull-request/body", &letters, MOST_BODY),
        ("/pull-request/path", &bytes, path),
    ] {
        assert_eq!(sent(place, make(most)), Ok(()), "{place}");
        let above = vec![(place.to_owned(), "text-length")];
        assert_eq!(sent(place, make(most + 1)), Err(above), "{place}");
    }
}

/// However large a contract lets a report be, what is accepted fits into a line of the record.
#[test]
fn a_submission_that_the_record_could_not_hold_is_refused() {
    let large = contract(|c| c["exports"][1]["action"]["size"] = json!(100 << 20));
    let given =
        |size: usize| json!({"actions": ["report"], "summary": "s", "report": "\"".repeat(size)});
    assert_eq!(
        problems(&large, &given(600_000)),
        [(String::new(), "submission-size")]
    );
    let fits = judge(&large, &given(500_000)).unwrap().text().unwrap();
    let event = crate::record::Event::Submission {
        cycle: 0,
        document: fits,
    };
    let line = serde_json::to_string(&event).unwrap();
    assert!(line.len() < crate::record::chain::MOST_LINE - crate::record::chain::FRAME);
}

#[test]
fn branches_and_bases_are_names_of_git_within_the_patterns() {
    let with = |field: &str, value: &str| {
        let mut request = pull_request();
        request[field] = json!(value);
        json!({"actions": ["pull-request"], "summary": "s", "pull-request": request})
    };
    for branch in [
        "main",
        "agents/x",
        "Agent/x",
        "agent/../main",
        "agent/x..y",
        "agent/@{x",
        "agent//x",
        "agent/x.lock",
        "agent/.x",
        "-agent/x",
        "agent/x ",
        "agent/x~1",
        "agent/x:y",
        "agent/x^",
        "agent/é",
        "refs/heads/agent/x",
        "agent/",
        "/agent/x",
        "agent/x*",
        "agent/x\\y",
    ] {
        assert_eq!(
            wrong(&with("branch", branch)),
            [("/pull-request/branch".to_owned(), "branch")],
            "{branch}"
        );
    }
    for base in ["master", "refs/heads/main", "main/x", "HEAD", "*"] {
        assert_eq!(
            wrong(&with("base", base)),
            [("/pull-request/base".to_owned(), "base")],
            "{base}"
        );
    }
    for repository in [
        "dlddu",
        "other/x",
        "dlddu/x/y",
        "dlddu/..",
        "dlddu/x.git",
        "DLDDU/x",
        "dlddu/*",
    ] {
        assert_eq!(
            wrong(&with("repository", repository)),
            [("/pull-request/repository".to_owned(), "repository")],
            "{repository}"
        );
    }
    for path in ["/repo", "../repo", "a/../b", "repo/", "a//b", "./a"] {
        assert_eq!(
            wrong(&with("path", path)),
            [("/pull-request/path".to_owned(), "path")],
            "{path}"
        );
    }
    for title in ["", " ", "a\nb", "a\tb", &"x".repeat(201)] {
        assert_eq!(wrong(&with("title", title)).len(), 1, "{title}");
    }
    let body = "가".repeat(10_000);
    assert!(judge(&contract(|_| ()), &with("body", &body)).is_ok());
    assert_eq!(wrong(&with("body", &format!("{body}가"))).len(), 1);
    assert!(judge(&contract(|_| ()), &with("title", &"가".repeat(200))).is_ok());
}

/// A branch that is its own base would be a push to it, whatever the patterns say.
#[test]
fn the_branch_is_another_one_than_the_base() {
    let loose = contract(|c| c["exports"][3]["action"]["branch"] = json!("**"));
    let mut request = pull_request();
    request["branch"] = json!("main");
    let given = json!({"actions": ["pull-request"], "summary": "s", "pull-request": request});
    assert_eq!(
        problems(&loose, &given),
        [("/pull-request/branch".to_owned(), "branch-base")]
    );
}

#[test]
fn what_the_contract_leaves_no_choice_of_may_be_left_out() {
    let bounded = contract(|c| c["exports"][3]["action"]["repo"] = json!("dlddu/pure-agent"));
    let request = json!({"path": ".", "branch": "agent/x", "title": "t"});
    let given = json!({"actions": ["pull-request"], "summary": "s", "pull-request": request});
    let text = judge(&bounded, &given).unwrap().text().unwrap();
    let expected = r#""pull-request":{"base":"main","body":"","branch":"agent/x","path":"","repository":"dlddu/pure-agent","title":"t"}"#;
    assert!(text.contains(expected), "{text}");
    // Here the repository is the agent's to choose.
    assert_eq!(
        wrong(&given),
        [("/pull-request/repository".to_owned(), "field-missing")]
    );
}

/// A pattern that means nothing matches nothing.
#[test]
fn an_export_without_patterns_takes_no_pull_request() {
    for pattern in ["", "agent//**", "***", "/agent"] {
        let broken = contract(|c| c["exports"][3]["action"]["branch"] = json!(pattern));
        let given =
            json!({"actions": ["pull-request"], "summary": "s", "pull-request": pull_request()});
        assert_eq!(
            problems(&broken, &given),
            [("/pull-request/branch".to_owned(), "branch")],
            "{pattern}"
        );
    }
}

#[test]
fn an_export_that_happens_always_needs_its_text() {
    let always = contract(|c| c["exports"][1]["when"] = json!("always"));
    let given = json!({"actions": ["none"], "summary": "s"});
    assert_eq!(
        problems(&always, &given),
        [("/report".to_owned(), "field-missing")]
    );
    let given = json!({"actions": ["report"], "summary": "s", "report": "r"});
    assert_eq!(
        problems(&always, &given),
        [("/actions/0".to_owned(), "action-unknown")]
    );
    let given = json!({"actions": ["none"], "summary": "s", "report": "r"});
    assert!(judge(&always, &given).is_ok());
    let given = json!({"actions": ["continue"], "summary": "s"});
    assert!(judge(&always, &given).is_ok());
}

#[test]
fn an_action_that_can_go_nowhere_is_refused_and_told() {
    let open = contract(|c| {
        c["inputs"][0] = json!({"name": "issue", "required": false, "size": 10, "one_of": []});
        c["exports"][2]["times"] = json!(0);
    });
    let text = URL_SAFE_NO_PAD.encode(json!({"prompt": "p"}).to_string());
    let inputs = Inputs::read(&text, &open).unwrap();
    let given = json!({"actions": ["report"], "summary": "s", "report": "r"});
    let problems = read(&open, &inputs, &given).unwrap_err();
    assert_eq!(problems[0].rule, "action-target");
    let told = actions(&open, &inputs);
    assert_eq!(
        told["offered"][0]["impossible"],
        "input `issue` was not given"
    );
    assert_eq!(
        told["offered"].as_array().unwrap().len(),
        2,
        "no upload: {told}"
    );
    let given = json!({"actions": ["upload"], "summary": "s"});
    assert_eq!(
        read(&open, &inputs, &given).unwrap_err()[0].rule,
        "action-unknown"
    );
}

#[test]
fn an_agent_is_told_every_bound() {
    let contract = contract(|_| ());
    let told = actions(&contract, &inputs(&contract));
    assert_eq!(told["summary"]["most_bytes"], MOST_SUMMARY);
    let names: Vec<_> = told["offered"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| &o["name"])
        .collect();
    assert_eq!(names, ["report", "upload", "pull-request"]);
    assert_eq!(told["offered"][0]["to"], "A-1");
    assert_eq!(
        told["offered"][0]["needs"]["report"]["text"]["most_bytes"],
        49_152
    );
    let request = &told["offered"][2];
    assert_eq!(
        request["needs"]["pull-request"]["branch"]["match"],
        "agent/**"
    );
    assert_eq!(request["needs"]["pull-request"]["base"]["only"], "main");
    let kept = request["workspace"]["must_not_change"].as_array().unwrap();
    for path in [".github/**", "Jenkinsfile"] {
        assert!(kept.contains(&json!(path)), "{kept:?}");
    }
    assert_eq!(request["approval"], "a person is asked first");
    assert_eq!(told["always"][0]["kind"], "comment");
    assert!(told["alone"]["continue"].is_string() && told["alone"]["none"].is_string());
    assert!(
        !told.to_string().contains("linear-out"),
        "no name of a secret"
    );
}

#[test]
fn the_schema_names_the_same_actions_and_fields() {
    let contract = contract(|c| {
        let mut second = c["exports"][1].clone();
        second["name"] = json!("report-2");
        c["exports"].as_array_mut().unwrap().push(second);
    });
    let schema = schema(&contract);
    assert_eq!(
        schema["properties"]["actions"]["items"]["enum"],
        json!([
            "report",
            "upload",
            "pull-request",
            "report-2",
            "continue",
            "none"
        ])
    );
    let fields: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        ["actions", "pull-request", "report", "report-2", "summary"]
    );
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(
        schema["properties"]["pull-request"]["required"],
        json!(["repository", "path", "branch", "title"])
    );
    let both = json!({
        "actions": ["report", "report-2"], "summary": "s", "report": "one", "report-2": "two",
    });
    let text = judge(&contract, &both).unwrap().text().unwrap();
    assert!(
        text.contains(r#""report":"one","report-2":"two""#),
        "{text}"
    );
}

/// Who is wrong in a hundred thousand ways is told of some.
#[test]
fn problems_are_bounded() {
    let actions: Vec<String> = (0..100_000).map(|n| format!("a{n}")).collect();
    let mut given = json!({"actions": actions, "summary": 1});
    for n in 0..10_000 {
        given[format!("field-{n}")] = json!(1);
    }
    assert_eq!(wrong(&given).len(), 32);
}
