//! What the trained network says of an image of the person's own.

use std::sync::Arc;

use eframe::egui::{self, RichText};

use crate::app::context::{Action, Context};
use crate::app::draw::pictures::Pictures;
use crate::app::draw::theme::{self, SPACE};
use crate::app::draw::words::counted;
use crate::data::{Dataset, Unlabelled};
use crate::session::{NetworkDescription, likeliest, probabilities};

/// Height of the image, points.
const PICTURE: f32 = 160.0;
/// Width of a bar, points.
const BAR: f32 = 280.0;
/// How many classes are named.
const TOP: usize = 5;

/// Images that a trained network was asked about, and what it said.
pub struct Answered {
    /// Which network: its run.
    pub by: String,
    /// What it is.
    pub network: NetworkDescription,
    /// What it saw.
    pub images: Unlabelled,
    /// Of each image.
    pub logits: Vec<Vec<f32>>,
}

/// The last question, and its answer.
#[derive(Default)]
pub struct Question {
    /// What is looked at and has no answer yet.
    asked: Option<String>,
    answered: Option<Answered>,
    pictures: Pictures,
    /// The image that is shown.
    shown: usize,
}

impl Question {
    /// Something is asked about, or not after all.
    pub fn ask(&mut self, name: Option<String>) {
        self.asked = name;
    }

    /// The network has answered.
    pub fn answer(&mut self, answered: Answered) {
        self.asked = None;
        self.shown = 0;
        let description = &answered.network;
        let [channels, height, width] = description.input;
        let dataset = Dataset {
            name: "asked".into(),
            images: answered.images.pixels.clone(),
            labels: vec![0; answered.images.names.len()],
            classes: description.classes.clone(),
            channels,
            height,
            width,
            flip: false,
            test_from: None,
            notes: Vec::new(),
        };
        self.pictures.set("asked", Ok(Arc::new(dataset)));
        self.answered = Some(answered);
    }

    /// Draws the button and the last answer.
    pub fn show(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        let button = ui.button("Open an image…");
        if button
            .on_hover_text(
                "Asks the trained network what an image shows. A single picture can also be dropped on the window; nothing leaves this machine.",
            )
            .clicked()
        {
            context.actions.push(Action::ChooseImage);
        }
        if let Some(name) = &self.asked {
            ui.label(format!("The network looks at {name}…"));
        }
        let Some(answered) = &self.answered else {
            if self.asked.is_none() {
                ui.label("Open an image, or drop a picture on the window, and the trained network says what it shows.");
            }
            return;
        };
        let images = answered.images.names.len();
        if images > 1 {
            ui.horizontal(|ui| {
                let last = images - 1;
                let before = ui.add_enabled(self.shown > 0, egui::Button::new("Image before"));
                if before.clicked() {
                    self.shown -= 1;
                }
                let next = ui.add_enabled(self.shown < last, egui::Button::new("Next image"));
                if next.clicked() {
                    self.shown += 1;
                }
                ui.label(format!(
                    "{} of {}",
                    self.shown + 1,
                    counted(images, "image")
                ));
            });
        }
        let shown = self.shown.min(images.saturating_sub(1));
        let named = answered
            .images
            .names
            .get(shown)
            .zip(answered.logits.get(shown));
        let Some((name, logits)) = named else {
            return;
        };
        theme::rows_of_words(ui, |ui| {
            ui.strong(name.to_string());
            ui.label(RichText::new(format!("as the network of {} sees it", answered.by)).weak());
        });
        egui::ScrollArea::vertical()
            .auto_shrink(false)
            .show(ui, |ui| {
                let answers = likeliest(&probabilities(logits), TOP);
                let [_, rows, columns] = answered.network.input;
                let room = ui.available_width();
                let side = PICTURE.min(room * rows as f32 / columns as f32);
                let wide = room >= side * columns as f32 / rows as f32 + BAR + SPACE[1];
                let mut parts = |ui: &mut egui::Ui| {
                    let description = format!("the image {name}");
                    // There are fewer than 2³² images: each has a pixel in memory.
                    self.pictures.show(ui, shown as u32, side, &description);
                    ui.vertical(|ui| bars(ui, &answered.network.classes, &answers));
                };
                match wide {
                    true => drop(ui.horizontal_top(parts)),
                    false => parts(ui),
                }
                ui.add_space(SPACE[0]);
                for note in &answered.images.notes {
                    let text = RichText::new(format!("Note: {note}."));
                    ui.label(text.color(ui.visuals().warn_fg_color));
                }
            });
    }
}

/// Classes with their probabilities.
fn bars(ui: &mut egui::Ui, classes: &[String], answers: &[(usize, f64)]) {
    for &(class, probability) in answers {
        let name = classes.get(class).map_or("", String::as_str);
        let text = format!("{name}  {:.1} %", 100.0 * probability);
        let bar = egui::ProgressBar::new(probability as f32).text(text);
        ui.add(bar.desired_width(BAR.min(ui.available_width())));
    }
}
