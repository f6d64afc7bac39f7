//! A trained network as the window has it.

use std::sync::Arc;

use crate::session::TrainedNetwork;

/// A trained network, and the run that has trained it.
#[derive(Clone)]
pub struct RunNetwork {
    /// The network.
    pub network: Arc<TrainedNetwork>,
    /// The name of the run.
    pub run: String,
}
