#[path = "../../../src/data/augmentation.rs"]
mod augmentation;
#[path = "../../../src/data/dataset.rs"]
mod dataset;
#[path = "../../../src/data/embedded.rs"]
mod embedded;
#[path = "../../../src/data/error.rs"]
mod error;
#[path = "../../../src/data/registry.rs"]
mod registry;
#[path = "../../../src/data/normalisation.rs"]
mod normalisation;
#[path = "../../../src/data/read/mod.rs"]
mod read;

pub use augmentation::Augmentation;
pub use dataset::Dataset;
pub use embedded::{EMBEDDED, built_in};
pub use error::DataError;
pub use registry::handed;
pub use normalisation::Normalisation;
pub use read::*;
