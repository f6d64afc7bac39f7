//! What a person can ask of a session.

use serde::{Deserialize, Serialize};

use super::config::RunConfig;

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
}
