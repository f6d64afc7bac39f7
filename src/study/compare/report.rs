//! A comparison as Markdown whose tables line up, so that a terminal shows them, too.

use super::{Comparison, DETECTED, Difference, JudgedBy, Metric, Paired, PrimaryPair, Spread};
use crate::data::short_name;
use crate::landscape::signed;
use crate::search::Strategy;
use crate::visible::visible_lines;

impl Comparison {
    /// All tables, and what the numbers are: the text of the terminal.
    pub fn tables(&self) -> String {
        let metrics = self.metrics();
        let headings = |first: &[&str], metrics: &[Metric]| -> Vec<String> {
            let first = first.iter().map(|&name| name.to_owned());
            first
                .chain(metrics.iter().map(|&metric| self.heading(metric)))
                .collect()
        };
        let mut summary = vec![headings(&["strategy", "runs"], &metrics)];
        for row in &self.summaries {
            let values = metrics
                .iter()
                .map(|&metric| spread(metric, *row.metrics.get(metric)));
            let head = [row.strategy.to_string(), row.runs.to_string()];
            summary.push(head.into_iter().chain(values).collect());
        }
        let mut text = table(&summary);
        let several = self.summaries.iter().any(|row| row.runs > 1);
        text.push_str(match several {
            true => "\nMean ± standard deviation (n − 1) over the seeds.\n",
            false => "\nOne seed: there is no deviation and no interval; --seeds runs more.\n",
        });
        if let Some(tau) = self.judge_tau {
            text.push_str(&format!(
                "The judge orders the {} different genotypes that were found like their accuracies with Kendall's τ {}.\n",
                tau.count,
                interval(3, tau.tau, tau.low, tau.high)
            ));
        }
        if self.pairs.is_empty() {
            return text;
        }
        text.push_str(&self.primary_table());
        let exploratory: Vec<Metric> = metrics
            .into_iter()
            .filter(|&metric| match metric {
                // Those of all pairs are primary where none is declared.
                Metric::Accuracy => !self.declared.is_empty(),
                metric => metric != Metric::MultiplyAdds,
            })
            .collect();
        let mut differences = vec![headings(&["exploratory"], &exploratory)];
        for row in &self.pairs {
            let primary = |pair: &PrimaryPair| {
                let pair = [&pair.first, &pair.second];
                [&row.first, &row.second]
                    .iter()
                    .all(|arm| pair.contains(arm))
            };
            let primary = self.primary.pairs.iter().any(primary);
            let values = exploratory.iter().map(|&metric| match metric {
                Metric::Accuracy if primary => "primary".to_owned(),
                metric => difference(metric, *row.metrics.get(metric)),
            });
            let name = format!("{} − {}", row.first, row.second);
            differences.push(std::iter::once(name).chain(values).collect());
        }
        text.push('\n');
        text.push_str(&table(&differences));
        text.push_str(
            "\nMean of the differences seed by seed and their 95 % confidence interval (Student's t). A `~` marks an interval that holds 0:\n\
             inside the noise of these seeds. Of twenty intervals without any true difference one is expected to leave 0 out, so what is\n\
             found here asks for a comparison that declares it beforehand.\n",
        );
        let all = || {
            self.pairs
                .iter()
                .flat_map(|pair| exploratory.iter().map(|&metric| *pair.metrics.get(metric)))
        };
        if all().any(|difference| difference.is_none()) {
            text.push_str(
                "A `–`: fewer than two seeds have both values, so there is no interval.\n",
            );
        }
        if all().flatten().any(|difference| difference.low.is_none()) {
            text.push_str(ALL_EQUAL);
        }
        text
    }

    /// The differences in accuracy with everything that is said of them.
    fn primary_table(&self) -> String {
        let head = [
            "primary: accuracy, points",
            "mean [95 %]",
            "interquartile mean [95 %]",
            "p",
            "p (Holm)",
            &format!("seeds to see {DETECTED}"),
        ];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.extend(self.primary.pairs.iter().map(primary_row));
        format!("\n{}{}", table(&rows), self.primary_notes())
    }

    /// What the numbers of that table are, how far they hold, and what null pairs show.
    fn primary_notes(&self) -> String {
        let mut text = format!(
            "\nDifferences seed by seed. Intervals are those of each pair alone. p: how often random signs give a mean as far from 0; p (Holm): the same\n\
             for all pairs together, without replicas. A `~` marks what that does not tell apart at 5 %. The interquartile mean leaves the lowest and\n\
             the highest quarter out, rounded down; its bootstrap interval is too narrow for a few seeds. The last column: seeds with which a true\n\
             difference of {DETECTED} points would be seen four times of five, in a comparison of one pair.\n",
        );
        if let Some(least) = self.primary.least_p().filter(|&least| least > 0.05) {
            text.push_str(&format!(
                "With so few seeds no p (Holm) can be below {least:.3}, whatever the difference: more --seeds{}.\n",
                match (self.declared.len(), self.primary.pairs.len()) {
                    (1, _) | (_, 1) => "",
                    (0, _) => " or fewer --strategies",
                    _ => " or fewer --primary differences",
                }
            ));
        }
        text.push_str(match self.extended {
            false => "These pairs and seeds were declared before the first run.\n",
            true => "Strategies or seeds were added after the first runs, so that p is not to be taken at face value.\n",
        });
        text.push_str(match (&self.judged_by, self.settings.split_seed) {
            (JudgedBy::Judge { .. }, Some(_)) => {
                "All holds for this split of the images and this judge; others were not tried.\n"
            }
            (JudgedBy::Table { .. }, Some(_)) => {
                "All holds for this split of the images; others were not tried.\n"
            }
            (JudgedBy::Judge { .. }, None) => {
                "Every seed has a split of the images and a judge of its own, whose scores are not to be put in one order: there is no τ.\n"
            }
            (JudgedBy::Table { .. }, None) => {
                "Every seed has a split of the images of its own; a table tests on none of them, so no interval is widened.\n"
            }
        });
        let rsps = self
            .strategies
            .iter()
            .any(|arm| arm.strategy == Strategy::Rsps);
        if rsps && matches!(self.judged_by, JudgedBy::Judge { .. }) {
            text.push_str("The judge was trained as rsps trains its supernet, so it may favour what rsps finds.\n");
        }
        if let Some([test, train]) = self.primary.redrawn {
            text.push_str(&format!(
                "Every seed draws its {test} test and {train} training images anew from the same ones, so the intervals of the mean are widened (Nadeau and Bengio 2003); p and all others are not, and are too small.\n"
            ));
        }
        let nulls = self.primary.pairs.iter();
        for pair in nulls.filter(|pair| pair.first.is_null_pair(&pair.second)) {
            let found = match pair.leaves_out_zero() {
                Some(true) => "its interval leaves 0 out, as one in twenty does",
                Some(false) => "its interval holds 0, as nineteen of twenty do",
                None => "there is no interval yet",
            };
            text.push_str(&format!(
                "{} − {} is a null pair, whose differences are chance alone: {found}.\n",
                pair.first, pair.second
            ));
        }
        let equal = |pair: &PrimaryPair| matches!(pair.paired, Some(Paired::AllEqual { .. }));
        if self.primary.pairs.iter().any(equal) {
            text.push_str(ALL_EQUAL);
        }
        text
    }

    /// Share of the images that are tested on, in percent.
    fn tested_share(&self) -> f64 {
        let trained = self.entries.iter().find_map(|entry| entry.trained);
        trained.map_or(100.0 * self.settings.test_share, |run| {
            100.0 * run.test_images as f64 / (run.test_images + run.train_images) as f64
        })
    }

    /// What is shown: what any run has.
    pub fn metrics(&self) -> Vec<Metric> {
        let has = |metric: &Metric| {
            let mut entries = self.entries.iter();
            entries.any(|entry| metric.of(entry).is_some())
        };
        Metric::ALL.into_iter().filter(has).collect()
    }

    /// The heading of a metric here.
    pub fn heading(&self, metric: Metric) -> String {
        match (metric, &self.judged_by) {
            (Metric::Accuracy, JudgedBy::Judge { .. }) => "test accuracy, %".into(),
            (Metric::Accuracy, JudgedBy::Table { .. }) => "table accuracy, %".into(),
            (metric, _) => metric.name().into(),
        }
    }

    /// The text of `compare.md`: the tables, how they were made, and every run.
    pub fn markdown(&self) -> String {
        let settings = &self.settings;
        let search = settings.search.as_ref().map_or(String::new(), |search| {
            format!(
                "Search: {} space, {} channels, {} layers, {} epochs of batches of {}. ",
                search.space, search.channels, search.layers, search.epochs, search.batch
            )
        });
        let metrics = self.metrics();
        let mut runs: Vec<Vec<String>> = vec![
            ["seed", "strategy"]
                .into_iter()
                .map(str::to_owned)
                .chain(metrics.iter().map(|&metric| self.heading(metric)))
                .chain(["scored itself, %", "skips", "training, s", "genotype"].map(str::to_owned))
                .collect(),
        ];
        for entry in &self.entries {
            let mut row = vec![entry.seed.to_string(), entry.strategy.to_string()];
            row.extend(metrics.iter().map(|&metric| {
                metric
                    .of(entry)
                    .map_or("–".into(), |value| format!("{value:.*}", metric.digits()))
            }));
            row.push(format!("{:.2}", entry.neighborhood.own));
            row.push(entry.skips.to_string());
            let seconds = entry
                .trained
                .map(|trained| format!("{:.1}", trained.seconds));
            row.push(seconds.unwrap_or("–".into()));
            // A bar would end the cell.
            let genotype = entry.genotype.to_text().replace('|', "\\|");
            row.push(format!("`{genotype}`"));
            runs.push(row);
        }
        let commands: String = self
            .commands
            .iter()
            .map(|command| format!("`{command}`\n\n"))
            .collect();
        let train = &settings.train;
        let (how, what) = match &self.judged_by {
            JudgedBy::Judge { epochs } => (
                format!(
                    "Training from scratch: {} channels, {} layers, {} epochs. ",
                    train.channels, train.layers, train.epochs
                ),
                format!(
                    "Test accuracy is that of the found network trained from scratch, on {:.0} % of the images that nothing else saw. The\n\
                     neighbors are all genotypes one operation away. A judge scores them: a supernet, the same for all strategies, that was trained\n\
                     on single paths for {epochs} epochs, with the statistics of the batch, on images that choose and test nothing. Its accuracies compare genotypes\n\
                     with each other; trained networks are better.",
                    self.tested_share()
                ),
            ),
            JudgedBy::Table { metric, .. } => (
                String::new(),
                format!(
                    "Nothing was trained from scratch: accuracies are those of the column {metric} of a table, also those of the neighbors, which are all\n\
                     genotypes one operation away. \"Neighbors beyond\": how much better their mean is than that of architectures as good as the found one\n\
                     (monotone regression over the whole table)."
                ),
            ),
        };
        // Commands and devices come from files.
        visible_lines(&format!(
            "# Strategies compared on {}\n\n{commands}\n{}\n\
             Plateau {} on {}. {search}{how}Everything else is in `compare.json`.\n\n\
             {what} Sharpness is the largest eigenvalue of the Hessian of the validation loss in α at the end of a search. Search time is that of\n\
             the steps; multiply-adds are those that the steps ask for, whatever a kernel shares or computes again, without measurements and without\n\
             the choice among candidates of rsps.\n\n## Every run\n\n{}",
            short_name(&settings.dataset),
            self.tables(),
            self.plateau,
            self.device,
            table(&runs),
        ))
    }
}

/// A pair's row; a `~` marks what is not told apart.
fn primary_row(pair: &PrimaryPair) -> Vec<String> {
    let null = match pair.first.is_null_pair(&pair.second) {
        true => " (null pair)",
        false => "",
    };
    let mut row = vec![format!("{} − {}{null}", pair.first, pair.second)];
    match pair.paired {
        Some(Paired::Varying(varying)) => {
            let [low, high] = pair.interval.map_or([None; 2], |ends| ends.map(Some));
            let mark = match pair.tells_apart().or(pair.leaves_out_zero()) {
                Some(false) => " ~",
                _ => "",
            };
            row.push(within(varying.mean, low, high) + mark);
            let [low, high] = [varying.low, varying.high].map(Some);
            row.push(within(varying.interquartile_mean, low, high));
            row.push(format!("{:.3}", varying.p));
            row.push(pair.adjusted_p.map_or("–".into(), |p| format!("{p:.3}")));
            row.push(pair.seeds_needed.map_or("–".into(), |n| n.to_string()));
        }
        Some(Paired::AllEqual { mean, .. }) => {
            row.push(format!("{} all equal", signed(mean, 2)));
            row.extend(["–"; 4].map(str::to_owned));
        }
        None => row.extend(["–"; 5].map(str::to_owned)),
    }
    row
}

/// What equal differences mean.
const ALL_EQUAL: &str = "`all equal`: the difference is the same for every seed, which says nothing about other seeds, so there is no interval.\n";

/// A value with its interval.
fn interval(digits: usize, value: f64, low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("{value:.digits$} [{low:.digits$}, {high:.digits$}]"),
        _ => format!("{value:.digits$}"),
    }
}

/// A difference with its interval.
fn within(value: f64, low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => {
            let [value, low, high] = [value, low, high].map(|value| signed(value, 2));
            format!("{value} [{low}, {high}]")
        }
        _ => signed(value, 2),
    }
}

fn spread(metric: Metric, spread: Option<Spread>) -> String {
    let digits = metric.digits();
    spread.map_or("–".into(), |Spread { mean, std, .. }| match std {
        Some(std) => format!("{mean:.digits$} ± {std:.digits$}"),
        None => format!("{mean:.digits$}"),
    })
}

fn difference(metric: Metric, difference: Option<Difference>) -> String {
    let digits = metric.digits();
    difference.map_or("–".into(), |d| {
        let mean = signed(d.mean, digits);
        let (Some(low), Some(high)) = (d.low, d.high) else {
            return format!("{mean} all equal");
        };
        let mark = if d.inside_noise == Some(true) {
            " ~"
        } else {
            ""
        };
        let [low, high] = [low, high].map(|value| signed(value, digits));
        format!("{mean} [{low}, {high}]{mark}")
    })
}

/// Rows as a Markdown table with columns of even width; the first row is its head.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |text: &str| text.chars().count();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .map(|row| width(&row[column]))
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        for (cell, &wanted) in row.iter().zip(&widths) {
            text.push_str("| ");
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', wanted - width(cell) + 1));
        }
        text.push_str("|\n");
        if index == 0 {
            for &wanted in &widths {
                text.push('|');
                text.extend(std::iter::repeat_n('-', wanted + 2));
            }
            text.push_str("|\n");
        }
    }
    text
}
