#[path = "../../../src/data/dataset.rs"]
mod dataset;
#[path = "../../../src/data/embedded.rs"]
mod embedded;
#[path = "../../../src/data/error.rs"]
mod error;
#[path = "../../../src/data/read/mod.rs"]
mod read;

pub use dataset::Dataset;
pub use embedded::EMBEDDED;
pub use error::DataError;
pub use read::*;
