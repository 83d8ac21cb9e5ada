use super::{claim, running, script, seal};
use crate::record::Event;
use crate::record::event::{ApprovalAnswer, ApprovalAsked, Subject, ToolCalled};
use crate::state::approval::{Answer, MOST_ASKED};

fn call(agent: &str, server: &str, tool: &str, approval: Option<&str>) -> ToolCalled {
    ToolCalled {
        cycle: 0,
        agent: agent.to_owned(),
        server: server.to_owned(),
        tool: tool.to_owned(),
        arguments: "d1".to_owned(),
        approval: approval.map(str::to_owned),
    }
}

fn called(agent: &str, server: &str, tool: &str, approval: Option<&str>) -> Event {
    Event::ToolCalled(call(agent, server, tool, approval))
}

fn asked(id: &str) -> ApprovalAsked {
    ApprovalAsked {
        id: id.to_owned(),
        cycle: Some(0),
        approval: "team".to_owned(),
        subject: Subject::Tool {
            server: "s".to_owned(),
            tool: "asked".to_owned(),
        },
        arguments: "d1".to_owned(),
        nonce: format!("nonce-{id}"),
        expires: 5,
    }
}

fn ask(id: &str) -> Event {
    Event::ApprovalAsked(asked(id))
}

fn answer(id: &str) -> ApprovalAnswer {
    ApprovalAnswer {
        id: id.to_owned(),
        arguments: "d1".to_owned(),
        nonce: format!("nonce-{id}"),
        by: Some("ann".to_owned()),
    }
}

fn give(id: &str) -> Event {
    Event::ApprovalGiven(answer(id))
}

#[test]
fn a_tool_is_called_as_often_as_granted_by_whom_it_was_granted() {
    let state = script(
        running(),
        &[
            (called("a", "s", "twice", None), "ok"),
            (called("b", "s", "twice", None), "tool-grant"),
            (called("a", "t", "twice", None), "tool-grant"),
            (called("a", "s", "other", None), "tool-grant"),
            (called("a", "s", "twice", None), "ok"),
            (called("a", "s", "twice", None), "tool-times"),
            (seal(0), "ok"),
            (claim(1), "ok"),
            (
                Event::ToolCalled(ToolCalled {
                    cycle: 1,
                    ..call("a", "s", "twice", None)
                }),
                "tool-times",
            ),
            (called("a", "s", "twice", None), "cycle-ended"),
        ],
    );
    assert_eq!(state.tools().calls("a", "s", "twice"), 2);
    assert_eq!(state.tools().calls("b", "s", "twice"), 0);
}

#[test]
fn an_approval_is_good_for_one_call_of_what_was_asked() {
    let use_it = |id| called("a", "s", "asked", Some(id));
    let with = |arguments: &str| ToolCalled {
        arguments: arguments.to_owned(),
        ..call("a", "s", "asked", Some("1"))
    };
    let forged = |change: fn(&mut ApprovalAnswer)| {
        let mut forged = answer("1");
        change(&mut forged);
        Event::ApprovalGiven(forged)
    };
    let about = |change: fn(&mut ApprovalAsked)| {
        let mut other = asked("9");
        change(&mut other);
        other
    };
    let state = script(
        running(),
        &[
            (called("a", "s", "asked", None), "approval-missing"),
            (use_it("1"), "approval-unknown"),
            (give("1"), "approval-unknown"),
            (ask("1"), "ok"),
            (ask("1"), "approval-twice"),
            (use_it("1"), "approval-refused"),
            (forged(|a| a.nonce = "nonce-2".to_owned()), "approval-other"),
            (forged(|a| a.arguments = "d2".to_owned()), "approval-other"),
            (give("1"), "ok"),
            (give("1"), "approval-answered"),
            (Event::ApprovalRefused(answer("1")), "approval-answered"),
            (called("a", "s", "twice", Some("1")), "approval-missing"),
            (Event::ToolCalled(with("d2")), "approval-other"),
            (use_it("1"), "ok"),
            (use_it("1"), "approval-used"),
            (give("1"), "approval-answered"),
            (ask("2"), "ok"),
            (Event::ApprovalRefused(answer("2")), "ok"),
            (use_it("2"), "approval-refused"),
            (give("2"), "approval-answered"),
            (ask("3"), "ok"),
            (give("3"), "ok"),
        ],
    );
    assert_eq!(state.approvals().get("1").unwrap().1, Answer::Used);
    assert_eq!(state.approvals().get("3").unwrap().1, Answer::Given);
    for (other, expected) in [
        (about(|_| {}), "ok"),
        (about(|a| a.approval = "other".to_owned()), "approval-other"),
        (about(|a| a.cycle = None), "approval-other"),
        (
            about(|a| a.subject = Subject::Export("asked".to_owned())),
            "approval-other",
        ),
        (
            about(|a| {
                a.subject = Subject::Tool {
                    server: "s".to_owned(),
                    tool: "twice".to_owned(),
                };
            }),
            "approval-other",
        ),
    ] {
        let steps = [
            (Event::ApprovalAsked(other), "ok"),
            (give("9"), "ok"),
            (use_it("9"), expected),
        ];
        script(state.clone(), &steps);
    }
    let ended = script(
        state,
        &[(seal(0), "ok"), (claim(1), "ok"), (ask("4"), "cycle-ended")],
    );
    let late = ToolCalled {
        cycle: 1,
        ..call("a", "s", "asked", Some("3"))
    };
    script(ended, &[(Event::ToolCalled(late), "approval-other")]);
}

#[test]
fn requests_for_approval_are_bounded() {
    let steps: Vec<_> = (0..MOST_ASKED)
        .map(|n| (ask(&n.to_string()), "ok"))
        .collect();
    let mut state = running();
    for (event, _) in &steps {
        state.apply(event).unwrap();
    }
    script(state, &[(ask("more"), "approval-many")]);
}
