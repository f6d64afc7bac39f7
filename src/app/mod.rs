//! The window: panels that draw a [`RunView`] and ask for [`Action`]s. Nothing here touches a tensor.
//!
//! Every panel is a file with a struct and `fn show(&mut self, ui, context)`. It reads the [`Context`] and pushes actions; the
//! [`App`] takes them up after the frame. A run reaches the window as events only, through a [`Link`] to a session.

mod any_time;
mod bars;
mod cell_canvas;
mod comparison;
mod context;
mod data;
mod dock;
mod editor;
mod export;
pub mod figure;
mod files;
#[cfg(not(target_arch = "wasm32"))]
mod first_picture;
mod forecast;
mod heat_map;
mod kept_runs;
mod labels;
mod landscape;
mod link;
#[cfg(not(target_arch = "wasm32"))]
mod native;
mod network;
mod notices;
mod pictures;
pub mod plots;
mod recording;
mod run;
#[cfg(not(target_arch = "wasm32"))]
mod run_folders;
mod search;
mod settings;
mod share_link;
mod shell;
mod shortcuts;
mod slow_motion;
mod summary;
pub mod svg;
pub mod theme;
mod tour;
pub mod values;
mod view;

pub use cell_canvas::{CellPicture, DrawnEdge, Geometry, distance};
pub use context::{Action, Context, Notice, OpenTable, SessionState};
pub use data::DataPanel;
pub use dock::Pane;
pub use editor::{Editor, edits, flatness};
#[cfg(not(target_arch = "wasm32"))]
pub use first_picture::first_picture;
pub use kept_runs::{Answer, Ask, KeptRun, Shelf};
pub use landscape::LandscapePanel;
pub use link::{Aside, Link};
#[cfg(not(target_arch = "wasm32"))]
pub use native::{LEAST_SIZE, WindowError, open_window};
pub use network::NetworkPanel;
pub use recording::Recording;
#[cfg(not(target_arch = "wasm32"))]
pub use run_folders::Keeper;
pub use search::SearchPanel;
pub use share_link::Fragment;
pub use shell::{App, Connect};
pub use slow_motion::moved;
pub use view::{Progress, RunState, RunView};
