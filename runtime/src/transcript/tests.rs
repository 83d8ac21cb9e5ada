use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const SECRET: &str = "sk-canary-\"quoted\"-0123456789";
const BEARER: &str = "bearer-canary-0123456789";

fn call(request: &[u8], answer: &[u8]) -> Call {
    Call {
        cycle: 1,
        operation: "chat",
        model: "opus".to_owned(),
        status: 200,
        request: Bytes::copy_from_slice(request),
        answer: answer.to_vec(),
        whole: true,
    }
}

async fn written(calls: &[(Value, Vec<u8>)]) -> (String, u64) {
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("transcript-{}-{number}", std::process::id()));
    let store = Store::open(&folder, Redact::new([SECRET])).unwrap();
    for (request, answer) in calls {
        store.call(
            call(request.to_string().as_bytes(), answer),
            BEARER.to_owned(),
        );
    }
    let path = store.file(1).await.unwrap();
    assert_eq!(store.file(2).await, Err(Lost), "nothing was said there");
    let text = std::fs::read_to_string(path).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    (text, store.lost())
}

fn values(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn each_message_is_written_once_and_each_call_names_its_own() {
    let one = json!({"role": "user", "content": "one"});
    let two = json!({"role": "assistant", "content": "two"});
    let calls = [
        (
            json!({"model": "m", "messages": [one]}),
            b"{\"a\": 1}".to_vec(),
        ),
        (
            json!({"model": "m", "messages": [one, two]}),
            b"event: x\n\n".to_vec(),
        ),
    ];
    let (text, lost) = written(&calls).await;
    let lines = values(&text);
    let events: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["event"].as_str())
        .collect();
    let details = "gen_ai.client.inference.operation.details";
    assert_eq!(
        events,
        ["gen_ai.message", details, "gen_ai.message", details]
    );
    assert_eq!(lines[0]["message"], one);
    assert_eq!(lines[1]["answer"], json!({"a": 1}));
    assert_eq!(lines[3]["answer"], "event: x\n\n");
    let digests = json!([lines[0]["digest"], lines[2]["digest"]]);
    assert_eq!(lines[3]["gen_ai.input.messages"], digests);
    assert_eq!(lost, 0);
}

/// An agent says a credential to its model in every way that it can write one.
#[tokio::test]
async fn no_known_credential_is_written() {
    let mut calls = Vec::new();
    for canary in [SECRET, BEARER] {
        for before in ["", "a", "ab", "abc"] {
            let encoded = STANDARD.encode(format!("{before}{canary} and more"));
            calls.push((
                json!({"messages": [canary, encoded], "system": canary}),
                canary.into(),
            ));
        }
    }
    let (text, _) = written(&calls).await;
    for canary in ["sk-canary", "bearer-canary", "quoted"] {
        assert!(!text.contains(canary), "{text}");
        let inner = STANDARD.encode(format!("{canary}123"));
        assert!(!text.contains(inner.get(..8).unwrap()), "{text}");
    }
    assert!(text.contains("[redacted]"));
}

#[tokio::test]
async fn what_is_no_json_is_kept_as_text() {
    let (text, _) = written(&[(json!("no object"), vec![0xff, b'x'])]).await;
    let lines = values(&text);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["answer"], "\u{fffd}x");
}

/// Whoever plants something where a transcript belongs has nothing written to it, and nothing uploaded from it.
#[tokio::test]
async fn what_is_no_file_in_the_place_of_a_transcript_is_left_alone() {
    let folder = std::env::temp_dir().join(format!("transcript-planted-{}", std::process::id()));
    let elsewhere = folder.with_extension("elsewhere");
    for planted in ["link", "dangling", "folder", "pipe"] {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&elsewhere, "mine").unwrap();
        let path = folder.join("cycle-1.jsonl");
        match planted {
            "link" => std::os::unix::fs::symlink(&elsewhere, &path).unwrap(),
            "dangling" => std::os::unix::fs::symlink(folder.join("new"), &path).unwrap(),
            "folder" => std::fs::create_dir(&path).unwrap(),
            _ => {
                let mode = rustix::fs::Mode::from_raw_mode(0o600);
                let kind = rustix::fs::FileType::Fifo;
                rustix::fs::mknodat(rustix::fs::CWD, &path, kind, mode, 0).unwrap();
            }
        }
        let store = Store::open(&folder, Redact::new([SECRET])).unwrap();
        store.call(call(br#"{"model":"m"}"#, b"{}"), BEARER.to_owned());
        assert_eq!(store.file(1).await, Err(Lost), "{planted}");
        assert_eq!(store.lost(), 1, "{planted}");
        assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), "mine");
        assert!(!folder.join("new").exists(), "{planted}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::remove_file(elsewhere).unwrap();
}
