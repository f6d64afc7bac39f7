//! How things look: figures, cells, colours. Nothing here knows a run or a panel.

pub mod axes;
pub mod cell_canvas;
pub mod explained;
pub mod figure;
pub mod heat_map;
pub mod pictures;
#[cfg(not(target_arch = "wasm32"))]
pub mod png;
#[cfg(target_arch = "wasm32")]
pub mod png_by_browser;
mod series;
pub mod states;
pub mod strategy_picture;
pub mod svg;
pub mod theme;
pub mod thin;
pub mod words;
