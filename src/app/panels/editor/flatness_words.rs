//! What is said of flat and sharp: the drop beside its limit, how many neighbors make it, and the rule.

use super::flatness::{Flatness, Word, share_of_one_change};
use crate::app::draw::words::counted;
use crate::landscape::Table;
use crate::space::{Genotype, Space};

/// A number of points with a minus sign where it needs one.
fn points(value: f64) -> String {
    format!("{value:.2}").replace('-', "−")
}

impl Flatness {
    /// The drop with its interval, and the limit that it is compared with; nothing where there is no limit.
    pub fn margin(&self) -> Option<String> {
        let share = self.share?;
        let interval = match self.interval() {
            Some([low, high]) => format!("about 95 %: {} to {}", points(low), points(high)),
            None => "no interval: these scores have no standard error".into(),
        };
        let limit = match self.word {
            Some(Word::Low) => "no better than the mean of the space: no height to lose".into(),
            _ => format!("limit {}", points(share)),
        };
        let doubt = match self.is_doubtful() {
            true => ", which the interval holds",
            false => "",
        };
        Some(format!(
            "drop {} points ({interval}), {limit}{doubt}",
            points(self.cost)
        ))
    }

    /// How many neighbors are better, within the limit and below it; nothing where there is no limit. A mean that few neighbors make is
    /// called that.
    pub fn counts(&self) -> Option<String> {
        let (below, share) = (self.below?, self.share?);
        let (count, better) = (self.neighbors.count, self.rank - 1);
        let within = count.saturating_sub(better + below);
        let [no_more, more] = match share > 0.0 {
            true => [
                [
                    "loses no more than the limit",
                    "lose no more than the limit",
                ],
                ["loses more", "lose more"],
            ],
            false => [["is as good", "are as good"], ["is worse", "are worse"]],
        };
        let parts = [
            (better, ["is better", "are better"]),
            (within, no_more),
            (below, more),
        ];
        let parts = parts.into_iter().filter(|(number, _)| *number > 0);
        let parts: Vec<String> = parts
            .map(|(number, words)| format!("{number} {}", words[usize::from(number != 1)]))
            .collect();
        let worst = match below {
            0 => String::new(),
            _ => format!(", down to {:.2} %", self.neighbors.worst),
        };
        let few = match self.word.filter(|_| !self.is_doubtful()) {
            Some(Word::Sharp) if 2 * below <= count => "by the mean only: ",
            Some(Word::Flat) if 2 * below > count => "by the mean only: ",
            _ => "",
        };
        let of = counted(count, "neighbor");
        Some(format!("{few}of {of} {}{worst}", parts.join(", ")))
    }

    /// The word with what it is made of.
    pub fn told(&self) -> Option<String> {
        let parts = [self.margin(), self.counts()].into_iter().flatten();
        let parts: Vec<String> = parts.collect();
        Some(format!("{}: {}", self.words()?, parts.join("; ")))
    }
}

/// The rule in words, for a space, and what it comes to for an architecture whose neighbors are known.
pub fn explanation(genotype: &Genotype, flatness: Option<&Flatness>) -> String {
    let edges = match genotype.space() {
        Space::Darts => "16 edges",
        Space::NasBench201 => "6 edges",
        Space::NasBench201Small => "3 edges",
    };
    let here = flatness.and_then(Flatness::told);
    let here = here.map_or(String::new(), |told| format!("Here: {told}.\n\n"));
    format!(
        "{here}The drop is the accuracy of the cell less the mean of its neighbors, the cells that are one changed operation away. Flat: it \
         is at most the limit. Sharp: it is more; as it is one of a mean, a few bad neighbors can make it. Inside the noise: its interval, \
         two standard errors of drop less limit to either side (about 95 %), holds the limit.\n\n\
         The rule: if the accuracy were a sum over the {edges}, one random change would give up {:.1} % of the lead over the mean of the \
         space. That share of the cell's lead is the limit. A cell that is below that mean, by more \
         than two standard errors where those are known, is called below average.",
        100.0 * share_of_one_change(genotype)
    )
}

/// What ± is beside the accuracies of a table.
pub fn error_in_table(table: &Table, metric: &str) -> String {
    let place = table.metrics().iter().position(|name| name == metric);
    let errors = place.and_then(|place| table.standard_errors().get(place));
    if errors.is_none_or(Vec::is_empty) {
        return format!("{metric} has no standard errors: there is no ±, and no interval.");
    }
    let of = match table.trainings(metric) {
        Some(trainings) => format!("the mean over {trainings} trainings with other random numbers"),
        None => "a mean over several trainings, as the table has it".into(),
    };
    format!(
        "± is one standard error of {of}. Neighbors that share their networks are taken to err together."
    )
}

/// What ± is beside a share of so many images.
pub fn error_on_images(images: Option<usize>) -> String {
    let of = images.map_or("the images".into(), |images| counted(images, "image"));
    format!(
        "± is one standard error of a share of {of} (binomial): how far other images of the same kind would move it. What another training \
         would change is not in it. That of the neighbors' mean is an upper bound: they are scored on the same images, and are taken to \
         err together."
    )
}
