//! Runs as the window knows them: the link to a session, and who keeps them.

pub mod kept_run;
pub mod labels;
pub mod link;
pub mod notice;
pub mod recording;
#[cfg(not(target_arch = "wasm32"))]
pub mod run_folders;
pub mod run_network;
pub mod shelf;
pub mod supernet;
