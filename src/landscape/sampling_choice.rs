//! One sampling search on an evaluator that has to compute, and what surrounds the architecture that it chose.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::evaluator::{Evaluator, LandscapeError};
use super::neighborhood::{NeighborhoodOptions, NeighborhoodReport, neighborhood};
use super::sampling::{SamplingOptions, SamplingOutcome};
use super::sampling_screen::sampling_search;

/// A search and its choice. Accuracies are in percent.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct SamplingChoice {
    /// What was run.
    pub options: SamplingOptions,
    /// What it chose.
    pub outcome: SamplingOutcome,
    /// The choice among its neighbors at distance 1.
    pub neighborhood: NeighborhoodReport,
}

/// Runs a search once and looks at the neighbors of its choice; at most `limit` of them are scored.
///
/// # Errors
/// Those of [`sampling_search`] and of [`neighborhood`].
pub async fn sampling_choice(
    evaluator: &mut impl Evaluator,
    options: &SamplingOptions,
    limit: usize,
) -> Result<SamplingChoice, LandscapeError> {
    let outcome = sampling_search(evaluator, options).await?;
    let around = NeighborhoodOptions {
        counting: options.counting,
        radius: 1,
        limit,
        seed: options.seed,
    };
    let neighborhood = neighborhood(evaluator, &outcome.genotype, &around).await?;
    Ok(SamplingChoice {
        options: *options,
        outcome,
        neighborhood,
    })
}

impl fmt::Display for SamplingChoice {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let SamplingOutcome {
            score,
            draw,
            draws,
            evaluations,
            ..
        } = &self.outcome;
        let name = self.options.name();
        writeln!(
            f,
            "{name}: draw {} of {draws} is chosen by the loss {score:.4}, after {evaluations} evaluations",
            draw + 1
        )?;
        write!(f, "{}", self.neighborhood)
    }
}
