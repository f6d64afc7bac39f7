//! What the page shows while its program loads: the recorded run, drawn by the program that will show it.

use std::fmt::Write;

use eframe::egui::vec2;

use crate::app::draw::cell_canvas::{CellPicture, Ground};
use crate::app::draw::words::counted;
use crate::app::runs::recording::Recording;
use crate::record::RunView;
use crate::space::CellKind;

/// The colours of `index.html`, which follow the browser's theme.
const PAGE: Ground = Ground {
    ground: "var(--ground)",
    card: "var(--card)",
    line: "var(--line)",
    ink: "var(--ink)",
};
/// Width and height of each picture, in points.
const SIZE: (f32, f32) = (520.0, 260.0);
/// Left, top, right and bottom margin of the curves.
const MARGIN: [f32; 4] = [34.0, 30.0, 12.0, 28.0];

/// The recorded run as HTML: the cell that was found, the losses of the search, and what they are. `web/build.sh` puts it into
/// `index.html`.
pub fn first_picture() -> String {
    let view = Recording::demo().view("recorded");
    let mut html = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(html, "<p>{}</p>", caption(&view));
    if let Some(genotype) = &view.derived {
        let kind = CellKind::Normal;
        let cell = CellPicture::of_cell(genotype.space(), kind, genotype.cell_of(kind));
        let elements = cell.svg_elements(vec2(SIZE.0, SIZE.1), &PAGE);
        picture(
            &mut html,
            "The normal cell that the search found",
            &elements,
        );
    }
    picture(&mut html, "Losses of the search", &losses(&view));
    html
}

fn picture(html: &mut String, title: &str, elements: &str) {
    let (width, height) = SIZE;
    let _ = writeln!(
        html,
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" text-anchor=\"middle\">\n<title>{title}</title>\n{elements}</svg>"
    );
}

/// What was recorded, in one sentence.
fn caption(view: &RunView) -> String {
    let config = view.config.as_ref();
    let strategy = config.and_then(|config| config.search.as_ref());
    let mut text = format!(
        "A recorded search: {} on {}, {}.",
        strategy.map_or("a search", |search| search.strategy.title()),
        config.map_or("images", |config| config.dataset.as_str()),
        counted(view.steps.len(), "step")
    );
    if let Some(tested) = view.tested() {
        let (percent, images) = (100.0 * tested.accuracy, tested.images);
        let _ = write!(
            text,
            " Trained from scratch, what it found reads {percent:.2} % of {images} test images right."
        );
    }
    text
}

/// Training and validation loss by step, with the axes that the window draws.
fn losses(view: &RunView) -> String {
    let (width, height) = SIZE;
    let [left, top, right, bottom] = MARGIN;
    let train = view.steps.iter().map(|step| step.train_loss);
    let validation = view.steps.iter().map(|step| step.validation_loss);
    let highest = train.clone().chain(validation.clone()).fold(1.0, f32::max);
    let last = view.steps.len().saturating_sub(1).max(1) as f32;
    let x = |at: f32| left + at / last * (width - left - right);
    let y = |loss: f32| height - bottom - loss / highest * (height - top - bottom);
    let mut svg = String::new();
    for tick in 0..=highest.floor() as i32 {
        let at = y(tick as f32);
        let _ = writeln!(
            svg,
            "<path d=\"M{left} {at:.1}H{:.1}\" stroke=\"{}\" stroke-width=\"0.5\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"13\" fill=\"{}\">{tick}</text>",
            width - right,
            PAGE.line,
            left - 14.0,
            at + 4.5,
            PAGE.ink
        );
    }
    let curves: [(&str, &str, Vec<f32>); 2] = [
        ("training", "var(--training)", train.collect()),
        ("validation", "var(--validation)", validation.collect()),
    ];
    for (index, (name, color, values)) in curves.iter().enumerate() {
        let points: Vec<String> = (0u16..)
            .zip(values)
            .map(|(step, &loss)| format!("{:.1} {:.1}", x(step.into()), y(loss)))
            .collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.6\"/>\
             <text x=\"{:.1}\" y=\"16\" font-size=\"13\" fill=\"{color}\">{name}</text>",
            points.join(" "),
            width * (0.5 + 0.2 * index as f32)
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"70\" y=\"16\" font-size=\"13\" fill=\"{0}\">Loss, nats</text>\
         <text x=\"{1:.1}\" y=\"{2:.1}\" font-size=\"13\" fill=\"{0}\">step {3}</text>",
        PAGE.ink,
        width - right - 24.0,
        height - 8.0,
        view.steps.len()
    );
    svg
}
