//! Tables that people bring, and the files that the program writes in the place of others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use plateau::landscape::architecture;
use plateau::space::Space;

use crate::support::folder::folder;
use crate::support::outcome::{failure, object, text};
use crate::support::program::plateau;

/// An empty folder of this test's own.
fn new_folder(name: &str) -> PathBuf {
    let folder = folder(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A table of the small space in a file; three runs of `acc`, costs, and an index.
fn table(folder: &Path) -> PathBuf {
    let rows = (0..125).map(|index| {
        let cell = architecture(Space::NasBench201Small, index)
            .unwrap()
            .to_text();
        let accuracy = 40.0 + index as f64 / 4.0;
        let third = if index % 5 == 0 {
            String::new()
        } else {
            (accuracy + 2.0).to_string()
        };
        format!(
            "{index},{cell},{accuracy},{},{third},{},{}\n",
            accuracy + 1.0,
            90.0 + index as f64,
            index as f64 / 2.0
        )
    });
    let path = folder.join("runs.csv");
    fs::write(
        &path,
        ",arch,accRun1,accRun2,accRun3,FLOPs,test\n".to_owned() + &rows.collect::<String>(),
    )
    .unwrap();
    path
}

fn messages(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn what_a_table_s_columns_are_taken_for_is_said_beside_every_report() {
    let folder = new_folder("tables-notes");
    let path = table(&folder);
    let file = path.to_str().unwrap();
    for args in [
        &["neighborhood", "best", "--json"][..],
        &["barrier", "best", "|none~0|+|none~0|none~1|", "--json"],
        &["spectrum", "--json"],
        &["sample", "--runs", "2", "--json"],
        &["search", "--strategy", "rs", "--runs", "2", "--json"],
    ] {
        let output = plateau(&[args, &["--table", file]].concat());
        assert_eq!(object(&output)["metric"], "acc", "{args:?}");
        let said = messages(&output);
        for part in [
            "acc is the mean of 3 runs (accRun1, accRun2, accRun3); 25 of 375",
            "by their names: FLOPs",
            "acc is the first of the metrics; --metric names another: test",
        ] {
            assert_eq!(said.matches(part).count(), 1, "{args:?}: {said}");
        }
        assert!(
            said.lines().all(|line| line.starts_with("note: ")),
            "{said}"
        );
    }
    let own = |metric: &str| {
        plateau(&[
            "neighborhood",
            "best",
            "--table",
            file,
            "--metric",
            metric,
            "--json",
        ])
    };
    let mean = object(&own("acc"));
    let error = mean["own_standard_error"].as_f64().unwrap();
    assert!((error - 1.0 / 3.0_f64.sqrt()).abs() < 1e-9, "{error}");
    let single = object(&own("accRun2"));
    assert_eq!(
        (&single["metric"], single.get("own_standard_error")),
        (&"accRun2".into(), None)
    );
    assert!(!messages(&own("test")).contains("is the first"));
    let shown = text(&plateau(&["neighborhood", "best", "--table", file]));
    assert!(
        shown.contains("own accuracy: mean of several runs, standard error 0.58"),
        "{shown}"
    );

    // A failure is one line, with the notes left away.
    let flops = failure(&own("FLOPs"));
    assert!(
        flops.contains("runs.csv: line 13: FLOPs: \"101\" is not an accuracy"),
        "{flops}"
    );
    let third = failure(&own("accRun3"));
    assert!(
        third.contains("line 2: accRun3: the accuracy is missing (25 such fields)"),
        "{third}"
    );
    let unknown = failure(&own("acu"));
    assert!(unknown.contains("choose one of acc, test"), "{unknown}");
    let report = failure(&plateau(&[
        "sample",
        "--table",
        file,
        "--report-metric",
        "FLOPs",
    ]));
    assert!(report.contains("line 13: FLOPs"), "{report}");
}

#[test]
fn the_built_in_table_needs_no_notes() {
    for args in [
        &["neighborhood", "best"][..],
        &["spectrum"],
        &["sample", "--runs", "2"],
    ] {
        let output = plateau(&[args, &["--table", "builtin"]].concat());
        text(&output);
        assert_eq!(messages(&output), "", "{args:?}");
    }
}

/// The smallest table that is trained.
fn tabulate(out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plateau"));
    let tiny = "tabulate --epochs 1 --channels 2 --seeds 1 --batch 256 --out";
    command.args(tiny.split_whitespace()).arg(out);
    command
}

#[test]
fn a_table_that_is_there_stays_until_the_new_one_is_complete() {
    let folder = new_folder("tables-out");
    let out = folder.join("table.csv");
    fs::write(&out, "hours of work").unwrap();
    // The usual table takes minutes.
    let mut child = Command::new(env!("CARGO_BIN_EXE_plateau"))
        .args(["tabulate", "--out"])
        .arg(&out)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(700));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(fs::read_to_string(&out).unwrap(), "hours of work");
    let _none_were_trained_yet = fs::remove_file(folder.join("table.csv.networks.jsonl"));

    // Nor does a wrong setting touch it, and a folder that is not there is known at once.
    // What a full disk or a crash left of the first line is in nobody's way.
    for cut in ["", "{"] {
        fs::write(folder.join("table.csv.networks.jsonl"), cut).unwrap();
        let line = failure(&tabulate(&out).args(["--threads", "0"]).output().unwrap());
        assert!(line.contains("--threads must be between"), "{line}");
    }
    assert_eq!(fs::read_to_string(&out).unwrap(), "hours of work");
    let nowhere = failure(&tabulate(&folder.join("no/table.csv")).output().unwrap());
    assert!(
        nowhere.contains("cannot write") && nowhere.contains("no/table.csv"),
        "{nowhere}"
    );
    let itself = failure(&tabulate(&folder).output().unwrap());
    assert!(itself.contains("cannot write"), "{itself}");
    assert_eq!(
        fs::read_dir(&folder).unwrap().count(),
        1,
        "nothing is left beside it"
    );
}

#[cfg(unix)]
#[test]
fn a_table_goes_through_links_and_into_pipes_and_devices() {
    let folder = new_folder("tables-links");
    let [real, link] = ["real.csv", "link.csv"].map(|name| folder.join(name));
    fs::write(&real, "old").unwrap();
    std::os::unix::fs::symlink("real.csv", &link).unwrap();
    text(&tabulate(&link).output().unwrap());
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let table = fs::read_to_string(&real).unwrap();
    assert_eq!(table.lines().count(), 126);

    let piped = text(&tabulate(Path::new("/dev/stdout")).output().unwrap());
    assert!(piped.starts_with(&table), "{piped}");
    let redirected = folder.join("redirected");
    let mut command = tabulate(Path::new("/dev/stdout"));
    command.stdout(fs::File::create(&redirected).unwrap());
    assert!(command.status().unwrap().success());
    assert!(fs::read_to_string(&redirected).unwrap().starts_with(&table));
    let nothing = text(&tabulate(Path::new("/dev/null")).output().unwrap());
    assert!(nothing.contains("125 architectures"), "{nothing}");
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[cfg(unix)]
#[test]
fn files_are_replaced_as_they_were() {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    use plateau::whole::{check_writable, write_whole};

    let folder = new_folder("tables-whole");
    let file = folder.join("file");
    for content in ["first", "second, longer", ""] {
        write_whole(&file, content.as_bytes()).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), content);
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    write_whole(&file, b"third").unwrap();
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o640
    );

    // A link to nothing yet, and a chain of links.
    let [first, second] = ["first", "second"].map(|name| folder.join(name));
    std::os::unix::fs::symlink("second", &first).unwrap();
    std::os::unix::fs::symlink(folder.join("target"), &second).unwrap();
    write_whole(&first, b"through").unwrap();
    assert_eq!(
        fs::read_to_string(folder.join("target")).unwrap(),
        "through"
    );
    assert!(
        [first, second]
            .iter()
            .all(|link| fs::symlink_metadata(link).unwrap().is_symlink())
    );

    let pipe = folder.join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    check_writable(&pipe).unwrap();
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || {
            let mut text = String::new();
            fs::File::open(pipe)
                .unwrap()
                .read_to_string(&mut text)
                .unwrap();
            text
        }
    });
    write_whole(&pipe, b"to a reader").unwrap();
    assert_eq!(reader.join().unwrap(), "to a reader");
    assert!(!fs::metadata(&pipe).unwrap().is_file());

    for wrong in [folder.clone(), folder.join("no/file"), PathBuf::from("..")] {
        assert!(
            write_whole(&wrong, b"x").is_err() && check_writable(&wrong).is_err(),
            "{wrong:?}"
        );
    }
    let names = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    assert!(!{ names }.any(|name| name.to_string_lossy().ends_with(".new")));
}

/// The arms of a comparison on a table, by their names in JSON.
const ARMS: [&str; 6] = [
    "na_rs",
    "na_rs_screen",
    "rs_equal_draws",
    "rs_equal_evaluations",
    "local_search",
    "additive_fit",
];

const SHORT: [&str; 7] = [
    "--table",
    "builtin",
    "--runs",
    "12",
    "--draws",
    "3",
    "--compare",
];

fn sample(flags: &[&str]) -> Output {
    plateau(&[&["sample"][..], &SHORT, flags].concat())
}

#[test]
fn sample_compares_na_rs_with_what_its_evaluations_could_be_spent_on_instead() {
    let value = object(&sample(&["--json"]));
    let spent = value["na_rs"]["evaluations"].as_f64().unwrap();
    assert!((13.0..=39.0).contains(&spent), "{spent}");
    for arm in ARMS {
        let report = &value[arm];
        assert_eq!(report["runs"], 12, "{arm}");
        match arm {
            "rs_equal_draws" => assert_eq!(report["draws"], 3.0),
            _ => assert_eq!(report["evaluations"], spent, "{arm}"),
        }
    }
    assert_eq!(value["na_rs_screen"]["options"]["screen"], 10);
    let screened = object(&sample(&["--screen", "1", "--json"]));
    assert_eq!(screened["na_rs_screen"]["options"]["screen"], 1);
    assert_eq!(screened["na_rs"], value["na_rs"]);
    assert_ne!(
        screened["na_rs_screen"]["draws"],
        value["na_rs_screen"]["draws"]
    );
    let shown = text(&sample(&["--screen", "2"]));
    for row in ["NA-RS, screen of 2 ", "local search ", "additive fit "] {
        assert!(shown.contains(row), "{shown}");
    }
    // Searching says the same.
    let search = ["search", "--strategy", "na-rs", "--json"];
    assert_eq!(object(&plateau(&[&search[..], &SHORT].concat())), value);
}

#[test]
fn sample_under_noise_has_every_arm_at_every_level() {
    let noise = ["--noise", "0,2.5", "--json"];
    let other = ["--metric", "ValidationAccuracy", "--report-metric"];
    let other = [&other[..], &["TestAccuracy"]].concat();
    let value = object(&sample(&[&noise[..], &other].concat()));
    assert_eq!(value["metric"], "ValidationAccuracy");
    assert_eq!(value["report_metric"], "TestAccuracy");
    assert_eq!(value["runs"], 12);
    let levels = value["levels"].as_array().unwrap();
    assert_eq!(levels.len(), 2);
    let plain = object(&sample(&[&["--json"][..], &other].concat()));
    for (level, sigma) in levels.iter().zip([0.0, 2.5]) {
        assert_eq!(level["sigma"], sigma);
        for arm in ARMS {
            let report = &level["arms"][arm];
            assert!(report["standard_error"].as_f64().unwrap() > 0.0, "{arm}");
            let difference = &report["difference"];
            assert_eq!(difference.is_null(), arm == "rs_equal_evaluations");
            if !difference.is_null() {
                assert_eq!(difference["count"], 12, "{arm}");
            }
            let same = report["chosen_mean"] == plain[arm]["chosen_mean"];
            assert!(same || sigma > 0.0, "{arm}");
        }
    }
    assert_ne!(
        levels[1]["arms"]["na_rs"]["chosen_mean"],
        plain["na_rs"]["chosen_mean"]
    );
    let shown = text(&sample(&["--noise", "0,2.5"]));
    assert!(
        shown.contains("σ = 2.5") && !shown.contains("NaN"),
        "{shown}"
    );
    assert_eq!(shown.matches("additive fit ").count(), 2, "{shown}");
    assert_eq!(
        text(&sample(&["--noise", "0,2.5"])),
        shown,
        "the same seeds"
    );
}

#[test]
fn a_screened_search_is_one_of_sample_and_of_search() {
    let with = |command: &[&str], flags: &[&str]| {
        let table = [
            "--table", "builtin", "--runs", "5", "--draws", "4", "--json",
        ];
        object(&plateau(&[command, &table, flags].concat()))
    };
    let screen = ["--screen", "2"];
    let screened = with(&["sample"], &screen);
    assert_eq!(screened["options"]["screen"], 2);
    assert_eq!(with(&["search", "--strategy", "na-rs"], &screen), screened);
    let plain = with(&["sample"], &[]);
    assert!(plain["options"].get("screen").is_none());
    assert_eq!(screened["evaluations"], plain["evaluations"]);
    assert!(screened["draws"].as_f64() > plain["draws"].as_f64());
}

#[test]
fn noise_and_screens_that_make_no_sense_are_refused() {
    for (flags, part) in [
        (&["--noise", "-1"][..], "noise must be between 0 and 100"),
        (&["--noise", "0,nan"], "noise must be between 0 and 100"),
        (&["--screen", "0"], "between 1 and 1000"),
        (&["--strategy", "rs", "--screen", "3"], "no neighborhood"),
    ] {
        let line = failure(&sample(flags));
        assert!(line.contains(part), "{flags:?}: {line}");
    }
    let many = vec!["1"; 33].join(",");
    let line = failure(&sample(&["--noise", &many]));
    assert!(
        line.contains("noise levels must be between 1 and 32"),
        "{line}"
    );
    for args in [
        &["sample", "--table", "builtin", "--noise", "1"][..],
        &["sample", "--compare", "--table", "builtin", "--noise", "x"],
        &[
            "sample",
            "--compare",
            "--run",
            "no-such-run",
            "--noise",
            "1",
        ],
    ] {
        assert_eq!(plateau(args).status.code(), Some(2), "{args:?}");
    }
    let gradient = plateau(&["search", "--strategy", "darts", "--screen", "5"]);
    assert!(failure(&gradient).contains("--strategy rs or na-rs"));
}
