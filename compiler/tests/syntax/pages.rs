//! The examples on the pages of PA0101 to PA0108: the wrong one gives this code and nothing else,
//! the right one gives nothing.

use pure_agent::codes::Code;
use pure_agent::span::Sources;
use pure_agent::syntax::{BUDGET, MAX_FILE, load};

/// The fence behind a heading: its info string and its body.
fn fence<'a>(page: &'a str, heading: &str) -> (&'a str, &'a str) {
    let (_, after) = page
        .split_once(&format!("\n## {heading}\n\n```"))
        .expect(heading);
    let (info, body) = after.split_once('\n').unwrap();
    (info, body.split_once("```").unwrap().0)
}

/// The texts that are too large or too odd to stand on a page. Whatever else they hold is a right
/// document, so that this code is the only one.
fn bytes(info: &str, body: &str, right: &str) -> Vec<u8> {
    let with = |more: &str| format!("{right}{more}\n").into_bytes();
    match info.strip_prefix("kdl generate=") {
        Some("not-utf8") => [right.as_bytes(), b"// caf\xe9\n"].concat(),
        Some("too-large") => with(&"// long\n".repeat(MAX_FILE / 8 + 1)),
        Some("too-deep") => with(&format!("{}{}", "/*".repeat(17), "*/".repeat(17))),
        Some("too-slow") => with(&format!("/-odd {}", " -x".repeat(BUDGET / 64))),
        Some(name) => panic!("no generator `{name}`"),
        None => body.replace("\\u{202E}", "\u{202e}").into_bytes(),
    }
}

#[test]
fn page_examples() {
    for number in 101..=108 {
        let code = Code::parse(&format!("PA0{number}")).unwrap();
        let title = format!("# {}: {}\n\n", code.number(), code.title());
        assert!(code.page().starts_with(&title), "{title}");
        for (heading, want) in [("Wrong", vec![code.number()]), ("Right", vec![])] {
            let (info, body) = fence(code.page(), heading);
            let right = fence(code.page(), "Right").1;
            let document = load(
                &mut Sources::default(),
                "page.kdl",
                &bytes(info, body, right),
            );
            let found: Vec<_> = document.findings.iter().map(|f| f.code.number()).collect();
            assert_eq!(found, want, "{title} {heading}");
        }
    }
}
