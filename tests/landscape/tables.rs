//! Reading and writing benchmark tables.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use plateau::landscape::{
    Evaluator, EvaluatorError, Memo, Table, TableError, TableEvaluator, Verdict, architecture,
    architecture_count, architecture_index, builtin_table,
};
use plateau::space::{Genotype, Space};
use proptest::prelude::*;

use super::{BEST, benchmark, benchmark_file, cell, small_table};

const METRIC: &str = "CIFAR10TestAccuracy200Epochs";

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// The CSV lines of a small table, header first.
fn small_lines() -> Vec<String> {
    let text = small_table(|index| index as f64 / 2.0).to_csv();
    text.lines().map(str::to_owned).collect()
}

fn message(lines: &[String]) -> String {
    Table::parse(&lines.join("\n")).unwrap_err().to_string()
}

#[test]
fn the_optimum_of_the_real_table_is_the_published_one() {
    let table = benchmark();
    assert_eq!(table.space(), Space::NasBench201);
    assert_eq!(table.metrics(), [METRIC]);
    let (best, accuracy) = table.best(METRIC).unwrap();
    assert!((accuracy - 94.37).abs() < 0.005);
    // Two cells share the optimum to the last digit: operations 3 3 3 1 2 3 and 3 3 3 1 3 2. The first by number is reported.
    let published = table.index_of(&cell(BEST)).unwrap();
    assert_eq!(table.values()[0][published], accuracy);
    assert_eq!(table.index_of(&best), Some(published - 4));
    // The first line of the file.
    let first = cell(
        "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
    );
    let index = table.index_of(&first).unwrap();
    assert_eq!(table.values()[0][index], 85.863_333_333_333_34);
}

#[test]
fn both_layouts_plain_or_packed_give_the_same_table() {
    let table = benchmark();
    let csv = table.to_csv();
    assert_eq!(&Table::parse(&csv).unwrap(), table);
    assert_eq!(&Table::from_bytes(&gzip(&csv)).unwrap(), table);
    let list = std::fs::read_to_string(benchmark_file()).unwrap();
    assert_eq!(&Table::from_bytes(&gzip(&list)).unwrap(), table);
    assert_eq!(&Table::parse(&list.replace('\n', "\r\n")).unwrap(), table);
}

#[test]
fn every_metric_column_has_its_name_whatever_the_order() {
    let mut rows: Vec<String> = (0..15_625)
        .map(|index| {
            let genotype = architecture(Space::NasBench201, index).unwrap();
            let low = index as f64 / 200.0;
            format!("{low},{},7,{},\"x\"", low + 1.0, genotype.to_text())
        })
        .collect();
    rows.reverse();
    let text = format!(
        "\u{feff}CIFAR10TestAccuracy200Epochs,\"CIFAR100TestAccuracy200Epochs\",ImageNetTestAccuracy200Epochs,ArchitectureString,UniqueString\n{}\n\n",
        rows.join("\n")
    );
    let table = Table::parse(&text).unwrap();
    assert_eq!(
        table.metrics(),
        [
            METRIC,
            "CIFAR100TestAccuracy200Epochs",
            "ImageNetTestAccuracy200Epochs"
        ]
    );
    let column = table.column("CIFAR100TestAccuracy200Epochs").unwrap();
    assert_eq!(column[200], 2.0);
    assert_eq!(
        table.column("ImageNetTestAccuracy200Epochs").unwrap()[9],
        7.0
    );
    assert_eq!(table.column("ImageNet"), None);
}

#[test]
fn a_small_space_has_tables_of_125_rows() {
    let table = small_table(|index| index as f64 / 3.0);
    let text = table.to_csv();
    assert_eq!(text.lines().count(), 126);
    assert_eq!(Table::parse(&text).unwrap(), table);
    let (best, _) = table.best("accuracy").unwrap();
    assert_eq!(
        best.to_text(),
        "|avg_pool_3x3~0|+|avg_pool_3x3~0|avg_pool_3x3~1|"
    );
}

#[test]
fn numbers_and_genotypes_are_inverse() {
    for space in [Space::NasBench201, Space::NasBench201Small] {
        let count = architecture_count(space).unwrap();
        for index in 0..count {
            let genotype = architecture(space, index).unwrap();
            assert_eq!(architecture_index(&genotype), Some(index));
        }
        assert_eq!(architecture(space, count), None);
    }
    let best = cell(BEST);
    // Digits 3 3 3 1 3 2.
    assert_eq!(
        architecture_index(&best),
        Some(3 * 3125 + 3 * 625 + 3 * 125 + 25 + 3 * 5 + 2)
    );
    let darts = Genotype::preset("darts-v1").unwrap();
    assert_eq!(architecture_index(&darts), None);
    assert_eq!(architecture_count(Space::Darts), None);
    let small = architecture(Space::NasBench201Small, 3).unwrap();
    assert_eq!(benchmark().index_of(&small), None);
}

#[test]
fn a_mistake_in_a_csv_table_is_named_with_its_line() {
    let lines = small_lines();
    let with = |line: usize, text: &str| {
        let mut lines = lines.clone();
        lines[line - 1] = text.to_owned();
        message(&lines)
    };
    let row = "|none~0|+|none~0|none~1|";
    let cases = [
        (
            2,
            format!("NaN,{row},#"),
            "line 2: accuracy: \"NaN\" is not",
        ),
        (
            2,
            format!("inf,{row},#"),
            "line 2: accuracy: \"inf\" is not",
        ),
        (2, format!("100.5,{row},#"), "line 2: accuracy: \"100.5\""),
        (2, format!("-1,{row},#"), "line 2: accuracy: \"-1\" is not"),
        (
            2,
            format!(",{row},#"),
            "line 2: accuracy: the accuracy is mis",
        ),
        (2, format!("1,{row}"), "line 2: more columns"),
        (2, format!("1,{row},#,9"), "line 2: more columns"),
        (
            2,
            "1,|warp~0|+|none~0|none~1|,#".to_owned(),
            "line 2: unknown operation \"warp\"",
        ),
        (
            2,
            "1,|none~0|,#".to_owned(),
            "line 2: a cell has two or three",
        ),
        (
            2,
            "1,hello,#".to_owned(),
            "line 2: expected |operation~state|",
        ),
        (
            2,
            "1,|sep_conv_3x3~0|+|none~0|none~1|,#".to_owned(),
            "line 2: normal cell, node 1: nas-bench-201-small genotypes have no sep_conv_3x3",
        ),
        (
            5,
            format!("1,{BEST},#"),
            "line 5: a nas-bench-201 cell in a table of nas-bench-201-small",
        ),
        (
            9,
            format!("1,{row},#"),
            "line 9: |none~0|+|none~0|none~1| is already on line 2",
        ),
        (
            1,
            "ArchitectureString,UniqueString,".to_owned(),
            "line 1: no column of accuracies",
        ),
        (
            1,
            "a,ArchitectureString,a".to_owned(),
            "line 1: two columns are named \"a\"",
        ),
        (
            1,
            "UniqueString,ArchitectureString".to_owned(),
            "line 1: no column of accuracies",
        ),
        (
            1,
            ",".repeat(1_000_000),
            "line 1: a table has at most 256 columns",
        ),
    ];
    for (line, text, expected) in cases {
        let found = with(line, &text);
        let expected = expected.replace(
            "more columns",
            if text.ends_with('9') {
                "more columns"
            } else {
                "fewer columns"
            },
        );
        assert!(found.starts_with(&expected), "{found}\n{expected}");
        assert!(!found.contains('\n') && found.len() < 200, "{found}");
    }
}

#[test]
fn a_table_with_a_missing_row_says_which_architecture_is_missing() {
    let mut lines = small_lines();
    lines.remove(1);
    assert_eq!(
        message(&lines),
        "124 of the 125 architectures of nas-bench-201-small are in the table: |none~0|+|none~0|none~1| is missing"
    );
    // A row too many repeats one.
    let mut lines = small_lines();
    lines.push(lines[7].clone());
    assert!(message(&lines).starts_with("line 127: "));
}

#[test]
fn a_mistake_in_a_list_table_is_named_with_its_line() {
    let cases = [
        ("[0, 1, 2, 3, 4, 5],50", "line 1: unknown operation \"5\""),
        ("[0, 1, 2, 3, 4, -1],50", "line 1: unknown operation \"-1\""),
        ("[0, 1, 2],50", "line 1: 3 operations instead of 6"),
        ("[0, 1, 2, 3, 4, 4]", "line 1: expected a comma"),
        ("[0, 1, 2, 3, 4, 4],", "line 1: the accuracy is missing"),
        ("[0, 1, 2, 3, 4, 4],ninety", "line 1: \"ninety\" is not"),
        ("[0, 1, 2, 3, 4, 4", "line 1: expected \"[o1"),
        ("[0,0,0,0,0,0],50\nbla", "line 2: expected \"[o1"),
        ("[0,0,0,0,0,0],50\n\n[0,0,0,0,0,0],50", "line 3: |none~0|"),
        ("[0,0,0,0,0,0],50", "1 of the 15625 architectures"),
        ("", "the table is empty"),
        ("\n \n", "the table is empty"),
    ];
    for (text, expected) in cases {
        let found = Table::parse(text).unwrap_err().to_string();
        assert!(found.starts_with(expected), "{found}");
    }
}

#[test]
fn files_that_are_no_tables_are_refused() {
    let missing = Table::read(std::path::Path::new("/no/such/table.csv"));
    assert!(matches!(missing, Err(TableError::Read { .. })));
    assert_eq!(
        Table::from_bytes(&[0xff, 0xfe, 0]),
        Err(TableError::NotText)
    );
    let mut damaged = gzip(&small_lines().join("\n"));
    damaged.truncate(200);
    assert!(matches!(
        Table::from_bytes(&damaged),
        Err(TableError::Gzip(_))
    ));
    // 40 MiB of zeros pack into 40 KiB.
    let bomb = gzip(&"\0".repeat(40 << 20));
    assert!(bomb.len() < 1 << 20);
    assert_eq!(Table::from_bytes(&bomb), Err(TableError::TooLarge));
}

#[test]
fn columns_that_are_no_landscapes_are_refused() {
    let make = |names: &[&str], value: f64, rows: usize| {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let values = vec![vec![value; rows]; names.len()];
        Table::new(Space::NasBench201Small, names, values)
    };
    assert!(make(&["a", "b"], 50.0, 125).is_ok());
    assert!(make(&["a"], 50.0, 124).is_err());
    assert!(make(&["a"], f64::NAN, 125).is_err());
    assert!(make(&["a"], 100.1, 125).is_err());
    assert!(make(&["a", "a"], 50.0, 125).is_err());
    assert!(make(&["a,b"], 50.0, 125).is_err());
    assert!(make(&["[a"], 50.0, 125).is_err());
    assert!(make(&["UniqueString"], 50.0, 125).is_err());
    assert!(make(&[], 50.0, 125).is_err());
    assert!(Table::new(Space::Darts, vec!["a".to_owned()], vec![vec![1.0]]).is_err());
}

#[test]
fn a_table_scores_its_genotypes_and_no_others() {
    let mut evaluator = TableEvaluator::new(benchmark(), None).unwrap();
    let scores = pollster::block_on(evaluator.scores(&[cell(BEST)])).unwrap();
    assert!((scores[0].accuracy - 94.373_333).abs() < 1e-5);
    assert_eq!(scores[0].loss, 1.0 - scores[0].accuracy / 100.0);
    let darts = Genotype::preset("darts-v1").unwrap();
    assert_eq!(
        pollster::block_on(evaluator.scores(&[darts])),
        Err(EvaluatorError::Space {
            expected: Space::NasBench201,
            found: Space::Darts
        })
    );
    let error = TableEvaluator::new(benchmark(), Some("speed")).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the table has no metric \"speed\": choose one of {METRIC}")
    );
}

#[test]
fn a_memo_evaluates_every_architecture_once() {
    let darts = Genotype::preset("darts-v2").unwrap();
    let mut cells = darts.cells().to_vec();
    cells[0].nodes[1].reverse();
    let turned = Genotype::new(Space::Darts, cells).unwrap();
    let other = Genotype::preset("darts-v1").unwrap();
    let inner = super::Scripted::new(Space::Darts, |g: &Genotype| {
        g.to_text().matches("dil").count() as f64
    });
    let mut memo = Memo::new(inner);
    let asked = [darts.clone(), turned, other.clone(), darts.clone()];
    let scores = pollster::block_on(memo.scores(&asked)).unwrap();
    assert_eq!([scores[0], scores[0]], [scores[1], scores[3]]);
    assert_ne!(scores[0], scores[2]);
    let again = pollster::block_on(memo.scores(std::slice::from_ref(&other))).unwrap();
    assert_eq!(again, [scores[2]]);
    assert_eq!((memo.evaluations(), memo.requests()), (2, 5));
    assert_eq!(memo.into_inner().asked, [darts, other]);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "[\\[\\]0-9,. |~+\\nA-Za-z_\"]{0,300}") {
        prop_assert!(Table::parse(&text).is_err());
        let header = format!("a,ArchitectureString,UniqueString\n{text}");
        prop_assert!(Table::parse(&header).is_err());
    }
}

#[test]
fn a_verdict_is_what_the_table_says_of_a_cell_its_neighbors_and_every_epoch() {
    let table = builtin_table();
    let metric = &table.metrics()[0];
    let values = &table.values()[0];
    let genotype = architecture(Space::NasBench201Small, 37).unwrap();
    let epochs = [5, 37].map(|index| architecture(Space::NasBench201Small, index).unwrap());
    let verdict = Verdict::of(table, metric, &genotype, &epochs).unwrap();
    assert_eq!((verdict.accuracy, verdict.of), (values[37], 125));
    let better = values.iter().filter(|&&other| other > values[37]).count();
    assert_eq!(verdict.rank, better + 1);
    assert_eq!(verdict.curve, [values[5], values[37]]);
    // 37 is 122 to the base 5: one digit changed.
    let neighbors: Vec<f64> = (0..125)
        .filter(|other| {
            let digits = |index: usize| [index / 25, index / 5 % 5, index % 5];
            let pairs = digits(*other).into_iter().zip(digits(37));
            pairs.filter(|(a, b)| a != b).count() == 1
        })
        .map(|index| values[index])
        .collect();
    assert_eq!(verdict.count, 12);
    assert!((verdict.mean - neighbors.iter().sum::<f64>() / 12.0).abs() < 1e-9);
    assert_eq!(
        verdict.worst,
        neighbors.iter().copied().fold(100.0, f64::min)
    );
    assert_eq!(verdict.best, neighbors.iter().copied().fold(0.0, f64::max));
    let skips = genotype.to_text().matches("skip_connect").count();
    assert_eq!(verdict.skips, skips);
    assert_eq!(Verdict::of(table, "no such column", &genotype, &[]), None);
    let other = architecture(Space::NasBench201, 37).unwrap();
    assert_eq!(Verdict::of(table, metric, &other, &[]), None);
}
