//! The cell editor as a person uses it: by mouse, by keyboard, by text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod bench;
mod hand;
mod judges;
mod model;
#[path = "../support/runs.rs"]
mod runs;
