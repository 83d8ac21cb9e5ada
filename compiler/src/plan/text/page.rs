//! Tables of words: columns aligned, cells wrapped, never wider than a page.

use crate::values::is_invisible;

/// Columns of a page.
pub const WIDTH: usize = 100;
/// Columns before a row.
const INDENT: usize = 2;
/// Columns between two cells.
const GAP: usize = 2;
/// The last column is prose: it gives way first, down to this.
const PROSE: usize = 30;

/// One row; cells that are missing at its end are empty.
pub(super) type Row = Vec<String>;

/// Text that grows by sections.
#[derive(Debug, Default)]
pub(super) struct Page {
    out: String,
}

impl Page {
    /// Lines over the whole width.
    pub(super) fn prose(&mut self, text: &str) {
        for line in wrap(text, WIDTH) {
            self.line(&line);
        }
    }

    /// A heading and its rows; nothing at all, if there is no row.
    pub(super) fn section(&mut self, title: &str, rows: Vec<Row>) {
        if rows.is_empty() {
            return;
        }
        self.line("");
        self.prose(title);
        self.table(&rows);
    }

    /// Rows without a heading.
    pub(super) fn table(&mut self, rows: &[Row]) {
        let widths = widths(rows);
        for row in rows {
            let cells: Vec<Vec<String>> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| wrap(cell, *width))
                .collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(0);
            for at in 0..height {
                let mut line = " ".repeat(INDENT);
                for (cell, width) in cells.iter().zip(&widths) {
                    let text = cell.get(at).map_or("", String::as_str);
                    line.push_str(text);
                    line.push_str(&" ".repeat((width + GAP).saturating_sub(columns(text))));
                }
                self.line(&line);
            }
        }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }
}

fn columns(text: &str) -> usize {
    text.chars().count()
}

/// Widths that fit a page: as wide as the widest cell, then the last column gives way, then always
/// the widest.
fn widths(rows: &[Row]) -> Vec<usize> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |at: usize| {
        rows.iter()
            .filter_map(|r| r.get(at))
            .map(|c| columns(&visible(c)))
            .max()
    };
    let mut widths: Vec<usize> = (0..count).map(|at| widest(at).unwrap_or(0)).collect();
    let room = WIDTH.saturating_sub(INDENT + GAP * count.saturating_sub(1));
    loop {
        let excess = widths.iter().sum::<usize>().saturating_sub(room);
        if excess == 0 {
            return widths;
        }
        match widths.last_mut() {
            Some(last) if *last > PROSE => *last = last.saturating_sub(excess).max(PROSE),
            _ => match widths.iter_mut().max() {
                Some(most) => *most -= 1,
                None => return widths,
            },
        }
    }
}

/// Where a word that is wider than its column may be broken, if it can be helped.
const JOINTS: [char; 4] = ['.', '/', ',', ':'];

/// Breaks a text at spaces, and within a word only if the word is wider than the column.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let text = visible(text);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        if !line.is_empty() && columns(&line) + 1 + columns(word) > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        let mut rest = word;
        while columns(&line) + columns(rest) > width {
            let (head, tail) = split(rest, width - columns(&line));
            line.push_str(head);
            lines.push(std::mem::take(&mut line));
            rest = tail;
        }
        line.push_str(rest);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// No character that moves a cursor or hides others; the guard refuses them in sources long before.
fn visible(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_control() || is_invisible(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// The part of a word that fits, up to its last joint, and what remains.
fn split(word: &str, width: usize) -> (&str, &str) {
    let end = word
        .char_indices()
        .nth(width)
        .map_or(word.len(), |(at, _)| at);
    let fits = word.get(..end).unwrap_or(word);
    let joint = fits.rfind(JOINTS).map_or(end, |at| at + 1);
    word.split_at_checked(joint).unwrap_or((word, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(rows: &[Row]) -> String {
        let mut page = Page::default();
        page.table(rows);
        page.finish()
    }

    fn row(cells: &[&str]) -> Row {
        cells.iter().map(|c| (*c).to_owned()).collect()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let text = page(&[
            row(&["a", "bbb", "c"]),
            row(&["aaaa", "b"]),
            row(&["a", "", "c"]),
        ]);
        assert_eq!(text, "  a     bbb  c\n  aaaa  b\n  a          c\n");
    }

    #[test]
    fn prose_is_wrapped_below_itself() {
        let text = page(&[row(&["name", &"word ".repeat(30)])]);
        for (at, line) in text.lines().enumerate() {
            assert_eq!(line.starts_with("  name  word"), at == 0, "{line}");
            assert!(columns(line) <= WIDTH && line.contains("word"), "{line}");
        }
        assert_eq!(text.matches("word").count(), 30);
    }

    #[test]
    fn long_words_break_at_their_joints() {
        assert_eq!(
            wrap("logs.s3.eu-west-1.example.com", 10),
            ["logs.s3.", "eu-west-1.", "example.", "com"]
        );
        assert_eq!(wrap("a bcdefghijklmn", 5), ["a", "bcdef", "ghijk", "lmn"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("éééé", 0), ["é", "é", "é", "é"]);
    }

    #[test]
    fn nothing_is_cut_off_however_long() {
        let long = "ж".repeat(257);
        let text = page(&[row(&[&long, &long, &long, "end"]), row(&["", "x"])]);
        assert!(
            text.lines()
                .all(|l| columns(l) <= WIDTH && !l.ends_with(' ')),
            "{text}"
        );
        assert_eq!(text.matches('ж').count(), 3 * 257);
        assert!(text.contains("end"));
    }
}
