//! A run for other programs. Bytes come out, no files: the command line, the window and the page put them where they are wanted.

mod curves;
mod names;
mod onnx;
mod plan;
pub mod protobuf;
mod pytorch;
mod tensorboard;
pub mod tfrecord;

pub use curves::{Curve, Phase, Row, curves, curves_csv};
pub use names::TensorName;
pub use onnx::onnx;
pub use plan::Plan;
pub use pytorch::pytorch;
pub use tensorboard::{EVENT_FILE, HISTOGRAMS, Picture, event_file};
