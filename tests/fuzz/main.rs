//! Every fuzz target of this folder on thousands of changed seeds, none of which may panic or take long.

mod mutate;
mod session;
mod smoke;
#[path = "../support/mod.rs"]
mod support;
#[path = "src/targets.rs"]
mod targets;
