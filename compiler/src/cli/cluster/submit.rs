//! `pure-agent submit` and `pure-agent retry`

use super::args::{Part, RetryArgs, SubmitArgs};
use super::compiled::{Spec, connect, namespace, spec, wanted};
use super::run::progress;
use crate::cli::exit::{Exit, Failure};
use crate::cli::input::read;
use crate::cli::terminal::Terminal;
use crate::cluster::Cluster;
use crate::cluster::runs::Submission;
use crate::diag::plain::one_line;
use crate::submission::parameter;
use std::collections::BTreeMap;
use std::path::Path;

pub(super) fn submit(args: &SubmitArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let spec = match spec(&args.there, terminal)? {
        Ok(spec) => spec,
        Err(exit) => return Ok(exit),
    };
    if !spec.plan.enabled {
        return Err(Failure::usage(
            format!("the spec `{}` is disabled", spec.plan.name),
            "take `enabled #false` out of the run, and apply it",
        ));
    }
    let inputs = match parameter(&spec.plan.inputs, &inputs(args)?) {
        Ok(inputs) => inputs,
        Err(mistakes) => {
            let text: String = mistakes
                .iter()
                .map(|one| format!("error: {one}\n"))
                .collect();
            terminal.err(&text);
            return Ok(Exit::Findings);
        }
    };
    let cluster = connect(&args.there.reach)?;
    if !is_applied(&cluster, spec.clone(), terminal)? {
        return Ok(Exit::Findings);
    }
    let submission = Submission {
        namespace: spec.plan.target.namespace,
        spec: spec.plan.name,
        inputs,
        retry_of: None,
    };
    if args.dry_run {
        cluster.submit(&submission, true)?;
        terminal.err("the API server would start this run\n");
        return Ok(Exit::Fine);
    }
    start(&cluster, &submission, args.watch, terminal)
}

pub(super) fn retry(args: &RetryArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let cluster = connect(&args.one.at.reach)?;
    let namespace = namespace(&args.one.at, &cluster)?;
    let submission = cluster.again(&namespace, &args.one.run)?;
    start(&cluster, &submission, args.watch, terminal)
}

/// The name of the new run is the result, whatever becomes of it.
fn start(
    cluster: &Cluster,
    submission: &Submission,
    watch: bool,
    terminal: &mut Terminal,
) -> Result<Exit, Failure> {
    let run = cluster.submit(submission, false)?;
    terminal.out(&format!("{}\n", run.name))?;
    terminal.flush()?;
    if !watch {
        return Ok(Exit::Fine);
    }
    let mut told = Vec::new();
    let ended = cluster.watch(&submission.namespace, &run.name, &mut |run| {
        terminal.err(&progress(run, &mut told));
    })?;
    Ok(match ended {
        Some(run) if run.is_fine() => Exit::Fine,
        Some(_) => Exit::Findings,
        None => {
            terminal.err(&format!(
                "no longer watched; the run goes on: `pure-agent status {0}`, `pure-agent stop {0}`\n",
                run.name
            ));
            Exit::Findings
        }
    })
}

fn inputs(args: &SubmitArgs) -> Result<BTreeMap<String, String>, Failure> {
    let mut all = BTreeMap::new();
    let mut add = |name: &str, value: String| match all.insert(name.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(Failure::usage(
            format!("input `{}` is handed in twice", one_line(name)),
            "name each input once",
        )),
    };
    for (name, value) in &args.input {
        add(name, value.clone())?;
    }
    for (name, file) in &args.input_file {
        let text = String::from_utf8(read(Path::new(file))?).map_err(|_untold| {
            Failure::usage(format!("`{file}` is no text in UTF-8"), "inputs are texts")
        })?;
        add(name, text)?;
    }
    Ok(all)
}

/// Whether the cluster has this very bundle; if not, what differs is said.
fn is_applied(cluster: &Cluster, spec: Spec, terminal: &mut Terminal) -> Result<bool, Failure> {
    let Spec { plan, bundle } = &spec;
    let namespace = &plan.target.namespace;
    let found = cluster.installed_bundle(namespace, &plan.name)?;
    if found.as_ref() == Some(&bundle.digest) {
        return Ok(true);
    }
    let mut text = match found {
        None => format!(
            "error: the cluster has no spec `{}` in namespace `{namespace}`\n",
            plan.name
        ),
        Some(found) => format!(
            "error: what the cluster has of `{}` is not what the sources compile to\n  cluster  {}\n  sources  {}\n",
            plan.name,
            one_line(&found),
            bundle.digest
        ),
    };
    let list = wanted(&[spec], Part::Spec)?;
    for wanted in &list {
        for line in cluster.drift(wanted)? {
            text.push_str(&format!("  {}\n", one_line(&line)));
        }
    }
    text.push_str("help: have it reviewed and applied (`pure-agent apply`), or submit the sources that were\n");
    terminal.err(&text);
    Ok(false)
}
