//! From sources to objects: the stages in their order.
//!
//! load → resolve → check → plan → emit → bundle. The first three collect findings and go on; after
//! `check` nothing can fail. Specs go through one at a time, and of each only what the next stage needs
//! is kept, so that a workspace of a thousand takes little more memory than its texts.

use crate::bundle::{self, Bundle, Platform, seal_platform, seal_spec};
use crate::check::{Across, check};
use crate::emit::{emit_platform, emit_spec, required_secrets};
use crate::load::Loader;
use crate::plan::{self, Plan, TargetPlan};
use crate::resolve::Unit;
use crate::span::{SourceId, Sources};
use crate::values::date::Date;
use crate::world::join;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// What a check takes into account beside the sources.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Today: waivers that end before expire. It adds findings and changes no object.
    pub as_of: Option<Date>,
    /// Whether the list of files holds every spec of the workspace, so that what none of them needs
    /// is needed by nobody.
    pub whole: bool,
}

/// What checking a list of files gave.
#[derive(Debug, Default)]
pub struct Checked {
    /// How many of the files are specs.
    pub specs: usize,
    /// Those that could be read to their end, in the order of the list.
    pub units: Vec<Unit>,
}

/// Reads and checks every file of a list: specs against their policies, policies and targets in
/// themselves. All findings end up in the loader, whatever file they are about.
pub fn check_all(loader: &mut Loader<'_>, paths: &[String], options: Options) -> Checked {
    let mut checked = Checked::default();
    let mut across = Across::new(options.as_of, loader.required());
    for path in paths {
        if loader.check_file(path) {
            checked.specs += 1;
            checked.units.extend(check_one(loader, path, &mut across));
        }
    }
    // What a spec that could not be read needs is unknown.
    let whole = options.whole && checked.units.len() == checked.specs;
    loader.findings.extend(across.finish(whole));
    checked
}

fn check_one(loader: &mut Loader<'_>, path: &str, across: &mut Across) -> Option<Unit> {
    let unit = loader.unit(path)?;
    let mut findings = check(&unit, &loader.sources);
    across.add(&unit, &loader.sources, &mut findings);
    loader.findings.extend(findings);
    Some(unit)
}

/// Compiles units one after the other. The objects of a target are the same for all of its specs and are
/// made once.
#[derive(Debug, Default)]
pub struct Compiler {
    platforms: Vec<(TargetPlan, Platform)>,
}

impl Compiler {
    /// Compiles a unit in which no error was found.
    ///
    /// # Errors
    /// Says what the compiler did wrong: no source that was checked leads there.
    pub fn compile(&mut self, unit: &Unit, sources: &Sources) -> Result<Bundle, String> {
        let plan = plan::build::build(unit);
        let platform = self.platform(&plan)?;
        let objects = emit_spec(&plan).map_err(|fault| fault.to_string())?;
        seal_spec(
            platform,
            objects,
            required_secrets(&plan),
            sources_of(unit, sources),
        )
        .map_err(|fault| fault.to_string())
    }

    fn platform(&mut self, plan: &Plan) -> Result<&Platform, String> {
        let at = match self
            .platforms
            .iter()
            .position(|(target, _)| *target == plan.target)
        {
            Some(at) => at,
            None => {
                let objects = emit_platform(plan).map_err(|fault| fault.to_string())?;
                let platform = seal_platform(objects).map_err(|fault| fault.to_string())?;
                self.platforms.push((plan.target.clone(), platform));
                self.platforms.len() - 1
            }
        };
        self.platforms
            .get(at)
            .map(|(_, platform)| platform)
            .ok_or_else(|| "no platform".to_owned())
    }
}

/// Compiles one unit; see [`Compiler::compile`].
///
/// # Errors
/// As there.
pub fn compile(unit: &Unit, sources: &Sources) -> Result<Bundle, String> {
    Compiler::default().compile(unit, sources)
}

/// Every text that a unit was made of, with its digest. Line ends and byte order marks do not count:
/// a checkout may change them, and nothing depends on them.
fn sources_of(unit: &Unit, sources: &Sources) -> Vec<bundle::Source> {
    let mut ids: BTreeSet<SourceId> = unit
        .spec
        .declared
        .iter()
        .map(|(_, n)| n.span.source)
        .collect();
    ids.insert(unit.root);
    ids.insert(unit.run.name.span.source);
    ids.extend(unit.others.values().map(|run| run.name.span.source));
    ids.insert(unit.target.name.span.source);
    ids.extend(unit.policies.iter().map(|p| p.name.span.source));
    let source = |path: &str, text: &str| bundle::Source {
        path: path.to_owned(),
        sha256: crate::json::hex(&Sha256::digest(text.as_bytes())),
    };
    let mut list: Vec<bundle::Source> = ids
        .into_iter()
        .filter_map(|id| sources.get(id))
        .map(|s| source(&s.path, &s.text))
        .collect();
    for file in unit.spec.files() {
        if let Some(text) = unit.files.get(&file.span)
            && let Ok(path) = join(sources.path(file.span.source), &file.value)
        {
            list.push(source(&path, text));
        }
    }
    list.sort();
    list.dedup();
    list
}
