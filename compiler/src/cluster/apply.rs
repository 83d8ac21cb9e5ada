//! Making the cluster what a bundle says, and taking a bundle out again.
//!
//! Objects are applied on the server's side, so that the API server keeps which fields are ours. A field that somebody
//! else added beside ours is taken out afterwards: a network policy that lets more in than was reviewed is not what was
//! reviewed.

use super::compare::{Difference, compare, without_extras};
use super::kinds::{BINDING, EMITTED, Kind, NAMESPACE, POLICY, SECRET};
use super::trouble::Sort;
use super::{Cluster, MANAGER, Trouble};
use crate::bundle::{Sealed, Zone};
use crate::emit::names;
use crate::json;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use ring::rand::SecureRandom as _;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;

/// Bytes of a key that is made.
const KEY: usize = 32;

/// The name of an object in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its kind.
    pub kind: &'static Kind,
    /// Its namespace; empty for objects of the whole cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name, self.name)
    }
}

/// A compiled object.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// Where it belongs.
    pub place: Place,
    /// Who applies it.
    pub zone: Zone,
    /// The object.
    pub value: Value,
}

impl Compiled {
    /// An object of a bundle.
    ///
    /// # Errors
    /// A kind that no cluster is asked for: a fault of this program.
    pub fn of(sealed: &Sealed) -> Result<Self, Trouble> {
        let kind = Kind::of(&sealed.kind).ok_or_else(|| {
            Trouble::other(format!("the kind `{}` is not known here", sealed.kind), "")
        })?;
        let mut text = String::new();
        json::write(&sealed.object.value, &mut text);
        let value =
            serde_json::from_str(&text).map_err(|e| Trouble::local("the object is no JSON", &e))?;
        Ok(Self {
            place: Place {
                kind,
                namespace: sealed.namespace.clone(),
                name: sealed.name.clone(),
            },
            zone: sealed.object.zone,
            value,
        })
    }
}

/// What belongs to somebody who applies: the objects of one target, and of some of its specs.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The namespace of the target.
    pub namespace: String,
    /// Namespaces that runs may look after: rights of gateways are there.
    pub workloads: Vec<String>,
    /// Names of the specs whose objects are there.
    pub specs: Vec<String>,
    /// Whether the objects of the target are there.
    pub platform: bool,
    /// The objects, in the order in which they are applied.
    pub objects: Vec<Compiled>,
}

/// What is to be done with one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is not there.
    Create,
    /// It differs.
    Change(Vec<Difference>),
    /// It is as it should be.
    Keep,
    /// The bundle no longer has it.
    Delete,
    /// A Secret with a key of random bytes is not there, or whether it is there may not be seen.
    Key,
}

/// An object and what is to be done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which one.
    pub place: Place,
    /// What.
    pub step: Step,
}

/// What applying would do.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// In the order in which it is done.
    pub list: Vec<Change>,
    /// What could not be looked at, and why.
    pub unseen: Vec<String>,
    /// Runs under way of specs that change: their further pods will be refused.
    pub running: Vec<String>,
}

impl Changes {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.iter().all(|one| one.step == Step::Keep)
    }
}

impl Cluster {
    /// What applying would do. Everything that would change is sent once for trial, so that what RBAC or admission
    /// refuses is refused before anything is changed.
    ///
    /// # Errors
    /// What the API server refuses.
    pub fn changes(&self, wanted: &Wanted, prune: bool) -> Result<Changes, Trouble> {
        self.block(self.look(wanted, prune))
    }

    async fn look(&self, wanted: &Wanted, prune: bool) -> Result<Changes, Trouble> {
        let mut changes = Changes::default();
        let there = self.read(&NAMESPACE, "", &wanted.namespace).await;
        // Who may not read namespaces finds out by the objects in it.
        let there = there.is_err() || matches!(there, Ok(Some(_)));
        for one in &wanted.objects {
            let step = self.step(one, there).await?;
            changes.list.push(Change {
                place: one.place.clone(),
                step,
            });
        }
        for spec in &wanted.specs {
            let place = key_secret(spec, &wanted.namespace);
            match self.read(&SECRET, &place.namespace, &place.name).await {
                Ok(Some(_)) => {}
                Ok(None) => changes.list.push(Change {
                    place,
                    step: Step::Key,
                }),
                Err(trouble) if trouble.is_right() => changes.list.push(Change {
                    place,
                    step: Step::Key,
                }),
                Err(trouble) => return Err(trouble),
            }
        }
        if prune {
            let (extras, unseen) = self.find_extras(wanted).await?;
            changes.unseen = unseen;
            changes.list.extend(extras.into_iter().map(|place| Change {
                place,
                step: Step::Delete,
            }));
        }
        changes.running = self.disturbed(wanted, &changes).await?;
        Ok(changes)
    }

    async fn step(&self, one: &Compiled, namespace_there: bool) -> Result<Step, Trouble> {
        let Place {
            kind,
            namespace,
            name,
        } = &one.place;
        let about = |trouble: Trouble| trouble.about(&one.place.to_string());
        let step = match self.read(kind, namespace, name).await.map_err(about)? {
            None => Step::Create,
            Some(found) => match compare(&one.value, &found) {
                differences if differences.is_empty() => return Ok(Step::Keep),
                differences => Step::Change(differences),
            },
        };
        if namespace_there || !kind.namespaced {
            match self.send(one, true).await {
                Ok(_) => {}
                // A binding of a role that comes with it.
                Err(trouble) if trouble.is_missing() => {}
                Err(trouble) => return Err(about(trouble)),
            }
        }
        Ok(step)
    }

    /// The runs under way whose spec would change.
    async fn disturbed(&self, wanted: &Wanted, changes: &Changes) -> Result<Vec<String>, Trouble> {
        let touched = wanted
            .objects
            .iter()
            .zip(&changes.list)
            .any(|(one, change)| {
                one.zone == Zone::Spec && matches!(change.step, Step::Change(_) | Step::Delete)
            });
        if !touched {
            return Ok(Vec::new());
        }
        match self.find_runs(&wanted.namespace).await {
            Ok(runs) => Ok(runs
                .into_iter()
                .filter(|run| !run.is_over() && wanted.specs.contains(&run.spec))
                .map(|run| run.name)
                .collect()),
            Err(trouble) if trouble.is_right() || trouble.sort == Sort::Kind => Ok(Vec::new()),
            Err(trouble) => Err(trouble),
        }
    }

    /// Does what [`Cluster::changes`] said, object by object; `tell` hears of each that was done.
    ///
    /// # Errors
    /// What the API server refuses; what was done before stays.
    pub fn apply(
        &self,
        wanted: &Wanted,
        changes: &Changes,
        tell: &mut dyn FnMut(&Change),
    ) -> Result<(), Trouble> {
        self.block(async {
            for change in &changes.list {
                let about = |trouble: Trouble| trouble.about(&change.place.to_string());
                match &change.step {
                    Step::Keep => continue,
                    Step::Create | Step::Change(_) => {
                        let one = wanted.objects.iter().find(|one| one.place == change.place);
                        if let Some(one) = one {
                            self.put(one).await.map_err(about)?;
                        }
                    }
                    Step::Key => self.make_key(&change.place).await.map_err(about)?,
                    Step::Delete => self.remove(&change.place).await.map_err(about)?,
                }
                tell(change);
            }
            Ok(())
        })
    }

    /// Applies an object, then takes out what others added to it.
    async fn put(&self, one: &Compiled) -> Result<(), Trouble> {
        let after = self.send(one, false).await?;
        let patch = without_extras(&compare(&one.value, &after));
        if patch.is_null() {
            return Ok(());
        }
        let api = self.api(one.place.kind, &one.place.namespace);
        let params = PatchParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PatchParams::default()
        };
        api.patch(&one.place.name, &params, &Patch::Merge(&patch))
            .await?;
        Ok(())
    }

    async fn send(&self, one: &Compiled, trial: bool) -> Result<Value, Trouble> {
        let api = self.api(one.place.kind, &one.place.namespace);
        let mut params = PatchParams::apply(MANAGER).force();
        params.dry_run = trial;
        params.field_validation = Some(kube::api::ValidationDirective::Strict);
        let after = api
            .patch(&one.place.name, &params, &Patch::Apply(&one.value))
            .await?;
        plain(&after)
    }

    /// Makes the key of a spec's runs. One that is there stays.
    async fn make_key(&self, place: &Place) -> Result<(), Trouble> {
        let mut key = [0_u8; KEY];
        ring::rand::SystemRandom::new()
            .fill(&mut key)
            .map_err(|_unspecified| Trouble::other("this machine gives no random bytes", ""))?;
        let secret = serde_json::json!({
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": {"name": place.name, "namespace": place.namespace,
                "labels": {"app.kubernetes.io/part-of": "pure-agent"}},
            "data": {names::KEY_KEY: STANDARD.encode(key)},
        });
        let secret: DynamicObject = serde_json::from_value(secret)
            .map_err(|e| Trouble::local("the Secret is no object", &e))?;
        let params = PostParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PostParams::default()
        };
        match self
            .api(&SECRET, &place.namespace)
            .create(&params, &secret)
            .await
        {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.reason == "AlreadyExists" => Ok(()),
            Err(error) => Err(Trouble::from(error)),
        }
    }

    async fn remove(&self, place: &Place) -> Result<(), Trouble> {
        let api = self.api(place.kind, &place.namespace);
        match api.delete(&place.name, &DeleteParams::background()).await {
            Ok(_) => Ok(()),
            Err(error) => match Trouble::from(error) {
                trouble if trouble.is_missing() => Ok(()),
                trouble => Err(trouble),
            },
        }
    }

    /// The objects of `wanted` that are there, in the order in which they are deleted.
    ///
    /// # Errors
    /// What the API server refuses.
    pub fn installed(&self, wanted: &Wanted) -> Result<Vec<Place>, Trouble> {
        self.block(async {
            let mut found = Vec::new();
            for one in wanted.objects.iter().rev() {
                let Place {
                    kind,
                    namespace,
                    name,
                } = &one.place;
                if self.read(kind, namespace, name).await?.is_some() {
                    found.push(one.place.clone());
                }
            }
            Ok(found)
        })
    }

    /// Deletes objects, in this order; `tell` hears of each.
    ///
    /// # Errors
    /// What the API server refuses; what was deleted before is gone.
    pub fn delete(&self, places: &[Place], tell: &mut dyn FnMut(&Place)) -> Result<(), Trouble> {
        self.block(async {
            for place in places {
                self.remove(place)
                    .await
                    .map_err(|trouble| trouble.about(&place.to_string()))?;
                tell(place);
            }
            Ok(())
        })
    }

    /// Objects labelled as ours that `wanted` does not have, and what could not be looked at.
    pub(super) async fn find_extras(
        &self,
        wanted: &Wanted,
    ) -> Result<(Vec<Place>, Vec<String>), Trouble> {
        let known: BTreeSet<&Place> = wanted.objects.iter().map(|one| &one.place).collect();
        let (mut extras, mut unseen) = (Vec::new(), Vec::new());
        let platform = wanted.platform.then_some(None);
        let owners = wanted.specs.iter().map(|spec| Some(spec.as_str()));
        for owner in platform.into_iter().chain(owners) {
            let selector = match owner {
                None => "app.kubernetes.io/part-of=pure-agent,app.kubernetes.io/name=platform"
                    .to_owned(),
                Some(spec) => format!(
                    "app.kubernetes.io/part-of=pure-agent,{}={spec}",
                    names::SPEC
                ),
            };
            for kind in EMITTED.iter().filter(|kind| **kind != NAMESPACE) {
                let found = self.list(kind, &wanted.namespace, &selector).await;
                match found {
                    Ok(found) => extras.extend(found.into_iter().filter(|place| {
                        !known.contains(place) && belongs(place, owner, &wanted.namespace)
                    })),
                    Err(trouble) if trouble.is_right() => unseen.push(trouble.message),
                    Err(trouble) => return Err(trouble),
                }
            }
        }
        let (rights, unread) = self.find_rights(wanted).await?;
        extras.extend(rights.into_iter().filter(|place| !known.contains(place)));
        unseen.extend(unread);
        unseen.sort();
        unseen.dedup();
        Ok((extras, unseen))
    }

    /// Rights of the specs' gateways in the namespaces that they look after.
    async fn find_rights(&self, wanted: &Wanted) -> Result<(Vec<Place>, Vec<String>), Trouble> {
        let (mut rights, mut unseen) = (Vec::new(), Vec::new());
        for spec in &wanted.specs {
            let selector = format!(
                "app.kubernetes.io/part-of=pure-agent,{}={spec}",
                names::SPEC
            );
            // Another target may have a spec of this name.
            let ours = format!("{}.{spec}-gateway", wanted.namespace);
            for namespace in &wanted.workloads {
                for kind in EMITTED.iter().filter(|kind| kind.group == RIGHTS) {
                    match self.list(kind, namespace, &selector).await {
                        Ok(found) => rights.extend(found.into_iter().filter(|p| p.name == ours)),
                        Err(trouble) if trouble.is_right() => unseen.push(trouble.message),
                        Err(trouble) => return Err(trouble),
                    }
                }
            }
        }
        Ok((rights, unseen))
    }

    pub(super) async fn list(
        &self,
        kind: &'static Kind,
        namespace: &str,
        selector: &str,
    ) -> Result<Vec<Place>, Trouble> {
        let params = ListParams::default().labels(selector);
        let list = self.api(kind, namespace).list_metadata(&params).await?;
        Ok(list
            .items
            .into_iter()
            .filter_map(|one| {
                Some(Place {
                    kind,
                    namespace: one.metadata.namespace.unwrap_or_default(),
                    name: one.metadata.name?,
                })
            })
            .collect())
    }

    /// An object as JSON; none where there is none.
    pub(super) async fn read(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, Trouble> {
        match self.api(kind, namespace).get_opt(name).await? {
            Some(found) => plain(&found).map(Some),
            None => Ok(None),
        }
    }
}

/// The group of roles and their bindings.
const RIGHTS: &str = "rbac.authorization.k8s.io";

/// Whether an object of the whole cluster is one of this namespace: its name says so.
fn belongs(place: &Place, owner: Option<&str>, namespace: &str) -> bool {
    if *place.kind != POLICY && *place.kind != BINDING {
        return true;
    }
    match owner {
        None => place
            .name
            .ends_with(&format!(".{namespace}.pure-agent.dev")),
        Some(spec) => place.name.starts_with(&format!("{spec}.{namespace}.")),
    }
}

/// The Secret with the key of a spec's runs.
pub(super) fn key_secret(spec: &str, namespace: &str) -> Place {
    Place {
        kind: &SECRET,
        namespace: namespace.to_owned(),
        name: format!("{spec}-key"),
    }
}

pub(super) fn plain(object: &DynamicObject) -> Result<Value, Trouble> {
    serde_json::to_value(object).map_err(|e| Trouble::local("an object is no JSON", &e))
}

#[cfg(test)]
mod tests {
    use super::{Compiled, Place, belongs, key_secret};
    use crate::bundle::seal;
    use crate::cluster::kinds::{BINDING, POLICY, WORKFLOW_TEMPLATE};
    use crate::emit::{emit, names, testing};

    #[test]
    fn every_object_of_a_bundle_can_be_applied() {
        let plan = testing::rich();
        let bundle = seal(emit(&plan).unwrap(), Vec::new(), Vec::new()).unwrap();
        for sealed in &bundle.objects {
            let one = Compiled::of(sealed).unwrap();
            assert_eq!(one.value["metadata"]["name"], one.place.name.as_str());
            assert_eq!(
                one.place.kind.namespaced,
                !one.place.namespace.is_empty(),
                "{}",
                one.place
            );
        }
    }

    #[test]
    fn the_key_s_name_is_that_of_the_emitted_pods() {
        let plan = testing::rich();
        assert_eq!(key_secret(&plan.name, "x").name, names::key_secret(&plan));
    }

    #[test]
    fn policies_of_another_namespace_are_never_extras() {
        let place = |kind, name: &str| Place {
            kind,
            namespace: String::new(),
            name: name.to_owned(),
        };
        assert!(belongs(&place(&POLICY, "pods.a.pure-agent.dev"), None, "a"));
        assert!(!belongs(
            &place(&POLICY, "pods.b.pure-agent.dev"),
            None,
            "a"
        ));
        assert!(!belongs(
            &place(&POLICY, "pods.x.a.pure-agent.dev"),
            None,
            "x"
        ));
        let spec = "review.a.specs.pure-agent.dev";
        assert!(belongs(&place(&BINDING, spec), Some("review"), "a"));
        assert!(!belongs(&place(&BINDING, spec), Some("review"), "b"));
        assert!(!belongs(&place(&BINDING, spec), Some("rev"), "a"));
        assert!(belongs(
            &place(&WORKFLOW_TEMPLATE, "old"),
            Some("review"),
            "a"
        ));
    }
}
