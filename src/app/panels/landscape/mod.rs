//! Tables: accuracy against neighborhood, histograms by radius, barriers, spectra.

mod around;
mod barrier;
mod scatter;
mod spectrum;

use eframe::egui::{self, RichText};

use super::export::Export;
use crate::app::context::{Action, Context, OpenTable};
use crate::app::draw::cell_canvas::CellPicture;
use crate::app::draw::theme::{self, SPACE};
use crate::landscape::{Transform, plus_minus};
use crate::space::{Genotype, Space};
use around::Around;
use barrier::Walk;
use scatter::Plane;

/// Size of the cell of an architecture that is named, points.
const THUMBNAIL: egui::Vec2 = egui::vec2(84.0, 34.0);
/// A panel that is less wide, points, has so many rows above the views that there is no room for them.
const NARROW: f32 = 480.0;

/// What the panel shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum View {
    /// Accuracy against neighborhood mean.
    #[default]
    Plane,
    /// Histograms by radius.
    Around,
    /// The way between two architectures.
    Barrier,
    /// Energy by interaction order.
    Spectrum,
}

impl View {
    const ALL: [(View, &'static str, &'static str); 4] = [
        (
            View::Plane,
            "Flatness map",
            "Every architecture of the table: how good it is, and how good its neighbors are.",
        ),
        (
            View::Around,
            "Around the cell",
            "How accurate the architectures are that differ from the one in the editor in one, two or three edges.",
        ),
        (
            View::Barrier,
            "Barrier",
            "What accuracy is lost on the way from one pinned architecture to another, one edge at a time.",
        ),
        (
            View::Spectrum,
            "Spectrum",
            "How much of the landscape comes from single edges, how much from edges that act together.",
        ),
    ];
}

/// State of the panel.
#[derive(Default)]
pub struct LandscapePanel {
    view: View,
    plane: Option<Plane>,
    around: Option<Around>,
    walk: Option<Walk>,
    pins: [Option<Genotype>; 2],
    transform: Transform,
    export: Export,
}

impl LandscapePanel {
    /// Draws the panel.
    pub fn show(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        self.export.poll(ui, context.actions);
        let Some(open) = context.table else {
            empty(ui, context);
            return;
        };
        if !self.plane.as_ref().is_some_and(|plane| plane.is_of(open)) {
            let last = self.plane.take();
            self.plane = Plane::new(open);
            if let (Some(plane), Some(last)) = (&mut self.plane, &last) {
                plane.set_against(last.against());
            }
            self.around = None;
            self.walk = None;
            let space = open.table.space();
            for pin in &mut self.pins {
                *pin = pin.take().filter(|genotype| genotype.space() == space);
            }
        }
        if self.plane.is_none() {
            ui.label(format!(
                "The table has no metric \"{}\" any more. Open it again.",
                open.metric
            ));
        } else if theme::is_short(ui) || ui.available_width() < NARROW {
            // The view comes first, so that it is in sight at once.
            theme::scroll_panel(ui, "landscape", |ui| {
                self.views(ui);
                self.view(ui, context, true);
                ui.separator();
                self.about(ui, context, open);
            });
        } else {
            self.about(ui, context, open);
            self.views(ui);
            ui.separator();
            self.view(ui, context, false);
        }
    }

    /// The table, and what is chosen in it.
    fn about(&mut self, ui: &mut egui::Ui, context: &mut Context, open: &OpenTable) {
        header(ui, context, open);
        if let Some(plane) = &self.plane {
            chosen(ui, context, plane, &mut self.pins);
        }
    }

    /// The choice of the view.
    fn views(&mut self, ui: &mut egui::Ui) {
        ui.horizontal_wrapped(|ui| {
            for (view, name, explanation) in View::ALL {
                ui.selectable_value(&mut self.view, view, name)
                    .on_hover_text(explanation);
            }
        });
    }

    /// The view that is chosen. `scrolls`: the wheel is for what surrounds it.
    fn view(&mut self, ui: &mut egui::Ui, context: &mut Context, scrolls: bool) {
        let Some(plane) = &mut self.plane else {
            return;
        };
        match self.view {
            View::Plane => {
                scatter::show(ui, context, plane, &self.pins, &mut self.export, scrolls);
            }
            View::Around => {
                let around = Around::of(&mut self.around, plane, context.edited);
                around::show(ui, context, plane, around, &mut self.export);
            }
            View::Barrier => {
                let walk = Walk::of(&mut self.walk, plane, &self.pins);
                barrier::show(ui, context, plane, walk, &mut self.export);
            }
            View::Spectrum => {
                let transform = &mut self.transform;
                spectrum::show(ui, context, plane, transform, &mut self.export);
            }
        }
    }
}

/// What is said while no table is open.
fn empty(ui: &mut egui::Ui, context: &mut Context) {
    ui.heading("No landscape is open");
    ui.label(
        "A table holds the accuracy of every architecture of a small space. Open a NAS-Bench-201 table \
         (CSV, or its text form, also packed with gzip), or drop it on the window.",
    );
    open_button(ui, context);
}

fn open_button(ui: &mut egui::Ui, context: &mut Context) {
    if ui
        .button("Open a table…")
        .on_hover_text(
            "A complete table of NAS-Bench-201: CSV or its text form, also packed with gzip.",
        )
        .clicked()
    {
        context.actions.push(Action::ChooseFile);
    }
}

/// The table's name, its metrics and the button for another one.
fn header(ui: &mut egui::Ui, context: &mut Context, open: &OpenTable) {
    theme::rows_of_words(ui, |ui| {
        ui.heading(&open.name);
        ui.label(
            RichText::new(format!(
                "{} architectures of {}",
                open.table.values().first().map_or(0, Vec::len),
                space_name(open.table.space())
            ))
            .weak(),
        );
    });
    ui.horizontal_wrapped(|ui| {
        let mut metric = open.metric.clone();
        let combo = egui::ComboBox::from_id_salt("metric")
            .selected_text(&metric)
            .show_ui(ui, |ui| {
                for name in open.table.metrics() {
                    if theme::choice(ui, metric == *name, name).clicked() {
                        metric.clone_from(name);
                    }
                }
            });
        combo
            .response
            .on_hover_text("Which accuracy of the table is looked at.")
            .widget_info(|| {
                let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Metric");
                info.current_text_value = Some(open.metric.clone());
                info
            });
        if metric != open.metric {
            context.actions.push(Action::OpenTable(OpenTable {
                metric,
                ..open.clone()
            }));
        }
        open_button(ui, context);
    });
}

/// The name of a space for people.
pub(super) fn space_name(space: Space) -> &'static str {
    space.title()
}

/// The architecture in the editor, both pins, and the best architectures of the table.
fn chosen(
    ui: &mut egui::Ui,
    context: &mut Context,
    plane: &Plane,
    pins: &mut [Option<Genotype>; 2],
) {
    ui.horizontal_wrapped(|ui| {
        for (name, explanation, index) in [
            (
                "Most accurate",
                "Shows the architecture with the highest accuracy in the editor.",
                plane.most_accurate,
            ),
            (
                "Flattest hill",
                "Shows the architecture with the highest neighborhood mean in the editor.",
                plane.flattest,
            ),
        ] {
            if ui.button(name).on_hover_text(explanation).clicked()
                && let Some(genotype) = plane.open.table.genotype_of(index)
            {
                context.actions.push(Action::Edit(genotype));
            }
        }
        let inside = plane.open.table.index_of(context.edited).is_some();
        for (pin, letter) in pins.iter_mut().zip(["A", "B"]) {
            let button = ui.add_enabled(inside, egui::Button::new(format!("Pin as {letter}")));
            if button
                .on_hover_text("Keeps the architecture in the editor as one end of a barrier.")
                .on_disabled_hover_text("The architecture in the editor is not in this table.")
                .clicked()
            {
                *pin = Some(context.edited.clone());
            }
        }
    });
    let gap = match ui.available_width() < NARROW {
        true => "\n",
        false => " ",
    };
    egui::Grid::new("chosen").num_columns(3).show(ui, |ui| {
        let rows = [
            ("In the editor", Some(context.edited)),
            ("A", pins[0].as_ref()),
            ("B", pins[1].as_ref()),
        ];
        for (name, genotype) in rows {
            let Some(genotype) = genotype else { continue };
            ui.label(name);
            match plane.open.table.index_of(genotype) {
                Some(index) => {
                    let error = plane.open.table.standard_error(&plane.open.metric, index);
                    let error = plus_minus(error);
                    ui.label(format!(
                        "{:.2}{error} %,{gap}neighbors {:.2} %",
                        plane.accuracy[index], plane.means[index]
                    ));
                    let space = genotype.space();
                    let cell = &genotype.cells()[0];
                    let picture = CellPicture::of_cell(space, space.cell_kinds()[0], cell);
                    picture.thumbnail(ui, THUMBNAIL);
                }
                None => {
                    ui.label(RichText::new("not in this table").weak());
                    ui.label("");
                }
            }
            ui.end_row();
        }
    });
    ui.add_space(SPACE[0]);
}

/// Says that the editor holds a cell of another space, and offers one of this table.
fn other_space(ui: &mut egui::Ui, context: &mut Context, plane: &Plane) {
    ui.label(format!(
        "The editor shows a {} cell, but this table is about {}.",
        space_name(context.edited.space()),
        space_name(plane.open.table.space()),
    ));
    if ui
        .button("Show the best of the table in the editor")
        .clicked()
        && let Some(genotype) = plane.open.table.genotype_of(plane.most_accurate)
    {
        context.actions.push(Action::Edit(genotype));
    }
}
