//! A run is a stream of events.
//!
//! A session owns the device and all tensors, takes [`Command`]s and emits [`Event`]s. The terminal, the window, the browser tab
//! and the run folder are readers of that one stream.

#[cfg(feature = "engine")]
mod actor;
mod as_base64;
mod checkpoint;
#[cfg(feature = "engine")]
mod checkpoint_tensors;
mod clock;
mod command;
mod config;
#[cfg(feature = "engine")]
mod control;
#[cfg(feature = "engine")]
pub mod device;
mod differences;
mod error;
mod event;
mod finite;
mod fit;
#[cfg(feature = "engine")]
mod from_scratch;
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
mod handle;
mod machine;
mod memory;
mod monitor;
#[cfg(feature = "engine")]
mod quiet;
#[cfg_attr(
    not(feature = "engine"),
    expect(dead_code, reason = "who only draws a run draws no numbers")
)]
mod random;
#[cfg(feature = "engine")]
mod readback;
#[cfg(feature = "engine")]
mod score;
#[cfg(feature = "engine")]
mod search_run;
pub mod settings;
#[cfg(feature = "engine")]
mod train_run;
#[cfg(all(feature = "engine", target_arch = "wasm32"))]
mod yield_now;

#[cfg(feature = "engine")]
pub use actor::{run, serve};
pub use checkpoint::{
    CHECKPOINT_VERSION, Checkpoint, CheckpointError, CheckpointEvery, HostTensor,
    MAX_CHECKPOINT_BYTES, Phase, Position,
};
pub use clock::Clock;
pub use command::{Command, DataFile, Start};
pub use config::{
    ConfigError, DeviceChoice, KernelChoice, MemoryChoice, Preset, RUN_VERSION, RunConfig, RunKind,
    SearchConfig, TEST_SHARE, TrainConfig,
};
pub use differences::differences;
pub use error::RunError;
pub use event::{DatasetInfo, DeviceInfo, Event, MISTAKES, Mistake, SearchStep, Sharpness, Timed};
pub use fit::has_room_for_head;
#[cfg(feature = "engine")]
pub use from_scratch::{ScratchEvaluator, Trained};
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub use handle::{SessionHandle, run_blocking, run_blocking_from, spawn_session};
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub(crate) use machine::proc_bytes;
pub use machine::{MachineMemory, machine_memory};
pub use memory::{MemoryError, MemoryPlan};
pub use random::Purpose;
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub(crate) use random::generator;
#[cfg(feature = "engine")]
pub use score::{SCORE_BATCHES, open_supernet};
#[cfg(feature = "engine")]
pub(crate) use search_run::split_of;
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub(crate) use search_run::{RunData, SearchState};
#[cfg(feature = "engine")]
pub use train_run::Accuracy;
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub(crate) use train_run::TrainState;
#[cfg(all(feature = "engine", feature = "window", not(target_arch = "wasm32")))]
pub(crate) use {handle::panic_text, quiet::Quiet};
