//! Images and labels in memory: data sets, splits, mini-batches and augmentation.
//!
//! A [`Dataset`] holds raw bytes; the embedded sets and the readers of files return this type. A
//! [`Split`] divides its image indices into the parts of a bilevel search, a [`Sampler`] deals mini-batches of indices,
//! [`Augmentation`] draws one [`Placement`] an image, and [`DeviceImages`] turns placements into tensors on the device.
//! Everything but [`DeviceImages`] is plain data without a tensor. Images are laid out
//! `[images, channels, height, width]` everywhere.

mod augmentation;
#[cfg(feature = "engine")]
mod batch;
mod dataset;
mod embedded;
mod error;
mod load;
mod normalisation;
#[cfg(not(target_arch = "wasm32"))]
mod place;
mod read;
mod registry;
mod sampler;
mod split;

pub use augmentation::{Augmentation, Cutout, Placement, chunks, place};
#[cfg(feature = "engine")]
pub use batch::{Batch, DeviceImages};
pub use dataset::Dataset;
#[cfg(target_arch = "wasm32")]
pub use embedded::{Arrival, arrives, awaited, provide};
pub use embedded::{built_in, is_coming};
pub use error::{DataError, EMBEDDED};
pub use normalisation::Normalisation;
#[cfg(not(target_arch = "wasm32"))]
pub use place::{absolute, path_of};
#[cfg(not(target_arch = "wasm32"))]
pub use read::read_path;
pub use read::{
    ImageName, Input, Loaded, Options, Refused, Unlabelled, file_name, is_picture, read_blobs,
    short_name,
};
#[cfg(not(target_arch = "wasm32"))]
pub use registry::handed_with_hash;
pub use registry::{hand_over, hand_over_once, handed, handed_names};
pub use sampler::{LastBatch, Sampler};
pub use split::Split;
