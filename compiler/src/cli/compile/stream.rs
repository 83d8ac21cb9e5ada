//! Objects on standard output.

use super::super::args::CompileFormat;
use super::super::exit::{Exit, Failure};
use super::super::terminal::Terminal;
use super::{Jobs, Needed, bundle};
use crate::bundle::{Bundle, Sealed, Zone};
use crate::compile::Compiler;
use crate::{json, object, project, yaml};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Prints every object once: those of the platform are the same for all specs of a target.
pub(super) fn print(
    format: CompileFormat,
    jobs: &Jobs<'_>,
    terminal: &mut Terminal,
) -> Result<Exit, Failure> {
    let mut compiler = Compiler::default();
    let mut needed = Needed::default();
    let mut platform = BTreeSet::new();
    let mut items = Vec::new();
    let mut text = String::new();
    let mut before = "";
    for (unit, sources) in &jobs.list {
        let bundle = bundle(&mut compiler, unit, sources)?;
        needed.add(unit, &bundle);
        text.clear();
        if format == CompileFormat::Pods {
            let pods = project::pods(&bundle, &unit.target.executor.value)
                .map_err(|faults| Failure::Bug(faults.join("; ")))?;
            for pod in &pods {
                text.push_str(before);
                yaml::write(pod, &mut text);
                before = "---\n";
            }
        }
        for one in new_objects(bundle, &mut platform) {
            match format {
                CompileFormat::Json => items.push(one.object.value.clone()),
                CompileFormat::Pods if one.kind == "WorkflowTemplate" => {}
                CompileFormat::Yaml | CompileFormat::Pods => {
                    text.push_str(before);
                    yaml::write(&one.object.value, &mut text);
                    before = "---\n";
                }
            }
        }
        terminal.out(&text)?;
    }
    if format == CompileFormat::Json {
        let list = object! { "apiVersion" => "v1", "items" => items, "kind" => "List" };
        terminal.out(&json::pretty(&list))?;
    }
    needed.show(terminal);
    Ok(Exit::Fine)
}

fn new_objects(bundle: Bundle, platform: &mut BTreeSet<[String; 4]>) -> Vec<Arc<Sealed>> {
    let mut new = |one: &Arc<Sealed>| {
        one.object.zone == Zone::Spec
            || platform
                .insert([&one.kind, &one.namespace, &one.name, &one.digest].map(String::clone))
    };
    let mut objects = bundle.objects;
    objects.retain(|one| new(one));
    objects
}
