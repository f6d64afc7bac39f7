//! What the state of a run is called.

use eframe::egui::{RichText, Ui};

use crate::app::draw::theme::{self, Hue};
use crate::record::{RunState, RunView};

/// What a run's state is called, and how it looks. `kept`: whether it is among the person's kept runs.
pub fn state_words(run: &RunView, kept: bool) -> (&'static str, Option<Hue>) {
    match &run.state {
        RunState::Empty => ("no run", None),
        RunState::Running if run.live => ("running", Some(Hue::Accent)),
        RunState::Running if kept => ("kept run, unfinished", Some(Hue::Warm)),
        RunState::Running => ("recorded, unfinished", Some(Hue::Warm)),
        RunState::Held if run.live => ("held", Some(Hue::Warm)),
        RunState::Held if kept => ("kept run, held", Some(Hue::Warm)),
        RunState::Held => ("recorded, held", Some(Hue::Warm)),
        RunState::Stopped => ("stopped", Some(Hue::Warm)),
        RunState::Finished if run.live => ("finished", Some(Hue::Good)),
        RunState::Finished if kept => ("kept run, finished", Some(Hue::Good)),
        RunState::Finished => ("recorded, finished", Some(Hue::Good)),
        RunState::Failed(_) => ("failed", Some(Hue::Bad)),
    }
}

/// Writes such words in their colour.
pub fn state_label(ui: &mut Ui, (words, hue): (&str, Option<Hue>)) {
    let color = hue.map_or(ui.visuals().weak_text_color(), |hue| {
        theme::ink(ui.visuals(), hue)
    });
    ui.label(RichText::new(words).color(color));
}
