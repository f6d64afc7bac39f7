//! E4: digits and Fashion-MNIST in the DARTS space, trained from scratch.

use plateau::study::compare::{Comparison, Metric};

use super::compared::{comparison, difference, primary, spread, values};
use super::{Shown, table};

/// The data sets, as their files and the page call them.
const DATA: [[&str; 2]; 2] = [["digits", "digits"], ["fashion", "Fashion-MNIST"]];
/// The strategies, as `compare` and the page call them.
const ARMS: [[&str; 2]; 7] = [
    ["random", "random"],
    ["darts", "DARTS"],
    ["darts:replica", "DARTS, other random α"],
    ["darts:cost=na-darts", "DARTS at the cost of NA-DARTS"],
    NA_DARTS,
    ["a2m", "A2M"],
    ["rsps:cost=na-darts", "RSPS at the cost of NA-DARTS"],
];
const NA_DARTS: [&str; 2] = ["na-darts", "NA-DARTS"];
/// What the primary differences are to.
const AGAINST: [usize; 3] = [1, 3, 0];
const SHOWN: [Metric; 3] = [
    Metric::Accuracy,
    Metric::NeighborhoodMean,
    Metric::NeighborhoodWorst,
];

pub fn shown() -> Shown {
    let all = DATA.map(|[file, name]| (name, comparison(&format!("scratch-{file}"))));
    let family: Vec<(&str, &Comparison, [[&str; 2]; 2])> = all
        .iter()
        .flat_map(|(name, of)| AGAINST.map(|at| (*name, of, [NA_DARTS, ARMS[at]])))
        .collect();
    let first = table(&primary(&family, Metric::Accuracy));
    let mut rows = vec![
        [
            "strategy",
            "test accuracy, %",
            "− DARTS",
            "neighbors' mean by the judge, %",
            "− DARTS",
            "search, 10⁹ multiply-adds",
        ]
        .map(String::from)
        .to_vec(),
    ];
    for (name, of) in &all {
        for [arm, called] in ARMS {
            let mut row = vec![format!("{name}: {called}")];
            for metric in [Metric::Accuracy, Metric::NeighborhoodMean] {
                row.push(spread(of, arm, metric));
                row.push(match arm {
                    "darts" => String::new(),
                    _ => difference(of, arm, "darts", metric),
                });
            }
            let cost = values(of, arm, Metric::MultiplyAdds);
            row.push(format!("{:.0}", cost.first().unwrap().1));
            rows.push(row);
        }
    }
    // The others had been published before the plan.
    let mut late = all[0].1.clone();
    late.entries.retain(|entry| entry.seed >= 5);
    let late = AGAINST.map(|at| {
        let [arm, called] = ARMS[at];
        let differs = difference(&late, NA_DARTS[0], arm, Metric::Accuracy);
        format!("− {called} {differs}")
    });
    let tau = all.iter().map(|(name, of)| {
        let tau = of.judge_tau.unwrap();
        let [low, high] = [tau.low, tau.high].map(|end| end.unwrap());
        format!("{name} {:.2} [{low:.2}, {high:.2}]", tau.tau)
    });
    let tau: Vec<String> = tau.collect();
    Shown {
        table: format!(
            "{first}\nPoints of test accuracy, paired by seed; \\*: p below 5 % by Holm's method over all six. Seeds 5 to 19 of the digits \
             alone: NA-DARTS {}.\n\n{}\nMean ± standard deviation \
             over the seeds; − DARTS: mean ± half of the 95 % interval. Kendall's τ between the judge's scores of what was found and its \
             accuracies: {}.\n",
            late.join(", "),
            table(&rows),
            tau.join(", ")
        ),
        figures: all.iter().map(|(_, of)| of.svg_of(&SHOWN)).collect(),
    }
}
