//! α at a step of a run as files: the cells or the heat map as a picture on white, the numbers as CSV.

use eframe::egui::{self, Color32, Vec2, vec2};

use crate::app::context::Action;
use crate::app::draw::cell_canvas::{CellPicture, cell_title};
use crate::app::draw::heat_map::weights;
use crate::app::draw::states::index_of_cell;
use crate::app::draw::svg::hex;
use crate::app::draw::theme::{blend, operation_color, operation_label};
use crate::csv::csv;
use crate::search::relaxation::Relaxation;
use crate::session::SearchStep;
use crate::space::{NO_CANDIDATE, Space};
use crate::svg::{escape, line};

/// Size of a cell's picture, pixels.
const CELL: Vec2 = vec2(760.0, 420.0);
/// Size of a weight in the heat map, pixels.
const FIELD: [f64; 2] = [84.0, 22.0];
/// Width of the names of edges, pixels.
const NAMES: f64 = 64.0;
/// Height of a title and of the names of operations below it, pixels.
const HEAD: f64 = 52.0;

/// A button that opens the menu. `as_cells`: what is in sight, and so is saved as a picture.
pub fn menu(
    ui: &mut egui::Ui,
    actions: &mut Vec<Action>,
    space: Space,
    step: &SearchStep,
    as_cells: bool,
) {
    let save = |actions: &mut Vec<Action>, name: String, text: String| {
        let bytes = text.into_bytes();
        actions.push(Action::SaveFile { name, bytes });
    };
    let picture = || match as_cells {
        true => ("cells", cells_svg(space, step)),
        false => ("heat-map", heat_map_svg(space, step)),
    };
    let button = ui.menu_button("Export", |ui| {
        if ui
            .button("SVG: vector picture")
            .on_hover_text("The cells or the heat map, as chosen, on white.")
            .clicked()
        {
            let (what, svg) = picture();
            save(actions, format!("alpha-{what}-step-{}.svg", step.step), svg);
            ui.close();
        }
        if ui
            .button("PNG: light on white")
            .on_hover_text("The same picture in pixels, twice as large.")
            .clicked()
        {
            let (what, svg) = picture();
            let stem = format!("alpha-{what}-step-{}", step.step);
            actions.push(super::export::as_png(&stem, &svg));
            ui.close();
        }
        if ui
            .button("CSV: the numbers")
            .on_hover_text("α and the weights of all operations on all edges.")
            .clicked()
        {
            save(
                actions,
                format!("alpha-step-{}.csv", step.step),
                alpha_csv(space, step),
            );
            ui.close();
        }
    });
    let response = button.response.on_hover_text("Save α as a file.");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Export α"));
}

/// Every operation of every edge: α before the softmax, which only candidates have, and the weight that it gets by it.
pub fn alpha_csv(space: Space, step: &SearchStep) -> String {
    let head = [
        "step",
        "cell",
        "edge",
        "operation",
        "α (before the softmax)",
        "weight (0 to 1)",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (kind, alpha) in space.cell_kinds().iter().zip(&step.alpha) {
        for (edge, row) in space.edges().iter().zip(alpha) {
            let values = row.iter().zip(weights(row, &step.relaxation()));
            for (&operation, (alpha, weight)) in space.operations().iter().zip(values) {
                rows.push(vec![
                    step.step.to_string(),
                    kind.to_string(),
                    format!("{} → {}", edge.from, edge.to),
                    operation_label(operation).to_owned(),
                    match *alpha == NO_CANDIDATE {
                        true => String::new(),
                        false => alpha.to_string(),
                    },
                    weight.to_string(),
                ]);
            }
        }
    }
    csv(&rows)
}

/// Pictures below each other, each with its height in pixels.
fn stacked(width: f64, parts: &[(String, f64)]) -> String {
    let height: f64 = parts.iter().map(|(_, height)| height).sum();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    let mut y = 0.0;
    for (part, height) in parts {
        line(
            &mut svg,
            format_args!("<g transform=\"translate(0 {y})\">\n{part}</g>"),
        );
        y += height;
    }
    svg + "</svg>\n"
}

/// The cells with the heaviest operation on every edge.
pub fn cells_svg(space: Space, step: &SearchStep) -> String {
    let cells = space.cell_kinds().iter().zip(&step.alpha);
    let parts: Vec<(String, f64)> = cells
        .map(|(&kind, alpha)| {
            let rows = alpha.iter().map(|row| weights(row, &step.relaxation()));
            let wide = |row: Vec<f32>| row.into_iter().map(f64::from).collect();
            let weights: Vec<Vec<f64>> = rows.map(wide).collect();
            let picture = CellPicture::of_weights(space, kind, &weights).to_svg(CELL);
            (picture, f64::from(CELL.y))
        })
        .collect();
    stacked(f64::from(CELL.x), &parts)
}

/// The heat maps of all cells, with the weights as numbers.
pub fn heat_map_svg(space: Space, step: &SearchStep) -> String {
    let [width, row] = FIELD;
    let high = HEAD + row * space.edges().len() as f64 + 12.0;
    let cells = space.cell_kinds().iter().zip(&step.alpha);
    let parts: Vec<(String, f64)> = cells
        .map(|(&kind, alpha)| {
            let title = format!(
                "weights of the {}, step {}",
                cell_title(space, kind),
                step.step
            );
            (
                heat_map_part(space, &title, alpha, &step.relaxation()),
                high,
            )
        })
        .collect();
    stacked(
        NAMES + width * space.operations().len() as f64 + 12.0,
        &parts,
    )
}

/// The name of a state as the canvas draws it.
fn state(space: Space, state: usize) -> String {
    match index_of_cell(space, state) {
        Some(index) => format!("c<tspan font-size=\"8\">{index}</tspan>"),
        None => state.to_string(),
    }
}

fn heat_map_part(space: Space, title: &str, alpha: &[Vec<f32>], relaxation: &Relaxation) -> String {
    let [width, row] = FIELD;
    let mut svg = String::from(
        "<g font-family=\"sans-serif\" font-size=\"11\" fill=\"#222\" text-anchor=\"middle\">\n",
    );
    line(
        &mut svg,
        format_args!(
            "<text x=\"12\" y=\"20\" font-size=\"14\" text-anchor=\"start\">{}</text>",
            escape(title)
        ),
    );
    for (column, &operation) in space.operations().iter().enumerate() {
        let x = NAMES + width * (column as f64 + 0.5);
        let name = operation_label(operation);
        line(
            &mut svg,
            format_args!("<text x=\"{x}\" y=\"{}\">{name}</text>", HEAD - 8.0),
        );
    }
    for (number, (edge, alpha)) in space.edges().iter().zip(alpha).enumerate() {
        let y = HEAD + row * number as f64;
        let text = y + row / 2.0 + 4.0;
        line(
            &mut svg,
            format_args!(
                "<text x=\"{}\" y=\"{text}\">{} → {}</text>",
                NAMES / 2.0,
                state(space, edge.from),
                edge.to
            ),
        );
        let weights = weights(alpha, relaxation);
        for (column, (&operation, weight)) in space.operations().iter().zip(weights).enumerate() {
            let x = NAMES + width * column as f64;
            // Not all of the way, so that the number can be read on it.
            let color = blend(
                Color32::WHITE,
                operation_color(operation),
                0.6 * weight.sqrt(),
            );
            line(
                &mut svg,
                format_args!(
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" fill=\"{}\"/><text x=\"{}\" y=\"{text}\">{weight:.2}</text>",
                    width - 2.0,
                    row - 2.0,
                    hex(color),
                    x + width / 2.0 - 1.0
                ),
            );
        }
    }
    svg + "</g>\n"
}
