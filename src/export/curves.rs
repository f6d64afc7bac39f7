//! The curves of a run: what every step measured, and the table of it.

use std::fmt;

use crate::csv::csv;
use crate::session::{Event, RunConfig, Timed};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// Cross-entropy of the batch that trains the weights.
    TrainLoss,
    /// Share of right answers in it.
    TrainAccuracy,
    /// Cross-entropy of the batch of the α-step, at α.
    ValidationLoss,
    /// Share of right answers in it.
    ValidationAccuracy,
    /// The mean of the neighbors' cross-entropies on that batch.
    NeighborLoss,
    /// How far the neighbors are from α.
    EffectiveRadius,
    /// T of softmax(α/T).
    Temperature,
    /// The mean over the edges of that of softmax(α/T).
    Entropy,
    /// That of the weights, by the schedule of the settings.
    LearningRate,
    /// The largest curvature of the validation loss in α, after the step.
    Sharpness,
    /// Cross-entropy of the test part, after the last step.
    TestLoss,
    /// Share of right answers in it.
    TestAccuracy,
}

impl Curve {
    /// All, in the order of the table.
    pub const ALL: [Self; 12] = [
        Self::TrainLoss,
        Self::TrainAccuracy,
        Self::ValidationLoss,
        Self::ValidationAccuracy,
        Self::NeighborLoss,
        Self::EffectiveRadius,
        Self::Temperature,
        Self::Entropy,
        Self::LearningRate,
        Self::Sharpness,
        Self::TestLoss,
        Self::TestAccuracy,
    ];

    /// Its name, as in `events.jsonl` where it stands there.
    pub fn name(self) -> &'static str {
        match self {
            Self::TrainLoss => "train_loss",
            Self::TrainAccuracy => "train_accuracy",
            Self::ValidationLoss => "validation_loss",
            Self::ValidationAccuracy => "validation_accuracy",
            Self::NeighborLoss => "neighbor_loss",
            Self::EffectiveRadius => "effective_radius",
            Self::Temperature => "temperature",
            Self::Entropy => "entropy",
            Self::LearningRate => "learning_rate",
            Self::Sharpness => "sharpness",
            Self::TestLoss => "test_loss",
            Self::TestAccuracy => "test_accuracy",
        }
    }

    /// Its unit, or its range.
    pub fn unit(self) -> Option<&'static str> {
        match self {
            Self::TrainLoss
            | Self::ValidationLoss
            | Self::NeighborLoss
            | Self::Entropy
            | Self::Sharpness
            | Self::TestLoss => Some("nats"),
            Self::TrainAccuracy | Self::ValidationAccuracy | Self::TestAccuracy => Some("0 to 1"),
            Self::EffectiveRadius => Some("edges"),
            Self::Temperature | Self::LearningRate => None,
        }
    }
}

/// What a step is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The search.
    Search,
    /// Training from scratch.
    Training,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Search => "search",
            Self::Training => "training",
        })
    }
}

/// A step, and what was measured in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is part of.
    pub phase: Phase,
    /// Counted from 1 in its phase.
    pub epoch: usize,
    /// Counted from 1 in its phase.
    pub step: usize,
    /// When it ended, seconds since the run started.
    pub seconds: f64,
    values: [Option<f64>; Curve::ALL.len()],
}

impl Row {
    /// What was measured of a curve; none: it was not.
    pub fn value(&self, curve: Curve) -> Option<f64> {
        self.values[curve as usize]
    }

    fn set(&mut self, curve: Curve, value: f64) {
        self.values[curve as usize] = Some(value);
    }

    /// Takes a number over as it is written in the log: the nearest one of 64 bits has digits more.
    fn set_short(&mut self, curve: Curve, value: f32) {
        self.values[curve as usize] = value.to_string().parse().ok();
    }
}

/// What every step of a run measured.
pub fn curves(events: &[Timed]) -> Vec<Row> {
    let mut curves = Curves::default();
    for timed in events {
        curves.take(timed);
    }
    curves.rows
}

/// The steps of a run so far.
#[derive(Default)]
struct Curves {
    config: Option<RunConfig>,
    /// Of training from scratch.
    steps_per_epoch: usize,
    rows: Vec<Row>,
}

impl Curves {
    fn take(&mut self, Timed { seconds, event }: &Timed) {
        match event {
            Event::Started { config, .. } => {
                self.config = Some((**config).clone());
                self.rows.clear();
            }
            Event::SearchStep(step) => {
                let row = self.push(Phase::Search, step.epoch, step.step, *seconds);
                row.set_short(Curve::TrainLoss, step.train_loss);
                row.set_short(Curve::TrainAccuracy, step.train_accuracy);
                row.set_short(Curve::ValidationLoss, step.validation_loss);
                row.set_short(Curve::ValidationAccuracy, step.validation_accuracy);
                row.set_short(Curve::Temperature, step.temperature);
                row.set_short(Curve::Entropy, step.entropy);
                if let Some(radius) = step.effective_radius {
                    row.set_short(Curve::EffectiveRadius, radius);
                }
                let losses = step.neighbor_losses.iter().map(|&loss| f64::from(loss));
                if !step.neighbor_losses.is_empty() {
                    let mean = losses.sum::<f64>() / step.neighbor_losses.len() as f64;
                    row.set(Curve::NeighborLoss, mean);
                }
            }
            Event::Sharpness(sharpness) => {
                let mut rows = self.rows.iter_mut().rev();
                let measured =
                    |row: &&mut Row| row.phase == Phase::Search && row.step == sharpness.step;
                if let Some(row) = rows.find(measured) {
                    row.set(Curve::Sharpness, sharpness.eigenvalue);
                }
            }
            Event::TrainStarted {
                steps_per_epoch, ..
            } => self.steps_per_epoch = *steps_per_epoch,
            Event::TrainStep {
                step,
                loss,
                accuracy,
            } => {
                let epoch = step.saturating_sub(1) / self.steps_per_epoch.max(1) + 1;
                let row = self.push(Phase::Training, epoch, *step, *seconds);
                row.set_short(Curve::TrainLoss, *loss);
                row.set_short(Curve::TrainAccuracy, *accuracy);
            }
            Event::Tested { loss, accuracy, .. } => {
                let last = self.rows.last_mut();
                if let Some(row) = last.filter(|row| row.phase == Phase::Training) {
                    row.set_short(Curve::TestLoss, *loss);
                    row.set(Curve::TestAccuracy, *accuracy);
                }
            }
            _ => {}
        }
    }

    /// A row with the learning rate of its epoch.
    fn push(&mut self, phase: Phase, epoch: usize, step: usize, seconds: f64) -> &mut Row {
        let config = self.config.as_ref();
        let rate = config.and_then(|config| match phase {
            Phase::Search => Some(config.search.as_ref()?.rate_in(epoch)),
            Phase::Training => Some(config.train.rate_in(epoch)),
        });
        let mut values = [None; Curve::ALL.len()];
        values[Curve::LearningRate as usize] = rate;
        self.rows.push_mut(Row {
            phase,
            epoch,
            step,
            seconds,
            values,
        })
    }
}

/// The curves of a run as CSV: a row a step, an empty cell where nothing was measured.
pub fn curves_csv(rows: &[Row]) -> String {
    let named = |curve: Curve| match curve.unit() {
        Some(unit) => format!("{} ({unit})", curve.name()),
        None => curve.name().to_owned(),
    };
    let head = ["phase", "epoch", "step", "time (s)"].map(str::to_owned);
    let head = head.into_iter().chain(Curve::ALL.map(named)).collect();
    let rows = rows.iter().map(|row| {
        let values = Curve::ALL.map(|curve| row.value(curve));
        let cell = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let first = [
            row.phase.to_string(),
            row.epoch.to_string(),
            row.step.to_string(),
            row.seconds.to_string(),
        ];
        first.into_iter().chain(values.map(cell)).collect()
    });
    csv(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}
