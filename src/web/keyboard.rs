//! Keys of the window for which a browser has a use of its own, such as Ctrl+K and Ctrl+L, which lead to the address, and Ctrl+1, which leads to
//! another tab. eframe leaves most of them to both.

use eframe::egui::{Key, Modifiers};
use wasm_bindgen::prelude::*;
use web_sys::{HtmlCanvasElement, KeyboardEvent};

use crate::app::keys::is_kept_from_browser;

/// Keeps them from the browser from now on, while the keyboard is on the canvas.
///
/// # Errors
/// The browser has no such events.
pub fn keep_keys(canvas: &HtmlCanvasElement) -> Result<(), JsValue> {
    let closure = Closure::<dyn Fn(KeyboardEvent)>::new(|event: KeyboardEvent| {
        // As eframe reads them, on every system.
        let pressed = Modifiers {
            alt: event.alt_key(),
            ctrl: event.ctrl_key(),
            shift: event.shift_key(),
            mac_cmd: event.meta_key(),
            command: event.ctrl_key() || event.meta_key(),
        };
        let key = Key::from_name(&event.key()).or_else(|| Key::from_name(&event.code()));
        if key.is_some_and(|key| is_kept_from_browser(key, pressed)) {
            event.prevent_default();
        }
    });
    let hear = closure.as_ref().unchecked_ref();
    canvas.add_event_listener_with_callback("keydown", hear)?;
    // The field behind it into which eframe has people type.
    if let Some(field) = canvas.next_element_sibling() {
        field.add_event_listener_with_callback("keydown", hear)?;
    }
    closure.forget();
    Ok(())
}
