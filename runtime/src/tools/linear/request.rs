//! `request_feature`: an issue that is made once, however often it is asked for.
//!
//! Its id follows from the run and what is asked for. Whoever asks again, after an answer that was lost or a
//! restart, finds the first.

use super::super::Failed;
use super::issue::Created;
use super::{Linear, ask, queries};
use crate::state::State;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// How often an issue is made where it is not known whether it was.
const ATTEMPTS: usize = 2;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Feature {
    title: String,
    reason: String,
    #[serde(default)]
    priority: Priority,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Priority {
    None = 0,
    Urgent = 1,
    High = 2,
    #[default]
    Medium = 3,
    Low = 4,
}

impl Linear {
    pub(super) async fn request(&self, feature: Feature) -> Result<Value, Failed> {
        let title = feature.title.trim();
        let team = self.id.get_or_try_init(|| self.team_id()).await?;
        let id = self.id_of(&feature);
        let input = json!({
            "id": id,
            "teamId": team,
            "title": title,
            "description": format!("## Reason\n\n{}", feature.reason),
            "priority": feature.priority as u8,
        });
        let created = self
            .create_once(&id, title, &json!({"input": input}))
            .await?;
        let message = "The feature was requested.";
        Ok(json!({"success": true, "message": message, "issue": created}))
    }

    async fn create_once(
        &self,
        id: &str,
        title: &str,
        variables: &Value,
    ) -> Result<Created, Failed> {
        let mut why = ask::odd();
        for _ in 0..ATTEMPTS {
            let tried = self.create(variables).await;
            match tried {
                Ok(created) if created.id == id => return Ok(created),
                Ok(_) => return Err(ask::odd()),
                Err(failed) => why = failed,
            }
            // The answer may be lost, or the issue may be there from before.
            match self.created(id).await {
                Ok(created) if created.id == id && created.title == title => return Ok(created),
                Ok(_) => {
                    return Err(Failed::new(
                        "linear-clash",
                        "another issue has the id of this request",
                    ));
                }
                Err(_) => {}
            }
        }
        Err(why)
    }

    async fn create(&self, variables: &Value) -> Result<Created, Failed> {
        let answer = self.ask(queries::CREATE, variables.clone()).await?;
        match answer.pointer("/issueCreate/success") {
            Some(Value::Bool(true)) => self.of_team(answer.pointer("/issueCreate/issue")),
            _ => Err(Failed::new("linear-refused", "Linear refuses the request")),
        }
    }

    async fn created(&self, id: &str) -> Result<Created, Failed> {
        let answer = self.ask(queries::CREATED, json!({"id": id})).await?;
        self.of_team(answer.get("issue"))
    }

    async fn team_id(&self) -> Result<String, Failed> {
        let answer = self.ask(queries::TEAM, json!({"key": self.team})).await?;
        let nodes = answer.pointer("/teams/nodes").and_then(Value::as_array);
        match nodes.map(Vec::as_slice) {
            Some([team]) if team.get("key").and_then(Value::as_str) == Some(&self.team) => team
                .get("id")
                .and_then(Value::as_str)
                .map(str::to_owned)
                .ok_or_else(ask::odd),
            Some(_) => Err(Failed::new("linear-team", "Linear has no such team")),
            None => Err(ask::odd()),
        }
    }

    /// A UUID of version 4, as Linear wants it, that is the same for the same request of a run.
    fn id_of(&self, feature: &Feature) -> String {
        let run = self
            .journal
            .read(|state: &State| state.run().map(|run| run.uid.clone()));
        let Feature {
            title,
            reason,
            priority,
        } = feature;
        let all = json!([run, self.server, self.team, title, reason, *priority as u8]);
        let mut bytes = [0_u8; 16];
        for (to, from) in bytes.iter_mut().zip(Sha256::digest(all.to_string())) {
            *to = from;
        }
        let bits =
            u128::from_be_bytes(bytes) & !(0xf000 << 64) & !(0b11 << 62) | (4 << 76) | (0b10 << 62);
        let hex = format!("{bits:032x}");
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        [
            part(0, 8),
            part(8, 12),
            part(12, 16),
            part(16, 20),
            part(20, 32),
        ]
        .join("-")
    }
}
