//! The searches that a comparison runs side by side, and what a run of them is worth (`method.md` §2, §10.8).

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::evaluator::{Evaluator, LandscapeError, TableEvaluator, finite_scores};
use super::index::architecture_index;
use super::matched::Matched;
use super::memo::Memo;
use super::sampling::{Budget, SamplingOptions, SamplingOutcome};
use super::sampling_additive::additive_search;
use super::sampling_local::local_search;
use super::sampling_noise::{Noise, NoisyTable, networks};
use super::sampling_screen::sampling_search;
use crate::space::{Aggregation, Genotype, neighbors_among};

/// A search of a comparison. All of a run have one seed and, but for [`Arm::RsEqualDraws`], evaluate as many different architectures.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[serde(rename_all = "snake_case")]
pub enum Arm {
    /// The search itself.
    NaRs,
    /// The search behind a screen, see [`SamplingOptions::screen`].
    NaRsScreen,
    /// Random search with as many draws.
    RsEqualDraws,
    /// Random search with as many different evaluations: what the others are compared to.
    RsEqualEvaluations,
    /// [`local_search`].
    LocalSearch,
    /// [`additive_search`].
    AdditiveFit,
}

/// How many draws a screen lets through where the options do not say it.
const SCREENED: usize = 10;

impl Arm {
    /// All, in the order of the reports.
    pub const ALL: [Arm; 6] = [
        Arm::NaRs,
        Arm::NaRsScreen,
        Arm::RsEqualDraws,
        Arm::RsEqualEvaluations,
        Arm::LocalSearch,
        Arm::AdditiveFit,
    ];

    /// Those of a comparison whose evaluations cost something, the screened search where it was asked for.
    pub(super) fn few(options: &SamplingOptions) -> &'static [Arm] {
        match options.screen {
            None => &[Arm::NaRs, Arm::RsEqualDraws, Arm::RsEqualEvaluations],
            Some(_) => &[
                Arm::NaRs,
                Arm::NaRsScreen,
                Arm::RsEqualDraws,
                Arm::RsEqualEvaluations,
            ],
        }
    }

    /// What reports call it.
    pub fn name(self, options: &SamplingOptions) -> String {
        match self {
            Arm::NaRs => "NA-RS".to_owned(),
            Arm::NaRsScreen => format!("NA-RS, screen of {}", screened(options)),
            Arm::RsEqualDraws => "RS, equal draws".to_owned(),
            Arm::RsEqualEvaluations => "RS, equal evaluations".to_owned(),
            Arm::LocalSearch => "local search".to_owned(),
            Arm::AdditiveFit => "additive fit".to_owned(),
        }
    }

    /// Its name in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Arm::NaRs => "na_rs",
            Arm::NaRsScreen => "na_rs_screen",
            Arm::RsEqualDraws => "rs_equal_draws",
            Arm::RsEqualEvaluations => "rs_equal_evaluations",
            Arm::LocalSearch => "local_search",
            Arm::AdditiveFit => "additive_fit",
        }
    }

    /// Its options where NA-RS with `options` made so many draws and evaluations.
    pub(super) fn options(
        self,
        options: &SamplingOptions,
        draws: usize,
        evaluations: usize,
    ) -> SamplingOptions {
        let equal = SamplingOptions {
            budget: Budget::Evaluations(evaluations),
            screen: None,
            ..*options
        };
        match self {
            Arm::NaRs => SamplingOptions {
                screen: None,
                ..*options
            },
            Arm::NaRsScreen => SamplingOptions {
                screen: Some(screened(options)),
                ..equal
            },
            Arm::RsEqualDraws => SamplingOptions {
                budget: Budget::Draws(draws),
                radius: 0,
                ..equal
            },
            Arm::RsEqualEvaluations | Arm::AdditiveFit => SamplingOptions { radius: 0, ..equal },
            Arm::LocalSearch => SamplingOptions {
                radius: 1,
                neighbors: 0,
                ..equal
            },
        }
    }

    /// Runs it with its own options.
    async fn search(
        self,
        evaluator: &mut impl Evaluator,
        options: &SamplingOptions,
    ) -> Result<SamplingOutcome, LandscapeError> {
        match self {
            Arm::NaRs | Arm::NaRsScreen | Arm::RsEqualDraws | Arm::RsEqualEvaluations => {
                sampling_search(evaluator, options).await
            }
            Arm::LocalSearch => local_search(evaluator, options).await,
            Arm::AdditiveFit => additive_search(evaluator, options).await,
        }
    }
}

fn screened(options: &SamplingOptions) -> usize {
    options.screen.unwrap_or(SCREENED)
}

/// What one run is.
#[derive(Clone, Copy)]
pub(super) enum Searches {
    /// The search of the options.
    Given,
    /// These, in their order.
    Arms(&'static [Arm]),
}

impl Searches {
    /// What they choose, all with the seed of the options.
    async fn outcomes(
        self,
        evaluator: &mut impl Evaluator,
        options: &SamplingOptions,
    ) -> Result<Vec<SamplingOutcome>, LandscapeError> {
        let arms = match self {
            Searches::Given => return Ok(vec![sampling_search(evaluator, options).await?]),
            Searches::Arms(arms) => arms,
        };
        let plain = Arm::NaRs.options(options, 0, 0);
        let aware = sampling_search(evaluator, &plain).await?;
        let mut outcomes = Vec::with_capacity(arms.len());
        for &arm in arms {
            outcomes.push(match arm {
                Arm::NaRs => aware.clone(),
                arm => {
                    let options = arm.options(options, aware.draws, aware.evaluations);
                    arm.search(evaluator, &options).await?
                }
            });
        }
        Ok(outcomes)
    }
}

/// One run of one search and how its choice does in the reported metric.
pub(super) struct Run {
    pub(super) genotype: Genotype,
    pub(super) score: f64,
    pub(super) draws: usize,
    pub(super) evaluations: usize,
    pub(super) screened: Option<usize>,
    /// The accuracy of the choice.
    pub(super) chosen: f64,
    /// The mean accuracy of its neighbors at distance 1.
    pub(super) around: f64,
    /// Their worst.
    pub(super) worst: f64,
    /// How much better that mean is than that of the neighbors of architectures as good as the choice; on a table.
    pub(super) residual: Option<f64>,
    /// The standard error of `chosen`, where a table has one.
    pub(super) error: Option<f64>,
}

/// Looks at what a search chose.
async fn judged(
    outcome: SamplingOutcome,
    options: &SamplingOptions,
    report: &mut impl Evaluator,
) -> Result<Run, LandscapeError> {
    let mut genotypes = vec![outcome.genotype.clone()];
    let allowed = report.allowed();
    let nearest = neighbors_among(&outcome.genotype, 1, options.counting, &allowed)?;
    genotypes.extend(nearest.into_iter().map(|neighbor| neighbor.genotype));
    let accuracies: Vec<f64> = finite_scores(report, &genotypes)
        .await?
        .iter()
        .map(|score| score.accuracy)
        .collect();
    // Where nothing may change an architecture is its own neighborhood.
    let near = match &accuracies[1..] {
        [] => &accuracies[..],
        near => near,
    };
    Ok(Run {
        genotype: outcome.genotype,
        score: outcome.score,
        draws: outcome.draws,
        evaluations: outcome.evaluations,
        screened: outcome.screened,
        chosen: accuracies[0],
        around: Aggregation::Mean.value(near),
        worst: Aggregation::Min.value(near),
        residual: None,
        error: None,
    })
}

/// Makes runs on two columns of a table in parallel, run i with seed + i: `[run][search]`. They choose by the accuracies of `search`
/// with noise of a level and report those of `report`.
///
/// # Errors
/// No runs or more than 100,000; those of the searches.
pub(super) fn runs_on_table(
    [search, report]: [TableEvaluator; 2],
    options: &SamplingOptions,
    runs: usize,
    searches: Searches,
    level: Noise,
) -> Result<Vec<Vec<Run>>, LandscapeError> {
    let space = report.space();
    let [edges, operations] = [space.edges().len(), space.operations().len()];
    let matched = Matched::new(report.accuracies(), edges, operations)?;
    let networks = match level {
        Noise::Table => networks(search),
        Noise::Sigma(_) => Vec::new(),
    };
    let made = (0..checked(runs)?).into_par_iter().map(|index| {
        let options = seeded(options, index);
        let mut scores = NoisyTable::new(search, level, &networks, options.seed);
        let mut report = report;
        // Looking a table up never waits.
        pollster::block_on(async {
            let outcomes = searches.outcomes(&mut scores, &options).await?;
            let mut runs = Vec::with_capacity(outcomes.len());
            for outcome in outcomes {
                let index = architecture_index(&outcome.genotype);
                // It is about all neighbors.
                let whole = report.allowed().is_all();
                let matched = index.filter(|_| whole).and_then(|index| matched.at(index));
                let errors = report.standard_errors();
                runs.push(Run {
                    error: index.and_then(|index| *errors.get(index)?),
                    residual: matched.map(|matched| matched.residual),
                    ..judged(outcome, &options, &mut report).await?
                });
            }
            Ok(runs)
        })
    });
    made.collect()
}

/// Makes runs on an evaluator whose scores cost something, one after the other: `[run][search]`, run i with seed + i.
///
/// # Errors
/// As [`runs_on_table`].
pub(super) async fn runs_on(
    memo: &mut Memo<impl Evaluator>,
    options: &SamplingOptions,
    runs: usize,
    searches: Searches,
) -> Result<Vec<Vec<Run>>, LandscapeError> {
    let mut made = Vec::new();
    for index in 0..checked(runs)? {
        let options = seeded(options, index);
        let mut run = Vec::new();
        for outcome in searches.outcomes(memo, &options).await? {
            run.push(judged(outcome, &options, memo).await?);
        }
        made.push(run);
    }
    Ok(made)
}

fn seeded(options: &SamplingOptions, index: usize) -> SamplingOptions {
    SamplingOptions {
        seed: options.seed.wrapping_add(index as u64),
        ..*options
    }
}

fn checked(runs: usize) -> Result<usize, LandscapeError> {
    let (least, most) = (1, 100_000);
    if (least..=most).contains(&runs) {
        Ok(runs)
    } else {
        let what = "the number of runs";
        Err(LandscapeError::Range { what, least, most })
    }
}
