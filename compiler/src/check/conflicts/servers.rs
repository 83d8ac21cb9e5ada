//! Servers: built in, or an image.

use super::{excluded, missing, workloads};
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::span::Span;
use crate::spec::Server;

pub(super) fn check(server: &Server, findings: &mut Findings) {
    let name = &server.name.value;
    match (&server.builtin, &server.image) {
        (Some(builtin), Some(image)) => findings.push(
            Finding::new(
                Code::Conflict,
                image.span,
                format!("mcp `{name}` has both `builtin` and `image`"),
            )
            .related(builtin.span, "built into the gateway")
            .help("keep one of the two"),
        ),
        (None, None) if server.spoilt => {}
        (None, None) => findings.push(missing(
            server.name.span,
            format!("mcp `{name}` has neither `builtin` nor `image`"),
            "builtin \"linear\"",
        )),
        (Some(_), None) => {
            builtin(server, findings);
            workloads::server(server, findings);
        }
        (None, Some(_)) => image(server, findings),
    }
}

/// Every setting that some kind of server leaves no room for, where it stands.
fn settings(server: &Server) -> Vec<(&'static str, Span)> {
    let resources = &server.resources;
    let resources = resources
        .cpu
        .as_ref()
        .map(|c| c.span)
        .or(resources.memory.as_ref().map(|m| m.span))
        .or(resources.storage.as_ref().map(|s| s.span));
    let list = [
        ("auth", server.auth.as_ref().map(|a| a.span)),
        ("team", server.team.as_ref().map(|t| t.span)),
        ("repo", server.repos.first().map(|r| r.span)),
        ("host", server.hosts.first().map(|h| h.span)),
        ("command", server.command_span),
        ("port", server.port.as_ref().map(|p| p.span)),
        ("effect", server.effects.first().map(|e| e.span)),
        ("url", server.url.as_ref().map(|u| u.span)),
        ("tool", server.typed.first().map(|t| t.name.span)),
        ("bucket", server.bucket.as_ref().map(|b| b.span)),
        ("region", server.region.as_ref().map(|r| r.span)),
        ("partition", server.partition.as_ref().map(|p| p.span)),
        ("months", server.months.as_ref().map(|m| m.span)),
        (
            "namespace",
            server.workloads.namespace.as_ref().map(|n| n.span),
        ),
        (
            "deployment",
            server.workloads.deployments.first().map(|d| d.name.span),
        ),
        ("lines", server.workloads.lines.as_ref().map(|l| l.span)),
        ("resources", resources),
    ];
    list.into_iter()
        .filter_map(|(word, span)| Some((word, span?)))
        .collect()
}

fn builtin(server: &Server, findings: &mut Findings) {
    let Some(kind) = &server.builtin else { return };
    let (takes, needs): (&[&str], &[(&str, &str)]) = match kind.value.as_str() {
        "linear" => (
            &["auth", "team"],
            &[("auth", "auth \"SECRET\""), ("team", "team \"ENG\"")],
        ),
        "git" => (
            &["auth", "repo"],
            &[("repo", "repo \"github.com/OWNER/NAME\"")],
        ),
        "s3" => (
            &["auth", "bucket", "region", "partition", "months", "tool"],
            &[
                ("auth", "auth \"SECRET\""),
                ("bucket", "bucket \"s3://BUCKET/PREFIX\""),
                ("region", "region \"eu-central-1\""),
                ("months", "months 12"),
                ("tool", "tool \"NAME\""),
            ],
        ),
        "http" => (
            &["auth", "url", "tool"],
            &[
                ("url", "url \"https://api.example.com\""),
                ("tool", "tool \"NAME\""),
            ],
        ),
        "kubernetes" => (
            &["namespace", "deployment", "lines"],
            &[
                ("namespace", "namespace \"NAME\""),
                ("deployment", "deployment \"NAME\""),
            ],
        ),
        _ => (&["host"], &[("host", "host \"docs.example.com\"")]),
    };
    let given = settings(server);
    for (word, span) in &given {
        if !takes.contains(word) {
            let message = format!("builtin `{}` takes no `{word}`", kind.value);
            let help = match *word {
                "auth" if kind.value == "kubernetes" => {
                    "remove it; the gateway's own account is given exactly what these tools need"
                }
                "auth" => {
                    "remove it; a request with a credential is `http` in the agent's `egress`"
                }
                "effect" => "remove it; builtins mark their own tools",
                "url" | "tool" => "remove it, or write `builtin \"http\"`",
                "command" | "port" | "resources" => "remove it; a builtin runs inside the gateway",
                _ => "remove it",
            };
            findings.push(excluded(*span, message, kind.span, "this builtin").help(help));
        }
    }
    for (word, write) in needs {
        if !server.spoilt && !given.iter().any(|(w, _)| w == word) {
            let message = format!("builtin `{}` needs `{word}`", kind.value);
            findings.push(missing(kind.span, message, write));
        }
    }
}

fn image(server: &Server, findings: &mut Findings) {
    let Some(image) = &server.image else { return };
    let given = settings(server);
    for (word, span) in &given {
        let help = match *word {
            // A credential inside a foreign image could be sent anywhere that the image's answers go.
            "auth" => {
                "remove it: the server's pod holds no secret and reaches nothing; use `http` in the agent's `egress` for a service that needs a credential"
            }
            "team" | "repo" | "host" | "url" | "tool" | "bucket" | "region" | "partition"
            | "months" | "namespace" | "deployment" | "lines" => {
                "remove it: only builtins are confined so"
            }
            _ => continue,
        };
        let message = format!("an image server takes no `{word}`");
        findings.push(excluded(*span, message, image.span, "this image serves").help(help));
    }
    for (word, write) in [
        ("command", "command \"/server\" \"--http\""),
        ("port", "port 8000"),
    ] {
        if !server.spoilt && !given.iter().any(|(w, _)| *w == word) {
            let message = format!("mcp `{}` with an image needs `{word}`", server.name.value);
            findings.push(missing(image.span, message, write));
        }
    }
}
