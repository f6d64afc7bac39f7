//! Supernet and derived network.
//!
//! A network is a plan: layers that know where in one flat vector their weights lie ([`parameters`]). Its forward pass takes the
//! weights as [`Leaves`], so that the same plan runs with the weights of now, of a look-ahead step (second-order DARTS) or of a
//! checkpoint. Stock Burn operations ([`layers`]) are the oracle and the baseline of the fused kernels.

mod derived;
mod graph;
mod lanes;
mod layers;
mod loss;
mod operation;
mod parameters;
mod read;
mod residual;
mod single_path;
mod supernet;

pub use derived::{AUXILIARY, DerivedNetwork, DropPath, Logits, draw_drop_path, update_statistics};
pub use layers::{EPSILON, Pass, Statistics};
pub use loss::{lane_correct, lane_losses, smoothed_loss};
pub use parameters::{Layout, Leaves, Packing};
pub use read::read;
pub use supernet::Supernet;
