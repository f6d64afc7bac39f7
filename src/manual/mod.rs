//! The manual, a page each: what is understood, and what is said about what is not taken as it stands.

#[doc = include_str!("data.md")]
pub mod data {}
#[doc = include_str!("defaults.md")]
pub mod defaults {}
#[doc = include_str!("genotypes.md")]
pub mod genotypes {}
#[doc = include_str!("runs.md")]
pub mod runs {}
#[doc = include_str!("tables.md")]
pub mod tables {}
