//! How long everything may last, in seconds. One place, so that the sums fit.
//!
//! A pod's deadline counts from the moment a node has it, a launcher's from the moment the launcher
//! runs; the difference covers the wait for a node. A launcher is tried again only within its own
//! deadline. Nothing outlives [`Deadlines::all`].

use pure_agent_runtime::contract::RunLimits;

/// From the start of a launcher until its pod is on a node.
pub const PLACING: u64 = 300;
/// Until the gateway, or an image server, is ready, once on a node (its image comes first).
pub const READY: u64 = 300;
/// What an agent's pod may last beyond its cycle: images, the start gate, the harness's end.
pub const AGENT_EXTRA: u64 = 300;
/// What the export step's pod may last beyond the step: images and volumes come before it, and whoever is cut off while
/// it writes the result has none.
pub const EXPORT_EXTRA: u64 = 60;
/// The router's pod.
pub const ROUTER: u64 = 120;
/// What the pod of a choice may last beyond the choice: its image, the gateway's answer.
pub const CHOICE_EXTRA: u64 = 120;
/// What the pod of a step that is no agent's may last beyond the step: its image, the gateway's answer.
pub const STEP_EXTRA: u64 = 120;
/// The launchers that delete pods.
pub const CLEANUP: u64 = 300;
/// From the end of one step until the launcher of the next runs.
pub const BETWEEN: u64 = 60;

/// How often a launcher that is lost is started again; it then finds the pod that it left.
pub const LAUNCHER_RETRIES: u32 = 2;

/// All deadlines of a run, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Launchers of the gateway and of image servers.
    pub ready_launcher: u64,
    /// Pods of the gateway and of image servers: as long as the Workflow.
    pub serving_pod: u64,
    /// Pod of the choice of an agent.
    pub choice_pod: u64,
    /// Its launcher.
    pub choice_launcher: u64,
    /// Pod of a step that is no agent's.
    pub step_pod: u64,
    /// Its launcher.
    pub step_launcher: u64,
    /// Pod of one agent.
    pub agent_pod: u64,
    /// Its launcher.
    pub agent_launcher: u64,
    /// Pod of the router.
    pub router_pod: u64,
    /// Its launcher.
    pub router_launcher: u64,
    /// Pod of packing.
    pub pack_pod: u64,
    /// Its launcher.
    pub pack_launcher: u64,
    /// Pod of exporting.
    pub export_pod: u64,
    /// Its launcher.
    pub export_launcher: u64,
    /// The Workflow without its cleanup.
    pub workflow: u64,
    /// Until nothing of the run is left, cleanup included.
    pub all: u64,
}

/// The deadlines that follow from the limits of a run; `servers`: whether it has image servers; `choosing`: how long
/// the choice of its agent may take, where it has one; `performing`: how long a step may take that is no agent's, where
/// it has one.
///
/// The run's own deadline counts from the moment the gateway is ready, and is the gateway's to hold: a
/// cycle that began just before it may still end, with its router. Packing gets a third of
/// `limits.export`, exporting the rest; the step ends by itself then.
#[must_use]
pub fn deadlines(
    limits: &RunLimits,
    servers: bool,
    (choosing, performing): (Option<u64>, Option<u64>),
) -> Deadlines {
    let ready_launcher = PLACING + READY;
    let choice_pod = choosing.unwrap_or(0).saturating_add(CHOICE_EXTRA);
    let choice_launcher = choice_pod.saturating_add(PLACING);
    // The time of the choice counts in the run's own; the first cycle may begin just before that is over.
    let choice = choosing.map_or(0, |_| choice_launcher.saturating_add(BETWEEN));
    let agent_pod = limits.cycle.saturating_add(AGENT_EXTRA);
    let agent_launcher = agent_pod.saturating_add(PLACING);
    let router_launcher = ROUTER + PLACING;
    let step_pod = performing.unwrap_or(0).saturating_add(STEP_EXTRA);
    let step_launcher = step_pod.saturating_add(PLACING);
    // What may still go on when the run's own deadline comes: an agent, taken away if it was given up, and its router;
    // or one other step.
    let cycle = [
        agent_launcher,
        BETWEEN,
        CLEANUP,
        BETWEEN,
        router_launcher,
        BETWEEN,
    ];
    let cycle = cycle.into_iter().fold(0, u64::saturating_add);
    let step = performing.map_or(0, |_| step_launcher.saturating_add(BETWEEN));
    let pack_pod = (limits.export / 3).max(1);
    let pack_launcher = pack_pod.saturating_add(PLACING);
    let export_pod = limits
        .export
        .saturating_sub(pack_pod)
        .saturating_add(EXPORT_EXTRA);
    let export_launcher = export_pod.saturating_add(PLACING);
    let serving = if servers {
        2 * (ready_launcher + BETWEEN)
    } else {
        ready_launcher + BETWEEN
    };
    let workflow = [
        serving,
        choice,
        limits.deadline,
        cycle.max(step),
        pack_launcher,
        BETWEEN,
        export_launcher,
        BETWEEN,
    ]
    .into_iter()
    .fold(0, u64::saturating_add);
    Deadlines {
        ready_launcher,
        serving_pod: workflow,
        choice_pod,
        choice_launcher,
        step_pod,
        step_launcher,
        agent_pod,
        agent_launcher,
        router_pod: ROUTER,
        router_launcher,
        pack_pod,
        pack_launcher,
        export_pod,
        export_launcher,
        workflow,
        all: workflow.saturating_add(CLEANUP).saturating_add(BETWEEN),
    }
}

/// Cycles that may start at most: the depth and the repeats after losses of infrastructure, 50 in all.
#[must_use]
pub fn cycles(depth: u32, repeats: u32) -> u32 {
    depth.saturating_add(repeats).clamp(1, 50)
}
