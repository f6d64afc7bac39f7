//! The parsers of Plateau without the parts that need tensors or a window.

#[allow(dead_code, unused_imports)]
pub mod app;
#[allow(dead_code, unused_imports)]
pub mod data;
#[allow(dead_code, unused_imports)]
pub mod landscape;
#[allow(dead_code)]
#[path = "../../../src/nearest.rs"]
pub mod nearest;
#[allow(dead_code)]
pub mod record;
#[allow(dead_code, unused_imports)]
pub mod search;
#[allow(dead_code, unused_imports)]
pub mod session;
#[path = "../../../src/space/mod.rs"]
pub mod space;
#[allow(dead_code)]
#[path = "../../../src/visible.rs"]
pub mod visible;
