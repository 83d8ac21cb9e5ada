//! The walk: what it tells, what it leaves out, where it ends.

use super::super::exclude::Patterns;
use super::super::finding::Rule;
use super::super::walk::{Bounds, Cut, Step, Walk};
use super::{Bench, WAYS, is_root, none, within};
use rustix::fs::{CWD, FileType, Mode, mkdirat, mknodat};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;

/// What a walk told: paths of files, and rules with the paths for people.
fn walked(bench: &Bench, exclude: &Patterns, bounds: Bounds) -> Result<Vec<String>, Cut> {
    let mut all = Vec::new();
    for way in WAYS {
        let mut told = Vec::new();
        let mut walk = Walk::new(bench.root(way), exclude, bounds)?;
        while let Some(step) = walk.step()? {
            told.push(match step {
                Step::File(item) => item.path,
                Step::Folder(item) => format!("{}/", item.path),
                Step::Refused(it) => format!("{}: {}", it.rule.rule(), it.shown),
            });
        }
        all.push(told);
    }
    assert_eq!(all[0], all[1], "both ways tell the same");
    Ok(all.remove(0))
}

#[test]
fn what_is_neither_file_nor_folder_is_told_and_left_out() {
    let bench = Bench::new();
    bench.file("a", "");
    bench.link("absolute", "/proc/self/environ");
    bench.link("relative", "../outside/secret");
    bench.link("folder", "../outside");
    bench.link("loop", ".");
    let mode = Mode::from_raw_mode(0o644);
    mknodat(CWD, bench.at("pipe"), FileType::Fifo, mode, 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(bench.at("sock")).unwrap();
    let told = walked(&bench, &none(), Bounds::RUN).unwrap();
    let expected = [
        "a",
        "symbolic-link: absolute",
        "symbolic-link: folder",
        "symbolic-link: loop",
        "fifo: pipe",
        "symbolic-link: relative",
        "socket: sock",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_device_is_not_opened() {
    let bench = Bench::new();
    let mode = Mode::from_raw_mode(0o666);
    let zero = rustix::fs::makedev(1, 5);
    if let Err(e) = mknodat(CWD, bench.at("zero"), FileType::CharacterDevice, mode, zero) {
        println!("SKIPPED: a device node cannot be made here: {e}");
        return;
    }
    mknodat(
        CWD,
        bench.at("disk"),
        FileType::BlockDevice,
        mode,
        rustix::fs::makedev(7, 0),
    )
    .unwrap();
    let told = walked(&bench, &none(), Bounds::RUN).unwrap();
    assert_eq!(told, ["device: disk", "device: zero"]);
    for way in WAYS {
        assert!(bench.root(way).file(c"zero").is_err());
    }
}

#[test]
fn names_that_nobody_should_print_are_told_escaped_and_do_not_end_the_walk() {
    let bench = Bench::new();
    let longest = "x".repeat(255);
    let names: [(&[u8], &str); 10] = [
        (b"line\nbreak", "name-with-control: line\\u{a}break"),
        (b"esc\x1b[2J", "name-with-control: esc\\u{1b}[2J"),
        (b"del\x7f", "name-with-control: del\\u{7f}"),
        (b"c1\xc2\x9b", "name-with-control: c1\\u{9b}"),
        (b"latin\xe9", "name-not-text: latin\\xe9"),
        (
            b"surrogate\xed\xa0\x80",
            "name-not-text: surrogate\\xed\\xa0\\x80",
        ),
        (b"..\\up", "name-with-backslash: ..\\u{5c}up"),
        (b".GIT", "name-like-git: .GIT"),
        (longest.as_bytes(), &longest),
        (b"zz last", "zz last"),
    ];
    for (name, _) in names {
        fs::write(bench.workspace().join(OsStr::from_bytes(name)), "").unwrap();
    }
    let told = walked(&bench, &none(), Bounds::RUN).unwrap();
    assert_eq!(told.len(), names.len());
    for (_, expected) in names {
        assert!(
            told.iter().any(|told| told == expected),
            "{expected}: {told:?}"
        );
    }
}

#[test]
fn a_folder_with_a_bad_name_is_not_entered() {
    let bench = Bench::new();
    let bad = bench.workspace().join("a\nb");
    fs::create_dir(&bad).unwrap();
    fs::write(bad.join("file"), "").unwrap();
    let told = walked(&bench, &none(), Bounds::RUN).unwrap();
    assert_eq!(told, ["name-with-control: a\\u{a}b"]);
}

#[test]
fn git_is_never_entered() {
    let bench = Bench::new();
    bench.file(".git/config", "");
    bench.file("a/.git/hooks/pre-push", "");
    bench.file("a/b/.git", "gitdir: /outside");
    bench.link("c/.git", "/");
    let told = walked(&bench, &none(), Bounds::RUN).unwrap();
    assert_eq!(told, ["a/", "a/b/", "c/"]);
}

#[test]
fn depth_is_bounded() {
    let bench = Bench::new();
    bench.file("1/2/3/deep", "");
    bench.file("1/2/kept", "");
    let bounds = |depth| Bounds {
        depth,
        ..Bounds::RUN
    };
    let told = walked(&bench, &none(), bounds(2)).unwrap();
    assert_eq!(told, ["1/", "1/2/", "too-deep: 1/2/3", "1/2/kept"]);
    let told = walked(&bench, &none(), bounds(3)).unwrap();
    assert_eq!(told, ["1/", "1/2/", "1/2/3/", "1/2/3/deep", "1/2/kept"]);
}

/// Five thousand levels: longer than any path may be, and more folders than may be open at once.
#[test]
fn a_deep_nest_is_cut_and_does_not_exhaust_anything() {
    let bench = Bench::new();
    let mode = Mode::from_raw_mode(0o755);
    let mut folder = std::os::fd::OwnedFd::from(fs::File::open(bench.workspace()).unwrap());
    let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::RDONLY;
    for _ in 0..5000 {
        mkdirat(&folder, "d", mode).unwrap();
        folder = rustix::fs::openat(&folder, "d", flags, Mode::empty()).unwrap();
    }
    let told = walked(&bench, &none(), Bounds::RUN).unwrap();
    assert_eq!(told.len(), 65);
    assert!(told[64].starts_with("too-deep: d/d/"), "{}", told[64]);
    // From the deepest up: no path leads there.
    for _ in 0..5000 {
        folder = rustix::fs::openat(&folder, "..", flags, Mode::empty()).unwrap();
        rustix::fs::unlinkat(&folder, "d", rustix::fs::AtFlags::REMOVEDIR).unwrap();
    }
}

#[test]
fn a_long_path_is_left_out() {
    let bench = Bench::new();
    bench.file("aaaa/bbbb/cccc", "");
    let bounds = |path| Bounds {
        path,
        ..Bounds::RUN
    };
    let told = walked(&bench, &none(), bounds(13)).unwrap();
    assert_eq!(
        told,
        ["aaaa/", "aaaa/bbbb/", "path-too-long: aaaa/bbbb/cccc"]
    );
    let told = walked(&bench, &none(), bounds(14)).unwrap();
    assert_eq!(told, ["aaaa/", "aaaa/bbbb/", "aaaa/bbbb/cccc"]);
}

#[test]
fn entries_are_bounded_at_n_and_n_plus_1() {
    let bench = Bench::new();
    for i in 0..3000 {
        bench.file(&format!("d{}/{i}", i % 3), "");
    }
    let bounds = |entries| Bounds {
        entries,
        ..Bounds::RUN
    };
    assert_eq!(walked(&bench, &none(), bounds(3003)).unwrap().len(), 3003);
    assert_eq!(
        walked(&bench, &none(), bounds(3002)),
        Err(Cut::TooManyEntries)
    );
    assert_eq!(walked(&bench, &none(), bounds(2)), Err(Cut::TooManyEntries));
    // What is excluded is not listed, and costs nothing.
    let exclude = Patterns::read(&["d0".into(), "d1".into(), "d2".into()]).unwrap();
    assert_eq!(walked(&bench, &exclude, bounds(3)), Ok(vec![]));
}

#[test]
fn the_order_is_that_of_the_names() {
    let bench = Bench::new();
    for path in ["b/x", "b.x", "a", "B", "ab/c", "a b", "\u{d55c}"] {
        bench.file(path, "");
    }
    let told = walked(&bench, &none(), Bounds::RUN).unwrap();
    assert_eq!(
        told,
        [
            "B", "a", "a b", "ab/", "ab/c", "b/", "b/x", "b.x", "\u{d55c}"
        ]
    );
}

#[test]
fn what_cannot_be_read_is_told() {
    let bench = Bench::new();
    bench.file("file", "");
    bench.file("folder/file", "");
    if is_root() {
        println!("SKIPPED: root may read everything");
        return;
    }
    for path in ["file", "folder"] {
        fs::set_permissions(bench.at(path), fs::Permissions::from_mode(0o000)).unwrap();
    }
    let told = walked(&bench, &none(), Bounds::RUN);
    fs::set_permissions(bench.at("folder"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(told.unwrap(), ["file", "unreadable: folder"]);
    for way in WAYS {
        let shut = bench.root(way).file(c"file").err();
        let unreadable = super::super::door::Shut::Rule(Rule::Unreadable);
        assert_eq!(shut, Some(unreadable));
    }
}

#[test]
fn a_secret_in_a_name_is_told_without_it() {
    let bench = Bench::new();
    let token = format!("ghp_{}", "a".repeat(36));
    bench.file(&format!("{token}/file"), "");
    bench.file(&format!("x/{token}.txt"), "");
    let told = walked(&bench, &none(), Bounds::RUN).unwrap();
    assert_eq!(
        told,
        [
            "github-token: [redacted]",
            "x/",
            "github-token: x/[redacted]"
        ]
    );
}

#[test]
fn a_walk_of_everything_at_once_ends() {
    let bench = Bench::new();
    let mode = Mode::from_raw_mode(0o644);
    for i in 0..50 {
        bench.link(&format!("l{i}"), format!("l{}", (i + 1) % 50));
        mknodat(CWD, bench.at(&format!("p{i}")), FileType::Fifo, mode, 0).unwrap();
    }
    let told = within(move || walked(&bench, &none(), Bounds::RUN).unwrap().len());
    assert_eq!(told, 100);
}
