//! Runs beside each other: their cells with the edges that differ marked, and their curves over the same steps.

use eframe::egui::{self, RichText, Ui, vec2};

use super::any_time;
use super::editor::flatness::Flatness;
use super::editor::flatness_words::{error_in_table, explanation};
use super::export::Export;
use super::figure_rows;
use super::kept_figures::{Growing, Kept, Seen};
use super::result::export_menu;
use super::settings::choice_within;
use super::state_words::{state_label, state_words};
use crate::app::context::{Action, OpenTable, Racer, table_of};
use crate::app::draw::cell_canvas::{CellPicture, cell_title};
use crate::app::draw::explained::explained;
use crate::app::draw::figure::{Figure, Mark, Series};
use crate::app::draw::heat_map::{self, weights};
use crate::app::draw::states::edge_name;
use crate::app::draw::theme::{self, Hue, SPACE, operation_label};
use crate::app::pane::Pane;
use crate::landscape::{Verdict, signed};
use crate::record::RunView;
use crate::search::Strategy;
use crate::session::SearchStep;
use crate::space::Genotype;

/// Height of a plot, points.
const PLOT: f32 = 120.0;
/// Height of a cell, points, in a space with two cells and in one with one.
const CELL: [f32; 2] = [120.0, 150.0];

/// Width of a list to choose from, points.
const CHOICE: f32 = 100.0;

/// One of the runs.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// The run.
    pub run: &'a RunView,
    /// The place of the step that is looked at; none: the newest.
    pub at: Option<usize>,
    /// What it is in the window, which can save it; none: one of the kept runs.
    pub racer: Option<Racer>,
}

impl Side<'_> {
    fn position(&self) -> Option<usize> {
        let last = self.run.steps.len().checked_sub(1)?;
        Some(self.at.map_or(last, |at| at.min(last)))
    }

    /// What it would end with at the step that is looked at, or has found.
    fn genotype(&self) -> Option<&Genotype> {
        let derived = self
            .position()
            .and_then(|position| self.run.derivable_at(position));
        match self.at {
            None => self.run.genotype().or(derived),
            Some(_) => derived,
        }
    }

    /// What it is called beside others: the strategy and the seed.
    fn name(&self) -> String {
        let Some(config) = &self.run.config else {
            return self.run.name.clone();
        };
        let strategy = config.search.as_ref().map(|search| search.strategy);
        let strategy = strategy.map_or("training", Strategy::title);
        format!("{strategy}, seed {}", config.seed)
    }
}

/// State of the picture.
#[derive(Default)]
pub struct Beside {
    /// Cell, edge and operation whose weight is drawn.
    alpha: Option<[usize; 3]>,
    losses: Growing,
    in_table: Kept,
    weights: Growing,
}

impl Beside {
    /// Draws the runs in columns and their curves below.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        sides: &[Side],
        table: Option<&OpenTable>,
        export: &mut Export,
        actions: &mut Vec<Action>,
    ) {
        let genotypes: Vec<Option<&Genotype>> = sides.iter().map(Side::genotype).collect();
        let most = (ui.available_width() / 190.0).floor().max(1.0) as usize;
        for (row, part) in sides.chunks(most).enumerate() {
            ui.columns(part.len(), |columns| {
                for (index, (ui, side)) in columns.iter_mut().zip(part).enumerate() {
                    let number = row * most + index;
                    let id = egui::UiBuilder::new().id_salt(("side", number));
                    // Columns of egui stretch words over their width.
                    let left = egui::Layout::top_down(egui::Align::Min);
                    ui.scope_builder(id.layout(left), |ui| {
                        column(ui, side, number, &genotypes, table, actions);
                    });
                }
            });
        }
        if let Some(space) = sides.first().and_then(|side| side.run.space()) {
            heat_map::legend(ui, space);
        }
        if let Some(text) = difference(sides) {
            ui.label(text);
        }
        ui.add_space(SPACE[0]);
        let runs: Vec<&RunView> = sides.iter().map(|side| side.run).collect();
        let names: Vec<String> = sides.iter().map(Side::name).collect();
        let of = names.join("\n");
        let losses = |steps: &[&[SearchStep]]| vec![losses(&names, steps)];
        let mut figures: Vec<&Figure> = self.losses.figures(&of, &runs, losses).iter().collect();
        let seen: Vec<_> = runs
            .iter()
            .map(|run| (*run, Seen::of(&run.steps)))
            .collect();
        let key = format!("{of}\n{}", any_time::key(table, &seen));
        figures.extend(self.in_table.figures(&key, || in_table(sides, table)));
        let columns = if ui.available_width() > 520.0 { 2 } else { 1 };
        let cursor = sides.iter().find_map(|side| {
            let at = side.at?;
            Some(side.run.steps.get(at)?.step as f64)
        });
        figure_rows::show(ui, &figures, columns, PLOT, cursor, export, actions);
        // The choices stand above the plot that they are of.
        if let Some(weight) = self.alpha(ui, sides) {
            let of = format!("{of}\n{}", weight.title);
            let make = |steps: &[&[SearchStep]]| vec![weight.figure(&names, steps)];
            let figures: Vec<&Figure> = self.weights.figures(&of, &runs, make).iter().collect();
            figure_rows::show(ui, &figures, columns, PLOT, cursor, export, actions);
        }
    }

    /// The weight of one operation on one edge over the steps, of runs that have α of one space; the row above chooses which.
    fn alpha(&mut self, ui: &mut Ui, sides: &[Side]) -> Option<Weight> {
        let space = sides.first()?.run.space()?;
        let same = sides.iter().all(|side| {
            let first = side.run.steps.first();
            side.run.space() == Some(space) && first.is_some_and(|step| !step.alpha.is_empty())
        });
        if !same {
            return None;
        }
        let operations = space.operations();
        let place = self.alpha.get_or_insert([0, 0, 0]);
        let kinds = space.cell_kinds();
        let edges = space.edges();
        place[0] = place[0].min(kinds.len() - 1);
        place[1] = place[1].min(edges.len() - 1);
        place[2] = place[2].min(operations.len() - 1);
        let names = |count: usize, name: &dyn Fn(usize) -> String| -> Vec<(usize, String, &str)> {
            (0..count).map(|one| (one, name(one), "")).collect()
        };
        let edge = |one: usize| edge_name(space, edges[one].from, edges[one].to);
        ui.horizontal_wrapped(|ui| {
            let of = ui.label(theme::note("weight of")).id;
            let options = names(operations.len(), &|one| {
                operation_label(operations[one]).to_owned()
            });
            choice_within(ui, of, "operation", &mut place[2], &options, CHOICE);
            let on = ui.label(theme::note("on edge")).id;
            let options = names(edges.len(), &edge);
            choice_within(ui, on, "edge", &mut place[1], &options, CHOICE);
            if kinds.len() > 1 {
                let of = ui.label(theme::note("of the")).id;
                let options = names(kinds.len(), &|one| cell_title(space, kinds[one]));
                choice_within(ui, of, "cell", &mut place[0], &options, CHOICE);
            }
        });
        let [cell, place, operation] = *place;
        Some(Weight {
            title: format!(
                "Weight of {} on edge {}",
                operation_label(operations[operation]),
                edge(place)
            ),
            cell,
            edge: place,
            operation,
        })
    }
}

/// The weight of an operation on an edge.
struct Weight {
    title: String,
    cell: usize,
    edge: usize,
    operation: usize,
}

impl Weight {
    fn figure(&self, names: &[String], steps: &[&[SearchStep]]) -> Figure {
        over_steps(&self.title, "share", names, steps, |step| {
            let row = step.alpha.get(self.cell)?.get(self.edge)?;
            Some(f64::from(
                *weights(row, &step.relaxation()).get(self.operation)?,
            ))
        })
    }
}

/// How far the tests of two runs are apart, and whether other images could say the opposite.
fn difference(sides: &[Side]) -> Option<String> {
    let [one, other] = sides else {
        return None;
    };
    let tested = [one.run.tested()?, other.run.tested()?];
    let [points, squares] = [
        100.0 * (tested[0].accuracy - tested[1].accuracy),
        tested
            .iter()
            .map(|one| one.accuracy * (1.0 - one.accuracy) / one.images.max(1) as f64)
            .sum(),
    ];
    // The 97.5th percentile of the normal distribution.
    let half = 196.0 * f64::sqrt(squares);
    let verdict = match points.abs() > half {
        true => "other images would hardly say the opposite; other seeds may",
        false => "other images could say the opposite",
    };
    Some(format!(
        "Tests, {} − {}: {} points (95 %: {} to {}): {verdict}.",
        one.name(),
        other.name(),
        signed(points, 2),
        signed(points - half, 2),
        signed(points + half, 2)
    ))
}

/// One run: its name and state, its cells, and what a table says of them.
fn column(
    ui: &mut Ui,
    side: &Side,
    number: usize,
    genotypes: &[Option<&Genotype>],
    table: Option<&OpenTable>,
    actions: &mut Vec<Action>,
) {
    theme::rows_of_words(ui, |ui| {
        let color = theme::ink(ui.visuals(), Hue::Arm(number));
        ui.label(RichText::new(side.name()).strong().color(color));
        // Recordings are over.
        if !side.run.live {
            return;
        }
        state_label(ui, state_words(side.run, false));
    });
    if let Some(warning) = &side.run.warning {
        ui.colored_label(ui.visuals().warn_fg_color, warning);
    }
    let Some(genotype) = side.genotype() else {
        ui.label(theme::note("nothing is derived yet"));
        return;
    };
    let space = genotype.space();
    let big = |text: String| RichText::new(text).size(20.0).strong();
    let tested = side.run.tested();
    if let Some(tested) = tested {
        let (low, high) = tested.interval();
        ui.label(big(format!("{:.2} %", 100.0 * tested.accuracy)));
        explained(
            ui,
            format!("test, {:.1} to {:.1} %", 100.0 * low, 100.0 * high),
            "Of a network that was trained from scratch; the 95 % interval for other images of the same kind",
        );
    }
    if let Some((table, metric)) = table_of(space, table)
        && let Some(verdict) = Verdict::of(table, metric, genotype, &[])
    {
        let own = format!("{:.2} %", verdict.accuracy);
        let text = match tested {
            Some(_) => RichText::new(format!("{own} in the table")),
            None => big(own),
        };
        let more = format!(
            "In the table, {metric}: of networks that were trained otherwise and on other images than a test here"
        );
        explained(ui, text, &more);
        ui.label(format!(
            "one change away {:.2} % on average, {:.2} % at worst",
            verdict.mean, verdict.worst
        ));
        let flatness = Flatness::in_table(table, metric, genotype);
        if let Some(flatness) = flatness
            && let Some(words) = flatness.words()
        {
            let rule = explanation(genotype, Some(&flatness));
            let more = format!("{rule}\n\n{}", error_in_table(table, metric));
            explained(ui, RichText::new(words).strong(), &more);
            let said = [flatness.margin(), flatness.counts()];
            for said in said.into_iter().flatten() {
                ui.label(theme::note(said));
            }
        }
    }
    let reference = genotypes.iter().flatten().find(|one| one.space() == space);
    let height = CELL[usize::from(genotype.cells().len() == 1)];
    for (cell, (&kind, wiring)) in space.cell_kinds().iter().zip(genotype.cells()).enumerate() {
        let mut picture = CellPicture::of_cell(space, kind, wiring);
        if let Some(reference) = reference {
            picture.mark_differing(&CellPicture::of_cell(space, kind, &reference.cells()[cell]));
        }
        let still = picture.show_still(ui, vec2(ui.available_width(), height));
        still.on_hover_text(picture.words());
    }
    ui.horizontal_wrapped(|ui| {
        let edit = ui
            .button("Edit")
            .on_hover_text("Shows this cell in the editor");
        if edit.clicked() {
            actions.push(Action::Edit(genotype.clone()));
            actions.push(Action::Show(Pane::Editor));
        }
        if let Some(racer) = side.racer {
            let export = export_menu(ui, genotype, side.run, racer, actions);
            let name = format!("Export {}", side.name());
            export.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
        }
    });
}

/// A line for each run over the steps.
fn over_steps(
    title: &str,
    unit: &str,
    names: &[String],
    steps: &[&[SearchStep]],
    value: impl Fn(&SearchStep) -> Option<f64>,
) -> Figure {
    let line = |(number, (name, steps)): (usize, (&String, &&[SearchStep]))| {
        let points = steps.iter().filter_map(|step| {
            let value = value(step).filter(|value| value.is_finite())?;
            Some([step.step as f64, value])
        });
        Series::new(name, Hue::Arm(number), Mark::Line, points)
    };
    let series = names.iter().zip(steps).enumerate().map(line).collect();
    figure_rows::over_steps(title, unit, "", series)
}

fn losses(names: &[String], steps: &[&[SearchStep]]) -> Figure {
    let loss = |step: &SearchStep| Some(f64::from(step.validation_loss));
    over_steps("Validation loss, nats", "nats", names, steps, loss)
}

/// The accuracy in the table of what every step would have ended with, and the mean of its neighbors.
fn in_table(sides: &[Side], table: Option<&OpenTable>) -> Vec<Figure> {
    let titles = ["The derived cell in the table, %", "Its neighbors' mean, %"];
    let mut figures = titles.map(|title| figure_rows::over_steps(title, "%", "", Vec::new()));
    for (number, side) in sides.iter().enumerate() {
        let of = side.run.space().and_then(|space| table_of(space, table));
        let curves = of.and_then(|(table, metric)| any_time::curves(side.run, table, metric));
        for (figure, points) in figures.iter_mut().zip(curves.into_iter().flatten()) {
            let (name, hue) = (side.name(), Hue::Arm(number));
            figure
                .series
                .push(Series::new(name, hue, Mark::Line, points));
        }
    }
    let figures = figures.into_iter();
    figures.filter(|figure| !figure.series.is_empty()).collect()
}
