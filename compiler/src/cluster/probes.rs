//! Starting probes, and taking them away again on every path.

use super::apply::plain;
use super::kinds::POD;
use super::network::{self, Must, Outcome, Scene, Seen, Try};
use super::{Cluster, Trouble};
use crate::emit::names::{self, Role};
use crate::emit::pods::probe::{Probe, RUN_PREFIX};
use crate::plan::Plan;
use kube::api::{DeleteParams, DynamicObject, ListParams, PostParams};
use ring::rand::SecureRandom as _;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Seconds that policies may take to hold.
const PATIENCE: u64 = 20;
/// How long pods may take to start.
const START: Duration = Duration::from_secs(120);
/// How long probes may take to tell, after they have started.
const TELL: Duration = Duration::from_secs(PATIENCE + 60);
/// Time between two looks.
const LOOK: Duration = Duration::from_millis(500);

impl Cluster {
    /// Starts a pod that listens and a pod that tries for each role of a spec, and gives what they saw.
    ///
    /// # Errors
    /// The pods may not be made, do not start, or do not tell. None is left behind.
    pub fn probe(&self, plan: &Plan, tell: &mut dyn FnMut(&str)) -> Result<Vec<Outcome>, Trouble> {
        let run = new_run()?;
        self.block(async {
            let done = tokio::select! {
                done = self.attempt(plan, &run, tell) => done,
                _ = tokio::signal::ctrl_c() => Err(Trouble::other("interrupted; the probes are taken away", "")),
            };
            let swept = self.sweep(&plan.target.namespace, &run).await;
            let outcomes = done?;
            swept.map_err(|trouble| trouble.about("probe pods are left behind"))?;
            Ok(outcomes)
        })
    }

    async fn attempt(
        &self,
        plan: &Plan,
        run: &str,
        tell: &mut dyn FnMut(&str),
    ) -> Result<Vec<Outcome>, Trouble> {
        let namespace = &plan.target.namespace;
        let roles = names::roles(plan);
        let listen = network::ports(plan)
            .iter()
            .flat_map(|port| ["--listen".to_owned(), port.to_string()])
            .collect::<Vec<_>>();
        for role in &roles {
            self.make(plan, run, *role, &format!("{role}"), listen.clone())
                .await?;
        }
        tell(&format!("started {} pods that listen", roles.len()));
        let pods = self
            .until(namespace, run, START, "start", is_listening)
            .await?;
        let scene = scene(&pods);
        let mut all: BTreeMap<Role, Vec<Try>> = BTreeMap::new();
        for role in &roles {
            let tries = network::tries(plan, *role, &scene);
            self.make(
                plan,
                run,
                *role,
                &format!("{role}-tries"),
                arguments(&tries),
            )
            .await?;
            all.insert(*role, tries);
        }
        tell(&format!("started {} pods that try", roles.len()));
        let pods = self
            .until(namespace, run, TELL, "tell", |pod| {
                !is_trying(pod) || is_over(pod)
            })
            .await?;
        let mut outcomes = Vec::new();
        for (role, tries) in all {
            let name = format!("{run}-{role}-tries");
            outcomes.extend(read(
                pods.iter()
                    .find(|pod| pod["metadata"]["name"] == name.as_str()),
                &tries,
            )?);
        }
        match pods
            .iter()
            .find(|pod| !is_trying(pod) && !is_listening(pod))
        {
            Some(pod) => Err(Trouble::other(
                format!(
                    "the probe {} did not listen to the end, so what was closed proves nothing",
                    pod["metadata"]["name"]
                ),
                "verify again",
            )),
            None => Ok(outcomes),
        }
    }

    async fn make(
        &self,
        plan: &Plan,
        run: &str,
        role: Role,
        suffix: &str,
        arguments: Vec<String>,
    ) -> Result<(), Trouble> {
        let probe = Probe {
            target: &plan.target,
            spec: &plan.name,
            role,
            run,
            suffix,
            arguments,
        };
        let mut pod = serde_json::to_value(probe.pod())
            .map_err(|e| Trouble::local("a probe is no object", &e))?;
        if let Some(map) = pod.as_object_mut() {
            map.insert("apiVersion".to_owned(), POD.api_version().into());
            map.insert("kind".to_owned(), POD.name.into());
        }
        let pod: DynamicObject =
            serde_json::from_value(pod).map_err(|e| Trouble::local("a probe is no object", &e))?;
        self.api(&POD, &plan.target.namespace)
            .create(&PostParams::default(), &pod)
            .await?;
        Ok(())
    }

    /// The probes, once all of them are as far as `far` says.
    async fn until(
        &self,
        namespace: &str,
        run: &str,
        patience: Duration,
        what: &str,
        far: impl Fn(&Value) -> bool,
    ) -> Result<Vec<Value>, Trouble> {
        let start = Instant::now();
        loop {
            let pods = self.probes(namespace, run).await?;
            if pods.iter().all(&far) {
                return Ok(pods);
            }
            let slow = pods.iter().filter(|pod| !far(pod));
            let why: Vec<String> = slow.map(state).collect();
            let lost = pods.iter().any(|pod| !is_trying(pod) && is_over(pod));
            if lost || start.elapsed() > patience {
                return Err(Trouble::other(
                    format!("probes did not {what}: {}", why.join(", ")),
                    "the target's `runtime` image must be one that nodes can pull, and nodes and quota must have room for two small pods of each role",
                ));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn probes(&self, namespace: &str, run: &str) -> Result<Vec<Value>, Trouble> {
        let params = ListParams::default().labels(&format!("{}={run}", names::RUN));
        let list = self.api(&POD, namespace).list(&params).await?;
        list.items.iter().map(plain).collect()
    }

    /// Deletes the probes, and looks again: one that was being made when this began is found then.
    async fn sweep(&self, namespace: &str, run: &str) -> Result<(), Trouble> {
        let api = self.api(&POD, namespace);
        let params = DeleteParams {
            grace_period_seconds: Some(0),
            ..DeleteParams::default()
        };
        for again in [true, false] {
            for pod in self.probes(namespace, run).await? {
                let name = pod["metadata"]["name"].as_str().unwrap_or_default();
                match api.delete(name, &params).await {
                    Ok(_) => {}
                    Err(error) => match Trouble::from(error) {
                        trouble if trouble.is_missing() => {}
                        trouble => return Err(trouble),
                    },
                }
            }
            if again {
                tokio::time::sleep(LOOK).await;
            }
        }
        Ok(())
    }
}

/// A name that no other probe has.
fn new_run() -> Result<String, Trouble> {
    let mut bytes = [0_u8; 4];
    ring::rand::SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_unspecified| Trouble::other("this machine gives no random bytes", ""))?;
    Ok(bytes.iter().fold(RUN_PREFIX.to_owned(), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

fn arguments(tries: &[Try]) -> Vec<String> {
    let mut list = vec!["--patience".to_owned(), PATIENCE.to_string()];
    for one in tries {
        list.push(option(one).to_owned());
        list.push(one.place.clone());
    }
    list
}

fn option(one: &Try) -> &'static str {
    match one.must {
        Must::BeOpen => "--open",
        Must::BeClosed => "--closed",
        Must::MayBeOpen => "--any",
    }
}

/// What the pod saw, in the order in which it tells: what should be open, what closed, and the rest.
fn read(pod: Option<&Value>, tries: &[Try]) -> Result<Vec<Outcome>, Trouble> {
    let terminated = pod.map(|pod| &pod["status"]["containerStatuses"][0]["state"]["terminated"]);
    let message = terminated
        .and_then(|state| state["message"].as_str())
        .unwrap_or_default();
    let answer: Value = serde_json::from_str(message).unwrap_or(Value::Null);
    let mut seen = Vec::new();
    let unread = || {
        let state = pod.map_or_else(|| "it is gone".to_owned(), state);
        Trouble::other(
            format!("a probe told nothing that is understood: {state}"),
            "the target's `runtime` must be an image of this version's runtime",
        )
    };
    for (key, must) in [
        ("open", Must::BeOpen),
        ("closed", Must::BeClosed),
        ("any", Must::MayBeOpen),
    ] {
        let asked: Vec<&Try> = tries.iter().filter(|one| one.must == must).collect();
        let letters: Vec<char> = answer[key].as_str().unwrap_or_default().chars().collect();
        if asked.len() != letters.len() {
            return Err(unread());
        }
        for (tried, letter) in asked.into_iter().zip(letters) {
            let tried = tried.clone();
            seen.push(Outcome {
                tried,
                seen: Seen::read(letter).ok_or_else(unread)?,
            });
        }
    }
    Ok(seen)
}

fn scene(pods: &[Value]) -> Scene {
    let mut scene = Scene::default();
    let addresses = |list: &Value| -> Vec<IpAddr> {
        let list = list.as_array().into_iter().flatten();
        list.filter_map(|one| one["ip"].as_str()?.parse().ok())
            .collect()
    };
    for pod in pods {
        let role = pod["metadata"]["labels"][names::ROLE]
            .as_str()
            .unwrap_or_default();
        if let Some(role) = Role::ALL.into_iter().find(|known| known.as_str() == role) {
            scene
                .listeners
                .insert(role, addresses(&pod["status"]["podIPs"]));
        }
        scene.nodes.extend(addresses(&pod["status"]["hostIPs"]));
    }
    scene
}

fn is_trying(pod: &Value) -> bool {
    pod["metadata"]["name"]
        .as_str()
        .is_some_and(|name| name.ends_with("-tries"))
}

fn is_listening(pod: &Value) -> bool {
    let running = pod["status"]["containerStatuses"][0]["state"]["running"].is_object();
    running
        && pod["status"]["podIPs"]
            .as_array()
            .is_some_and(|list| !list.is_empty())
}

fn is_over(pod: &Value) -> bool {
    matches!(
        pod["status"]["phase"].as_str(),
        Some("Succeeded" | "Failed")
    )
}

/// How far a pod is, in words.
fn state(pod: &Value) -> String {
    let read = super::logs::Pod::of(pod);
    format!("{} is {} {}", read.name, read.phase, read.reason)
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::{arguments, new_run, read};
    use crate::cluster::network::{Must, Seen, Try};
    use crate::emit::names::Role;
    use serde_json::json;

    fn tries() -> Vec<Try> {
        [
            ("a", Must::BeClosed),
            ("b", Must::BeOpen),
            ("c", Must::MayBeOpen),
        ]
        .map(|(place, must)| Try {
            from: Role::Agent,
            to: place.to_owned(),
            family: "IPv4",
            place: place.to_owned(),
            must,
        })
        .to_vec()
    }

    fn pod(message: &str) -> serde_json::Value {
        json!({"status": {"containerStatuses": [{"state": {"terminated": {"message": message}}}]}})
    }

    #[test]
    fn letters_are_read_in_the_order_in_which_places_were_given() {
        assert_eq!(
            arguments(&tries())[2..],
            ["--closed", "a", "--open", "b", "--any", "c"].map(str::to_owned)
        );
        let told = pod(r#"{"open":"o","closed":"s","any":"r","rounds":1}"#);
        let seen: Vec<_> = read(Some(&told), &tries())
            .unwrap()
            .into_iter()
            .map(|one| (one.tried.to, one.seen))
            .collect();
        let expected = [("b", Seen::Open), ("a", Seen::Closed), ("c", Seen::Closed)];
        assert_eq!(seen, expected.map(|(to, seen)| (to.to_owned(), seen)));
    }

    #[test]
    fn what_is_not_understood_proves_nothing() {
        for message in [
            "",
            "{}",
            r#"{"open":"o","closed":"s"}"#,
            r#"{"open":"x","closed":"s","any":"s"}"#,
            "oss",
        ] {
            assert!(read(Some(&pod(message)), &tries()).is_err(), "{message}");
        }
        assert!(read(None, &tries()).is_err());
    }

    #[test]
    fn every_probe_has_a_name_of_its_own() {
        let (a, b) = (new_run().unwrap(), new_run().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.len(), 14);
    }
}
