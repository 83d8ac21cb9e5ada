//! `pure-agent verify`

use super::args::{Output, Part, VerifyArgs};
use super::compiled::{Spec, connect, specs, wanted};
use super::show::{machine, table};
use crate::bundle::Secret;
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;
use crate::cluster::Cluster;
use crate::cluster::network::{Must, Outcome, Seen};
use crate::cluster::verify::Report;
use crate::diag::human::number;
use crate::diag::plain::one_line;
use crate::plan::Plan;
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(super) fn run(args: &VerifyArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let specs = match specs(&args.there, terminal)? {
        Ok(specs) => specs,
        Err(exit) => return Ok(exit),
    };
    let cluster = connect(&args.there.reach)?;
    let report = verify(&cluster, &specs, args, terminal)?;
    match machine(args.output, &report)? {
        Some(text) => terminal.out(&text)?,
        None => terminal.out(&people(&report, args.output == Some(Output::Wide)))?,
    }
    terminal.flush()?;
    let fine = report.findings.is_empty();
    if !report.proven && !args.no_probes {
        terminal.err("WARNING: the network was not proven; what is closed on paper may be open\n");
    }
    Ok(match fine && (report.proven || !args.require_proof) {
        true => Exit::Fine,
        false => Exit::Findings,
    })
}

fn verify(
    cluster: &Cluster,
    specs: &[Spec],
    args: &VerifyArgs,
    terminal: &mut Terminal,
) -> Result<Report, Failure> {
    let mut report = Report {
        proven: !args.no_probes,
        ..Report::default()
    };
    for wanted in wanted(specs, Part::All)? {
        let of = specs
            .iter()
            .filter(|spec| spec.plan.target.namespace == wanted.namespace);
        let plans: Vec<(&Plan, &[Secret])> = of
            .map(|spec| (&spec.plan, spec.bundle.secrets.as_slice()))
            .collect();
        let mut objects = cluster.verify(&wanted, &plans)?;
        objects.proven = true;
        report.extend(objects);
        for (plan, _) in plans.iter().filter(|_| !args.no_probes) {
            let name = &plan.name;
            let proof =
                cluster.prove(plan, &mut |what| terminal.err(&format!("{name}: {what}\n")))?;
            report.extend(proof);
        }
    }
    if args.no_probes {
        report
            .unseen
            .push("the network: no probes were started".to_owned());
    }
    Ok(report)
}

fn people(report: &Report, wide: bool) -> String {
    let mut text = String::new();
    for line in &report.seen {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "seen      {}", one_line(line));
    }
    for line in &report.unseen {
        let _ = writeln!(text, "NOT SHOWN {}", one_line(line));
    }
    if !report.network.is_empty() {
        text.push('\n');
        text.push_str(&if wide {
            every(&report.network)
        } else {
            open(&report.network)
        });
        text.push('\n');
    }
    for one in &report.findings {
        let _ = writeln!(
            text,
            "FINDING   {}\n          promise: {}\n          mend: {}",
            one_line(&one.message),
            one.promise,
            one_line(&one.help)
        );
    }
    let _ = writeln!(text, "{}", number(report.findings.len(), "finding"));
    text
}

/// Per role, what was open; and how much was closed.
fn open(outcomes: &[Outcome]) -> String {
    let mut roles: BTreeMap<&str, (Vec<String>, usize)> = BTreeMap::new();
    for one in outcomes {
        let (open, closed) = roles.entry(one.tried.from.as_str()).or_default();
        match one.seen {
            Seen::Open => {
                let family = one.tried.family;
                let to = match family.is_empty() {
                    true => one.tried.to.clone(),
                    false => format!("{} ({family})", one.tried.to),
                };
                open.push(to);
            }
            Seen::Closed => *closed += 1,
            Seen::Untried => {}
        }
    }
    let rows: Vec<Vec<String>> = roles
        .into_iter()
        .map(|(role, (open, closed))| {
            let open = if open.is_empty() {
                "nothing".to_owned()
            } else {
                open.join(", ")
            };
            vec![role.to_owned(), closed.to_string(), open]
        })
        .collect();
    table(&["FROM", "CLOSED", "OPEN"], &rows)
}

fn every(outcomes: &[Outcome]) -> String {
    let rows: Vec<Vec<String>> = outcomes
        .iter()
        .map(|one| {
            let must = match one.tried.must {
                Must::BeOpen => "open",
                Must::MayBeOpen => "either",
                Must::BeClosed => "closed",
            };
            let seen = match one.seen {
                Seen::Open => "open",
                Seen::Closed => "closed",
                Seen::Untried => "not tried",
            };
            [
                one.tried.from.as_str(),
                &one.tried.to,
                one.tried.family,
                must,
                seen,
                &one.tried.place,
            ]
            .map(str::to_owned)
            .to_vec()
        })
        .collect();
    table(&["FROM", "TO", "FAMILY", "MUST", "SEEN", "PLACE"], &rows)
}
