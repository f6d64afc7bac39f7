//! NA-RS behind a screen: random search first, and the neighborhoods of its best draws alone (`method.md` §10.8).

use std::collections::HashSet;

use super::evaluator::{Evaluator, EvaluatorError, LandscapeError, Score, finite_scores};
use super::memo::{Key, Memo};
use super::sampling::{
    Budget, MOST_DRAWS, SamplingOptions, SamplingOutcome, finished, keep_better, plain_search,
};
use crate::space::{Allowed, Genotype, Space};

/// A draw that may be ranked by its neighborhood.
struct Candidate {
    /// Itself, and its neighbors.
    members: Vec<Genotype>,
    own: Score,
    draw: usize,
}

/// Draws until the evaluations that are left just pay for the neighborhoods of the best `best` draws, or of as many of the best as they
/// can pay for, and chooses among these by their neighborhoods. Where none can be paid for, the best draw is chosen by itself.
///
/// Neighborhoods overlap, with each other and with the draws, so that what they cost is counted, not multiplied: the evaluations are
/// spent exactly.
pub(super) async fn screened_search(
    evaluator: &mut impl Evaluator,
    options: &SamplingOptions,
    best: usize,
) -> Result<SamplingOutcome, LandscapeError> {
    let allowed = evaluator.allowed();
    let total = match options.budget {
        Budget::Evaluations(evaluations) => evaluations,
        Budget::Draws(_) => {
            plain_search(&mut Blank(allowed), options)
                .await?
                .evaluations
        }
    };
    let mut memo = Memo::new(evaluator);
    let [mut draw_rng, mut neighbor_rng] = options.generators();
    // By their own losses, equal ones in the order of their draws; at most `best`.
    let mut ranked: Vec<Candidate> = Vec::new();
    let mut draws = 0;
    let paid = loop {
        let (paid, left) = affordable(&memo, &ranked, total);
        if left == 0 || draws == MOST_DRAWS {
            break paid;
        }
        let genotype = Genotype::random_among(&allowed, &mut draw_rng);
        let draw = draws;
        draws += 1;
        // Nothing but draws has been evaluated yet.
        if memo.knows(&Key::of(&genotype)) {
            continue;
        }
        let own = finite_scores(&mut memo, std::slice::from_ref(&genotype)).await?[0];
        let place = ranked.partition_point(|other| other.own.loss <= own.loss);
        if place < best {
            let members = options.members(genotype, &allowed, &mut neighbor_rng)?;
            ranked.insert(place, Candidate { members, own, draw });
            ranked.truncate(best);
        }
    };
    let mut chosen = None;
    for Candidate { members, own, draw } in &ranked[..paid] {
        let scores = finite_scores(&mut memo, members).await?;
        let score = options.score(&scores);
        keep_better(&mut chosen, &members[0], score, *own, *draw);
    }
    if let (None, Some(Candidate { members, own, draw })) = (&chosen, ranked.first()) {
        keep_better(&mut chosen, &members[0], own.loss, *own, *draw);
    }
    let outcome = finished(chosen, draws, memo.evaluations())?;
    Ok(SamplingOutcome {
        screened: Some(paid),
        ..outcome
    })
}

/// How many of the candidates, best first, have neighborhoods that `total` evaluations pay for, and how many evaluations that leaves.
fn affordable(memo: &Memo<impl Evaluator>, ranked: &[Candidate], total: usize) -> (usize, usize) {
    let spare = total - memo.evaluations();
    let most: usize = ranked.iter().map(|one| one.members.len() - 1).sum();
    // Mostly there is no need to look for what they share.
    if most < spare {
        return (ranked.len(), spare - most);
    }
    let mut unknown = HashSet::new();
    let (mut paid, mut left) = (0, spare);
    for candidate in ranked {
        let keys = candidate.members.iter().map(Key::of);
        unknown.extend(keys.filter(|key| !memo.knows(key)));
        let Some(rest) = spare.checked_sub(unknown.len()) else {
            break;
        };
        paid += 1;
        left = rest;
    }
    (paid, left)
}

/// Scores everything alike: how many architectures a search evaluates does not depend on their scores.
struct Blank(Allowed);

impl Evaluator for Blank {
    fn space(&self) -> Space {
        self.0.space()
    }

    fn allowed(&self) -> Allowed {
        self.0
    }

    async fn scores(&mut self, genotypes: &[Genotype]) -> Result<Vec<Score>, EvaluatorError> {
        let blank = Score {
            loss: 0.0,
            accuracy: 0.0,
        };
        Ok(vec![blank; genotypes.len()])
    }
}

/// Runs a search on any evaluator. Evaluations are remembered within the search.
///
/// # Errors
/// Options out of range; a neighborhood that is too large; a failing evaluator; scores that are not finite.
pub async fn sampling_search(
    evaluator: &mut impl Evaluator,
    options: &SamplingOptions,
) -> Result<SamplingOutcome, LandscapeError> {
    options.check(&evaluator.allowed())?;
    match options.screen {
        Some(best) => screened_search(evaluator, options, best).await,
        None => plain_search(evaluator, options).await,
    }
}
