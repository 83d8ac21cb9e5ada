//! The commands that need a cluster.

pub(super) mod args;

#[cfg(feature = "cluster")]
mod answer;
#[cfg(feature = "cluster")]
mod apply;
#[cfg(feature = "cluster")]
mod compiled;
#[cfg(feature = "cluster")]
mod run;
#[cfg(feature = "cluster")]
mod show;
#[cfg(feature = "cluster")]
mod submit;
#[cfg(feature = "cluster")]
mod verify;

use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use args::Verb;

/// One line per command.
#[cfg(feature = "cluster")]
pub(super) fn run(verb: Verb, terminal: &mut Terminal) -> Result<Exit, Failure> {
    match verb {
        Verb::Apply(args) => apply::apply(&args, terminal),
        Verb::Delete(args) => apply::delete(&args, terminal),
        Verb::Submit(args) => submit::submit(&args, terminal),
        Verb::List(args) => run::list(&args, terminal),
        Verb::Status(args) => run::status(&args, terminal),
        Verb::Logs(args) => run::logs(&args, terminal),
        Verb::Stop(args) => run::stop(&args, terminal),
        Verb::Retry(args) => submit::retry(&args, terminal),
        Verb::Approve(args) => {
            answer::run(&args, crate::cluster::gateway::Verdict::Approve, terminal)
        }
        Verb::Reject(args) => {
            answer::run(&args, crate::cluster::gateway::Verdict::Reject, terminal)
        }
        Verb::Verify(args) => verify::run(&args, terminal),
    }
}

/// The words are known, and what is missing is said.
#[cfg(not(feature = "cluster"))]
pub(super) fn run(_verb: Verb, _terminal: &mut Terminal) -> Result<Exit, Failure> {
    Err(Failure::usage(
        "this build of pure-agent knows no cluster: it was made without the feature `cluster`",
        "take a build with it (`cargo build --features cluster`); `compile` and `kubectl apply` do without",
    ))
}

#[cfg(all(test, not(feature = "cluster")))]
mod tests {
    use super::run;
    use crate::cli::args::{Args, Color, Command};
    use crate::cli::terminal::Terminal;
    use clap::Parser as _;

    #[test]
    fn without_the_feature_the_words_are_known_and_say_what_is_missing() {
        for words in [
            &["apply"][..],
            &["submit"],
            &["list"],
            &["logs", "x"],
            &["verify"],
        ] {
            let args = Args::try_parse_from([&["pure-agent"], words].concat()).unwrap();
            let Command::Cluster(verb) = args.command else {
                panic!("{words:?} is no command of a cluster");
            };
            let told = run(verb, &mut Terminal::new(Color::Never))
                .unwrap_err()
                .to_string();
            assert!(told.contains("without the feature `cluster`"), "{told}");
        }
    }
}
