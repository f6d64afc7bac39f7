//! Slow motion, for a lesson: a search one step at a time, and each step one stage at a time.
//!
//! A step is shown from what it said: which neighbors it looked at, how α moved, what the weights learned. A run that goes on is
//! held between two steps meanwhile; a recorded one is replayed.

use eframe::egui::{self, Role, WidgetInfo};

use super::moved::moved;
use super::slow_pictures;
use crate::app::context::Action;
use crate::app::draw::states::edge_name;
use crate::app::draw::theme::{self, Hue, SPACE, hue, operation_label};
use crate::app::draw::words::counted;
use crate::record::{RunState, RunView};
use crate::session::{Command, SearchStep};
use crate::space::Operation;

/// Seconds that a stage is shown.
const STAGE: f64 = 3.0;
/// Width of the slider of the speed with its value, points.
const SPEED: f32 = 124.0;
const NAMES: [&str; 3] = ["1  look around", "2  α-step", "3  weight step"];
/// The stage in which α moves.
const ALPHA: usize = 1;

/// Slow motion and where it stands.
pub struct SlowMotion {
    on: bool,
    stage: usize,
    /// Seconds that the stage has been shown.
    shown: f64,
    /// The step that is shown, by its place.
    position: Option<usize>,
    /// Whether it stays at its stage.
    paused: bool,
    /// Stages follow each other so many times as fast.
    pace: f64,
}

impl Default for SlowMotion {
    fn default() -> Self {
        Self {
            on: false,
            stage: 0,
            shown: 0.0,
            position: None,
            paused: false,
            pace: 1.0,
        }
    }
}

impl SlowMotion {
    /// Whether it is on.
    pub fn on(&self) -> bool {
        self.on
    }

    /// Turns it on or off. Off, a run that was held for it stays held.
    pub fn toggle(&mut self, run: &RunView, actions: &mut Vec<Action>) {
        *self = Self {
            on: !self.on,
            ..Self::default()
        };
        if self.on && run.live && run.state == RunState::Running {
            actions.push(Action::Send(Command::Step));
            actions.push(Action::Seek(None));
        } else if self.on && !run.live && run.position() == run.steps.len().checked_sub(1) {
            actions.push(Action::Seek(Some(0)));
        }
    }

    /// Cell and edge that are being updated, while α moves.
    pub fn lit(&self, run: &RunView) -> Option<(usize, usize)> {
        if !self.on || self.stage != ALPHA {
            return None;
        }
        let moved = moved(&run.steps, run.position()?)?;
        Some((moved.cell, moved.edge))
    }

    /// Draws the stage and, when its time is over, goes on.
    pub fn show(&mut self, ui: &mut egui::Ui, run: &RunView, actions: &mut Vec<Action>) {
        let Some(position) = run.position().filter(|_| self.on) else {
            return;
        };
        if self.position != Some(position) {
            (self.position, self.stage, self.shown) = (Some(position), 0, 0.0);
        }
        if !self.paused {
            self.shown += self.pace * f64::from(ui.input(|input| input.stable_dt)).min(0.25);
        }
        if self.shown >= STAGE {
            self.shown = 0.0;
            if self.stage + 1 < NAMES.len() {
                self.stage += 1;
            } else {
                self.next_step(run, position, actions);
            }
        }
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                for (stage, name) in NAMES.iter().enumerate() {
                    if ui
                        .selectable_label(stage == self.stage, *name)
                        .on_hover_text("Shows this stage of the step")
                        .clicked()
                    {
                        (self.stage, self.shown) = (stage, 0.0);
                    }
                }
                let share = (self.shown / STAGE) as f32;
                ring(ui, share);
                let (word, help) = match self.paused {
                    true => ("Go on", "Lets the stages follow each other again"),
                    false => ("Hold", "Stays at this stage"),
                };
                if ui.small_button(word).on_hover_text(help).clicked() {
                    self.paused = !self.paused;
                }
                // A slider with its value does not wrap by itself.
                let size = egui::vec2(SPEED, ui.spacing().interact_size.y);
                let row = egui::Layout::left_to_right(egui::Align::Center);
                ui.allocate_ui_with_layout(size, row, |ui| speed(ui, &mut self.pace));
            });
            ui.add_space(SPACE[0]);
            let text = explain(run, position, self.stage);
            ui.label(egui::RichText::new(text).size(theme::TYPE[1] + 1.0));
            match self.stage {
                0 => slow_pictures::neighbors(ui, run, position),
                ALPHA => slow_pictures::step_of_alpha(ui, run, position),
                _ => {}
            }
        });
        ui.add_space(SPACE[0]);
        if !self.paused {
            ui.ctx().request_repaint();
        }
    }

    fn next_step(&mut self, run: &RunView, position: usize, actions: &mut Vec<Action>) {
        match (run.live, &run.state) {
            (true, RunState::Held | RunState::Running) => {
                actions.push(Action::Send(Command::Step));
                actions.push(Action::Seek(None));
            }
            _ if position + 1 < run.steps.len() => actions.push(Action::Seek(Some(position + 1))),
            _ => self.on = false,
        }
    }
}

/// How fast the stages follow each other.
fn speed(ui: &mut egui::Ui, pace: &mut f64) {
    ui.spacing_mut().slider_width = 60.0;
    let slider = egui::Slider::new(pace, 0.25..=4.0)
        .logarithmic(true)
        .suffix("×")
        .max_decimals(2);
    let slider = ui.add(slider);
    let slider = slider.on_hover_text("How fast the stages follow each other");
    slider.widget_info(|| WidgetInfo::slider(true, *pace, "Speed of slow motion"));
}

/// How much of the stage's time is over.
fn ring(ui: &mut egui::Ui, share: f32) {
    let (rect, response) = ui.allocate_exact_size(egui::vec2(14.0, 14.0), egui::Sense::hover());
    response
        .widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, "time of the stage"));
    let color = hue(ui.visuals(), Hue::Accent);
    let points = (0..=24).map(|index| {
        let angle = std::f32::consts::TAU * (share * index as f32 / 24.0 - 0.25);
        rect.center() + 5.0 * egui::Vec2::angled(angle)
    });
    let line = egui::Shape::line(points.collect(), egui::Stroke::new(2.0, color));
    ui.painter().add(line);
}

/// What happens in a stage of a step, in words with its numbers.
fn explain(run: &RunView, position: usize, stage: usize) -> String {
    let Some(step) = run.steps.get(position) else {
        return String::new();
    };
    match stage {
        0 => look_around(step),
        ALPHA => alpha_step(run, position),
        _ => format!(
            "The weights of all operations learn from a batch of training images, mixed as α says: loss {:.3}, {:.0} % right.",
            step.train_loss,
            100.0 * step.train_accuracy
        ),
    }
}

fn look_around(step: &SearchStep) -> String {
    let own = step.validation_loss;
    let neighbors = &step.neighbor_losses;
    if neighbors.is_empty() {
        return format!(
            "Only α itself is looked at, on a batch that the weights never learn from: loss {own:.3}."
        );
    }
    let best = neighbors.iter().copied().fold(f32::INFINITY, f32::min);
    let worst = neighbors.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let drawn = counted(neighbors.len(), "neighbor");
    let how = "drawn: α with the operations of an edge exchanged. On one batch α has loss";
    match neighbors.len() {
        1 => format!(
            "{drawn} is {how} {own:.3}, the neighbor {best:.3}. Both count, so that a flat place wins."
        ),
        _ => format!(
            "{drawn} are {how} {own:.3}, its neighbors {best:.3} to {worst:.3}. All of them count, so that a flat place wins."
        ),
    }
}

fn alpha_step(run: &RunView, position: usize) -> String {
    let Some((moved, space)) = moved(&run.steps, position).zip(run.space()) else {
        return "α takes its first step down the gradient of that loss.".into();
    };
    let edge = space.edges().get(moved.edge).copied();
    let operation = space.operations().get(moved.operation).copied();
    let cell = space.cell_kinds().get(moved.cell);
    let edge = edge.map_or_else(String::new, |edge| edge_name(space, edge.from, edge.to));
    format!(
        "α goes down the gradient of that loss. It moves most on edge {edge} of the {} cell: {} from {:.1} to {:.1} %.",
        cell.map_or_else(String::new, ToString::to_string),
        operation.map_or("", |operation: Operation| operation_label(operation)),
        100.0 * moved.before,
        100.0 * moved.after
    )
}
