//! A run on this machine, from the command line to the exit code.

use super::super::checked::{Workspace, show, workspaces};
use super::super::exit::{Exit, Failure};
use super::super::groups::Group;
use super::super::terminal::Terminal;
use super::args::RunArgs;
use super::show::Screen;
use crate::compile::compile;
use crate::local::course::{self, Stop};
use crate::local::job::{Job, Mistake, Secrets, Wish};
use crate::local::missing;
use crate::local::outcome::Outcome;
use crate::local::tidings::Tidings;
use crate::plan::{Keep, Plan, build::build};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

/// Most bytes of a file that a value is read from.
const MOST: u64 = 1 << 20;
/// Where runs are, below the state folder of a user.
const RUNS: &str = "pure-agent/runs";

pub(super) fn run(args: &RunArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let list = workspaces(&args.sources, &args.strictness, Group::seen_from_here)?;
    show(list.iter().map(|w| &w.report), terminal);
    let exit = Exit::of(list.iter().map(|w| &w.report));
    if exit != Exit::Fine {
        return Ok(exit);
    }
    let (mut plan, bundle) = planned(&list)?;
    if args.keep {
        plan.workspace.keep = Keep::Always;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|e| Failure::Io("cannot begin".to_owned(), e))?;
    let isolated = match (args.no_isolation, runtime.block_on(missing::isolation())) {
        (false, Err(why)) => return Err(apart(&why)),
        (false, Ok(())) => true,
        (true, _) => false,
    };
    let mut mistakes = Vec::new();
    let mut wish = Wish {
        inputs: values(&args.input, "--input", input, &mut mistakes),
        secrets: Secrets::default(),
        trust: None,
        agent_path: Vec::new(),
        isolated,
        dry: args.dry_run_exports,
        plan,
        bundle,
    };
    for (name, value) in values(&args.secret, "--secret", secret, &mut mistakes) {
        wish.secrets.add(name, value);
    }
    given(args, &mut wish, &mut mistakes);
    let job = Job::new(wish, mistakes).map_err(|mistakes| refused(&mistakes))?;
    let folder = folder(args, job.name())?;
    let job = job.at(folder);
    if !isolated {
        terminal.err(WARNING);
    }
    for note in job.notes() {
        terminal.err(&format!("note: {note}\n"));
    }
    let outcome = runtime.block_on(conduct(&job, terminal));
    runtime.shutdown_background();
    let outcome = outcome.map_err(Failure::Refused)?;
    end(args, &job, &outcome, terminal)
}

const WARNING: &str =
    "warning: nothing keeps this agent apart: it may read, change and reach what you may\n";

/// The one spec that was named.
fn planned(list: &[Workspace]) -> Result<(Plan, String), Failure> {
    let mut units = list
        .iter()
        .flat_map(|w| w.units.iter().map(move |unit| (unit, w)));
    let (Some((unit, workspace)), more) = (units.next(), units.next()) else {
        let help = "name a run spec";
        return Err(Failure::usage("nothing to run: no spec was named", help));
    };
    if more.is_some() {
        let what = "one run at a time: several specs were named";
        return Err(Failure::usage(what, "name one of them by its file"));
    }
    let bundle = compile(unit, &workspace.report.sources);
    let bundle = bundle.map_err(|why| Failure::Bug(format!("`{}`: {why}", unit.run.name.value)))?;
    Ok((build(unit), bundle.digest))
}

fn apart(why: &str) -> Failure {
    Failure::usage(
        format!("this machine cannot keep an agent apart: {why}"),
        "change that, or accept with `--no-isolation` that the agent may do what you may",
    )
}

/// `NAME=…` of an option, each name once.
fn values<V>(
    given: &[String],
    option: &str,
    read: fn(&str) -> Result<V, String>,
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<String, V> {
    let mut all = BTreeMap::new();
    for text in given {
        let (name, rest) = text.split_once('=').unwrap_or((text, ""));
        let mut wrong = |what: String| {
            let help = format!("`pure-agent run --help` shows the forms of `{option}`");
            mistakes.push(Mistake { what, help });
        };
        match read(rest) {
            // What stands after the name may be a secret that was typed by mistake.
            _ if rest.is_empty() => wrong(format!("`{option} {name}` says no value")),
            Err(why) => wrong(format!("`{option} {name}`: {why}")),
            Ok(_) if all.contains_key(name) => wrong(format!("`{option} {name}` stands twice")),
            Ok(value) => drop(all.insert(name.to_owned(), value)),
        }
    }
    all
}

fn input(text: &str) -> Result<String, String> {
    match text.strip_prefix('@') {
        None => Ok(text.to_owned()),
        Some(path) => {
            let bytes = file(path)?;
            String::from_utf8(bytes).map_err(|_untold| format!("`{path}` is no text"))
        }
    }
}

fn secret(text: &str) -> Result<Vec<u8>, String> {
    match text.split_once(':') {
        Some(("file", path)) => file(path),
        Some(("env", name)) => {
            let value = std::env::var_os(name);
            let value = value.ok_or_else(|| format!("the variable `{name}` is not set"))?;
            Ok(value.into_encoded_bytes())
        }
        _ => Err("a secret comes from `env:VARIABLE` or `file:PATH`".to_owned()),
    }
}

fn file(path: &str) -> Result<Vec<u8>, String> {
    use std::io::Read as _;
    let read = || {
        let mut bytes = Vec::new();
        let file = fs::File::open(path)?;
        file.take(MOST + 1).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    let bytes = read().map_err(|e| format!("`{path}` cannot be read: {e}"))?;
    match bytes.len() as u64 > MOST {
        true => Err(format!("`{path}` has more than 1 MiB")),
        false => Ok(bytes),
    }
}

/// Files and folders.
fn given(args: &RunArgs, wish: &mut Wish, mistakes: &mut Vec<Mistake>) {
    if let Some(path) = &args.trust {
        match file(&path.to_string_lossy()) {
            Ok(bytes) => wish.trust = Some(bytes),
            Err(what) => mistakes.push(Mistake {
                what,
                help: "name a file in PEM".to_owned(),
            }),
        }
    }
    for path in &args.agent_path {
        match fs::canonicalize(path) {
            Ok(path) if path.is_dir() && !is_own(&path) => wish.agent_path.push(path),
            Ok(path) if path.is_dir() => mistakes.push(Mistake {
                what: format!("`{}` is not given to agents", path.display()),
                help: "name a folder below it that holds programs and nothing else".to_owned(),
            }),
            _ => mistakes.push(Mistake {
                what: format!("`{}` is no folder", path.display()),
                help: "name a folder of programs".to_owned(),
            }),
        }
    }
}

/// Places of the root that an agent has of its own, and those that hold everything.
fn is_own(path: &Path) -> bool {
    let own = ["/dev", "/etc", "/proc", "/run", "/sys", "/workspace"];
    let whole = ["/", "/home", "/home/agent", "/root", "/tmp", "/usr", "/var"];
    own.iter().any(|own| path.starts_with(own))
        || whole.iter().any(|whole| path == Path::new(whole))
}

/// All that is wrong, at once.
fn refused(mistakes: &[Mistake]) -> Failure {
    let mut text = String::new();
    for (at, Mistake { what, help }) in mistakes.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = match at {
            0 => write!(text, "{what}\n  help: {help}"),
            _ => write!(text, "\nerror: {what}\n  help: {help}"),
        };
    }
    Failure::Refused(text)
}

/// A new folder that nobody else may enter.
fn folder(args: &RunArgs, name: &str) -> Result<PathBuf, Failure> {
    let path = match &args.folder {
        Some(path) => std::path::absolute(path)
            .map_err(|e| Failure::Io(format!("cannot use `{}`", path.display()), e))?,
        None => state()?.join(RUNS).join(name),
    };
    let cannot = |e| Failure::Io(format!("cannot make `{}`", path.display()), e);
    if let Some(above) = path.parent() {
        fs::create_dir_all(above).map_err(cannot)?;
    }
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&path)
        .map_err(cannot)?;
    fs::canonicalize(&path).map_err(cannot)
}

/// As the XDG specification says.
fn state() -> Result<PathBuf, Failure> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let absolute = |path: &PathBuf| path.is_absolute();
    named("XDG_STATE_HOME")
        .filter(absolute)
        .or_else(|| Some(named("HOME").filter(absolute)?.join(".local/state")))
        .ok_or_else(|| {
            let help = "name a folder for it: `--folder DIR`";
            Failure::usage("there is no place for the run: HOME is not set", help)
        })
}

/// Runs, tells, and listens to the keys that stop it.
async fn conduct(job: &Job, terminal: &mut Terminal) -> Result<Outcome, String> {
    let (sender, mut told) = mpsc::unbounded_channel();
    let (urgency, number) = watch::channel(0_u8);
    let mut screen = Screen::new(job.currency());
    let told_of = |e: std::io::Error| format!("signals cannot be received: {e}");
    let mut interrupt = signal(SignalKind::interrupt()).map_err(told_of)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(told_of)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(told_of)?;
    let work = course::run(job, Stop::new(number), Tidings::new(sender));
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            Some(tiding) = told.recv() => terminal.err(&screen.tell(&tiding)),
            outcome = &mut work => {
                while let Ok(tiding) = told.try_recv() {
                    terminal.err(&screen.tell(&tiding));
                }
                terminal.err(&screen.rest());
                return outcome;
            }
            _ = interrupt.recv() => stop(&urgency, &mut screen, terminal),
            _ = terminate.recv() => stop(&urgency, &mut screen, terminal),
            _ = hangup.recv() => stop(&urgency, &mut screen, terminal),
        }
    }
}

fn stop(urgency: &watch::Sender<u8>, screen: &mut Screen, terminal: &mut Terminal) {
    let before = *urgency.borrow();
    urgency.send_replace(before.saturating_add(1).min(2));
    let text = match before {
        0 => {
            "stopping: the agent ends, what it left is packed, nothing is exported; once more ends all at once"
        }
        _ => "ending at once",
    };
    terminal.err(&screen.say(text));
}

/// The result, and where everything is.
fn end(
    args: &RunArgs,
    job: &Job,
    outcome: &Outcome,
    terminal: &mut Terminal,
) -> Result<Exit, Failure> {
    let mut document = serde_json::to_string_pretty(&outcome.document).unwrap_or_default();
    document.push('\n');
    let own = job.folder().join("result.json");
    write(&own, &document)?;
    match &args.result {
        Some(path) => write(path, &document)?,
        None => terminal.out(&document)?,
    }
    terminal.err(&super::show::summary(outcome, job.folder()));
    let fine = outcome.done && outcome.record.1.is_ok();
    Ok(if fine { Exit::Fine } else { Exit::Findings })
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|e| Failure::Io(format!("cannot write `{}`", path.display()), e))
}
