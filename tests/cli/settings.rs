//! Settings that do not fit the data are refused before anything is made, and presets fit themselves.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::support::folder::folder;
use crate::support::outcome::failure;
use crate::support::program::plateau;
use crate::support::write::idx;

/// A data set of so many images, of two classes.
fn set(name: &str, count: usize, side: usize) -> PathBuf {
    let folder = folder(name);
    std::fs::create_dir_all(&folder).unwrap();
    let pixels: Vec<u8> = (0..count * side * side).map(|at| (at * 7) as u8).collect();
    let labels: Vec<u8> = (0..count).map(|at| (at % 2) as u8).collect();
    let [count, side] = [count as u32, side as u32];
    let images = idx(8, &[count, side, side], &pixels);
    std::fs::write(folder.join("images-idx3-ubyte"), images).unwrap();
    std::fs::write(folder.join("labels-idx1-ubyte"), idx(8, &[count], &labels)).unwrap();
    folder
}

const SMALL: &str = "--device cpu --train-channels 4 --train-layers 3 --train-epochs 1";
const CELL: &str = "|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|";

fn run(args: &str, more: &[&str]) -> Output {
    let args: Vec<&str> = args.split_whitespace().collect();
    plateau(&[&args[..], more].concat())
}

fn config(run: &Path) -> Value {
    let text = std::fs::read_to_string(run.join("config.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["config"].take()
}

#[test]
fn a_share_that_leaves_a_part_without_images_is_refused_by_its_flag_and_leaves_nothing() {
    let [forty, three] = [("forty", 40), ("three", 3)].map(|(name, count)| set(name, count, 8));
    let out = folder("share-run");
    let place = out.to_str().unwrap();
    for (set, share) in [
        (&forty, "0.01"),
        (&forty, "0.012"),
        (&three, "0.9"),
        (&three, "0.1"),
    ] {
        let set = set.to_str().unwrap();
        let more = ["--dataset", set, "--test-share", share];
        let folder = ["--run-dir", place];
        let both = [&more[..], &folder].concat();
        for output in [
            run(&format!("search --strategy random {SMALL}"), &both),
            run(&format!("search --strategy darts {SMALL}"), &both),
            run(&format!("train darts-v2 {SMALL}"), &both),
            run(&format!("compare --seeds 1 {SMALL}"), &both),
            run("tabulate --out", &[&[place][..], &more].concat()),
            run("search --strategy rs --train --device cpu", &more),
        ] {
            let line = failure(&output);
            assert!(line.contains("--test-share"), "{line}");
        }
        // The table's file is that of another test.
        let _unless_it_was_never_made = std::fs::remove_file(&out);
        assert!(!out.exists());
    }
    // The default share of `neighborhood --train`.
    let two = set("two", 2, 8);
    let output = run(
        "neighborhood darts-v2 --train --dataset",
        &[two.to_str().unwrap()],
    );
    assert!(failure(&output).contains("--test-share"));
    // What is recommended works.
    let line = failure(&run(
        "search --strategy random --device cpu --test-share 0.01 --dataset",
        &[forty.to_str().unwrap()],
    ));
    assert!(line.ends_with("use 0.013 or more\n"), "{line}");
    let flags =
        format!("search --strategy random {SMALL} --test-share 0.013 --run-dir {place} --dataset");
    let output = run(&flags, &[forty.to_str().unwrap()]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("of 1 images that neither"), "{said}");
    for folder in [forty, three, two, out] {
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn a_shift_or_cutout_that_leaves_less_than_half_of_an_image_is_refused_by_its_flag() {
    let out = folder("cut-run");
    let place = ["--run-dir", out.to_str().unwrap()];
    for (args, expected) in [
        ("train darts-v2 --train-cutout 16", "--train-cutout is 16"),
        ("train darts-v2 --train-cutout 6", "at most 5 does not"),
        (
            "train darts-v2 --train-crop-padding 3",
            "--train-crop-padding is 3",
        ),
        (
            "search --strategy darts --crop-padding 9",
            "at most 2 does not",
        ),
        ("search --strategy darts --cutout 8", "--cutout is 8"),
        ("compare --seeds 1 --cutout 99999999999", "use 0 to 4096"),
        (
            "search --preset paper --strategy random --train-cutout 16",
            "--train-cutout is 16",
        ),
    ] {
        let output = run(&format!("{args} --device cpu"), &place);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{args}: {stderr}");
        let line = stderr.lines().last().unwrap();
        assert!(
            line.starts_with("plateau: --") && line.contains(expected),
            "{line}"
        );
        assert!(!out.exists(), "{args}");
    }
    let flags = "search --strategy rs --train --space nas-bench-201-small --draws 1 --device cpu --train-cutout 7";
    assert!(failure(&run(flags, &[])).contains("--train-cutout is 7"));
    // The largest that fits.
    let flags = format!("train darts-v2 --train-cutout 5 --train-crop-padding 2 {SMALL}");
    let output = run(&flags, &place);
    assert!(output.status.success(), "{output:?}");
    std::fs::remove_dir_all(&out).unwrap();
}

#[test]
fn presets_fit_themselves_to_small_images_and_say_so() {
    let tiny = set("tiny", 60, 3);
    let tiny = tiny.to_str().unwrap();
    for (preset, dataset, shift, cutout, said) in [
        ("paper", "digits", 1, 4, true),
        ("teach", "digits", 2, 0, false),
        ("quick", "digits", 1, 0, false),
        ("quick", tiny, 0, 0, true),
        ("teach", tiny, 0, 0, true),
        ("paper", "mnist5k", 4, 16, false),
    ] {
        let out = folder("fit-run");
        let flags = format!(
            "train darts-v2 {SMALL} --train-batch 60 --preset {preset} --dataset {dataset} --drop-path 0 --run-dir"
        );
        let output = run(&flags, &[out.to_str().unwrap()]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        let augmentation = &config(&out)["train"]["augmentation"];
        assert_eq!(augmentation["crop_padding"], shift, "{preset} {dataset}");
        assert_eq!(augmentation["cutout"], cutout, "{preset} {dataset}");
        let noted = stderr.contains("note: on images of");
        assert_eq!(noted, said, "{preset} {dataset}: {stderr}");
        std::fs::remove_dir_all(&out).unwrap();
    }
    std::fs::remove_dir_all(tiny).unwrap();
}

#[test]
fn a_cell_without_a_path_to_its_output_is_said() {
    for (cell, dead) in [
        ("|none~0|+|none~0|none~1|", true),
        ("|nor_conv_3x3~0|+|none~0|none~1|", true),
        ("|none~0|+|none~0|nor_conv_3x3~1|", true),
        (
            "|none~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|",
            true,
        ),
        ("|none~0|+|avg_pool_3x3~0|none~1|", false),
        (CELL, false),
    ] {
        let out = folder("dead-run");
        let flags =
            "train --device cpu --train-channels 4 --train-layers 1 --train-epochs 1 --run-dir";
        let output = run(flags, &[out.to_str().unwrap(), cell]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        assert_eq!(
            stderr.contains("has no path from its input"),
            dead,
            "{cell}: {stderr}"
        );
        std::fs::remove_dir_all(&out).unwrap();
    }
}

#[test]
fn a_run_that_is_refused_leaves_nothing_and_its_folder_can_be_used() {
    let out = folder("refused-run");
    let place = ["--run-dir", out.to_str().unwrap()];
    for args in [
        "search --dataset digit",
        "search --dataset no/such/folder#size=8",
        "train darts-v2 --dataset digits#coarse",
        "search --strategy darts --memory-limit 1",
        "search --strategy random --train-channels 4096 --train-layers 64 --train-batch 5000",
    ] {
        let output = run(&format!("{args} --device cpu"), &place);
        assert_eq!(output.status.code(), Some(1), "{args}: {output:?}");
        assert!(!out.exists(), "{args}");
    }
    // What a process left that was killed before its run began.
    std::fs::create_dir_all(&out).unwrap();
    std::fs::write(out.join("events.jsonl"), "").unwrap();
    let output = run(&format!("search --strategy random {SMALL}"), &place);
    assert!(output.status.success(), "{output:?}");
    std::fs::remove_dir_all(&out).unwrap();
}
