//! What Argo says of the steps before: words of a closed list.

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It did its work.
    Fine,
    /// It failed.
    Failed,
    /// It did not run.
    Omitted,
}

/// How what came before ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// The cycles, routers included.
    pub cycles: End,
    /// The packing.
    pub packing: End,
}

impl Told {
    /// Reads the words of Argo. One that is none of its phases counts as failed: the exports of a run that went
    /// wrong still happen, and the run is never green.
    #[must_use]
    pub fn read(cycles: &str, packing: &str) -> Self {
        Self {
            cycles: end(cycles),
            packing: end(packing),
        }
    }
}

fn end(word: &str) -> End {
    match word {
        "Succeeded" => End::Fine,
        "Omitted" | "Skipped" => End::Omitted,
        _ => End::Failed,
    }
}

impl End {
    /// The word in the result.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fine => "succeeded",
            Self::Failed => "failed",
            Self::Omitted => "omitted",
        }
    }
}
