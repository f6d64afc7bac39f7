//! The command line, as a stranger and as a script use it.

#[cfg(unix)]
mod bench;
mod candidates;
mod damaged;
mod devices;
mod exported_network;
mod exports;
mod genotypes;
mod judges;
mod landscape;
mod predict;
mod relax;
mod scorers;
mod settings;
#[cfg(unix)]
mod shell;
mod stops;
mod stranger;
#[path = "../support/mod.rs"]
mod support;
#[cfg(unix)]
mod sweeps;
mod tables;
mod words;
