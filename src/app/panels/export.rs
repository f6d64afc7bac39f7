//! Saving what is seen: plots and cells as SVG, PNG and CSV.

use async_channel::Receiver;
use eframe::egui::{self, RichText};

use crate::app::context::{Action, NetworkForm};
use crate::app::draw::cell_canvas::{CellPicture, cell_title};
use crate::app::draw::explained::explained;
use crate::app::draw::figure::Figure;
#[cfg(not(target_arch = "wasm32"))]
use crate::app::draw::png;
#[cfg(target_arch = "wasm32")]
use crate::app::draw::png_by_browser;
use crate::app::draw::svg::{figure_csv, figure_svg};
use crate::app::runs::notice::{About, Notice};
use crate::export::Picture;
use crate::space::Genotype;

/// The export menu of a panel, and the picture that it is waiting for.
#[derive(Default)]
pub struct Export {
    /// A picture that was asked for: its name, its place and how many frames to wait until the menu is closed.
    wanted: Option<(String, egui::Rect, u8)>,
    /// A picture on its way.
    coming: Option<(String, Receiver<Shot>)>,
}

/// A PNG file, or why there is none.
type Shot = Result<Vec<u8>, String>;

impl Export {
    /// A button that opens the menu: SVG and CSV of the figure, PNG of its place on the screen. `name` tells what a point of the
    /// first series is.
    pub fn menu(
        &mut self,
        ui: &mut egui::Ui,
        actions: &mut Vec<Action>,
        figure: &Figure,
        place: Option<egui::Rect>,
        name: Option<&dyn Fn(usize) -> String>,
    ) -> egui::Response {
        let save = |ending: &str, bytes: Vec<u8>| Action::SaveFile {
            name: format!("{}.{ending}", file_stem(&figure.title)),
            bytes,
        };
        let button = ui.menu_button("Export", |ui| {
            if ui
                .button("SVG: vector picture")
                .on_hover_text("For papers and slides; every point is in it.")
                .clicked()
            {
                actions.push(save("svg", figure_svg(figure).into_bytes()));
                ui.close();
            }
            if ui
                .button("PNG: light on white")
                .on_hover_text("The same picture in pixels, twice as large.")
                .clicked()
            {
                actions.push(as_png(&file_stem(&figure.title), &figure_svg(figure)));
                ui.close();
            }
            if let Some(place) = place
                && ui
                    .button("PNG: as it looks now")
                    .on_hover_text("What you see, with your zoom and your colours.")
                    .clicked()
            {
                self.ask(format!("{}.png", file_stem(&figure.title)), place, ui.ctx());
                ui.close();
            }
            if ui
                .button("CSV: the numbers")
                .on_hover_text("All points, for a spreadsheet or a program of your own.")
                .clicked()
            {
                actions.push(save("csv", figure_csv(figure, name).into_bytes()));
                ui.close();
            }
        });
        button
            .response
            .on_hover_text(format!("Save \"{}\" as a file.", figure.title))
    }

    /// Draws a plot below a row with its title and its menu. `draw` returns what it came to and the place of the plot.
    pub fn with_heading<T>(
        &mut self,
        ui: &mut egui::Ui,
        actions: &mut Vec<Action>,
        figure: &Figure,
        draw: impl FnOnce(&mut egui::Ui) -> (T, egui::Rect),
    ) -> T {
        let size = egui::vec2(ui.available_width(), ui.spacing().interact_size.y);
        let (row, _) = ui.allocate_exact_size(size, egui::Sense::hover());
        let (came_to, plot) = draw(ui);
        let layout = egui::Layout::left_to_right(egui::Align::Center);
        let row = egui::UiBuilder::new().max_rect(row).layout(layout);
        ui.scope_builder(row, |ui| {
            let below = egui::Rect::from_min_max(ui.max_rect().left_bottom(), plot.max);
            let title = RichText::new(&figure.title).strong();
            match figure.help {
                "" => ui.label(title),
                help => explained(ui, title, help),
            };
            let right = egui::Layout::right_to_left(egui::Align::Center);
            ui.with_layout(right, |ui| {
                ui.spacing_mut().button_padding.y = 0.0;
                let button = self.menu(ui, actions, figure, Some(below), None);
                let name = format!("Export {}", figure.title);
                button.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::Role::Button, true, name.as_str())
                });
            });
        });
        came_to
    }

    /// Asks for a picture of a place on the screen.
    pub fn ask(&mut self, name: String, place: egui::Rect, context: &egui::Context) {
        self.wanted = Some((name, place, 2));
        context.request_repaint();
    }

    /// Takes the pictures that were asked for and saves those that have come. Call it once a frame.
    pub fn poll(&mut self, ui: &egui::Ui, actions: &mut Vec<Action>) {
        match self.wanted.take() {
            Some((name, place, 0)) => {
                let (sender, receiver) = async_channel::bounded(1);
                let scale = ui.ctx().pixels_per_point();
                let wake = ui.ctx().clone();
                ui.ctx()
                    .send_viewport_cmd(egui::ViewportCommand::Screenshot(
                        egui::ScreenshotCallback::new(move |image| {
                            // A panel that has gone wants no picture.
                            let _gone = sender.try_send(part_as_png(&image, place, scale));
                            wake.request_repaint();
                        }),
                    ));
                self.coming = Some((name, receiver));
            }
            Some((name, place, frames)) => {
                self.wanted = Some((name, place, frames - 1));
                ui.ctx().request_repaint();
            }
            None => {}
        }
        let Some((name, receiver)) = self.coming.take() else {
            return;
        };
        match receiver.try_recv() {
            Ok(Ok(bytes)) => actions.push(Action::SaveFile { name, bytes }),
            Ok(Err(message)) => actions.push(no_picture(&format!(
                "{message}; bring the plot into view and try again"
            ))),
            Err(async_channel::TryRecvError::Empty) => self.coming = Some((name, receiver)),
            Err(async_channel::TryRecvError::Closed) => {}
        }
    }
}

/// A part of a picture of the window as PNG; `place` in points, `scale` pixels a point.
fn part_as_png(image: &egui::ColorImage, place: egui::Rect, scale: f32) -> Result<Vec<u8>, String> {
    let [width, height] = image.size;
    let whole =
        egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(width as f32, height as f32));
    let part = (place * scale).intersect(whole);
    let [left, right] = [part.left(), part.right()].map(|x| x.round().max(0.0) as usize);
    let [top, bottom] = [part.top(), part.bottom()].map(|y| y.round().max(0.0) as usize);
    if left >= right || top >= bottom {
        return Err("the plot is not on the screen".into());
    }
    let pixels: Vec<u8> = (top..bottom)
        .flat_map(|row| &image.pixels[row * width + left..row * width + right])
        .flat_map(|pixel| pixel.to_array())
        .collect();
    // Pictures of windows are far below 2^32 pixels wide.
    let [columns, rows] = [(right - left) as u32, (bottom - top) as u32];
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::write_buffer_with_format(
        &mut bytes,
        &pixels,
        columns,
        rows,
        image::ExtendedColorType::Rgba8,
        image::ImageFormat::Png,
    )
    .map_err(|error| error.to_string())?;
    Ok(bytes.into_inner())
}

/// Size of the saved picture of a cell, points.
const CELL: egui::Vec2 = egui::vec2(760.0, 420.0);

/// The cells of an architecture as SVG, light on white, with their names.
fn cell_svgs(genotype: &Genotype) -> impl Iterator<Item = (String, String)> {
    let space = genotype.space();
    let cells = space.cell_kinds().iter().zip(genotype.cells());
    cells.map(move |(&kind, cell)| {
        let svg = CellPicture::of_cell(space, kind, cell).to_svg(CELL);
        (kind.to_string(), svg)
    })
}

/// The cells of an architecture as PNG, light on white.
///
/// # Errors
/// Why a picture cannot be made.
#[cfg(not(target_arch = "wasm32"))]
pub fn cell_pictures(genotype: &Genotype) -> Result<Vec<Picture>, String> {
    let pictures = cell_svgs(genotype).map(|(name, svg)| {
        let png = png::png(&svg)?;
        Ok(Picture { name, png })
    });
    pictures.collect()
}

/// The cells of an architecture as PNG, light on white, drawn by the browser.
///
/// # Errors
/// Why a picture cannot be made.
#[cfg(target_arch = "wasm32")]
pub async fn cell_pictures(genotype: &Genotype) -> Result<Vec<Picture>, String> {
    let mut pictures = Vec::new();
    for (name, svg) in cell_svgs(genotype) {
        let png = png_by_browser::png(&svg).await?;
        pictures.push(Picture { name, png });
    }
    Ok(pictures)
}

/// The buttons that save an architecture: as JSON, and its cells as pictures, light on white.
pub fn genotype_items(ui: &mut egui::Ui, genotype: &Genotype, actions: &mut Vec<Action>) {
    let save = |actions: &mut Vec<Action>, name: String, text: String| {
        let bytes = text.into_bytes();
        actions.push(Action::SaveFile { name, bytes });
    };
    if ui.button("Genotype as JSON").clicked() {
        save(actions, "genotype.json".into(), genotype.to_json() + "\n");
        ui.close();
    }
    let space = genotype.space();
    for (&kind, cell) in space.cell_kinds().iter().zip(genotype.cells()) {
        let name = cell_title(space, kind);
        let stem = name.replace(' ', "-");
        let svg = || CellPicture::of_cell(space, kind, cell).to_svg(CELL);
        if ui.button(format!("{name} as SVG")).clicked() {
            save(actions, format!("{stem}.svg"), svg());
            ui.close();
        }
        if ui.button(format!("{name} as PNG")).clicked() {
            actions.push(as_png(&stem, &svg()));
            ui.close();
        }
    }
}

/// The buttons that save a trained network for other programs; `save`: of which run.
pub fn network_items(
    ui: &mut egui::Ui,
    actions: &mut Vec<Action>,
    save: impl Fn(NetworkForm) -> Action,
) {
    for (form, text, hover) in [
        (
            NetworkForm::Onnx,
            "Trained network as ONNX",
            "For ONNX Runtime and others. It takes pixels as they are; their normalisation is part of it.",
        ),
        (
            NetworkForm::Pytorch,
            "Trained network for PyTorch",
            "A zip of the weights, named as in the code of the space's authors, and of a small program that builds the network and loads them.",
        ),
    ] {
        if ui.button(text).on_hover_text(hover).clicked() {
            actions.push(save(form));
            ui.close();
        }
    }
}

/// Saves an SVG picture as PNG, or says why it cannot be made. `stem`: the name of the file without its ending.
#[cfg(not(target_arch = "wasm32"))]
pub fn as_png(stem: &str, svg: &str) -> Action {
    match png::png(svg) {
        Ok(bytes) => Action::SaveFile {
            name: format!("{stem}.png"),
            bytes,
        },
        Err(message) => no_picture(&message),
    }
}

/// Saves an SVG picture as PNG. `stem`: the name of the file without its ending.
#[cfg(target_arch = "wasm32")]
pub fn as_png(stem: &str, svg: &str) -> Action {
    Action::SavePicture {
        name: format!("{stem}.png"),
        svg: svg.to_owned(),
    }
}

/// Says why there is no picture.
pub fn no_picture(why: &str) -> Action {
    let failed = Notice::error(format!("the picture could not be made: {why}"));
    Action::Notify(failed.about(About::Saving))
}

/// A title as the name of a file: lower case, words joined by `-`.
pub fn file_stem(title: &str) -> String {
    let words: Vec<String> = title
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    if words.is_empty() {
        "plateau".into()
    } else {
        words.join("-")
    }
}
