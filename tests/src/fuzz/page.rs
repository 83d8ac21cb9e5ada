//! Pages of strangers as text.

use super::{Target, hold, many};
use crate::random::Random;
use pure_agent_runtime::tools::fetch::html;

pub(super) const TARGET: Target = Target {
    name: "html",
    seeds,
    words: &[
        "<",
        ">",
        "</",
        "<!--",
        "-->",
        "--!>",
        "<!",
        "<?",
        "<script>",
        "</script",
        "<style>",
        "<pre>",
        "</pre>",
        "<a href=",
        "<a href=\"https://e.example/\">",
        "</a>",
        "<li>",
        "<td>",
        "<title>",
        "<textarea>",
        "&amp;",
        "&#x41;",
        "&#",
        "&",
        "\"",
        "'",
        "=",
    ],
    check,
};

fn seeds() -> Vec<Vec<u8>> {
    [
        "<!doctype html><html><head><title>T</title><script>if (a<b) {}</script></head><body><h1>H</h1><p>a <b>b</b> c</body>",
        "<ul><li>a</li><li><a href=\"https://e.example/x?y=1&amp;z=2\">b</a></ul><pre>a\n  b</pre>c",
        "<table><tr><td>a<td>b</table><!-- <p>x</p> -->y &lt;&#x41;&#66;&nbsp;&unknown;",
        "plain text",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// The text is not much longer than its page, and no script is in it.
fn check(bytes: &[u8], random: &mut Random) -> Result<bool, String> {
    let page = String::from_utf8_lossy(bytes);
    if random.below(64) == 0 {
        let many = many(bytes);
        let long = String::from_utf8_lossy(&many);
        hold(
            html::text(&long).len() <= long.len() * 2 + 16,
            "longer than the page",
        )?;
    }
    let text = html::text(&page);
    hold(text.len() <= page.len() * 2 + 16, "longer than the page")?;
    let hidden = html::text(&format!("<script>canary-of-a-script</script>{page}"));
    hold(!hidden.contains("canary-of-a-script"), "a script is text")?;
    Ok(!text.is_empty())
}
