//! What a table says of an architecture that a search has found.

use serde::{Deserialize, Serialize};

use super::table::Table;
use crate::space::{Genotype, Operation};

/// A found architecture in a column of a table, and its neighbors that differ in one edge. Accuracies are in percent.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Verdict {
    /// Its own.
    pub accuracy: f64,
    /// 1 for the best of the table.
    pub rank: usize,
    /// Architectures of the table.
    pub of: usize,
    /// How many neighbors it has.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their worst.
    pub worst: f64,
    /// Their best.
    pub best: f64,
    /// Its skip connections.
    pub skips: usize,
    /// What each epoch of the search would have ended with: the any-time curve.
    pub curve: Vec<f64>,
}

/// Skip connections of an architecture.
pub fn skips(genotype: &Genotype) -> usize {
    let inputs = genotype.cells().iter().flat_map(|cell| &cell.nodes);
    inputs
        .flatten()
        .filter(|input| input.operation == Operation::SkipConnect)
        .count()
}

/// The index of an architecture and those of all that differ from it in one edge's operation; nothing for another space than the table's.
pub fn with_neighbors(
    table: &Table,
    genotype: &Genotype,
) -> Option<(usize, impl Iterator<Item = usize>)> {
    let index = table.index_of(genotype)?;
    let edges = table.space().edges().len();
    let operations = table.space().operations().len();
    let powers = std::iter::successors(Some(1), move |power| Some(power * operations)).take(edges);
    let neighbors = powers.flat_map(move |power| {
        let digit = index / power % operations;
        let others = (0..operations).filter(move |&other| other != digit);
        others.map(move |other| index - digit * power + other * power)
    });
    Some((index, neighbors))
}

impl Verdict {
    /// That of a genotype in a column of a table, and what each epoch would have ended with; nothing for another space than the table's or
    /// a column that it does not have.
    pub fn of(
        table: &Table,
        metric: &str,
        genotype: &Genotype,
        epochs: &[Genotype],
    ) -> Option<Self> {
        let place = table.metrics().iter().position(|name| name == metric)?;
        let values = table.values().get(place)?;
        let (index, around) = with_neighbors(table, genotype)?;
        let accuracy = *values.get(index)?;
        let neighbors: Vec<f64> = around.filter_map(|i| values.get(i).copied()).collect();
        let count = neighbors.len();
        Some(Self {
            accuracy,
            rank: 1 + values.iter().filter(|&&other| other > accuracy).count(),
            of: values.len(),
            count,
            mean: neighbors.iter().sum::<f64>() / count.max(1) as f64,
            worst: neighbors.iter().copied().fold(f64::INFINITY, f64::min),
            best: neighbors.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            skips: skips(genotype),
            curve: epochs
                .iter()
                .filter_map(|genotype| values.get(table.index_of(genotype)?).copied())
                .collect(),
        })
    }
}
