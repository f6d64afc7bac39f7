//! The panels and windows that a person works with: each reads the `Context` and pushes `Action`s.

pub mod alpha_file;
pub mod any_time;
pub mod beside;
pub mod comparison;
pub mod data;
pub mod device;
pub mod editor;
pub mod export;
pub mod figure_rows;
#[cfg(not(target_arch = "wasm32"))]
pub mod first_picture;
pub mod forecast;
mod kept_figures;
pub mod kept_runs;
pub mod landscape;
pub mod moved;
pub mod network;
pub mod result;
pub mod run;
pub mod run_table;
pub mod search;
mod search_curves;
pub mod settings;
pub mod slow_motion;
pub mod slow_pictures;
pub mod state_words;
mod strategy_choice;
pub mod values;
