//! Parameters and multiply-adds, part by part.

use eframe::egui::{self, RichText, vec2};

use super::super::export::Export;
use crate::app::context::{Action, Context};
use crate::app::draw::theme::Hue;
use crate::csv::csv;
use crate::record::RunView;
use crate::session::Preset;
use crate::space::{Genotype, Macro, StageCount, count_stages};

/// The network whose parts are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Outline {
    /// As the run trains it.
    #[default]
    Run,
    /// A preset's.
    Of(Preset),
}

/// State of the table.
#[derive(Default)]
pub struct Sizes {
    outline: Outline,
    counted: Option<Counted>,
}

/// The parts of one network.
struct Counted {
    genotype: Genotype,
    size: Macro,
    parts: Result<Vec<StageCount>, String>,
}

impl Sizes {
    /// Draws the table.
    pub fn show(
        &mut self,
        ui: &mut egui::Ui,
        context: &mut Context,
        run: &RunView,
        genotype: &Genotype,
        _export: &mut Export,
    ) {
        ui.horizontal_wrapped(|ui| {
            ui.label("Sizes of");
            let choices = [
                (Outline::Run, "this run"),
                (Outline::Of(Preset::Quick), "quick"),
                (Outline::Of(Preset::Teach), "teach"),
                (Outline::Of(Preset::Paper), "paper"),
            ];
            for (outline, name) in choices {
                ui.selectable_value(&mut self.outline, outline, name)
                    .on_hover_text("How many cells and channels the network has.");
            }
        });
        let (image, classes) = run
            .dataset
            .as_ref()
            .map_or(([1, 8, 8], 10), |dataset| (dataset.image, dataset.classes));
        let train = match (self.outline, &run.config) {
            (Outline::Run, Some(config)) => config.train.clone(),
            (Outline::Run, None) => Preset::Quick.train(genotype.space()),
            (Outline::Of(preset), _) => preset.train(genotype.space()),
        };
        let size = train.size(image, classes);
        let known = self
            .counted
            .as_ref()
            .is_some_and(|counted| counted.genotype == *genotype && counted.size == size);
        if !known {
            self.counted = Some(Counted {
                genotype: genotype.clone(),
                size,
                parts: count_stages(genotype, &size).map_err(|error| error.to_string()),
            });
        }
        match self.counted.as_ref().map(|counted| &counted.parts) {
            Some(Ok(parts)) => table(ui, context, genotype, &size, parts),
            Some(Err(message)) => {
                ui.label(format!("There is no such network: {message}."));
            }
            None => {}
        }
    }
}

fn table(
    ui: &mut egui::Ui,
    context: &mut Context,
    genotype: &Genotype,
    size: &Macro,
    parts: &[StageCount],
) {
    let sum = |of: fn(&StageCount) -> u64| parts.iter().map(of).sum::<u64>();
    let [parameters, multiply_adds] = [
        sum(|part| part.count.parameters),
        sum(|part| part.count.multiply_adds),
    ];
    ui.horizontal_wrapped(|ui| {
        ui.label(format!(
            "{} parameters and {} multiply-adds for an image of {}×{}×{}.",
            grouped(parameters),
            grouped(multiply_adds),
            size.image_channels,
            size.height,
            size.width
        ))
        .on_hover_text(
            "Multiply-adds of convolutions and the classifier; parameters with normalisations.",
        );
        let name = format!("size-of-{}.csv", genotype.space());
        if ui
            .button("Export CSV")
            .on_hover_text("Saves this table as a file.")
            .clicked()
        {
            context.actions.push(Action::SaveFile {
                name,
                bytes: parts_csv(parts).into_bytes(),
            });
        }
    });
    let dark = ui.visuals().dark_mode;
    let largest = parts
        .iter()
        .map(|part| part.count.parameters)
        .max()
        .unwrap_or(1);
    egui::ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        egui::Grid::new("parts")
            .striped(true)
            .num_columns(5)
            .show(ui, |ui| {
                for name in [
                    "part",
                    "output",
                    "parameters",
                    "multiply-adds",
                    "share of the parameters",
                ] {
                    ui.label(RichText::new(name).weak());
                }
                ui.end_row();
                for part in parts {
                    let [channels, height, width] = part.output;
                    ui.label(&part.name);
                    ui.label(format!("{channels}×{height}×{width}"));
                    for value in [part.count.parameters, part.count.multiply_adds] {
                        right(ui, RichText::new(grouped(value)).monospace());
                    }
                    let (place, _) =
                        ui.allocate_exact_size(vec2(120.0, 10.0), egui::Sense::hover());
                    let mut bar = place;
                    bar.set_width(
                        place.width() * part.count.parameters as f32 / largest.max(1) as f32,
                    );
                    ui.painter().rect_filled(bar, 2.0, Hue::Accent.color(dark));
                    ui.end_row();
                }
                ui.strong("all");
                ui.label("");
                for value in [parameters, multiply_adds] {
                    right(ui, RichText::new(grouped(value)).monospace().strong());
                }
                ui.end_row();
            });
    });
}

/// A label at the right end of its column.
fn right(ui: &mut egui::Ui, text: RichText) {
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
        ui.label(text);
    });
}

fn parts_csv(parts: &[StageCount]) -> String {
    let header = [
        "part",
        "channels",
        "height",
        "width",
        "parameters",
        "multiply_adds",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for part in parts {
        let mut row = vec![part.name.clone()];
        row.extend(part.output.map(|size| size.to_string()));
        row.push(part.count.parameters.to_string());
        row.push(part.count.multiply_adds.to_string());
        rows.push(row);
    }
    csv(&rows)
}

/// A number with its digits in groups of three: 3 349 342.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}
