//! How things look: figures, cells, colours. Nothing here knows a run or a panel.

pub mod axes;
pub mod cell_canvas;
pub mod figure;
pub mod heat_map;
pub mod pictures;
pub mod svg;
pub mod theme;
pub mod thin;
pub mod words;
