//! Programs of many runs: strategies compared, a space tabulated, steps timed.

#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
mod bench;
pub mod compare;
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
mod tabulate;

#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub use bench::{
    BenchCase, BenchResult, BenchShape, BenchSize, BenchStep, Card, Costs, Peer, PeerError,
    PeerResult, PeerTime, Prediction, StageCount, StepCount, bench, costs, count,
};
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub use tabulate::{TabulateConfig, TabulateError, TabulatedNetwork, tabulate};
