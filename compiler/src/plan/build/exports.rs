//! Exports, in the order in which they are written: the order in which they happen.

use super::{bytes, count, run, sorted, text};
use crate::plan::defaults;
use crate::span::Spanned;
use crate::spec;
use crate::values::pattern::Pattern;
use pure_agent_runtime::contract::{Export, ExportAction};
use std::collections::BTreeMap;

pub(super) fn exports(exports: &[spec::Export]) -> Vec<Export> {
    exports
        .iter()
        .zip(names(exports))
        .map(|(export, name)| one(export, name))
        .collect()
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
        auth: text(export.auth.as_ref()).unwrap_or_default(),
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
