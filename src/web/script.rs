//! What the page's own script, and the test that drives the page, may ask: `plateauState()` and `plateauWidgets()` give JSON,
//! `plateauLink()` gives the part of the address after `#`, `plateauGoing()` something while a run goes on, and `plateauTour()` begins the
//! guided tour.

use eframe::egui;
use wasm_bindgen::prelude::*;

use crate::app::App;

/// Puts the functions on the window.
pub fn offer(runner: &eframe::WebRunner, context: &egui::Context) {
    context.add_plugin(Widgets::default());
    let state = runner.clone();
    put("plateauState", move || {
        let app = state.app_mut::<App>()?;
        Some(app.summary().to_string())
    });
    let link = runner.clone();
    put("plateauLink", move || {
        let app = link.app_mut::<App>()?;
        Some(app.fragment().to_text())
    });
    let going = runner.clone();
    put("plateauGoing", move || {
        let mut app = going.app_mut::<App>()?;
        app.runs_something().then(|| "a run goes on".to_owned())
    });
    let (tour, shown) = (runner.clone(), context.clone());
    put("plateauTour", move || {
        tour.app_mut::<App>()?.begin_tour();
        shown.request_repaint();
        None
    });
    let context = context.clone();
    put("plateauWidgets", move || {
        // The first call turns the list on; it is there after the next frame.
        context.enable_accesskit();
        context.request_repaint();
        context.with_plugin(|widgets: &mut Widgets| widgets.listing.clone())
    });
}

fn put(name: &str, function: impl Fn() -> Option<String> + 'static) {
    let function = Closure::<dyn Fn() -> Option<String>>::new(function);
    // The window takes any property.
    let _ = js_sys::Reflect::set(&js_sys::global(), &name.into(), function.as_ref());
    function.forget();
}

/// The widgets of the last frame as a JSON list of role, label and rectangle (left, top, right, bottom, in CSS pixels), from what
/// egui tells screen readers.
#[derive(Default)]
struct Widgets {
    listing: String,
}

impl egui::Plugin for Widgets {
    fn debug_name(&self) -> &'static str {
        "plateau-widgets"
    }

    fn output_hook(&mut self, context: &egui::Context, output: &mut egui::FullOutput) {
        let Some(update) = &output.platform_output.accesskit_update else {
            return;
        };
        let zoom = f64::from(context.zoom_factor());
        let widgets = update.nodes.iter().filter_map(|(_, node)| {
            let place = node.bounds()?;
            let label = node.label().or(node.value())?;
            Some(serde_json::json!({
                "role": format!("{:?}", node.role()),
                "label": label,
                "disabled": node.is_disabled(),
                "rect": [place.x0 * zoom, place.y0 * zoom, place.x1 * zoom, place.y1 * zoom],
            }))
        });
        self.listing = serde_json::Value::from(widgets.collect::<Vec<_>>()).to_string();
    }
}
