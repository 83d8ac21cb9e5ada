//! One line per finding in GNU form: `file:line:col: error: message [CODE]`.

use super::plain::one_line;
use super::{Report, Severity};
use std::io::{self, Write};

/// Writes the findings that no waiver covers, a line each.
///
/// # Errors
/// If they cannot be written.
pub fn write(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    for report in reports {
        for finding in report.iter().filter(|f| f.waived.is_none()) {
            let place = match finding.span {
                Some(span) => {
                    let place = report.place(span);
                    let (line, column) = (place.start.line, place.start.column);
                    format!("{}:{line}:{column}", one_line(&place.path))
                }
                None => "pure-agent".to_owned(),
            };
            let severity = finding.severity.word();
            let message = one_line(&finding.message);
            writeln!(
                out,
                "{place}: {severity}: {message} [{}]",
                finding.code.number()
            )?;
        }
    }
    Ok(())
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}
