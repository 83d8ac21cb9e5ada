//! The steps of a graph are one: agents read what calls gave, and calls take what agents answered.

use super::{SERVERS, TUNNEL};
use crate::check::trial::Trial;

const READ: &str = "call \"linear\" \"get_issue\" { argument \"issue_id\" value=\"ENG-1\"; }";
const FETCH: &str =
    "call \"web\" \"fetch\" { argument \"url\" value=\"https://docs.example.com/\"; }";
const PROSE: &str = "answer \"title\"\n";
const LISTED: &str = "answer \"title\" { one-of \"slow\" \"broken\"; }\n";

/// Paths of a run that makes a call, has an agent answer, and makes another call, perhaps when a person agreed.
fn paths(first: &str, answer: &str, last: &str, asked: bool, agent: &str) -> usize {
    let ends = "on \"ok\" goto=\"end\"; on \"failed\" goto=\"fail\"";
    let (goal, ask) = match asked {
        true => (
            "ask",
            "step \"ask\" { approval \"human\" of=\"last\"; on \"approved\" goto=\"last\"; \
             on \"rejected\" goto=\"fail\"; on \"expired\" goto=\"fail\"; }\n",
        ),
        false => ("last", ""),
    };
    let graph = format!(
        "graph {{\n step \"first\" {{ {first}; on \"ok\" goto=\"think\"; on \"failed\" goto=\"fail\"; }}\n \
         step \"think\" {{ agent \"writer\" {{ {answer} }}; on \"ok\" goto=\"{goal}\"; on \"failed\" goto=\"fail\"; }}\n \
         {ask} step \"last\" {{ {last}; {ends}; }}\n}}\n limits {{"
    );
    let out = Trial::new()
        .declare(SERVERS)
        .in_agent(agent)
        .run("agent \"writer\"\n    limits {", &graph)
        .outcome();
    let broken: Vec<_> = out
        .findings
        .iter()
        .filter(|f| f.code.number() < "PA0401")
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
    let own = |f: &&crate::diag::Finding| f.code.number() == "PA0510";
    out.findings.iter().filter(own).count()
}

fn request(title: &str) -> String {
    format!(
        "call \"other\" \"request_feature\" {{ argument \"title\" {title}; argument \"reason\" value=\"a\"; }}"
    )
}

#[test]
fn what_an_agent_answers_leaves_by_the_call_that_takes_it() {
    let open = request("answer=\"think/title\"");
    assert_eq!(paths(READ, PROSE, &open, false, ""), 1);
    assert_eq!(paths(READ, PROSE, &open, true, ""), 0, "a person agrees");
    assert_eq!(paths(READ, LISTED, &open, false, ""), 0, "one of a few");
    let said = request("value=\"slow\"");
    assert_eq!(paths(READ, PROSE, &said, false, ""), 0, "nobody chose it");
    assert_eq!(paths(FETCH, PROSE, &open, false, ""), 0, "nothing private");
}

#[test]
fn what_a_call_gives_is_read_by_the_agents_that_follow() {
    let last = request("value=\"slow\"");
    assert_eq!(
        paths(READ, "", &last, false, TUNNEL),
        1,
        "read and sent out"
    );
    assert_eq!(paths(FETCH, "", &last, false, TUNNEL), 0, "nothing private");
}

/// Warnings about words, of a run whose agent chooses between a call and the end.
fn words(call: &str, prompt: &str, asked: bool) -> Vec<String> {
    let (goal, ask) = match asked {
        true => (
            "ask",
            "step \"ask\" { approval \"human\" of=\"call\"; on \"approved\" goto=\"call\"; \
             on \"rejected\" goto=\"end\"; on \"expired\" goto=\"end\"; }\n",
        ),
        false => ("call", ""),
    };
    let graph = format!(
        "{prompt}graph {{\n step \"read\" {{ agent \"writer\"; on \"wanted\" goto=\"{goal}\"; on \"spam\" \
         goto=\"end\"; on \"failed\" goto=\"fail\"; }}\n {ask} step \"call\" {{ {call}; on \"ok\" \
         goto=\"end\"; on \"failed\" goto=\"fail\"; }}\n}}\n limits {{"
    );
    let out = Trial::new()
        .declare(SERVERS)
        .run("agent \"writer\"\n    limits {", &graph)
        .outcome();
    let own = |f: &&crate::diag::Finding| f.code.number() == "PA0506";
    let own = out.findings.iter().filter(own);
    own.map(|f| f.message.clone()).collect()
}

#[test]
fn a_word_that_leads_to_a_change_is_a_finding_unless_a_person_agrees() {
    let change = request("value=\"slow\"");
    assert_eq!(
        words(&change, "input \"prompt\"\n", false),
        [
            "untrusted text can have agent of step `read` say `wanted`, and tool `other.request_feature` then changes \
          something without anybody's word"
        ]
    );
    assert_eq!(words(&change, "input \"prompt\"\n", true), [""; 0]);
    assert_eq!(words(&change, "", false), [""; 0], "nobody wrote anything");
    assert_eq!(
        words(READ, "input \"prompt\"\n", false),
        [""; 0],
        "changes nothing"
    );
}
