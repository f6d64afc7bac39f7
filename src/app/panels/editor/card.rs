//! The flatness card: an architecture among its neighbors in numbers, and a word for it.

use eframe::egui::{Color32, Grid, Rect, RichText, Sense, Shape, Stroke, Ui, pos2, vec2};

use super::flatness::{Flatness, INSIDE_THE_NOISE, Word};
use super::flatness_words::explanation;
use super::gain;
use super::scores::Scores;
use crate::app::draw::explained::explained;
use crate::app::draw::theme::SPACE;
use crate::app::draw::theme::blend;
use crate::landscape::plus_minus;
use crate::space::Genotype;

/// The colour of a word; the word itself is always beside it.
pub fn word_color(word: Word, dark_mode: bool) -> Color32 {
    match word {
        Word::Flat => gain::ink(10.0, dark_mode),
        Word::Sharp => gain::ink(-10.0, dark_mode),
        Word::Low => gain::ink(0.0, dark_mode),
    }
}

/// Draws the card.
pub fn show(ui: &mut Ui, genotype: &Genotype, scores: &Scores, flatness: Option<&Flatness>) {
    let explain = explanation(genotype, flatness);
    let Some(flatness) = flatness else {
        ui.horizontal(|ui| {
            ui.strong("Flatness");
            why(ui, &explain);
        });
        ui.weak(if scores.waiting() {
            "The neighbors are being scored."
        } else {
            "It is known once the cell and its neighbors have scores."
        });
        return;
    };
    let dark = ui.visuals().dark_mode;
    ui.horizontal(|ui| {
        let doubtful = flatness.is_doubtful();
        let word = match doubtful {
            true => INSIDE_THE_NOISE,
            false => flatness.word.map_or("Flatness", Word::name),
        };
        let color = match flatness.word.filter(|_| !doubtful) {
            Some(word) => word_color(word, dark),
            None => ui.visuals().strong_text_color(),
        };
        let text = RichText::new(word).size(24.0).strong().color(color);
        ui.label(text).on_hover_text(&explain);
        why(ui, &explain);
        profile(ui, flatness, color);
    });
    for sentence in [flatness.margin(), flatness.counts()].into_iter().flatten() {
        ui.label(sentence).on_hover_text(&explain);
    }
    ui.add_space(SPACE[0]);
    numbers(ui, scores.reference(), flatness);
}

/// Explains the rule to whoever asks.
fn why(ui: &mut Ui, explain: &str) {
    explained(ui, RichText::new("why?").weak().underline(), explain);
}

/// A table of the accuracies, those of neighbors with their gain over the own one.
fn numbers(ui: &mut Ui, reference: Option<f64>, flatness: &Flatness) {
    let Flatness {
        own,
        neighbors,
        rank,
        ..
    } = flatness;
    let error = |place: usize| plus_minus(flatness.errors.map(|errors| errors[place]));
    Grid::new("flatness")
        .num_columns(3)
        .spacing(vec2(SPACE[2], SPACE[0]))
        .show(ui, |ui| {
            row(ui, "own accuracy", format!("{own:.2}{} %", error(0)), None);
            row(
                ui,
                "mean of neighbors",
                format!("{:.2}{} %", neighbors.mean, error(1)),
                Some(neighbors.mean - own),
            );
            for (name, accuracy) in [
                ("worst neighbor", neighbors.worst),
                ("best neighbor", neighbors.best),
            ] {
                row(ui, name, format!("{accuracy:.2} %"), Some(accuracy - own));
            }
            let place = format!("{rank} of {}", neighbors.count + 1);
            row(ui, "rank", place, None);
            let spread = format!("{:.2}", neighbors.std);
            row(ui, "standard deviation", spread, None);
            if let Some(reference) = reference {
                row(ui, "mean of the space", format!("{reference:.2} %"), None);
            }
        });
}

fn row(ui: &mut Ui, name: &str, value: String, gain: Option<f64>) {
    ui.weak(name);
    ui.label(RichText::new(value).strong());
    match gain {
        Some(gain) => ui.label(gain::text(ui, gain)),
        None => ui.label(""),
    };
    ui.end_row();
}

/// A hill whose top is the architecture and whose feet are its neighbors: broad where it is flat.
fn profile(ui: &mut Ui, flatness: &Flatness, color: Color32) {
    let (rect, _) =
        ui.allocate_exact_size(vec2(ui.available_width().min(120.0), 34.0), Sense::hover());
    let rect = Rect::from_min_max(rect.min + vec2(4.0, 4.0), rect.max - vec2(4.0, 2.0));
    // The half width is that of the share of one change: as wide as it is high at the border between flat and sharp.
    let ratio = match flatness.share {
        Some(share) if share > 0.0 => (flatness.cost / share).max(0.0) as f32,
        _ => 1.0,
    };
    let width = 0.25 / (0.3 + ratio);
    let points: Vec<_> = (0..=48)
        .map(|step| {
            let x = step as f32 / 48.0;
            let height = (-((x - 0.5) / width).powi(2)).exp();
            pos2(
                rect.left() + x * rect.width(),
                rect.bottom() - height * rect.height(),
            )
        })
        .collect();
    let painter = ui.painter();
    let ground = blend(ui.visuals().panel_fill, ui.visuals().text_color(), 0.25);
    painter.hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, ground));
    painter.add(Shape::line(points, Stroke::new(2.0, color)));
    painter.circle_filled(pos2(rect.center().x, rect.top()), 3.5, color);
}
