//! What a person can ask of a session.

use serde::{Deserialize, Serialize};

use super::config::RunConfig;
use crate::space::Genotype;

/// A request to the session. It is taken up between two steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Command {
    /// Starts a run. One run goes at a time; a second start is answered with a failure and changes nothing.
    Start {
        /// What to run.
        config: Box<RunConfig>,
    },
    /// Holds before the next step.
    Pause,
    /// Goes on.
    Resume,
    /// Takes exactly one step and holds again.
    Step,
    /// Ends the run after the current step; what was found so far is kept.
    Stop,
    /// Scores genotypes with the supernet's weights of the search that runs, or of the last one. Answered by
    /// [`Event::Scored`](super::Event::Scored), or by [`Event::Refused`](super::Event::Refused) where there is no supernet.
    Score {
        /// Comes back in the answer.
        request: u64,
        /// Of the supernet's space.
        genotypes: Vec<Genotype>,
    },
}
