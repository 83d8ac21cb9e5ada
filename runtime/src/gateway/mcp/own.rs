//! A call that the run itself makes, as one of its steps says.
//!
//! It goes the way of an agent's calls: the same schema judges its arguments, the same bounds and the record stand before
//! it, the same code makes it. Only what agrees to it came earlier.

use super::call::Granted;
use super::offer;
use super::running::Watch;
use crate::approval::Ask;
use crate::contract::ToolGrant;
use crate::gateway::Gateway;
use crate::mcp::arguments;
use crate::record::event::Subject;
use crate::tools::{Arguments, Failed};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Time in which the tool is looked up: the step's pod waits for no more than the call, and a little.
const LOOK_UP: Duration = Duration::from_secs(30);
/// Time in which the call's turn comes.
const PLACE: Duration = Duration::from_secs(20);

fn late(message: &str) -> Failed {
    Failed {
        rule: "tool-late",
        message: message.to_owned(),
    }
}

/// Who agreed.
pub(in crate::gateway) enum Consent {
    /// Nobody has to.
    None,
    /// A person, under this id.
    Given(String),
}

/// A call of a step, before it is made.
pub(in crate::gateway) struct Own<'g>(Granted<'g>);

impl<'g> Own<'g> {
    /// Finds the tool as its server describes it now.
    ///
    /// # Errors
    /// No such server or tool, or one that is not used.
    pub(in crate::gateway) async fn new(
        gateway: &'g Arc<Gateway>,
        cycle: u32,
        grant: &'g ToolGrant,
    ) -> Result<Self, Failed> {
        let tool = timeout(LOOK_UP, offer::prepared(gateway, grant)).await;
        let tool = tool.map_err(|_late| late("the server did not list its tools in time"))??;
        Ok(Self(Granted {
            gateway,
            cycle,
            agent: String::new(),
            grant,
            server: offer::server(gateway, &grant.server)?,
            tool,
        }))
    }

    /// The arguments as they are sent: what the grant binds, as the tool's schema wants it.
    ///
    /// # Errors
    /// They do not fit.
    pub(in crate::gateway) async fn arguments(&self) -> Result<Arguments, Failed> {
        self.0.checked(Arguments::new()).await
    }

    /// What a consent is bound to.
    pub(in crate::gateway) fn digest(arguments: &Arguments) -> String {
        arguments::digest(arguments)
    }

    /// Asks a person to agree to exactly this call.
    ///
    /// # Errors
    /// Nobody agreed.
    pub(in crate::gateway) async fn ask(
        &self,
        approval: &str,
        arguments: &Arguments,
    ) -> Result<(), Failed> {
        let Granted { grant, .. } = &self.0;
        let (server, tool) = (grant.server.clone(), grant.tool.clone());
        let ask = Ask {
            cycle: Some(self.0.cycle),
            approval: approval.to_owned(),
            shown: json!({"server": server, "tool": tool, "arguments": arguments}),
            subject: Subject::Tool { server, tool },
            arguments: arguments::digest(arguments),
        };
        let beside = self.0.gateway.mcp.beside();
        beside.approve(self.0.gateway, ask).await?;
        Ok(())
    }

    /// Makes the call, once that is on the disk.
    ///
    /// # Errors
    /// It may not be made, or the tool did not answer as it must.
    pub(in crate::gateway) async fn call(
        &self,
        arguments: Arguments,
        consent: Consent,
    ) -> Result<Value, Failed> {
        let place = timeout(PLACE, self.0.place()).await;
        let place =
            place.map_err(|_late| late("as many calls are under way as may be at once"))??;
        let consent = match consent {
            Consent::None => None,
            Consent::Given(id) => Some(id),
        };
        self.0.recorded(&arguments, consent).await?;
        self.0.told(arguments, place, Watch::default()).await
    }
}
