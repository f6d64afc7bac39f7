//! Random search and neighborhood-aware random search, NA-RS (`method.md` §2).

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::evaluator::{Evaluator, LandscapeError, Score, finite_scores};
use super::index::architecture_count;
use super::memo::Memo;
use crate::space::{Aggregation, Counting, Genotype, sample_neighbors};

/// When a sampling search ends.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub enum Budget {
    /// After so many draws, 1 to 1,000,000.
    Draws(usize),
    /// After the draw that brings the number of different evaluated architectures to this, at least 1 and no more than the space
    /// has. At most 1,000,000 draws all the same.
    Evaluations(usize),
}

/// A sampling search. Radius 0 is plain random search.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct SamplingOptions {
    /// When it ends.
    pub budget: Budget,
    /// d: the largest distance of a neighbor, 0 to 6.
    pub radius: usize,
    /// How many neighbors of a draw are evaluated, uniform over the ball and all different; 0: all of them.
    pub neighbors: usize,
    /// Whether a draw itself is in its neighborhood. Without neighbors it always is.
    pub include_self: bool,
    /// g: how the losses of a neighborhood become the score.
    pub aggregation: Aggregation,
    /// What one step is. On DARTS: topology, encoding or mutation.
    pub counting: Counting,
    /// Of the draws and, by a generator of their own, of the neighbors: searches of one seed draw the same architectures.
    pub seed: u64,
}

/// What a sampling search chose.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct SamplingOutcome {
    /// The architecture with the least score; among equals that of the smaller own loss, then the earlier.
    pub genotype: Genotype,
    /// g of its neighborhood's losses.
    pub score: f64,
    /// Its own score.
    pub own: Score,
    /// Which draw it was, from 0.
    pub draw: usize,
    /// How many draws were made.
    pub draws: usize,
    /// How many different architectures were evaluated.
    pub evaluations: usize,
}

/// The most draws of a search.
const MOST_DRAWS: usize = 1_000_000;

/// Runs a search on any evaluator. Evaluations are remembered within the search.
///
/// # Errors
/// Options out of range; a neighborhood that is too large; a failing evaluator; scores that are not finite.
pub async fn sampling_search(
    evaluator: &mut impl Evaluator,
    options: &SamplingOptions,
) -> Result<SamplingOutcome, LandscapeError> {
    options.check(evaluator)?;
    let space = evaluator.space();
    let mut memo = Memo::new(evaluator);
    let [mut draw_rng, mut neighbor_rng] = [0, 1].map(|stream| {
        let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
        rng.set_stream(stream);
        rng
    });
    let mut chosen: Option<SamplingOutcome> = None;
    let mut draws = 0;
    while !options.spent(draws, memo.evaluations()) {
        let genotype = Genotype::random(space, &mut draw_rng);
        let mut members = vec![genotype];
        if options.radius > 0 {
            let others = sample_neighbors(
                &members[0],
                options.radius,
                options.counting,
                options.neighbors,
                &mut neighbor_rng,
            )?;
            members.extend(others.into_iter().map(|neighbor| neighbor.genotype));
        }
        let scores = finite_scores(&mut memo, &members).await?;
        let losses: Vec<f64> = scores.iter().map(|score| score.loss).collect();
        let alone = losses.len() == 1;
        let first = usize::from(!options.include_self && !alone);
        let score = options.aggregation.value(&losses[first..]);
        let own = scores[0];
        let better = chosen
            .as_ref()
            .is_none_or(|best| (score, own.loss) < (best.score, best.own.loss));
        if better {
            chosen = Some(SamplingOutcome {
                genotype: members.swap_remove(0),
                score,
                own,
                draw: draws,
                draws: 0,
                evaluations: 0,
            });
        }
        draws += 1;
    }
    let evaluations = memo.evaluations();
    // Every budget allows at least one draw.
    chosen
        .map(|outcome| SamplingOutcome {
            draws,
            evaluations,
            ..outcome
        })
        .ok_or(out_of_range("the number of draws", 1, MOST_DRAWS))
}

fn out_of_range(what: &'static str, least: usize, most: usize) -> LandscapeError {
    LandscapeError::Range { what, least, most }
}

impl SamplingOptions {
    /// What the search is called.
    pub(super) fn name(&self) -> &'static str {
        match self.radius {
            0 => "RS",
            _ => "NA-RS",
        }
    }

    fn check(&self, evaluator: &impl Evaluator) -> Result<(), LandscapeError> {
        if self.radius > 6 {
            return Err(out_of_range("the radius", 0, 6));
        }
        match self.budget {
            Budget::Draws(draws) if !(1..=MOST_DRAWS).contains(&draws) => {
                Err(out_of_range("the number of draws", 1, MOST_DRAWS))
            }
            Budget::Evaluations(evaluations) => {
                let most = architecture_count(evaluator.space()).unwrap_or(MOST_DRAWS);
                if (1..=most).contains(&evaluations) {
                    Ok(())
                } else {
                    Err(out_of_range("the number of evaluations", 1, most))
                }
            }
            Budget::Draws(_) => Ok(()),
        }
    }

    fn spent(&self, draws: usize, evaluations: usize) -> bool {
        draws == MOST_DRAWS
            || match self.budget {
                Budget::Draws(most) => draws >= most,
                Budget::Evaluations(most) => evaluations >= most,
            }
    }
}
