//! Requests that end at the gateway: other hosts, other paths, and two requests in one.

use crate::wire::{agrees, asked, exchange, summary};
use crate::{Attempt, Facts, Outcome};

const ROUTES: &str =
    "the gateway asks hosts, methods and paths that the spec grants (rule `egress`)";
const PATHS: &str = "paths are judged in their one form, before they are asked for";
const OWN_FIELDS: &str =
    "the gateway writes `Host` and the fields of a request itself, from what is granted";
const FRAMES: &str = "the gateway's front refuses what two readers could read as two things";
const GIT: &str = "only what the `clone` tool gave is served, and only to be read";

pub(crate) const ATTEMPTS: &[Attempt] = &[
    Attempt::of(
        "http-stranger",
        "a host below `/http/` that is not granted",
        ROUTES,
        |f| get(f, &format!("/http/{}/", f.stranger)),
    ),
    Attempt::of(
        "http-method",
        "methods that are not granted",
        ROUTES,
        methods,
    ),
    Attempt::of("http-path", "a path that is not granted", ROUTES, |f| {
        get(f, &format!("/http/{}/pure-agent-escape", f.route))
    }),
    Attempt::of("http-port", "another port of a granted host", ROUTES, |f| {
        get(f, &format!("/http/{}:8443{}", f.route, f.path))
    }),
    Attempt::of("http-address", "addresses below `/http/`", ROUTES, |f| {
        Outcome::first(
            ["127.0.0.1:9090", "169.254.169.254", "2852039166", "[::1]"]
                .map(|host| get(f, &format!("/http/{host}/"))),
        )
    }),
    Attempt::of(
        "http-userinfo",
        "a granted host as the user of another",
        ROUTES,
        |f| get(f, &format!("/http/{}@{}{}", f.route, f.stranger, f.path)),
    ),
    Attempt::of(
        "http-climb",
        "`..` out of a granted path, plain and escaped",
        PATHS,
        climbs,
    ),
    Attempt::of("http-slashes", "doubled and turned slashes", PATHS, slashes),
    Attempt::of(
        "http-escapes",
        "escapes of escapes, and of NUL",
        PATHS,
        |f| {
            Outcome::first(
                ["%252e%252e/user", "%00", "%2fuser", ";/../../user"]
                    .map(|more| get(f, &format!("/http/{}{}/{more}", f.route, base(f)))),
            )
        },
    ),
    Attempt::of(
        "http-host-field",
        "a granted host, and another in `Host`: domain fronting",
        OWN_FIELDS,
        |f| fronted(f, ""),
    ),
    Attempt::of(
        "http-forwarded",
        "a granted host, and another in every field that servers read",
        OWN_FIELDS,
        |f| fronted(f, "X-Forwarded-Host: "),
    ),
    Attempt::of(
        "http-absolute",
        "a target with scheme and host",
        PATHS,
        |f| sent(f, &format!("GET http://{}/ HTTP/1.1", f.stranger), ""),
    ),
    Attempt::of(
        "http-absolute-granted",
        "the same with the gateway's name and a stranger in `Host`",
        PATHS,
        |f| {
            sent(
                f,
                &format!(
                    "GET http://gateway.pure-agent/http/{}/ HTTP/1.1",
                    f.stranger
                ),
                "",
            )
        },
    ),
    Attempt::of(
        "http-redirect",
        "a granted host that redirects to another",
        "a redirect is a new request, judged like the first",
        |f| get(f, &format!("/http/{}{}", f.route, redirecting(f))),
    ),
    Attempt::of(
        "smuggle-two-lengths",
        "a request with two lengths, and another within",
        FRAMES,
        |f| smuggled(f, "Content-Length: 0\r\nContent-Length: 5\r\n"),
    ),
    Attempt::of(
        "smuggle-length-and-chunks",
        "a request with a length and chunks",
        FRAMES,
        |f| smuggled(f, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
    ),
    Attempt::of(
        "smuggle-chunks-obscured",
        "chunks in a form that some do not know",
        FRAMES,
        |f| {
            Outcome::first(
                [
                    "Transfer-Encoding: xchunked\r\n",
                    "Transfer-Encoding : chunked\r\n",
                    "Transfer-Encoding:\tchunked\r\n",
                    "Transfer-Encoding: chunked, identity\r\n",
                ]
                .map(|field| smuggled(f, field)),
            )
        },
    ),
    Attempt::of(
        "smuggle-bare-newlines",
        "lines that end without a carriage return",
        FRAMES,
        |f| {
            sent_raw(
                f,
                &format!(
                    "GET /http/{}/ HTTP/1.1\nHost: x\nAuthorization: Bearer {}\n\n",
                    f.stranger, f.bearer
                ),
            )
        },
    ),
    Attempt::of(
        "smuggle-folded",
        "a field that goes on in the next line",
        FRAMES,
        |f| {
            sent(
                f,
                "GET /v1/inputs HTTP/1.1",
                &format!("X-A: b\r\n  GET /http/{}/ HTTP/1.1\r\n", f.stranger),
            )
        },
    ),
    Attempt::of(
        "h2c-upgrade",
        "an upgrade to HTTP/2 without TLS",
        FRAMES,
        |f| {
            sent(
                f,
                "GET /v1/inputs HTTP/1.1",
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
            )
        },
    ),
    Attempt::of("h2-preface", "HTTP/2 at once", FRAMES, |f| {
        sent_raw(f, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
    }),
    Attempt::of(
        "websocket-upgrade",
        "an upgrade to a WebSocket",
        FRAMES,
        |f| {
            sent(
                f,
                "GET /v1/inputs HTTP/1.1",
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
            )
        },
    ),
    Attempt::of(
        "http-injected-field",
        "a path with a line end and a field",
        FRAMES,
        |f| {
            sent(
                f,
                &format!(
                    "GET /http/{}/%0d%0aHost:%20{} HTTP/1.1",
                    f.route, f.stranger
                ),
                "",
            )
        },
    ),
    Attempt::of("git-stranger", "a repository that no tool gave", GIT, |f| {
        get(
            f,
            &format!(
                "/git/{}/owner/name/info/refs?service=git-upload-pack",
                f.stranger
            ),
        )
    }),
    Attempt::of("git-push", "a push", GIT, |f| {
        Outcome::first(
            ["github.com/dlddu/tool", "github.com/dlddu/tool.git"].map(|name| {
                get(
                    f,
                    &format!("/git/{name}/info/refs?service=git-receive-pack"),
                )
            }),
        )
    }),
    Attempt::of("git-climb", "a path out of a repository", GIT, |f| {
        Outcome::first(
            [
                "github.com/dlddu/../../x",
                "github.com/dlddu/tool/../../../v1/inputs",
                "file:///etc",
            ]
            .map(|name| get(f, &format!("/git/{name}/info/refs?service=git-upload-pack"))),
        )
    }),
    Attempt::of(
        "files-guessed",
        "a download that was not given, by its digest",
        GIT,
        |f| get(f, &format!("/files/{}", "0".repeat(64))),
    ),
];

fn get(facts: &Facts, path: &str) -> Outcome {
    judged(asked(facts, &format!("GET {path}"), ""))
}

fn judged(answer: Result<Vec<u8>, String>) -> Outcome {
    match answer {
        Ok(answer) => Outcome::escaped_if(agrees(&answer), summary(&answer)),
        Err(why) => Outcome::Blocked(why),
    }
}

fn sent_raw(facts: &Facts, bytes: &str) -> Outcome {
    judged(exchange(&facts.gateway, bytes.as_bytes()))
}

fn sent(facts: &Facts, line: &str, fields: &str) -> Outcome {
    let text = format!(
        "{line}\r\nHost: gateway.pure-agent\r\nAuthorization: Bearer {}\r\n{fields}\r\n",
        facts.bearer
    );
    let bytes = exchange(&facts.gateway, text.as_bytes());
    // What these try is to become something else; the first request may be granted.
    match bytes {
        Ok(answer) => {
            let text = String::from_utf8_lossy(&answer).into_owned();
            let became = text.starts_with("HTTP/1.1 101")
                || !text.is_empty() && !text.starts_with("HTTP/1.1 ");
            Outcome::escaped_if(became || agrees(&answer), summary(&answer))
        }
        Err(why) => Outcome::Blocked(why),
    }
}

/// The folder of the granted path.
fn base(facts: &Facts) -> &str {
    facts.path.rsplit_once('/').map_or("", |(base, _)| base)
}

fn redirecting(facts: &Facts) -> String {
    format!("{}/escape-redirect", base(facts))
}

fn methods(facts: &Facts) -> Outcome {
    let target = format!("/http/{}{}", facts.route, facts.path);
    Outcome::first(
        ["POST", "PUT", "PATCH", "DELETE", "TRACE"]
            .map(|method| judged(asked(facts, &format!("{method} {target}"), ""))),
    )
}

fn climbs(facts: &Facts) -> Outcome {
    let ups = "../".repeat(base(facts).split('/').count());
    let escaped = ups.replace('.', "%2e");
    let both = ups.replace('/', "%2f");
    Outcome::first([ups, escaped, both].map(|up| {
        get(
            facts,
            &format!("/http/{}{}/{up}pure-agent-escape", facts.route, base(facts)),
        )
    }))
}

fn slashes(facts: &Facts) -> Outcome {
    let (route, base) = (&facts.route, base(facts));
    Outcome::first([
        get(facts, &format!("/http/{route}//{}/{base}", facts.stranger)),
        get(facts, &format!("/http//{}/", facts.stranger)),
        get(facts, &format!("/http/{route}{base}\\..\\..\\user")),
        get(facts, &format!("//{}/", facts.stranger)),
    ])
}

/// The host that is asked must be the granted one, whatever else the request says. Only the host itself can tell, and
/// says so in its answer where it is asked for another.
fn fronted(facts: &Facts, field: &str) -> Outcome {
    let (host, more) = match field.is_empty() {
        true => (facts.stranger.clone(), String::new()),
        false => {
            let names = [
                field,
                "X-Host: ",
                "X-Original-Host: ",
                "X-HTTP-Host-Override: ",
                "X-Original-URL: /",
                "X-Rewrite-URL: /",
            ];
            let fields = names.map(|name| format!("{name}{}\r\n", facts.stranger));
            ("gateway.pure-agent".to_owned(), fields.concat())
        }
    };
    let text = format!(
        "GET /http/{}{} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\n{more}Connection: close\r\n\r\n",
        facts.route, facts.path, facts.bearer
    );
    match exchange(&facts.gateway, text.as_bytes()) {
        Ok(answer) => {
            let text = String::from_utf8_lossy(&answer).into_owned();
            let saw = !facts.stranger.is_empty() && text.contains(&facts.stranger);
            Outcome::escaped_if(saw, summary(&answer))
        }
        Err(why) => Outcome::Blocked(why),
    }
}

/// A request that ends here for one reader, and holds another one for the other.
fn smuggled(facts: &Facts, fields: &str) -> Outcome {
    let inner = format!(
        "GET /http/{}/ HTTP/1.1\r\nHost: gateway.pure-agent\r\nAuthorization: Bearer {}\r\n\r\n",
        facts.stranger, facts.bearer
    );
    let text = format!(
        "POST /v1/inputs HTTP/1.1\r\nHost: gateway.pure-agent\r\nAuthorization: Bearer {}\r\n{fields}\r\n0\r\n\r\n{inner}",
        facts.bearer
    );
    sent_raw(facts, &text)
}
