//! What is said where no neighbor has a score: why, and what to press.

use super::scores::{ScoredBy, Scores};
use crate::app::context::Context;
use crate::app::runs::supernet::SupernetState;
use crate::space::Genotype;

/// What to press; nothing once a neighbor has a score.
pub fn missing(genotype: &Genotype, scores: &Scores, context: &Context) -> Option<String> {
    let known = |index| scores.gain(index).is_some();
    if (0..scores.neighbors().len()).any(known) {
        return None;
    }
    let best = scores.best(genotype, context);
    let by = scores.by(genotype, context);
    let what = match by {
        _ if scores.waiting() => "the first scores are on their way".to_owned(),
        ScoredBy::Judge if context.judge.is_training() => "the judge is being trained".into(),
        ScoredBy::Judge => match context.judge.state {
            SupernetState::Missing(_) => "press Train the judge above".into(),
            SupernetState::Unknown | SupernetState::Asked => "the judge is looked for".into(),
            SupernetState::Ready { .. } => "why stands above".into(),
        },
        ScoredBy::Supernet if *context.supernet == SupernetState::Asked => {
            "the weights of the search are looked for".into()
        }
        ScoredBy::Training => format!(
            "training tells of one cell at a time; press Train this cell for this one, {} for all",
            best.name()
        ),
        ScoredBy::Table | ScoredBy::Supernet if best == by => "why stands above".into(),
        ScoredBy::Table | ScoredBy::Supernet => format!("press {} above", best.name()),
    };
    Some(format!("Not scored yet: {what}."))
}
