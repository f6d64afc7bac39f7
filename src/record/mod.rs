//! A run as files: what each event leaves, the folder that takes it at once, and how it is read and gone on with.

mod checkpoints;
mod event_lines;
mod recorder;

pub use checkpoints::{
    KEPT, Latest, SUPERNET_FILE, StoreError, latest, load, load_supernet, save, saved,
};
pub use event_lines::{Lines, read_lines};
pub use recorder::{Interrupted, Lock, RecordError, Recorder, Tail, lock, read_events};
