//! A strategy as a small picture: what it mixes the operations of an edge with in a step, beside softmax(α).

use eframe::egui::{self, Color32, Rect, Sense, Stroke, StrokeKind, pos2, vec2};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::search::Strategy;
use crate::search::relaxation::Relaxation;
use crate::space::Operation;

use super::theme;

/// Operations of the edge that is drawn, in the order of its bars.
const OPERATIONS: [Operation; 5] = [
    Operation::None,
    Operation::SkipConnect,
    Operation::Conv1x1,
    Operation::Conv3x3,
    Operation::AvgPool3x3,
];
/// α of that edge.
const ALPHA: [f32; 5] = [-0.6, 0.5, 0.1, 1.3, -0.2];
/// How far the search is whose step is drawn, and the seed of what it draws.
const PROGRESS: f64 = 0.6;
const SEED: u64 = 5;
/// Size of a group of bars, points.
const GROUP: [f32; 2] = [64.0, 38.0];
/// Between two groups, points.
const GAP: f32 = 14.0;

/// Bars of one edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// What each operation weighs, 0 to 1.
    pub weights: Vec<f32>,
    /// What lies on top of it.
    pub more: Vec<f32>,
    /// How far it is moved either way while the weights are trained.
    pub spread: f32,
}

/// The groups of bars of a strategy: its edge, and those of two neighbors where it looks at any; of a strategy that samples, what it draws.
pub fn groups(strategy: Strategy) -> Vec<Bars> {
    let one = |chosen: usize| Bars::of((0..5).map(|k| f32::from(u8::from(k == chosen))).collect());
    match strategy {
        Strategy::Random => return vec![one(2)],
        Strategy::Rsps => return vec![one(1), one(3), one(4)],
        _ => {}
    }
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let relaxation = Relaxation::draw(strategy, 5, 1.0, None, PROGRESS, &mut rng);
    let mut own = Bars::of(relaxation.mix(&ALPHA, 5));
    match strategy.plain() {
        // What is left of the auxiliary skip connection half way.
        Strategy::DartsMinus => own.more[1] = 0.5,
        Strategy::SdartsRs | Strategy::SdartsAdv => own.spread = 0.12,
        _ => {}
    }
    let shifted = |shift: usize| {
        let mut bars = own.clone();
        bars.weights.rotate_right(shift);
        bars
    };
    match strategy.neighborhood_aware() {
        true => vec![own.clone(), shifted(1), shifted(3)],
        false => vec![own],
    }
}

impl Bars {
    fn of(weights: Vec<f32>) -> Self {
        Self {
            more: vec![0.0; weights.len()],
            weights,
            spread: 0.0,
        }
    }
}

/// Draws the picture of a strategy.
pub fn show(ui: &mut egui::Ui, strategy: Strategy) {
    let groups = groups(strategy);
    let [width, height] = GROUP;
    let count = groups.len() as f32;
    let size = vec2(count * width + (count - 1.0) * GAP, height);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let painter = ui.painter();
    let weak = ui.visuals().weak_text_color();
    let outlines = match strategy.by_gradient() {
        true => Relaxation::DARTS.mix(&ALPHA, 5),
        false => vec![0.2; 5],
    };
    for (place, bars) in groups.iter().enumerate() {
        let left = rect.left() + place as f32 * (width + GAP);
        // Neighbors are paler.
        let strength = if place == 0 || strategy == Strategy::Rsps {
            1.0
        } else {
            0.55
        };
        let column = width / 5.0;
        let bar = |k: usize, from: f32, to: f32| {
            let x = left + k as f32 * column;
            let y = |weight: f32| rect.bottom() - 1.0 - weight.min(1.0) * (height - 2.0);
            Rect::from_min_max(pos2(x + 1.0, y(to)), pos2(x + column - 1.0, y(from)))
        };
        for (k, &operation) in OPERATIONS.iter().enumerate() {
            let color = theme::operation_color(operation).gamma_multiply(strength);
            let weight = bars.weights[k];
            painter.rect_filled(bar(k, 0.0, weight), 1.0, color);
            if bars.more[k] > 0.0 {
                let more = bar(k, weight, weight + bars.more[k]);
                painter.rect_filled(more, 1.0, color.gamma_multiply(0.35));
            }
            if place == 0 {
                let outline = bar(k, 0.0, outlines[k]);
                painter.rect_stroke(outline, 1.0, Stroke::new(1.0, weak), StrokeKind::Inside);
            }
            if bars.spread > 0.0 {
                let low = bar(k, 0.0, (weight - bars.spread).max(0.0));
                let high = bar(k, 0.0, weight + bars.spread);
                let line = [high.center_top(), low.center_top()];
                painter.line_segment(line, Stroke::new(1.5, strong(ui)));
            }
        }
        let ground = [pos2(left, rect.bottom()), pos2(left + width, rect.bottom())];
        painter.line_segment(ground, Stroke::new(1.0, weak));
    }
}

fn strong(ui: &egui::Ui) -> Color32 {
    ui.visuals().strong_text_color()
}
