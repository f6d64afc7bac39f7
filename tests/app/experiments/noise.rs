//! E1: sampling under noise.

use plateau::app::values::{Shown as Drawn, figure};
use plateau::landscape::Values;

use super::{Shown, adjusted, cell, table, values, with_room};

/// The arms beside the reference, as the page calls them.
const ARMS: [[&str; 2]; 5] = [
    ["na_rs", "**NA-RS**"],
    ["na_rs_screen", "NA-RS, screen of 10"],
    ["rs_equal_draws", "random, equal draws"],
    ["local_search", "local search"],
    ["additive_fit", "additive fit"],
];
/// The data sets in the order of the file.
pub const DATA: [&str; 3] = ["CIFAR-10", "CIFAR-100", "ImageNet-16-120"];

pub fn shown() -> Shown {
    let all = values("noise");
    assert_eq!(all.len(), DATA.len());
    let family: Vec<(&Values, &str, usize)> = all
        .iter()
        .flat_map(|one| (0..one.at.len()).map(move |place| (one, "na_rs", place)))
        .collect();
    let p = adjusted(&family);
    let places = all[0].at.len();
    let mut rows = vec![vec!["less random, equal evaluations".to_owned()]];
    rows[0].extend(all[0].at.iter().map(|sigma| format!("σ {sigma}")));
    let mut figures = Vec::new();
    for (data, one) in all.iter().enumerate() {
        assert_eq!(one.of("na_rs", 0).unwrap().len(), 500);
        let mut reference = vec![format!("{}: random, %", DATA[data])];
        reference.extend(
            (0..places)
                .map(|place| format!("{:.2}", one.spread(&one.reference, place).unwrap().mean)),
        );
        rows.push(reference);
        for [arm, name] in ARMS {
            let mut row = vec![name.to_owned()];
            row.extend((0..places).map(|place| {
                let primary = (arm == "na_rs").then(|| p[data * places + place]);
                cell(one, arm, place, primary)
            }));
            rows.push(row);
        }
        let mut drawn = figure(one, Drawn::Differences);
        drawn.title = format!(
            "{}: points more than random search with as many evaluations",
            DATA[data]
        );
        figures.push(with_room(drawn, one));
    }
    Shown {
        table: format!(
            "{}\nPoints of accuracy of the chosen cell, ± half of the 95 % interval over 500 repetitions; \\*: p below 5 % by Holm's method (primary differences only).\n",
            table(&rows)
        ),
        figures,
    }
}
