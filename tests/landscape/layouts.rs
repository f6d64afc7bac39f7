//! Tables as other programs, spreadsheets and people write them.

use std::io::Read;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use plateau::landscape::{ReadTable, Table, architecture};
use plateau::space::Space;
use proptest::prelude::*;

use super::small_table;

/// A table of the small space: its header, and what stands on the row of an architecture.
fn csv(header: &str, row: impl Fn(usize, &str) -> String) -> String {
    let cell = |index| {
        architecture(Space::NasBench201Small, index)
            .unwrap()
            .to_text()
    };
    let rows = (0..125).map(|index| row(index, &cell(index)) + "\n");
    format!("{header}\n{}", rows.collect::<String>())
}

/// An accuracy of its own for every architecture, with two digits.
fn accuracy(index: usize) -> f64 {
    (4000 + 37 * index) as f64 / 100.0
}

fn read(text: &str) -> ReadTable {
    ReadTable::from_bytes(text.as_bytes(), &[]).unwrap()
}

fn refused(text: &str, wanted: &[&str]) -> String {
    let error = ReadTable::from_bytes(text.as_bytes(), wanted)
        .unwrap_err()
        .to_string();
    assert!(!error.contains('\n') && error.len() < 400, "{error}");
    error
}

/// The notes as one text.
fn said(read: &ReadTable) -> String {
    read.notes.join("\n")
}

#[test]
fn columns_that_are_no_accuracies_are_left_out_and_named() {
    // A column, its value on every row, and the words of the note.
    let cases = [
        ("Params", "0.05", "by their names: Params"),
        ("FLOPs", "20.5", "by their names: FLOPs"),
        ("GPULatency(ms)", "3.5", "by their names: GPULatency(ms)"),
        ("train_time", "12", "by their names: train_time"),
        ("valid loss", "0.31", "by their names: valid loss"),
        ("TestError", "8.12", "by their names: TestError"),
        ("accuracy_std", "0.2", "by their names: accuracy_std"),
        ("epochs", "12", "by their names: epochs"),
        ("seed", "77", "by their names: seed"),
        ("rank", "3", "by their names: rank"),
        ("cifar10-energy", "3.1", "by their names: cifar10-energy"),
        (
            "score",
            "101.6",
            "score (line 2: \"101.6\" is not an accuracy",
        ),
        ("score", "-1", "score (line 2: \"-1\" is not an accuracy"),
        (
            "dataset",
            "cifar10",
            "dataset (line 2: \"cifar10\" is not an accuracy",
        ),
        (
            "score",
            "",
            "score (line 2: the accuracy is missing (125 such fields))",
        ),
        ("score", "nan", "score (line 2: \"nan\" is not an accuracy"),
        ("score", "inf", "score (line 2: \"inf\" is not an accuracy"),
        ("naswot", "0.93", "naswot (line 1: no value is above 1"),
        ("1,234,567", "1", ""),
    ];
    for (name, value, note) in cases {
        if note.is_empty() {
            continue;
        }
        let text = csv(
            &format!("ArchitectureString,{name},TestAccuracy"),
            |index, cell| format!("{cell},{value},{}", accuracy(index)),
        );
        let read = read(&text);
        assert_eq!(read.table.metrics(), ["TestAccuracy"], "{name}");
        assert_eq!(read.table.values()[0][7], accuracy(7));
        let said = said(&read);
        assert!(said.contains(note), "{name}: {said}");
    }
    // Names that only hold such a word beside one for accuracies, or within another.
    for name in [
        "CIFAR10TestAccuracy200Epochs",
        "accuracy_at_epoch_12",
        "valid.seed3",
        "Timeless",
        "rising",
    ] {
        let text = csv(&format!("{name},arch"), |index, cell| {
            format!("{},{cell}", accuracy(index))
        });
        let read = read(&text);
        assert_eq!(read.table.metrics(), [name]);
        assert_eq!(read.notes, [""; 0]);
    }
}

#[test]
fn a_column_that_was_asked_for_is_read_or_refused_by_its_line() {
    let text = csv(
        "arch,TestAccuracy,Latency,FLOPs,note,part",
        |index, cell| {
            let flops = 90.0 + index as f64 / 10.0;
            let note = if index == 9 { "" } else { "5" };
            format!(
                "{cell},{},{},{flops:.1},{note},0.5",
                accuracy(index),
                index as f64 / 50.0
            )
        },
    );
    let table = |wanted| ReadTable::from_bytes(text.as_bytes(), &[wanted]).unwrap();
    let latency = table("Latency");
    assert_eq!(latency.table.metrics(), ["TestAccuracy", "Latency"]);
    assert!(said(&latency).contains("Latency: read as accuracies, since it was asked for"));
    assert_eq!(
        table("part").table.column("part").unwrap()[3],
        50.0,
        "shares of 1"
    );
    assert_eq!(table("nothing").table.metrics(), ["TestAccuracy"]);
    for (wanted, expected) in [
        (
            "FLOPs",
            "line 103: FLOPs: \"100.1\" is not an accuracy between 0 and 100 percent",
        ),
        ("note", "line 11: note: the accuracy is missing"),
    ] {
        assert_eq!(refused(&text, &[wanted]), expected);
    }
    // Nothing else is there.
    let text = csv("arch,Params,hash", |index, cell| {
        format!("{cell},{index},h{index}")
    });
    assert_eq!(
        refused(&text, &[]),
        "line 2: hash: \"h0\" is not an accuracy between 0 and 100 percent; nor are these columns accuracies: Params"
    );
    let text = csv("arch,Params,Loss", |index, cell| {
        format!("{cell},{index},1")
    });
    assert_eq!(
        refused(&text, &[]),
        "line 1: no column of accuracies: by their names Params, Loss are none"
    );
}

#[test]
fn shares_of_1_that_are_called_accuracy_become_percent_and_it_is_said() {
    for (name, scale, expected, note) in [
        (
            "accuracy",
            0.01,
            1.0,
            "accuracy: no value is above 1; read as shares of 1 and multiplied by 100",
        ),
        ("val_acc", 0.01, 1.0, "val_acc: no value is above 1"),
        ("Top-1", 0.01, 1.0, "Top-1: no value is above 1"),
        (
            "accuracy",
            0.0001,
            0.0001,
            "accuracy: no value is above 0.01; read as percent as they stand",
        ),
        ("accuracy", 1.0, 1.0, ""),
    ] {
        let text = csv(&format!("arch,{name}"), |index, cell| {
            format!("{cell},{}", accuracy(index) * scale)
        });
        let read = read(&text);
        for index in [0, 3, 124] {
            let found = read.table.values()[0][index];
            assert!(
                (found - accuracy(index) * expected).abs() < 1e-9,
                "{name}: {found}"
            );
        }
        assert!(
            said(&read).contains(note) && read.notes.is_empty() == note.is_empty(),
            "{read:?}"
        );
        assert_eq!(Table::parse(&read.table.to_csv()).unwrap(), read.table);
    }
    // A percent sign leaves no doubt, whatever the name.
    for name in ["score", "accuracy", "score_run"] {
        let text = csv(&format!("arch,{name}1,{name}2"), |index, cell| {
            format!("{cell},{0}%,{0} %", accuracy(index) / 100.0)
        });
        let read = read(&text);
        assert_eq!(read.table.values()[0][0], 0.4);
        assert_eq!(Table::parse(&read.table.to_csv()).unwrap(), read.table);
    }
    let runs = csv("arch,q_run1,q_run2,acc", |index, cell| {
        format!("{cell},0.1,0.3,{}", accuracy(index))
    });
    assert!(
        said(&read(&runs)).contains("q (line 1: no value is above 1"),
        "{:?}",
        read(&runs)
    );
    // Lists of operations without a header, too.
    let real = std::fs::read_to_string(super::benchmark_file()).unwrap();
    let shares: String = real
        .lines()
        .map(|line| {
            let (cell, value) = line.rsplit_once(',').unwrap();
            format!("{cell},{}\n", value.parse::<f64>().unwrap() / 100.0)
        })
        .collect();
    let read = read(&shares);
    let [found, expected] = [&read.table, super::benchmark()].map(|table| table.values()[0][4711]);
    assert!((found - expected).abs() < 1e-9);
    assert!(said(&read).contains("multiplied by 100"));
}

/// Three runs of an architecture: two and a quarter apart, equal ones for every tenth.
fn runs(index: usize) -> [f64; 3] {
    let spread = if index.is_multiple_of(10) { 0.0 } else { 2.25 };
    [0.0, 1.0, 2.0].map(|run| accuracy(index) + run * spread)
}

#[test]
fn several_runs_of_a_metric_become_their_mean_with_its_standard_error() {
    for (names, stem) in [
        (["AccuracyRun1", "AccuracyRun2", "AccuracyRun3"], "Accuracy"),
        (["acc_seed0", "acc_seed1", "acc_seed2"], "acc"),
        (["acc-777", "acc-888", "acc-999"], "acc"),
        (["valid_1", "valid_2", "valid_3"], "valid"),
        (["seed 0 valid", "seed 1 valid", "seed 2 valid"], "valid"),
        (
            [
                "cifar10 trial=7 test",
                "cifar10 trial=8 test",
                "cifar10 trial=21 test",
            ],
            "cifar10 test",
        ),
        (
            [
                "CIFAR10ValidAccuracy200EpochsRun1",
                "CIFAR10ValidAccuracy200EpochsRun2",
                "CIFAR10ValidAccuracy200EpochsRun3",
            ],
            "CIFAR10ValidAccuracy200Epochs",
        ),
        (["run1", "run2", "run3"], "Accuracy"),
    ] {
        let text = csv(&format!("{},arch", names.join(",")), |index, cell| {
            // Of every fifth the third is missing.
            let [a, b, c] = runs(index).map(|run| run.to_string());
            let c = if index.is_multiple_of(5) {
                String::new()
            } else {
                c
            };
            format!("{a},{b},{c},{cell}")
        });
        let read = read(&text);
        assert_eq!(read.table.metrics(), [stem], "{names:?}");
        let mean = read.table.column(stem).unwrap();
        assert!((mean[1] - (accuracy(1) + 2.25)).abs() < 1e-9);
        assert!(
            (mean[5] - (accuracy(5) + 1.125)).abs() < 1e-9,
            "of two runs"
        );
        assert_eq!(mean[10], accuracy(10));
        let error = |index| read.table.standard_error(stem, index);
        assert!(
            (error(1).unwrap() - 2.25 / 3.0_f64.sqrt()).abs() < 1e-9,
            "deviation 2.25, three runs"
        );
        assert!((error(5).unwrap() - 1.125).abs() < 1e-9);
        assert_eq!(error(10), None, "equal runs say nothing about their spread");
        let said = said(&read);
        for part in [
            stem,
            "mean of 3 runs",
            names[1],
            "25 of 375 values are missing",
            "13 of 125 architectures have a single run or equal ones",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        // One run by its name, as far as it goes.
        let one = |name| ReadTable::from_bytes(text.as_bytes(), &[name]);
        assert_eq!(
            one(names[1]).unwrap().table.column(names[1]).unwrap()[1],
            runs(1)[1]
        );
        let third = one(names[2]).unwrap_err().to_string();
        assert!(
            third.starts_with("line 2: ") && third.ends_with("missing (25 such fields)"),
            "{third}"
        );
        assert_eq!(Table::parse(&read.table.to_csv()).unwrap(), read.table);
    }
}

#[test]
fn columns_that_only_end_in_a_number_are_no_runs() {
    for names in [
        ["CIFAR-10", "CIFAR-100", "other"],
        ["valid_12", "valid_200", "other"],
        ["top-1", "top-5", "other"],
        ["acc epoch 1", "acc epoch 2", "acc epoch 3"],
        ["CIFAR10", "CIFAR100", "ImageNet16"],
        ["AccuracySeed4", "LossSeed5", "LossSeed6"],
    ] {
        let text = csv(&format!("{},arch", names.join(",")), |index, cell| {
            let [a, b, c] = runs(index);
            format!("{a},{b},{c},{cell}")
        });
        let read = read(&text);
        let expected: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| !name.contains("Loss"))
            .collect();
        assert_eq!(read.table.metrics(), expected);
        assert_eq!(read.table.standard_error(names[0], 1), None);
    }
}

#[test]
fn a_mean_beside_its_runs_is_taken_as_it_stands() {
    let table = |shift: f64| {
        csv(
            "Accuracy,AccuracySeed0,AccuracySeed1,AccuracySeed2,arch",
            |index, cell| {
                let [a, b, c] = runs(index);
                format!("{:.2},{a},{b},{c},{cell}", (a + b + c) / 3.0 + shift)
            },
        )
    };
    let right = read(&table(0.0));
    assert_eq!(right.table.metrics().len(), 4);
    assert_eq!(right.notes, [""; 0]);
    let wrong = read(&table(-1.0));
    assert_eq!(wrong.table.metrics().len(), 4);
    assert!(
        said(&wrong).contains("Accuracy is not the mean of its 3 runs"),
        "{wrong:?}"
    );
    // A table that has the standard errors.
    let text = csv("acc,acc_stderr,arch", |index, cell| {
        format!("{},{},{cell}", accuracy(index), index as f64 / 100.0)
    });
    let read = read(&text);
    assert_eq!(read.table.metrics(), ["acc"]);
    assert_eq!(
        [0, 50].map(|index| read.table.standard_error("acc", index)),
        [None, Some(0.5)]
    );
    // With the runs beside them.
    let text = csv("acc,acc_stderr,acc_run1,acc_run2,arch", |index, cell| {
        let own = accuracy(index);
        format!("{own},0.5,{},{},{cell}", own - 0.5, own + 0.5)
    });
    let read = self::read(&text);
    assert_eq!(read.table.metrics(), ["acc", "acc_run1", "acc_run2"]);
    assert_eq!(read.table.standard_error("acc", 50), Some(0.5));
}

#[test]
fn an_architecture_without_any_run_leaves_the_metric_out() {
    let text = csv("acc_run1,acc_run2,test,arch", |index, cell| {
        let [a, b, c] = runs(index);
        match index {
            30 => format!(",n/a,{c},{cell}"),
            _ => format!("{a},{b},{c},{cell}"),
        }
    });
    let read = read(&text);
    assert_eq!(read.table.metrics(), ["test"]);
    assert!(
        said(&read).contains("acc (line 32: 1 of 125 architectures have no run at all"),
        "{read:?}"
    );
    assert!(refused(&text, &["acc"]).starts_with("line 32: acc: "));
}

#[test]
fn numbers_of_rows_are_no_metric() {
    let row = |index: usize, cell: &str| format!("{index},{cell},{}", accuracy(index));
    for header in [
        ",arch,acc",
        "Unnamed: 0,arch,acc",
        "\"\",\"arch\",\"acc\"",
        "arch,acc",
        "index,arch,acc",
        "id,arch,acc",
    ] {
        let read = read(&csv(header, row));
        assert_eq!(read.table.metrics(), ["acc"], "{header}");
        assert_eq!(read.table.values()[0][7], accuracy(7));
        assert_eq!(
            read.notes.is_empty(),
            !header.starts_with('i'),
            "{header}: {read:?}"
        );
    }
    let named = read(&csv(",arch,acc", |index, cell| {
        format!("{}.5,{cell},{}", index % 9, accuracy(index))
    }));
    assert!(
        said(&named).contains("a column without a name"),
        "{named:?}"
    );
}

/// The bytes of a text as UTF-16 with its mark.
fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    format!("\u{feff}{text}")
        .encode_utf16()
        .flat_map(bytes)
        .collect()
}

#[test]
fn what_spreadsheets_of_any_country_save_is_the_same_table() {
    let plain = csv("arch,acc", |index, cell| {
        format!("{cell},{}", accuracy(index))
    });
    let expected = read(&plain).table;
    let comma = |index: usize| accuracy(index).to_string().replace('.', ",");
    let semicolons = csv("arch;acc", |index, cell| format!("{cell};{}", comma(index)));
    let quoted = csv("\"arch\",\"acc\"", |index, cell| {
        format!("\"{cell}\",\"{}\"", comma(index))
    });
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("semicolons and decimal commas", semicolons.clone().into()),
        ("semicolons and points", plain.replace(',', ";").into()),
        ("tabs", plain.replace(',', "\t").into()),
        (
            "tabs and decimal commas",
            semicolons.replace(';', "\t").into(),
        ),
        ("quoted decimal commas", quoted.into()),
        ("CRLF", plain.replace('\n', "\r\n").into()),
        ("CR", plain.replace('\n', "\r").into()),
        ("UTF-8 with a mark", format!("\u{feff}{plain}").into()),
        (
            "UTF-16, little end first",
            utf16(&semicolons, u16::to_le_bytes),
        ),
        ("UTF-16, big end first", utf16(&plain, u16::to_be_bytes)),
        (
            "percent signs",
            csv("arch;acc", |index, cell| {
                format!("{cell};{} %", comma(index))
            })
            .into(),
        ),
        (
            "percent signs behind a hard blank",
            csv("arch;acc", |index, cell| {
                format!("{cell};{}\u{a0}%", comma(index))
            })
            .into(),
        ),
        (
            "the line sep=;",
            format!("sep=;\r\n{}", semicolons.replace('\n', "\r\n")).into(),
        ),
        (
            "a last separator on every line",
            plain.replace('\n', ",\n").into(),
        ),
        (
            "a last separator on the rows",
            plain.replace('\n', ",\n").replacen(",\n", "\n", 1).into(),
        ),
        (
            "rows of nothing",
            plain.replacen('\n', "\n,\n\n , \n", 1).into(),
        ),
        (
            "blanks in cells",
            csv("arch,acc", |index, cell| {
                format!("{},{}", cell.replace('+', " + "), accuracy(index))
            })
            .into(),
        ),
        (
            "a name over two lines",
            plain
                .replacen("acc", "\"acc\"", 1)
                .replacen("arch", "\"ar\"\"ch\n(string)\"", 1)
                .into(),
        ),
        ("blank lines first", format!("\n \n{plain}").into()),
    ];
    for (name, bytes) in cases {
        let read =
            ReadTable::from_bytes(&bytes, &[]).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(read.table, expected, "{name}");
        let commas = read.notes.iter().any(|note| note.contains("comma"));
        assert_eq!(
            commas,
            bytes.windows(4).any(|part| part[0].is_ascii_digit()
                && part[1] == b','
                && part[2].is_ascii_digit())
                || name.contains("16, little"),
            "{name}: {read:?}"
        );
    }
    // Names in the encoding of old spreadsheets.
    let latin: Vec<u8> = plain
        .replacen("acc", "acc gepr?ft", 1)
        .bytes()
        .map(|b| if b == b'?' { 0xfc } else { b })
        .collect();
    let read = ReadTable::from_bytes(&latin, &[]).unwrap();
    assert_eq!(read.table.metrics(), ["acc geprüft"]);
    assert!(said(&read).contains("not UTF-8"));
}

#[test]
fn a_mark_that_can_part_decimals_or_thousands_is_refused() {
    let three = |index: usize, mark: char| {
        format!("{:.3}", accuracy(index)).replace('.', &mark.to_string())
    };
    let cases = [
        (
            csv("arch\tacc", |index, cell| {
                format!("{cell}\t{}", three(index, ','))
            }),
            "line 2: acc: the comma can part decimals or thousands",
        ),
        (
            csv("arch,acc", |index, cell| {
                format!("{cell},\"{}\"", three(index, ','))
            }),
            "line 2: acc: the comma can part",
        ),
        (
            csv("arch;acc;test", |index, cell| {
                format!("{cell};{};{}", three(index, '.'), three(index, ',') + "0")
            }),
            "line 2: acc: the point can part decimals or thousands",
        ),
        (
            csv("arch;acc", |index, cell| {
                format!("{cell};{}", if index < 3 { "91,8" } else { "91.8" })
            }),
            "line 5: acc: decimal commas (line 2) and points (line 5) in one column",
        ),
        (
            csv("arch;acc", |_, cell| format!("{cell};1.234,5")),
            "line 2: acc: \"1.234,5\" is not an accuracy",
        ),
        (
            csv("arch;acc", |_, cell| format!("{cell};1 234")),
            "line 2: acc: \"1 234\" is not an accuracy",
        ),
        (
            csv("arch,acc", |_, cell| format!("{cell},91,8")),
            "line 2: more columns than the 2 of the header (a decimal comma needs",
        ),
    ];
    for (text, expected) in cases {
        let found = refused(&text, &["acc"]);
        assert!(found.starts_with(expected), "{found}");
    }
    // With semicolons, and where a digit more or less shows it, there is no doubt.
    let text = csv("arch;acc", |index, cell| {
        format!("{cell};{}", three(index, ','))
    });
    assert_eq!(read(&text).table.values()[0][7], accuracy(7));
    let text = csv("arch\tacc", |index, cell| {
        format!(
            "{cell}\t{}",
            if index == 9 {
                "7,5".into()
            } else {
                three(index, ',')
            }
        )
    });
    assert_eq!(read(&text).table.values()[0][7], accuracy(7));
    // Thousands elsewhere do not matter.
    let text = csv("arch,acc,hits", |index, cell| {
        format!("{cell},{},\"1,234,567\"", accuracy(index))
    });
    assert!(said(&read(&text)).contains("hits (line 2: \"1,234,567\""));
}

#[test]
fn the_column_of_architectures_is_found_by_its_content() {
    let table = |header: &str| {
        csv(header, |index, cell| {
            format!("{index},{},{cell}", accuracy(index))
        })
    };
    for name in [
        "arch",
        "architecture",
        "arch_str",
        "ArchitectureString",
        "Genotype",
        "cell",
        "Spalte 3",
        "",
        "loss",
    ] {
        let read = read(&table(&format!("id,acc,{name}")));
        assert_eq!(read.table.metrics(), ["acc"], "{name}");
        assert_eq!(read.table.values()[0][7], accuracy(7), "{name}");
    }
    // Of two, the one with the known name.
    let two = read(&csv("unique,acc,arch", |index, cell| {
        format!("|none~0|+|none~0|none~1|,{},{cell}", accuracy(index))
    }));
    assert_eq!(two.table.values()[0][7], accuracy(7));
    assert!(
        said(&two).contains("the architectures are those of arch; so has unique"),
        "{two:?}"
    );
    // Lists of operations in a column.
    let real = std::fs::read_to_string(super::benchmark_file()).unwrap();
    let lists: String = real
        .lines()
        .map(|line| format!("\"{}\"{}\n", &line[..18], &line[18..]))
        .collect();
    let lists = read(&format!("config,acc\n{lists}"));
    assert_eq!(lists.table.values(), super::benchmark().values());

    let none = csv("a,b", |index, _| format!("{index},{}", accuracy(index)));
    assert!(
        refused(&none, &[]).starts_with("line 1: expected \"[o1, …, o6],accuracy\" or a header")
    );
    let headless = csv("", |index, cell| format!("{cell},{}", accuracy(index)));
    assert!(
        refused(&headless, &[]).starts_with("line 2: the table has no header: begin it"),
        "{}",
        refused(&headless, &[])
    );
    let named = csv("arch,acc", |index, _| {
        format!("cell {index},{}", accuracy(index))
    });
    assert!(refused(&named, &[]).starts_with("line 2: expected |operation~state|"));
}

#[test]
fn an_architecture_twice_is_refused_with_both_lines() {
    for (line, text) in [
        (
            127,
            csv("arch,acc", |index, cell| {
                format!("{cell},{}", accuracy(index))
            }) + "|none~0|+|none~0|none~1|,40\n",
        ),
        (
            3,
            csv("arch,seed,acc", |index, cell| {
                format!("{cell},0,{0}\n{cell},1,{0}", accuracy(index))
            }),
        ),
        (
            127,
            csv("arch;acc", |index, cell| {
                format!("{cell};{}", accuracy(index))
            }) + "|none~0| + |none~0|none~1|;40\n",
        ),
    ] {
        let found = refused(&text, &[]);
        assert!(
            found.starts_with(&format!(
                "line {line}: |none~0|+|none~0|none~1| is already on line 2; several runs"
            )),
            "{found}"
        );
    }
}

#[test]
fn the_benchmark_s_own_runs_are_averaged_and_its_costs_left_out() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data/nasbench201/nb201_valid_runs.csv.gz");
    let read = ReadTable::read(&path, &[]).unwrap();
    let stems = [
        "CIFAR10ValidAccuracy200Epochs",
        "CIFAR100ValidAccuracy200Epochs",
        "ImageNetValidAccuracy200Epochs",
    ];
    assert_eq!(read.table.metrics(), stems);
    let said = said(&read);
    for part in [
        "CIFAR10TrainSeconds200Epochs",
        "ParametersMillionCIFAR10",
        "mean of 3 runs",
        "are missing",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // One row, computed from its text.
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(&path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let fields: Vec<&str> = text.lines().nth(4712).unwrap().split(',').collect();
    let own: Vec<f64> = fields[1..4]
        .iter()
        .filter_map(|field| field.parse().ok())
        .collect();
    let count = own.len() as f64;
    let mean = own.iter().sum::<f64>() / count;
    let variance = own.iter().map(|run| (run - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let index = read.table.index_of(&super::cell(fields[0])).unwrap();
    assert!((read.table.values()[0][index] - mean).abs() < 1e-9);
    let error = read.table.standard_error(stems[0], index).unwrap();
    assert!((error - (variance / count).sqrt()).abs() < 1e-9);
    assert_eq!(Table::parse(&read.table.to_csv()).unwrap(), read.table);
}

#[test]
fn a_table_of_the_program_s_own_needs_no_note() {
    let text = small_table(|index| index as f64 / 2.0).to_csv();
    assert_eq!(read(&text).notes, [""; 0]);
    let builtin = plateau::landscape::builtin_table();
    let again = read(&builtin.to_csv());
    assert_eq!((&again.table, &again.notes[..]), (builtin, &[][..]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_layout_of_the_same_numbers_is_the_same_table(
        delimiter in prop::sample::select(vec![',', ';', '\t']),
        comma: bool, quoted: bool, percent: bool, index: bool, mark: bool,
        end in prop::sample::select(vec!["\n", "\r\n"]),
        cents in prop::collection::vec(101_u32..10_000, 125),
    ) {
        let value = |row: usize| {
            let text = format!("{}.{:02}", cents[row] / 100, cents[row] % 100);
            let text = if comma { text.replace('.', ",") } else { text };
            let text = if percent { text + " %" } else { text };
            if quoted || (comma && delimiter == ',') { format!("\"{text}\"") } else { text }
        };
        let first = |text: String| if index { format!("{text}{delimiter}") } else { String::new() };
        let text = csv(&format!("{}arch{delimiter}acc", first(String::new())), |row, cell| {
            format!("{}{cell}{delimiter}{}", first(row.to_string()), value(row))
        });
        let text = format!("{}{}", if mark { "\u{feff}" } else { "" }, text.replace('\n', end));
        let found = ReadTable::from_bytes(text.as_bytes(), &[]).unwrap();
        let expected: Vec<f64> = cents.iter().map(|&cents| format!("{}.{:02}", cents / 100, cents % 100).parse().unwrap()).collect();
        prop_assert_eq!(&found.table.values()[0], &expected);
        prop_assert_eq!(Table::parse(&found.table.to_csv()), Ok(found.table));
    }

    #[test]
    fn any_names_of_columns_are_read_or_refused_and_written_as_they_were_read(
        names in prop::collection::vec("[a-cA-C0-2 _.\\-\"(\\[é%]{0,6}(Run|seed|_|-|Accuracy|stderr|StandardError|)[0-3]{0,1}", 1..7),
        values in prop::collection::vec(prop::sample::select(vec!["", "1", "0.5", "91.88", "99,5", "nan", "12 %", "x", "101"]), 6),
        wanted: prop::sample::Index,
    ) {
        let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
        let header: Vec<String> = names.iter().map(quoted).collect();
        let text = csv(&format!("ArchitectureString;{}", header.join(";")), |index, cell| {
            let fields = (0..names.len()).map(|column| match (index + column) % 40 {
                0 => values[column % values.len()].to_owned(),
                _ => format!("{}", accuracy(index) - column as f64),
            });
            format!("{cell};{}", fields.collect::<Vec<_>>().join(";"))
        });
        let wanted = wanted.get(&names).as_str();
        for wanted in [&[][..], &[wanted]] {
            match ReadTable::from_bytes(text.as_bytes(), wanted) {
                Ok(read) if wanted.is_empty() => {
                    prop_assert_eq!(Table::parse(&read.table.to_csv()), Ok(read.table));
                }
                Ok(_) => {}
                Err(error) => prop_assert!(!error.to_string().contains('\n')),
            }
        }
    }
}
