//! What a list of runs shows of each.

use super::run_view::{Progress, RunState, RunView, Tested};
use crate::session::RunConfig;
use crate::space::Genotype;

/// A run in short.
#[derive(Clone, Debug, PartialEq)]
pub struct Digest {
    /// What ran.
    pub config: RunConfig,
    /// Where it stands.
    pub state: RunState,
    /// How far it is.
    pub progress: Option<Progress>,
    /// What a person must know of its recording, as in [`RunView::warning`].
    pub warning: Option<String>,
    /// What it found, or was given to train.
    pub genotype: Option<Genotype>,
    /// What the test part said.
    pub tested: Option<Tested>,
    /// The effective radius of the last step's neighbors, in edges.
    pub effective_radius: Option<f32>,
    /// What it has taken so far, seconds.
    pub seconds: f64,
}

impl Digest {
    /// That of a run that has begun.
    pub fn of(run: &RunView) -> Option<Self> {
        Some(Self {
            config: run.config.clone()?,
            state: run.state.clone(),
            progress: run.progress(),
            warning: run.warning.clone(),
            genotype: run.genotype().cloned(),
            tested: run.tested(),
            effective_radius: run.effective_radius(),
            seconds: run.seconds,
        })
    }
}
