//! The kernels of both devices: values, gradients, shapes and the texts of the shaders.

mod cell;
mod cpu;
mod gpu;
mod graph;
mod graph_twin;
mod reference;
mod self_test;
mod shader_texts;
mod shaders;
mod shaders_browser;
mod shape;
#[path = "../support/mod.rs"]
mod support;
mod translations;
