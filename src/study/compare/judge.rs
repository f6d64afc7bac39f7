//! The judge of a comparison: one supernet, the same for all strategies, scores what each of them found, and its neighbors.

use super::Judged;
use crate::landscape::{
    Evaluator, LandscapeError, NeighborhoodOptions, NeighborhoodReport, neighborhood,
};
use crate::search::{Order, Select, Strategy};
use crate::session::{RunConfig, RunKind};
use crate::space::{Counting, Genotype};

/// Epochs that a judge is trained for where nothing else is asked for, in those of a search with the same settings.
pub const JUDGE_EPOCHS: usize = 10;

/// The run that trains the judge of searches with these settings: on single paths, with images and random numbers of its own.
pub fn judge_of(settings: &RunConfig, epochs: usize) -> RunConfig {
    let mut config = RunConfig {
        kind: RunKind::Judge,
        // The same for all seeds that share a split.
        seed: settings.split_seed.unwrap_or(settings.seed),
        ..settings.clone()
    };
    if let Some(search) = &mut config.search {
        search.strategy = Strategy::Rsps;
        search.epochs = epochs;
        // Whatever only concerns the choice of an architecture: the judge is the same for all that are compared.
        search.replica = false;
        search.alpha_batch = 0;
        search.alpha_after = 0;
        search.order = Order::default();
        search.select = Select::default();
        search.sharpness = 0;
        search.early_stop = false;
    }
    config
}

impl Judged {
    /// A genotype and all its neighbors at distance 1.
    ///
    /// # Errors
    /// A genotype of another space or without neighbors; an evaluator that fails.
    pub async fn by(
        evaluator: &mut impl Evaluator,
        genotype: &Genotype,
    ) -> Result<Self, LandscapeError> {
        let options = NeighborhoodOptions {
            counting: Counting::Topology,
            radius: 1,
            ..NeighborhoodOptions::default()
        };
        let report = neighborhood(evaluator, genotype, &options).await?;
        Ok(Self::of(&report).unwrap_or(Self {
            own: report.own,
            count: 0,
            mean: report.own,
            worst: report.own,
            best: report.own,
        }))
    }

    /// The short form of a report; nothing for one without neighbors.
    fn of(report: &NeighborhoodReport) -> Option<Self> {
        let nearest = report.radii.first()?;
        Some(Self {
            own: report.own,
            count: nearest.raw.count,
            mean: nearest.raw.mean,
            worst: nearest.raw.worst,
            best: nearest.raw.best,
        })
    }
}
