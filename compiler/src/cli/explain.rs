//! `pure-agent explain`

use super::args::{DocumentArg, ExplainArgs};
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use crate::explain::explain;
use crate::nodes::Document;

pub(super) fn run(args: &ExplainArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let text = match (&args.what, args.schema) {
        (_, Some(document)) => crate::schema::text(match document {
            DocumentArg::Spec => Document::Spec,
            DocumentArg::Policy => Document::Policy,
            DocumentArg::Target => Document::Target,
            DocumentArg::Workspace => Document::Workspace,
        }),
        (None, None) => crate::explain::list(),
        (Some(what), None) => explain(what).map_err(|help| {
            Failure::usage(format!("`{what}` is neither a code nor a node"), help)
        })?,
    };
    terminal.out(&text)?;
    Ok(Exit::Fine)
}
