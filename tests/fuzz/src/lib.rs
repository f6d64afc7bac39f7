//! The parsers of Plateau, from its library without what computes and draws, and the link, which the window reads.

#[allow(dead_code)]
pub mod app;

pub use parsers::*;
