//! The window: panels that draw a [`RunView`] and ask for [`Action`]s. Nothing here touches a tensor.
//!
//! Every panel is a file with a struct and `fn show(&mut self, ui, context)`. It reads the [`Context`] and pushes actions; the
//! [`App`] takes them up after the frame. A run reaches the window as events only, through a [`Link`] to a session.

mod cell_canvas;
mod context;
mod data;
mod dock;
mod editor;
mod export;
pub mod figure;
mod fragment;
mod landscape;
mod link;
mod network;
mod pictures;
mod search;
mod shell;
pub mod svg;
pub mod theme;
mod view;

pub use cell_canvas::{CellPicture, DrawnEdge, Geometry, distance};
pub use context::{Action, Context, Notice, OpenTable, SessionState};
pub use data::DataPanel;
pub use dock::Pane;
pub use editor::{Editor, edits, flatness};
pub use fragment::Fragment;
pub use landscape::LandscapePanel;
pub use link::Link;
pub use network::NetworkPanel;
pub use shell::{App, Connect};
pub use view::{RunState, RunView};
