//! Pieces that stand where nothing of their kind may stand.

use super::lexer::Kind;
use super::mistakes;
use super::plain::Reader;
use crate::codes::Code;
use crate::diag::Finding;
use crate::span::Span;

impl Reader<'_> {
    /// `(type)`: remembered by its place, refused by those who know the language.
    pub(super) fn annotation(&mut self) -> Option<Span> {
        let start = self.token.start;
        self.advance();
        self.skip_blanks();
        let is_named =
            self.at_value() && !matches!(self.token.kind, Kind::Keyword | Kind::OpenString);
        if is_named {
            self.text_atom();
            self.skip_blanks();
        }
        if is_named && self.token.kind == Kind::ParenClose {
            let end = self.token.end;
            self.advance();
            return Some(self.span(start, end));
        }
        let place = self.span(start, start + 1);
        self.notes.push(
            Finding::new(
                Code::Syntax,
                place,
                "`(` begins a type annotation that is not complete",
            )
            .label("a type annotation is `(name)`")
            .help("remove it, or quote the value that it belongs to"),
        );
        if self.token.kind == Kind::ParenClose {
            self.advance();
        }
        None
    }

    /// `(a)(b)`.
    pub(super) fn second_annotation(&mut self, start: usize) {
        let place = self.span(start, start + 1);
        self.notes.push(
            Finding::new(Code::Syntax, place, "second type annotation of one value")
                .label("KDL has one at most, this language none")
                .help("remove it"),
        );
    }

    /// `(a)key=1`.
    pub(super) fn annotated_key(&mut self, start: usize) {
        let place = self.span(start, start + 1);
        self.notes.push(
            Finding::new(
                Code::Syntax,
                place,
                "type annotation before the name of a property",
            )
            .label("KDL has it before the value only, this language nowhere")
            .help("remove it"),
        );
    }

    /// A type annotation at the end of a line.
    pub(super) fn value_missing(&mut self, start: usize) {
        let end = self
            .text
            .get(start..self.token.start)
            .map_or(start, |t| start + t.trim_end().len());
        let place = self.span(start, end);
        self.notes.push(
            Finding::new(
                Code::Syntax,
                place,
                "type annotation without a value behind it",
            )
            .label("annotates nothing")
            .help("remove it"),
        );
    }

    /// `=`, `)`, `]` and the like between entries.
    pub(super) fn misplaced(&mut self) {
        let token = self.token;
        let word = self.slice(token.start, token.end);
        let place = self.span(token.start, token.end);
        let finding = match word {
            "[" | "]" if self.in_list => None,
            "[" => Some(mistakes::brackets(place)),
            "\\" => Some(
                Finding::new(Code::Syntax, place, "`\\` in the middle of a line")
                    .label("continues a line only at its end")
                    .help("quote the value that holds it, with `\\\\` for each `\\`"),
            ),
            "=" => Some(
                Finding::new(Code::Syntax, place, "`=` without a property name before it")
                    .label("a property is written `name=value`")
                    .help("write a name before it, or remove it"),
            ),
            _ => Some(
                Finding::new(
                    Code::Syntax,
                    place,
                    format!("`{word}` stands where no value begins"),
                )
                .label("closes nothing")
                .help("remove it, or quote the value that holds it"),
            ),
        };
        if let Some(finding) = finding {
            self.notes.push(finding);
        }
        self.in_list |= word == "[";
        self.advance();
    }

    /// A comma right behind a value; whether there was one.
    pub(super) fn leading_comma(&mut self) -> bool {
        let token = self.token;
        let is_comma = token.kind == Kind::Bare && self.lexer.byte(token.start) == b',';
        if is_comma {
            self.comma(self.span(token.start, token.start + 1));
            self.go_to(token.start + 1);
        }
        is_comma
    }

    /// Reports a comma, but for those of a list.
    pub(super) fn comma(&mut self, place: Span) {
        if !self.in_list {
            self.notes.push(mistakes::comma(place));
        }
    }

    /// Two values without a blank between them.
    pub(super) fn glued(&mut self) {
        let token = self.token;
        let place = self.span(token.start, token.start);
        let end = token.start
            + self
                .text
                .get(token.start..)
                .and_then(|t| t.chars().next())
                .map_or(0, char::len_utf8);
        self.notes.push(
            Finding::new(
                Code::Syntax,
                self.span(token.start, end),
                "no blank before this value",
            )
            .label("values are separated by blanks")
            .help("write a blank before it")
            .fix(place, " "),
        );
    }

    /// Anything behind the block of a node.
    pub(super) fn text_after_block(&mut self) {
        let token = self.token;
        let place = self.span(token.start, token.end);
        self.notes.push(
            Finding::new(Code::Syntax, place, "text behind the block of a node")
                .label("the next node begins on a line of its own")
                .help("break the line before it")
                .fix(self.span(token.start, token.start), "\n"),
        );
        if matches!(token.kind, Kind::Equals | Kind::ParenClose | Kind::Stray) {
            self.advance();
        }
    }

    /// A value behind a block that was taken out.
    pub(super) fn late_entry(&mut self) {
        let place = self.span(self.token.start, self.token.end);
        self.notes.push(
            Finding::new(Code::Syntax, place, "value behind a block")
                .label("values stand before the block, also where `/-` takes it out")
                .help("move it before the block"),
        );
    }
}
