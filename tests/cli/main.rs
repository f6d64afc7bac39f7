//! The command line, as a stranger and as a script use it.

mod genotypes;
mod landscape;
mod scorers;
mod stranger;
#[path = "../support/mod.rs"]
mod support;
