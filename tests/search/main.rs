//! What is searched and how: networks, objectives, strategies and what scores genotypes.

mod candidates;
mod evaluators;
mod networks;
mod objective;
mod promises;
mod relaxations;
mod strategies;
#[path = "../support/mod.rs"]
mod support;
