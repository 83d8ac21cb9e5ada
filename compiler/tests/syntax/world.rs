//! The door to the files: what is inside the root is read, nothing else, and nothing hangs.

use std::fs;
use std::path::PathBuf;

use pure_agent::world::{Disk, MAX_READ, Memory, ReadError, World, join, matches};

/// A folder that is removed in the end; `outside` lies beside the root.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let dir =
            std::env::temp_dir().join(format!("pure-agent-world-{}-{name}", std::process::id()));
        fs::create_dir_all(dir.join("root/specs/deep")).unwrap();
        fs::write(dir.join("outside.kdl"), "secret").unwrap();
        fs::create_dir_all(dir.join("rootlike")).unwrap();
        fs::write(dir.join("rootlike/x.kdl"), "secret").unwrap();
        fs::write(dir.join("root/a.kdl"), "a").unwrap();
        fs::write(dir.join("root/specs/b.kdl"), "b").unwrap();
        fs::write(dir.join("root/specs/deep/c.kdl"), "c").unwrap();
        Self(dir)
    }

    fn disk(&self) -> Disk {
        Disk::new(&self.0.join("root")).unwrap()
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn paths_stay_inside_the_root() {
    let place = Place::new("paths");
    let mut memory = Memory::default();
    for path in ["a.kdl", "specs/b.kdl", "specs/deep/c.kdl"] {
        memory.add(path, fs::read(place.at("root").join(path)).unwrap());
    }
    let disk = place.disk();
    let worlds: [&dyn World; 2] = [&disk, &memory];
    for world in worlds {
        assert_eq!(world.read("specs/../a.kdl").unwrap(), b"a");
        assert_eq!(world.read("./specs//b.kdl").unwrap(), b"b");
        let absolute = place.at("outside.kdl").display().to_string();
        for path in [
            "../outside.kdl",
            "specs/../../outside.kdl",
            &absolute,
            "/etc/passwd",
            "..\\outside.kdl",
            "specs\\..\\..\\outside.kdl",
            "C:/x",
            "a.kdl\0",
            "../rootlike/x.kdl",
            "//etc/passwd",
        ] {
            assert!(
                matches!(world.read(path), Err(ReadError::OutsideRoot(_))),
                "{path}"
            );
        }
        assert!(matches!(world.read("none.kdl"), Err(ReadError::Missing(_))));
        assert!(matches!(world.read("a.kdl/x"), Err(ReadError::Missing(_))));
        assert!(
            world.read("").is_err() && world.read(".").is_err() && world.read("specs").is_err()
        );
        assert_eq!(
            world.glob("**/*.kdl").unwrap(),
            ["a.kdl", "specs/b.kdl", "specs/deep/c.kdl"]
        );
        assert_eq!(world.glob("specs/*.kdl").unwrap(), ["specs/b.kdl"]);
        assert_eq!(world.glob("a.kdl").unwrap(), ["a.kdl"]);
        assert!(world.glob("none/*").unwrap().is_empty());
        assert!(matches!(world.glob("../*"), Err(ReadError::OutsideRoot(_))));
        assert!(matches!(
            world.glob("/etc/*"),
            Err(ReadError::OutsideRoot(_))
        ));
    }
}

#[test]
fn join_resolves_against_the_including_file() {
    assert_eq!(join("specs/b.kdl", "../a.kdl").unwrap(), "a.kdl");
    assert_eq!(
        join("specs/b.kdl", "deep/./c.kdl").unwrap(),
        "specs/deep/c.kdl"
    );
    assert_eq!(join("a.kdl", "specs/b.kdl").unwrap(), "specs/b.kdl");
    for bad in ["../../x", "/x", "..\\x", "x\\y", "C:x", "x\0"] {
        assert!(
            matches!(join("specs/b.kdl", bad), Err(ReadError::OutsideRoot(_))),
            "{bad}"
        );
    }
    assert!(join("a.kdl", "").is_err() && join("a.kdl", ".").is_err());
}

#[cfg(unix)]
#[test]
fn links_that_leave_the_root_are_refused() {
    use std::os::unix::fs::symlink;
    let place = Place::new("links");
    symlink(place.at("outside.kdl"), place.at("root/out.kdl")).unwrap();
    symlink("../outside.kdl", place.at("root/relative.kdl")).unwrap();
    symlink(&place.0, place.at("root/up")).unwrap();
    symlink(place.at("rootlike"), place.at("root/like")).unwrap();
    symlink("a.kdl", place.at("root/in.kdl")).unwrap();
    symlink("specs", place.at("root/folder")).unwrap();
    symlink("loop.kdl", place.at("root/loop.kdl")).unwrap();
    symlink("up/root/a.kdl", place.at("root/around.kdl")).unwrap();
    let disk = place.disk();
    for path in ["out.kdl", "relative.kdl", "up/outside.kdl", "like/x.kdl"] {
        assert_eq!(
            disk.read(path),
            Err(ReadError::LinkLeavesRoot(path.to_owned()))
        );
    }
    assert_eq!(disk.read("in.kdl").unwrap(), b"a");
    assert_eq!(disk.read("folder/b.kdl").unwrap(), b"b");
    assert_eq!(disk.read("around.kdl").unwrap(), b"a");
    assert!(disk.read("loop.kdl").is_err());
    assert!(matches!(
        disk.glob("up/*"),
        Err(ReadError::LinkLeavesRoot(_))
    ));
    assert!(
        !disk
            .glob("**/*.kdl")
            .unwrap()
            .iter()
            .any(|p| p.starts_with("up/") || p.starts_with("like/"))
    );
    // A root that is itself reached by a link is a root like any other.
    symlink(place.at("root"), place.at("alias")).unwrap();
    assert_eq!(
        Disk::new(&place.at("alias"))
            .unwrap()
            .read("a.kdl")
            .unwrap(),
        b"a"
    );
}

#[cfg(unix)]
#[test]
fn pipes_folders_and_sockets_are_not_files() {
    let place = Place::new("pipes");
    let pipe = place.at("root/pipe.kdl");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .expect("mkfifo");
    assert!(made.success());
    let socket = std::os::unix::net::UnixListener::bind(place.at("root/s.kdl")).unwrap();
    let disk = place.disk();
    for path in ["pipe.kdl", "s.kdl", "specs"] {
        assert_eq!(disk.read(path), Err(ReadError::NotAFile(path.to_owned())));
    }
    assert_eq!(disk.glob("*.kdl").unwrap(), ["a.kdl"]);
    drop(socket);
}

#[test]
fn size_and_hidden_names() {
    let place = Place::new("size");
    let file = fs::File::create(place.at("root/big.kdl")).unwrap();
    file.set_len(MAX_READ).unwrap();
    let disk = place.disk();
    assert_eq!(disk.read("big.kdl").unwrap().len() as u64, MAX_READ);
    file.set_len(MAX_READ + 1).unwrap();
    assert_eq!(
        disk.read("big.kdl"),
        Err(ReadError::TooLarge("big.kdl".to_owned()))
    );
    file.set_len(MAX_READ * 1_000).unwrap();
    assert_eq!(
        disk.read("big.kdl"),
        Err(ReadError::TooLarge("big.kdl".to_owned()))
    );
    fs::create_dir(place.at("root/.git")).unwrap();
    fs::write(place.at("root/.git/x.kdl"), "x").unwrap();
    fs::write(place.at("root/.hidden.kdl"), "x").unwrap();
    let all = ["a.kdl", "big.kdl", "specs/b.kdl", "specs/deep/c.kdl"];
    assert_eq!(disk.glob("**/*.kdl").unwrap(), all);
}

#[test]
fn patterns() {
    for (pattern, path, is_match) in [
        ("*.kdl", "a.kdl", true),
        ("*.kdl", "b/a.kdl", false),
        ("**/*.kdl", "a.kdl", true),
        ("**/*.kdl", "b/c/a.kdl", true),
        ("**", "b/c/a.kdl", true),
        ("b/**/a.kdl", "b/a.kdl", true),
        ("b/**/a.kdl", "b/x/y/a.kdl", true),
        ("b/**/a.kdl", "c/x/a.kdl", false),
        ("a*b*c", "aXbYc", true),
        ("a*b*c", "acb", false),
        ("a*a", "a", false),
        ("*", ".a", false),
        (".*", ".a", true),
        ("**/x", ".git/x", false),
        ("a**b", "a/b", false),
        ("a", "A", false),
    ] {
        assert_eq!(matches(pattern, path), is_match, "{pattern} {path}");
    }
    let pattern = "**/a/".repeat(200) + "b";
    assert!(!matches(&pattern, &("a/".repeat(2_000) + "c")));
}
