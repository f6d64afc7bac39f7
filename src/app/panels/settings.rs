//! The rows of the search panel's settings: a name, a value with its unit, one sentence on hover.

use eframe::egui::{self, DragValue, Response};

use crate::search::Temperature;
use crate::session::settings::{Group, PENALTIES, SEARCH, Setting, TRAIN, Value, Word};
use crate::session::{SearchConfig, TrainConfig};
use crate::space::{Aggregation, Space};

use crate::app::draw::theme;
use crate::app::runs::labels::in_labels;

/// Width of a choice among words, points; longer words take more.
const WORD: f32 = 96.0;

/// Width of a choice among titles, points.
const TITLE: f32 = 190.0;
/// Below this width values stand under their names, points.
const NARROW: f32 = 200.0;

/// Settings in two columns; in one where two are too wide for the panel, with every value below its name.
pub fn grid(ui: &mut egui::Ui, id: &str, rows: impl FnOnce(&mut egui::Ui)) {
    // What is seen: a title that is too long for the panel has widened what lies below it.
    let seen = ui.clip_rect().right() - ui.cursor().left();
    let width = ui.available_width().min(seen);
    if width < NARROW {
        ui.allocate_ui(egui::vec2(width, 0.0), |ui| ui.vertical(rows));
        return;
    }
    egui::Grid::new(id)
        .num_columns(2)
        .spacing([theme::SPACE[1], theme::SPACE[0]])
        .show(ui, rows);
}

/// One row: `add` draws the value and is told the label that names it.
pub fn row(ui: &mut egui::Ui, name: &str, help: &str, add: impl FnOnce(&mut egui::Ui, egui::Id)) {
    let label = hinted(ui.label(name), help);
    add(ui, label.id);
    ui.end_row();
}

/// A sentence on hover with labels in the place of flags; nothing where there is none.
fn hinted(response: Response, help: &str) -> Response {
    match help {
        "" => response,
        help => response.on_hover_text(in_labels(help)),
    }
}

/// Chooses one of a few named values.
pub fn choice<T: PartialEq + Copy, N: AsRef<str>>(
    ui: &mut egui::Ui,
    label: egui::Id,
    id: &str,
    value: &mut T,
    options: &[(T, N, &str)],
) {
    let width = ui.available_width().min(TITLE);
    choice_within(ui, label, id, value, options, width);
}

/// The same, as wide as told.
pub fn choice_within<T: PartialEq + Copy, N: AsRef<str>>(
    ui: &mut egui::Ui,
    label: egui::Id,
    id: &str,
    value: &mut T,
    options: &[(T, N, &str)],
    width: f32,
) {
    let current = options
        .iter()
        .find(|(option, ..)| option == value)
        .map_or("", |(_, name, _)| name.as_ref());
    let combo = egui::ComboBox::from_id_salt(id)
        .selected_text(current)
        .width(width)
        .truncate()
        .show_ui(ui, |ui| {
            for (option, name, help) in options {
                let choice = theme::choice(ui, option == value, name.as_ref());
                if hinted(choice, help).clicked() {
                    *value = *option;
                }
            }
        });
    combo.response.labelled_by(label);
}

/// The settings of a part of the window that the search has a use for.
pub fn search(ui: &mut egui::Ui, search: &mut SearchConfig, group: Group) {
    let strategy = search.strategy;
    let shown =
        |setting: &&Setting<SearchConfig>| setting.group == group && (setting.concerns)(strategy);
    for setting in SEARCH.iter().filter(shown) {
        match setting.key() {
            // Its own loss counts by its weight.
            "exclude-self" if search.aggregation.weighs_own() => search.exclude_self = false,
            // Other spaces have no published restrictions.
            "candidates" if search.space != Space::Darts && search.candidates.is_all() => {}
            "temperature" => temperature(ui, setting, &mut search.temperature),
            _ => one(ui, setting, search),
        }
        match setting.key() {
            "aggregation" => aggregation(ui, &mut search.aggregation),
            "gumbel" => {
                if let Some(range) = &mut search.gumbel {
                    row(ui, "From and to", setting.help, |ui, label| {
                        ends(ui, label, setting.help, range);
                    });
                }
            }
            "penalty" => {
                if let Some(weight) = &mut search.penalty {
                    row(ui, "Weight", setting.help, |ui, label| {
                        let drag = number(ui, weight, PENALTIES, "");
                        hinted(drag.labelled_by(label), setting.help);
                    });
                }
            }
            "channels" => search.channels += search.channels % 2,
            "alpha-after" => {
                search.alpha_after = search.alpha_after.min(search.epochs.saturating_sub(1));
            }
            _ => {}
        }
    }
}

/// The settings of training the derived network from scratch.
pub fn training(ui: &mut egui::Ui, train: &mut TrainConfig) {
    for setting in TRAIN {
        one(ui, setting, train);
    }
    train.channels += train.channels % 2;
}

/// Whether a search with these settings has any of a part of the window.
pub fn any(search: &SearchConfig, group: Group) -> bool {
    let mut settings = SEARCH.iter();
    settings.any(|setting| setting.group == group && (setting.concerns)(search.strategy))
}

/// The row of a setting.
fn one<C: Clone>(ui: &mut egui::Ui, setting: &Setting<C>, config: &mut C) {
    row(ui, setting.label, setting.help, |ui, label| {
        let unit = setting.unit;
        let response = match &setting.value {
            Value::Whole([low, high], at) => {
                let value = DragValue::new(at(config)).range(*low..=*high);
                ui.add(value.suffix(unit).speed(0.1))
            }
            Value::Real(range, at) => number(ui, at(config), *range, unit),
            Value::Memory(at) => ui.add(DragValue::new(at(config)).suffix(unit)),
            Value::Switch(flagged, at) => {
                let value = at(config);
                let mut on = *value == *flagged;
                let response = ui.checkbox(&mut on, "");
                *value = on == *flagged;
                response
            }
            Value::Word(words, get, set) => {
                let text = get(config);
                let stem = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
                let known = words.iter().any(|word| stem(word.text) == stem(&text));
                // What is no word is the number of the one with a number.
                let same = |word: &&Word| match known {
                    true => stem(word.text) == stem(&text),
                    false => word.form != word.text,
                };
                // Lists of operations are no words.
                let current = words.iter().find(same).map_or(&*text, |word| word.label);
                egui::ComboBox::from_id_salt(setting.flag)
                    .selected_text(current)
                    .width(WORD.min(ui.available_width()))
                    .truncate()
                    .show_ui(ui, |ui| {
                        for word in *words {
                            let option = theme::choice(ui, same(&word), word.label);
                            let chosen = hinted(option, word.help).clicked();
                            if chosen && !same(&word) {
                                // The words of the table are those that it takes.
                                let _set = set(config, word.text);
                            }
                        }
                    })
                    .response
            }
        };
        hinted(response.labelled_by(label), setting.help);
    });
}

/// A number that is dragged.
fn number(ui: &mut egui::Ui, value: &mut f64, [low, high]: [f64; 2], unit: &str) -> Response {
    // A hundredth of the value a point, so that small rates move finely.
    let speed = (value.abs() * 0.01).max(1e-6);
    let drag = DragValue::new(value).range(low..=high).suffix(unit);
    ui.add(drag.speed(speed).max_decimals(6))
}

/// The number that some ways to join losses have.
fn aggregation(ui: &mut egui::Ui, aggregation: &mut Aggregation) {
    let (name, unit, help, value, range) = match aggregation {
        Aggregation::MeanStd { lambda } => (
            "Weight λ",
            "",
            "How much the deviation counts.",
            lambda,
            [0.0, 100.0],
        ),
        Aggregation::Quantile { q } => (
            "Quantile q",
            "",
            "0 is the best neighbor, 1 the worst.",
            q,
            [0.0, 1.0],
        ),
        Aggregation::LogSumExp { tau } => (
            "Temperature τ",
            " nats",
            "Low is close to the maximum, high close to the mean.",
            tau,
            [1e-3, 1e3],
        ),
        Aggregation::Own { weight } => (
            "Weight W",
            "",
            "Of α's own loss; the rest is the mean of the neighbors.",
            weight,
            [0.0, 1.0],
        ),
        _ => return,
    };
    row(ui, name, help, |ui, label| {
        number(ui, value, range, unit)
            .labelled_by(label)
            .on_hover_text(help);
    });
}

/// From the first step of the search to its last.
fn temperature(ui: &mut egui::Ui, setting: &Setting<SearchConfig>, value: &mut Temperature) {
    row(ui, setting.label, setting.help, |ui, label| {
        ends(ui, label, setting.help, value);
    });
}

/// The two ends of a range of temperatures.
fn ends(ui: &mut egui::Ui, label: egui::Id, help: &str, value: &mut Temperature) {
    ui.horizontal_wrapped(|ui| {
        for (index, end) in [&mut value.from, &mut value.to].into_iter().enumerate() {
            if index > 0 {
                ui.label("to");
            }
            let speed = (end.abs() * 0.01).max(1e-3);
            let drag = DragValue::new(end).range(Temperature::RANGE).speed(speed);
            hinted(ui.add(drag).labelled_by(label), help);
        }
    });
}
