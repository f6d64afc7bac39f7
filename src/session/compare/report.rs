//! A comparison as Markdown whose tables line up, so that a terminal shows them, too.

use super::{Comparison, Difference, Metric, Spread};
use crate::data::short_name;

impl Comparison {
    /// Both tables, and what the numbers are: the text of the terminal.
    pub fn tables(&self) -> String {
        let headings = |first: &str| {
            let names = Metric::ALL.iter().map(|metric| metric.name().to_owned());
            std::iter::once(first.to_owned()).chain(names).collect()
        };
        let mut summary: Vec<Vec<String>> = vec![headings("strategy")];
        summary[0].insert(1, "runs".into());
        for row in &self.summaries {
            let values = Metric::ALL
                .iter()
                .map(|&metric| spread(metric, *row.metrics.get(metric)));
            let head = [row.strategy.name().to_owned(), row.runs.to_string()];
            summary.push(head.into_iter().chain(values).collect());
        }
        let mut differences: Vec<Vec<String>> = vec![headings("difference")];
        for row in &self.pairs {
            let values = Metric::ALL
                .iter()
                .map(|&metric| difference(metric, *row.metrics.get(metric)));
            let name = format!("{} − {}", row.first, row.second);
            differences.push(std::iter::once(name).chain(values).collect());
        }
        let mut text = table(&summary);
        let several = self.summaries.iter().any(|row| row.runs > 1);
        text.push_str(match several {
            true => "\nMean ± standard deviation (n − 1) over the seeds.\n",
            false => "\nOne seed: there is no deviation and no interval; --seeds runs more.\n",
        });
        if !self.pairs.is_empty() {
            text.push('\n');
            text.push_str(&table(&differences));
            text.push_str(
                "\nMean of the differences seed by seed and their 95 % confidence interval (Student's t). A `~` marks an interval that holds 0:\n\
                 inside the noise of these seeds. Of twenty intervals without any true difference one is expected to leave 0 out.\n",
            );
            let metrics = || {
                self.pairs
                    .iter()
                    .flat_map(|pair| Metric::ALL.map(|metric| *pair.metrics.get(metric)))
            };
            if metrics().any(|difference| difference.is_none()) {
                text.push_str(
                    "A `–`: fewer than two seeds have both values, so there is no interval.\n",
                );
            }
            if metrics()
                .flatten()
                .any(|difference| difference.low.is_none())
            {
                text.push_str(
                    "`all equal`: the difference is the same for every seed, which says nothing about other seeds, so there is no interval.\n",
                );
            }
        }
        text
    }

    /// The text of `compare.md`: the tables, how they were made, and every run.
    pub fn markdown(&self, command: &str) -> String {
        let settings = &self.settings;
        let search = settings.search.as_ref().map_or(String::new(), |search| {
            format!(
                "Search: {} space, {} channels, {} layers, {} epochs of batches of {}. ",
                search.space, search.channels, search.layers, search.epochs, search.batch
            )
        });
        let train = &settings.train;
        let mut runs: Vec<Vec<String>> = vec![
            ["seed", "strategy"]
                .into_iter()
                .chain(Metric::ALL.iter().map(|metric| metric.name()))
                .chain(["judged itself, %", "training, s", "genotype"])
                .map(str::to_owned)
                .collect(),
        ];
        for entry in &self.entries {
            let mut row = vec![entry.seed.to_string(), entry.strategy.to_string()];
            row.extend(Metric::ALL.iter().map(|&metric| {
                metric
                    .of(entry)
                    .map_or("–".into(), |value| format!("{value:.*}", metric.digits()))
            }));
            row.push(format!("{:.2}", entry.neighborhood.own));
            row.push(format!("{:.1}", entry.train_seconds));
            // A bar would end the cell.
            let genotype = entry.genotype.to_text().replace('|', "\\|");
            row.push(format!("`{genotype}`"));
            runs.push(row);
        }
        format!(
            "# Strategies compared on {}\n\n`{command}`\n\n{}\n\
             Plateau {} on {}. {search}Training from scratch: {} channels, {} layers, {} epochs. Everything else is in `compare.json`.\n\n\
             Test accuracy is that of the found network trained from scratch, on {:.0} % of the images that nothing else saw. The\n\
             neighbors are all genotypes one operation away. A judge scores them: one supernet a seed, the same for all strategies, that\n\
             was trained on uniformly drawn architectures for {} epochs, with the statistics of the batch, on the images that choose\n\
             architectures. Its accuracies compare genotypes with each other; trained networks are better. Sharpness is\n\
             the largest eigenvalue of the Hessian of the validation loss in α at the end of a search. Search time is without that\n\
             measurement.\n\n## Every run\n\n{}",
            short_name(&settings.dataset),
            self.tables(),
            self.plateau,
            self.device,
            train.channels,
            train.layers,
            train.epochs,
            100.0 * settings.test_share,
            self.judge_epochs,
            table(&runs),
        )
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
        let mean = format!("{:+.digits$}", d.mean);
        let (Some(low), Some(high)) = (d.low, d.high) else {
            return format!("{mean} all equal");
        };
        let mark = if d.inside_noise == Some(true) {
            " ~"
        } else {
            ""
        };
        format!("{mean} [{low:+.digits$}, {high:+.digits$}]{mark}")
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
