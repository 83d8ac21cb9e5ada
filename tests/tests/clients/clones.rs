//! Clones through `/git/…` of the gateway, by git.

use crate::git::{Repositories, git};
use crate::mcp;
use crate::run::{Agent, Script, clean, script};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pure_agent_tests::canary::canary;
use pure_agent_tests::program::{Scratch, said};
use pure_agent_tests::world::{GATEWAY, GATEWAY_PORT, World};
use serde_json::json;
use std::process::Output;

#[test]
fn git_clones_what_is_granted_and_pushes_nothing() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let repositories = Repositories::make();
    let head = repositories.head();
    let pair = STANDARD.encode(format!("x-access-token:{}", canary("gatekeeper")));
    let credential = format!("Basic {pair}");
    let served = world.serve("git.example.com", move |request| {
        repositories.serve(request, Some(&credential))
    });
    let agent = Agent::start(&world, |contract| {
        let kind = json!({"builtin": "git", "repositories": ["git.example.com/team/*"]});
        let servers = contract["servers"].as_array_mut().unwrap();
        let server = servers.iter_mut().find(|server| server["name"] == "git");
        let server = server.unwrap();
        server["kind"] = kind;
        server["auth"] = json!("gatekeeper");
    });
    let home = Scratch::new("git");
    let base = format!("http://{GATEWAY}:{GATEWAY_PORT}/git/git.example.com");
    let run = |args: &[&str]| -> Output {
        let header = format!("http.extraHeader=Authorization: Bearer {}", agent.bearer);
        let mut git = agent.client("git");
        git.args(["-c", &header]).args(args);
        clean(&mut git, home.path()).output().unwrap()
    };
    let clone = ["clone", "--quiet", &format!("{base}/team/sample"), "sample"];
    let early = run(&clone);
    assert!(!early.status.success(), "before the tool gave it");
    let calls = json!([["clone", {"repository": "git.example.com/team/sample", "branch": "main"}]]);
    let args = [&mcp::url(), &agent.bearer, "auto", &calls.to_string()];
    let called = script(
        Script::Python("mcp_calls.py"),
        |p| agent.client(p),
        &args,
        &[],
    );
    let Some(called) = called else {
        return;
    };
    let text = called["results"][0][1].as_str().unwrap();
    assert!(text.contains(&format!("{base}/team/sample")), "{called}");
    let done = run(&clone);
    assert!(done.status.success(), "{}\n{}", said(&done), agent.record());
    assert_eq!(
        git(&home.path().join("sample"), &["rev-parse", "HEAD"]),
        head
    );
    let refused = run(&["clone", "--quiet", &format!("{base}/other/sample"), "other"]);
    assert!(!refused.status.success(), "{}", said(&refused));
    let push = run(&["-C", "sample", "push", "origin", "HEAD:refs/heads/new"]);
    assert!(!push.status.success(), "{}", said(&push));
    for request in served.asked() {
        let path = request.uri().to_string();
        assert!(
            path.contains("team/sample") && !path.contains("receive-pack"),
            "{path}"
        );
        assert!(!format!("{:?}", request.headers()).contains(&agent.bearer));
    }
    drop(agent.record());
}
