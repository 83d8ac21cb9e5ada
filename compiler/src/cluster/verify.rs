//! Whether what was reviewed is what holds: objects, versions, admission, Secrets, and the network itself.
//!
//! What cannot be seen is told as such; nothing that was not looked at counts as fine.

use super::apply::{Compiled, Wanted};
use super::compare::compare;
use super::kinds::{CONFIG_MAP, DEPLOYMENT, NETWORK_POLICY, POLICY, SECRET};
use super::network::{Outcome, Seen, judge};
use super::{Cluster, Trouble};
use crate::bundle::Secret;
use crate::emit::names;
use crate::plan::Plan;
use kube::api::ListParams;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long the API server may take to type-check what is new.
const TYPE_CHECK: Duration = Duration::from_secs(90);
/// Time between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// An object of the bundle.
    Object,
    /// Argo, or the API server.
    Version,
    /// An admission policy that is not in force as it should be.
    Admission,
    /// A Secret or a ConfigMap that runs need.
    Secret,
    /// What the network lets through.
    Network,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// What is wrong.
    pub message: String,
    /// The promise that does not hold.
    pub promise: &'static str,
    /// How to mend it.
    pub help: String,
}

/// What was found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// What is not as it should be.
    pub findings: Vec<Finding>,
    /// What was seen to be as it should be, and what was found about versions.
    pub seen: Vec<String>,
    /// What could not be seen, and why.
    pub unseen: Vec<String>,
    /// Whether probes ran, and what each saw.
    pub network: Vec<Outcome>,
    /// Whether the network was proven to be as the plan says.
    pub proven: bool,
}

/// The promises by the words of the README.
const REVIEWED: &str = "what was reviewed is what runs";
const ONE_DOOR: &str = "one door";
const CLOSED: &str = "fail closed, say why";

impl Report {
    fn finding(
        &mut self,
        subject: Subject,
        promise: &'static str,
        message: String,
        help: impl Into<String>,
    ) {
        self.findings.push(Finding {
            subject,
            message,
            promise,
            help: help.into(),
        });
    }

    /// Takes over what another looked at.
    pub fn extend(&mut self, other: Report) {
        let Report {
            findings,
            seen,
            unseen,
            network,
            proven,
        } = other;
        self.findings.extend(findings);
        self.seen.extend(seen);
        self.unseen.extend(unseen);
        self.network.extend(network);
        self.proven &= proven;
    }
}

impl Cluster {
    /// Compares every object, looks at versions, admission and Secrets. Reads only.
    ///
    /// # Errors
    /// What the API server refuses, but for rights that are missing: those are told in the report.
    pub fn verify(&self, wanted: &Wanted, plans: &[(&Plan, &[Secret])]) -> Result<Report, Trouble> {
        self.block(async {
            let mut report = Report::default();
            self.objects(wanted, &mut report).await?;
            self.policies(wanted, &mut report).await?;
            for (plan, _) in plans.iter().take(1) {
                self.versions(plan, &mut report).await?;
            }
            for (plan, secrets) in plans {
                self.secrets(plan, secrets, &mut report).await?;
            }
            report.findings.sort();
            report.findings.dedup();
            report.unseen.sort();
            report.unseen.dedup();
            Ok(report)
        })
    }

    async fn objects(&self, wanted: &Wanted, report: &mut Report) -> Result<(), Trouble> {
        let mut same = 0;
        let mut unread: BTreeMap<(&str, String), usize> = BTreeMap::new();
        for Compiled { place, value, .. } in &wanted.objects {
            match self.read(place.kind, &place.namespace, &place.name).await {
                Ok(None) => report.finding(
                    Subject::Object,
                    REVIEWED,
                    format!("{place} is missing"),
                    "`pure-agent apply`",
                ),
                Ok(Some(found)) => {
                    let differences = compare(value, &found);
                    same += usize::from(differences.is_empty());
                    for one in differences {
                        report.finding(
                            Subject::Object,
                            REVIEWED,
                            format!("{place}: {one}"),
                            "`pure-agent apply` puts it back",
                        );
                    }
                }
                Err(trouble) if trouble.is_right() => {
                    *unread
                        .entry((place.kind.name, trouble.message))
                        .or_default() += 1;
                }
                Err(trouble) => return Err(trouble),
            }
        }
        for ((kind, why), count) in unread {
            report
                .unseen
                .push(format!("{count} objects of kind {kind}: {why}"));
        }
        report.seen.push(format!(
            "{same} of {} objects are as compiled",
            wanted.objects.len()
        ));
        self.strangers(wanted, report).await?;
        let (extras, unseen) = self.find_extras(wanted).await?;
        for place in extras {
            report.finding(
                Subject::Object,
                REVIEWED,
                format!("{place} is labelled as ours, and no source compiles to it"),
                "`pure-agent apply --prune` deletes it",
            );
        }
        report
            .unseen
            .extend(unseen.iter().map(|why| format!("what is left over: {why}")));
        Ok(())
    }

    /// Network policies add up: one of somebody else in the namespace opens what ours close.
    async fn strangers(&self, wanted: &Wanted, report: &mut Report) -> Result<(), Trouble> {
        let foreign = "app.kubernetes.io/part-of!=pure-agent";
        match self.list(&NETWORK_POLICY, &wanted.namespace, foreign).await {
            Ok(found) => {
                for place in found {
                    report.finding(
                        Subject::Object,
                        ONE_DOOR,
                        format!(
                            "{place} is none of ours, and may open what ours close: policies add up"
                        ),
                        "delete it; the namespace holds runs and nothing else",
                    );
                }
            }
            Err(trouble) if trouble.is_right() => report
                .unseen
                .push(format!("network policies of others: {}", trouble.message)),
            Err(trouble) => return Err(trouble),
        }
        Ok(())
    }

    /// A policy that the API server could not type-check may refuse nothing. One that is new is waited for.
    async fn policies(&self, wanted: &Wanted, report: &mut Report) -> Result<(), Trouble> {
        let start = Instant::now();
        let mut checked = 0;
        let policies = wanted.objects.iter().map(|one| &one.place);
        for place in policies.filter(|place| *place.kind == POLICY) {
            let found = loop {
                match self.read(&POLICY, "", &place.name).await {
                    Ok(Some(found)) if is_looked_at(&found) => break Some(found),
                    Ok(Some(_)) if start.elapsed() < TYPE_CHECK => tokio::time::sleep(LOOK).await,
                    Ok(Some(found)) => break Some(found),
                    // Told with the objects.
                    Ok(None) => break None,
                    Err(trouble) if trouble.is_right() => break None,
                    Err(trouble) => return Err(trouble),
                }
            };
            match found.as_ref().map(type_check) {
                None => {}
                Some(Ok(())) => checked += 1,
                Some(Err(why)) => report.finding(
                    Subject::Admission,
                    CLOSED,
                    format!("{place}: {why}"),
                    "a warning means that this API server does not know a kind that the policy is about: look at its version and Argo's CRDs",
                ),
            }
        }
        if checked > 0 {
            report.seen.push(format!(
                "{checked} admission policies are type-checked without a warning"
            ));
        }
        Ok(())
    }

    async fn versions(&self, plan: &Plan, report: &mut Report) -> Result<(), Trouble> {
        let served = self
            .client
            .list_api_group_resources("admissionregistration.k8s.io/v1")
            .await;
        let served =
            served.is_ok_and(|list| list.resources.iter().any(|one| one.name == POLICY.plural));
        match served {
            true => report
                .seen
                .push("the API server serves ValidatingAdmissionPolicy v1".to_owned()),
            false => report.finding(
                Subject::Version,
                REVIEWED,
                "the API server does not serve ValidatingAdmissionPolicy v1".to_owned(),
                "use Kubernetes 1.30 or newer",
            ),
        }
        self.argo(plan, report).await
    }

    async fn argo(&self, plan: &Plan, report: &mut Report) -> Result<(), Trouble> {
        let target = &plan.target;
        let account = target.controller.rsplit(':').collect::<Vec<_>>();
        let (Some(name), Some(namespace)) = (account.first(), account.get(1)) else {
            return Ok(());
        };
        let list = match self
            .api(&DEPLOYMENT, namespace)
            .list(&ListParams::default())
            .await
        {
            Ok(list) => list,
            Err(error) => match Trouble::from(error) {
                trouble if trouble.is_right() => {
                    report
                        .unseen
                        .push(format!("Argo's version: {}", trouble.message));
                    return Ok(());
                }
                trouble => return Err(trouble),
            },
        };
        let pods = list
            .items
            .iter()
            .map(|one| &one.data["spec"]["template"]["spec"]);
        let Some(pod) = pods
            .into_iter()
            .find(|pod| pod["serviceAccountName"] == **name)
        else {
            report.finding(
                Subject::Version,
                REVIEWED,
                format!("no Deployment in `{namespace}` runs as Argo's account `{name}`"),
                "install Argo Workflows, or name its account in the target: `argo { controller … }`",
            );
            return Ok(());
        };
        for (fine, text) in controller(pod, &target.argo_minimum, &target.executor) {
            match fine {
                Some(true) => report.seen.push(text),
                Some(false) => report.finding(
                    Subject::Version,
                    REVIEWED,
                    text,
                    "change Argo, or the target and review it again",
                ),
                None => report.unseen.push(text),
            }
        }
        Ok(())
    }

    /// Names of keys only; no value is looked at but for its length, and that of the run's key alone.
    async fn secrets(
        &self,
        plan: &Plan,
        secrets: &[Secret],
        report: &mut Report,
    ) -> Result<(), Trouble> {
        let namespace = &plan.target.namespace;
        let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for secret in secrets {
            wanted.entry(&secret.name).or_default().insert(&secret.key);
        }
        let key = names::key_secret(plan);
        for (name, keys) in wanted {
            match self.read(&SECRET, namespace, name).await {
                Ok(found) => match missing(found.as_ref(), &keys, name == key) {
                    None => report.seen.push(format!("Secret {name} has what runs need of it")),
                    Some(why) => report.finding(
                        Subject::Secret,
                        CLOSED,
                        format!("Secret {name}: {why}"),
                        "compiler/doc/secrets.md tells what it holds; `apply` makes the key of runs",
                    ),
                },
                Err(trouble) if trouble.is_right() => {
                    report.unseen.push(format!("Secret {name}: {}", trouble.message));
                }
                Err(trouble) => return Err(trouble),
            }
        }
        let Some(trust) = &plan.target.trust_bundle else {
            return Ok(());
        };
        match self.read(&CONFIG_MAP, namespace, &trust.config_map).await {
            Ok(found)
                if found
                    .as_ref()
                    .is_some_and(|map| map["data"][&trust.key].is_string()) => {}
            Ok(_) => report.finding(
                Subject::Secret,
                CLOSED,
                format!(
                    "ConfigMap {} has no entry `{}`",
                    trust.config_map, trust.key
                ),
                "make it with the certificates that gateways trust beside the public roots",
            ),
            Err(trouble) if trouble.is_right() => {
                report.unseen.push(format!(
                    "ConfigMap {}: {}",
                    trust.config_map, trouble.message
                ));
            }
            Err(trouble) => return Err(trouble),
        }
        Ok(())
    }

    /// Proves the network of one spec by probes. A user who may not make them gets to know what is needed.
    ///
    /// # Errors
    /// The probes do not start or do not tell.
    pub fn prove(&self, plan: &Plan, tell: &mut dyn FnMut(&str)) -> Result<Report, Trouble> {
        match self.probe(plan, tell) {
            Ok(outcomes) => Ok(proof(plan, outcomes)),
            Err(trouble) if trouble.is_right() || trouble.is_admission() => Ok(Report {
                unseen: vec![format!(
                    "the network of `{}`: {}; needed are the right to make pods, and a group that the target names by \
                     `operator` or `break-glass`",
                    plan.name, trouble.message
                )],
                ..Report::default()
            }),
            Err(trouble) => Err(trouble),
        }
    }
}

/// What probes saw, judged.
fn proof(plan: &Plan, outcomes: Vec<Outcome>) -> Report {
    let mut report = Report::default();
    let (wrong, untried) = judge(&outcomes);
    let own = |role: names::Role| names::account(plan, role);
    for one in &wrong {
        let from = own(one.tried.from);
        let (message, help) = if one.seen == Seen::Open {
            (
                format!("{} is open and must be closed", one.tried),
                format!(
                    "apply NetworkPolicy `default-deny` and `{from}` again, and look whether the network plugin enforces \
                     policies for this address family"
                ),
            )
        } else {
            (
                format!("{} is closed and must be open", one.tried),
                format!(
                    "look whether NetworkPolicy `{from}` is there, whether another policy closes it, and whether the \
                     target names API server and DNS as policies see them"
                ),
            )
        };
        report.finding(Subject::Network, ONE_DOOR, message, help);
    }
    for one in &untried {
        report
            .unseen
            .push(format!("{}: the pod does not know its address", one.tried));
    }
    for family in ["IPv4", "IPv6"] {
        if !outcomes
            .iter()
            .any(|one| one.tried.family == family && one.tried.to.starts_with("gateway "))
        {
            report.unseen.push(format!(
                "{family} between pods: pods of this cluster have no {family} address"
            ));
        }
    }
    let open = outcomes.iter().filter(|one| one.seen == Seen::Open).count();
    report.seen.push(format!(
        "probes of `{}` tried {} ways: {open} were open, {} were closed",
        plan.name,
        outcomes.len(),
        outcomes.len() - open
    ));
    report.proven = wrong.is_empty();
    report.network = outcomes;
    report
}

/// Whether the API server has looked at this version of a policy.
fn is_looked_at(policy: &Value) -> bool {
    let (seen, version) = (
        &policy["status"]["observedGeneration"],
        &policy["metadata"]["generation"],
    );
    seen.is_number() && seen == version
}

/// Whether the API server has looked at every expression of a policy and had nothing to say.
fn type_check(policy: &Value) -> Result<(), String> {
    let status = &policy["status"];
    if !is_looked_at(policy) {
        return Err("the API server has not type-checked it yet".to_owned());
    }
    match status["typeChecking"]["expressionWarnings"].as_array() {
        Some(warnings) if !warnings.is_empty() => {
            let first = warnings
                .first()
                .and_then(|one| one["warning"].as_str())
                .unwrap_or_default();
            let line = first.lines().next().unwrap_or_default();
            Err(format!(
                "type checking warns of {} expressions, first: {line}",
                warnings.len()
            ))
        }
        _ => Ok(()),
    }
}

/// What a Secret lacks.
fn missing(secret: Option<&Value>, keys: &BTreeSet<&str>, is_key: bool) -> Option<String> {
    let Some(secret) = secret else {
        return Some("it is missing".to_owned());
    };
    let entry = |key: &str| secret["data"][key].as_str();
    let absent: Vec<&str> = keys
        .iter()
        .copied()
        .filter(|key| entry(key).is_none())
        .collect();
    if !absent.is_empty() {
        return Some(format!("it has no entry {}", absent.join(", ")));
    }
    let empty: Vec<&str> = keys
        .iter()
        .copied()
        .filter(|key| entry(key) == Some(""))
        .collect();
    if !empty.is_empty() {
        return Some(format!("its entry {} is empty", empty.join(", ")));
    }
    // 32 bytes are 44 characters of base64.
    let short = is_key
        && keys
            .iter()
            .any(|key| entry(key).is_some_and(|text| text.len() < 44));
    short.then(|| "its key has fewer than 32 bytes".to_owned())
}

/// What Argo's controller tells by its image and its arguments: fine or not, or not to be told.
fn controller(pod: &Value, minimum: &str, executor: &str) -> Vec<(Option<bool>, String)> {
    let container = &pod["containers"][0];
    let image = container["image"].as_str().unwrap_or_default();
    let mut told = Vec::new();
    let tag = image
        .split('@')
        .next()
        .and_then(|name| name.rsplit('/').next()?.split_once(':'))
        .map(|(_, tag)| tag);
    told.push(match tag.and_then(version) {
        Some(found) => {
            let fine = version(minimum).is_some_and(|minimum| found >= minimum);
            let text = format!("Argo is {image}; the target asks for {minimum} or newer");
            (Some(fine), text)
        }
        None => (
            None,
            format!("Argo's version: its image `{image}` tells none"),
        ),
    });
    let arguments = container["args"].as_array();
    let arguments: Vec<&str> = arguments
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let named = arguments.iter().enumerate().find_map(|(at, one)| {
        match one.strip_prefix("--executor-image") {
            Some("") => arguments.get(at + 1).copied(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        }
    });
    if let Some(found) = named {
        let text = match found == executor {
            true => format!("launchers have the executor image of the target, {executor}"),
            false => format!(
                "Argo makes launchers of `{found}`, and the target names `{executor}`: admission refuses them"
            ),
        };
        told.push((Some(found == executor), text));
    }
    told
}

/// The three numbers of `v3.7.18` or `3.7.18-rc1`.
fn version(text: &str) -> Option<[u64; 3]> {
    let plain = text.strip_prefix('v').unwrap_or(text);
    let plain = plain.split(['-', '+']).next()?;
    let mut parts = plain.split('.').map(|part| part.parse::<u64>().ok());
    let found = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::{controller, missing, proof, type_check, version};
    use crate::cluster::network::{Must, Outcome, Seen, Try};
    use crate::emit::names::Role;
    use crate::emit::testing;
    use serde_json::{Value, json};
    use std::collections::BTreeSet;

    #[test]
    fn versions_are_compared_by_numbers() {
        assert!(version("v3.7.18") > version("3.7.9"));
        assert_eq!(version("v4.0.0-rc1"), Some([4, 0, 0]));
        for text in ["latest", "3.7", "3.7.1.2", ""] {
            assert_eq!(version(text), None, "{text}");
        }
    }

    #[test]
    fn argo_tells_its_version_and_its_executor() {
        let pod =
            |image: &str, args: Value| json!({"containers": [{"image": image, "args": args}]});
        let fine = |pod: &Value| -> Vec<Option<bool>> {
            controller(pod, "3.7.15", "quay.io/x:1")
                .into_iter()
                .map(|(fine, _)| fine)
                .collect()
        };
        let good = json!(["--executor-image", "quay.io/x:1"]);
        assert_eq!(
            fine(&pod("quay.io/argo:v3.7.18", good.clone())),
            [Some(true), Some(true)]
        );
        assert_eq!(
            fine(&pod("host:5000/argo:v3.7.9", good)),
            [Some(false), Some(true)]
        );
        assert_eq!(
            fine(&pod(
                "quay.io/argo@sha256:aa",
                json!(["--executor-image=quay.io/y:1"])
            )),
            [None, Some(false)]
        );
        assert_eq!(fine(&pod("host:5000/argo", json!(null))), [None]);
    }

    #[test]
    fn a_secret_is_told_by_what_it_lacks_and_never_by_a_value() {
        let keys = BTreeSet::from(["a", "b"]);
        let secret = |data: Value| json!({"data": data});
        assert_eq!(
            missing(None, &keys, false).as_deref(),
            Some("it is missing")
        );
        let some = secret(json!({"a": "Y2FuYXJ5"}));
        assert_eq!(
            missing(Some(&some), &keys, false).as_deref(),
            Some("it has no entry b")
        );
        let empty = secret(json!({"a": "Y2FuYXJ5", "b": ""}));
        assert_eq!(
            missing(Some(&empty), &keys, false).as_deref(),
            Some("its entry b is empty")
        );
        let key = BTreeSet::from(["key"]);
        let short = secret(json!({"key": "Y2FuYXJ5"}));
        assert_eq!(
            missing(Some(&short), &key, true).as_deref(),
            Some("its key has fewer than 32 bytes")
        );
        assert_eq!(missing(Some(&short), &key, false), None);
    }

    #[test]
    fn a_policy_that_was_not_looked_at_is_not_in_force() {
        let policy = |status: Value| json!({"metadata": {"generation": 2}, "status": status});
        assert!(type_check(&policy(json!({"observedGeneration": 2}))).is_ok());
        assert!(type_check(&policy(json!({"observedGeneration": 1}))).is_err());
        assert!(type_check(&policy(json!(null))).is_err());
        let warned = json!({"observedGeneration": 2, "typeChecking": {"expressionWarnings": [{"warning": "x\ny"}]}});
        assert!(
            type_check(&policy(warned))
                .unwrap_err()
                .ends_with("first: x")
        );
    }

    #[test]
    fn a_hole_names_its_promise_and_how_to_mend_it() {
        let plan = testing::rich();
        let outcome = |must, seen| Outcome {
            tried: Try {
                from: Role::Agent,
                to: "gateway 9090".to_owned(),
                family: "IPv6",
                place: "tcp:[fd44::1]:9090".to_owned(),
                must,
            },
            seen,
        };
        let report = proof(&plan, vec![outcome(Must::BeClosed, Seen::Open)]);
        let finding = &report.findings[0];
        assert_eq!(
            finding.message,
            "agent to gateway 9090 over IPv6 is open and must be closed"
        );
        assert_eq!(finding.promise, "one door");
        assert!(
            finding.help.contains(&format!("`{}-agent`", plan.name)),
            "{}",
            finding.help
        );
        assert!(!report.proven);
        assert!(
            report
                .unseen
                .iter()
                .any(|line| line.contains("no IPv4 address")),
            "{:?}",
            report.unseen
        );
        assert!(proof(&plan, vec![outcome(Must::BeClosed, Seen::Closed)]).proven);
    }
}
