//! Evaluators, tables and reports on landscapes, against `method.md` §1.2, §5, §6, §9.4 and §10.

use std::path::PathBuf;
use std::sync::OnceLock;

use plateau::landscape::{Evaluator, EvaluatorError, Score, Table, architecture};
use plateau::space::{Genotype, Space};

mod barriers;
mod classes;
mod layouts;
mod matched;
mod neighborhoods;
mod orders;
mod relaxed;
mod sampling;
mod sampling_additive;
mod sampling_arms;
mod sampling_noise;
mod spectra;
mod tables;

const BEST: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|";

fn benchmark_file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/bench_102_num.txt")
}

/// The real NAS-Bench-201 table.
fn benchmark() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::read(&benchmark_file()).unwrap())
}

fn cell(text: &str) -> Genotype {
    Genotype::parse(text).unwrap()
}

/// A table of the 3-node cell with one metric.
fn small_table(accuracy: impl Fn(usize) -> f64) -> Table {
    let values = (0..125).map(accuracy).collect();
    Table::new(
        Space::NasBench201Small,
        vec!["accuracy".to_owned()],
        vec![values],
    )
    .unwrap()
}

/// Scores any genotype by a function and remembers what it was asked for.
struct Scripted<F> {
    space: Space,
    accuracy: F,
    asked: Vec<Genotype>,
}

impl<F: Fn(&Genotype) -> f64> Scripted<F> {
    fn new(space: Space, accuracy: F) -> Self {
        Self {
            space,
            accuracy,
            asked: Vec::new(),
        }
    }
}

impl<F: Fn(&Genotype) -> f64> Evaluator for Scripted<F> {
    fn space(&self) -> Space {
        self.space
    }

    async fn scores(&mut self, genotypes: &[Genotype]) -> Result<Vec<Score>, EvaluatorError> {
        self.asked.extend_from_slice(genotypes);
        let score = |genotype| {
            let accuracy = (self.accuracy)(genotype);
            let loss = 1.0 - accuracy / 100.0;
            Score { loss, accuracy }
        };
        Ok(genotypes.iter().map(score).collect())
    }
}

/// The digits of an architecture: its operations by index, edge after edge.
fn digits(space: Space, index: usize) -> Vec<usize> {
    architecture(space, index).unwrap().encoding()[0]
        .iter()
        .map(|&operation| space.operation_index(operation).unwrap())
        .collect()
}
