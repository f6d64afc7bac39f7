//! The manual, a page each: what is understood, what is said about what is not taken as it stands, and what experiments have shown.

#[doc = include_str!("data.md")]
pub mod data {}
#[doc = include_str!("defaults.md")]
pub mod defaults {}
#[doc = "[judge]: experiments::judge\n[noise]: experiments::noise\n[relaxed]: experiments::relaxed\n[scratch]: experiments::scratch\n"]
#[doc = include_str!("experiments.md")]
pub mod experiments {
    #[doc = include_str!("experiments/judge.md")]
    pub mod judge {}
    // Pictures lie beside the pages, seen from target/doc.
    #[doc = "[figure]: ../../../../../../src/manual/experiments/noise.svg\n"]
    #[doc = include_str!("experiments/noise.md")]
    pub mod noise {}
    #[doc = "[figure]: ../../../../../../src/manual/experiments/relaxed.svg\n"]
    #[doc = include_str!("experiments/relaxed.md")]
    pub mod relaxed {}
    #[doc = include_str!("experiments/scratch.md")]
    pub mod scratch {}
}
#[doc = include_str!("genotypes.md")]
pub mod genotypes {}
#[doc = include_str!("runs.md")]
pub mod runs {}
#[doc = include_str!("tables.md")]
pub mod tables {}
