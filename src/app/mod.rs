//! The window: panels that draw a [`RunView`] and ask for [`Action`]s. Nothing here touches a tensor.
//!
//! Every panel is a file with a struct and `fn show(&mut self, ui, context)`. It reads the [`Context`] and pushes actions; the
//! [`App`] takes them up after the frame. A run reaches the window as events only, through a [`Link`] to a session.

mod context;
pub mod draw;
pub mod keys;
pub mod lessons;
mod pane;
mod panels;
mod runs;
mod share_link;
mod shell;

pub use crate::record::{Progress, RunState, RunView};
pub use context::{Action, Context, OpenTable};
pub use draw::cell_canvas::{CellPicture, DrawnEdge, Geometry, distance};
#[cfg(not(target_arch = "wasm32"))]
pub use draw::png::png;
pub use draw::{axes, figure, strategy_picture, svg, theme, words};
pub use pane::Pane;
pub use panels::alpha_file;
pub use panels::data::DataPanel;
pub use panels::editor::{Editor, edits, flatness, flatness_words};
pub use panels::export::cell_pictures;
#[cfg(not(target_arch = "wasm32"))]
pub use panels::first_picture::first_picture;
pub use panels::forecast;
pub use panels::landscape::LandscapePanel;
pub use panels::moved::moved;
pub use panels::network::NetworkPanel;
pub use panels::search::SearchPanel;
pub use panels::values;
#[cfg(target_arch = "wasm32")]
pub use runs::kept_run::is_of;
pub use runs::kept_run::{Answer, Ask, FoundSupernet, KeptRun, Wanted, beside, described};
pub use runs::link::{Aside, Link, Seat, SessionState};
pub use runs::notice::Notice;
pub use runs::recording::{Recorded, Recording};
#[cfg(not(target_arch = "wasm32"))]
pub use runs::run_folders::Keeper;
pub use runs::shelf::Shelf;
pub use runs::supernet::{Judge, JudgeOf, SupernetState, shipped, shipped_name, worth};
pub use share_link::{Fragment, LessonPlace};
pub use shell::{App, Connect, Told, WELCOME};
#[cfg(not(target_arch = "wasm32"))]
pub use shell::{LEAST_SIZE, WindowError, open_window, unplaced};
