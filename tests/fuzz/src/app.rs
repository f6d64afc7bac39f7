#[path = "../../../src/app/fragment.rs"]
mod fragment;

pub use fragment::Fragment;
