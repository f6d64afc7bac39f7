//! Plateau searches neural architectures for *flat* optima: architectures whose accuracy survives small changes.
//!
//! | module | what it is |
//! |---|---|
//! | [`space`] | search spaces, genotypes and neighborhoods as plain data |
//! | [`data`] | images and labels, splits, batches, augmentation |
//! | [`forecast`] | how much memory a step needs, by arithmetic |
//! | [`kernels`] | WGSL kernels of the mixed operation and of whole networks, their gradients and CPU twins |
//! | [`nn`] | supernet and derived network on flat parameter vectors |
//! | [`search`] | the strategies: gradients of α, optimizers, sharpness |
//! | [`landscape`] | how good and how flat: tables, neighborhoods, barriers, spectra, sampling, statistics |
//! | [`session`] | a run as a stream of events: commands, events, the actor |
//! | [`record`] | a run as files: what an event leaves, a folder, a zip, and going on |
//! | [`export`] | a run for other programs: tables, event files, its trained network |
//! | [`study`] | programs of many runs: strategies compared, a space tabulated, steps timed |
//! | [`app`] | the window: panels that draw a run |
//! | [`cli`] | the command line, which also opens the window |
//! | `web` | the page and its worker, in a browser only |
//! | [`manual`] | for users: what a person can bring, ask for and read |
//! | [`nearest`], [`visible`], [`json`], [`csv`], [`packed`], [`whole`], [`svg`] | what was probably meant; text from outside, safe to print; what is wrong with JSON; tables for other programs; files that may be gzip; files that replace others; the pen for pictures |
//!
//! Arrows only point up this table, but for the last row, which all may use: `space` knows nothing of tensors, `cli` and `app` never touch one. [`architecture`] has the rest of what one needs
//! to know to change it, [`method`] what is computed.
//! The idea is that of Wang, Cao, Li and Kitani, *Neighborhood-Aware Neural Architecture Search* (arXiv 2105.06369).
//!
//! A search of one epoch on the built-in digits, and the cell that it finds:
//!
//! ```
//! use plateau::search::Strategy;
//! use plateau::session::{DeviceChoice, Event, Preset, RunKind, run_blocking};
//! use plateau::space::Space;
//!
//! let mut config = Preset::Quick.run("digits", Space::Darts, Strategy::NaDarts);
//! (config.kind, config.device) = (RunKind::SearchOnly, DeviceChoice::Cpu);
//! if let Some(search) = &mut config.search {
//!     (search.epochs, search.channels, search.layers) = (1, 4, 2);
//! }
//! let found = run_blocking(&config).into_iter().find_map(|event| match event {
//!     Event::Derived { genotype } => Some(genotype),
//!     _ => None,
//! });
//! println!("{}", found.expect("a search ends with a genotype").to_python()?);
//! # Ok::<(), plateau::space::GenotypeError>(())
//! ```

#![forbid(unsafe_code)]

#[cfg(all(
    feature = "window",
    not(feature = "engine"),
    not(target_arch = "wasm32")
))]
compile_error!("the desktop's window needs the engine; only the page is built without it");

#[cfg(feature = "window")]
pub mod app;
#[doc = include_str!("architecture.md")]
pub mod architecture {}
#[cfg(all(feature = "engine", feature = "window", not(target_arch = "wasm32")))]
pub mod cli;
pub mod csv;
pub mod data;
pub mod export;
pub mod forecast;
pub mod json;
#[cfg(feature = "engine")]
pub mod kernels;
pub mod landscape;
pub mod manual;
#[doc = include_str!("method.md")]
pub mod method {}
pub mod nearest;
#[cfg(feature = "engine")]
pub mod nn;
pub mod numbers;
pub mod packed;
pub mod record;
pub mod search;
pub mod session;
pub mod space;
pub mod study;
pub mod svg;
pub mod visible;
#[cfg(target_arch = "wasm32")]
pub mod web;
#[cfg(not(target_arch = "wasm32"))]
pub mod whole;
