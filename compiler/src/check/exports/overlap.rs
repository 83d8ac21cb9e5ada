//! Whether some branch matches both of two patterns.
//!
//! Exact for `**` and whole segments. Where `*` stands beside other characters the answer may be
//! yes for a pair that shares nothing but an empty segment; never no for a pair that shares a branch.

/// Whether some text matches both patterns.
pub(in crate::check) fn meet(a: &str, b: &str) -> bool {
    let split = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
    lists(&split(a), &split(b), "**", &|x, y| {
        let one = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        lists(&one(x), &one(y), "*", &|p, q| p == q)
    })
}

/// Whether two lists of parts, in each of which `any` stands for any number of parts, share a list.
fn lists(a: &[String], b: &[String], any: &str, same: &dyn Fn(&str, &str) -> bool) -> bool {
    // `row[j]`: what is left of `a` from here meets what is left of `b` from `j`.
    let mut row: Vec<bool> = vec![false; b.len() + 1];
    for i in (0..=a.len()).rev() {
        let left = a.get(i).map(String::as_str);
        let mut next: Vec<bool> = vec![false; b.len() + 1];
        for j in (0..=b.len()).rev() {
            let right = b.get(j).map(String::as_str);
            let at = |r: &[bool], k: usize| r.get(k).copied().unwrap_or(false);
            let here = match (left, right) {
                (None, None) => true,
                (Some(l), Some(r)) if l != any && r != any => at(&row, j + 1) && same(l, r),
                (l, r) => {
                    let skip_left =
                        l == Some(any) && (at(&row, j) || (r.is_some() && at(&next, j + 1)));
                    let skip_right =
                        r == Some(any) && (at(&next, j + 1) || (l.is_some() && at(&row, j)));
                    skip_left || skip_right
                }
            };
            if let Some(cell) = next.get_mut(j) {
                *cell = here;
            }
        }
        row = next;
    }
    row.first().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::meet;

    #[test]
    fn patterns_that_share_a_branch() {
        for (a, b) in [
            ("main", "main"),
            ("main", "**"),
            ("main", "*"),
            ("main", "m*n"),
            ("release/*", "*/1.0"),
            ("release/**", "**/hotfix"),
            ("a/**/z", "**/b/**"),
            ("agent/**", "agent"),
            ("rel-*", "*-1"),
        ] {
            assert!(meet(a, b) && meet(b, a), "{a} {b}");
        }
    }

    #[test]
    fn patterns_that_share_none() {
        for (a, b) in [
            ("main", "agent/**"),
            ("main", "*/*"),
            ("release/*", "release"),
            ("release/*", "release/a/b"),
            ("a/**/z", "a/*/y"),
            ("rel-*", "main-*"),
            ("**/z", "**/y"),
        ] {
            assert!(!meet(a, b) && !meet(b, a), "{a} {b}");
        }
    }
}
