//! A run as files: what each event leaves, who takes it, and how it is read and gone on with.
//!
//! [`writes`] says what an event leaves, without input or output. A [`Recorder`] carries that out in a folder at once; [`RunFiles`] gathers it, for the
//! browser's storage and for a zip.

#[cfg(not(target_arch = "wasm32"))]
mod checkpoints;
#[cfg(not(target_arch = "wasm32"))]
mod claim;
mod digest;
mod event_lines;
mod files;
#[cfg(not(target_arch = "wasm32"))]
mod interrupted;
#[cfg(not(target_arch = "wasm32"))]
mod recorder;
mod rival;
#[cfg(not(target_arch = "wasm32"))]
mod run_folder;
mod run_view;
mod tape;

#[cfg(not(target_arch = "wasm32"))]
pub use checkpoints::{
    Latest, StoreError, Supernet, latest, load, load_network, load_supernet, save, saved,
};
#[cfg(not(target_arch = "wasm32"))]
pub use claim::{CLAIM, Claim, give_up_all};
pub use digest::Digest;
pub use event_lines::{Fault, Lines, read_lines};
pub use files::{RunFileError, RunFiles, zipped};
#[cfg(not(target_arch = "wasm32"))]
pub use interrupted::{Interrupted, Tail, can_go_on};
#[cfg(not(target_arch = "wasm32"))]
pub use recorder::{LOCK, Lock, RecordError, Recorder, Stands, lock, write_files};
pub use rival::{RIVAL_FILE, rival_name, rival_text};
#[cfg(not(target_arch = "wasm32"))]
pub use rival::{read_rival, write_rival};
#[cfg(not(target_arch = "wasm32"))]
pub use run_folder::{read_events, read_files, read_log};
pub use run_view::{Progress, RunState, RunView, SearchView, Tested, TrainingView};
pub use tape::{EVENTS, KEPT, NETWORK_FILE, SUPERNET_FILE, Write, checkpoint_file, writes};
