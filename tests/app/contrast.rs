//! Text that can be read: its contrast with what it stands on, in both themes, as WCAG 2.2 counts it.

use eframe::egui::{Color32, Context, Theme};
use plateau::app::theme::{Hue, apply, bar_color, ink, readable};

/// What WCAG 2.2 asks for.
const LEAST: f64 = 4.5;

fn luminance(color: Color32) -> f64 {
    let linear = |value: u8| {
        let value = f64::from(value) / 255.0;
        match value {
            0.0..=0.04045 => value / 12.92,
            _ => ((value + 0.055) / 1.055).powf(2.4),
        }
    };
    0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
}

fn contrast(one: Color32, other: Color32) -> f64 {
    let [one, other] = [one, other].map(luminance);
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_colour_of_text_can_be_read_on_every_ground_in_both_themes() {
    let context = Context::default();
    apply(&context);
    for theme in [Theme::Light, Theme::Dark] {
        let visuals = context.style_of(theme).visuals.clone();
        let hues = [
            Hue::Accent,
            Hue::Warm,
            Hue::Neighbor,
            Hue::Good,
            Hue::Bad,
            Hue::Chosen,
            Hue::Ink,
            Hue::Quiet,
        ];
        let hues = hues.into_iter().chain((0..9).map(Hue::Arm));
        let mut texts: Vec<(String, Color32)> = hues
            .map(|hue| (format!("{hue:?}"), ink(&visuals, hue)))
            .collect();
        // Gains are blends of colours.
        for step in 0..216 {
            let [red, green, blue] = [step / 36, step / 6 % 6, step % 6].map(|part| 51 * part);
            let color = readable(Color32::from_rgb(red, green, blue), visuals.dark_mode);
            texts.push((format!("a blend {step}"), color));
        }
        for (name, color) in [
            ("text", visuals.text_color()),
            ("strong", visuals.strong_text_color()),
            ("weak", visuals.weak_text_color()),
            ("links", visuals.hyperlink_color),
            ("warnings", visuals.warn_fg_color),
            ("failures", visuals.error_fg_color),
        ] {
            texts.push((name.into(), color));
        }
        for ground in [
            visuals.panel_fill,
            visuals.window_fill,
            visuals.faint_bg_color,
            visuals.extreme_bg_color,
            bar_color(&visuals),
        ] {
            for (name, color) in &texts {
                let found = contrast(*color, ground);
                let clear = color.is_opaque() && found >= LEAST;
                assert!(clear, "{theme:?}: {name} on {ground:?}: {found:.2}");
            }
        }
    }
}

#[test]
fn a_colour_that_can_be_read_stays_as_it_is() {
    for (color, dark) in [(Hue::Accent, true), (Hue::Bad, false)] {
        assert_eq!(readable(color.color(dark), dark), color.color(dark));
    }
}
