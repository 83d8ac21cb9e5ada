//! The two changes: a restart and a number of replicas.

use super::api::odd;
use super::{Arguments, Kubernetes, read};
use crate::export::dates::extended;
use crate::gateway::now;
use crate::tools::Failed;
use serde::Deserialize;
use serde_json::{Value, json};

/// What `kubectl rollout restart` writes; the admission policy permits no other member of a Deployment.
pub(super) const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restart {
    deployment: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scale {
    deployment: String,
    replicas: i64,
}

#[derive(Deserialize)]
struct Changed {
    metadata: Named,
    spec: Replicas,
    #[serde(default)]
    status: Replicas,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Default, Deserialize)]
struct Replicas {
    #[serde(default)]
    replicas: i64,
}

impl Kubernetes {
    pub(super) async fn restart(&self, arguments: Arguments) -> Result<Value, Failed> {
        let Restart { deployment } = read(arguments)?;
        let name = &self.deployment(&deployment)?.name;
        let at = extended(now());
        let change = json!({"spec": {"template": {"metadata": {"annotations": {RESTARTED: at}}}}});
        let path = format!("{}/{name}", self.path("apis/apps/v1", "deployments"));
        let changed: Changed = self.api.patch(&path, &change).await?;
        if changed.metadata.name != *name {
            return Err(odd());
        }
        Ok(
            json!({"success": true, "deployment": name, "restarted_at": at,
            "replicas": changed.spec.replicas}),
        )
    }

    pub(super) async fn scale(&self, arguments: Arguments) -> Result<Value, Failed> {
        let Scale {
            deployment,
            replicas,
        } = read(arguments)?;
        let deployment = self.deployment(&deployment)?;
        let Some(range) = &deployment.replicas else {
            let message = "this Deployment is not scaled";
            return Err(Failed::new("kubernetes-replicas", message));
        };
        if !(range.min..=range.max).contains(&replicas) {
            let message = format!(
                "this Deployment has from {} to {} replicas",
                range.min, range.max
            );
            return Err(Failed::new("kubernetes-replicas", message));
        }
        let name = &deployment.name;
        let path = format!("{}/{name}/scale", self.path("apis/apps/v1", "deployments"));
        let change = json!({"spec": {"replicas": replicas}});
        let changed: Changed = self.api.patch(&path, &change).await?;
        if changed.metadata.name != *name || changed.spec.replicas != replicas {
            return Err(odd());
        }
        Ok(
            json!({"success": true, "deployment": name, "replicas": replicas,
            "running": changed.status.replicas}),
        )
    }
}
