//! `pure-agent approve` and `pure-agent reject`

use super::args::AnswerArgs;
use super::compiled::{connect, namespace};
use super::show::{agreed, left};
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;
use crate::cluster::gateway::{Texts, Verdict, Waiting};
use crate::diag::plain::{lines, one_line};
use crate::{value, yaml};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The namespace of a signature; another one would be good for something else.
const NAMESPACE: &str = "pure-agent-approval";

pub(super) fn run(
    args: &AnswerArgs,
    verdict: Verdict,
    terminal: &mut Terminal,
) -> Result<Exit, Failure> {
    let cluster = connect(&args.one.at.reach)?;
    let namespace = namespace(&args.one.at, &cluster)?;
    let run = cluster.run(&namespace, &args.one.run)?;
    let all = cluster.waiting(&namespace, &run)?;
    let Some(waiting) = chosen(&all, args.id.as_deref(), terminal)? else {
        return Ok(Exit::Findings);
    };
    terminal.err(&shown(waiting, &run.spec));
    let Some(texts) = &waiting.sign else {
        return Err(Failure::usage(
            "this is answered in the approval service, not by a signature",
            "the spec names the service: `pure-agent plan` shows it",
        ));
    };
    if !is_ours(texts, &run.uid, &run.spec, waiting) {
        return Err(Failure::Refused(
            "the gateway asks to sign something else than an answer to this request; nothing was signed".to_owned(),
        ));
    }
    let key = key(args)?;
    let question = format!(
        "{} this with the key `{}`?",
        verdict.as_str(),
        key.display()
    );
    if !agreed(&question, args.yes, terminal)? {
        terminal.err("nothing was answered\n");
        return Ok(Exit::Findings);
    }
    let signature = sign(&key, texts.of(verdict))?;
    let by = cluster.answer(&namespace, &run, &waiting.id, verdict, &signature)?;
    let word = match verdict {
        Verdict::Approve => "approved",
        Verdict::Reject => "rejected",
    };
    terminal.err(&format!("{word} by `{}`\n", one_line(&by)));
    Ok(Exit::Fine)
}

/// The request that is meant: the one that is named, or the only one.
fn chosen<'a>(
    all: &'a [Waiting],
    id: Option<&str>,
    terminal: &mut Terminal,
) -> Result<Option<&'a Waiting>, Failure> {
    match (id, all) {
        (Some(id), _) => all
            .iter()
            .find(|one| one.id == id)
            .map(Some)
            .ok_or_else(|| {
                Failure::usage(
                    format!(
                        "nothing waits for an answer under the id `{}`",
                        one_line(id)
                    ),
                    "without an id the command shows what waits",
                )
            }),
        (None, []) => {
            terminal.err("nothing of this run waits for an answer\n");
            Ok(None)
        }
        (None, [only]) => Ok(Some(only)),
        (None, several) => {
            let mut text = String::from("several requests wait; name the id of one:\n");
            for one in several {
                let _ = writeln!(
                    text,
                    "  {}  {}",
                    one_line(&one.id),
                    one_line(&one.subject.to_string())
                );
            }
            terminal.err(&text);
            Ok(None)
        }
    }
}

/// What a person reads before they sign.
fn shown(one: &Waiting, spec: &str) -> String {
    let mut text = format!("a run of `{spec}` asks");
    if let Some(cycle) = one.cycle {
        let _ = write!(text, " in cycle {cycle}");
    }
    let arguments = match value::to_value(&one.shown) {
        Ok(shown) => yaml::document(&shown),
        // Numbers that are no integers are shown as JSON.
        Err(_) => format!("{:#}\n", one.shown),
    };
    let _ = write!(
        text,
        " for approval `{}`:\n{}\nwith\n{}",
        one_line(&one.approval),
        one_line(&one.subject.to_string()),
        lines(&arguments)
    );
    let left = left(one.expires);
    let _ = writeln!(
        text,
        "id        {}\ndigest    {}\nleft      {}\napprovers {}",
        one_line(&one.id),
        one_line(&one.arguments),
        if left.is_empty() {
            "nothing: the time is over"
        } else {
            &left
        },
        one_line(&one.approvers.join(", "))
    );
    text
}

/// Whether the texts are answers to this request of this run. A signature is good wherever its text is, so it is not
/// given for a text that says something else than what was shown.
fn is_ours(texts: &Texts, uid: &str, spec: &str, one: &Waiting) -> bool {
    let about = |verdict: Verdict| {
        let read: Option<Value> = serde_json::from_str(texts.of(verdict)).ok();
        let Some(Value::Object(mut text)) = read else {
            return false;
        };
        // Only a number that is good once.
        let nonce = text.remove("nonce");
        let wanted = json!({
            "verdict": verdict.as_str(), "run": uid, "spec": spec, "id": one.id, "subject": one.subject,
            "arguments": one.arguments, "expires": one.expires,
        });
        nonce.is_some_and(|nonce| nonce.is_string()) && Value::Object(text) == wanted
    };
    texts.namespace == NAMESPACE && about(Verdict::Approve) && about(Verdict::Reject)
}

/// The key that was named, or one that `ssh-keygen` makes by default.
fn key(args: &AnswerArgs) -> Result<PathBuf, Failure> {
    if let Some(key) = &args.key {
        return Ok(key.clone());
    }
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    ["id_ed25519", "id_ecdsa", "id_ed25519_sk", "id_ecdsa_sk"]
        .iter()
        .map(|name| home.join(".ssh").join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| {
            Failure::usage(
                "no SSH key was found in `~/.ssh`",
                "name the approver's key: `--key FILE`; a public key stands for one that an agent holds",
            )
        })
}

/// Signs by OpenSSH itself, which asks for a passphrase, an agent or a touch as it does elsewhere.
fn sign(key: &Path, text: &str) -> Result<String, Failure> {
    let failed = |e| Failure::Io("cannot run `ssh-keygen`, which signs".to_owned(), e);
    let mut child = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", NAMESPACE, "-f"])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(text.as_bytes()).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    let signature = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() || !signature.contains("BEGIN SSH SIGNATURE") {
        return Err(Failure::Refused(
            "`ssh-keygen` did not sign; nothing was answered".to_owned(),
        ));
    }
    Ok(signature)
}

#[cfg(test)]
mod tests {
    use super::is_ours;
    use crate::cluster::gateway::{Texts, Waiting};
    use serde_json::json;

    #[test]
    fn a_text_about_something_else_is_not_signed() {
        let waiting: Waiting = serde_json::from_value(json!({
            "id": "id-1", "cycle": 0, "approval": "people", "via": "signature", "subject": {"export": "comment"},
            "arguments": "digest-1", "shown": {}, "expires": 1, "approvers": [], "sign": null,
        }))
        .unwrap();
        let text = |verdict: &str| {
            json!({"verdict": verdict, "run": "uid-1", "spec": "review", "id": "id-1", "subject": {"export": "comment"},
                "arguments": "digest-1", "nonce": "n", "expires": 1})
            .to_string()
        };
        let texts = Texts {
            namespace: "pure-agent-approval".to_owned(),
            approve: text("approve"),
            reject: text("reject"),
        };
        assert!(is_ours(&texts, "uid-1", "review", &waiting));
        assert!(!is_ours(&texts, "uid-2", "review", &waiting));
        assert!(!is_ours(&texts, "uid-1", "other", &waiting));
        for wrong in [
            Texts {
                namespace: "git".to_owned(),
                ..texts.clone()
            },
            Texts {
                reject: text("approve"),
                ..texts.clone()
            },
            Texts {
                approve: text("approve").replace("digest-1", "digest-2"),
                ..texts.clone()
            },
            Texts {
                approve: text("approve").replace("comment", "pull-request"),
                ..texts
            },
        ] {
            assert!(!is_ours(&wrong, "uid-1", "review", &waiting), "{wrong:?}");
        }
    }
}
