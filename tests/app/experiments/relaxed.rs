//! E2: the objective without noise.

use plateau::app::values::{Shown as Drawn, figure};
use plateau::landscape::Values;

use super::noise::DATA;
use super::{Shown, adjusted, cell, table, values, with_room};

/// The objectives beside plain ascent, as the page calls them; the last is secondary.
const OBJECTIVES: [[&str; 2]; 4] = [
    ["permutation", "mean over permutations"],
    ["mass-transfer:0.5", "mean over mass transfers"],
    ["hard-replacement", "mean over hard replacements"],
    ["worst-neighbor", "bound of the worst neighbor"],
];

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
    let mut rows = vec![vec!["ascended".to_owned()]];
    for what in ["cell", "neighbors"] {
        rows[0].extend(
            all[0]
                .at
                .iter()
                .map(|radius| format!("{what}, radius {radius}")),
        );
    }
    let mut figures = Vec::new();
    for (data, pair) in all.chunks(2).enumerate() {
        let mut plain = vec![format!("{}: plain, %", DATA[data])];
        for one in pair {
            assert_eq!(one.of("plain", 0).unwrap().len(), 1000);
            for place in 0..one.at.len() {
                plain.push(format!("{:.2}", one.spread("plain", place).unwrap().mean));
            }
        }
        rows.push(plain);
        for [name, called] in OBJECTIVES {
            let mut row = vec![called.to_owned()];
            for one in pair {
                for place in 0..one.at.len() {
                    let at = family.iter().position(|(values, series, number)| {
                        std::ptr::eq(*values, one) && *series == name && *number == place
                    });
                    row.push(cell(one, name, place, at.map(|at| p[at])));
                }
            }
            rows.push(row);
        }
        let mut drawn = figure(&pair[1], Drawn::Differences);
        drawn.title = format!(
            "{}: the neighbors' mean, points more than after plain ascent",
            DATA[data]
        );
        figures.push(with_room(drawn, &pair[1]));
    }
    Shown {
        table: format!(
            "{}\nPoints more than after plain ascent from the same start, ± half of the 95 % interval over 1,000 starts; \\*: p below 5 % by Holm's method (primary differences only).\n",
            table(&rows)
        ),
        figures,
    }
}
