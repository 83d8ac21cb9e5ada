//! `pure-agent init`

use super::args::InitArgs;
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use crate::init::{FILES, NEXT};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

pub(super) fn run(args: &InitArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    if let Some((name, _)) = FILES.iter().find(|(name, _)| taken(&args.dir.join(name))) {
        return Err(Failure::usage(
            format!(
                "`{}` exists, and nothing is overwritten",
                args.dir.join(name).display()
            ),
            "name a new folder: `pure-agent init DIR`",
        ));
    }
    let mut written = Vec::new();
    for (name, text) in FILES {
        let path = args.dir.join(name);
        if let Err(error) = write(&path, text) {
            // All or nothing: the next attempt would otherwise be refused.
            written
                .iter()
                .for_each(|path: &std::path::PathBuf| drop(fs::remove_file(path)));
            return Err(Failure::Io(
                format!("cannot write `{}`", path.display()),
                error,
            ));
        }
        written.push(path);
    }
    for path in &written {
        terminal.out(&format!("{}\n", path.display()))?;
    }
    let folder = match args.dir.to_string_lossy() {
        dir if dir == "." => String::new(),
        dir => format!("  cd {dir}\n"),
    };
    terminal.err(&format!("\nnext:\n{folder}{NEXT}"));
    Ok(Exit::Fine)
}

/// Whether anything is there, a link to nowhere too.
fn taken(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    let mut file = File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
