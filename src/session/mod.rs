//! A run is a stream of events.
//!
//! A session owns the device and all tensors, takes [`Command`]s and emits [`Event`]s. The terminal, the window, the browser tab
//! and the run folder are readers of that one stream.

#[cfg(feature = "engine")]
mod actor;
#[cfg(feature = "engine")]
pub mod adapters;
#[cfg(feature = "engine")]
mod add_data;
mod answer;
mod as_base64;
mod check;
mod checkpoint;
#[cfg(feature = "engine")]
mod checkpoint_tensors;
mod clock;
mod command;
mod config;
mod config_error;
#[cfg(feature = "engine")]
mod control;
mod cost;
#[cfg(feature = "engine")]
pub mod device;
mod device_choice;
mod differences;
mod error;
mod event;
mod finite;
mod fit;
#[cfg(feature = "engine")]
mod from_scratch;
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
mod handle;
mod info;
mod machine;
mod memory;
mod monitor;
#[cfg(feature = "engine")]
mod network_tensors;
#[cfg(all(feature = "engine", target_arch = "wasm32"))]
mod no_gpu;
#[cfg(feature = "engine")]
mod predict;
mod preset;
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
mod run_data;
#[cfg(feature = "engine")]
mod score;
#[cfg(feature = "engine")]
mod search_run;
pub mod settings;
mod tensor_file;
#[cfg(feature = "engine")]
mod train_run;
mod trained_network;
#[cfg(all(feature = "engine", target_arch = "wasm32"))]
mod yield_now;

#[cfg(feature = "engine")]
pub use actor::{run, serve};
pub use answer::{likeliest, probabilities};
pub use checkpoint::{
    CHECKPOINT_VERSION, Checkpoint, CheckpointError, CheckpointEvery, MAX_CHECKPOINT_BYTES,
    MAX_HEADER_BYTES, Phase, Position,
};
pub use clock::Clock;
pub use command::{ASKER, Command, DataFile, Start};
pub use config::{
    KernelChoice, MemoryChoice, RUN_VERSION, RunConfig, RunKind, SCORE_BATCHES, SearchConfig,
    TEST_SHARE, TrainConfig, judge_name,
};
pub use config_error::ConfigError;
pub use device_choice::DeviceChoice;
pub use differences::differences;
pub use error::{MemoryError, RunError};
pub use event::{Event, MISTAKES, Mistake, SearchStep, Sharpness, Timed};
pub use fit::has_room_for_head;
#[cfg(feature = "engine")]
pub use from_scratch::{ScratchEvaluator, Trained};
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub use handle::{SessionHandle, run_blocking, run_blocking_from, spawn_session};
pub use info::{Adapter, AdapterKind, DatasetInfo, DeviceInfo};
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub(crate) use machine::proc_bytes;
pub use machine::{MachineMemory, machine_memory};
pub use memory::MemoryPlan;
#[cfg(feature = "engine")]
pub use predict::Predictor;
pub use preset::Preset;
pub use random::Purpose;
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub(crate) use random::generator;
#[cfg(feature = "engine")]
pub(crate) use run_data::split_of;
#[cfg(feature = "engine")]
pub use score::open_supernet;
pub use tensor_file::HostTensor;
#[cfg(feature = "engine")]
pub use train_run::Accuracy;
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub(crate) use train_run::TrainState;
pub use trained_network::{
    MAX_NETWORK_BYTES, NETWORK_VERSION, NetworkDescription, NetworkError, TrainedNetwork,
};
#[cfg(all(feature = "engine", feature = "window", not(target_arch = "wasm32")))]
pub(crate) use {handle::panic_text, quiet::Quiet};
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub(crate) use {run_data::RunData, search_run::SearchState};
