//! Gains and losses of accuracy as colours, heights and words.

use eframe::egui::{Color32, RichText, Ui};

use crate::app::draw::theme::{blend, readable};

/// The gain or loss in points at which colours are strongest.
const STRONGEST: f64 = 30.0;
/// What counts as no change, in points: half of the last digit that is shown.
const NOTHING: f64 = 0.005;

/// Where a gain in points lies on a scale that is linear up to about a point and logarithmic beyond: ±1 at ±30 points, and on beyond them.
pub fn height(gain: f64) -> f32 {
    ((gain / 0.5).asinh() / (STRONGEST / 0.5).asinh()) as f32
}

/// Blue for gains, orange for losses, grey between them: told apart by people with any colour vision.
pub fn color(gain: f64, dark_mode: bool) -> Color32 {
    let (neutral, better, worse) = if dark_mode {
        (
            Color32::from_gray(125),
            Color32::from_rgb(0x62, 0xb6, 0xff),
            Color32::from_rgb(0xff, 0x92, 0x3d),
        )
    } else {
        (
            Color32::from_gray(150),
            Color32::from_rgb(0x00, 0x5f, 0xb8),
            Color32::from_rgb(0xc6, 0x4a, 0x00),
        )
    };
    let strength = if gain.abs() < NOTHING {
        0.0
    } else {
        0.45 + 0.55 * height(gain).abs().min(1.0)
    };
    blend(neutral, if gain > 0.0 { better } else { worse }, strength)
}

/// The same for text.
pub fn ink(gain: f64, dark_mode: bool) -> Color32 {
    readable(color(gain, dark_mode), dark_mode)
}

/// The gain with its sign: `+0.31`, `−4.20`, `±0.00`.
pub fn signed(gain: f64) -> String {
    let sign = match gain {
        gain if gain.abs() < NOTHING => '±',
        gain if gain > 0.0 => '+',
        _ => '−',
    };
    format!("{sign}{:.2}", gain.abs())
}

/// The gain with its sign, an arrow and its colour.
pub fn text(ui: &Ui, gain: f64) -> RichText {
    let arrow = match gain {
        gain if gain.abs() < NOTHING => "",
        gain if gain > 0.0 => "▲ ",
        _ => "▼ ",
    };
    RichText::new(format!("{arrow}{}", signed(gain))).color(ink(gain, ui.visuals().dark_mode))
}
