//! Where gradient ascent on a table leads from many starts, how good that is and how flat (`method.md` §10.2).

use std::collections::BTreeMap;
use std::fmt;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::evaluator::LandscapeError;
use super::extension::Extension;
use super::index::architecture;
use super::relaxed::{Ascended, Ascent, RelaxedObjective, shifted};
use super::smooth::neighbor_means;
use super::values::{ValueSeries, Values};
use crate::search::Representation;
use crate::space::{Aggregation, Genotype, Space, enumerate_ball};

/// Ascents of F and of its means over neighborhoods from the same starts.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct RelaxOptions {
    /// Whose neighborhoods are ascended, beside F itself.
    pub representations: Vec<Representation>,
    /// Of each of them, 1 to 3.
    pub radii: Vec<usize>,
    /// Whether the lower bound of the worst neighbor is ascended, too.
    pub worst: bool,
    /// Whether an architecture is in its neighborhood.
    pub include_self: bool,
    /// How many, 1 to 100,000. The first is α = 0.
    pub starts: usize,
    /// What the gradient in α is multiplied by, above 0 and at most 1,000,000.
    pub rate: f64,
    /// Most steps of an ascent, 1 to 1,000,000.
    pub steps: usize,
    /// The standard deviation of the entries of α at the other starts, 0 to 1,000.
    pub spread: f64,
    /// Of the starts.
    pub seed: u64,
}

/// Where the ascents led.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct RelaxReport {
    /// What was run.
    pub options: RelaxOptions,
    /// One for each of [`RelaxOptions::objectives`].
    pub objectives: Vec<AscentReport>,
    /// The architecture of the highest accuracy.
    pub best: FoundCell,
    /// That with the highest mean accuracy of its neighbors.
    pub flattest: FoundCell,
}

/// The ascents of one objective. Means are over the starts; accuracies in percent.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct AscentReport {
    /// `plain`, a representation or `worst-neighbor`.
    pub objective: String,
    /// 0 for `plain`.
    pub radius: usize,
    /// How many different architectures were found.
    pub cells: usize,
    /// The share of starts that provably no further step leads to another architecture; also those at which the objective is level.
    pub settled: f64,
    /// The share that found an architecture which none of its neighbors at distance 1 surpasses in the metric that was ascended.
    pub local_optima: f64,
    /// The mean accuracy of what was found in the metric that was ascended.
    pub accuracy_mean: f64,
    /// The highest.
    pub accuracy_best: f64,
    /// The mean accuracy in the reported metric, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reported_mean: Option<f64>,
    /// The highest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reported_best: Option<f64>,
    /// The mean place among all architectures, 1 for the best, in the reported metric.
    pub rank_mean: f64,
    /// The mean over the starts of the mean accuracy of the neighbors at distance 1, in the reported metric.
    pub neighborhood_mean: f64,
    /// The same of the worst of them.
    pub neighborhood_worst: f64,
    /// The mean entropy of β at the end, over the edges, in nats.
    pub entropy: f64,
    /// The mean F(β) at the end.
    pub value: f64,
    /// The mean of what was ascended.
    pub objective_value: f64,
    /// The mean number of steps.
    pub steps: f64,
    /// What α = 0 led to.
    pub from_zero: FoundCell,
    /// F(β) there.
    pub from_zero_value: f64,
    /// What most starts led to, the first by its number of equals.
    pub most_frequent: FoundCell,
    /// How many.
    pub most_frequent_starts: usize,
    /// For every start the accuracy of what was found and the mean accuracy of its neighbors, in the reported metric, as
    /// [`RelaxReport::values`] writes them down.
    #[serde(skip)]
    pub ends: Vec<[f64; 2]>,
}

/// An architecture among its neighbors at distance 1.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct FoundCell {
    /// The architecture.
    pub genotype: Genotype,
    /// In the metric that was ascended.
    pub accuracy: f64,
    /// In the reported metric, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reported: Option<f64>,
    /// One more than the number of architectures that are better in the reported metric.
    pub rank: usize,
    /// The mean accuracy of the neighbors in the reported metric.
    pub neighborhood_mean: f64,
    /// The lowest.
    pub neighborhood_worst: f64,
    /// Whether no neighbor is better in the metric that was ascended.
    pub local_optimum: bool,
}

impl RelaxOptions {
    /// F itself, every representation at every radius, the worst neighbor at every radius.
    pub fn objectives(&self) -> Vec<RelaxedObjective> {
        let include_self = self.include_self;
        let radii = || self.radii.iter().copied();
        let means = self.representations.iter().flat_map(|&representation| {
            radii().map(move |radius| RelaxedObjective::Mean {
                representation,
                radius,
                include_self,
            })
        });
        let worst = radii()
            .filter(|_| self.worst)
            .map(|radius| RelaxedObjective::Worst {
                radius,
                include_self,
            });
        std::iter::once(RelaxedObjective::Plain)
            .chain(means)
            .chain(worst)
            .collect()
    }

    fn check(&self) -> Result<(), LandscapeError> {
        let counts = [
            ("the number of starts", self.starts, 100_000),
            ("the number of steps", self.steps, 1_000_000),
        ];
        for (what, count, most) in counts {
            if !(1..=most).contains(&count) {
                let least = 1;
                return Err(LandscapeError::Range { what, least, most });
            }
        }
        if self.radii.iter().any(|radius| !(1..=3).contains(radius)) {
            let (what, least, most) = ("the radius", 1, 3);
            return Err(LandscapeError::Range { what, least, most });
        }
        if twice(&self.radii) {
            return Err(LandscapeError::Twice("the same radius"));
        }
        if twice(&self.representations) {
            return Err(LandscapeError::Twice("the same representation"));
        }
        let numbers = [
            ("the rate", self.rate, 1e-6, 1e6),
            ("the spread", self.spread, 0.0, 1e3),
        ];
        for (what, number, least, most) in numbers {
            if !(least..=most).contains(&number) {
                return Err(LandscapeError::Number { what, least, most });
            }
        }
        Ok(())
    }
}

/// Whether a list has something twice.
pub(super) fn twice<T: PartialEq>(list: &[T]) -> bool {
    (1..list.len()).any(|place| list[..place].contains(&list[place]))
}

/// Climbs from many starts, the same ones for every objective, in parallel; the result does not depend on the number of threads.
/// `searched` is what is ascended and `reported` what the architectures that were found are judged by, both with one value for each
/// architecture, as [`super::Table::values`] has them; without it they are judged by the first. `ascended` is called after each ascent.
///
/// # Errors
/// Options out of range; a space without complete tables.
pub fn relax(
    space: Space,
    searched: &[f64],
    reported: Option<&[f64]>,
    options: &RelaxOptions,
    ascended: &(dyn Fn() + Sync),
) -> Result<RelaxReport, LandscapeError> {
    options.check()?;
    let [edges, operations] = [space.edges().len(), space.operations().len()];
    let landscape = Extension::new(searched, edges, operations)?;
    let judge = Judge::new(space, searched, reported)?;
    let starts = starts(options, edges * operations);
    let report = |objective: RelaxedObjective| {
        let climbed = Ascended::new(landscape, objective)?;
        let climb = |alpha: &Vec<f64>| {
            let ascent = climbed.climb(alpha.clone(), options.rate, options.steps);
            ascended();
            ascent
        };
        let ascents: Result<Vec<Ascent>, LandscapeError> = starts.par_iter().map(climb).collect();
        summary(objective, &ascents?, &judge)
    };
    let objectives = options.objectives().into_iter().map(report);
    Ok(RelaxReport {
        objectives: objectives.collect::<Result<_, _>>()?,
        best: judge.cell(highest(searched))?,
        flattest: judge.cell(highest(&neighbor_means(judge.reported, edges, operations)?))?,
        options: options.clone(),
    })
}

/// The α of every start.
fn starts(options: &RelaxOptions, entries: usize) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    let mut normal = || {
        // Box and Muller; 1 − u is never zero.
        let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
        options.spread * radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
    };
    let drawn = (1..options.starts).map(|_| (0..entries).map(|_| normal()).collect());
    std::iter::once(vec![0.0; entries]).chain(drawn).collect()
}

/// The place of the highest value, the first of equals.
fn highest(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, next| {
        if values[next] > values[best] {
            next
        } else {
            best
        }
    })
}

/// What says how good an architecture is, and how flat.
struct Judge<'a> {
    space: Space,
    searched: &'a [f64],
    reported: &'a [f64],
    /// Whether that is another metric.
    other: bool,
    /// Ascending.
    sorted: Vec<f64>,
    /// The changes that lead to the neighbors.
    changes: Vec<Vec<(usize, usize)>>,
}

impl<'a> Judge<'a> {
    fn new(
        space: Space,
        searched: &'a [f64],
        reported: Option<&'a [f64]>,
    ) -> Result<Self, LandscapeError> {
        let [edges, operations] = [space.edges().len(), space.operations().len()];
        let other = reported.is_some();
        let reported = reported.unwrap_or(searched);
        Extension::new(reported, edges, operations)?;
        let mut sorted = reported.to_vec();
        sorted.sort_by(f64::total_cmp);
        Ok(Self {
            space,
            searched,
            reported,
            other,
            sorted,
            changes: enumerate_ball(edges, operations, 1)?,
        })
    }

    fn cell(&self, index: usize) -> Result<FoundCell, LandscapeError> {
        let operations = self.space.operations().len();
        let genotype = architecture(self.space, index).ok_or(LandscapeError::Incomplete {
            edges: self.space.edges().len(),
            operations,
            found: self.searched.len(),
        })?;
        let neighbors = self
            .changes
            .iter()
            .map(|changes| shifted(index, changes, operations));
        let neighbors: Vec<usize> = neighbors.collect();
        let around: Vec<f64> = neighbors.iter().map(|&one| self.reported[one]).collect();
        let [accuracy, reported] = [self.searched[index], self.reported[index]];
        Ok(FoundCell {
            genotype,
            accuracy,
            reported: self.other.then_some(reported),
            rank: 1 + self.sorted.len() - self.sorted.partition_point(|&value| value <= reported),
            neighborhood_mean: Aggregation::Mean.value(&around),
            neighborhood_worst: Aggregation::Min.value(&around),
            local_optimum: neighbors.iter().all(|&one| self.searched[one] <= accuracy),
        })
    }
}

fn summary(
    objective: RelaxedObjective,
    ascents: &[Ascent],
    judge: &Judge,
) -> Result<AscentReport, LandscapeError> {
    let operations = judge.space.operations().len();
    let index = |ascent: &Ascent| {
        let digits = ascent.strongest.iter();
        digits.fold(0, |index, digit| index * operations + digit)
    };
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for ascent in ascents {
        *counts.entry(index(ascent)).or_default() += 1;
    }
    let mut found = BTreeMap::new();
    for &index in counts.keys() {
        found.insert(index, judge.cell(index)?);
    }
    let most = counts.iter().fold((0, 0), |most, (&index, &starts)| {
        if starts > most.1 {
            (index, starts)
        } else {
            most
        }
    });
    let of_cells = |figure: fn(&FoundCell) -> f64| -> Vec<f64> {
        ascents
            .iter()
            .map(|ascent| figure(&found[&index(ascent)]))
            .collect()
    };
    let cells = |figure| Aggregation::Mean.value(&of_cells(figure));
    let mean = |figure: fn(&Ascent) -> f64| {
        Aggregation::Mean.value(&ascents.iter().map(figure).collect::<Vec<f64>>())
    };
    let accuracies = of_cells(|cell| cell.accuracy);
    let reported = of_cells(|cell| cell.reported.unwrap_or(cell.accuracy));
    // There is at least one start.
    let first = &ascents[0];
    Ok(AscentReport {
        objective: objective.to_string(),
        radius: objective.radius(),
        cells: found.len(),
        settled: mean(|ascent| f64::from(u8::from(ascent.settled))),
        local_optima: cells(|cell| f64::from(u8::from(cell.local_optimum))),
        accuracy_mean: Aggregation::Mean.value(&accuracies),
        accuracy_best: Aggregation::Max.value(&accuracies),
        reported_mean: judge.other.then(|| Aggregation::Mean.value(&reported)),
        reported_best: judge.other.then(|| Aggregation::Max.value(&reported)),
        rank_mean: cells(|cell| cell.rank as f64),
        neighborhood_mean: cells(|cell| cell.neighborhood_mean),
        neighborhood_worst: cells(|cell| cell.neighborhood_worst),
        entropy: mean(|ascent| ascent.entropy),
        value: mean(|ascent| ascent.value),
        objective_value: mean(|ascent| ascent.objective),
        steps: mean(|ascent| ascent.steps as f64),
        from_zero: found[&index(first)].clone(),
        from_zero_value: first.value,
        most_frequent: found[&most.0].clone(),
        most_frequent_starts: most.1,
        ends: reported
            .into_iter()
            .zip(of_cells(|cell| cell.neighborhood_mean))
            .map(|(accuracy, around)| [accuracy, around])
            .collect(),
    })
}

/// The width of the first column.
const NAME: usize = 28;

impl RelaxReport {
    /// What every start led to by every objective at every radius, in the reported metric: the accuracy of the architecture, then the mean
    /// accuracy of its neighbors.
    pub fn values(&self, metric: &str) -> [Values; 2] {
        let plain = RelaxedObjective::Plain.to_string();
        let mut names: Vec<&String> = Vec::new();
        for report in &self.objectives {
            if !names.contains(&&report.objective) {
                names.push(&report.objective);
            }
        }
        // Plain ascent has no radius, and stands at all of them.
        let of = |name: &str, radius: usize, figure: usize| -> Vec<f64> {
            let mut reports = self.objectives.iter();
            let found = reports.find(|report| {
                report.objective == name && (report.radius == radius || name == plain)
            });
            let ends = found.map_or(&[][..], |report| &report.ends);
            ends.iter().map(|end| end[figure]).collect()
        };
        let radii = &self.options.radii;
        let quantities = [
            "accuracy of the architecture, %",
            "mean accuracy of its neighbors, %",
        ];
        [0, 1].map(|figure| {
            let series = names.iter().map(|name| ValueSeries {
                name: (*name).clone(),
                of: radii
                    .iter()
                    .map(|&radius| of(name, radius, figure))
                    .collect(),
            });
            Values::new(
                [metric, quantities[figure]],
                ["radius of the neighborhood, edges", "start"],
                radii.iter().map(|&radius| radius as f64).collect(),
                &plain,
                series.collect(),
            )
        })
    }

    /// Whether the architectures are judged by another metric.
    fn other(&self) -> bool {
        self.best.reported.is_some()
    }

    fn row(&self, f: &mut fmt::Formatter, report: &AscentReport) -> fmt::Result {
        write!(
            f,
            "{:<NAME$} {:>6} {:>7.1} {:>7.1} {:>8.4} {:>7.2} {:>8.2} {:>6.2}",
            name(report),
            report.cells,
            100.0 * report.settled,
            100.0 * report.local_optima,
            report.entropy,
            report.value,
            report.accuracy_mean,
            report.accuracy_best
        )?;
        if let (Some(mean), Some(best)) = (report.reported_mean, report.reported_best) {
            write!(f, " {mean:>8.2} {best:>6.2}")?;
        }
        writeln!(
            f,
            " {:>7.1} {:>9.2} {:>6.2}",
            report.rank_mean, report.neighborhood_mean, report.neighborhood_worst
        )
    }

    fn reference(&self, f: &mut fmt::Formatter, name: &str, cell: &FoundCell) -> fmt::Result {
        let optimum = f64::from(u8::from(cell.local_optimum));
        write!(
            f,
            "{name:<NAME$} {:>6} {:>7} {:>7.1} {:>8} {:>7} {:>8.2} {:>6.2}",
            1,
            "",
            100.0 * optimum,
            "",
            "",
            cell.accuracy,
            cell.accuracy
        )?;
        if let Some(reported) = cell.reported {
            write!(f, " {reported:>8.2} {reported:>6.2}")?;
        }
        writeln!(
            f,
            " {:>7} {:>9.2} {:>6.2}",
            cell.rank, cell.neighborhood_mean, cell.neighborhood_worst
        )
    }
}

fn name(report: &AscentReport) -> String {
    match report.radius {
        0 => report.objective.clone(),
        radius => format!("{}, radius {radius}", report.objective),
    }
}

impl fmt::Display for RelaxReport {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let RelaxOptions {
            starts,
            steps,
            rate,
            spread,
            include_self,
            ..
        } = &self.options;
        let own = if *include_self { "with" } else { "without" };
        writeln!(
            f,
            "{starts} starts (α = 0, else normal with deviation {spread}), {steps} steps of rate {rate}, neighborhoods {own} their centre"
        )?;
        let reported = if self.other() { " reported   best" } else { "" };
        writeln!(
            f,
            "{:<NAME$} {:>6} {:>7} {:>7} {:>8} {:>7} {:>8} {:>6}{reported} {:>7} {:>9} {:>6}",
            "ascended",
            "cells",
            "settled",
            "optima",
            "entropy",
            "F",
            "accuracy",
            "best",
            "rank",
            "neighbors",
            "worst"
        )?;
        for report in &self.objectives {
            self.row(f, report)?;
        }
        self.reference(f, "the table's best cell", &self.best)?;
        self.reference(f, "its best neighborhood", &self.flattest)?;
        writeln!(f, "where most starts led")?;
        for report in &self.objectives {
            let (cell, starts) = (&report.most_frequent, report.most_frequent_starts);
            let genotype = cell.genotype.to_text();
            writeln!(
                f,
                "  {:<NAME$} {starts:>6} starts {:>7.2} %  {genotype}",
                name(report),
                cell.accuracy
            )?;
        }
        writeln!(f, "where α = 0 led")?;
        for report in &self.objectives {
            let (cell, value) = (&report.from_zero, report.from_zero_value);
            let genotype = cell.genotype.to_text();
            writeln!(
                f,
                "  {:<NAME$} F {value:>11.4} {:>7.2} %  {genotype}",
                name(report),
                cell.accuracy
            )?;
        }
        Ok(())
    }
}
