//! E1: sampling under noise.

use plateau::app::svg::figure_svg;
use plateau::app::values::{Shown as Drawn, figure};
use plateau::landscape::Values;

use super::{Shown, adjusted, cell, table, values};

/// The arms beside the reference.
const ARMS: [&str; 5] = [
    NA_RS,
    SCREEN,
    "RS, equal draws",
    "local search",
    "additive fit",
];
const NA_RS: &str = "NA-RS";
const SCREEN: &str = "NA-RS, screen of 10";
/// What is compared with NA-RS itself, which no one planned.
const BESIDE: [&str; 3] = [SCREEN, "local search", "additive fit"];
/// The data sets in the order of the file.
pub const DATA: [&str; 3] = ["CIFAR-10", "CIFAR-100", "ImageNet-16-120"];

pub fn shown() -> Shown {
    let all = values("noise");
    assert_eq!(all.len(), DATA.len());
    let family: Vec<(&Values, &str, usize)> = all
        .iter()
        .flat_map(|one| (0..one.at.len()).map(move |place| (one, NA_RS, place)))
        .collect();
    let p = adjusted(&family);
    let places = all[0].at.len();
    let sigmas = || all[0].at.iter().map(|sigma| format!("σ {sigma}"));
    let mut rows = vec![vec!["− RS, equal evaluations, points".to_owned()]];
    rows[0].extend(sigmas());
    let mut others = vec![vec!["− NA-RS, points".to_owned()]];
    others[0].extend(sigmas());
    let mut figures = Vec::new();
    for (data, one) in all.iter().enumerate() {
        assert_eq!(one.of(NA_RS, 0).unwrap().len(), 500);
        let mut reference = vec![format!("{}: RS itself, %", DATA[data])];
        reference.extend(
            (0..places)
                .map(|place| format!("{:.2}", one.spread(&one.reference, place).unwrap().mean)),
        );
        rows.push(reference);
        for arm in ARMS {
            let mut row = vec![match arm {
                NA_RS => format!("**{arm}**"),
                _ => arm.to_owned(),
            }];
            row.extend((0..places).map(|place| {
                let primary = (arm == NA_RS).then(|| p[data * places + place]);
                cell(&one.difference(arm, place).unwrap(), primary)
            }));
            rows.push(row);
        }
        let beside = Values {
            reference: NA_RS.to_owned(),
            ..one.clone()
        };
        for arm in BESIDE {
            let mut row = vec![format!("{}: {arm}", DATA[data])];
            row.extend(
                (0..places).map(|place| cell(&beside.difference(arm, place).unwrap(), None)),
            );
            others.push(row);
        }
        let mut drawn = figure(one, Drawn::Differences);
        drawn.title = format!(
            "{}: difference from random search with as many evaluations",
            DATA[data]
        );
        figures.push(figure_svg(&drawn));
    }
    Shown {
        table: format!(
            "{}\nAccuracy of the chosen cell, mean ± half of the 95 % interval over 500 repetitions; \\*: p below 5 % by Holm's method (primary \
             differences only). Exploratory, not planned: the other arms beside NA-RS itself.\n\n{}",
            table(&rows),
            table(&others)
        ),
        figures,
    }
}
