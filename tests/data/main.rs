//! Images in memory: the data sets, their splits and batches, and the readers of what people bring.

mod batch;
mod cli;
mod dataset;
mod memory;
mod readers;
#[path = "../support/mod.rs"]
mod support;
