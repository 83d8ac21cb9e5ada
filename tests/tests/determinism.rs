//! Same sources, same bytes: from another folder, in another locale and time zone, with files made in
//! another order, with the line ends of another system, as another user, by another build.
#![cfg(unix)]

use pure_agent_tests::mutate::Files;
use pure_agent_tests::program::{Scratch, command};
use pure_agent_tests::readers::skipped;
use pure_agent_tests::sources::{folder, repository};
use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// What a command prints or writes, by name.
type Outputs = BTreeMap<String, Vec<u8>>;

fn example(name: &str) -> Files {
    folder(&repository().join("examples").join(name))
}

/// A spec with one mistake, for findings are output too.
fn broken() -> Files {
    let mut files = example("code-review");
    let spec = files
        .get_mut("specs/code-review.kdl")
        .expect("the example has its spec");
    let text = String::from_utf8(std::mem::take(spec)).unwrap();
    *spec = text
        .replace("depth 3", "depth 30")
        .replace("harness", "harnes")
        .into_bytes();
    files
}

/// Everything that the program prints and writes about a workspace, by what was asked.
fn outputs(root: &Path, change: &dyn Fn(&mut Command)) -> Outputs {
    let out = Scratch::new("out");
    std::fs::set_permissions(out.path(), PermissionsExt::from_mode(0o777)).unwrap();
    let written = out.path().join("objects");
    let written = written
        .to_str()
        .expect("temporary folders have plain names");
    let mut all = BTreeMap::new();
    for args in [
        ["compile", "--format", "yaml"],
        ["compile", "--format", "json"],
        ["plan", "--format", "json"],
        ["check", "--format", "json"],
        ["check", "--format", "sarif"],
        ["check", "--format", "gitlab"],
        ["compile", "-o", written],
    ] {
        let mut command = command(root);
        command.args(args);
        change(&mut command);
        let done = command.output().unwrap();
        assert!(
            done.status.code().is_some_and(|c| c < 2),
            "{args:?}: {done:?}"
        );
        let asked = if args[1] == "-o" {
            "write".to_owned()
        } else {
            args.join(" ")
        };
        all.insert(asked, done.stdout);
    }
    if Path::new(written).exists() {
        all.extend(folder(Path::new(written)));
    }
    all
}

fn same(what: &str, a: &Outputs, b: &Outputs) {
    let names = |m: &Outputs| m.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(a), names(b), "{what}");
    for (name, bytes) in a {
        let (here, there) = (
            String::from_utf8_lossy(bytes),
            String::from_utf8_lossy(&b[name]),
        );
        let line = here.lines().zip(there.lines()).find(|(x, y)| x != y);
        assert!(bytes == &b[name], "{what}: `{name}` differs: {line:?}");
    }
}

/// The workspaces of the tests, with a name for each.
fn workspaces() -> Vec<(&'static str, Files)> {
    let names = ["nightly-report", "pure-agent"];
    let mut list: Vec<_> = names.iter().map(|name| (*name, example(name))).collect();
    list.push(("broken", broken()));
    list
}

/// What comes out of each of them when nothing is special.
fn plain(name: &str, files: &Files) -> Outputs {
    static PLAIN: Mutex<BTreeMap<String, Outputs>> = Mutex::new(BTreeMap::new());
    let mut plain = PLAIN.lock().unwrap_or_else(PoisonError::into_inner);
    let made = plain.entry(name.to_owned());
    made.or_insert_with(|| outputs(Scratch::with("plain", files).path(), &|_| {}))
        .clone()
}

/// Makes the workspace by `build`, runs the program there with `change`, and expects the outputs of
/// the plain workspace.
fn holds(what: &str, build: &dyn Fn(&Files) -> Scratch, change: &dyn Fn(&mut Command)) {
    for (name, files) in workspaces() {
        let plain = plain(name, &files);
        assert!(
            plain.values().any(|bytes| bytes.len() > 100),
            "{name}: nothing comes out"
        );
        same(
            &format!("{name}, {what}"),
            &plain,
            &outputs(build(&files).path(), change),
        );
    }
}

#[test]
fn from_another_folder() {
    let deep = |files: &Files| {
        let scratch = Scratch::new("other place with blanks, é and #");
        scratch.write(files);
        scratch
    };
    holds("another folder", &deep, &|_| {});
}

#[test]
fn from_below_the_root() {
    let scratch = Scratch::with("below", &example("nightly-report"));
    let compiled = |folder: &str| {
        let done = command(&scratch.path().join(folder))
            .arg("compile")
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        done.stdout
    };
    assert!(compiled("") == compiled("specs"));
}

#[test]
fn in_another_locale_and_time_zone() {
    let odd = |command: &mut Command| {
        command.envs([
            ("LC_ALL", "tr_TR.UTF-8"),
            ("LANG", "ar_EG"),
            ("LANGUAGE", "tr"),
            ("TZ", "Pacific/Kiritimati"),
            ("HOME", "/nonexistent"),
            ("USER", "somebody"),
            ("COLUMNS", "20"),
            ("TERM", "xterm-256color"),
            ("SOURCE_DATE_EPOCH", "1"),
            ("RUST_BACKTRACE", "full"),
        ]);
    };
    holds(
        "another locale and time zone",
        &|files| Scratch::with("locale", files),
        &odd,
    );
}

#[test]
fn with_files_made_in_another_order() {
    let reversed = |files: &Files| {
        let scratch = Scratch::new("reversed");
        scratch.write(files.iter().rev());
        scratch
    };
    holds("files in another order", &reversed, &|_| {});
}

#[test]
fn with_the_line_ends_of_another_system() {
    let crlf = |files: &Files| {
        let text = |bytes: &Vec<u8>| {
            String::from_utf8(bytes.clone())
                .unwrap()
                .replace('\n', "\r\n")
        };
        let all = files
            .iter()
            .map(|(name, bytes)| (name.clone(), text(bytes).into_bytes()));
        Scratch::with("crlf", &all.collect())
    };
    holds("CRLF", &crlf, &|_| {});
}

#[test]
fn with_a_byte_order_mark() {
    let marked = |files: &Files| {
        let all = files
            .iter()
            .map(|(name, bytes)| (name.clone(), [b"\xef\xbb\xbf", &**bytes].concat()));
        Scratch::with("bom", &all.collect())
    };
    holds("a byte order mark", &marked, &|_| {});
}

#[test]
fn as_another_user() {
    if std::fs::metadata("/proc/self").map_or(1, |m| m.uid()) != 0 {
        skipped("not root: another user's output is not compared");
        return;
    }
    let nobody = |command: &mut Command| {
        command.uid(65_534).gid(65_534);
    };
    holds(
        "another user",
        &|files| Scratch::with("user", files),
        &nobody,
    );
}

/// `PURE_AGENT_OTHER_BUILD` names a program that was built elsewhere or with other settings, such as
/// the release build beside the debug build of a test.
#[test]
fn by_another_build() {
    let Ok(other) = std::env::var("PURE_AGENT_OTHER_BUILD") else {
        skipped("no other build (PURE_AGENT_OTHER_BUILD); two builds are not compared");
        return;
    };
    for (name, files) in workspaces() {
        let scratch = Scratch::with("builds", &files);
        for args in [
            ["compile", "--format", "yaml"],
            ["check", "--format", "json"],
        ] {
            let ours = command(scratch.path()).args(args).output().unwrap();
            let theirs = Command::new(&other)
                .args(args)
                .current_dir(scratch.path())
                .env_clear()
                .output()
                .unwrap();
            assert!(
                ours.stdout == theirs.stdout,
                "{name}: {args:?} differs between builds"
            );
        }
    }
}
