//! The parsers of Plateau without the parts that need tensors.

#[allow(dead_code, unused_imports)]
pub mod data;
#[allow(dead_code, unused_imports)]
pub mod landscape;
#[path = "../../../src/space/mod.rs"]
pub mod space;
