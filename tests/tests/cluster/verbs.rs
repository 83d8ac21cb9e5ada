//! The commands of the cluster as people run them, with the real runtime in probes and gateways.

mod answer;
mod apply;
mod ground;
mod life;
mod page;
mod proof;
mod rights;
