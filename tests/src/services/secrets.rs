//! What the services take: the value of each secret of the examples.

use super::{github, hook, linear, rates};
use crate::canary::canary;

/// The value of a secret of an example, by Secret and key, as its service takes it.
#[must_use]
pub fn secret(secret: &str, key: &str) -> Option<String> {
    Some(match (secret, key) {
        ("agent-secrets" | "model-keys", "ANTHROPIC_API_KEY") => canary("claude"),
        ("front-keys", "TOKEN") => canary("front"),
        ("external-prices", "TOKEN") => canary("prices"),
        ("inventory-keys", "TOKEN") => canary("inventory"),
        ("messenger-keys", "TOKEN") => canary("messenger"),
        ("gate-keys", "API_KEY") => canary("gatekeeper"),
        ("bucket-keys", "RATES_CREDENTIALS") => rates::credential(),
        ("export-keys", "WEBHOOK_KEY") => hook::KEY.to_owned(),
        ("export-keys", "GITHUB_TOKEN") => github::KEY.to_owned(),
        ("bucket-keys" | "record-keys", "LOGS_CREDENTIALS")
        | ("export-keys", "REPORTS_CREDENTIALS" | "EVIDENCE_CREDENTIALS") => {
            "AKID:s3-secret".to_owned()
        }
        ("mcp-server-secrets", "LINEAR_API_KEY") => canary("linear"),
        ("mcp-server-secrets", "GATEKEEPER_API_KEY") => canary("gatekeeper"),
        ("mcp-server-secrets", "AWS_CREDENTIALS") => rates::credential(),
        ("export-handler-secrets" | "record-secrets", "LINEAR_API_KEY") => linear::KEY.to_owned(),
        ("export-handler-secrets", "GITHUB_TOKEN") => github::KEY.to_owned(),
        ("record-secrets", "AWS_CREDENTIALS") => "AKID:s3-secret".to_owned(),
        _ => return None,
    })
}
