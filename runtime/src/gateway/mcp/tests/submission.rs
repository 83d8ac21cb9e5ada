use super::served;
use serde_json::json;

#[tokio::test]
async fn what_is_handed_in_is_on_the_disk_before_the_answer() {
    let served = served(|_| ()).await;
    let (error, text) = served
        .told("set_export_config", json!({"summary": "one"}))
        .await;
    assert!(!error, "{text}");
    assert_eq!(served.recorded("\"kind\":\"submission\""), 1);
    assert!(
        !served
            .told("set_export_config", json!({"summary": "two"}))
            .await
            .0
    );
    let kept = served
        .running
        .gateway
        .journal
        .read(|state| state.cycles().submission(0).cloned());
    let kept = kept.unwrap();
    assert_eq!(kept.document, r#"{"summary":"two"}"#);
    assert!(!text.contains(&kept.digest));
}

#[tokio::test]
async fn problems_are_told_and_nothing_is_kept() {
    let served = served(|_| ()).await;
    let (error, text) = served
        .told("set_export_config", json!({"other": "x"}))
        .await;
    assert!(error);
    assert_eq!(
        text,
        "submission: nothing was handed in\n/summary: submission-summary: a summary is required"
    );
    let (error, text) = served
        .told("set_export_config", json!({"summary": "x".repeat(1 << 20)}))
        .await;
    assert!(error && text.starts_with("arguments-size: "), "{text}");
    assert_eq!(served.recorded("\"kind\":\"submission\""), 0);
    let (error, text) = served.told("get_export_actions", json!({})).await;
    assert_eq!((error, text.as_str()), (false, r#"{"actions":["report"]}"#));
    assert!(served.told("get_export_actions", json!({"a": 1})).await.0);
}
