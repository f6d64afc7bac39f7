//! Numbers of things in words, and pictures.

use std::fmt::Display;

use eframe::egui::Response;

/// A number of things: `1 run`, `2 runs`, `0 classes`.
pub fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let ending = match noun {
        _ if count == N::from(1) => "",
        _ if noun.ends_with(['s', 'x']) => "es",
        _ => "s",
    };
    format!("{count} {noun}{ending}")
}

/// Has screen readers say what a picture shows, behind its name. `sentence` is called only where one listens, and while egui is locked.
pub fn describe(picture: &Response, sentence: impl FnOnce() -> String) {
    let context = &picture.ctx;
    context.accesskit_node_builder(picture.id, |node| node.set_description(sentence()));
}
