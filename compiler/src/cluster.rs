//! What needs a cluster: applying bundles, the life of runs, approvals, and the proof that what was reviewed holds.
//!
//! Nothing else in this crate knows a client of the API server or an async runtime, and nothing here prints. Each
//! operation is a method of [`Cluster`] that comes back when it is done; what takes long tells its caller on the way.
//!
//! - [`kinds`] knows the kinds of objects, [`trouble`] says in plain words what the cluster refused;
//! - [`compare`] tells how an object differs from the compiled one;
//! - [`apply`] makes the cluster what a bundle says, or takes it out again;
//! - [`runs`] starts, lists, stops and repeats runs, [`logs`] reads what their pods say;
//! - [`gateway`] asks the gateway of a run, through a forwarded port;
//! - [`mod@verify`] compares, looks for what is needed, and proves the [`network`] by [`probes`].

pub mod apply;
pub mod compare;
pub mod gateway;
pub mod kinds;
pub mod logs;
pub mod network;
pub mod probes;
pub mod runs;
pub mod trouble;
pub mod verify;

use k8s_openapi::api::core::v1::Pod;
use kinds::Kind;
use kube::api::{Api, DynamicObject};
use kube::config::{KubeConfigOptions, Kubeconfig};
use std::future::Future;
use std::time::Duration;
pub use trouble::Trouble;

/// Who applies our objects, in the API server's books.
pub const MANAGER: &str = "pure-agent";

/// How long the API server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// A way to one cluster, as one user.
pub struct Cluster {
    runtime: tokio::runtime::Runtime,
    client: kube::Client,
    /// The namespace that the kubeconfig's context names.
    pub namespace: String,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster")
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

impl Cluster {
    /// Reads the kubeconfig as `kubectl` does. Nothing is asked yet.
    ///
    /// # Errors
    /// No kubeconfig, no such context, or credentials that cannot be read.
    pub fn connect(context: Option<&str>) -> Result<Self, Trouble> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Trouble::local("the connection cannot be made", &e))?;
        let (client, namespace) = runtime.block_on(client(context))?;
        Ok(Self {
            runtime,
            client,
            namespace,
        })
    }

    fn block<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    fn pod_api(&self, namespace: &str) -> Api<Pod> {
        Api::namespaced(self.client.clone(), namespace)
    }

    fn api(&self, kind: &Kind, namespace: &str) -> Api<DynamicObject> {
        kind.api(self.client.clone(), namespace)
    }
}

async fn client(context: Option<&str>) -> Result<(kube::Client, String), Trouble> {
    let mut config = match context {
        Some(context) => {
            let options = KubeConfigOptions {
                context: Some(context.to_owned()),
                ..KubeConfigOptions::default()
            };
            let file = Kubeconfig::read().map_err(|e| Trouble::kubeconfig(&e))?;
            kube::Config::from_custom_kubeconfig(file, &options)
                .await
                .map_err(|e| Trouble::kubeconfig(&e))?
        }
        None => kube::Config::infer()
            .await
            .map_err(|e| Trouble::kubeconfig(&e))?,
    };
    config.connect_timeout = Some(CONNECT);
    let namespace = config.default_namespace.clone();
    let client = kube::Client::try_from(config).map_err(Trouble::from)?;
    Ok((client, namespace))
}
