//! Random search and neighborhood-aware random search, NA-RS (`method.md` §2).

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::evaluator::{Evaluator, LandscapeError, Score, finite_scores};
use super::index::architecture_count;
use super::memo::Memo;
use crate::space::{
    Aggregation, Allowed, Counting, Genotype, NeighborhoodError, sample_neighbors_among,
};

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
    /// K: only the best K draws of a random search are ranked by their neighborhoods, 1 to 1,000. The search then evaluates exactly as
    /// many different architectures as its budget allows, or as the search without a screen evaluates in its number of draws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<usize>,
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
    /// With a screen: how many draws were ranked by their neighborhoods. The evaluations of a small budget do not pay for K.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screened: Option<usize>,
}

/// The most draws of a search.
pub(super) const MOST_DRAWS: usize = 1_000_000;
/// The most draws that a screen lets through.
const MOST_SCREENED: usize = 1000;

/// A search without a screen.
pub(super) async fn plain_search(
    evaluator: &mut impl Evaluator,
    options: &SamplingOptions,
) -> Result<SamplingOutcome, LandscapeError> {
    let allowed = evaluator.allowed();
    let mut memo = Memo::new(evaluator);
    let [mut draw_rng, mut neighbor_rng] = options.generators();
    let mut chosen = None;
    let mut draws = 0;
    while !options.spent(draws, memo.evaluations()) {
        let genotype = Genotype::random_among(&allowed, &mut draw_rng);
        let members = options.members(genotype, &allowed, &mut neighbor_rng)?;
        let scores = finite_scores(&mut memo, &members).await?;
        let score = options.score(&scores);
        keep_better(&mut chosen, &members[0], score, scores[0], draws);
        draws += 1;
    }
    finished(chosen, draws, memo.evaluations())
}

/// Takes an architecture where it is better than the one that is chosen so far.
pub(super) fn keep_better(
    chosen: &mut Option<SamplingOutcome>,
    genotype: &Genotype,
    score: f64,
    own: Score,
    draw: usize,
) {
    let better = chosen
        .as_ref()
        .is_none_or(|best| (score, own.loss) < (best.score, best.own.loss));
    if better {
        *chosen = Some(SamplingOutcome {
            genotype: genotype.clone(),
            score,
            own,
            draw,
            draws: 0,
            evaluations: 0,
            screened: None,
        });
    }
}

/// What a search chose, with what it took.
pub(super) fn finished(
    chosen: Option<SamplingOutcome>,
    draws: usize,
    evaluations: usize,
) -> Result<SamplingOutcome, LandscapeError> {
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
        match (self.radius, self.screen) {
            (0, _) => "RS",
            (_, None) => "NA-RS",
            (_, Some(_)) => "NA-RS, screened",
        }
    }

    /// Refuses what is out of range for the candidates of a space.
    ///
    /// # Errors
    /// [`LandscapeError::Range`].
    pub(super) fn check(&self, allowed: &Allowed) -> Result<(), LandscapeError> {
        if self.radius > 6 {
            return Err(out_of_range("the radius", 0, 6));
        }
        if let Some(best) = self.screen {
            if !(1..=MOST_SCREENED).contains(&best) {
                let what = "the number of draws that a screen lets through";
                return Err(out_of_range(what, 1, MOST_SCREENED));
            }
            if self.radius == 0 {
                return Err(out_of_range("the radius of a screened search", 1, 6));
            }
        }
        match self.budget {
            Budget::Draws(draws) if !(1..=MOST_DRAWS).contains(&draws) => {
                Err(out_of_range("the number of draws", 1, MOST_DRAWS))
            }
            Budget::Evaluations(evaluations) => {
                let listed = architecture_count(allowed.space());
                let most = listed.map_or(MOST_DRAWS as u128, |_| allowed.genotypes());
                let most = usize::try_from(most).unwrap_or(MOST_DRAWS).min(MOST_DRAWS);
                if (1..=most).contains(&evaluations) {
                    Ok(())
                } else {
                    Err(out_of_range("the number of evaluations", 1, most))
                }
            }
            Budget::Draws(_) => Ok(()),
        }
    }

    /// The generators of the draws and of whatever surrounds them.
    pub(super) fn generators(&self) -> [ChaCha8Rng; 2] {
        [0, 1].map(|stream| {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(stream);
            rng
        })
    }

    /// A draw and the neighbors that are evaluated with it.
    pub(super) fn members(
        &self,
        genotype: Genotype,
        allowed: &Allowed,
        rng: &mut ChaCha8Rng,
    ) -> Result<Vec<Genotype>, NeighborhoodError> {
        let mut members = vec![genotype];
        if self.radius > 0 {
            let others = sample_neighbors_among(
                &members[0],
                self.radius,
                self.counting,
                allowed,
                self.neighbors,
                rng,
            )?;
            members.extend(others.into_iter().map(|neighbor| neighbor.genotype));
        }
        Ok(members)
    }

    /// g of the scores of [`SamplingOptions::members`].
    pub(super) fn score(&self, scores: &[Score]) -> f64 {
        let losses: Vec<f64> = scores.iter().map(|score| score.loss).collect();
        let alone = losses.len() == 1;
        let first = usize::from(!self.include_self && !alone);
        self.aggregation.value(&losses[first..])
    }

    /// Whether the budget allows no further draw.
    pub(super) fn spent(&self, draws: usize, evaluations: usize) -> bool {
        draws == MOST_DRAWS
            || match self.budget {
                Budget::Draws(most) => draws >= most,
                Budget::Evaluations(most) => evaluations >= most,
            }
    }
}
