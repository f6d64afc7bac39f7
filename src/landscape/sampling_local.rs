//! Local search with restarts, at the price of the sampling searches (`method.md` §10.8).

use rand::seq::SliceRandom;

use super::evaluator::{Evaluator, LandscapeError, finite_scores};
use super::memo::{Key, Memo};
use super::sampling::{Budget, SamplingOptions, SamplingOutcome, finished, keep_better};
use crate::space::{Genotype, neighbors_among};

/// Climbs from random architectures: all neighbors at distance 1 are evaluated in random order, the best of them is next where it is
/// better, and where none is, another random architecture is. The last neighborhood is evaluated as far as the evaluations go. The best
/// of all evaluated architectures is chosen, the first of equals.
///
/// Of the options it has the budget, in which a draw is a start, the counting and the seed: its starts are the draws of the sampling
/// searches of that seed. In the outcome, `draw` is the start that led to the choice.
///
/// # Errors
/// Options out of range; a neighborhood that is too large; a failing evaluator; scores that are not finite.
pub async fn local_search(
    evaluator: &mut impl Evaluator,
    options: &SamplingOptions,
) -> Result<SamplingOutcome, LandscapeError> {
    let allowed = evaluator.allowed();
    options.check(&allowed)?;
    let mut memo = Memo::new(evaluator);
    let [mut start_rng, mut order_rng] = options.generators();
    let mut chosen = None;
    let mut starts = 0;
    while !options.spent(starts, memo.evaluations()) {
        let mut here = Genotype::random_among(&allowed, &mut start_rng);
        let mut own = finite_scores(&mut memo, std::slice::from_ref(&here)).await?[0];
        keep_better(&mut chosen, &here, own.loss, own, starts);
        loop {
            let near = neighbors_among(&here, 1, options.counting, &allowed)?;
            let mut around: Vec<Genotype> =
                near.into_iter().map(|neighbor| neighbor.genotype).collect();
            around.shuffle(&mut order_rng);
            let mut left = match options.budget {
                Budget::Draws(_) => usize::MAX,
                Budget::Evaluations(most) => most - memo.evaluations(),
            };
            let paid = around.iter().position(|neighbor| {
                let new = !memo.knows(&Key::of(neighbor));
                let beyond = new && left == 0;
                left -= usize::from(new && !beyond);
                beyond
            });
            around.truncate(paid.unwrap_or(around.len()));
            let scores = finite_scores(&mut memo, &around).await?;
            let before = own;
            for (neighbor, score) in around.into_iter().zip(scores) {
                keep_better(&mut chosen, &neighbor, score.loss, score, starts);
                if score.loss < own.loss {
                    (here, own) = (neighbor, score);
                }
            }
            if own.loss >= before.loss {
                break;
            }
        }
        starts += 1;
    }
    finished(chosen, starts, memo.evaluations())
}
