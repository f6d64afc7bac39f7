//! The window, driven as a person does.

mod aloud;
mod answers;
mod comparison;
mod contrast;
mod damaged;
mod editor;
mod experiments;
mod lessons;
mod long_run;
mod panels;
mod pictures;
mod results;
mod shell;
mod small_windows;
#[path = "../support/mod.rs"]
mod support;
mod window;
