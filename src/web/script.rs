//! What the page's own script, and the test that drives the page, may ask: `plateauState()` and `plateauWidgets()` give JSON,
//! `plateauLink()` gives the part of the address after `#`, `plateauGoing()` something while a run goes on, `plateauTour()` begins the
//! guided tour, and `plateauWorkers()` gives those workers of the page that compute, in JSON. And what the program asks of that script ([`call`]).

use eframe::egui;
use eframe::egui::accesskit::TreeUpdate;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use super::tree::Tree;
use crate::app::App;

/// Puts the functions on the window.
pub fn offer(runner: &eframe::WebRunner, context: &egui::Context) {
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
        // It is there after the next frame.
        context.request_repaint();
        let update = context.with_plugin(Tree::of_every_frame)??;
        Some(listing(&update, context.zoom_factor().into()))
    });
}

/// Puts a function on the window.
pub fn put(name: &str, function: impl Fn() -> Option<String> + 'static) {
    let function = Closure::<dyn Fn() -> Option<String>>::new(function);
    // The window takes any property.
    let _ = js_sys::Reflect::set(&js_sys::global(), &name.into(), function.as_ref());
    function.forget();
}

/// The widgets as a JSON list of role, label and rectangle (left, top, right, bottom, in CSS pixels), from what egui tells screen
/// readers.
fn listing(update: &TreeUpdate, zoom: f64) -> String {
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
    serde_json::Value::from(widgets.collect::<Vec<_>>()).to_string()
}

/// Calls a function of the page's own script; what it gives. A page without the function has been changed by its host; the console has
/// the text of failures.
pub fn call(name: &str, arguments: &[&JsValue]) -> Option<JsValue> {
    let function = js_sys::Reflect::get(&js_sys::global(), &name.into()).ok()?;
    let function = function.dyn_into::<js_sys::Function>().ok()?;
    let arguments: js_sys::Array = arguments.iter().map(|value| (*value).clone()).collect();
    function.apply(&JsValue::NULL, &arguments).ok()
}
