//! One run of a comparison, and what is compared of it.

use serde::{Deserialize, Serialize};

use super::arm::Arm;
use crate::space::Genotype;

/// One strategy with one seed. Accuracies are in percent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What searched.
    pub strategy: Arm,
    /// With which seed.
    pub seed: u64,
    /// Its run folder, beside `compare.json`.
    pub run_dir: String,
    /// What it found.
    pub genotype: Genotype,
    /// On the test part after training from scratch, or in the table.
    pub accuracy: f64,
    /// What training from scratch took; none where a table says how good it is.
    pub trained: Option<TrainedRun>,
    /// What surrounds the genotype, by the judge or in the table.
    pub neighborhood: Judged,
    /// How much better the neighbors are on average than those of architectures as good as it (`method.md` §10.3), in points; in a table.
    pub residual: Option<f64>,
    /// Its skip connections.
    pub skips: usize,
    /// What the table says of what each epoch would have ended with; empty without a table.
    pub curve: Vec<f64>,
    /// Largest eigenvalue of the Hessian of the validation loss in α at the end of the search; none where nothing was searched.
    pub sharpness: Option<f64>,
    /// Multiply-adds that the search asked for.
    pub multiply_adds: u64,
    /// Wall time of the search steps.
    pub search_seconds: f64,
}

/// Training from scratch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainedRun {
    /// Images tested.
    pub test_images: usize,
    /// Images trained on.
    pub train_images: usize,
    /// Wall time of training and test.
    pub seconds: f64,
}

/// A genotype and all its neighbors at distance 1, in percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The genotype itself.
    pub own: f64,
    /// Neighbors.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their worst.
    pub worst: f64,
    /// Their best.
    pub best: f64,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// [`Entry::accuracy`].
    Accuracy,
    /// [`Judged::mean`].
    NeighborhoodMean,
    /// [`Judged::worst`].
    NeighborhoodWorst,
    /// [`Entry::residual`].
    Residual,
    /// [`Entry::sharpness`].
    Sharpness,
    /// [`Entry::multiply_adds`], in 10⁹.
    MultiplyAdds,
    /// [`Entry::search_seconds`].
    SearchSeconds,
}

impl Metric {
    /// In the order of the tables.
    pub const ALL: [Metric; 7] = [
        Metric::Accuracy,
        Metric::NeighborhoodMean,
        Metric::NeighborhoodWorst,
        Metric::Residual,
        Metric::Sharpness,
        Metric::MultiplyAdds,
        Metric::SearchSeconds,
    ];

    /// Heading, with the unit.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Accuracy => "accuracy, %",
            Metric::NeighborhoodMean => "neighbors' mean, %",
            Metric::NeighborhoodWorst => "worst neighbor, %",
            Metric::Residual => "neighbors beyond, points",
            Metric::Sharpness => "sharpness",
            Metric::MultiplyAdds => "search, 10⁹ multiply-adds",
            Metric::SearchSeconds => "search, s",
        }
    }

    /// Digits after the point.
    pub fn digits(self) -> usize {
        match self {
            Metric::Sharpness => 4,
            Metric::SearchSeconds => 1,
            _ => 2,
        }
    }

    /// Of a run, where it has one.
    pub fn of(self, entry: &Entry) -> Option<f64> {
        match self {
            Metric::Accuracy => Some(entry.accuracy),
            Metric::NeighborhoodMean => Some(entry.neighborhood.mean),
            Metric::NeighborhoodWorst => Some(entry.neighborhood.worst),
            Metric::Residual => entry.residual,
            Metric::Sharpness => entry.sharpness,
            Metric::MultiplyAdds => Some(entry.multiply_adds as f64 / 1e9),
            Metric::SearchSeconds => Some(entry.search_seconds),
        }
    }
}

/// One value a [`Metric`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics<T> {
    /// [`Metric::Accuracy`].
    pub accuracy: T,
    /// [`Metric::NeighborhoodMean`].
    pub neighborhood_mean: T,
    /// [`Metric::NeighborhoodWorst`].
    pub neighborhood_worst: T,
    /// [`Metric::Residual`].
    pub residual: T,
    /// [`Metric::Sharpness`].
    pub sharpness: T,
    /// [`Metric::MultiplyAdds`].
    pub multiply_adds: T,
    /// [`Metric::SearchSeconds`].
    pub search_seconds: T,
}

impl<T> Metrics<T> {
    pub(super) fn from(mut value: impl FnMut(Metric) -> T) -> Self {
        Self {
            accuracy: value(Metric::Accuracy),
            neighborhood_mean: value(Metric::NeighborhoodMean),
            neighborhood_worst: value(Metric::NeighborhoodWorst),
            residual: value(Metric::Residual),
            sharpness: value(Metric::Sharpness),
            multiply_adds: value(Metric::MultiplyAdds),
            search_seconds: value(Metric::SearchSeconds),
        }
    }

    /// The one of a metric.
    pub fn get(&self, metric: Metric) -> &T {
        match metric {
            Metric::Accuracy => &self.accuracy,
            Metric::NeighborhoodMean => &self.neighborhood_mean,
            Metric::NeighborhoodWorst => &self.neighborhood_worst,
            Metric::Residual => &self.residual,
            Metric::Sharpness => &self.sharpness,
            Metric::MultiplyAdds => &self.multiply_adds,
            Metric::SearchSeconds => &self.search_seconds,
        }
    }
}
