//! The lines of sources that a finding shows, as one text for `miette`: first those around the
//! finding, then those around its second places, whatever file they are in.

use super::super::plain::{is_hidden, one_line};
use super::super::report::Lines;
use super::super::{Finding, Report};
use super::Look;
use crate::span::{LineCol, SourceId, Span};
use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// Lines shown before the first and after the last one that is underlined.
const CONTEXT: usize = 1;
/// A longer place is underlined in its first line only.
const MAX_LINES: usize = 8;

/// Pieces of sources behind one another, in one range of offsets.
#[derive(Debug)]
pub(super) struct Excerpts {
    list: Vec<Excerpt>,
}

#[derive(Debug)]
struct Excerpt {
    /// Offset of its first byte in the whole.
    at: usize,
    path: String,
    /// Number of lines before it in the source.
    lines_before: usize,
    text: String,
    labels: Vec<Label>,
}

#[derive(Debug)]
struct Label {
    start: usize,
    length: usize,
    text: String,
    primary: bool,
    place: LineCol,
}

/// A label with the lines that it needs, before the text is cut out.
struct Wanted<'a> {
    source: SourceId,
    first: usize,
    last: usize,
    labels: Vec<(Span, &'a str, bool)>,
}

impl Excerpts {
    pub(super) fn of(report: &Report, finding: &Finding, look: Look) -> Self {
        let primary = finding.span.map(|span| (span, &*finding.label, true));
        let related = finding.related.iter().map(|r| (r.span, &*r.label, false));
        let mut wanted: Vec<Wanted<'_>> = Vec::new();
        for (span, label, primary) in primary.into_iter().chain(related) {
            let lines = report.lines(span.source);
            let span = within_lines(span, &lines);
            let first = lines
                .line_of(lines.boundary(span.start))
                .saturating_sub(CONTEXT);
            let end = lines.line_of(lines.boundary(span.end));
            let last = (end + CONTEXT).min(lines.last().max(end));
            let near = wanted
                .iter_mut()
                .find(|w| w.source == span.source && first <= w.last + 1 && w.first <= last + 1);
            if let Some(near) = near {
                near.first = near.first.min(first);
                near.last = near.last.max(last);
                near.labels.push((span, label, primary));
            } else {
                let labels = vec![(span, label, primary)];
                wanted.push(Wanted {
                    source: span.source,
                    first,
                    last,
                    labels,
                });
            }
        }
        let mut list: Vec<Excerpt> = Vec::with_capacity(wanted.len());
        let mut at = 0;
        for wanted in &wanted {
            let excerpt = Excerpt::cut(report, wanted, at, look);
            // The gap keeps an empty place at the end of one out of the next.
            at += excerpt.text.len() + 1;
            list.push(excerpt);
        }
        Self { list }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn labels(&self) -> impl Iterator<Item = LabeledSpan> + '_ {
        self.list.iter().flat_map(|excerpt| {
            excerpt.labels.iter().map(|label| {
                let text = (!label.text.is_empty()).then(|| label.text.clone());
                let span = SourceSpan::new((excerpt.at + label.start).into(), label.length);
                if label.primary {
                    LabeledSpan::new_primary_with_span(text, span)
                } else {
                    LabeledSpan::new_with_span(text, span)
                }
            })
        })
    }
}

/// The span, or its first line if it is very tall.
fn within_lines(span: Span, lines: &Lines) -> Span {
    let first = lines.line_of(lines.boundary(span.start));
    let last = lines.line_of(lines.boundary(span.end));
    if last - first < MAX_LINES {
        return span;
    }
    let (start, text) = lines.line(first);
    Span {
        end: u32::try_from(start + text.len()).unwrap_or(span.end),
        ..span
    }
}

impl Excerpt {
    fn cut(report: &Report, wanted: &Wanted<'_>, at: usize, look: Look) -> Self {
        let lines = report.lines(wanted.source);
        let mut text = String::new();
        let mut starts = vec![None; wanted.labels.len()];
        let mut ends = vec![None; wanted.labels.len()];
        for index in wanted.first..=wanted.last {
            let (start, line) = lines.line(index);
            let places: Vec<(usize, usize)> = wanted
                .labels
                .iter()
                .map(|(span, ..)| (lines.boundary(span.start), lines.boundary(span.end)))
                .collect();
            let (from, to) = window(line, start, &places, look.width);
            let mut shown = |offset: usize, out: &str| {
                for (i, (a, b)) in places.iter().enumerate() {
                    if offset >= *a && starts.get(i) == Some(&None) {
                        starts[i] = Some(out.len());
                    }
                    if offset >= *b && ends.get(i) == Some(&None) {
                        ends[i] = Some(out.len());
                    }
                }
            };
            if from > 0 {
                text.push_str(ellipsis(look));
            }
            for (offset, c) in line.char_indices().filter(|(o, _)| (from..to).contains(o)) {
                shown(start + offset, &text);
                text.push(if is_hidden(c) { replacement(look) } else { c });
            }
            shown(start + to, &text);
            if to < line.len() {
                text.push_str(ellipsis(look));
            }
            text.push('\n');
        }
        let labels = wanted
            .labels
            .iter()
            .enumerate()
            .map(|(i, (span, label, primary))| {
                let start = starts.get(i).copied().flatten().unwrap_or(0);
                let end = ends.get(i).copied().flatten().unwrap_or(text.len());
                Label {
                    start,
                    length: end.saturating_sub(start),
                    text: one_line(label).into_owned(),
                    primary: *primary,
                    place: report.place(*span).start,
                }
            });
        let labels = labels.collect();
        let path = report.path(report.sources.path(wanted.source));
        let path = one_line(&path).into_owned();
        Self {
            at,
            path,
            lines_before: wanted.first,
            text,
            labels,
        }
    }
}

fn ellipsis(look: Look) -> &'static str {
    if look.colour { "…" } else { "..." }
}

fn replacement(look: Look) -> char {
    if look.colour { '\u{fffd}' } else { '?' }
}

/// The part of a line that is shown: all of it, or about a screen around the first place on it.
fn window(line: &str, start: usize, places: &[(usize, usize)], width: usize) -> (usize, usize) {
    let room = width.max(60) * 2;
    if line.len() <= room {
        return (0, line.len());
    }
    let inside = |at: &usize| (start..=start + line.len()).contains(at);
    let first = places
        .iter()
        .map(|p| p.0)
        .filter(inside)
        .min()
        .map_or(0, |at| at - start);
    let boundary = |mut at: usize| {
        while !line.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let from = boundary(first.saturating_sub(width / 3));
    (from, boundary((from + width.max(60)).min(line.len())))
}

impl SourceCode for Excerpts {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let whole = |e: &&Excerpt| {
            e.at <= span.offset() && span.offset() + span.len() <= e.at + e.text.len()
        };
        let excerpt = self
            .list
            .iter()
            .find(whole)
            .ok_or(MietteError::OutOfBounds)?;
        let inner = SourceSpan::new((span.offset() - excerpt.at).into(), span.len());
        let contents = excerpt.text.as_bytes().read_span(&inner, before, after)?;
        let read = contents.span();
        // The place in the header is asked for without context: there the true column counts, not
        // that of the line as it is shown.
        let exact = excerpt
            .labels
            .iter()
            .find(|l| before == 0 && l.start == inner.offset());
        let (line, column) = match exact {
            Some(label) => (label.place.line - 1, label.place.column - 1),
            None => (contents.line() + excerpt.lines_before, contents.column()),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            excerpt.path.clone(),
            contents.data(),
            SourceSpan::new((read.offset() + excerpt.at).into(), read.len()),
            line,
            column,
            contents.line_count(),
        )))
    }
}
