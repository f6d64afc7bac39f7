//! What the pages of compared strategies share.

use std::fs;

use plateau::landscape::{Difference, Paired, Spread, holm, signed};
use plateau::study::compare::{Comparison, Metric};

use super::{cell, p_of, pages};

/// A comparison that was recorded.
pub fn comparison(name: &str) -> Comparison {
    let bytes = fs::read(pages().join(format!("{name}.json.gz"))).unwrap();
    Comparison::recognised(&bytes).unwrap().unwrap()
}

/// A metric of a strategy, seed by seed.
pub fn values(of: &Comparison, strategy: &str, metric: Metric) -> Vec<(u64, f64)> {
    let entries = of.entries.iter();
    let own = entries.filter(|entry| entry.strategy.to_string() == strategy);
    own.filter_map(|entry| Some((entry.seed, metric.of(entry)?)))
        .collect()
}

/// Mean and standard deviation as a cell of a table.
pub fn spread(of: &Comparison, strategy: &str, metric: Metric) -> String {
    let values: Vec<f64> = values(of, strategy, metric)
        .iter()
        .map(|(_, value)| *value)
        .collect();
    match Spread::of(&values) {
        Some(spread) => format!("{:.2} ± {:.2}", spread.mean, spread.std.unwrap()),
        None => "–".into(),
    }
}

/// `first − second`, over the seeds of both.
pub fn differences(of: &Comparison, first: &str, second: &str, metric: Metric) -> Vec<f64> {
    let second = values(of, second, metric);
    let both = values(of, first, metric)
        .into_iter()
        .filter_map(|(seed, value)| {
            let (_, other) = second.iter().find(|(other, _)| *other == seed)?;
            Some(value - other)
        });
    both.collect()
}

/// The same as a cell of a table: mean and half of the interval; nothing where a strategy has no such values.
pub fn difference(of: &Comparison, first: &str, second: &str, metric: Metric) -> String {
    let differences = differences(of, first, second, metric);
    Difference::of(&differences).map_or("–".into(), |difference| cell(&difference, None))
}

/// The rows of primary differences in a metric: Student's interval, interquartile mean with bootstrap interval, p, and p by Holm's method over all.
pub fn primary(family: &[(&str, &Comparison, [[&str; 2]; 2])], metric: Metric) -> Vec<Vec<String>> {
    let paired: Vec<(Vec<f64>, Option<Paired>)> = family
        .iter()
        .map(|(_, of, [[first, _], [second, _]])| {
            let differences = differences(of, first, second, metric);
            let paired = Paired::of(&differences, 0);
            (differences, paired)
        })
        .collect();
    let p: Vec<f64> = paired.iter().map(|(_, paired)| p_of(*paired)).collect();
    let adjusted = holm(&p);
    let mut rows = vec![
        [
            "difference, points",
            "seeds",
            "mean, 95 % interval",
            "interquartile mean, 95 %",
            "p",
            "p (Holm)",
        ]
        .map(String::from)
        .to_vec(),
    ];
    for (at, (data, _, [[_, first], [_, second]])) in family.iter().enumerate() {
        let (differences, paired) = &paired[at];
        let mut row = vec![
            format!("{data}: {first} − {second}"),
            differences.len().to_string(),
            cell(&Difference::of(differences).unwrap(), Some(adjusted[at])),
        ];
        row.extend(match paired {
            Some(Paired::Varying(varying)) => [
                format!(
                    "{} [{}, {}]",
                    signed(varying.interquartile_mean, 2),
                    signed(varying.low, 2),
                    signed(varying.high, 2)
                ),
                format!("{:.3}", p[at]),
                format!("{:.3}", adjusted[at]),
            ],
            _ => ["–", "–", "–"].map(String::from),
        });
        rows.push(row);
    }
    rows
}
