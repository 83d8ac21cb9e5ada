//! Another run: what it is given, judged by what it declares before it is submitted.

use super::submitted::Submission;
use super::{What, refused, unfit};
use crate::contract::{Bound, Export, ExportAction};
use crate::export::Refused;
use crate::export::ledger::Known;
use crate::gateway::inputs::{Inputs, encode};
use crate::workflow::MOST_INPUTS;

/// What is submitted. What the agent chose stands beside what it cannot choose; nothing else is given.
pub(super) fn run(
    export: &Export,
    known: &Known,
    submission: Option<&Submission>,
) -> Result<What, Refused> {
    let ExportAction::Submit {
        run,
        inputs: declared,
        chosen,
        bind,
        ..
    } = &export.action
    else {
        return Err(unfit("kind"));
    };
    let mut inputs = match (chosen.as_slice(), submission) {
        ([], _) => Default::default(),
        (_, None) => {
            let message = "it needs what only a submission has";
            return Err(refused("submission-missing", message));
        }
        (_, Some(submission)) => submission.inputs(&export.name)?,
    };
    if inputs.keys().any(|name| !chosen.contains(name)) {
        let message = "the submission gives an input that the agent does not choose";
        return Err(refused("submission-form", message));
    }
    for (name, bound) in bind {
        let value = match bound {
            Bound::Input(input) => known.inputs.get(input),
            Bound::Value(value) => Some(value),
        };
        let missing = || {
            refused(
                "input-missing",
                format!("the run was given no value for `{name}`"),
            )
        };
        inputs.insert(name.clone(), value.ok_or_else(missing)?.clone());
    }
    let of_other = |why: crate::gateway::inputs::Refused| {
        refused(why.rule(), format!("run `{run}` does not take it: {why}"))
    };
    Inputs::of(inputs.clone(), declared).map_err(of_other)?;
    if encode(&inputs).len() > MOST_INPUTS {
        let message = format!("inputs of a run take at most {MOST_INPUTS} bytes on their way");
        return Err(refused("inputs-size", message));
    }
    Ok(What::Submit {
        run: run.clone(),
        inputs,
    })
}
