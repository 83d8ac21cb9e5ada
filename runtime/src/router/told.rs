//! What Argo says of an agent's pod: words of a closed list and small numbers.

/// The arguments as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Number of the cycle.
    pub cycle: String,
    /// Phase of the pod, or `Lost` where its launcher gave up.
    pub phase: String,
    /// Exit code of the agent's container; empty: it never ended by itself.
    pub exit_code: String,
    /// Exit code of the start gate; empty: it never ended.
    pub start_code: String,
    /// Why the pod ended, as the kubelet or a controller says; mostly empty.
    pub pod_reason: String,
    /// Why the agent's container ended, such as `Completed`, `Error`, `OOMKilled`; mostly empty.
    pub end_reason: String,
}

/// Most cycles of a run: their numbers have at most two digits.
pub const MOST_CYCLES: u32 = 100;

/// How the pod of a cycle ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// With exit code 0.
    Succeeded,
    /// Otherwise.
    Failed,
    /// Nobody saw it end.
    Lost,
}

/// What was read of [`Arguments`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Number of the cycle, from 0.
    pub cycle: u32,
    /// How the pod ended.
    pub phase: Phase,
    /// Exit code of the agent.
    pub exit_code: Option<u8>,
    /// The pod's reason is one of [`LOSSES`].
    pub lost: bool,
    /// The pod reached its own deadline.
    pub deadline: bool,
    /// The start gate found something open that must be closed; no agent was started.
    pub open: bool,
}

/// Exit code of the start gate where something is open that must be closed.
pub const OPEN: u8 = 3;

/// Reasons of a pod that say nothing of its agent: the node or the cluster took it away.
pub const LOSSES: &[&str] = &[
    "Evicted",
    "NodeAffinity",
    "NodeLost",
    "NodeShutdown",
    "OutOfcpu",
    "OutOfephemeral-storage",
    "OutOfmemory",
    "OutOfpods",
    "Preempted",
    "Preempting",
    "PreemptionByScheduler",
    "Shutdown",
    "Terminated",
    "UnexpectedAdmissionError",
];

impl Told {
    /// Reads the arguments.
    ///
    /// # Errors
    /// Says which argument is none that Argo gives.
    pub fn read(arguments: &Arguments) -> Result<Self, String> {
        let Arguments {
            cycle,
            phase,
            exit_code,
            start_code,
            pod_reason,
            end_reason,
        } = arguments;
        let cycle = number::<u32>("cycle", cycle)?
            .filter(|cycle| *cycle < MOST_CYCLES)
            .ok_or("the cycle is no number below 100")?;
        let phase = match phase.as_str() {
            "Succeeded" => Phase::Succeeded,
            "Failed" => Phase::Failed,
            "Lost" => Phase::Lost,
            _ => return Err("the phase is no end of a pod".to_owned()),
        };
        let gate = number::<u8>("start code", start_code)?;
        for (name, word) in [("pod reason", pod_reason), ("end reason", end_reason)] {
            let plain = word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            if !plain || word.len() > 64 {
                return Err(format!("the {name} is no reason"));
            }
        }
        let told = Self {
            cycle,
            phase,
            exit_code: number("exit code", exit_code)?,
            lost: LOSSES.contains(&pod_reason.as_str()),
            deadline: pod_reason == "DeadlineExceeded",
            open: gate == Some(OPEN) && phase != Phase::Succeeded,
        };
        if told.phase == Phase::Succeeded && told.exit_code != Some(0) {
            return Err("the phase and the exit code contradict each other".to_owned());
        }
        Ok(told)
    }
}

/// A number without sign and leading zeros; nothing where the text is empty.
fn number<T: std::str::FromStr + ToString>(name: &str, text: &str) -> Result<Option<T>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<T>() {
        Ok(number) if number.to_string() == text => Ok(Some(number)),
        _ => Err(format!("the {name} is no number that Argo gives")),
    }
}
