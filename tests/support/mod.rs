//! What tests share. Each test program includes all of it and uses a part.

#![allow(dead_code)]

pub mod chromium;
pub mod folder;
pub mod outcome;
pub mod peers;
pub mod program;
pub mod runs;
pub mod supernet;
pub mod write;
