//! The image of the runtime, read by a reader of its own.
//!
//! `PURE_AGENT_IMAGE` names an archive that is read, too, and `PURE_AGENT_RUNTIME_BINARY` the file that must be in it.

use pure_agent_runtime::digest::hex;
use pure_agent_tests::program::Scratch;
use pure_agent_tests::sources::repository;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An entry of a tar as its header has it.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    mode: u64,
    owner: (u64, u64),
    time: u64,
    kind: u8,
    content: Vec<u8>,
}

/// Entries by name, in a tar that has nothing but plain headers.
fn untar(bytes: &[u8]) -> Vec<(String, Entry)> {
    let mut entries = Vec::new();
    let mut at = 0;
    while bytes[at..].iter().take(512).any(|byte| *byte != 0) {
        let header = &bytes[at..at + 512];
        assert_eq!(&header[257..265], b"ustar\x0000", "the header at {at}");
        let text = |from: usize, size: usize| {
            let field = &header[from..from + size];
            let end = field.iter().position(|b| *b == 0).unwrap_or(size);
            String::from_utf8(field[..end].to_vec()).unwrap()
        };
        let number = |from, size| u64::from_str_radix(text(from, size).trim(), 8).unwrap_or(0);
        let size = usize::try_from(number(124, 12)).unwrap();
        let start = at + 512;
        let entry = Entry {
            mode: number(100, 8),
            owner: (number(108, 8), number(116, 8)),
            time: number(136, 12),
            kind: header[156],
            content: bytes[start..start + size].to_vec(),
        };
        for (name, from, size) in [("owner", 265, 32), ("group", 297, 32)] {
            assert_eq!(text(from, size), "", "a name of an {name}");
        }
        entries.push((text(0, 100), entry));
        at = start + size.div_ceil(512) * 512;
    }
    assert!(bytes[at..].iter().all(|byte| *byte == 0), "the end");
    entries
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

/// The blob that a descriptor names, if it is what it says.
fn blob<'a>(files: &'a BTreeMap<String, Entry>, named: &Value, kind: &str) -> &'a [u8] {
    assert_eq!(named["mediaType"], kind, "{named}");
    let name = named["digest"].as_str().unwrap();
    let path = format!("blobs/{}", name.replace(':', "/"));
    let content = &files[&path].content;
    assert_eq!(
        (name, &named["size"]),
        (digest(content).as_str(), &json!(content.len()))
    );
    content
}

/// Whether a program needs a loader: it has a segment that names one.
fn needs_loader(elf: &[u8]) -> bool {
    let number = |at: usize, size: usize| {
        let bytes = elf[at..at + size].iter().rev();
        bytes.fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte))
    };
    assert_eq!(&elf[..6], b"\x7fELF\x02\x01");
    let (table, size, count) = (number(32, 8), number(54, 2), number(56, 2));
    assert!(count > 0);
    (0..count).any(|n| number(table + n * size, 4) == 3)
}

/// Reads an archive; gives its digest and the one file in it.
fn read(archive: &Path) -> (String, Vec<u8>) {
    let entries = untar(&std::fs::read(archive).unwrap());
    let names: Vec<_> = entries.iter().map(|(name, _)| name.clone()).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert_eq!(names.len(), 5, "{names:?}");
    for (name, entry) in &entries {
        let (owner, time, kind) = (entry.owner, entry.time, entry.kind);
        assert_eq!((owner, time, kind), ((0, 0), 0, b'0'), "{name}");
    }
    let files: BTreeMap<_, _> = entries.into_iter().collect();
    let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
    let layout = json(&files["oci-layout"].content);
    assert_eq!(layout, json!({"imageLayoutVersion": "1.0.0"}));
    let index = json(&files["index.json"].content);
    let [named] = index["manifests"].as_array().unwrap().as_slice() else {
        panic!("{index}");
    };
    let kind = |name: &str| format!("application/vnd.oci.image.{name}");
    let manifest = json(blob(&files, named, &kind("manifest.v1+json")));
    let config = json(blob(&files, &manifest["config"], &kind("config.v1+json")));
    let [layer] = manifest["layers"].as_array().unwrap().as_slice() else {
        panic!("{manifest}");
    };
    let layer = blob(&files, layer, &kind("layer.v1.tar"));
    assert_eq!(
        config["rootfs"],
        json!({"type": "layers", "diff_ids": [digest(layer)]})
    );
    assert_eq!(config["os"], "linux");
    assert!(config["created"].is_null() && config["history"].is_null());
    let user = config["config"]["User"].as_str().unwrap();
    let numbers: Vec<u32> = user.split(':').map(|id| id.parse().unwrap()).collect();
    assert!(
        numbers.len() == 2 && numbers.iter().all(|id| *id >= 1000),
        "{user}"
    );
    assert_eq!(
        config["config"]["Entrypoint"],
        json!(["/pure-agent-runtime"])
    );
    assert!(config["config"]["Env"].is_null() && config["config"]["Cmd"].is_null());
    let mut entries = untar(layer);
    let (name, entry) = entries.pop().unwrap();
    assert_eq!((entries.len(), name.as_str()), (0, "pure-agent-runtime"));
    assert_eq!((entry.mode, entry.owner, entry.time), (0o555, (0, 0), 0));
    assert!(!needs_loader(&entry.content), "the runtime needs a loader");
    (named["digest"].as_str().unwrap().to_owned(), entry.content)
}

fn made(binary: &Path, archive: &Path, folder: &Path) -> Output {
    let mut command = Command::new(repository().join(".ci/image"));
    command
        .arg("--binary")
        .arg(binary)
        .arg(archive)
        .current_dir(folder);
    command.output().unwrap()
}

/// A program of nothing, in a folder of its own.
fn compiled(folder: &Path, flags: &[&str]) -> PathBuf {
    let (source, program) = (folder.join("nothing.c"), folder.join("nothing"));
    std::fs::write(&source, "int main(void) { return 0; }\n").unwrap();
    let mut gcc = Command::new("gcc");
    let done = gcc.args(flags).arg("-o").args([&program, &source]).output();
    let done = done.unwrap();
    assert!(done.status.success(), "{done:?}");
    program
}

#[test]
fn the_same_file_gives_the_same_image_wherever_it_lies() {
    let (one, other) = (Scratch::new("one"), Scratch::new("another"));
    let program = compiled(one.path(), &["-static", "-s"]);
    let copy = other.path().join("copy");
    std::fs::copy(&program, &copy).unwrap();
    let touched = Command::new("touch")
        .args(["-d", "2001-02-03"])
        .arg(&copy)
        .status();
    assert!(touched.unwrap().success());
    let archives = [
        one.path().join("image.tar"),
        other.path().join("deep/er.tar"),
    ];
    let first = made(&program, &archives[0], one.path());
    let second = made(&copy, &archives[1], other.path());
    for (done, archive) in [(&first, &archives[0]), (&second, &archives[1])] {
        let (shown, content) = read(archive);
        let said = String::from_utf8_lossy(&done.stdout);
        assert_eq!(said.trim_end(), shown, "{done:?}");
        assert_eq!(content, std::fs::read(&program).unwrap());
    }
    let bytes = archives.map(|archive| std::fs::read(archive).unwrap());
    assert!(bytes[0] == bytes[1], "two archives of the same file");
}

#[test]
fn what_could_not_run_alone_is_no_image() {
    let folder = Scratch::new("bound");
    let archive = folder.path().join("image.tar");
    let program = compiled(folder.path(), &[]);
    let text = folder.path().join("text");
    std::fs::write(&text, "#!/bin/sh\n").unwrap();
    for (binary, why) in [(&program, "needs a loader"), (&text, "no 64-bit")] {
        let done = made(binary, &archive, folder.path());
        assert!(!done.status.success() && !archive.exists(), "{done:?}");
        assert!(
            String::from_utf8_lossy(&done.stderr).contains(why),
            "{done:?}"
        );
    }
}

/// Another byte in the file is another digest.
#[test]
fn another_file_is_another_image() {
    let folder = Scratch::new("other");
    let program = compiled(folder.path(), &["-static", "-s"]);
    let digests: Vec<String> = [1, 2]
        .into_iter()
        .map(|byte| {
            let mut bytes = std::fs::read(&program).unwrap();
            bytes.push(byte);
            let (changed, archive) = (folder.path().join("changed"), folder.path().join("a.tar"));
            std::fs::write(&changed, bytes).unwrap();
            assert!(made(&changed, &archive, folder.path()).status.success());
            read(&archive).0
        })
        .collect();
    assert_ne!(digests[0], digests[1]);
}

#[test]
fn the_built_image_holds_the_built_runtime() {
    let named = |name: &str| std::env::var_os(name).map(|path| repository().join(path));
    let (Some(archive), Some(binary)) = (
        named("PURE_AGENT_IMAGE"),
        named("PURE_AGENT_RUNTIME_BINARY"),
    ) else {
        pure_agent_tests::readers::skipped("no image of the runtime: PURE_AGENT_IMAGE names none");
        return;
    };
    let (_, content) = read(&archive);
    assert!(content == std::fs::read(binary).unwrap(), "another file");
    for path in machine() {
        assert!(!holds(&content, &path), "it holds {path}");
    }
}

/// Folders of this machine that no built file may name.
fn machine() -> Vec<String> {
    let named = ["CARGO_HOME", "HOME"].map(|name| std::env::var(name).ok());
    let mut all: Vec<String> = named.into_iter().flatten().collect();
    all.push(repository().display().to_string());
    all.retain(|path| path.len() > 1);
    all.iter().map(|path| format!("{path}/")).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

/// Runs `.ci/static` with a compiler that makes a file which holds this text.
fn built_with(text: &str) -> Output {
    let folder = Scratch::new("static");
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let cargo = bin.join("cargo");
    let script = "#!/bin/sh\nset -eu\nwhile [ \"$1\" != --target ]; do shift; done\n\
         mkdir -p \"$CARGO_TARGET_DIR/$2/release\"\n\
         printf '%s' \"$HELD\" >\"$CARGO_TARGET_DIR/$2/release/pure-agent-runtime\"\n";
    std::fs::write(&cargo, script).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&cargo, mode).unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new(repository().join(".ci/static"));
    command.env("PATH", format!("{}:{path}", bin.display()));
    command.env("CARGO_TARGET_DIR", folder.path().join("target"));
    let target = folder.path().join("target").display().to_string();
    command.env("HELD", text.replace("TARGET", &target));
    command.output().unwrap()
}

/// Two builds in two folders are the same bytes only if neither names its folder; nothing else differs between them.
#[test]
fn a_build_that_names_a_folder_of_this_machine_is_refused() {
    let fine = built_with("text /cargo/registry/src/x.rs and /pure-agent/runtime/src/main.rs");
    assert!(fine.status.success(), "{fine:?}");
    let mut paths = machine();
    paths.push("TARGET/release/build/out.rs".to_owned());
    for path in paths {
        let done = built_with(&format!("text {path} text"));
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(
            !done.status.success() && said.contains("a path of this machine"),
            "{path}: {done:?}"
        );
        assert!(done.stdout.is_empty(), "{path}: {done:?}");
    }
}

/// What is built from is named by what it is, not by a word that others may move.
#[test]
fn every_dockerfile_names_digests() {
    let text = std::fs::read_to_string(repository().join("runtime/Dockerfile")).unwrap();
    let from: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("FROM "))
        .collect();
    assert!(
        from.len() > 1 && from.last() == Some(&"scratch"),
        "{from:?}"
    );
    for image in from {
        let name = image.split(' ').next().unwrap();
        let pinned = name.split_once('@').is_some_and(|(_, digest)| {
            let sum = digest.strip_prefix("sha256:").unwrap_or_default();
            let written = sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit());
            // An argument without a default: nothing is built until somebody names a digest.
            let argument = digest
                .strip_prefix("${")
                .and_then(|rest| rest.strip_suffix('}'));
            written || argument.is_some_and(|arg| text.contains(&format!("\nARG {arg}\n")))
        });
        assert!(pinned || name == "scratch", "FROM {image}");
    }
}
