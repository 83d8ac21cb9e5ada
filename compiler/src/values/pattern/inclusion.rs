//! Inclusion of one pattern in another.
//!
//! Inclusion rests on one observation. Let each `*` of the wish stand for a character that nobody can
//! write in a pattern. Only a star of the bound can match that character, and a star that matches it matches
//! everything in its place. So a bound that matches this one text matches all that the wish does.
//! A `**` of the wish stands for 0, 1, 2 … such segments; once there are more of them than the bound
//! has segments, one of them is matched by a `**` of the bound, and then every longer run is too.

use super::Kind;
use pure_agent_runtime::segment::{Segment, matches};

/// The character that no pattern can hold: control characters are refused.
pub(super) const FRESH: &str = "\0";

/// The parts of a text that `wish` matches and `bound` does not.
pub(super) fn counterexample(
    bound: &[Segment],
    wish: &[Segment],
    kind: Kind,
) -> Option<Vec<String>> {
    let enough = bound.len() + 1;
    let deeps = wish
        .iter()
        .filter(|segment| **segment == Segment::Deep)
        .count();
    let mut runs = vec![0; deeps];
    loop {
        let parts = expand(wish, &runs);
        for slash in [false, true] {
            // In a path, a last `**` also matches the empty part after a last `/`.
            if slash
                && !(kind == Kind::Path && wish.last() == Some(&Segment::Deep) && !parts.is_empty())
            {
                continue;
            }
            let mut parts = parts.clone();
            if slash {
                parts.push(String::new());
            }
            // A text of no parts exists for paths only, `/`; none has a single empty part.
            let exists = match parts.as_slice() {
                [] => kind == Kind::Path,
                [only] => !only.is_empty(),
                _ => true,
            };
            let borrowed: Vec<&str> = parts.iter().map(String::as_str).collect();
            if exists && kind.accepts_count(parts.len()) && !matches(bound, &borrowed) {
                return Some(parts);
            }
        }
        if !advance(&mut runs, enough) {
            return None;
        }
    }
}

/// The wish with each `**` replaced by so many fresh segments.
fn expand(wish: &[Segment], runs: &[usize]) -> Vec<String> {
    let mut runs = runs.iter();
    let mut parts = Vec::new();
    for segment in wish {
        let times = if *segment == Segment::Deep {
            runs.next().copied().unwrap_or(0)
        } else {
            1
        };
        parts.extend(std::iter::repeat_n(segment.witness(FRESH), times));
    }
    parts
}

/// Counts up; `false` after the last.
fn advance(runs: &mut [usize], max: usize) -> bool {
    for run in runs {
        if *run < max {
            *run += 1;
            return true;
        }
        *run = 0;
    }
    false
}
