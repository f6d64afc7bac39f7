//! What a search is watched for besides its losses: sharpness, the early stop by it, and the collapse to skip connections.

use serde::{Deserialize, Serialize};

use super::config::SearchConfig;
use crate::search::early_stop::{early_stop, first_candidate, interval};
use crate::space::{CellKind, Genotype, Operation};

/// What was seen so far. Serialisable: a resumed search goes on with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    evaluations: Vec<Evaluation>,
    collapsed: bool,
    /// Sum and number of the validation accuracies of the epoch so far.
    #[serde(default)]
    validation: (f64, u32),
    /// The best epoch's mean accuracy and genotype.
    #[serde(default)]
    best: Option<(f64, Genotype)>,
}

/// The sharpness after a step, and what would have been derived then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Evaluation {
    step: usize,
    sharpness: f64,
    genotype: Genotype,
}

/// Steps between two sharpness evaluations of a search of `steps` steps; none where it is not measured, or where α does not search.
pub fn sharpness_interval(config: &SearchConfig, steps: usize) -> Option<usize> {
    if !config.strategy.by_gradient() {
        return None;
    }
    match config.sharpness {
        0 => config.early_stop.then(|| interval(steps)),
        every => Some(every),
    }
}

impl Watch {
    /// Notes a step's accuracy on the architecture half, a share.
    pub fn validation(&mut self, accuracy: f32) {
        self.validation.0 += f64::from(accuracy);
        self.validation.1 += 1;
    }

    /// Notes what an epoch would end with; the first of equally good ones stays.
    pub fn epoch(&mut self, genotype: &Genotype) {
        let (sum, steps) = std::mem::take(&mut self.validation);
        let mean = sum / f64::from(steps.max(1));
        if self.best.as_ref().is_none_or(|(best, _)| mean > *best) {
            self.best = Some((mean, genotype.clone()));
        }
    }

    /// The genotype of the epoch with the best mean accuracy on the architecture half.
    pub fn best(&self) -> Option<&Genotype> {
        self.best.as_ref().map(|(_, genotype)| genotype)
    }

    /// Notes a sharpness. Where the early stop of RobustDARTS applies, the step whose genotype is the result, and that genotype.
    pub fn sharpness(
        &mut self,
        config: &SearchConfig,
        steps: usize,
        step: usize,
        sharpness: f64,
        genotype: Genotype,
    ) -> Option<(usize, Genotype)> {
        self.evaluations.push(Evaluation {
            step,
            sharpness,
            genotype,
        });
        let interval = sharpness_interval(config, steps).filter(|_| config.early_stop)?;
        let values: Vec<f64> = self.evaluations.iter().map(|e| e.sharpness).collect();
        let kept = early_stop(&values, first_candidate(steps, interval))?;
        let kept = &self.evaluations[kept];
        Some((kept.step, kept.genotype.clone()))
    }

    /// Whether the sharpness after a step was noted last.
    pub fn has_seen(&self, step: usize) -> bool {
        self.evaluations
            .last()
            .is_some_and(|last| last.step == step)
    }

    /// The skip connections and the edges of the normal cell where those have come to dominate it: at least half of its edges, 4 of 8 in the
    /// DARTS space. Once an onset; again only after they had been fewer.
    pub fn collapse(&mut self, genotype: &Genotype) -> Option<[usize; 2]> {
        let inputs = genotype.cell_of(CellKind::Normal).nodes.iter().flatten();
        let edges = inputs.clone().count();
        let skips = inputs
            .filter(|input| input.operation == Operation::SkipConnect)
            .count();
        let before = std::mem::replace(&mut self.collapsed, 2 * skips >= edges);
        (self.collapsed && !before).then_some([skips, edges])
    }
}
