//! Words that tell more: to a pointer over them, and to a click, a tap or a key.

use eframe::egui::{
    CursorIcon, Label, Popup, PopupCloseBehavior, Response, Role, Sense, Ui, WidgetInfo, WidgetText,
};

/// Width of what is told, points.
const WIDTH: f32 = 340.0;

/// Draws a text that tells more when it is pressed or pointed at.
pub fn explained(ui: &mut Ui, text: impl Into<WidgetText>, more: &str) -> Response {
    let text = text.into();
    let name = text.text().to_owned();
    let label = Label::new(text).selectable(false).sense(Sense::click());
    let label = ui.add(label).on_hover_cursor(CursorIcon::Help);
    let enabled = ui.is_enabled();
    label.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, &name));
    Popup::from_toggle_button_response(&label)
        .accessible_name("explanation")
        .width(WIDTH)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| ui.label(more));
    label.on_hover_text(more)
}
