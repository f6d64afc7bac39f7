#[path = "../../../src/app/share_link.rs"]
mod share_link;

pub use share_link::Fragment;
