//! Images of a data set as textures.

use std::collections::BTreeMap;
use std::sync::Arc;

use eframe::egui::{self, Color32, ColorImage, TextureHandle, TextureOptions, vec2};

use crate::data::{DataError, Dataset};

/// Most textures that are held at a time.
const MOST: usize = 2000;

/// A data set and the textures of those of its images that were shown.
#[derive(Default)]
pub struct Pictures {
    name: String,
    loaded: Option<Result<Arc<Dataset>, DataError>>,
    textures: BTreeMap<u32, TextureHandle>,
    /// The pixel value that is drawn as full brightness.
    peak: u8,
}

impl Pictures {
    /// The built-in data set of a name, unpacked once.
    pub fn load(&mut self, name: &str) -> Result<Arc<Dataset>, DataError> {
        let missing = matches!(&self.loaded, None | Some(Err(DataError::Awaited(..))));
        if self.name != name || missing {
            self.set(name, Dataset::load(name).map(Arc::new));
        }
        match &self.loaded {
            Some(loaded) => loaded.clone(),
            None => Err(DataError::Unknown(name.to_owned())),
        }
    }

    /// Another data set, under a name of its own.
    pub fn set(&mut self, name: &str, loaded: Result<Arc<Dataset>, DataError>) {
        self.peak = loaded.as_ref().map_or(255, |dataset| dataset.white());
        self.name = name.to_owned();
        self.loaded = Some(loaded);
        self.textures.clear();
    }

    /// Draws an image of the data set, `side` points high, with sharp pixels. `description` is read to people who cannot see it.
    pub fn show(
        &mut self,
        ui: &mut egui::Ui,
        image: u32,
        side: f32,
        description: &str,
    ) -> egui::Response {
        let Some(Ok(dataset)) = &self.loaded else {
            return ui.allocate_response(vec2(side, side), egui::Sense::hover());
        };
        let dataset = dataset.clone();
        if self.textures.len() >= MOST && !self.textures.contains_key(&image) {
            self.textures.clear();
        }
        let peak = self.peak;
        let texture = self.textures.entry(image).or_insert_with(|| {
            ui.ctx().load_texture(
                format!("{}-{image}", dataset.name),
                color_image(&dataset, image, peak),
                TextureOptions::NEAREST,
            )
        });
        let width = side * dataset.width as f32 / dataset.height as f32;
        let (rect, response) = ui.allocate_exact_size(vec2(width, side), egui::Sense::hover());
        if ui.is_rect_visible(rect) {
            let whole = egui::Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
            ui.painter()
                .image(texture.id(), rect, whole, Color32::WHITE);
        }
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, description));
        response
    }
}

/// An image as colours: three channels are red, green and blue, otherwise the first one is grey. Black where there is no image.
fn color_image(dataset: &Dataset, image: u32, peak: u8) -> ColorImage {
    let size = [dataset.width, dataset.height];
    let area = dataset.width * dataset.height;
    let Some(pixels) = dataset.image(image) else {
        return ColorImage::filled(size, Color32::BLACK);
    };
    let bright = |raw: u8| (u32::from(raw) * 255 / u32::from(peak)).min(255) as u8;
    let colors = (0..area)
        .map(|pixel| {
            let channel = |number: usize| bright(pixels[number * area + pixel]);
            if dataset.channels == 3 {
                Color32::from_rgb(channel(0), channel(1), channel(2))
            } else {
                Color32::from_gray(channel(0))
            }
        })
        .collect();
    ColorImage::new(size, colors)
}
