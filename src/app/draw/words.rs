//! Numbers of things in words, and what screen readers are told of pictures and parts.

use std::fmt::Display;

use eframe::egui::{Rect, Response, Role, Ui, accesskit};

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

/// Makes what is in `ui` a part of the window, to which screen readers jump. Called before its content, and again where the place
/// is known only behind it.
pub fn landmark(ui: &Ui, role: Role, name: &str, place: Rect) {
    let [x0, y0, x1, y1] = [place.min.x, place.min.y, place.max.x, place.max.y].map(f64::from);
    ui.ctx().accesskit_node_builder(ui.unique_id(), |node| {
        node.set_role(role);
        node.set_label(name);
        node.set_bounds(accesskit::Rect { x0, y0, x1, y1 });
    });
}
