//! The window, driven as a person does.

mod editor;
mod panels;
mod pictures;
#[path = "../support/mod.rs"]
mod support;
mod window;
