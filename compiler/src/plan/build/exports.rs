//! Exports, in the order in which they are written: the order in which they happen.

use super::{agents, bytes, count, run, servers, sorted, text, texts};
use crate::plan::{TargetPlan, defaults};
use crate::resolve::Unit;
use crate::span::Spanned;
use crate::spec;
use crate::values::pattern::Pattern;
use pure_agent_runtime::contract::{Export, ExportAction};
use std::collections::BTreeMap;

pub(super) fn exports(unit: &Unit, target: &TargetPlan) -> Vec<Export> {
    let exports = &unit.run.exports;
    let named = exports.iter().zip(names(exports));
    named
        .map(|(export, name)| Export {
            action: submitted(unit, target, export).unwrap_or_else(|| action(export)),
            ..one(export, name)
        })
        .collect()
}

/// Another run, with what its spec declares to be handed in.
fn submitted(unit: &Unit, target: &TargetPlan, export: &spec::Export) -> Option<ExportAction> {
    let wish = export.run.as_ref()?;
    let run = unit.others.get(&wish.file.span)?;
    let bound = |bind: &spec::Bind| {
        let bound = agents::bound(bind.input.as_ref(), bind.value.as_ref())?;
        Some((bind.argument.value.clone(), bound))
    };
    Some(ExportAction::Submit {
        api: servers::api(target),
        run: wish.name.value.clone(),
        inputs: run::inputs(run),
        chosen: sorted(texts(&export.inputs)),
        bind: export.binds.iter().filter_map(bound).collect(),
    })
}

/// The kind, and a number from the second of a kind on: `comment`, `comment-2`.
pub(crate) fn names(exports: &[spec::Export]) -> Vec<String> {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let mut out = Vec::new();
    for export in exports {
        let kind = export.kind.value.as_str();
        let times = seen.entry(kind).or_default();
        *times = times.saturating_add(1);
        out.push(if *times == 1 {
            kind.to_owned()
        } else {
            format!("{kind}-{times}")
        });
    }
    out
}

fn one(export: &spec::Export, name: String) -> Export {
    Export {
        name,
        when: export.when,
        action: action(export),
        auth: text(export.auth.as_ref()),
        times: count(export.times.as_ref(), defaults::EXPORT_TIMES),
        approval: text(export.approval.as_ref()),
    }
}

fn action(export: &spec::Export) -> ExportAction {
    let on = text(export.on.as_ref()).unwrap_or_default();
    let to = run::place(export.to.as_ref());
    let size = bytes(export.size.as_ref(), defaults::EXPORT_SIZE);
    match export.kind.value.as_str() {
        "comment" => ExportAction::Comment { on, to },
        "report" => ExportAction::Report { on, to, size },
        "upload" => ExportAction::Upload {
            on,
            to,
            exclude: patterns(&export.exclude),
            size,
        },
        "pull-request" => ExportAction::PullRequest {
            on,
            repo: pattern(export.repo.as_ref()),
            base: pattern(export.base.as_ref()),
            branch: pattern(export.branch.as_ref()),
            exclude: patterns(&export.exclude),
            protect: protected(&export.protect),
            files: count(export.files.as_ref(), defaults::FILES),
            size,
        },
        "s3" => ExportAction::S3 {
            to: export
                .to
                .as_ref()
                .and_then(|t| text(t.value.as_ref()))
                .unwrap_or_default(),
            region: text(export.region.as_ref()).unwrap_or_default(),
            exclude: patterns(&export.exclude),
            size,
        },
        "notify" => ExportAction::Notify {
            host: export
                .host
                .as_ref()
                .map(|h| h.value.as_str().to_owned())
                .unwrap_or_default(),
            text: text(export.text.as_ref()).unwrap_or_default(),
            summary: export.summary.is_some(),
        },
        _ => ExportAction::Webhook {
            url: export
                .url
                .as_ref()
                .map(|u| u.value.to_string())
                .unwrap_or_default(),
        },
    }
}

/// A pattern that was left out matches nothing.
fn pattern(pattern: Option<&Spanned<Pattern>>) -> String {
    pattern
        .map(|p| p.value.as_str().to_owned())
        .unwrap_or_default()
}

/// What the spec protects, and what is protected in any case.
fn protected(patterns: &[Spanned<Pattern>]) -> Vec<String> {
    let own = patterns.iter().map(|p| p.value.as_str());
    let all = own.chain(defaults::PROTECTED.iter().copied());
    sorted(all.map(str::to_owned))
}

fn patterns(patterns: &[Spanned<Pattern>]) -> Vec<String> {
    sorted(patterns.iter().map(|p| p.value.as_str().to_owned()))
}
