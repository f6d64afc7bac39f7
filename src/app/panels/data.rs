//! The images: samples by class, split sizes, own files.

use std::sync::Arc;

use eframe::egui::{self, RichText, vec2};

use crate::app::context::{Action, Context, ReadData};
use crate::app::draw::pictures::Pictures;
use crate::app::draw::theme::{self, Hue, SPACE};
use crate::app::draw::words::counted;
use crate::data::{Dataset, EMBEDDED, Normalisation, Split, built_in, handed_names, short_name};
use crate::session::TEST_SHARE;

/// Height of a sample, points.
const SAMPLE: f32 = 40.0;
/// Width of the field for options, points.
const OPTIONS: f32 = 120.0;
/// Width of its label with the space behind it, points.
const LABEL: f32 = 64.0;
/// What they are.
const OPTIONS_HINT: &str = "How the next files are read, or the built-in set that is chosen next, separated by commas. size=32 or size=24x32 (rows × columns) scales images, grey takes their colours away; coarse is for CIFAR-100; set=letters chooses among IDX files, transpose turns their images.";

/// State of the panel.
#[derive(Default)]
pub struct DataPanel {
    /// What is looked at; empty until a run or the person chooses.
    chosen: String,
    /// The data set of the run when it was last looked at.
    of_run: String,
    pictures: Pictures,
    facts: Option<Facts>,
    /// How often other samples were asked for.
    page: usize,
    /// How the next files are read.
    options: String,
}

/// What is computed once for a data set and a split.
struct Facts {
    name: String,
    test_share: f64,
    seed: u64,
    /// The images of each class.
    classes: Vec<Vec<u32>>,
    split: Result<Split, String>,
    normalisation: Option<Normalisation>,
}

impl DataPanel {
    /// Looks at a data set.
    pub fn choose(&mut self, name: &str) {
        self.chosen = name.to_owned();
        self.facts = None;
        // A set of the same name may have been read anew.
        self.pictures = Pictures::default();
    }

    /// How the next files shall be read: what may follow a path behind `#`.
    pub fn options(&self) -> &str {
        &self.options
    }

    /// Draws the panel.
    pub fn show(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        theme::scroll_if_short(ui, |ui| self.parts(ui, context));
    }

    fn parts(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        let run = context.run.config.as_ref();
        let of_run = run.map_or(EMBEDDED[0], |config| config.dataset.as_str());
        if self.of_run != of_run {
            let first = self.of_run.is_empty();
            self.of_run = of_run.to_owned();
            // What was chosen before the panel was ever looked at stays.
            if !first || self.chosen.is_empty() {
                self.chosen = of_run.to_owned();
            }
        }
        self.choice(ui, context);
        let dataset = match self.pictures.load(&self.chosen) {
            Ok(dataset) => dataset,
            Err(error) => {
                ui.label(format!("{error}."));
                return;
            }
        };
        let (test_share, seed) =
            run.map_or((TEST_SHARE, 0), |config| (config.test_share, config.seed));
        let known = self.facts.as_ref().is_some_and(|facts| {
            facts.name == self.chosen && facts.test_share == test_share && facts.seed == seed
        });
        if !known {
            self.facts = Some(Facts::new(&self.chosen, &dataset, test_share, seed));
            self.page = 0;
        }
        let Some(facts) = &self.facts else { return };
        facts.show(ui, &dataset);
        for note in &dataset.notes {
            ui.label(RichText::new(format!("Note: {note}.")).color(ui.visuals().warn_fg_color));
        }
        ui.add_space(SPACE[1]);
        let largest = facts.classes.iter().map(Vec::len).max().unwrap_or(0);
        ui.horizontal(|ui| {
            ui.strong("Samples by class");
            let more = ui.button("Show others");
            if more
                .on_hover_text("The next images of each class.")
                .clicked()
            {
                self.page += 1;
            }
        });
        let row = SAMPLE + ui.spacing().item_spacing.y;
        let page = self.page;
        egui::ScrollArea::vertical().auto_shrink(false).show_rows(
            ui,
            row - ui.spacing().item_spacing.y,
            facts.classes.len(),
            |ui, rows| {
                for class in rows {
                    ui.horizontal(|ui| {
                        class_row(
                            ui,
                            &mut self.pictures,
                            &dataset,
                            facts,
                            class,
                            page,
                            largest,
                        );
                    });
                }
            },
        );
    }

    /// Looks at a built-in set; with options it is another one, which is taken up as one of files is.
    fn choose_built_in(&mut self, name: &str, context: &mut Context) {
        let options: String = self.options.split_whitespace().collect();
        if options.is_empty() {
            self.chosen = name.to_owned();
            return;
        }
        let name = format!("{name}#{options}");
        let read = Dataset::load(&name).map(|dataset| ReadData {
            name: dataset.name.clone(),
            dataset: Arc::new(dataset),
            scaled: false,
            // The session of a page has the set, too.
            files: Vec::new(),
        });
        let read = read.map_err(|error| error.to_string());
        context.actions.push(Action::DataRead(read));
    }

    /// The names of the data sets, and the button for a file.
    fn choice(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        ui.horizontal_wrapped(|ui| {
            for name in EMBEDDED {
                let button = ui.selectable_label(self.chosen == name, name);
                if button
                    .on_hover_text("A data set that comes with the program. With options the next run uses it, too.")
                    .clicked()
                {
                    self.choose_built_in(name, context);
                }
            }
            let mut names = handed_names();
            // A run's or a link's, with options.
            let known = EMBEDDED.contains(&self.of_run.as_str()) || names.contains(&self.of_run);
            if built_in(&self.of_run).is_some() && !known {
                names.push(self.of_run.clone());
            }
            for name in names {
                let short = short_name(&name);
                ui.selectable_value(&mut self.chosen, name.clone(), short)
                    .on_hover_text(name);
            }
            let button = ui.button("Open files…");
            if button
                .on_hover_text("Images of your own: CIFAR, IDX, NPZ, or an archive. You can also drop them on the window; nothing leaves this machine.")
                .clicked()
            {
                context.actions.push(Action::ChooseFile);
            }
            #[cfg(not(target_arch = "wasm32"))]
            if ui
                .button("Open a folder…")
                .on_hover_text("A folder with PNG or JPEG files in a folder for each class.")
                .clicked()
            {
                context.actions.push(Action::ChooseFolder);
            }
            // Beside each other, also where they have a row of their own.
            let size = egui::vec2(LABEL + OPTIONS, ui.spacing().interact_size.y);
            let row = egui::Layout::left_to_right(egui::Align::Center);
            ui.allocate_ui_with_layout(size, row, |ui| {
                let label = ui.label("Options");
                let field = egui::TextEdit::singleline(&mut self.options)
                    .hint_text("size=32, grey")
                    .char_limit(80)
                    .desired_width(OPTIONS);
                ui.add(field)
                    .labelled_by(label.id)
                    .on_hover_text(OPTIONS_HINT);
            });
        });
        ui.separator();
    }
}

impl Facts {
    fn new(name: &str, dataset: &Arc<Dataset>, test_share: f64, seed: u64) -> Self {
        let mut classes = vec![Vec::new(); dataset.classes.len()];
        for (image, &label) in (0u32..).zip(&dataset.labels) {
            if let Some(class) = classes.get_mut(usize::from(label)) {
                class.push(image);
            }
        }
        let split = Split::new(dataset, test_share, seed).map_err(|error| error.to_string());
        let normalisation = split
            .as_ref()
            .ok()
            .and_then(|split| Normalisation::new(dataset, &split.train()).ok());
        Self {
            name: name.to_owned(),
            test_share,
            seed,
            classes,
            split,
            normalisation,
        }
    }

    fn show(&self, ui: &mut egui::Ui, dataset: &Dataset) {
        theme::rows_of_words(ui, |ui| {
            ui.heading(&dataset.name);
            ui.label(format!(
                "{} of {}×{} pixels, {}, {}",
                counted(dataset.len(), "image"),
                dataset.height,
                dataset.width,
                match dataset.channels {
                    1 => "grey".to_owned(),
                    3 => "colour".to_owned(),
                    channels => format!("{channels} channels"),
                },
                counted(dataset.classes.len(), "class")
            ));
        });
        if let Some(normalisation) = &self.normalisation {
            let channels: Vec<String> = normalisation
                .mean
                .iter()
                .zip(&normalisation.deviation)
                .map(|(mean, deviation)| format!("{mean:.2} ± {deviation:.2}"))
                .collect();
            ui.label(format!("pixel mean ± deviation: {}", channels.join(", ")))
                .on_hover_text(
                    "Of the training part, in the file's own units. Networks see pixels less the mean, divided by the deviation.",
                );
        }
        match &self.split {
            Ok(split) => split_bar(ui, split),
            Err(message) => {
                ui.label(format!("It cannot be split for a search: {message}."));
            }
        }
    }
}

/// How the images are shared out, as a bar with three parts and its legend.
fn split_bar(ui: &mut egui::Ui, split: &Split) {
    let dark = ui.visuals().dark_mode;
    let parts = [
        (
            split.weights.len(),
            "train the weights",
            Hue::Accent,
            "The weight steps of a search see these.",
        ),
        (
            split.architecture.len(),
            "choose the architecture",
            Hue::Good,
            "The architecture steps of a search see these.",
        ),
        (
            split.test.len(),
            "kept for the test",
            Hue::Chosen,
            "No search ever sees these: only the finished network is tested on them, once.",
        ),
    ];
    let all: usize = parts.iter().map(|part| part.0).sum();
    let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 10.0), egui::Sense::hover());
    let mut left = bar.left();
    for (count, _, hue, _) in parts {
        let width = bar.width() * count as f32 / all.max(1) as f32;
        let part =
            egui::Rect::from_min_size(egui::pos2(left, bar.top()), vec2(width, bar.height()));
        ui.painter()
            .rect_filled(part.shrink2(vec2(0.5, 0.0)), 2.0, hue.color(dark));
        left += width;
    }
    theme::rows_of_words(ui, |ui| {
        for (count, text, hue, explanation) in parts {
            let (key, _) = ui.allocate_exact_size(vec2(10.0, 10.0), egui::Sense::hover());
            ui.painter().rect_filled(key, 2.0, hue.color(dark));
            ui.label(format!("{count} {text}"))
                .on_hover_text(explanation);
            ui.add_space(SPACE[0]);
        }
    });
}

/// A class: its name, how many images it has, and as many of them as fit, after `page` times as many.
fn class_row(
    ui: &mut egui::Ui,
    pictures: &mut Pictures,
    dataset: &Dataset,
    facts: &Facts,
    class: usize,
    page: usize,
    largest: usize,
) {
    let dark = ui.visuals().dark_mode;
    let images = &facts.classes[class];
    let name = dataset.classes.get(class).map_or("", String::as_str);
    ui.allocate_ui_with_layout(
        vec2(120.0, SAMPLE),
        egui::Layout::top_down(egui::Align::Min),
        |ui| {
            ui.set_width(120.0);
            ui.add(egui::Label::new(RichText::new(name).strong()).truncate());
            let count = images.len();
            ui.label(RichText::new(counted(count, "image")).weak().small());
            let (bar, _) = ui.allocate_exact_size(vec2(110.0, 4.0), egui::Sense::hover());
            let mut part = bar;
            part.set_width(bar.width() * count as f32 / largest.max(1) as f32);
            ui.painter().rect_filled(part, 2.0, Hue::Accent.color(dark));
        },
    );
    let width = SAMPLE * dataset.width as f32 / dataset.height as f32;
    let fit = (ui.available_width() / (width + ui.spacing().item_spacing.x)).floor();
    let fit = fit.clamp(1.0, 200.0) as usize;
    let skipped = page * fit % images.len().max(1);
    for &image in images
        .iter()
        .cycle()
        .skip(skipped)
        .take(fit.min(images.len()))
    {
        pictures
            .show(ui, image, SAMPLE, &format!("image {image} of class {name}"))
            .on_hover_text(format!("image {image}, class {name}"));
    }
}
