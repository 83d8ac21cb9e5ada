//! The administrator's page, typed as it stands.

use super::ground::Ground;
use pure_agent_tests::cluster::bundle::OPERATORS;
use pure_agent_tests::command::binary;
use pure_agent_tests::sources::repository;
use std::process::Command;

/// The commands of the page, in their order.
fn commands() -> Vec<String> {
    let page = std::fs::read_to_string(repository().join("compiler/doc/administrator.md")).unwrap();
    let blocks = page.split("```sh\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_page_for_the_administrator_can_be_followed_literally() {
    let Some(ground) = Ground::new("page") else {
        return;
    };
    let blocks = commands();
    assert!(blocks.len() >= 10, "{} blocks", blocks.len());
    let mut script = String::from("set -euo pipefail\n");
    for (number, block) in blocks.iter().enumerate() {
        script.push_str(&format!("echo \"== block {number}\" >&2\n{block}"));
    }
    ground.kubeconfig(
        "page",
        Some("pure-agent-test-page"),
        &["system:masters", OPERATORS],
    );
    let target = ground.folder.read("target.kdl");
    let runtime = target
        .split("runtime \"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let path = format!(
        "{}:{}",
        binary().parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let typed = Command::new("bash")
        .args(["-c", &script])
        .current_dir(&ground.folder.path)
        .env("PATH", path)
        .env("KUBECONFIG", ground.folder.path.join("page.conf"))
        .env("namespace", &ground.namespace)
        .env("runtime", runtime)
        .env("operator", OPERATORS)
        .env("rights", repository().join("compiler/doc/rights.yaml"))
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&typed.stdout),
        String::from_utf8_lossy(&typed.stderr),
    );
    assert!(typed.status.success(), "{out}{err}");
    assert!(
        out.contains("probes of `hello` tried") && out.contains("0 findings"),
        "{out}{err}"
    );
}
