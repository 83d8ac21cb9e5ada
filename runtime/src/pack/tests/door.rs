//! Opening by name: swaps between the steps, and names that are paths.

use super::super::door::{Folder, Shut, Way, way};
use super::super::exclude::Patterns;
use super::super::finding::Rule;
use super::super::walk::{Bounds, Step, Walk};
use super::{Bench, CANARY, WAYS, none, within};
use std::ffi::CString;
use std::fs;
use std::io::Read as _;

#[test]
fn a_name_is_one_name() {
    let bench = Bench::new();
    bench.file("a/b", "");
    for way in WAYS {
        let root = bench.root(way);
        for name in [
            "",
            ".",
            "..",
            "a/b",
            "../outside/secret",
            "/etc/passwd",
            "a/",
        ] {
            let name = CString::new(name).unwrap();
            let many = Some(Shut::Rule(Rule::NameOfMany));
            assert_eq!(root.file(&name).err(), many, "{name:?}");
            assert_eq!(root.folder(&name).err(), many, "{name:?}");
            assert_eq!(root.kind(&name).err(), many, "{name:?}");
        }
    }
}

#[test]
fn a_link_is_never_opened() {
    let bench = Bench::new();
    bench.link("file", bench.outside().join("secret"));
    bench.link("folder", bench.outside());
    bench.link("environ", "/proc/self/environ");
    bench.link("magic", "/proc/self/fd/0");
    bench.link("cwd", "/proc/self/cwd");
    bench.link("loop", "loop");
    bench.link("gone", "nowhere");
    bench.link("inside", "real");
    bench.file("real", "");
    for way in WAYS {
        let root = bench.root(way);
        for name in [
            c"file", c"folder", c"environ", c"magic", c"cwd", c"loop", c"gone", c"inside",
        ] {
            let link = Some(Shut::Rule(Rule::SymbolicLink));
            assert_eq!(root.file(name).err(), link, "{name:?}");
            assert_eq!(root.folder(name).err(), link, "{name:?}");
        }
        assert!(root.file(c"real").is_ok());
    }
}

#[test]
fn the_workspace_itself_is_no_link() {
    let bench = Bench::new();
    bench.link("link", bench.outside());
    assert!(Folder::root(&bench.workspace().join("link")).is_err());
    assert!(Folder::root(&bench.outside().join("secret")).is_err());
    assert!(Folder::root(&bench.workspace()).is_ok());
}

#[test]
fn another_filesystem_is_not_entered() {
    for way in WAYS {
        let root = Folder::root_by("/".as_ref(), way).unwrap();
        let error = root.folder(c"proc").err();
        assert_eq!(error, Some(Shut::Rule(Rule::OtherFilesystem)), "{way:?}");
    }
    let dev = Folder::root_by("/proc".as_ref(), Way::Openat2).unwrap();
    let magic = dev.folder(c"self").err();
    assert_eq!(magic, Some(Shut::Rule(Rule::SymbolicLink)));
}

/// The parent is listed, then a folder or file in it becomes something else, before it is opened.
#[test]
fn what_is_swapped_after_the_listing_leads_nowhere() {
    type Swap = fn(&Bench, &str);
    let swaps: [(&str, Swap, &[Rule]); 5] = [
        (
            "link",
            |b, p| b.link(p, b.outside().join("secret")),
            &[Rule::SymbolicLink],
        ),
        (
            "folder link",
            |b, p| b.link(p, b.outside()),
            &[Rule::SymbolicLink],
        ),
        ("fifo", |b, p| fifo(b, p), &[Rule::Fifo]),
        (
            "folder",
            |b, p| fs::create_dir(b.at(p)).unwrap(),
            &[Rule::ChangedWhileRead],
        ),
        ("nothing", |_, _| (), &[Rule::ChangedWhileRead]),
    ];
    for way in WAYS {
        for (what, swap, rules) in swaps {
            let bench = Bench::new();
            bench.file("f", "x");
            let exclude = none();
            let mut walk = Walk::new(bench.root(way), &exclude, Bounds::RUN).unwrap();
            let Ok(Some(Step::File(item))) = walk.step() else {
                panic!("no file");
            };
            fs::remove_file(bench.at("f")).unwrap();
            swap(&bench, "f");
            let Err(Shut::Rule(rule)) = walk.open(&item) else {
                panic!("{what}: opened");
            };
            assert!(rules.contains(&rule), "{what}: {rule:?}");
        }
    }
}

fn fifo(bench: &Bench, path: &str) {
    let mode = rustix::fs::Mode::from_raw_mode(0o644);
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, bench.at(path), kind, mode, 0).unwrap();
}

/// A folder that was entered stays the same one, whatever stands in its place now.
#[test]
fn a_folder_swapped_while_it_is_walked_stays_the_old_one() {
    for way in WAYS {
        let bench = Bench::new();
        bench.file("d/secret", "mine");
        let exclude = none();
        let mut walk = Walk::new(bench.root(way), &exclude, Bounds::RUN).unwrap();
        assert!(matches!(walk.step(), Ok(Some(Step::Folder(item))) if item.path == "d"));
        fs::rename(bench.at("d"), bench.at("moved")).unwrap();
        bench.link("d", bench.outside());
        let Ok(Some(Step::File(item))) = walk.step() else {
            panic!("no file");
        };
        let mut content = String::new();
        let mut opened = walk.open(&item).unwrap();
        opened.file.read_to_string(&mut content).unwrap();
        assert_eq!(content, "mine");
        assert!(matches!(walk.step(), Ok(None)));
    }
}

/// A thread swaps a folder and a file for links all the time; the walk never gets out.
#[test]
fn a_race_is_lost_by_the_attacker() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    let bench = Arc::new(Bench::new());
    bench.file("d/secret", "mine");
    bench.file("secret", "mine");
    bench.link("e", bench.outside());
    bench.link("f", bench.outside().join("secret"));
    let stop = Arc::new(AtomicBool::new(false));
    let attacker = std::thread::spawn({
        let (bench, stop) = (Arc::clone(&bench), Arc::clone(&stop));
        move || {
            let swap = |a: &str, b: &str| {
                let (a, b) = (bench.at(a), bench.at(b));
                let flags = rustix::fs::RenameFlags::EXCHANGE;
                let cwd = rustix::fs::CWD;
                rustix::fs::renameat_with(cwd, a, cwd, b, flags).unwrap();
            };
            let mut swaps = 0_u32;
            while !stop.load(Ordering::Relaxed) {
                swap("d", "e");
                swap("secret", "f");
                swaps += 1;
            }
            swaps
        }
    });
    let mut read = 0;
    for i in 0..4000 {
        let exclude = Patterns::default();
        let way = WAYS[i % 2];
        let mut walk = Walk::new(bench.root(way), &exclude, Bounds::RUN).unwrap();
        while let Some(step) = walk.step().unwrap() {
            let Step::File(item) = step else { continue };
            let Ok(mut opened) = walk.open(&item) else {
                continue;
            };
            let mut content = String::new();
            opened.file.read_to_string(&mut content).unwrap();
            assert_ne!(content, CANARY, "{}", item.path);
            read += 1;
        }
    }
    stop.store(true, Ordering::Relaxed);
    let swaps = attacker.join().unwrap();
    assert!(
        swaps > 100 && read > 100,
        "{swaps} swaps, {read} files read"
    );
}

#[test]
fn a_fifo_and_a_socket_do_not_block() {
    let bench = Bench::new();
    fifo(&bench, "fifo");
    let _socket = std::os::unix::net::UnixListener::bind(bench.at("socket")).unwrap();
    for way in WAYS {
        let root = bench.root(way);
        let (fifo, socket) = within(move || (root.file(c"fifo"), root.file(c"socket")));
        assert_eq!(fifo.err(), Some(Shut::Rule(Rule::Fifo)));
        // Opening a socket fails in the kernel.
        assert_eq!(socket.err(), Some(Shut::Rule(Rule::Unreadable)));
    }
}

/// Kernels before 5.6 and gVisor say ENOSYS, older seccomp filters EPERM; anything else is a doubt.
#[test]
fn where_openat2_is_unknown_openat_is_used() {
    use rustix::io::Errno;
    assert_eq!(way(Ok(())).unwrap(), Way::Openat2);
    for errno in [Errno::NOSYS, Errno::PERM] {
        assert_eq!(way(Err(errno)).unwrap(), Way::Openat);
    }
    for errno in [Errno::ACCESS, Errno::INVAL, Errno::XDEV, Errno::LOOP] {
        assert!(way(Err(errno)).is_err(), "{errno}");
    }
}

/// The folder is open, then it is removed: the kernel does not list it any more.
#[test]
fn a_root_that_is_gone_is_refused() {
    use super::super::walk::Cut;
    for way in WAYS {
        let bench = Bench::new();
        bench.file("r/x", "");
        let folder = bench.root(way).folder(c"r").unwrap();
        fs::remove_dir_all(bench.at("r")).unwrap();
        let cut = Walk::new(folder, &none(), Bounds::RUN).err();
        assert_eq!(cut, Some(Cut::Root(Rule::ChangedWhileRead)));
    }
}
