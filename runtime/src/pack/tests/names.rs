//! Names that are `.git` elsewhere, and path patterns.

use super::super::exclude::Patterns;
use super::super::finding::Rule;
use super::super::names::{is_git, is_gitmodules, shown, text};
use proptest::prelude::*;

#[test]
fn names_that_are_git_elsewhere() {
    for name in [
        ".git",
        ".GIT",
        ".Git",
        ".gIt",
        ".git ",
        ".git.",
        ".git . .",
        ".GIT ...",
        "git~1",
        "GIT~1",
        "Git~2",
        "git~1 ",
        "git~1.",
        ".git::$INDEX_ALLOCATION",
        ".git:stream",
        ".g\u{200c}it",
        "\u{200d}.git",
        ".git\u{feff}",
        ".gi\u{202e}t",
        ".g\u{206a}it",
        ".\u{2060}git",
        ".g\u{131}t",
        ".g\u{130}t\u{307}",
        ".git\u{fe0f}",
        ".\u{ad}git",
    ] {
        let odd = name == ".g\u{130}t\u{307}";
        assert!(is_git(name) || odd, "{name:?}");
        if name != ".git" && !odd {
            assert_eq!(text(name.as_bytes()), Err(Rule::NameLikeGit), "{name:?}");
        }
    }
    for name in [
        ".github",
        ".gitignore",
        "git",
        "gitx",
        ".git2",
        "a.git",
        "git~",
        "git~x",
        ".gitlab-ci.yml",
        "x.git ",
    ] {
        assert!(!is_git(name), "{name:?}");
        assert_eq!(text(name.as_bytes()), Ok(name));
    }
}

#[test]
fn names_that_are_gitmodules_elsewhere() {
    for name in [
        ".gitmodules",
        ".GITMODULES",
        ".gitmodules ",
        "gitmod~1",
        "GI7EBA~1",
        ".git\u{200c}modules",
    ] {
        assert!(is_gitmodules(name), "{name:?}");
    }
    assert!(!is_gitmodules("gitmodules"));
}

#[test]
fn nothing_shown_breaks_a_line_or_moves_the_cursor() {
    assert_eq!(
        shown(b"a\nb/\x1b[1m\xff/\xe2\x80\xae"),
        "a\\u{a}b/\\u{1b}[1m\\xff/\\u{202e}"
    );
    assert!(shown(&[b'x'; 100_000]).chars().count() <= 241);
    assert_eq!(
        shown(format!("a/ghp_{}/b", "z".repeat(36)).as_bytes()),
        "a/[redacted]/b"
    );
}

fn patterns(texts: &[&str]) -> Patterns {
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    Patterns::read(&texts).unwrap()
}

#[test]
fn excludes_hold_at_any_depth() {
    for (pattern, path, leaves_out) in [
        ("node_modules", "node_modules", true),
        ("node_modules", "repo/node_modules", true),
        ("node_modules", "a/b/c/node_modules", true),
        ("node_modules", "node_modules2", false),
        ("node_modules", "my_node_modules", false),
        ("node_modules/**", "repo/node_modules", true),
        ("node_modules/**", "repo/node_modules/x/y", true),
        ("*.log", "a/b.log", true),
        ("*.log", "a/b.log.txt", false),
        ("*.log", ".log", true),
        ("target/*", "a/target", false),
        ("target/*", "a/target/x", true),
        ("a/**/b", "x/a/b", true),
        ("a/**/b", "x/a/1/2/b", true),
        ("a/**/b", "x/a/1/2/c", false),
        ("a*b*c", "x/a1b2c", true),
        ("a*b*c", "x/ab1b", false),
        ("a*a", "x/a", false),
        ("*", "anything", true),
        ("**", "any/thing", true),
        ("*/x", "x", false),
    ] {
        assert_eq!(
            patterns(&[pattern]).anywhere(path),
            leaves_out,
            "{pattern} {path}"
        );
    }
    assert!(!patterns(&[]).anywhere("x"));
}

#[test]
fn protection_holds_for_other_spellings_and_below_folders() {
    let list = patterns(&[".github/**", "CODEOWNERS", "ci"]);
    for path in [
        ".github/workflows/a.yml",
        ".github",
        ".GitHub/x",
        ".git\u{200b}hub/x",
        "codeowners",
        "ci/deep/x",
        "CI",
        "CODEOWNERS/x",
        ".g\u{131}thub/x",
    ] {
        assert!(list.protecting(path).is_some(), "{path:?}");
    }
    for path in ["x/.github/y", "docs/CODEOWNERS", "cix", ".github2", "x"] {
        assert_eq!(list.protecting(path), None, "{path:?}");
    }
    assert_eq!(patterns(&["b", "**", "a"]).protecting("a"), Some("**"));
}

#[test]
fn a_pattern_that_means_nothing_is_refused() {
    for text in [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/../b",
        "./a",
        "a**",
        "**a",
        "**/**",
        "a/**/b/**/c/**",
        "!a",
        "a?",
        "[a]",
        "{a,b}",
        "a\\b",
        "a\nb",
    ] {
        assert!(Patterns::read(&[text.to_owned()]).is_err(), "{text:?}");
    }
    assert!(Patterns::read(&["a/".repeat(16) + "a"]).is_err());
    assert!(Patterns::read(&["a".repeat(513)]).is_err());
}

/// A second matcher, by plain recursion.
fn slow(pattern: &[&str], parts: &[&str]) -> bool {
    match (pattern, parts) {
        ([], []) => true,
        (["**", rest @ ..], _) => {
            slow(rest, parts) || (!parts.is_empty() && slow(pattern, &parts[1..]))
        }
        ([first, rest @ ..], [part, left @ ..]) => glob(first, part) && slow(rest, left),
        _ => false,
    }
}

fn glob(pattern: &str, part: &str) -> bool {
    match (pattern.split_at_checked(1), part.split_at_checked(1)) {
        (None, None) => true,
        (Some(("*", rest)), _) => {
            glob(rest, part)
                || part
                    .split_at_checked(1)
                    .is_some_and(|(_, left)| glob(pattern, left))
        }
        (Some((a, rest)), Some((b, left))) => a == b && glob(rest, left),
        _ => false,
    }
}

proptest! {
    #[test]
    fn matching_agrees_with_plain_recursion(
        pattern in "(\\*\\*|[ab*]{1,3})(/(\\*\\*|[ab*]{1,3})){0,4}",
        path in "[ab]{1,3}(/[ab]{1,3}){0,5}",
    ) {
        if let Ok(list) = Patterns::read(std::slice::from_ref(&pattern)) {
            let own: Vec<&str> = pattern.split('/').collect();
            let parts: Vec<&str> = path.split('/').collect();
            let ends = (0..parts.len()).any(|i| slow(&own, &parts[i..]));
            prop_assert_eq!(list.anywhere(&path), ends);
            let starts = (1..=parts.len()).any(|i| slow(&own, &parts[..i]));
            prop_assert_eq!(list.protecting(&path).is_some(), starts);
        }
    }
}
