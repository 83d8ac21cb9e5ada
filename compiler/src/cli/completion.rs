//! `pure-agent completion` and `pure-agent man`

use super::args::definition;
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use clap_complete::Shell;

pub(super) fn shell(shell: Shell, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut definition(), "pure-agent", &mut text);
    terminal.out(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Fine)
}

pub(super) fn man(command: Option<&str>, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let mut all = definition();
    all.build();
    let page = match command {
        None => all,
        Some(name) => all.find_subcommand(name).cloned().ok_or_else(|| {
            Failure::usage(
                format!("there is no command `{name}`"),
                "`pure-agent help` lists all",
            )
        })?,
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page)
        .render(&mut text)
        .map_err(|e| Failure::Io("cannot write the man page".to_owned(), e))?;
    terminal.out(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Fine)
}
