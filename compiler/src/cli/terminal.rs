//! The two streams: buffered, in colour where that is wanted, and with their errors.

use super::args::Color;
use super::exit::{Exit, Failure};
use super::input::stderr_line;
use crate::diag::human::Look;
use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};

/// Columns where no terminal says otherwise.
const WIDTH: usize = 100;

/// Standard output and standard error.
pub(super) struct Terminal {
    out: BufWriter<StdoutLock<'static>>,
    /// The reader of standard output is gone, as `head` is after its lines. That is no fault: the
    /// command goes on without a word, so that its exit code is true.
    gone: bool,
    color: Color,
}

impl Terminal {
    pub(super) fn new(color: Color) -> Self {
        let out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
        Self {
            out,
            gone: false,
            color,
        }
    }

    /// Writes to standard output.
    pub(super) fn out(&mut self, text: &str) -> Result<(), Failure> {
        self.stream(|out| out.write_all(text.as_bytes()))
    }

    /// Writes to standard output what is made piece by piece.
    pub(super) fn stream(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        if self.gone {
            return Ok(());
        }
        let written = write(&mut self.out);
        self.settle(written)
    }

    /// Sends what was written to standard output on its way, before a question or a wait.
    #[cfg(feature = "cluster")]
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.stream(|out| out.flush())
    }

    /// Writes to standard error. What goes wrong there can be told nowhere, so nothing is.
    #[expect(clippy::unused_self, reason = "one object stands for both streams")]
    pub(super) fn err(&mut self, text: &str) {
        drop(io::stderr().lock().write_all(text.as_bytes()));
    }

    /// How findings on standard error are drawn.
    pub(super) fn look(&self) -> Look {
        let terminal = io::stderr().is_terminal();
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let colour = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if set("NO_COLOR") => false,
            Color::Auto if std::env::var_os("CLICOLOR_FORCE").is_some_and(|v| v != "0") => true,
            Color::Auto => terminal && std::env::var_os("TERM").is_none_or(|t| t != "dumb"),
        };
        let size = if terminal {
            terminal_size::terminal_size_of(io::stderr())
        } else {
            None
        };
        let width = size.map_or(WIDTH, |(width, _)| usize::from(width.0).clamp(40, 200));
        Look { colour, width }
    }

    /// Says why a command failed, and gives the code for it.
    pub(super) fn failure(&mut self, failure: &Failure) -> Exit {
        stderr_line(&format!("pure-agent: {failure}"));
        Exit::Failure
    }

    /// Writes what is left. A disk that is full shows only now.
    pub(super) fn finish(mut self, exit: Exit) -> Exit {
        let flushed = if self.gone { Ok(()) } else { self.out.flush() };
        match self.settle(flushed) {
            Ok(()) => exit,
            Err(failure) => self.failure(&failure),
        }
    }

    fn settle(&mut self, result: io::Result<()>) -> Result<(), Failure> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(())
            }
            other => other.map_err(|e| Failure::Io("cannot write the output".to_owned(), e)),
        }
    }
}
