//! What the states and edges of a cell are called wherever a person reads them: as the canvas draws them, and the same as plain text.
//! Text forms of genotypes number the states from 0; 0 and 1 of a DARTS cell are the outputs of the two cells before.

use eframe::egui::text::LayoutJob;
use eframe::egui::{Align, Color32, FontId, TextFormat};

use crate::space::Space;

/// What is said where names of states stand beside the numbers of a text form; nothing where they are the same.
pub fn numbers_in_text(space: Space) -> Option<&'static str> {
    match space {
        Space::Darts => Some("in the text 0 is c_{k−2} and 1 is c_{k−1}"),
        Space::NasBench201 | Space::NasBench201Small => None,
    }
}

/// What stands below the c of a state that is the output of an earlier cell.
pub fn index_of_cell(space: Space, state: usize) -> Option<&'static str> {
    match (space, state) {
        (Space::Darts, 0) => Some("k−2"),
        (Space::Darts, 1) => Some("k−1"),
        _ => None,
    }
}

/// The name of a state as plain text: `c_{k−2}`, `c_{k−1}`, `2`.
pub fn state_name(space: Space, state: usize) -> String {
    match index_of_cell(space, state) {
        Some(index) => format!("c_{{{index}}}"),
        None => state.to_string(),
    }
}

/// The name of an edge as plain text: `c_{k−2} → 2`.
pub fn edge_name(space: Space, from: usize, to: usize) -> String {
    format!("{} → {}", state_name(space, from), state_name(space, to))
}

/// Appends text.
pub fn push(job: &mut LayoutJob, text: &str, size: f32, color: Color32) {
    let format = TextFormat {
        font_id: FontId::proportional(size),
        color,
        valign: Align::BOTTOM,
        ..TextFormat::default()
    };
    job.append(text, 0.0, format);
}

/// Appends a letter with an index below.
pub fn push_indexed(job: &mut LayoutJob, letter: &str, index: &str, size: f32, color: Color32) {
    push(job, letter, size, color);
    push(job, index, 0.68 * size, color);
}

/// Appends the name of a state as the canvas draws it.
pub fn push_state(job: &mut LayoutJob, space: Space, state: usize, size: f32, color: Color32) {
    match index_of_cell(space, state) {
        Some(index) => push_indexed(job, "c", index, size, color),
        None => push(job, &state.to_string(), size, color),
    }
}

/// Appends the name of an edge.
pub fn push_edge(job: &mut LayoutJob, space: Space, ends: [usize; 2], size: f32, color: Color32) {
    push_state(job, space, ends[0], size, color);
    push(job, " → ", size, color);
    push_state(job, space, ends[1], size, color);
}
