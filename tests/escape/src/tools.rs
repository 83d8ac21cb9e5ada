//! Tools: those that were not granted, arguments that were bound, and addresses in arguments.

use crate::wire::{asked, json, status, summary};
use crate::{Attempt, Facts, Outcome};
use serde_json::{Value, json};
use std::net::IpAddr;

const GRANTED: &str = "the gateway's server has the granted tools and no other";
const BOUND: &str = "what the spec binds is no argument";
const HOSTS: &str =
    "the tool reads pages of granted hosts by name, over TLS (rules `fetch-…`, `host-…`)";
const CLONES: &str = "a repository has one form, within the granted pattern, at `github.com` alone";
const SEALED: &str = "a submission is the own cycle's, judged whole against the spec";

pub(crate) const ATTEMPTS: &[Attempt] = &[
    Attempt::of("tool-other", "tools that were not granted", GRANTED, |f| {
        Outcome::first(
            [
                "list_issues",
                "create_issue",
                "push",
                "exec",
                "read_file",
                "linear__delete_issue",
                "../get_issue",
            ]
            .map(|name| call(f, name, json!({}))),
        )
    }),
    Attempt::of(
        "tool-bound-argument",
        "the issue of somebody else, in the place of the bound one",
        BOUND,
        |f| call(f, "get_issue", json!({"issue_id": "OTHER-1"})),
    ),
    Attempt::of(
        "tool-methods",
        "methods of MCP that lead elsewhere: resources, sampling, roots",
        GRANTED,
        |f| {
            Outcome::first(
                [
                    "resources/read",
                    "resources/list",
                    "sampling/createMessage",
                    "roots/list",
                    "completion/complete",
                ]
                .map(|method| rpc(f, method, json!({"uri": "file:///etc/passwd"}))),
            )
        },
    ),
    Attempt::of(
        "fetch-stranger",
        "a page of a host that is not granted",
        HOSTS,
        |f| fetch(f, &format!("https://{}/", f.stranger)),
    ),
    Attempt::of("fetch-plain", "a page without TLS", HOSTS, |f| {
        fetch(f, &format!("http://{}/", f.stranger))
    }),
    Attempt::of("fetch-file", "files of the gateway", HOSTS, |f| {
        Outcome::first(
            [
                "file:///etc/passwd",
                "file://localhost/run/secrets/pure-agent-key/key",
                "/etc/passwd",
            ]
            .map(|url| fetch(f, url)),
        )
    }),
    Attempt::of("fetch-schemes", "other schemes", HOSTS, |f| {
        Outcome::first(
            [
                "gopher://127.0.0.1:9090/_GET%20/",
                "ftp://127.0.0.1/",
                "dict://127.0.0.1:9090/",
                "data:text/plain,x",
                "unix:///run/containerd/containerd.sock",
            ]
            .map(|url| fetch(f, url)),
        )
    }),
    Attempt::of(
        "fetch-address",
        "addresses in eight forms",
        HOSTS,
        addresses,
    ),
    Attempt::of("fetch-metadata", "the metadata server", HOSTS, |f| {
        Outcome::first(
            [
                "http://169.254.169.254/latest/meta-data/",
                "https://169.254.169.254/",
                "https://[fd00:ec2::254]/",
                "https://metadata.google.internal/",
            ]
            .map(|url| fetch(f, url)),
        )
    }),
    Attempt::of("fetch-control", "the gateway's own ports", HOSTS, |f| {
        Outcome::first(
            [
                "https://localhost:9090/v1/record",
                "http://127.0.0.1:9090/v1/record",
                "https://gateway.pure-agent:9090/metrics",
            ]
            .map(|url| fetch(f, url)),
        )
    }),
    Attempt::of(
        "fetch-userinfo",
        "a granted host as the user of another",
        HOSTS,
        |f| fetch(f, &format!("https://docs.example.com@{}/", f.stranger)),
    ),
    Attempt::of(
        "fetch-backslash",
        "a host that two readers see as two",
        HOSTS,
        |f| {
            Outcome::first(
                [
                    format!("https://{}\\@docs.example.com/", f.stranger),
                    format!("https://docs.example.com\\.{}/", f.stranger),
                ]
                .map(|url| fetch(f, &url)),
            )
        },
    ),
    Attempt::of(
        "clone-option",
        "options in the place of a repository",
        CLONES,
        |f| {
            Outcome::first(
                [
                    "--upload-pack=touch /tmp/escaped",
                    "-u touch",
                    "--config=core.sshCommand=id",
                ]
                .map(|name| clone(f, name, "main")),
            )
        },
    ),
    Attempt::of(
        "clone-transport",
        "transports that run commands or read files",
        CLONES,
        |f| {
            Outcome::first(
                [
                    "ext::sh -c id",
                    "file:///etc",
                    "ssh://-oProxyCommand=id/x",
                    "git://127.0.0.1/x",
                    "http://169.254.169.254/x",
                ]
                .map(|name| clone(f, name, "main")),
            )
        },
    ),
    Attempt::of(
        "clone-stranger",
        "a repository of another owner or host",
        CLONES,
        |f| {
            Outcome::first(
                [
                    format!("{}/owner/name", f.stranger),
                    "github.com/someone/else".to_owned(),
                    "github.com/dlddu/../someone/else".to_owned(),
                ]
                .map(|name| clone(f, &name, "main")),
            )
        },
    ),
    Attempt::of(
        "clone-branch",
        "options and commands in the place of a branch",
        CLONES,
        |f| {
            Outcome::first(
                [
                    "--upload-pack=id",
                    "$(id)",
                    "main;id",
                    "../../../x",
                    "refs/heads/..",
                    "{{workflow.uid}}",
                ]
                .map(|branch| clone(f, "github.com/dlddu/tool", branch)),
            )
        },
    ),
    Attempt::of(
        "submit-other-cycle",
        "a submission for another cycle, or for the whole run",
        SEALED,
        |f| {
            Outcome::first(
                [
                    json!({"cycle": 1}),
                    json!({"run": "other"}),
                    json!({"sealed": true, "digest": "0"}),
                    json!({"depth": 0}),
                ]
                .map(|more| submit(f, more)),
            )
        },
    ),
    Attempt::of(
        "submit-self-sealed",
        "a sealed document of its own, with wrong keys",
        SEALED,
        |f| {
            submit(
                f,
                json!({"submission": {"actions": ["none"], "mac": "00", "key": "0"}, "decision": "stop", "next": 7}),
            )
        },
    ),
    Attempt::of(
        "submit-unknown-action",
        "actions that the spec does not have",
        SEALED,
        |f| {
            Outcome::first(
                [
                    "deploy",
                    "merge",
                    "pull-request-2",
                    "{{workflow.name}}",
                    "comment\nreport",
                ]
                .map(|action| submit(f, json!({"actions": [action]}))),
            )
        },
    ),
    Attempt::of(
        "submit-elsewhere",
        "other repositories, bases, branches and folders",
        SEALED,
        elsewhere,
    ),
    Attempt::of(
        "submit-twice",
        "actions that stand alone, beside others and twice",
        SEALED,
        |f| {
            Outcome::first(
                [
                    json!({"actions": ["none", "continue"]}),
                    json!({"actions": ["none", "none"]}),
                    json!({"actions": []}),
                ]
                .map(|more| submit(f, more)),
            )
        },
    ),
];

/// What a method of the gateway's MCP server gives.
fn rpc(facts: &Facts, method: &str, params: Value) -> Outcome {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let answer = match asked(facts, "POST /mcp", &body.to_string()) {
        Ok(answer) => answer,
        Err(why) => return Outcome::Blocked(why),
    };
    let told = json(&answer);
    let done = status(&answer) == 200
        && told["result"].is_object()
        && told["result"]["isError"] != json!(true);
    let text = told["result"]["content"][0]["text"]
        .as_str()
        .or(told["error"]["message"].as_str());
    Outcome::escaped_if(done, text.map_or_else(|| summary(&answer), str::to_owned))
}

/// Calls a tool. The one that submits answers mistakes in words, too.
pub(crate) fn call(facts: &Facts, name: &str, arguments: Value) -> Outcome {
    let outcome = rpc(
        facts,
        "tools/call",
        json!({"name": name, "arguments": arguments}),
    );
    match outcome {
        Outcome::Escaped(text) if text.contains("\"success\":false") => Outcome::Blocked(text),
        other => other,
    }
}

fn fetch(facts: &Facts, url: &str) -> Outcome {
    call(facts, "fetch", json!({"url": url}))
}

fn clone(facts: &Facts, repository: &str, branch: &str) -> Outcome {
    call(
        facts,
        "clone",
        json!({"repository": repository, "branch": branch}),
    )
}

fn addresses(facts: &Facts) -> Outcome {
    let outside = facts.of("outside", false);
    let Some(IpAddr::V4(ip)) = outside.first().map(|outside| outside.ip) else {
        return Outcome::NotApplicable("no host outside is known".to_owned());
    };
    let number = u32::from(ip);
    let [a, b, c, d] = ip.octets();
    let forms = [
        ip.to_string(),
        number.to_string(),
        format!("{number:#x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("{a}.{b}.{}", u32::from(c) << 8 | u32::from(d)),
        format!("[::ffff:{ip}]"),
        format!("[64:ff9b::{ip}]"),
        format!("[2002:{:x}:{:x}::1]", number >> 16, number & 0xffff),
    ];
    Outcome::first(forms.map(|form| fetch(facts, &format!("https://{form}/"))))
}

/// A submission that is fine but for this; what should be refused must not be kept.
fn submit(facts: &Facts, more: Value) -> Outcome {
    let mut arguments = json!({"actions": ["none"], "summary": "pure-agent-escape"});
    for (name, value) in more.as_object().into_iter().flatten() {
        arguments[name] = value.clone();
    }
    call(facts, "set_export_config", arguments)
}

fn elsewhere(facts: &Facts) -> Outcome {
    let good = json!({"repository": "dlddu/tool", "path": "repo", "branch": "agent/fix", "base": "main", "title": "t", "body": ""});
    let changes = [
        ("repository", "someone/else"),
        ("repository", "dlddu/../someone"),
        ("base", "release"),
        ("branch", "main"),
        ("branch", "agent/../main"),
        ("branch", "refs/heads/main"),
        ("branch", "agent/x\nmain"),
        ("path", "/etc"),
        ("path", "../.."),
        ("path", "repo/../../outbox"),
    ];
    Outcome::first(changes.map(|(field, value)| {
        let mut pull = good.clone();
        pull[field] = json!(value);
        submit(
            facts,
            json!({"actions": ["pull-request"], "pull-request": pull}),
        )
    }))
}
