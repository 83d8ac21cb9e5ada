//! What the pages for administrators tell people to run, run as it stands there.

use crate::place::{KEY, Place, UID, ask};
use pure_agent_runtime::proof::mac;
use pure_agent_tests::program::Scratch;
use pure_agent_tests::sources::repository;
use std::process::Command;

/// The first fence of the page, in this language, that holds `word`.
fn fence(page: &str, language: &str, word: &str) -> String {
    let text = std::fs::read_to_string(repository().join("compiler/doc").join(page)).unwrap();
    let begin = format!("```{language}\n");
    let mut all = text.split(begin.as_str()).skip(1);
    let found = all.find_map(|rest| {
        let code = rest.split("```").next().unwrap_or_default();
        code.contains(word).then(|| code.to_owned())
    });
    found.unwrap_or_else(|| panic!("{page} shows no `{word}`"))
}

#[test]
fn the_proof_of_people_is_made_as_the_page_says() {
    let place = Place::new(|_| ());
    let gateway = place.gateway();
    let done = Command::new("sh")
        .args(["-c", &fence("approvals.md", "sh", "openssl")])
        .current_dir(place.scratch.path())
        .env("uid", UID)
        .output()
        .unwrap();
    let proof = String::from_utf8(done.stdout).unwrap();
    let proof = proof.trim();
    assert_eq!(proof.len(), 64, "{proof}");
    let waiting = ask(&gateway.control, "GET /v1/approvals", Some(proof), "");
    assert_eq!(waiting.0, 200, "{waiting:?}");
    assert_eq!(std::fs::read(place.at("key")).unwrap(), KEY);
}

#[test]
fn the_signature_of_a_webhook_is_checked_as_the_page_says() {
    let folder = Scratch::new("doc");
    let signature = format!(
        "sha256={}",
        mac(b"secret", "1700000000.{\"a\":\"\u{d55c}\"}")
    );
    let ours = |body: &str| {
        let check = fence("secrets.md", "python", "is_ours");
        let ask = "import sys\nprint(is_ours(b'secret', '1700000000', sys.argv[1].encode(), sys.argv[2]))\n";
        let done = Command::new("python3")
            .args([
                "-X",
                "utf8",
                "-c",
                &format!("{check}\n{ask}"),
                body,
                &signature,
            ])
            .current_dir(folder.path())
            .output()
            .unwrap();
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(ours("{\"a\":\"\u{d55c}\"}"), "True");
    assert_eq!(ours("{\"a\":\"\u{d55d}\"}"), "False");
}
