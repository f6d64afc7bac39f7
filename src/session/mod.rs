//! A run is a stream of events.
//!
//! A session owns the device and all tensors, takes [`Command`]s and emits [`Event`]s. The terminal, the window, the browser tab
//! and the run folder are readers of that one stream.

mod as_base64;
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
mod bench;
mod checkpoint;
#[cfg(feature = "engine")]
mod checkpoint_tensors;
mod clock;
mod command;
pub mod compare;
mod config;
#[cfg(feature = "engine")]
mod control;
#[cfg(feature = "engine")]
pub mod device;
mod differences;
mod event;
mod failure;
mod finite;
mod fit;
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
mod handle;
#[cfg(not(target_arch = "wasm32"))]
mod lines;
mod machine;
mod memory;
#[cfg(feature = "engine")]
mod pace;
#[cfg(feature = "engine")]
mod quiet;
#[cfg_attr(
    not(feature = "engine"),
    expect(dead_code, reason = "who only draws a run draws no numbers")
)]
mod random;
#[cfg(not(target_arch = "wasm32"))]
mod recorder;
#[cfg(feature = "engine")]
mod score;
#[cfg(feature = "engine")]
mod scratch;
#[cfg(feature = "engine")]
mod search_run;
#[cfg(feature = "engine")]
#[expect(
    clippy::module_inception,
    reason = "the actor is what the folder is named after"
)]
mod session;
#[cfg(not(target_arch = "wasm32"))]
mod store;
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
mod tabulate;
#[cfg(feature = "engine")]
mod train_run;
#[cfg(all(feature = "engine", target_arch = "wasm32"))]
mod turn;
mod watch;
#[cfg(not(target_arch = "wasm32"))]
mod whole;

#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub use bench::{
    BenchCase, BenchResult, BenchShape, BenchSize, BenchStep, Peer, PeerError, PeerResult,
    PeerTime, bench,
};
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
pub use event::{DatasetInfo, DeviceInfo, Event, MISTAKES, Mistake, SearchStep, Sharpness, Timed};
pub use failure::RunError;
pub use fit::has_room_for_head;
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub use handle::{SessionHandle, run_blocking, run_blocking_from, spawn_session};
#[cfg(not(target_arch = "wasm32"))]
pub use lines::{Lines, read_lines};
pub use machine::{MachineMemory, machine_memory};
pub use memory::{MemoryError, MemoryPlan};
pub use random::Purpose;
#[cfg(not(target_arch = "wasm32"))]
pub use recorder::{Interrupted, Lock, RecordError, Recorder, Tail, lock, read_events};
#[cfg(feature = "engine")]
pub use score::{SCORE_BATCHES, open_supernet};
#[cfg(feature = "engine")]
pub use scratch::{ScratchEvaluator, Trained};
#[cfg(feature = "engine")]
pub use session::{run, serve};
#[cfg(not(target_arch = "wasm32"))]
pub use store::{
    KEPT, Latest, SUPERNET_FILE, StoreError, latest, load, load_supernet, save, saved,
};
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub use tabulate::{TabulateConfig, TabulateError, tabulate};
#[cfg(feature = "engine")]
pub use train_run::Accuracy;
#[cfg(not(target_arch = "wasm32"))]
pub use whole::{check_writable, write_whole};
#[cfg(all(feature = "engine", feature = "window", not(target_arch = "wasm32")))]
pub(crate) use {handle::panic_text, quiet::Quiet};
