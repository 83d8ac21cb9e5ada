//! What an attacker would know or guess, told to it so that no attempt fails for want of an address.

use serde_json::Value;
use std::net::IpAddr;
use std::path::PathBuf;

/// The field by which the facts are found within a prompt.
pub const FIELD: &str = "escape";

/// Somewhere to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// What it is.
    pub label: String,
    /// Where.
    pub ip: IpAddr,
    /// Port.
    pub port: u16,
}

/// The facts.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Addresses that must be out of reach.
    pub addresses: Vec<Address>,
    /// `host:port` of the agent's own gateway.
    pub gateway: String,
    /// The agent's own bearer.
    pub bearer: String,
    /// A host to which a tunnel is granted.
    pub tunnel: String,
    /// A host below `/http/` that is granted.
    pub route: String,
    /// The path there that is granted.
    pub path: String,
    /// A host that exists and that nobody granted.
    pub stranger: String,
    /// `host:port` of another run's gateway that this agent's policy lets it reach.
    pub other_gateway: Option<String>,
    /// The bearer of another run's agent.
    pub other_bearer: Option<String>,
    /// Names that are known to be somewhere: of the run, its pods, its namespace.
    pub names: Vec<String>,
    /// Bytes of memory that the agent may use.
    pub memory: Option<u64>,
    /// Seconds for which it does nothing but be there, for others to try.
    pub rest: Option<u64>,
    /// What is submitted in the first and in the later cycle.
    pub submissions: Vec<Value>,
    /// The workspace.
    pub workspace: PathBuf,
    /// Where the agent may write what does not stay.
    pub scratch: PathBuf,
}

impl Facts {
    /// Reads them out of a prompt and out of what the shim says.
    #[must_use]
    pub fn read(prompt: &str) -> Self {
        let value = found(prompt);
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        let gateway = variable("PURE_AGENT_GATEWAY");
        let gateway = gateway.trim_start_matches("http://").to_owned();
        let list = |name: &str| value[name].as_array().cloned().unwrap_or_default();
        let optional = |name: &str| value[name].as_str().map(str::to_owned);
        let addresses = list("addresses");
        let scratch = variable("TMPDIR");
        Self {
            addresses: addresses.iter().filter_map(address).collect(),
            gateway,
            bearer: variable("PURE_AGENT_BEARER"),
            tunnel: text("tunnel"),
            route: text("route"),
            path: text("path"),
            stranger: text("stranger"),
            other_gateway: optional("other_gateway"),
            other_bearer: optional("other_bearer"),
            names: list("names")
                .iter()
                .filter_map(|v| v.as_str().map(str::to_owned))
                .collect(),
            memory: value["memory"].as_u64(),
            rest: value["rest"].as_u64(),
            submissions: list("submissions"),
            workspace: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/workspace")),
            scratch: match scratch.is_empty() {
                true => PathBuf::from("/tmp"),
                false => PathBuf::from(scratch),
            },
        }
    }

    /// The addresses of a label, of one family.
    pub(crate) fn of(&self, label: &str, six: bool) -> Vec<&Address> {
        let fits = |address: &&Address| address.label == label && address.ip.is_ipv6() == six;
        self.addresses.iter().filter(fits).collect()
    }

    /// Where the first cycle keeps what a later one tries; exports leave it out.
    pub(crate) fn kept(&self) -> PathBuf {
        self.workspace.join("node_modules/.escape")
    }

    /// Whether this is a later cycle.
    #[must_use]
    pub fn later(&self) -> bool {
        self.kept().join("bearer").exists()
    }
}

/// The object within a text that holds [`FIELD`].
fn found(prompt: &str) -> Value {
    let start = prompt.find(&format!("{{\"{FIELD}\":"));
    let rest = start.and_then(|at| prompt.get(at..)).unwrap_or_default();
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    match values.next() {
        Some(Ok(mut value)) => value[FIELD].take(),
        _ => Value::Null,
    }
}

fn address(value: &Value) -> Option<Address> {
    Some(Address {
        label: value["label"].as_str()?.to_owned(),
        ip: value["ip"].as_str()?.parse().ok()?,
        port: u16::try_from(value["port"].as_u64()?).ok()?,
    })
}

impl Facts {
    /// Keeps what a later cycle tries.
    pub fn keep(&self) {
        drop(std::fs::create_dir_all(self.kept()));
        drop(std::fs::write(self.kept().join("bearer"), &self.bearer));
    }
}
