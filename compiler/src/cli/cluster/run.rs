//! `pure-agent list`, `status`, `logs` and `stop`

use super::args::{ListArgs, LogsArgs, OneRun, Output, RoleArg, StatusArgs, StopArgs};
use super::compiled::{connect, namespace};
use super::show::{ago, between, machine, table};
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;
use crate::cluster::Cluster;
use crate::cluster::logs::{Line, Pod};
use crate::cluster::runs::{Run, Step};
use crate::diag::plain::one_line;
use clap::ValueEnum as _;
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write as _;
use std::io::IsTerminal as _;

pub(super) fn list(args: &ListArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let cluster = connect(&args.at.reach)?;
    let namespace = namespace(&args.at, &cluster)?;
    let mut runs = cluster.runs(&namespace)?;
    let wanted = |wish: &Option<String>, fact: &str| wish.as_ref().is_none_or(|w| w == fact);
    runs.retain(|run| {
        wanted(&args.spec, &run.spec)
            && wanted(&args.owner, &run.owner)
            && wanted(&args.submitted_by, &run.submitted_by)
    });
    if let Some(text) = machine(args.output, &runs)? {
        terminal.out(&text)?;
        return Ok(Exit::Fine);
    }
    if runs.is_empty() {
        terminal.err(&format!("no runs in namespace `{namespace}`\n"));
        return Ok(Exit::Fine);
    }
    let wide = args.output == Some(Output::Wide);
    let rows: Vec<Vec<String>> = runs.iter().map(|run| row(run, wide)).collect();
    let mut head = vec!["RUN", "SPEC", "PHASE", "AGE", "TOOK"];
    if wide {
        head.extend([
            "OWNER",
            "BUNDLE",
            "UID",
            "RETRY OF",
            "SUBMITTED BY",
            "MESSAGE",
        ]);
    }
    terminal.out(&table(&head, &rows))?;
    Ok(Exit::Fine)
}

fn row(run: &Run, wide: bool) -> Vec<String> {
    let mut row = vec![
        run.name.clone(),
        run.spec.clone(),
        run.phase.clone(),
        ago(&run.created),
        between(&run.started, &run.finished),
    ];
    if wide {
        let bundle = run.bundle.chars().take(12).collect();
        row.extend([
            run.owner.clone(),
            bundle,
            run.uid.clone(),
            run.retry_of.clone(),
            run.submitted_by.clone(),
            run.message.clone(),
        ]);
    }
    row
}

/// A run with what else is known of it.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    run: Run,
    pods: Vec<Pod>,
    usage: Option<Value>,
}

pub(super) fn status(args: &StatusArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let (cluster, namespace) = open(&args.one)?;
    let run = cluster.run(&namespace, &args.one.run)?;
    let mut notes = String::new();
    let pods = match cluster.pods(&namespace, &run.name) {
        Ok(pods) => pods,
        Err(trouble) if trouble.is_right() => {
            let _ = writeln!(notes, "pods are not shown: {trouble}");
            Vec::new()
        }
        Err(trouble) => return Err(trouble.into()),
    };
    let serves = pods
        .iter()
        .any(|pod| pod.role == "gateway" && pod.phase == "Running");
    let usage = if args.no_usage || !serves {
        None
    } else {
        match cluster.usage(&namespace, &run) {
            Ok(usage) => Some(usage),
            Err(trouble) => {
                let _ = writeln!(notes, "what it used is not shown: {trouble}");
                None
            }
        }
    };
    let whole = Whole { run, pods, usage };
    match machine(args.output, &whole)? {
        Some(text) => terminal.out(&text)?,
        None => terminal.out(&people(&whole))?,
    }
    terminal.flush()?;
    terminal.err(&crate::diag::plain::lines(&notes));
    Ok(Exit::Fine)
}

fn people(whole: &Whole) -> String {
    let Whole { run, pods, usage } = whole;
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name:9} {}", one_line(value));
        }
    };
    line("run", &run.name);
    line("spec", &run.spec);
    line("phase", &run.phase);
    line("message", &run.message);
    line("stopped", &run.shutdown);
    line("submitted", &run.created);
    line("ended", &run.finished);
    line("took", &between(&run.started, &run.finished));
    line("bundle", &run.bundle);
    line("uid", &run.uid);
    line("retry of", &run.retry_of);
    line("by", &run.submitted_by);
    if !run.steps.is_empty() {
        let rows: Vec<Vec<String>> = run.steps.iter().map(step).collect();
        let _ = write!(
            text,
            "\n{}",
            table(&["STEP", "PHASE", "TOOK", "TOLD"], &rows)
        );
    }
    if !pods.is_empty() {
        let rows: Vec<Vec<String>> = pods
            .iter()
            .map(|pod| {
                vec![
                    pod.name.clone(),
                    pod.role.clone(),
                    pod.phase.clone(),
                    pod.reason.clone(),
                ]
            })
            .collect();
        let _ = write!(
            text,
            "\n{}",
            table(&["POD", "ROLE", "PHASE", "REASON"], &rows)
        );
    }
    if let Some(usage) = usage {
        let number = |key: &str| usage[key].as_u64().unwrap_or(0);
        let _ = writeln!(
            text,
            "\nused      {} turns, {} tokens, {} millionths of the currency, {} bytes of egress; {} requests let \
             through, {} refused",
            number("turns"),
            number("tokens"),
            number("micros"),
            number("traffic"),
            number("allowed"),
            number("denied")
        );
    }
    text
}

fn step(step: &Step) -> Vec<String> {
    let told: Vec<String> = step
        .told
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let told = if told.is_empty() {
        step.message.clone()
    } else {
        told.join(" ")
    };
    vec![
        name(step),
        step.phase.clone(),
        between(&step.started, &step.finished),
        told,
    ]
}

fn name(step: &Step) -> String {
    match &step.cycle {
        Some(cycle) => format!("{} {cycle}", step.name),
        None => step.name.clone(),
    }
}

/// What is new of a run that is watched; `told` holds what was said of each step before.
pub(super) fn progress(run: &Run, told: &mut Vec<String>) -> String {
    let mut text = String::new();
    let lines = run.steps.iter().map(|step| {
        let cells = self::step(step);
        let (what, rest) = (cells.first(), cells.get(3));
        let line = format!(
            "{} {}: {} {}",
            run.name,
            what.map_or("", String::as_str),
            step.phase.to_lowercase(),
            rest.map_or("", String::as_str)
        );
        line.trim_end().to_owned()
    });
    let end = run
        .is_over()
        .then(|| format!("{} {} {}", run.name, run.phase.to_lowercase(), run.message));
    for line in lines.chain(end) {
        if !told.contains(&line) {
            let _ = writeln!(text, "{}", one_line(line.trim_end()));
            told.push(line);
        }
    }
    text
}

pub(super) fn logs(args: &LogsArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let (cluster, namespace) = open(&args.one)?;
    let run = cluster.run(&namespace, &args.one.run)?;
    let words: Vec<String> = args.role.iter().filter_map(word).collect();
    let chosen = |pod: &Pod| match words.is_empty() {
        true => pod.role != "launcher",
        false => words.contains(&pod.role),
    };
    // An agent writes what it likes: a terminal acts on none of it.
    let plain = std::io::stdout().is_terminal();
    let mut tell = |line: Line<'_>| -> Result<(), Failure> {
        let short = line
            .pod
            .name
            .strip_prefix(&run.name)
            .unwrap_or(&line.pod.name);
        let short = short.trim_start_matches('-');
        let text = match plain {
            true => one_line(line.text),
            false => line.text.into(),
        };
        terminal.out(&format!("{short} | {text}\n"))?;
        if args.follow {
            terminal.flush()
        } else {
            Ok(())
        }
    };
    let read = match args.follow {
        true => cluster.follow_logs(&namespace, &run.name, &chosen, &mut tell)?,
        false => cluster.logs(&namespace, &run.name, &chosen, &mut tell)?,
    };
    if read == 0 && run.is_over() {
        terminal.err("the pods of this run are gone with what they wrote: they are deleted when a run ends\n");
    } else if read == 0 {
        terminal.err("no pod of this kind has written anything\n");
    }
    Ok(Exit::Fine)
}

fn word(role: &RoleArg) -> Option<String> {
    Some(role.to_possible_value()?.get_name().to_owned())
}

pub(super) fn stop(args: &StopArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let (cluster, namespace) = open(&args.one)?;
    let run = cluster.run(&namespace, &args.one.run)?;
    if run.is_over() && !args.now {
        terminal.err(&format!(
            "run `{}` has ended: {}\n",
            run.name,
            run.phase.to_lowercase()
        ));
        return Ok(Exit::Fine);
    }
    let gone = cluster.stop(&namespace, &run.name, args.now)?;
    let text = match args.now {
        true => format!("run `{}` ends at once; pods deleted: {gone}\n", run.name),
        false => format!(
            "run `{}` stops: its pods are taken away by its last step\n",
            run.name
        ),
    };
    terminal.err(&text);
    Ok(Exit::Fine)
}

fn open(one: &OneRun) -> Result<(Cluster, String), Failure> {
    let cluster = connect(&one.at.reach)?;
    let namespace = namespace(&one.at, &cluster)?;
    Ok((cluster, namespace))
}
