//! Who scores an architecture, and how far that can be trusted.

use super::flatness_words::{error_in_table, error_on_images};
use crate::app::context::{Context, table_of};
use crate::app::runs::supernet::{JudgeOf, SupernetState, worth};
use crate::data::EMBEDDED;
use crate::space::Genotype;

/// Who answers how good an architecture is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ScoredBy {
    /// The open table.
    Table,
    /// A supernet that was trained on single paths, in a session of its own.
    Judge,
    /// The weights of the shown run's supernet.
    Supernet,
    /// Training from scratch, one architecture at a time.
    Training,
}

impl ScoredBy {
    /// All, the cheapest first.
    pub const ALL: [ScoredBy; 4] = [
        ScoredBy::Table,
        ScoredBy::Judge,
        ScoredBy::Supernet,
        ScoredBy::Training,
    ];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            ScoredBy::Table => "Table",
            ScoredBy::Judge => "Judge",
            ScoredBy::Supernet => "This search's weights",
            ScoredBy::Training => "Training",
        }
    }

    /// What its scores are.
    pub fn help(self) -> &'static str {
        match self {
            ScoredBy::Table => {
                "The accuracy that the open table has: at once, of networks that were trained."
            }
            ScoredBy::Judge => {
                "The accuracy with the weights of a supernet that was trained on single paths, each operation equally often: its \
                 numbers are not those of networks that are trained on their own, and its order of cells is a guess."
            }
            ScoredBy::Supernet => {
                "The accuracy with the weights of the shown search. They were trained as a mixture of all operations, so that a cell of \
                 single operations scores near chance, and in an order that can be wrong."
            }
            ScoredBy::Training => {
                "The accuracy on the test images after training from scratch: slow, but it is the real thing."
            }
        }
    }
}

/// What ± is beside a score.
pub fn error_of(by: ScoredBy, genotype: &Genotype, context: &Context) -> String {
    let images = |state: &SupernetState| match state {
        SupernetState::Ready { images, .. } => Some(*images),
        _ => None,
    };
    match by {
        ScoredBy::Table => table_of(genotype.space(), context.table)
            .map_or(String::new(), |(table, metric)| {
                error_in_table(table, metric)
            }),
        ScoredBy::Judge => error_on_images(images(&context.judge.state)),
        ScoredBy::Supernet => error_on_images(images(context.supernet)),
        ScoredBy::Training => error_on_images(None),
    }
}

/// How far scores can be trusted: what they are, what ± is, and of the judge how well it orders cells where that was measured.
pub fn trust(by: ScoredBy, genotype: &Genotype, context: &Context) -> String {
    let help = format!("{}\n\n{}", by.help(), error_of(by, genotype, context));
    if by != ScoredBy::Judge {
        return help;
    }
    match worth(&judge_for(genotype, context)) {
        Some(worth) => format!(
            "{help}\n\nThe one that comes with the program orders {} cells drawn at random as training them from scratch does with \
             Kendall's τ {worth}, where 1 is the same order and 0 none: the interval holds 0, so that its order is not told apart from \
             chance. Take it as a sketch of a neighborhood, and train what matters.",
            worth.cells
        ),
        None => format!(
            "{help}\n\nHow well this one orders cells has not been measured here; on the command line plateau judge measures it, as \
             Kendall's τ beside cells that are trained from scratch."
        ),
    }
}

/// The judge that scores a cell: that of the shown run's images.
pub fn judge_for(genotype: &Genotype, context: &Context) -> JudgeOf {
    let dataset = context.run.config.as_ref().map(|run| run.dataset.clone());
    JudgeOf {
        dataset: dataset.unwrap_or_else(|| EMBEDDED[0].into()),
        space: genotype.space(),
    }
}
