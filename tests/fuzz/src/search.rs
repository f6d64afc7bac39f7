#[path = "../../../src/search/early_stop.rs"]
pub mod early_stop;
#[path = "../../../src/search/strategy.rs"]
mod strategy;

pub use strategy::{HessianPoint, Representation, Strategy};
