//! The cell editor as a person uses it: by mouse, by keyboard, by text.

mod bench;
mod hand;
mod judges;
mod model;
