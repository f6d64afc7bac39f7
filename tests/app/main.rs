//! The window, driven as a person does.

mod comparison;
mod editor;
mod experiments;
mod panels;
mod pictures;
mod results;
mod shell;
mod small_windows;
#[path = "../support/mod.rs"]
mod support;
mod window;
