//! What the trained network gets wrong.

use std::sync::Arc;

use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{self, Align2, Color32, FontId, Galley, RichText, Sense, Vec2, vec2};

use super::super::export::as_png;
use crate::app::context::{Action, Context};
use crate::app::draw::pictures::Pictures;
use crate::app::draw::svg::hex;
use crate::app::draw::theme::Hue;
use crate::app::draw::words::{counted, describe};
use crate::csv::csv;
use crate::record::TrainingView;
use crate::session::MISTAKES;
use crate::svg::escape;

/// A class and the class that was chosen for it.
pub type Pair = [usize; 2];

/// Size of the type of class names, points.
const NAME: f32 = 12.0;
/// The most room for a class name, points: a longer one ends in an ellipsis, and is whole under the pointer.
const WIDEST: f32 = 160.0;

/// Height of a misclassified image, points.
const PICTURE: f32 = 56.0;

/// The name of a class: its number where the data set has none.
fn class_name(classes: &[String], class: usize) -> String {
    classes
        .get(class)
        .cloned()
        .unwrap_or_else(|| class.to_string())
}

/// The name of a class beside the matrix.
fn name_picture(ui: &egui::Ui, name: &str, size: f32) -> Arc<Galley> {
    let font = FontId::proportional(size);
    let mut job = LayoutJob::simple_singleline(name.to_owned(), font, ui.visuals().text_color());
    job.wrap = TextWrapping::truncate_at_width(WIDEST);
    ui.painter().layout_job(job)
}

/// Colours of cells: right answers in one hue, mistakes in another, both by their share of the row.
fn cell_color(right: bool, share: f32, dark: bool) -> Color32 {
    let hue = if right { Hue::Accent } else { Hue::Chosen };
    // The square root makes single mistakes visible.
    let strength = if right { share } else { share.sqrt() };
    hue.color(dark)
        .gamma_multiply(0.9 * strength.clamp(0.0, 1.0))
}

/// The number of images of one class and what they were taken for, in words.
fn taken_for(number: u32, classes: &[String], [row, column]: Pair) -> String {
    let [from, to] = [row, column].map(|class| class_name(classes, class));
    let images = counted(number, "image");
    let were = if number == 1 { "was" } else { "were" };
    match row == column {
        true => format!("{images} of class {from} {were} recognised"),
        false => format!("{images} of class {from} {were} taken for {to}"),
    }
}

/// How many images were recognised, and what was mistaken most often.
fn in_words(confusion: &[Vec<u32>], classes: &[String]) -> String {
    let pairs = || {
        (0..confusion.len()).flat_map(|row| (0..confusion.len()).map(move |column| [row, column]))
    };
    let number = |[row, column]: Pair| cell(confusion, row, column);
    let all: u32 = pairs().map(number).sum();
    let right: u32 = pairs()
        .filter(|[row, column]| row == column)
        .map(number)
        .sum();
    let wrong = pairs().filter(|[row, column]| row != column);
    let most = wrong.max_by_key(|&pair| number(pair));
    let most = most.filter(|&pair| number(pair) > 0);
    let most = most.map_or(String::new(), |pair| {
        format!(
            "; most often mistaken: {}",
            taken_for(number(pair), classes, pair)
        )
    });
    format!("{right} of {} recognised{most}", counted(all, "image"))
}

/// Draws the confusion matrix. Returns the kind of mistake that was clicked.
pub fn matrix(
    ui: &mut egui::Ui,
    context: &mut Context,
    training: &TrainingView,
    classes: &[String],
) -> Option<Pair> {
    let confusion = &training.confusion;
    if confusion.is_empty() {
        ui.label(if training.tested.is_some() {
            "The run did not record which classes were chosen."
        } else {
            "The test comes after the training."
        });
        return None;
    }
    ui.label(
        RichText::new(
            "A row is a class of the test images, a column the class that the network chose. Click a mistake to see its images.",
        )
        .weak(),
    );
    let count = confusion.len();
    let names = |size: f32| -> Vec<_> {
        let one = |row| name_picture(ui, &class_name(classes, row), size);
        (0..count).map(one).collect()
    };
    let widths = names(NAME).into_iter().map(|name| name.size().x);
    let widest = widths.fold(0.0, f32::max);
    let label = (widest + 12.0).max(56.0);
    let footer = 2.0 * ui.spacing().interact_size.y + ui.spacing().item_spacing.y;
    let side = |above: f32| {
        let room = (ui.available_width() - label).min(ui.available_height() - above - footer);
        (room / count as f32).clamp(6.0, 56.0)
    };
    // Names that are wider than their column stand upright, below what they are.
    let upright = (widest > side(label) - 4.0).then_some(label + 16.0);
    let above = upright.unwrap_or(label);
    let side = side(above);
    let names = names(side.clamp(7.0, NAME));
    let mut chosen = None;
    let size = vec2(label, above) + Vec2::splat(side * count as f32);
    egui::ScrollArea::both()
        .auto_shrink(false)
        .max_height(ui.available_height() - footer)
        .show(ui, |ui| {
            let (rect, response) = ui.allocate_exact_size(size, Sense::click());
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Figure, true, "Confusion matrix")
            });
            describe(&response, || in_words(confusion, classes));
            let corner = rect.min + vec2(label, above);
            let pointed = response.hover_pos().and_then(|pointer| {
                let place = (pointer - corner) / side;
                let inside = place.x >= 0.0 && place.y >= 0.0;
                let pair = [place.y as usize, place.x as usize];
                (inside && pair[0] < count && pair[1] < count).then_some(pair)
            });
            draw(ui, confusion, &names, corner, side, upright, pointed);
            if let Some([row, column]) = pointed {
                let number = cell(confusion, row, column);
                let clicked = response
                    .on_hover_text_at_pointer(taken_for(number, classes, [row, column]))
                    .clicked();
                if clicked && row != column && number > 0 {
                    chosen = Some([row, column]);
                }
            }
        });
    exports(ui, context, confusion, classes);
    chosen
}

/// The buttons that save the matrix.
fn exports(ui: &mut egui::Ui, context: &mut Context, confusion: &[Vec<u32>], classes: &[String]) {
    ui.horizontal(|ui| {
        if ui
            .button("Export SVG")
            .on_hover_text("Saves the matrix as a vector picture.")
            .clicked()
        {
            context.actions.push(Action::SaveFile {
                name: "confusion.svg".into(),
                bytes: matrix_svg(confusion, classes).into_bytes(),
            });
        }
        if ui
            .button("Export PNG")
            .on_hover_text("Saves the same picture in pixels, twice as large.")
            .clicked()
        {
            let svg = matrix_svg(confusion, classes);
            context.actions.push(as_png("confusion", &svg));
        }
        if ui
            .button("Export CSV")
            .on_hover_text("Saves the numbers.")
            .clicked()
        {
            context.actions.push(Action::SaveFile {
                name: "confusion.csv".into(),
                bytes: matrix_csv(confusion, classes).into_bytes(),
            });
        }
    });
}

fn cell(confusion: &[Vec<u32>], row: usize, column: usize) -> u32 {
    confusion
        .get(row)
        .and_then(|row| row.get(column))
        .copied()
        .unwrap_or(0)
}

fn row_share(confusion: &[Vec<u32>], row: usize, column: usize) -> f32 {
    let sum: u32 = confusion.get(row).map_or(0, |row| row.iter().sum());
    cell(confusion, row, column) as f32 / sum.max(1) as f32
}

fn draw(
    ui: &egui::Ui,
    confusion: &[Vec<u32>],
    names: &[Arc<Galley>],
    corner: egui::Pos2,
    side: f32,
    upright: Option<f32>,
    pointed: Option<Pair>,
) {
    let visuals = ui.visuals();
    let painter = ui.painter();
    let count = confusion.len();
    let font = FontId::proportional((side * 0.42).clamp(7.0, 14.0));
    let weak = visuals.weak_text_color();
    let at = |row: usize, column: usize| corner + vec2(column as f32, row as f32) * side;
    for row in 0..count {
        for column in 0..count {
            let number = cell(confusion, row, column);
            let share = row_share(confusion, row, column);
            let tile = egui::Rect::from_min_size(at(row, column), vec2(side, side)).shrink(0.5);
            painter.rect_filled(tile, 2.0, visuals.faint_bg_color);
            painter.rect_filled(
                tile,
                2.0,
                cell_color(row == column, share, visuals.dark_mode),
            );
            if side >= 16.0 && number > 0 {
                let color = visuals.strong_text_color();
                painter.text(
                    tile.center(),
                    Align2::CENTER_CENTER,
                    number,
                    font.clone(),
                    color,
                );
            }
            if pointed == Some([row, column]) {
                let stroke = egui::Stroke::new(2.0, visuals.strong_text_color());
                painter.rect_stroke(tile, 2.0, stroke, egui::StrokeKind::Inside);
            }
        }
        // Names of many classes would lie on each other.
        if side >= 10.0 {
            let color = visuals.text_color();
            let Some(name) = names.get(row) else { continue };
            let left = at(row, 0) + vec2(-6.0 - name.size().x, 0.5 * (side - name.size().y));
            painter.galley(left, name.clone(), color);
            let middle = at(0, row) + vec2(0.5 * side, -6.0);
            if upright.is_some() {
                let above = middle - vec2(0.5 * name.size().y, 0.0);
                let text = egui::epaint::TextShape::new(above, name.clone(), color);
                painter.add(text.with_angle(-std::f32::consts::FRAC_PI_2));
            } else {
                painter.galley(
                    middle - vec2(0.5 * name.size().x, name.size().y),
                    name.clone(),
                    color,
                );
            }
        }
    }
    let (at, align) = match upright {
        Some(above) => (corner - vec2(0.0, above), Align2::LEFT_TOP),
        None => (corner - vec2(0.0, 28.0), Align2::LEFT_BOTTOM),
    };
    painter.text(at, align, "chosen class", FontId::proportional(12.0), weak);
    painter.text(
        corner + vec2(-6.0, -6.0),
        Align2::RIGHT_BOTTOM,
        "class",
        FontId::proportional(12.0),
        weak,
    );
}

/// Draws the misclassified images, all of them or those of one kind.
pub fn mistakes(
    ui: &mut egui::Ui,
    training: &TrainingView,
    classes: &[String],
    pictures: &mut Pictures,
    only: &mut Option<Pair>,
) {
    if training.tested.is_none() {
        ui.label("The test comes after the training.");
        return;
    }
    let shown: Vec<_> = training
        .mistakes
        .iter()
        .filter(|mistake| {
            let pair = [mistake.label, mistake.predicted].map(usize::from);
            only.is_none_or(|only| only == pair)
        })
        .collect();
    ui.horizontal_wrapped(|ui| {
        match *only {
            Some([label, predicted]) => {
                let number = cell(&training.confusion, label, predicted) as usize;
                let [label, predicted] = [label, predicted].map(|class| class_name(classes, class));
                let images = counted(number, "image");
                ui.label(format!("{images} of class {label} taken for {predicted}"));
                if shown.len() < number {
                    ui.weak(format!("the first {} are kept", shown.len()));
                }
                if ui.button("Show all mistakes").clicked() {
                    *only = None;
                }
            }
            None if shown.is_empty() => {
                ui.label("No test image was taken for another class.");
            }
            None => {
                let images = counted(shown.len(), "test image");
                let were = if shown.len() == 1 { "was" } else { "were" };
                ui.label(format!("{images} {were} taken for another class"))
                    .on_hover_text(format!("At most the first {MISTAKES} are kept."));
            }
        };
        ui.label(RichText::new("class as what the network chose").weak());
    });
    egui::ScrollArea::vertical()
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                for mistake in shown {
                    let [label, predicted] = [mistake.label, mistake.predicted]
                        .map(|class| class_name(classes, class.into()));
                    ui.allocate_ui(vec2(PICTURE + 8.0, PICTURE + 22.0), |ui| {
                        ui.vertical_centered(|ui| {
                            ui.set_width(PICTURE + 8.0);
                            let text = format!(
                                "image {} of class {label}, taken for {predicted}",
                                mistake.image
                            );
                            pictures
                                .show(ui, mistake.image, PICTURE, &text)
                                .on_hover_text(text);
                            ui.add(
                                egui::Label::new(
                                    RichText::new(format!("{label} as {predicted}")).small(),
                                )
                                .truncate(),
                            );
                        });
                    });
                }
            });
        });
}

fn matrix_csv(confusion: &[Vec<u32>], classes: &[String]) -> String {
    let mut header = vec!["class".to_owned()];
    header.extend((0..confusion.len()).map(|class| class_name(classes, class)));
    let mut rows = vec![header];
    for (class, row) in confusion.iter().enumerate() {
        let mut cells = vec![class_name(classes, class)];
        cells.extend(row.iter().map(u32::to_string));
        rows.push(cells);
    }
    csv(&rows)
}

fn matrix_svg(confusion: &[Vec<u32>], classes: &[String]) -> String {
    let count = confusion.len();
    let names: Vec<String> = (0..count).map(|row| class_name(classes, row)).collect();
    let letters = names.iter().map(|name| name.chars().count()).max();
    // Names that are wider than a column stand upright.
    let (side, letters) = (36, letters.unwrap_or(0));
    let (upright, label) = (letters > 4, (8 * letters + 40).max(90));
    let size = label + side * count + 10;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{size}\" height=\"{size}\" viewBox=\"0 0 {size} {size}\" \
         font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">\n<title>Confusion matrix</title>\n\
         <rect width=\"{size}\" height=\"{size}\" fill=\"#fff\"/>\n\
         <text x=\"{label}\" y=\"24\">chosen class</text><text x=\"{}\" y=\"24\" text-anchor=\"end\">class</text>\n",
        label - 10
    );
    for (row, name) in names.iter().enumerate() {
        let name = escape(name);
        let middle = label + side * row + side / 2;
        let above = match upright {
            true => format!(
                "<text transform=\"translate({} {}) rotate(-90)\">",
                middle + 5,
                label - 10
            ),
            false => format!(
                "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">",
                label - 10
            ),
        };
        svg.push_str(&format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>\
             {above}{name}</text>\n",
            label - 10,
            middle + 5
        ));
        for column in 0..count {
            let [x, y] = [column, row].map(|place| label + side * place);
            let share = row_share(confusion, row, column);
            let [_, _, _, alpha] = cell_color(row == column, share, false).to_array();
            let hue = if row == column {
                Hue::Accent
            } else {
                Hue::Chosen
            };
            svg.push_str(&format!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{side}\" height=\"{side}\" stroke=\"#ddd\" fill=\"{}\" fill-opacity=\"{:.3}\"/>",
                hex(hue.color(false)),
                f32::from(alpha) / 255.0
            ));
            let number = cell(confusion, row, column);
            if number > 0 {
                svg.push_str(&format!(
                    "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{number}</text>",
                    x + side / 2,
                    y + side / 2 + 5
                ));
            }
            svg.push('\n');
        }
    }
    svg.push_str("</svg>\n");
    svg
}
