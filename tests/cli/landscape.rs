//! The reports on tables, as a stranger and as a script ask for them. The expected numbers were computed from the file apart from
//! this crate.

use std::path::{Path, PathBuf};
use std::process::Output;

use plateau::landscape::{Table, architecture_count};
use plateau::space::{Genotype, Space};
use serde_json::Value;

use crate::support::outcome::{failure, object, text};
use crate::support::program::plateau;

/// The first of the two best cells.
const BEST: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|";

/// With the real table.
fn on_bench(args: &[&str]) -> Output {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/bench_102_num.txt");
    plateau(&[args, &["--table", bench.to_str().unwrap()]].concat())
}

fn close(value: &Value, expected: f64) {
    let found = value.as_f64().unwrap();
    assert!((found - expected).abs() < 1e-6, "{found}, not {expected}");
}

/// A file of this test's own.
fn file(name: &str, content: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("plateau-{}-{name}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    path
}

/// A table of the small space: `rising` grows with the architecture's number, `falling` is 100 less that.
fn small_table(name: &str) -> PathBuf {
    let space = Space::NasBench201Small;
    let count = architecture_count(space).unwrap();
    let rising: Vec<f64> = (0..count).map(|index| index as f64 / 2.0).collect();
    let falling = rising.iter().map(|accuracy| 100.0 - accuracy).collect();
    let names = vec!["rising".to_owned(), "falling".to_owned()];
    let table = Table::new(space, names, vec![rising, falling]).unwrap();
    file(name, &table.to_csv())
}

#[test]
fn neighborhood_of_the_best_cell_has_its_exact_statistics() {
    let value = object(&on_bench(&["neighborhood", "best", "--json"]));
    assert_eq!(value["metric"], "CIFAR10TestAccuracy200Epochs");
    let genotype: Genotype = serde_json::from_value(value["genotype"].clone()).unwrap();
    assert_eq!(genotype, Genotype::parse(BEST).unwrap());
    close(&value["own"], 94.373_333_333);
    assert_eq!(value["rank"], 1);
    let expected = [
        (24, 93.812_986_111, 92.22, 94.363_333_333, 0.436_526_159),
        (240, 93.066_138_889, 86.39, 94.373_333_333, 1.225_432_425),
        (1280, 91.729_656_25, 10.0, 94.343_333_333, 4.535_029_707),
    ];
    let radii = value["radii"].as_array().unwrap();
    assert_eq!(radii.len(), expected.len());
    for (radius, (count, mean, worst, best, std)) in radii.iter().zip(expected) {
        assert_eq!(radius["count"], count);
        assert_eq!(radius["size"], count);
        assert!(radius["standard_error"].is_null(), "nothing was sampled");
        close(&radius["mean"], mean);
        close(&radius["worst"], worst);
        close(&radius["best"], best);
        close(&radius["std"], std);
    }
    assert_eq!(value["neighbors"].as_array().unwrap().len(), 24);
    // scikit-learn's IsotonicRegression of the neighbors' mean on the accuracy.
    close(&value["matched"]["mean"], 93.812_986_111);
    close(&value["matched"]["expected"], 93.820_856_481);
    close(&value["matched"]["residual"], -0.007_870_370);
    assert_eq!(value["matched"]["architectures"], 3);

    let shown = text(&on_bench(&["neighborhood", "best"]));
    for part in [
        "CIFAR10TestAccuracy200Epochs",
        BEST,
        "94.37 %",
        "rank 1 of 25",
        "0→3 skip_connect ⇒ none",
        "less flat than cells as good as it by 0.01 points: neighbors 93.81 %, 93.82 % expected",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_genotype_can_be_a_text_a_file_or_a_preset() {
    let report = |genotype| text(&on_bench(&["neighborhood", genotype, "--radius", "1"]));
    let best = report("best");
    assert_eq!(report(BEST), best);
    let path = file("genotype.txt", BEST);
    assert_eq!(report(path.to_str().unwrap()), best);
    std::fs::remove_file(&path).unwrap();
    assert!(report("resnet-like").contains("93.97 %"));
}

#[test]
fn large_shells_are_sampled_by_the_seed_with_a_standard_error() {
    let sampled = |seed| {
        let args = ["neighborhood", "best", "--radius", "2", "--limit", "50"];
        text(&on_bench(
            &[&args[..], &["--json", "--seed", seed]].concat(),
        ))
    };
    let first = sampled("1");
    let value: Value = serde_json::from_str(&first).unwrap();
    let [nearest, second] = [&value["radii"][0], &value["radii"][1]];
    assert_eq!(
        (&nearest["count"], &nearest["size"]),
        (&24.into(), &24.into())
    );
    assert_eq!(
        (&second["count"], &second["size"]),
        (&50.into(), &240.into())
    );
    let error = second["standard_error"].as_f64().unwrap();
    let off = (second["mean"].as_f64().unwrap() - 93.066_138_889).abs();
    assert!(error > 0.0 && off < 5.0 * error, "{off} with error {error}");
    assert_eq!(sampled("1"), first);
    assert_ne!(sampled("2"), first);
}

#[test]
fn barrier_walks_all_shortest_paths_and_uses_the_true_ends() {
    let value = object(&on_bench(&["barrier", "resnet-like", "best", "--json"]));
    assert_eq!(value["distance"], 3);
    assert_eq!(value["paths"], 6);
    assert_eq!(value["complete"], true);
    let levels = value["levels"].as_array().unwrap();
    let architectures: Vec<u64> = levels
        .iter()
        .map(|level| level["architectures"].as_u64().unwrap())
        .collect();
    assert_eq!(architectures, [1, 3, 3, 1]);
    close(&levels[0]["mean"], 93.97);
    close(&levels[3]["mean"], 94.373_333_333);
    close(&value["barrier"]["mean"], 0.276_666_667);
    close(&value["barrier"]["std"], 0.075_663_730);
    close(&value["barrier"]["lowest"], 0.201_666_667);
    close(&value["barrier"]["highest"], 0.361_666_667);
    close(&value["below_line"]["mean"], 0.259_814_815);
    close(&value["below_line"]["std"], 0.127_426_920);
    close(&value["below_line"]["lowest"], 0.118_888_889);
    close(&value["below_line"]["highest"], 0.428_888_889);
    close(&value["below_line"]["of_means"], 0.235_555_556);

    let back = object(&on_bench(&["barrier", "best", "resnet-like", "--json"]));
    close(&back["barrier"]["mean"], 0.276_666_667);
    let shown = text(&on_bench(&["barrier", "resnet-like", "best"]));
    assert!(shown.contains("all 6 shortest paths"), "{shown}");
    assert!(shown.contains("0.28 ± 0.08"), "{shown}");
    assert!(shown.contains("straight line 0.26 ± 0.13"), "{shown}");
}

#[test]
fn spectrum_splits_the_variance_by_order() {
    let value = object(&on_bench(&["spectrum", "--json"]));
    close(&value["mean"], 87.042_371_840);
    close(&value["variance"], 167.363_385_529);
    let orders = value["orders"].as_array().unwrap();
    assert_eq!(orders.len(), 6);
    close(&orders[0]["energy"], 47.830_070_995);
    close(&orders[0]["smoothing"], 0.8);
    let sum: f64 = orders
        .iter()
        .filter_map(|part| part["share"].as_f64())
        .sum();
    assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    assert_eq!(value["transform"], "raw");
    assert!(text(&on_bench(&["spectrum"])).contains("28.58 %"));
}

#[test]
fn spectrum_of_transformed_accuracies_says_which_transform() {
    for (transform, share) in [
        ("rank", "71.25 %"),
        ("log-error", "51.78 %"),
        ("floor:90", "65.02 %"),
    ] {
        let value = object(&on_bench(&["spectrum", "--transform", transform, "--json"]));
        assert_eq!(value["transform"], transform);
        let shown = text(&on_bench(&["spectrum", "--transform", transform]));
        assert!(
            shown.contains(&format!("transform {transform}: ")),
            "{shown}"
        );
        assert!(shown.contains(share), "{shown}");
    }
    let wrong = on_bench(&["spectrum", "--transform", "floor:ninety"]);
    assert_eq!(wrong.status.code(), Some(2));
    let message = String::from_utf8(wrong.stderr).unwrap();
    assert!(message.contains("a percentage from 0 to 100"), "{message}");
}

#[test]
fn metric_picks_the_column_and_best_follows_it() {
    let table = small_table("metrics.csv");
    let path = table.to_str().unwrap();
    let own = |metric: &[&str]| {
        let args = ["neighborhood", "best", "--table", path, "--json"];
        object(&plateau(&[&args[..], metric].concat()))
    };
    let [first, falling] = [own(&[]), own(&["--metric", "falling"])];
    assert_eq!(first["metric"], "rising");
    close(&first["own"], 62.0);
    close(&falling["own"], 100.0);
    assert_ne!(first["genotype"], falling["genotype"]);
    // Three edges: the shells end at radius 3.
    let far = own(&["--radius", "6"]);
    assert_eq!(far["radii"].as_array().unwrap().len(), 3);

    // A sum over the edges has order 1 only.
    let value = object(&plateau(&[
        "spectrum", "--table", path, "--metric", "falling", "--json",
    ]));
    close(&value["mean"], 69.0);
    close(&value["orders"][0]["share"], 1.0);

    // The better by one column, the worse by the other.
    let sample = |other| {
        let args = ["sample", "--table", path, "--runs", "20", "--json"];
        object(&plateau(&[&args[..], &["--report-metric", other]].concat()))
    };
    let [same, opposite] = [sample("rising"), sample("falling")];
    assert_eq!(opposite["metric"], "rising");
    assert_eq!(opposite["report_metric"], "falling");
    let sum = same["chosen_mean"].as_f64().unwrap() + opposite["chosen_mean"].as_f64().unwrap();
    assert!((sum - 100.0).abs() < 1e-9, "{sum}");

    let line = failure(&plateau(&["spectrum", "--table", path, "--metric", "no"]));
    assert!(line.contains("rising, falling"), "{line}");
    std::fs::remove_file(table).unwrap();
}

#[test]
fn sample_compares_na_rs_with_rs_at_equal_draws_and_at_equal_evaluations() {
    let args = [
        "sample",
        "--compare",
        "--runs",
        "40",
        "--draws",
        "10",
        "--json",
    ];
    let value = object(&on_bench(&args));
    let [aware, draws, evaluations] =
        ["na_rs", "rs_equal_draws", "rs_equal_evaluations"].map(|name| &value[name]);
    for report in [aware, draws, evaluations] {
        assert_eq!(report["runs"], 40);
        for name in ["chosen_mean", "chosen_std", "neighborhood_mean"] {
            let figure = report[name].as_f64().unwrap();
            assert!((0.0..100.0).contains(&figure), "{name} {figure}");
        }
    }
    close(&draws["draws"], 10.0);
    close(&draws["evaluations"], 10.0);
    // 24 neighbors and itself for each draw, less what two draws share.
    let scored = aware["evaluations"].as_f64().unwrap();
    assert!((200.0..=250.0).contains(&scored), "{scored}");
    close(&evaluations["evaluations"], scored);
    for report in [aware, draws, evaluations] {
        assert!(report["matched_residual"].is_number(), "{report}");
    }
    assert_eq!(object(&on_bench(&args)), value, "the same seeds");

    // Each part alone gives the same numbers.
    let alone = object(&on_bench(&[
        "sample", "--runs", "40", "--draws", "10", "--json",
    ]));
    assert_eq!(alone["chosen_mean"], aware["chosen_mean"]);
    let random = [
        "sample",
        "--strategy",
        "rs",
        "--runs",
        "40",
        "--draws",
        "10",
        "--json",
    ];
    let random = object(&on_bench(&random));
    assert_eq!(random["chosen_mean"], draws["chosen_mean"]);

    let shown = text(&on_bench(&["sample", "--compare", "--runs", "5"]));
    assert!(shown.contains("5 runs"), "{shown}");
    assert!(shown.contains("RS, equal evaluations"), "{shown}");
    assert!(shown.contains("flatter by"), "{shown}");
}

#[test]
fn search_with_a_sampling_strategy_reports_what_sample_reports() {
    let file = small_table("search-sampling");
    let table = ["--table", file.to_str().unwrap(), "--runs", "9", "--json"];
    for strategy in ["rs", "na-rs"] {
        let with = |command| {
            let mut args = vec![command, "--strategy", strategy, "--seed", "4"];
            args.extend(table);
            object(&plateau(&args))
        };
        let report = with("search");
        assert_eq!(report, with("sample"), "{strategy}");
        for field in ["runs", "chosen_mean", "chosen_std", "neighborhood_mean"] {
            assert!(report[field].is_number(), "{field} of {report}");
        }
    }
    let radius = plateau(&["search", "--strategy", "na-rs", "--radius", "7"]);
    assert!(failure(&radius).contains("between 1 and 6"));
    let gradient = plateau(&["search", "--strategy", "darts", "--draws", "5"]);
    assert!(failure(&gradient).contains("--strategy rs or na-rs"));
    std::fs::remove_file(file).unwrap();
}

#[test]
fn sample_flags_change_the_search() {
    let chosen = |flags: &[&str]| {
        let args = ["sample", "--runs", "20", "--draws", "5", "--json"];
        object(&on_bench(&[&args[..], flags].concat()))
    };
    let plain = chosen(&[]);
    for flags in [
        &["--aggregation", "max"][..],
        &["--neighbors", "4"],
        &["--radius", "2"],
        &["--seed", "1000"],
    ] {
        assert_ne!(
            chosen(flags)["chosen_mean"],
            plain["chosen_mean"],
            "{flags:?}"
        );
    }
    assert_eq!(plain["options"]["include_self"], true);
    assert_eq!(
        chosen(&["--exclude-self"])["options"]["include_self"],
        false
    );
    let budget = [
        "sample",
        "--runs",
        "3",
        "--evaluations",
        "60",
        "--strategy",
        "rs",
        "--json",
    ];
    close(&object(&on_bench(&budget))["evaluations"], 60.0);
}

#[test]
fn without_a_table_the_message_says_what_can_score() {
    for args in [
        &["neighborhood", "resnet-like"][..],
        &["barrier", "resnet-like", "best"],
        &["spectrum"],
        &["sample"],
    ] {
        let line = failure(&plateau(args));
        assert!(line.contains("--table FILE, a benchmark table"), "{line}");
    }
}

#[test]
fn failures_are_one_line_that_names_the_mistake() {
    for (args, part) in [
        (&["neighborhood", "darts-v2"][..], "darts genotype"),
        (
            &["neighborhood", "no-such-file"],
            "neither a file nor a preset",
        ),
        (
            &["neighborhood", "best", "--radius", "0"],
            "between 1 and 6",
        ),
        (&["neighborhood", "best", "--limit", "1"], "between 2 and"),
        (&["barrier", "best", "best"], "same architecture"),
        (&["barrier", "best", "darts-v1"], "darts genotype"),
        (&["sample", "--runs", "0"], "runs must be between 1"),
        (&["sample", "--draws", "0"], "draws must be between 1"),
        (&["sample", "--evaluations", "15626"], "between 1 and 15625"),
        (&["sample", "--radius", "0"], "between 1 and 6"),
        (&["sample", "--radius", "7"], "between 1 and 6"),
        (
            &["sample", "--strategy", "rs", "--radius", "1"],
            "no neighborhood",
        ),
        (
            &["sample", "--strategy", "rs", "--compare"],
            "no neighborhood",
        ),
        (&["sample", "--report-metric", "no"], "no metric"),
    ] {
        let line = failure(&on_bench(args));
        assert!(line.contains(part), "{args:?}: {line}");
    }

    let short = file("short.txt", "[4, 2, 1, 2, 1, 1],85.86\n");
    let wrong = file(
        "wrong.txt",
        "[4, 2, 1, 2, 1, 1],85.86\n[4, 2, 9, 2, 1, 1],85.86\n",
    );
    for (path, part) in [
        (&short, "1 of the 15625"),
        (&wrong, "line 2: unknown operation"),
    ] {
        let path = path.to_str().unwrap();
        let line = failure(&plateau(&["spectrum", "--table", path]));
        assert!(line.contains(path) && line.contains(part), "{line}");
    }
    std::fs::remove_file(short).unwrap();
    std::fs::remove_file(wrong).unwrap();
    let line = failure(&plateau(&["spectrum", "--table", "no-such-table"]));
    assert!(line.contains("no-such-table"), "{line}");

    for args in [
        &["sample", "--draws", "3", "--evaluations", "9"][..],
        &["sample", "--aggregation", "guess"],
        &["barrier", "best"],
    ] {
        assert_eq!(on_bench(args).status.code(), Some(2), "{args:?}");
    }
}
