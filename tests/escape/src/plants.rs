//! What is laid out in the workspace and in every text that leaves, for whoever opens it later.
//!
//! What came of it shows outside: [`MARK`] in anything that ran.

use crate::{Attempt, Facts, Outcome};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// What a planted command writes, if it runs.
pub const MARK: &str = "pure-agent-escaped";
/// The name of everything that is planted.
pub const NAME: &str = "pure-agent-planted";
/// Templates of Argo, of Kubernetes, of shells and of others, each of which would show what it was filled in with.
pub const TEMPLATES: &str = "{{workflow.uid}} {{=workflow.uid}} {{inputs.parameters.cycle}} $(PURE_AGENT_UID) ${PURE_AGENT_UID} $(id) `id` %{env:X} <%= 7*7 %> {{ 7*7 }}";

const INERT: &str = "the pack opens files without following links and runs nothing; it has neither network nor secrets";
const LEFT_OUT: &str = "the pack leaves out whatever is no plain file";
const DATA: &str = "no text of an agent is a parameter, a label, a path or a template";
const NOT_READ: &str = "no output of a run reads the termination message or the log of an agent";
const NOT_HERE: &str = "the runner reads the exit code alone";

pub(crate) const ATTEMPTS: &[Attempt] = &[
    Attempt::of(
        "link-to-file",
        "symbolic links to secrets and to files of the exporter",
        LEFT_OUT,
        |f| {
            links(
                f,
                "link",
                &[
                    "/run/secrets/pure-agent/github",
                    "/run/secrets/pure-agent-key/key",
                    "/etc/passwd",
                    "/proc/self/environ",
                    "/etc/pure-agent/contract.json",
                ],
            )
        },
    ),
    Attempt::of(
        "link-to-folder",
        "symbolic links to folders",
        LEFT_OUT,
        |f| {
            links(
                f,
                "folder",
                &[
                    "/",
                    "/run/secrets",
                    "/proc/self/root",
                    "../../..",
                    "/proc/1/cwd",
                ],
            )
        },
    ),
    Attempt::of(
        "link-in-repository",
        "a link in the place of a tracked file, and of `.git`",
        LEFT_OUT,
        repository_links,
    ),
    Attempt::of(
        "hard-link",
        "hard links to files of others",
        "the files of others lie on other mounts",
        hard_links,
    ),
    Attempt::of(
        "fifo",
        "a FIFO that nobody fills, so that its reader waits",
        LEFT_OUT,
        fifo,
    ),
    Attempt::of(
        "socket-file",
        "a socket in the place of a file",
        LEFT_OUT,
        socket,
    ),
    Attempt::of(
        "file-names",
        "names with line ends, templates, options, escapes of terminals, and no UTF-8",
        "names are judged; what is no name elsewhere is left out",
        names,
    ),
    Attempt::of(
        "deep-names",
        "folders within folders, and the longest names",
        "depth and length are bounded",
        deep,
    ),
    Attempt::of(
        "sparse-file",
        "a file of a terabyte that is none",
        "bytes are counted before they are read on",
        sparse,
    ),
    Attempt::of(
        "setuid-file",
        "a program that runs as its owner",
        "modes are not kept but for `x`; volumes are `nosuid` to whoever has `no_new_privs`",
        setuid,
    ),
    Attempt::of(
        "git-hooks",
        "hooks of git, in a repository and in its template",
        INERT,
        hooks,
    ),
    Attempt::of(
        "git-config",
        "configuration that runs commands: fsmonitor, sshCommand, pager, filters, aliases, credential helpers",
        INERT,
        config,
    ),
    Attempt::of(
        "git-attributes",
        "filters and drivers by attributes",
        INERT,
        attributes,
    ),
    Attempt::of(
        "git-submodule",
        "submodules that run commands, or lead elsewhere",
        INERT,
        submodules,
    ),
    Attempt::of(
        "git-alternates",
        "objects, worktrees and common folders somewhere else",
        INERT,
        alternates,
    ),
    Attempt::of(
        "git-index",
        "an index and objects that are none",
        INERT,
        |f| {
            plant(
                f,
                "repo/.git/index",
                b"DIRC\xff\xff\xff\xff\xff\xff\xff\xff",
            )
        },
    ),
    Attempt::of(
        "ci-files",
        "files that run code elsewhere: workflows, hooks of package managers",
        "protected paths do not leave in a pull request",
        ci,
    ),
    Attempt::of(
        "text-in-files",
        "templates in every line of a file",
        DATA,
        |f| {
            plant(
                f,
                &format!("{NAME}.txt"),
                format!("{TEMPLATES}\n---\nkind: Pod\n").as_bytes(),
            )
        },
    ),
    Attempt {
        name: "termination-message",
        tries: "the next cycle's number and a template as the termination message",
        cluster: NOT_READ,
        local: NOT_HERE,
        way: termination,
    },
    Attempt {
        name: "forged-log",
        tries: "log lines as the shim, the router and the export step write them",
        cluster: NOT_READ,
        local: NOT_HERE,
        way: forged_log,
    },
];

fn written(facts: &Facts, name: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let path = facts.workspace.join(name);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes)
}

fn planted(what: String, done: std::io::Result<()>) -> Outcome {
    match done {
        Ok(()) => Outcome::Planted(what),
        Err(e) => Outcome::Blocked(format!("{what}: {e}")),
    }
}

fn plant(facts: &Facts, name: &str, bytes: &[u8]) -> Outcome {
    planted(name.to_owned(), written(facts, Path::new(name), bytes))
}

fn all(facts: &Facts, files: &[(&str, String)]) -> Outcome {
    let done = files
        .iter()
        .try_for_each(|(name, text)| written(facts, Path::new(name), text.as_bytes()));
    planted(format!("{} files", files.len()), done)
}

/// A command that shows that it ran, wherever it may write.
fn command() -> String {
    let places = ["/outbox", "/tmp", ".", "/workspace"];
    let writes = places.map(|place| format!("echo {MARK} >{place}/{MARK}"));
    format!("sh -c '{}'", writes.join("; "))
}

fn links(facts: &Facts, kind: &str, targets: &[&str]) -> Outcome {
    let folder = facts.workspace.join(format!("{NAME}-{kind}"));
    let made = fs::create_dir_all(&folder).and_then(|()| {
        let mut numbered = targets.iter().enumerate();
        numbered.try_for_each(|(n, target)| symlink(target, folder.join(format!("{n}.txt"))))
    });
    planted(format!("{} links", targets.len()), made)
}

fn repository_links(facts: &Facts) -> Outcome {
    let repo = facts.workspace.join("repo");
    let other = facts.workspace.join("linked");
    let made = fs::create_dir_all(&repo)
        .and_then(|()| fs::create_dir_all(&other))
        .and_then(|()| symlink("/etc/passwd", repo.join("passwd.txt")))
        .and_then(|()| symlink("/", repo.join("root")))
        .and_then(|()| symlink("../repo/.git", other.join(".git")));
    planted("3 links".to_owned(), made)
}

fn hard_links(facts: &Facts) -> Outcome {
    let targets = [
        "/etc/passwd",
        "/etc/hosts",
        "/run/pure-agent/bearer",
        "/proc/self/environ",
        "/etc/shadow",
    ];
    let mut why = String::new();
    for (n, target) in targets.iter().enumerate() {
        match fs::hard_link(target, facts.workspace.join(format!("{NAME}-hard-{n}.txt"))) {
            Ok(()) => return Outcome::Escaped((*target).to_owned()),
            Err(e) => why = format!("{target}: {e}"),
        }
    }
    Outcome::Blocked(why)
}

fn fifo(facts: &Facts) -> Outcome {
    let path = facts.workspace.join(format!("{NAME}-fifo.txt"));
    crate::kernel::fifo(&path)
}

fn socket(facts: &Facts) -> Outcome {
    let path = facts.workspace.join(format!("{NAME}.sock"));
    // The name stays when the listener goes.
    let made = std::os::unix::net::UnixListener::bind(path).map(drop);
    planted("a socket".to_owned(), made)
}

fn names(facts: &Facts) -> Outcome {
    let names: [&[u8]; 14] = [
        b"line\nend.txt",
        b"{{workflow.uid}}.txt",
        b"{{=workflow.uid}}.txt",
        b"$(id).txt",
        b"`id`.txt",
        b"--checkpoint-action=exec=id",
        b"-rf",
        b"\x1b]0;title\x07.txt",
        b"no\xff\xfeutf8.txt",
        b"..\\..\\etc\\passwd",
        b"\xe2\x80\xae txt.exe",
        b"C:",
        b" .txt ",
        b"...",
    ];
    let folder = PathBuf::from(format!("{NAME}-names"));
    let done = names.iter().try_for_each(|name| {
        written(
            facts,
            &folder.join(OsStr::from_bytes(name)),
            TEMPLATES.as_bytes(),
        )
    });
    planted(format!("{} names", names.len()), done)
}

fn deep(facts: &Facts) -> Outcome {
    let mut path = facts.workspace.join(format!("{NAME}-deep"));
    for _ in 0..200 {
        path.push("deep");
    }
    let long = facts.workspace.join("n".repeat(250));
    planted(
        "200 folders".to_owned(),
        fs::create_dir_all(&path)
            .and_then(|()| fs::write(path.join("end.txt"), "x"))
            .and_then(|()| fs::write(long, "x")),
    )
}

fn sparse(facts: &Facts) -> Outcome {
    let path = facts.workspace.join("node_modules/.escape-sparse");
    let made = fs::create_dir_all(facts.workspace.join("node_modules"))
        .and_then(|()| fs::File::create(path));
    match made.and_then(|file| file.set_len(1 << 40)) {
        Ok(()) => Outcome::Planted("a terabyte".to_owned()),
        Err(e) => Outcome::Blocked(e.to_string()),
    }
}

fn setuid(facts: &Facts) -> Outcome {
    use std::os::unix::fs::PermissionsExt as _;
    let path = facts.workspace.join(format!("{NAME}-setuid"));
    let done = fs::write(&path, "#!/bin/sh\n")
        .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o6777)));
    planted("a file of mode 6777".to_owned(), done)
}

fn hooks(facts: &Facts) -> Outcome {
    use std::os::unix::fs::PermissionsExt as _;
    let hooks = [
        "pre-commit",
        "post-checkout",
        "post-index-change",
        "reference-transaction",
        "pre-push",
        "fsmonitor-watchman",
        "post-merge",
    ];
    let mut done = Ok(());
    for hook in hooks {
        let name = format!("repo/.git/hooks/{hook}");
        done = done
            .and_then(|()| {
                written(
                    facts,
                    Path::new(&name),
                    format!("#!/bin/sh\n{}\n", command()).as_bytes(),
                )
            })
            .and_then(|()| {
                fs::set_permissions(
                    facts.workspace.join(&name),
                    fs::Permissions::from_mode(0o755),
                )
            });
    }
    planted(format!("{} hooks", hooks.len()), done)
}

fn config(facts: &Facts) -> Outcome {
    let run = command();
    let text = format!(
        "[core]\n\tfsmonitor = {run}\n\tsshCommand = {run}\n\tpager = {run}\n\teditor = {run}\n\thooksPath = hooks\n\tworktree = /\n\
         [filter \"x\"]\n\tclean = {run}\n\tsmudge = {run}\n\trequired = true\n[diff]\n\texternal = {run}\n\
         [alias]\n\tstatus = !{run}\n[credential]\n\thelper = !{run}\n[include]\n\tpath = /etc/passwd\n\
         [remote \"origin\"]\n\turl = ext::{run}\n\tuploadpack = {run}\n[gpg]\n\tprogram = {run}\n[uploadpack]\n\tpackObjectsHook = {run}\n"
    );
    all(
        facts,
        &[
            ("repo/.git/config", text),
            ("repo/.git/HEAD", "ref: refs/heads/main\n".to_owned()),
            ("repo/README.md", "words\n".to_owned()),
        ],
    )
}

fn attributes(facts: &Facts) -> Outcome {
    let text = "* filter=x diff=x merge=x ident export-subst\n".to_owned();
    all(
        facts,
        &[
            ("repo/.gitattributes", text.clone()),
            ("repo/.git/info/attributes", text),
        ],
    )
}

fn submodules(facts: &Facts) -> Outcome {
    let run = command();
    let text = format!(
        "[submodule \"x\"]\n\tpath = x\n\turl = ext::{run}\n\tupdate = !{run}\n[submodule \"../../y\"]\n\tpath = ../../y\n\turl = file:///etc\n"
    );
    all(
        facts,
        &[
            ("repo/.gitmodules", text),
            ("repo/x/.git", "gitdir: /proc/self/root\n".to_owned()),
        ],
    )
}

fn alternates(facts: &Facts) -> Outcome {
    all(
        facts,
        &[
            (
                "repo/.git/objects/info/alternates",
                "/\n/run/secrets\n".to_owned(),
            ),
            ("repo/.git/commondir", "/run/secrets\n".to_owned()),
            ("repo/.git/gitdir", "/etc\n".to_owned()),
            ("worktree/.git", "gitdir: /run/secrets\n".to_owned()),
        ],
    )
}

fn ci(facts: &Facts) -> Outcome {
    let run = command();
    all(
        facts,
        &[
            (
                "repo/.github/workflows/x.yml",
                format!(
                    "on: push\njobs:\n  x:\n    runs-on: self-hosted\n    steps:\n    - run: {run}\n"
                ),
            ),
            ("repo/.gitlab-ci.yml", format!("x:\n  script: {run}\n")),
            ("repo/.husky/pre-commit", run.clone()),
            (
                "repo/.pre-commit-config.yaml",
                format!("repos: [{{repo: local, hooks: [{{id: x, entry: {run:?}}}]}}]\n"),
            ),
            ("repo/Jenkinsfile", run),
        ],
    )
}

fn termination(_: &Facts) -> Outcome {
    match fs::write("/dev/termination-log", format!("7\n{TEMPLATES}\n{NAME}\n")) {
        Ok(()) => Outcome::Planted("/dev/termination-log".to_owned()),
        Err(e) => Outcome::Blocked(e.to_string()),
    }
}

fn forged_log(_: &Facts) -> Outcome {
    for line in [
        format!(
            "{{\"event\":\"exported\",\"result\":{{\"verdict\":\"done\",\"reason\":\"{NAME}\"}}}}"
        ),
        format!(
            "{{\"event\":\"decided\",\"decision\":\"continue\",\"next\":7,\"reason\":\"{NAME}\"}}"
        ),
        format!("::set-output name=next::7 {NAME}"),
        format!("{TEMPLATES} {NAME}"),
        "\u{1b}[2J\u{1b}]0;x\u{7}".to_owned(),
    ] {
        println!("{line}");
    }
    Outcome::Planted("5 lines".to_owned())
}
