#[path = "../../../src/session/as_base64.rs"]
mod as_base64;
#[path = "../../../src/session/checkpoint.rs"]
mod checkpoint;
#[path = "../../../src/session/config.rs"]
mod config;
#[path = "../../../src/session/differences.rs"]
mod differences;
#[path = "../../../src/session/event.rs"]
mod event;
#[path = "../../../src/session/finite.rs"]
mod finite;
#[path = "../../../src/session/random.rs"]
mod random;
#[path = "../../../src/session/settings.rs"]
mod settings;
#[path = "../../../src/session/monitor.rs"]
mod monitor;

pub use checkpoint::Checkpoint;
pub use config::{DeviceChoice, Preset, RunConfig};
pub use differences::differences;
pub use event::Timed;
