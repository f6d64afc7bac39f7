//! The searches of a table under noise (`method.md` §10.8).

use plateau::landscape::{
    Arm, Budget, LandscapeError, Noise, NoiseComparison, SamplingOptions, Table, TableEvaluator,
    Values, architecture_index, compare_sampling, compare_under_noise, noise,
};
use plateau::space::{Space, neighbors};

use super::sampling::{NA_RS, bench, draws};
use super::small_table;

const OPTIONS: SamplingOptions = SamplingOptions {
    budget: Budget::Draws(8),
    ..NA_RS
};

fn compared(runs: usize, sigmas: &[f64]) -> NoiseComparison {
    compare_under_noise(bench(), bench(), &OPTIONS, runs, &levels(sigmas)).unwrap()
}

fn levels(sigmas: &[f64]) -> Vec<Noise> {
    sigmas.iter().copied().map(Noise::Sigma).collect()
}

#[test]
fn the_noise_of_a_run_is_normal_and_its_own() {
    let standard = noise(5, 1.0, 15_625);
    assert_eq!(standard.len(), 15_625);
    let count = standard.len() as f64;
    let mean = standard.iter().sum::<f64>() / count;
    assert!(mean.abs() < 4.0 / count.sqrt(), "{mean}");
    let variance = standard.iter().map(|z| z * z).sum::<f64>() / count;
    assert!(
        (variance - 1.0).abs() < 4.0 * (2.0 / count).sqrt(),
        "{variance}"
    );
    // SciPy 1.17: norm.cdf(k) - norm.cdf(-k) for k = 1, 2.
    for (within, expected) in [(1.0, 0.6826894921370859), (2.0, 0.9544997361036416)] {
        let share = standard.iter().filter(|z| z.abs() < within).count() as f64 / count;
        let error = (expected * (1.0 - expected) / count).sqrt();
        assert!((share - expected).abs() < 4.0 * error, "{share}");
    }
    let next: f64 = standard.windows(2).map(|pair| pair[0] * pair[1]).sum();
    assert!(
        (next / count).abs() < 4.0 / count.sqrt(),
        "neighbors in the list"
    );
    let other: f64 = standard
        .iter()
        .zip(noise(6, 1.0, 15_625))
        .map(|(a, b)| a * b)
        .sum();
    assert!((other / count).abs() < 4.0 / count.sqrt(), "two runs");
    // A level scales it, and an odd number of architectures is no exception.
    let double: Vec<f64> = standard[..125].iter().map(|z| 2.0 * z).collect();
    assert_eq!(noise(5, 2.0, 125), double);
    assert!(noise(5, 0.0, 125).is_empty());
}

#[test]
fn all_arms_of_a_run_choose_by_the_same_noise_and_are_reported_without_it() {
    // All equal but for the noise; the other column says which one was chosen.
    let rows: Vec<String> = small_table(|index| index as f64 / 2.0)
        .to_csv()
        .lines()
        .enumerate()
        .map(|(line, row)| format!("{row},{}", if line == 0 { "flat" } else { "50" }))
        .collect();
    let table = Table::parse(&rows.join("\n")).unwrap();
    let [flat, number] =
        ["flat", "accuracy"].map(|name| TableEvaluator::new(&table, Some(name)).unwrap());
    let options = SamplingOptions {
        budget: Budget::Draws(4),
        ..NA_RS
    };
    let comparison = compare_under_noise(flat, number, &options, 1, &levels(&[0.5, 3.0])).unwrap();
    let noise = noise(NA_RS.seed, 1.0, 125);
    let drawn: Vec<usize> = draws(Space::NasBench201Small, NA_RS.seed, 200)
        .iter()
        .map(|one| architecture_index(one).unwrap())
        .collect();
    let highest = |among: &[usize]| {
        let best = among
            .iter()
            .max_by(|&&a, &&b| noise[a].total_cmp(&noise[b]));
        *best.unwrap() as f64 / 2.0
    };
    let aware = draws(Space::NasBench201Small, NA_RS.seed, 4)
        .into_iter()
        .map(|one| {
            let near = neighbors(&one, 1, NA_RS.counting).unwrap();
            let near = near.iter().map(|other| architecture_index(&other.genotype));
            let own = architecture_index(&one).unwrap();
            let sum: f64 = near.map(|index| noise[index.unwrap()]).sum();
            (sum + noise[own], own as f64 / 2.0)
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap();
    for level in &comparison.levels {
        let chosen = |arm: Arm| level.arms[&arm].report.chosen_mean;
        assert_eq!(chosen(Arm::RsEqualDraws), highest(&drawn[..4]));
        assert_eq!(chosen(Arm::NaRs), aware.1);
        let mut seen = std::collections::BTreeSet::new();
        let evaluations = level.arms[&Arm::NaRs].report.evaluations as usize;
        let random: Vec<usize> = drawn
            .iter()
            .copied()
            .filter(|&index| seen.len() < evaluations && seen.insert(index))
            .collect();
        assert_eq!(random.len(), evaluations);
        assert_eq!(chosen(Arm::RsEqualEvaluations), highest(&random));
    }
}

#[test]
fn without_noise_it_is_the_plain_comparison() {
    let comparison = compared(6, &[0.0, 2.0]);
    let plain = compare_sampling(bench(), bench(), &OPTIONS, 6).unwrap();
    for arm in Arm::ALL {
        let [none, some] = [0, 1].map(|level| &comparison.levels[level].arms[&arm].report);
        assert_eq!(*none, plain.arms[&arm]);
        assert_ne!(none, some, "{arm:?}");
        assert_eq!(none.evaluations, some.evaluations);
    }
    assert_eq!(comparison.options, OPTIONS);
}

#[test]
fn differences_are_run_by_run_with_student_s_interval() {
    let runs = 25;
    let comparison = compared(runs, &[1.0]);
    // One run is its own mean.
    let single = |arm: Arm| -> Vec<f64> {
        (0..runs as u64)
            .map(|run| {
                let seed = OPTIONS.seed + run;
                let options = SamplingOptions { seed, ..OPTIONS };
                let one =
                    compare_under_noise(bench(), bench(), &options, 1, &levels(&[1.0])).unwrap();
                let report = &one.levels[0].arms[&arm];
                assert_eq!(report.standard_error, None);
                assert_eq!(report.difference, None);
                report.report.chosen_mean
            })
            .collect()
    };
    let deviation = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        (mean, (squares / (values.len() - 1) as f64).sqrt())
    };
    let reference = single(Arm::RsEqualEvaluations);
    assert_eq!(
        comparison.levels[0].arms[&Arm::RsEqualEvaluations].difference,
        None
    );
    for arm in [
        Arm::NaRs,
        Arm::NaRsScreen,
        Arm::LocalSearch,
        Arm::AdditiveFit,
    ] {
        let chosen = single(arm);
        let report = &comparison.levels[0].arms[&arm];
        let (mean, std) = deviation(&chosen);
        assert!((report.report.chosen_mean - mean).abs() < 1e-9);
        assert!((report.standard_error.unwrap() - std / 5.0).abs() < 1e-9);
        let pairs = chosen.iter().zip(&reference).map(|(a, b)| a - b);
        let (mean, std) = deviation(&pairs.collect::<Vec<f64>>());
        let found = report.difference.unwrap();
        // SciPy 1.17: t.ppf(0.975, 24).
        let half = 2.0638985616280245 * std / 5.0;
        assert_eq!(found.count, runs);
        assert!((found.mean - mean).abs() < 1e-9);
        assert!((found.low.unwrap() - (mean - half)).abs() < 1e-9);
        assert!((found.high.unwrap() - (mean + half)).abs() < 1e-9);
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| compared(7, &[0.0, 4.0]))
    };
    let one = with(1);
    assert_eq!(one, with(3));
    assert_eq!(
        serde_json::to_string(&one).unwrap(),
        serde_json::to_string(&compared(7, &[0.0, 4.0])).unwrap()
    );
}

#[test]
fn a_row_is_an_arm_and_a_column_a_level() {
    let options = SamplingOptions {
        screen: Some(3),
        ..OPTIONS
    };
    let sigmas = [0.0, 0.5, 8.0];
    let comparison = compare_under_noise(bench(), bench(), &options, 5, &levels(&sigmas)).unwrap();
    let shown = comparison.to_string();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 2 + 6 + 1 + 6 + 1, "{shown}");
    assert!(lines[0].starts_with("5 runs; "), "{shown}");
    for block in [1, 8] {
        for level in ["σ = 0 ", "σ = 0.5 ", "σ = 8"] {
            assert!(lines[block].contains(level), "{shown}");
        }
        for (row, name) in [
            "NA-RS ",
            "NA-RS, screen of 3 ",
            "RS, equal draws ",
            "RS, equal evaluations ",
            "local search ",
            "additive fit ",
        ]
        .iter()
        .enumerate()
        {
            assert!(lines[block + 1 + row].starts_with(name), "{shown}");
        }
    }
    let mean = comparison.levels[2].arms[&Arm::LocalSearch]
        .report
        .chosen_mean;
    assert!(lines[6].contains(&format!("{mean:.2} ± ")), "{shown}");
    let difference = comparison.levels[2].arms[&Arm::LocalSearch].difference;
    let difference = difference.unwrap().mean;
    assert!(
        lines[13].contains(&format!("{difference:+.2} ± ")),
        "{shown}"
    );
    assert_eq!(lines[12].matches('–').count(), 3, "{shown}");

    let one = compared(1, &[2.0]).to_string();
    assert!(
        one.starts_with("1 run, which has no standard error"),
        "{one}"
    );
    assert!(!one.contains("NaN"), "{one}");

    let table = small_table(|_| 50.0);
    let flat = TableEvaluator::new(&table, None).unwrap();
    let equal = compare_under_noise(flat, flat, &OPTIONS, 4, &levels(&[1.0])).unwrap();
    let shown = equal.to_string();
    assert!(
        shown.contains("50.00 (equal)") && shown.contains("0.00 all equal"),
        "{shown}"
    );
    assert!(!shown.contains("NaN"), "{shown}");
}

#[test]
fn impossible_noise_is_refused() {
    let ask = |runs, sigmas: &[f64]| {
        compare_under_noise(bench(), bench(), &OPTIONS, runs, &levels(sigmas))
    };
    for sigmas in [
        &[][..],
        &[0.5; 33],
        &[-1.0],
        &[100.5],
        &[1.0, f64::NAN],
        &[f64::INFINITY],
    ] {
        assert!(
            matches!(ask(2, sigmas), Err(LandscapeError::Range { .. })),
            "{sigmas:?}"
        );
    }
    assert!(ask(0, &[1.0]).is_err());
}

#[test]
fn noise_of_the_table_is_each_architecture_s_own_standard_error() {
    // Equal accuracies, which only the noise tells apart: it is 0 but for a hundredth of the number of the architecture.
    let rows: Vec<String> = small_table(|index| index as f64 / 2.0)
        .to_csv()
        .lines()
        .enumerate()
        .map(|(line, row)| match line {
            0 => format!("{row},flat,flatStandardError"),
            _ => {
                let number: f64 = row.split(',').next().unwrap().parse().unwrap();
                format!("{row},50,{}", number / 50.0)
            }
        })
        .collect();
    let table = Table::parse(&rows.join("\n")).unwrap();
    let [flat, number] =
        ["flat", "accuracy"].map(|name| TableEvaluator::new(&table, Some(name)).unwrap());
    let options = SamplingOptions {
        budget: Budget::Draws(4),
        ..NA_RS
    };
    let comparison = compare_under_noise(flat, number, &options, 1, &[Noise::Table]).unwrap();
    let standard = noise(NA_RS.seed, 1.0, 125);
    let highest = draws(Space::NasBench201Small, NA_RS.seed, 4)
        .iter()
        .map(|one| architecture_index(one).unwrap())
        .max_by(|&a, &b| (a as f64 * standard[a]).total_cmp(&(b as f64 * standard[b])));
    let level = &comparison.levels[0];
    let chosen = level.arms[&Arm::RsEqualDraws].report.chosen_mean;
    assert_eq!(chosen, highest.unwrap() as f64 / 2.0);
    let text = serde_json::to_value(&comparison).unwrap();
    assert_eq!(text["levels"][0]["sigma"], "table");
    // But for what each run chose, which `--values` writes.
    let read: NoiseComparison = serde_json::from_value(text.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), text);
    let none = compare_under_noise(number, flat, &options, 1, &[Noise::Table]);
    assert!(matches!(none, Err(LandscapeError::NoStandardErrors)));
}

#[test]
fn the_values_of_a_comparison_give_its_differences_again() {
    let comparison = compared(6, &[0.0, 2.0]);
    let values = comparison.values("accuracy").unwrap();
    let read = Values::recognised(values.line().unwrap().as_bytes());
    let [read] = &read.unwrap().unwrap()[..] else {
        panic!("one line");
    };
    assert_eq!(*read, values);
    assert_eq!(values.at, [0.0, 2.0]);
    assert_eq!(values.reference, "RS, equal evaluations");
    for (place, level) in comparison.levels.iter().enumerate() {
        for (arm, report) in &level.arms {
            // Written in hundredths.
            assert_eq!(serde_json::to_value(arm).unwrap(), arm.key());
            let name = arm.name(&comparison.options);
            let mean = values.spread(&name, place).unwrap().mean;
            assert!((mean - report.report.chosen_mean).abs() < 0.006);
            let difference = values.difference(&name, place);
            assert_eq!(difference.is_some(), report.difference.is_some());
            if let (Some(own), Some(known)) = (difference, report.difference) {
                assert!((own.mean - known.mean).abs() < 0.011, "{arm:?}");
            }
        }
    }
    let by_table = compare_under_noise(bench(), bench(), &OPTIONS, 1, &[Noise::Sigma(1.0)]);
    assert!(by_table.unwrap().values("accuracy").is_some());
}

#[test]
fn damaged_values_are_named_with_their_line() {
    let line = compared(2, &[0.0])
        .values("accuracy")
        .unwrap()
        .line()
        .unwrap();
    let read = |text: &str| Values::recognised(text.as_bytes());
    assert!(read("accuracy,architecture\n").is_none());
    assert!(read("{\"seconds\":1}").is_none());
    let twice = format!("{line}\n{line}");
    assert_eq!(read(&twice).unwrap().unwrap().len(), 2);
    for (wrong, why) in [
        (line.replacen("\"values\":1", "\"values\":2", 1), "format 2"),
        (
            line.replacen("RS, equal evaluations", "other", 1),
            "no series",
        ),
        (
            line.replacen("\"at\":[0.0]", "\"at\":[0.0,1.0]", 1),
            "2 places",
        ),
        (line[..line.len() / 2].to_owned(), "line 1"),
        (format!("{line}{{\"values\":1}}"), "line 2"),
    ] {
        let error = read(&wrong).unwrap().unwrap_err().to_string();
        assert!(error.contains(why), "{why}: {error}");
    }
}
