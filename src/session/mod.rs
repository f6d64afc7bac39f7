//! A run is a stream of events.
//!
//! A session owns the device and all tensors, takes [`Command`]s and emits [`Event`]s. The terminal, the window, the browser tab
//! and the run folder are readers of that one stream.

#[cfg(not(target_arch = "wasm32"))]
mod bench;
mod command;
mod config;
mod control;
pub mod device;
mod event;
mod failure;
mod memory;
mod random;
mod recorder;
mod scratch;
mod search_run;
#[expect(
    clippy::module_inception,
    reason = "the actor is what the folder is named after"
)]
mod session;
#[cfg(not(target_arch = "wasm32"))]
mod tabulate;
mod train_run;
#[cfg(target_arch = "wasm32")]
mod turn;
mod watch;

#[cfg(not(target_arch = "wasm32"))]
pub use bench::{BenchCase, BenchResult, BenchSize, bench};
pub use command::Command;
pub use config::{
    ConfigError, DeviceChoice, KernelChoice, MemoryChoice, Preset, RUN_VERSION, RunConfig,
    SearchConfig, TrainConfig,
};
pub use event::{DatasetInfo, DeviceInfo, Event, MISTAKES, Mistake, SearchStep, Timed};
pub use failure::RunError;
pub use memory::MemoryError;
pub use recorder::{RecordError, Recorder, read_events};
pub use scratch::{ScratchEvaluator, Trained};
#[cfg(not(target_arch = "wasm32"))]
pub use session::{SessionHandle, run_blocking};
pub use session::{run, serve};
#[cfg(not(target_arch = "wasm32"))]
pub use tabulate::{TabulateConfig, TabulateError, tabulate};
pub use train_run::Accuracy;
