//! A run for other programs. Bytes come out, no files: the command line, the window and the page put them where they are wanted.

mod curves;
pub mod protobuf;
mod tensorboard;
pub mod tfrecord;

pub use curves::{Curve, Phase, Row, curves, curves_csv};
pub use tensorboard::{EVENT_FILE, HISTOGRAMS, Picture, event_file};
