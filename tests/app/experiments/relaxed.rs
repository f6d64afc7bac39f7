//! E2: the objective without noise.

use std::collections::BTreeSet;

use plateau::app::svg::figure_svg;
use plateau::app::values::{Shown as Drawn, figure};
use plateau::landscape::Values;

use super::noise::DATA;
use super::{Shown, adjusted, cell, table, values};

/// The objectives beside plain ascent, as the page calls them; the last is secondary.
const OBJECTIVES: [[&str; 2]; 4] = [
    ["permutation", "mean over permutations"],
    ["mass-transfer:0.5", "mean over mass transfers"],
    ["hard-replacement", "mean over hard replacements"],
    ["worst-neighbor", "bound of the worst neighbor"],
];

/// Where nothing moves: every cell has one at chance within three edges, so that the bound of the worst neighbor is the same everywhere.
fn moves(name: &str, radius: f64) -> bool {
    name != "worst-neighbor" || radius < 3.0
}

/// Different pairs of accuracy and neighbors' mean, which is nearly the number of different cells.
fn different([cell, neighbors]: [&Values; 2], name: &str) -> usize {
    let [cell, neighbors] = [cell, neighbors].map(|of| of.of(name, 0).unwrap());
    let pairs = cell.iter().zip(neighbors);
    let pairs: BTreeSet<[u64; 2]> = pairs.map(|(a, b)| [a.to_bits(), b.to_bits()]).collect();
    pairs.len()
}

pub fn shown() -> Shown {
    let all = values("relaxed");
    // Accuracy and the neighbors' mean of each data set.
    assert_eq!(all.len(), 2 * DATA.len());
    let primary = &OBJECTIVES[..3];
    let family: Vec<(&Values, &str, usize)> = all
        .iter()
        .flat_map(|one| {
            let of = move |name: &[&'static str; 2]| {
                let name = name[0];
                (0..one.at.len()).map(move |place| (one, name, place))
            };
            primary.iter().flat_map(of)
        })
        .collect();
    let p = adjusted(&family);
    let radii = &all[0].at;
    let mut rows = vec![vec!["ascended".to_owned()]];
    for what in ["cell", "its 24 neighbors"] {
        let headings = radii
            .iter()
            .map(|radius| format!("{what}, objective's radius {radius}"));
        rows[0].extend(headings);
    }
    let mut drops = vec![vec![
        "cell − its 24 neighbors, points".to_owned(),
        "plain".to_owned(),
    ]];
    drops[0].extend(
        radii
            .iter()
            .map(|radius| format!("objective's radius {radius}")),
    );
    let mut figures = Vec::new();
    let mut ends = Vec::new();
    for (data, pair) in all.chunks(2).enumerate() {
        let [cells, neighbors] = [&pair[0], &pair[1]];
        let mut plain = vec![format!("{}: plain, %", DATA[data])];
        for one in pair {
            assert_eq!(one.of("plain", 0).unwrap().len(), 1000);
            plain.push(format!("{:.2}", one.spread("plain", 0).unwrap().mean));
            plain.extend(vec![String::new(); one.at.len() - 1]);
        }
        rows.push(plain);
        ends.push(format!(
            "{} ({})",
            different([cells, neighbors], "plain"),
            DATA[data]
        ));
        for [name, called] in OBJECTIVES {
            let mut row = vec![called.to_owned()];
            for one in pair {
                for (place, &radius) in one.at.iter().enumerate() {
                    let at = family.iter().position(|(values, series, number)| {
                        std::ptr::eq(*values, one) && *series == name && *number == place
                    });
                    row.push(match moves(name, radius) {
                        true => cell(&one.difference(name, place).unwrap(), at.map(|at| p[at])),
                        false => "does not move".to_owned(),
                    });
                }
            }
            rows.push(row);
        }
        for [name, called] in primary {
            let drop = |name: &str, place| {
                let [cell, around] =
                    [cells, neighbors].map(|of| of.spread(name, place).unwrap().mean);
                format!("{:.2}", cell - around)
            };
            let mut row = vec![format!("{}: {called}", DATA[data]), drop("plain", 0)];
            row.extend((0..radii.len()).map(|place| drop(name, place)));
            drops.push(row);
        }
        for (one, what) in pair.iter().zip(["the cell", "its 24 neighbors"]) {
            let mut drawn = figure(one, Drawn::Differences);
            drawn
                .series
                .retain(|series| series.name != "worst-neighbor");
            drawn.title = format!("{}: {what}, difference from plain ascent", DATA[data]);
            figures.push(figure_svg(&drawn));
        }
    }
    Shown {
        table: format!(
            "{}\nDifference from plain ascent from the same start, points, ± half of the 95 % interval over 1,000 starts; \\*: p below 5 % by Holm's method (primary \
             differences only).\n\n{}\nExploratory: how much less the neighbors have than the cell, on average. The 1,000 plain ascents end in about {} different cells.\n",
            table(&rows),
            table(&drops),
            ends.join(", "),
        ),
        figures,
    }
}
