//! One spacing scale, one type scale and one palette for the whole window.

use eframe::egui::{
    self, Color32, CornerRadius, FontFamily, FontId, Id, LayerId, Order, Response, Stroke,
    TextStyle, Visuals, WidgetText,
};

use crate::app::keys::{self, Deed, Place, Row};
use crate::space::Operation;
use crate::svg::PALETTE;

/// The spacing scale, in points: tight, normal, between groups.
pub const SPACE: [f32; 3] = [4.0, 8.0, 16.0];

/// The type scale, in points: notes and axis labels, text, titles.
pub const TYPE: [f32; 3] = [11.5, 13.5, 17.0];

/// The size of a report at first, points.
pub const REPORT: [f32; 2] = [780.0, 560.0];

/// Height of a row, points, and of what a pointer presses.
const ROW: f32 = 22.0;
/// Height of what a finger presses, points.
const FINGER: f32 = 40.0;

/// A panel that is lower than this has no room for rows that stay while the others scroll, points.
const SHORT: f32 = 480.0;

/// The palette of Okabe and Ito again, for a dark ground: its yellow, which white has no room for, and lighter where two would be too dark.
const ON_DARK: [u32; PALETTE.len()] = [
    0x56b4e9, 0xf07a2e, 0x2fc99b, 0xcc79a7, 0xe69f00, 0xf0e442, 0xffffff,
];
/// The least contrast of text with its ground, as WCAG 2 asks for it.
const LEAST_CONTRAST: f32 = 4.5;
/// Cards on a light and on a dark ground: in the dark nothing is harder to read on.
const CARD: [Color32; 2] = [
    Color32::from_rgb(0xf1, 0xf2, 0xf2),
    Color32::from_rgb(0x26, 0x2a, 0x2f),
];
/// Bars of the light theme, where nothing is harder to read on.
const LIGHT_BAR: Color32 = Color32::from_rgb(0xe6, 0xe8, 0xe9);

/// Windows over the panels stay beside bars and messages where that leaves them so much height, points.
const LEAST_ROOM: f32 = 160.0;

/// How a window over the panels lies there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lies {
    /// In the middle, that wide at least and as high as its content.
    Middle(f32),
    /// Where and how large the person makes it, that large at first.
    Free([f32; 2]),
    /// As [`Lies::Free`], for a report that is wider than the window as well.
    Report([f32; 2]),
}

/// A window over the panels that is in sight.
#[derive(Clone, Copy)]
struct Over {
    layer: LayerId,
    /// The pass in which it was drawn last.
    pass: u64,
    /// Whether a text field had the keyboard after that.
    typing: bool,
}

/// Draws a window over the panels. It scrolls where its content is larger than the screen, and the one on top closes on Esc, unless Esc
/// belongs to a text field, a menu or whatever else lies above.
pub fn window_over(
    context: &egui::Context,
    title: &str,
    open: &mut bool,
    lies: Lies,
    add: impl FnOnce(&mut egui::Ui),
) {
    let layer = LayerId::new(Order::Middle, Id::unique(title));
    if *open && is_closed(context, layer) {
        *open = false;
    }
    let room = context.data(|data| data.get_temp(room_id()));
    let window = egui::Window::new(title)
        .id(layer.id)
        .open(open)
        .constrain_to(room.unwrap_or(context.content_rect()));
    match lies {
        Lies::Middle(width) => window
            .collapsible(false)
            .resizable(false)
            .anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO)
            .default_width(width)
            // As high as the content, up to the screen.
            .resize(|resize| resize.default_height(f32::INFINITY))
            .show(context, |ui| egui::ScrollArea::vertical().show(ui, add)),
        Lies::Free(size) => window.default_size(size).show(context, |ui| {
            egui::ScrollArea::vertical()
                .auto_shrink(false)
                .show(ui, add)
        }),
        Lies::Report(size) => window
            .default_pos([60.0, 60.0])
            .default_size(size)
            .show(context, |ui| {
                egui::ScrollArea::both().auto_shrink(false).show(ui, add)
            }),
    };
    let typing = context.text_edit_focused();
    let pass = context.cumulative_pass_nr();
    let open = *open;
    with_windows(context, |windows| {
        windows.retain(|known| known.layer != layer && known.pass + 1 >= pass);
        if open {
            windows.push(Over {
                layer,
                pass,
                typing,
            });
        }
    });
}

/// Says where windows over the panels may lie: on the panels, so that bars and messages stay in sight.
pub fn set_room(context: &egui::Context, panels: egui::Rect) {
    let room = match panels.height() >= LEAST_ROOM {
        true => panels,
        false => context.content_rect(),
    };
    context.data_mut(|data| data.insert_temp(room_id(), room));
}

fn room_id() -> Id {
    Id::unique("room-of-windows")
}

fn with_windows<R>(context: &egui::Context, change: impl FnOnce(&mut Vec<Over>) -> R) -> R {
    context.data_mut(|data| {
        change(data.get_temp_mut_or_default::<Vec<Over>>(Id::unique("windows-over-panels")))
    })
}

/// Whether a window lies over the panels.
pub fn has_window_over(context: &egui::Context) -> bool {
    let pass = context.cumulative_pass_nr();
    with_windows(context, |windows| {
        windows.iter().any(|known| known.pass + 1 >= pass)
    })
}

/// Where the card of a lesson lies that has room beside a panel. It goes on behind whatever is opened meanwhile, which Esc closes first.
pub fn card_layer() -> LayerId {
    LayerId::new(Order::Foreground, Id::unique("lesson"))
}

/// Whether a menu, a list or a question lies over the panels and their windows, or did when a key was pressed.
pub fn is_covered(context: &egui::Context) -> bool {
    let above = context.memory(|memory| memory.areas().visible_layer_ids());
    let mut above = above.iter();
    above.any(|layer| layer.order == Order::Foreground && *layer != card_layer())
}

/// Whether Esc was pressed and means this window.
fn is_closed(context: &egui::Context, layer: LayerId) -> bool {
    let windows = with_windows(context, |windows| windows.clone());
    // A text field loses the keyboard by Esc before anything is drawn, a menu is drawn before this window.
    let typing = windows
        .iter()
        .any(|known| known.layer == layer && known.typing);
    let known = |layer: &LayerId| windows.iter().any(|known| known.layer == *layer);
    let last = context.memory(|memory| memory.layer_ids().filter(known).last());
    let on_top = last == Some(layer) && !is_covered(context);
    let close = |row: &Row| row.deed == Deed::Close;
    let pressed =
        |input: &mut egui::InputState| !keys::asked(input, Place::Control, close).is_empty();
    on_top && !typing && context.input_mut(pressed)
}

/// The colour of an operation: the colour-blind-safe palette of Okabe and Ito, the same everywhere.
pub fn operation_color(operation: Operation) -> Color32 {
    match operation {
        Operation::None => Color32::from_rgb(0x99, 0x99, 0x99),
        Operation::MaxPool3x3 => Color32::from_rgb(0x56, 0xb4, 0xe9),
        Operation::AvgPool3x3 => Color32::from_rgb(0x00, 0x72, 0xb2),
        Operation::SkipConnect => Color32::from_rgb(0xe6, 0x9f, 0x00),
        Operation::SepConv3x3 | Operation::Conv1x1 => Color32::from_rgb(0x00, 0x9e, 0x73),
        Operation::SepConv5x5 | Operation::Conv3x3 => Color32::from_rgb(0xcc, 0x79, 0xa7),
        Operation::DilConv3x3 => Color32::from_rgb(0xd5, 0x5e, 0x00),
        Operation::DilConv5x5 => Color32::from_rgb(0xf0, 0xe4, 0x42),
    }
}

/// The name of an operation for people: short enough for a label on an edge.
pub fn operation_label(operation: Operation) -> &'static str {
    match operation {
        Operation::None => "none",
        Operation::MaxPool3x3 => "max pool 3×3",
        Operation::AvgPool3x3 => "avg pool 3×3",
        Operation::SkipConnect => "skip",
        Operation::SepConv3x3 => "sep conv 3×3",
        Operation::SepConv5x5 => "sep conv 5×5",
        Operation::DilConv3x3 => "dil conv 3×3",
        Operation::DilConv5x5 => "dil conv 5×5",
        Operation::Conv1x1 => "conv 1×1",
        Operation::Conv3x3 => "conv 3×3",
    }
}

/// What a colour means, the same in the window and in files. The colours are those of Okabe and Ito, lighter or darker where the ground needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hue {
    /// The one thing to press, the selection, training curves and the main series of a plot.
    Accent,
    /// Validation, and what needs attention.
    Warm,
    /// The neighborhood.
    Neighbor,
    /// A gain, and the first of two that were picked.
    Good,
    /// A loss, a failure.
    Bad,
    /// What the person has chosen.
    Chosen,
    /// The cell in the editor among others: the ink of text, which nothing else has.
    Ink,
    /// What lies behind the others.
    Quiet,
    /// One of several that are compared, by its number.
    Arm(usize),
}

impl Hue {
    /// The colour on a dark or a light ground.
    pub fn color(self, dark: bool) -> Color32 {
        let [light_ground, dark_ground] = match self {
            Hue::Accent => [0x0072b2, 0x56b4e9],
            Hue::Warm => [0xc25a00, 0xf0a830],
            Hue::Neighbor => [0xaa4d84, 0xe09ac2],
            Hue::Good => [0x008a65, 0x2fc99b],
            Hue::Bad => [0xb83a10, 0xf07a5a],
            Hue::Chosen => [0xd55e00, 0xff8b3d],
            Hue::Ink => [0x24282c, 0xffffff],
            Hue::Quiet => [0x777777, 0x9a9a9a],
            Hue::Arm(number) => [PALETTE, ON_DARK].map(|palette| palette[number % palette.len()]),
        };
        rgb(if dark { dark_ground } else { light_ground })
    }
}

/// `0xrrggbb`.
fn rgb(color: u32) -> Color32 {
    let [_, red, green, blue] = color.to_be_bytes();
    Color32::from_rgb(red, green, blue)
}

/// The colour of a meaning in the theme of now.
pub fn hue(visuals: &Visuals, hue: Hue) -> Color32 {
    hue.color(visuals.dark_mode)
}

/// The colour of text of a meaning, in the theme of now.
pub fn ink(visuals: &Visuals, hue: Hue) -> Color32 {
    readable(hue.color(visuals.dark_mode), visuals.dark_mode)
}

/// A colour for text that can be read on every ground of the theme.
pub fn readable(color: Color32, dark: bool) -> Color32 {
    readable_on(color, if dark { CARD[1] } else { LIGHT_BAR })
}

/// A colour for text: as it is, or as far towards black or white as it takes to be read on a ground.
pub fn readable_on(color: Color32, ground: Color32) -> Color32 {
    let ends = [Color32::BLACK, Color32::WHITE];
    let [black, white] = ends.map(|end| contrast(end, ground));
    let end = ends[usize::from(white > black)];
    let mut colors = (0..20).map(|step| blend(color, end, step as f32 / 20.0));
    let clear = colors.find(|&color| contrast(color, ground) >= LEAST_CONTRAST);
    clear.unwrap_or(end)
}

/// How far two colours are apart in lightness, 1 to 21, as WCAG 2 counts it.
fn contrast(one: Color32, other: Color32) -> f32 {
    let [one, other] = [one, other].map(luminance);
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Relative luminance, 0 to 1.
pub fn luminance(color: Color32) -> f32 {
    let color = egui::Rgba::from(color);
    0.2126 * color.r() + 0.7152 * color.g() + 0.0722 * color.b()
}

/// The colour of points of a meaning that lie close together, `t` in 0..=1: translucent for one that is alone, the colour itself where they
/// begin to cover each other, and farther from the ground the more they are.
pub fn density(hue: Hue, dark: bool, t: f32) -> Color32 {
    let color = hue.color(dark);
    let deep = if dark { Color32::WHITE } else { Color32::BLACK };
    if t < 0.5 {
        color.gamma_multiply(0.45 + 1.1 * t)
    } else {
        blend(color, deep, 1.3 * (t - 0.5))
    }
}

/// A share of the way from one colour to another, `t` in 0..=1.
pub fn blend(from: Color32, to: Color32, t: f32) -> Color32 {
    from.lerp_to_gamma(to, t.clamp(0.0, 1.0))
}

/// A surface that groups what belongs together, a shade off the panel.
pub fn card(ui: &egui::Ui) -> egui::Frame {
    egui::Frame::new()
        .fill(ui.visuals().faint_bg_color)
        .corner_radius(CornerRadius::same(RADIUS))
        .inner_margin(egui::Margin::same(8))
}

/// The one button of a panel that matters most.
pub fn primary_button(ui: &egui::Ui, text: &str) -> egui::Button<'static> {
    let accent = hue(ui.visuals(), Hue::Accent);
    let ink = if ui.visuals().dark_mode {
        Color32::from_rgb(0x0c, 0x1a, 0x22)
    } else {
        Color32::WHITE
    };
    egui::Button::new(egui::RichText::new(text).color(ink).strong()).fill(accent)
}

/// Small weak text: units, notes.
pub fn note(text: impl Into<String>) -> egui::RichText {
    egui::RichText::new(text).size(TYPE[0]).weak()
}

/// Whether a panel is too low for rows that stay while the others scroll.
pub fn is_short(ui: &egui::Ui) -> bool {
    ui.available_height() < SHORT
}

/// Draws what scrolls in a panel. The bar lies in the panel's margin, where it covers nothing.
pub fn scroll_panel(ui: &mut egui::Ui, name: &str, add: impl FnOnce(&mut egui::Ui)) {
    let beside = |ui: &mut egui::Ui, by: f32| ui.spacing_mut().scroll.bar_outer_margin = -by;
    beside(ui, SPACE[1]);
    egui::ScrollArea::vertical()
        .id_salt(name)
        .auto_shrink(false)
        .show(ui, |ui| {
            // What scrolls within has no such margin.
            beside(ui, 0.0);
            add(ui);
        });
    beside(ui, 0.0);
}

/// Draws what shares the height of its panel out. In a short panel it has the least height that is not short, and scrolls.
pub fn scroll_if_short(ui: &mut egui::Ui, add: impl FnOnce(&mut egui::Ui)) {
    if !is_short(ui) {
        add(ui);
        return;
    }
    scroll_panel(ui, "short", |ui| {
        ui.allocate_ui(egui::vec2(ui.available_width(), SHORT), add);
    });
}

/// Draws what is as high as its content, up to a height from which on it scrolls.
pub fn scroll_beyond(ui: &mut egui::Ui, height: f32, add: impl FnOnce(&mut egui::Ui)) {
    egui::ScrollArea::vertical()
        .max_height(height)
        // Also where a popup or a bar was lower in the last frame.
        .min_scrolled_height(height)
        .show(ui, add);
}

/// A row of words, which nobody presses: as high as for a pointer, also where a finger presses.
pub fn row_of_words(ui: &mut egui::Ui, add: impl FnOnce(&mut egui::Ui)) {
    low(ui, |ui| ui.horizontal(add));
}

/// As [`row_of_words`], in as many rows as they need.
pub fn rows_of_words(ui: &mut egui::Ui, add: impl FnOnce(&mut egui::Ui)) {
    low(ui, |ui| ui.horizontal_wrapped(add));
}

fn low<R>(ui: &mut egui::Ui, add: impl FnOnce(&mut egui::Ui) -> R) {
    let height = std::mem::replace(&mut ui.spacing_mut().interact_size.y, ROW);
    add(ui);
    ui.spacing_mut().interact_size.y = height;
}

/// One of a list's choices. Chosen by keyboard or by a screen reader it closes the list, too.
pub fn choice(ui: &mut egui::Ui, chosen: bool, name: impl Into<WidgetText>) -> Response {
    let choice = ui.selectable_label(chosen, name.into());
    if choice.clicked() {
        ui.close();
    }
    choice
}

/// A colour and what it stands for, as one widget, so that a wrapping row breaks between entries only. `mark` paints the colour
/// into a square of 8 points.
pub fn swatch(ui: &mut egui::Ui, text: &str, mark: impl FnOnce(&egui::Painter, egui::Rect)) {
    let color = ui.visuals().weak_text_color();
    let font = FontId::proportional(TYPE[0]);
    let galley = ui.painter().layout_no_wrap(text.into(), font, color);
    let size = egui::vec2(8.0 + SPACE[0] + galley.size().x, galley.size().y);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, text));
    let place = egui::Rect::from_center_size(
        egui::pos2(rect.left() + 4.0, rect.center().y),
        egui::vec2(8.0, 8.0),
    );
    mark(ui.painter(), place);
    let start = egui::pos2(place.right() + SPACE[0], rect.top());
    ui.painter().galley(start, galley, color);
}

/// The ground behind tabs and between panels.
pub fn bar_color(visuals: &Visuals) -> Color32 {
    if visuals.dark_mode {
        visuals.extreme_bg_color
    } else {
        LIGHT_BAR
    }
}

const RADIUS: u8 = 6;

/// Applies spacing, type and colours to a context. A second call changes nothing.
pub fn apply(context: &egui::Context) {
    // The proportional font has no arrows; the monospace one, which is bundled anyway, has them.
    let mut fonts = egui::FontDefinitions::default();
    if let Some(family) = fonts.families.get_mut(&egui::FontFamily::Proportional) {
        family.insert(1, "Hack".to_owned());
    }
    context.set_fonts(fonts);
    context.set_visuals_of(egui::Theme::Dark, visuals(Visuals::dark()));
    context.set_visuals_of(egui::Theme::Light, visuals(Visuals::light()));
    context.all_styles_mut(|style| {
        style.spacing.item_spacing = egui::vec2(SPACE[1], SPACE[0] + 2.0);
        style.spacing.window_margin = egui::Margin::same(12);
        style.spacing.menu_margin = egui::Margin::same(6);
        size_targets(style, ROW);
        let font = |size| FontId::new(size, FontFamily::Proportional);
        style.text_styles = [
            (TextStyle::Small, font(TYPE[0])),
            (TextStyle::Body, font(TYPE[1])),
            (TextStyle::Button, font(TYPE[1])),
            (TextStyle::Heading, font(TYPE[2])),
            (
                TextStyle::Monospace,
                FontId::new(TYPE[0] + 0.5, FontFamily::Monospace),
            ),
        ]
        .into();
    });
}

/// Sizes what is pressed for a finger or for a pointer. Whether that is a change.
pub fn for_fingers(context: &egui::Context, fingers: bool) -> bool {
    // Fingers do not grow with the type.
    let finger = (FINGER / context.zoom_factor()).max(ROW);
    let height = if fingers { finger } else { ROW };
    let changes = context.global_style().spacing.interact_size.y != height;
    if changes {
        context.all_styles_mut(|style| size_targets(style, height));
    }
    changes
}

fn size_targets(style: &mut egui::Style, height: f32) {
    let padding = if height > ROW { SPACE[1] } else { SPACE[0] };
    style.spacing.interact_size.y = height;
    style.spacing.button_padding = egui::vec2(SPACE[1], padding);
}

fn visuals(base: Visuals) -> Visuals {
    let mut visuals = base;
    let gray = Color32::from_rgb;
    let [panel, faint, extreme, line, text, weak] = if visuals.dark_mode {
        [
            gray(0x1d, 0x20, 0x24),
            CARD[1],
            gray(0x14, 0x16, 0x19),
            gray(0x38, 0x3d, 0x44),
            gray(0xd8, 0xdc, 0xe0),
            gray(0x9a, 0xa0, 0xa6),
        ]
    } else {
        [
            gray(0xfb, 0xfb, 0xfa),
            CARD[0],
            gray(0xff, 0xff, 0xff),
            gray(0xd7, 0xda, 0xdc),
            gray(0x24, 0x28, 0x2c),
            gray(0x5f, 0x64, 0x69),
        ]
    };
    visuals.panel_fill = panel;
    visuals.window_fill = panel;
    visuals.faint_bg_color = faint;
    visuals.extreme_bg_color = extreme;
    visuals.code_bg_color = faint;
    visuals.window_stroke = Stroke::new(1.0, line);
    visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, line);
    visuals.widgets.noninteractive.fg_stroke = Stroke::new(1.0, text);
    visuals.weak_text_color = Some(weak);
    // White on nearly white would not be seen.
    visuals.text_edit_bg_color = Some(bar_color(&visuals));
    // Boxes to tick and the handles of sliders.
    visuals.widgets.inactive.bg_fill = line.lerp_to_gamma(text, 0.2);
    visuals.hyperlink_color = ink(&visuals, Hue::Accent);
    visuals.warn_fg_color = ink(&visuals, Hue::Warm);
    visuals.error_fg_color = ink(&visuals, Hue::Bad);
    visuals.selection.bg_fill = hue(&visuals, Hue::Accent).gamma_multiply(0.35);
    visuals.selection.stroke = Stroke::new(1.0, text);
    visuals.window_corner_radius = CornerRadius::same(RADIUS + 2);
    visuals.menu_corner_radius = CornerRadius::same(RADIUS);
    visuals.indent_has_left_vline = false;
    visuals.slider_trailing_fill = true;
    for widget in [
        &mut visuals.widgets.inactive,
        &mut visuals.widgets.hovered,
        &mut visuals.widgets.active,
        &mut visuals.widgets.open,
    ] {
        widget.corner_radius = CornerRadius::same(RADIUS - 2);
        widget.expansion = 0.0;
    }
    visuals
}
