//! Whom the gateway calls, and which secret goes where: two views of the one list of callers.

use super::{exports, sorted};
use crate::plan::{SecretPlan, SecretUse, Upstream};
use crate::resolve::Unit;
use crate::upstreams::{Caller, Use, callers};
use std::collections::BTreeMap;

/// Hosts that the gateway dials on its own account. Agents' http egress is the agents'.
pub(super) fn upstreams(unit: &Unit) -> Vec<Upstream> {
    sorted(
        named(unit)
            .into_iter()
            .filter(|c| c.used_for != Use::Http)
            .flat_map(|caller| {
                let why = caller.why;
                caller.to.into_iter().map(move |d| Upstream {
                    host: d.host.to_string(),
                    port: d.port,
                    why: why.clone(),
                })
            }),
    )
}

/// One entry per secret and kind of consumer; a checked spec has one kind per secret.
pub(super) fn secrets(unit: &Unit) -> Vec<SecretPlan> {
    let mut uses: BTreeMap<(&str, SecretUse), Vec<String>> = BTreeMap::new();
    let callers = callers(unit);
    for caller in &callers {
        let Some(secret) = caller.secret else {
            continue;
        };
        let hosts = caller
            .to
            .iter()
            .filter(|d| d.with_secret)
            .map(|d| d.host.to_string());
        uses.entry((&secret.value, of(caller.used_for)))
            .or_default()
            .extend(hosts);
    }
    let plan = |((name, used_for), to): ((&str, SecretUse), Vec<String>)| {
        let secret = unit.secret(name)?;
        Some(SecretPlan {
            name: name.to_owned(),
            object: secret.object.value.clone(),
            key: secret.key.value.clone(),
            used_for,
            to: sorted(to),
        })
    };
    uses.into_iter().filter_map(plan).collect()
}

/// The callers, exports by the names that the plan gives them instead of their kinds.
fn named(unit: &Unit) -> Vec<Caller<'_>> {
    let mut names = exports::names(&unit.run.exports).into_iter();
    let mut callers = callers(unit);
    for caller in callers.iter_mut().filter(|c| c.used_for == Use::Export) {
        if let Some(name) = names.next() {
            caller.why = format!("export {name}");
        }
    }
    callers
}

fn of(used_for: Use) -> SecretUse {
    match used_for {
        Use::Model => SecretUse::Model,
        Use::Mcp => SecretUse::Mcp,
        Use::Approval => SecretUse::Approval,
        Use::Export => SecretUse::Export,
        Use::Record => SecretUse::Record,
        Use::Http => SecretUse::Http,
    }
}
