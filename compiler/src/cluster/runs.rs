//! Runs: Workflows of our templates.
//!
//! A run is started by a Workflow that names a template and hands in parameters, and nothing else; admission holds
//! everybody to that.

use super::apply::{Place, Wanted, plain};
use super::compare::compare;
use super::kinds::{POD, WORKFLOW, WORKFLOW_TEMPLATE};
use super::trouble::Sort;
use super::{Cluster, MANAGER, Trouble};
use crate::bundle::{BUNDLE_ANNOTATION, DIGEST_ANNOTATION, Zone};
use crate::emit::names;
use kube::api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use pure_agent_runtime::contract::Visit;
use pure_agent_runtime::workflow::{Start, Workflow};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;

/// Time between two looks at a run that is watched.
const LOOK: Duration = Duration::from_secs(2);

/// One run, as its Workflow tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Name of the Workflow.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// The spec.
    pub spec: String,
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Error`.
    pub phase: String,
    /// What Argo says about it; may be empty.
    pub message: String,
    /// Who answers for its spec; empty where the spec does not say, and until Argo has seen the Workflow.
    pub owner: String,
    /// Digest of the bundle; empty until Argo has seen the Workflow.
    pub bundle: String,
    /// When it was submitted.
    pub created: String,
    /// When Argo began; may be empty.
    pub started: String,
    /// When it ended; may be empty.
    pub finished: String,
    /// `Stop` or `Terminate`, where somebody asked for it.
    pub shutdown: String,
    /// UID of the first run, where this one tries it again.
    pub retry_of: String,
    /// The run that submitted it; empty where a person or a schedule did.
    pub submitted_by: String,
    /// The inputs, as they travel.
    #[serde(skip)]
    pub inputs: Option<String>,
    /// What became of each step, in the order in which they began.
    pub steps: Vec<Step>,
}

/// One step of a run: a pod of ours, or its launcher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it does: `gateway`, `agent`, `router`, `pack`, `export`, `server-NAME`, `cleanup`.
    pub name: String,
    /// Number of the cycle, where it is part of one.
    pub cycle: Option<String>,
    /// How far it is.
    pub phase: String,
    /// What Argo says about it; may be empty.
    pub message: String,
    /// What the kubelet told: phase and exit code of an agent, the next cycle.
    pub told: Vec<(String, String)>,
    /// When it began.
    pub started: String,
    /// When it ended; may be empty.
    pub finished: String,
}

impl Run {
    /// Reads a Workflow.
    #[must_use]
    pub fn of(workflow: &Value) -> Self {
        let text = |pointer: &str| {
            workflow
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let parameter = |name: &str| {
            let list = workflow.pointer("/spec/arguments/parameters")?.as_array()?;
            let one = list.iter().find(|one| one["name"] == name)?;
            one["value"].as_str().map(str::to_owned)
        };
        let phase = text("/status/phase");
        Self {
            name: text("/metadata/name"),
            uid: text("/metadata/uid"),
            spec: text("/spec/workflowTemplateRef/name"),
            phase: if phase.is_empty() {
                "Pending".to_owned()
            } else {
                phase
            },
            message: text("/status/message"),
            owner: workflow["metadata"]["labels"][names::OWNER]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            bundle: workflow["metadata"]["annotations"][BUNDLE_ANNOTATION]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            created: text("/metadata/creationTimestamp"),
            started: text("/status/startedAt"),
            finished: text("/status/finishedAt"),
            shutdown: text("/spec/shutdown"),
            retry_of: parameter(names::RETRY_OF).unwrap_or_default(),
            submitted_by: workflow["metadata"]["labels"][names::SUBMITTED_BY]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            inputs: parameter(names::INPUTS),
            steps: steps(workflow),
        }
    }

    /// Whether it has ended, however that came.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.phase.as_str(), "Succeeded" | "Failed" | "Error")
    }

    /// Whether it did its work.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.phase == "Succeeded"
    }
}

/// Launchers by what they launch. Argo has a node for all tries of one, and below it one for each try.
fn steps(workflow: &Value) -> Vec<Step> {
    let nodes = workflow["status"]["nodes"].as_object();
    let mut list: Vec<Step> = nodes
        .into_iter()
        .flat_map(|nodes| nodes.values())
        .filter(|node| node["type"] == "Retry")
        .map(step)
        .collect();
    list.sort_by(|a, b| (&a.started, &a.finished).cmp(&(&b.started, &b.finished)));
    list
}

/// The number of the cycle, which that of a visit has in it.
fn cycle((name, number): (String, String)) -> Option<String> {
    match name.as_str() {
        "cycle" => Some(number),
        "visit" => Some(Visit::of(number.parse().ok()?)?.cycle.to_string()),
        _ => None,
    }
}

fn step(node: &Value) -> Step {
    let text = |key: &str| node[key].as_str().unwrap_or_default().to_owned();
    let parameters = |part: &str| -> Vec<(String, String)> {
        let list = node[part]["parameters"].as_array();
        list.into_iter()
            .flatten()
            .filter_map(|one| {
                Some((
                    one["name"].as_str()?.to_owned(),
                    one["value"].as_str()?.to_owned(),
                ))
            })
            .filter(|(_, value)| !value.is_empty())
            .collect()
    };
    let cycle = parameters("inputs").into_iter().find_map(cycle);
    // The gateway's address is no news.
    let mut told = parameters("outputs");
    told.retain(|(name, _)| !matches!(name.as_str(), "gateway" | "address"));
    Step {
        name: text("templateName"),
        cycle,
        phase: text("phase"),
        message: text("message"),
        told,
        started: text("startedAt"),
        finished: text("finishedAt"),
    }
}

/// What a new run is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Namespace of the target.
    pub namespace: String,
    /// The spec.
    pub spec: String,
    /// The inputs, as they travel.
    pub inputs: String,
    /// UID of the first run, where this one tries it again.
    pub retry_of: Option<String>,
}

impl Submission {
    /// The Workflow, as a run writes it that submits another one.
    fn workflow(&self) -> Workflow {
        let start = Start {
            namespace: &self.namespace,
            spec: &self.spec,
            inputs: &self.inputs,
            retry_of: self.retry_of.as_deref(),
            by: None,
        };
        start.workflow()
    }
}

impl Cluster {
    /// Starts a run and gives it back. With `trial` the API server only says whether it would.
    ///
    /// # Errors
    /// What the API server refuses.
    pub fn submit(&self, submission: &Submission, trial: bool) -> Result<Run, Trouble> {
        let workflow = serde_json::to_value(submission.workflow());
        let workflow: DynamicObject = workflow
            .and_then(serde_json::from_value)
            .map_err(|e| Trouble::local("the Workflow is no object", &e))?;
        let params = PostParams {
            dry_run: trial,
            field_manager: Some(MANAGER.to_owned()),
        };
        let api = self.api(&WORKFLOW, &submission.namespace);
        self.block(async {
            let made = api.create(&params, &workflow).await?;
            Ok(Run::of(&plain(&made)?))
        })
    }

    /// The digest of the bundle that the cluster's template of a spec carries; none where it is not installed.
    ///
    /// # Errors
    /// What the API server refuses.
    pub fn installed_bundle(&self, namespace: &str, spec: &str) -> Result<Option<String>, Trouble> {
        let found = self.block(self.read(&WORKFLOW_TEMPLATE, namespace, spec))?;
        Ok(found.map(|template| {
            template["metadata"]["annotations"][BUNDLE_ANNOTATION]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        }))
    }

    /// In which objects of a spec the cluster differs from the bundle, in words; objects that may not be read are told
    /// as such.
    ///
    /// # Errors
    /// What the API server refuses beside that.
    pub fn drift(&self, wanted: &Wanted) -> Result<Vec<String>, Trouble> {
        self.block(async {
            let mut told = Vec::new();
            for one in wanted.objects.iter().filter(|one| one.zone == Zone::Spec) {
                let Place {
                    kind,
                    namespace,
                    name,
                } = &one.place;
                let line = match self.read(kind, namespace, name).await {
                    Ok(None) => Some(format!("{} is missing", one.place)),
                    Ok(Some(found)) => {
                        let digest = |value: &Value| {
                            value["metadata"]["annotations"][DIGEST_ANNOTATION].clone()
                        };
                        // The bundle's own digest stands in many objects; what differs without it is what matters.
                        let same = digest(&found) == digest(&one.value);
                        compare(&one.value, &found)
                            .into_iter()
                            .find(|d| !same && !d.field.starts_with("metadata.annotations."))
                            .map(|d| format!("{}: {d}", one.place))
                    }
                    Err(trouble) if trouble.is_right() => Some(format!(
                        "{} could not be compared: {}",
                        one.place, trouble.message
                    )),
                    Err(trouble) => return Err(trouble),
                };
                told.extend(line);
            }
            Ok(told)
        })
    }

    /// Every run of a namespace, the newest first.
    ///
    /// # Errors
    /// What the API server refuses.
    pub fn runs(&self, namespace: &str) -> Result<Vec<Run>, Trouble> {
        let mut runs = self.block(self.find_runs(namespace))?;
        runs.sort_by(|a, b| (&b.created, &b.name).cmp(&(&a.created, &a.name)));
        Ok(runs)
    }

    pub(super) async fn find_runs(&self, namespace: &str) -> Result<Vec<Run>, Trouble> {
        let mut runs = Vec::new();
        let mut params = ListParams::default().limit(200);
        loop {
            let page = self.api(&WORKFLOW, namespace).list(&params).await?;
            for one in &page.items {
                runs.push(Run::of(&plain(one)?));
            }
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => params.continue_token = Some(token),
                None => return Ok(runs),
            }
        }
    }

    /// One run.
    ///
    /// # Errors
    /// There is none of this name, or the API server refuses.
    pub fn run(&self, namespace: &str, name: &str) -> Result<Run, Trouble> {
        self.block(self.find_run(namespace, name))
    }

    pub(super) async fn find_run(&self, namespace: &str, name: &str) -> Result<Run, Trouble> {
        match self.read(&WORKFLOW, namespace, name).await? {
            Some(workflow) => Ok(Run::of(&workflow)),
            None => Err(Trouble::new(
                Sort::Missing,
                format!("there is no run `{name}` in namespace `{namespace}`"),
                "`pure-agent list` shows the runs that are there; one that ended is deleted after a while",
            )),
        }
    }

    /// Watches a run to its end; `tell` hears of it whenever something of it has changed. Gives nothing where whoever
    /// watches broke it off; the run goes on then.
    ///
    /// # Errors
    /// The run is gone, or the API server refuses. A server that is away is waited for.
    pub fn watch(
        &self,
        namespace: &str,
        name: &str,
        tell: &mut dyn FnMut(&Run),
    ) -> Result<Option<Run>, Trouble> {
        self.block(async {
            tokio::select! {
                ended = self.follow(namespace, name, tell) => ended.map(Some),
                _ = tokio::signal::ctrl_c() => Ok(None),
            }
        })
    }

    async fn follow(
        &self,
        namespace: &str,
        name: &str,
        tell: &mut dyn FnMut(&Run),
    ) -> Result<Run, Trouble> {
        let mut before: Option<Run> = None;
        loop {
            match self.find_run(namespace, name).await {
                Ok(run) => {
                    if before.as_ref() != Some(&run) {
                        tell(&run);
                    }
                    if run.is_over() {
                        return Ok(run);
                    }
                    before = Some(run);
                }
                Err(trouble) if trouble.sort == Sort::Other && before.is_some() => {}
                Err(trouble) => return Err(trouble),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Ends a run: gracefully, or at once with all of its pods. Gives the number of pods that were deleted.
    ///
    /// # Errors
    /// There is none of this name, or the API server refuses.
    pub fn stop(&self, namespace: &str, name: &str, now: bool) -> Result<usize, Trouble> {
        self.block(async {
            let word = if now { "Terminate" } else { "Stop" };
            let patch = json!({"spec": {"shutdown": word}});
            let params = PatchParams {
                field_manager: Some(MANAGER.to_owned()),
                ..PatchParams::default()
            };
            self.api(&WORKFLOW, namespace)
                .patch(name, &params, &Patch::Merge(&patch))
                .await?;
            if !now {
                return Ok(0);
            }
            let ours = ListParams::default().labels(&format!("{}={name}", names::RUN));
            let api = self.api(&POD, namespace);
            let pods = api.list_metadata(&ours).await?;
            let mut gone = 0;
            for pod in pods.items {
                let Some(pod) = pod.metadata.name else {
                    continue;
                };
                match api.delete(&pod, &DeleteParams::default()).await {
                    Ok(_) => gone += 1,
                    Err(error) => match Trouble::from(error) {
                        trouble if trouble.is_missing() => {}
                        trouble => return Err(trouble),
                    },
                }
            }
            Ok(gone)
        })
    }

    /// The run that tries another again: the same bundle, the same inputs, and the export key of the first of them.
    ///
    /// # Errors
    /// It still runs, the cluster has another bundle by now, or the API server refuses.
    pub fn again(&self, namespace: &str, name: &str) -> Result<Submission, Trouble> {
        let run = self.run(namespace, name)?;
        let installed = self.installed_bundle(namespace, &run.spec)?;
        again(&run, namespace, installed.as_deref())
    }
}

/// What [`Cluster::again`] decides.
fn again(run: &Run, namespace: &str, installed: Option<&str>) -> Result<Submission, Trouble> {
    if !run.is_over() {
        return Err(Trouble::other(
            format!("run `{}` has not ended", run.name),
            format!("wait for its end, or `pure-agent stop {}`", run.name),
        ));
    }
    match installed {
        None => {
            return Err(Trouble::other(
                format!("the cluster has no spec `{}` any more", run.spec),
                "`pure-agent apply` the sources that the run was made of",
            ));
        }
        Some(installed) if installed != run.bundle => {
            return Err(Trouble::other(
                format!(
                    "run `{}` was of bundle {}, and the cluster has {installed}",
                    run.name,
                    if run.bundle.is_empty() {
                        "no known digest"
                    } else {
                        &run.bundle
                    }
                ),
                "a retry is of the same bundle: apply the sources of then, or submit a new run",
            ));
        }
        Some(_) => {}
    }
    let first = if run.retry_of.is_empty() {
        &run.uid
    } else {
        &run.retry_of
    };
    Ok(Submission {
        namespace: namespace.to_owned(),
        spec: run.spec.clone(),
        inputs: run
            .inputs
            .clone()
            .unwrap_or_else(|| crate::emit::inputs::encode(&std::collections::BTreeMap::new())),
        retry_of: Some(first.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::{Run, Submission, again};
    use serde_json::{Value, json};

    fn workflow() -> Value {
        json!({
            "metadata": {"name": "review-x7k2p", "uid": "u-1", "creationTimestamp": "2026-01-01T00:00:00Z",
                "annotations": {"pure-agent.dev/bundle": "b"},
                "labels": {"pure-agent.dev/owner": "team-agents"}},
            "spec": {"workflowTemplateRef": {"name": "review"},
                "arguments": {"parameters": [{"name": "inputs", "value": "e30"}]}},
            "status": {"phase": "Failed", "message": "child failed", "nodes": {
                "3": {"type": "Retry", "templateName": "agent", "phase": "Succeeded", "startedAt": "3",
                    "inputs": {"parameters": [{"name": "cycle", "value": "0"}]},
                    "outputs": {"parameters": [{"name": "phase", "value": "Failed"}, {"name": "exit-code", "value": "3"},
                        {"name": "pod-reason", "value": ""}]}},
                "1": {"type": "Retry", "templateName": "gateway", "phase": "Succeeded", "startedAt": "1",
                    "outputs": {"parameters": [{"name": "gateway", "value": "10.0.0.1"}]}},
                "4": {"type": "Retry", "templateName": "step", "phase": "Succeeded", "startedAt": "4",
                    "inputs": {"parameters": [{"name": "visit", "value": "304"}]}},
                "2": {"type": "Steps", "templateName": "cycle", "phase": "Succeeded", "startedAt": "2"},
            }},
        })
    }

    #[test]
    fn s1_05_a_workflow_is_read_by_its_steps_and_its_owner() {
        let run = Run::of(&workflow());
        assert_eq!(
            (run.spec.as_str(), run.phase.as_str()),
            ("review", "Failed")
        );
        assert!(run.is_over() && !run.is_fine());
        let steps: Vec<_> = run.steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(steps, ["gateway", "agent", "step"]);
        assert_eq!(run.steps[0].told, []);
        assert_eq!(run.steps[1].cycle.as_deref(), Some("0"));
        assert_eq!(
            run.steps[2].cycle.as_deref(),
            Some("4"),
            "of the third step"
        );
        let told =
            [("phase", "Failed"), ("exit-code", "3")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(run.steps[1].told, told);
        let new = Run::of(&json!({"metadata": {"name": "x"}}));
        assert_eq!((new.phase.as_str(), new.owner.as_str()), ("Pending", ""));
        assert_eq!(run.owner, "team-agents");
        assert!(!new.is_over());
    }

    #[test]
    fn a_submission_says_template_and_parameters_and_nothing_else() {
        let mut submission = Submission {
            namespace: "agents".to_owned(),
            spec: "review".to_owned(),
            inputs: "e30".to_owned(),
            retry_of: None,
        };
        assert_eq!(
            serde_json::to_value(submission.workflow()).unwrap(),
            json!({
                "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
                "metadata": {"generateName": "review-", "namespace": "agents"},
                "spec": {"workflowTemplateRef": {"name": "review"},
                    "arguments": {"parameters": [{"name": "inputs", "value": "e30"}]}},
            })
        );
        submission.retry_of = Some("u".to_owned());
        let workflow = serde_json::to_value(submission.workflow()).unwrap();
        let parameters = &workflow["spec"]["arguments"]["parameters"];
        assert_eq!(parameters[1], json!({"name": "retry-of", "value": "u"}));
    }

    #[test]
    fn a_retry_has_the_first_run_s_key_and_the_same_bundle() {
        let mut run = Run::of(&workflow());
        let submission = again(&run, "agents", Some("b")).unwrap();
        assert_eq!(submission.retry_of.as_deref(), Some("u-1"));
        assert_eq!(submission.inputs, "e30");
        run.retry_of = "u-0".to_owned();
        let submission = again(&run, "agents", Some("b")).unwrap();
        assert_eq!(submission.retry_of.as_deref(), Some("u-0"));
        assert!(
            again(&run, "agents", Some("c"))
                .unwrap_err()
                .message
                .contains("bundle b")
        );
        assert!(again(&run, "agents", None).is_err());
        run.phase = "Running".to_owned();
        assert!(
            again(&run, "agents", Some("b"))
                .unwrap_err()
                .help
                .contains("stop")
        );
    }
}
