//! A namespace in which specs run for real: runtime, agent and hosts outside, and everything that happens, watched.

mod run;
mod watch;

pub use run::{Ended, Run, issue, visits};
pub use watch::{Seen, Watch};

use super::approve::Approver;
use super::kubectl::{reachable, sure, words};
use super::outside::Outside;
use super::place::Place;
use super::programs::{Programs, programs};
use super::reference::{self, Change, TRUST, value};
use crate::canary;
use crate::readers::skipped;
use std::sync::Arc;

/// The namespace, its first spec, and the hosts.
#[derive(Debug)]
pub struct Site {
    /// The installed bundle of the first spec.
    pub place: Place,
    /// The hosts.
    pub outside: Outside,
    /// Who signs for the example's approver.
    pub approver: Approver,
    /// The images.
    pub programs: Programs,
    /// What happens.
    pub watch: Arc<Watch>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.watch.end();
    }
}

impl Site {
    /// Installs a spec of this name: the example with these changes beside those that it needs anyway. `None`,
    /// said loudly, where the cluster or its tools are missing.
    ///
    /// # Panics
    /// When the bundle is refused.
    pub fn or_skip(namespace: &str, spec: &str, changes: &[Change]) -> Option<Self> {
        if !reachable() {
            return None;
        }
        let made = Self::new(namespace, |outside, approver| {
            let programs = programs(outside)?;
            let files = files((namespace, spec), &programs, approver, changes);
            Ok((programs, files))
        });
        made.map_err(|why| skipped(&format!("no real runs: {why}")))
            .ok()
    }

    /// The same with any spec; `make` is given the hosts and a person who approves, and gives the images and the bundle.
    ///
    /// # Panics
    /// When the bundle is refused.
    pub fn of_or_skip(
        namespace: &str,
        make: impl FnOnce(&Outside, &Approver) -> Result<(Programs, Vec<(String, String)>), String>,
    ) -> Option<Self> {
        if !reachable() {
            return None;
        }
        let made = Self::new(namespace, make);
        made.map_err(|why| skipped(&format!("no real runs: {why}")))
            .ok()
    }

    fn new(
        namespace: &str,
        make: impl FnOnce(&Outside, &Approver) -> Result<(Programs, Vec<(String, String)>), String>,
    ) -> Result<Self, String> {
        let outside = Outside::join()?;
        let approver = Approver::new()?;
        let (programs, files) = make(&outside, &approver)?;
        let place = Place::install(namespace, files, &value);
        let trusted = format!("--from-literal=ca.crt={}", outside.bundle());
        let made = words(
            &["create", "configmap", TRUST, "-n", namespace, &trusted],
            "",
        );
        assert!(made.ok, "{made}");
        let watch = Watch::start(namespace);
        learn(&place.spec);
        Ok(Self {
            place,
            outside,
            approver,
            programs,
            watch,
        })
    }

    /// One more spec in the namespace.
    ///
    /// # Panics
    /// When its bundle is refused.
    #[must_use]
    pub fn beside(&self, spec: &str, changes: &[Change]) -> Place {
        let here = (self.place.namespace.as_str(), spec);
        self.beside_files(files(here, &self.programs, &self.approver, changes))
    }

    /// The same with the files of any bundle.
    ///
    /// # Panics
    /// When it is refused.
    #[must_use]
    pub fn beside_files(&self, files: Vec<(String, String)>) -> Place {
        let place = self.place.beside(files, &value);
        learn(&place.spec);
        place
    }

    /// Installs the first spec again with other changes, in the same namespace; what runs, runs on.
    ///
    /// # Panics
    /// When the bundle is refused.
    pub fn again(&mut self, changes: &[Change]) {
        let place = self.beside(&self.place.spec, changes);
        self.place.files.clone_from(&place.files);
        // The namespace stays.
        std::mem::forget(place);
    }

    /// Submits a run of the first spec that plays a script.
    #[must_use]
    pub fn submit(&self, script: &str) -> Run<'_> {
        Run::submit(self, &self.place.spec, script)
    }

    /// Submits a run of a spec of this name.
    #[must_use]
    pub fn submit_to(&self, spec: &str, script: &str) -> Run<'_> {
        Run::submit(self, spec, script)
    }

    /// Submits a run of a spec of this name with these inputs, which are not those of the reference example.
    #[must_use]
    pub fn submit_with(&self, spec: &str, inputs: &[(&str, &str)]) -> Run<'_> {
        Run::submit_with(self, spec, inputs)
    }

    /// A command of `kubectl` in this namespace that must end well.
    ///
    /// # Panics
    /// When it does not.
    pub fn kubectl(&self, args: &str) -> String {
        sure(&format!("{args} -n {}", self.place.namespace), "")
    }
}

fn files(
    here: (&str, &str),
    programs: &Programs,
    approver: &Approver,
    changes: &[Change],
) -> Vec<(String, String)> {
    let mut all = reference::changes(programs, approver);
    all.extend_from_slice(changes);
    reference::bundle(here, programs, &all)
}

/// From now on the secrets of a spec are searched for.
pub fn learn(spec: &str) {
    for (secret, key) in [
        ("export-handler-secrets", "LINEAR_API_KEY"),
        ("export-handler-secrets", "GITHUB_TOKEN"),
        ("export-keys", "WEBHOOK_KEY"),
        (format!("{spec}-key").as_str(), "key"),
    ] {
        if let Some(value) = value(secret, key) {
            canary::learn(&format!("{secret} {key}"), value.as_bytes());
        }
    }
}
