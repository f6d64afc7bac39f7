//! A run from its first event to its last: records, checkpoints, comparisons, and what goes wrong.

mod adapters;
mod checkpoints;
mod checkpoints_killed;
mod claims;
mod compare;
mod damaged;
mod device_lost;
mod edits;
mod exported;
mod faults;
mod kept;
mod machine;
mod moved;
mod network;
mod older;
mod recorder;
mod same_bits;
mod serve;
mod settings;
mod statistics;
mod steps;
#[path = "../support/mod.rs"]
mod support;
