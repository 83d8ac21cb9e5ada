use crate::tools::fetch::html;
use std::time::{Duration, Instant};

#[test]
fn html_as_text() {
    for (page, text) in [
        ("", ""),
        ("a <b>c</b>\n\n d", "a c d"),
        ("5 < 6 &lt; 7", "5 < 6 < 7"),
        ("<ul><li>a</li><li>b</ul>", "- a\n- b"),
        ("<pre>a\n  b</pre>c", "a\n  b\n\nc"),
        ("<!-- <p>x</p> -->y", "y"),
        ("<STYLE>x</style >y", "y"),
        ("a<script>x", "a"),
        ("<p title=\"a>b\">c", "c"),
        (
            "<a href=\"javascript:x\">a</a> <a href=https://e.com>b</a>",
            "a b (https://e.com)",
        ),
        (
            "&#x41;&#66;&nbsp;&unknown;&#0;&#xd800;&",
            "AB &unknown;&#0;&#xd800;&",
        ),
        ("<p", ""),
        ("<td>a<td>b", "a b"),
    ] {
        assert_eq!(html::text(page), text, "{page}");
    }
}

/// Whatever is never closed, or nested, costs one pass.
#[test]
fn hostile_pages_are_read_in_one_pass() {
    let start = Instant::now();
    for part in [
        "<",
        "<a",
        "<a ",
        "<a href=\"",
        "<!--",
        "<script>",
        "</",
        "&",
        "&#",
        "<a href=x>",
        "<pre>",
        "<b =\"\">",
    ] {
        let page = part.repeat((1 << 20) / part.len());
        assert!(html::text(&page).len() <= 8 * page.len());
    }
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

proptest::proptest! {
    #[test]
    fn no_page_breaks_the_reader(parts in proptest::collection::vec(
        proptest::sample::select(vec!["<", ">", "a", "/", "\"", "'", "=", " ", "&", ";", "#", "x", "é", "!--", "--",
            "script", "href", "pre", "\n"]), 0..64)) {
        let _text = html::text(&parts.concat());
    }
}
