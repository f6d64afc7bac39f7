#[path = "../../../src/record/event_lines.rs"]
mod event_lines;

pub use event_lines::read_lines;
