//! The window, driven as a person does.

mod comparison;
mod editor;
mod panels;
mod pictures;
#[path = "../support/mod.rs"]
mod support;
mod window;
