//! Commands that write sources: `init` and `fmt`.

use pure_agent_tests::command::Folder;

#[test]
fn a_new_workspace_compiles_and_is_never_overwritten() {
    let folder = Folder::new("init");
    let ended = folder.run(&["init", "team"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.err.contains("pure-agent check"), "{}", ended.err);
    assert_eq!(ended.out.lines().count(), folder.files("team").len());
    let checked = folder.run(&["check", "team", "--deny-warnings"]);
    assert_eq!(
        (checked.code, checked.err.as_str()),
        (Some(0), "checked 1 spec: nothing found\n")
    );
    assert_eq!(folder.run(&["compile", "team"]).code, Some(0));
    assert_eq!(folder.run(&["fmt", "--check", "team"]).code, Some(0));
    folder.write("team/specs/hello.kdl", "mine");
    std::fs::remove_file(folder.path.join("team/pure-agent.kdl")).unwrap();
    let before = folder.files("team");
    assert_eq!(folder.run(&["init", "team"]).code, Some(2));
    assert_eq!(folder.files("team"), before);
}

#[test]
fn formatting_changes_what_it_must_and_keeps_the_rest() {
    let folder = Folder::base("fmt");
    assert_eq!(folder.run(&["fmt", "--check"]).code, Some(0));
    let tidy = folder.read("run.kdl");
    folder.write(
        "run.kdl",
        tidy.replace("    ", "\t")
            .replace("depth 3", "depth   3 // why"),
    );
    let check = folder.run(&["fmt", "--check"]);
    assert_eq!(check.code, Some(1));
    assert!(
        check.err.contains("PA0902 error") && check.err.contains("run.kdl:4:1"),
        "{}",
        check.err
    );
    assert!(
        folder.read("run.kdl").contains('\t'),
        "a check writes nothing"
    );
    let ended = folder.run(&["fmt"]);
    assert_eq!(
        (ended.code, ended.err.as_str()),
        (Some(0), "formatted 1 of 4 files\n")
    );
    assert_eq!(
        folder.read("run.kdl"),
        tidy.replace("depth 3", "depth 3 // why")
    );
    let again = folder.run(&["fmt"]);
    assert_eq!((again.code, again.err.as_str()), (Some(0), ""));
    assert_eq!(
        folder
            .files("")
            .keys()
            .filter(|p| !p.starts_with(".git"))
            .count(),
        4
    );
}

#[test]
fn line_ends_and_byte_order_marks_are_part_of_the_layout() {
    let folder = Folder::base("fmt-crlf");
    let tidy = folder.read("run.kdl");
    for odd in [tidy.replace('\n', "\r\n"), format!("\u{feff}{tidy}")] {
        folder.write("run.kdl", odd);
        let check = folder.run(&["fmt", "--check", "run.kdl"]);
        assert!(
            check.code == Some(1) && check.err.contains("[run.kdl:1:1]"),
            "{}",
            check.err
        );
        assert_eq!(folder.run(&["fmt", "run.kdl"]).code, Some(0));
        assert_eq!(folder.read("run.kdl"), tidy);
    }
}

#[test]
fn standard_input_is_formatted_to_standard_output() {
    let folder = Folder::new("fmt-stdin");
    let ended = folder.feed(&["fmt", "-"], b"version    1\n");
    assert_eq!(
        (ended.code, ended.out.as_str(), ended.err.as_str()),
        (Some(0), "version 1\n", "")
    );
    let check = folder.feed(&["fmt", "--check", "-"], b"version    1\n");
    assert_eq!((check.code, check.out.as_str()), (Some(1), ""));
    let broken = folder.feed(&["fmt", "-", "--stdin-path", "x.kdl"], b"a {\n");
    assert_eq!((broken.code, broken.out.as_str()), (Some(1), ""));
    assert!(broken.err.contains("x.kdl:1:"), "{}", broken.err);
}

#[test]
fn a_file_with_mistakes_stays_and_the_others_are_formatted() {
    let folder = Folder::new("fmt-mistakes");
    folder.write("a.kdl", "a  {\n");
    folder.write("b.kdl", "b   1\n");
    folder.write("c.kdl", b"c \xff\n");
    let ended = folder.run(&["fmt", "."]);
    assert_eq!(ended.code, Some(1));
    assert_eq!(
        (folder.read("a.kdl").as_str(), folder.read("b.kdl").as_str()),
        ("a  {\n", "b 1\n")
    );
    assert!(
        ended.err.contains("a.kdl:1:") && ended.err.contains("c.kdl:1:"),
        "{}",
        ended.err
    );
}

#[cfg(unix)]
#[test]
fn a_formatted_file_keeps_its_mode_and_a_link_stays_one() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("fmt-mode");
    folder.write("real/a.kdl", "a   1\n");
    let real = folder.path.join("real/a.kdl");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink("a.kdl", folder.path.join("real/link.kdl")).unwrap();
    assert_eq!(folder.run(&["fmt", "real/link.kdl"]).code, Some(0));
    assert_eq!(folder.read("real/a.kdl"), "a 1\n");
    assert_eq!(
        std::fs::metadata(&real).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(
        folder
            .path
            .join("real/link.kdl")
            .symlink_metadata()
            .unwrap()
            .is_symlink()
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_replaced_is_told_and_nothing_is_left_behind() {
    let folder = Folder::new("fmt-link");
    let other = Folder::new("fmt-link-outside");
    other.write("a.kdl", "a   1\n");
    std::os::unix::fs::symlink(other.path.join("a.kdl"), folder.path.join("a.kdl")).unwrap();
    let ended = folder.run(&["fmt", "a.kdl"]);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    assert_eq!(
        other.read("a.kdl"),
        "a   1\n",
        "a link that leaves the folder is not followed"
    );
    assert_eq!(other.files("").len(), 1);
}
