//! A trained network for PyTorch: its weights by the names of the space's authors, and a program that builds it and loads them.

use std::collections::{BTreeMap, HashMap};

use super::plan::Plan;
use crate::session::{HostTensor, NetworkError, TrainedNetwork};

/// The program. It reads what network to build from the file of the weights.
const NETWORK_PY: &str = include_str!("network.py");

/// The two files, by their names.
///
/// # Errors
/// A tensor that the network lacks.
pub fn pytorch(network: &TrainedNetwork) -> Result<[(&'static str, Vec<u8>); 2], NetworkError> {
    let mut tensors = BTreeMap::new();
    for name in Plan::of(&network.description)?.tensors() {
        let values = network.tensor(&name.ours, &name.shape)?.to_vec();
        let shape = name.shape.clone();
        tensors.insert(name.theirs.clone(), HostTensor { shape, values });
    }
    let description = serde_json::to_string(&network.description)
        .map_err(|error| NetworkError::Format(error.to_string()))?;
    // One key only: the crate writes a hash map, whose order would differ from file to file.
    let metadata = HashMap::from([("network".to_owned(), description)]);
    let weights = safetensors::serialize(&tensors, Some(metadata))
        .map_err(|error| NetworkError::Format(error.to_string()))?;
    Ok([
        ("network.py", NETWORK_PY.as_bytes().to_vec()),
        ("weights.safetensors", weights),
    ])
}
