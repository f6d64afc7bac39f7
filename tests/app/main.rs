//! The window, driven as a person does.

mod comparison;
mod editor;
mod experiments;
mod panels;
mod pictures;
#[path = "../support/mod.rs"]
mod support;
mod window;
