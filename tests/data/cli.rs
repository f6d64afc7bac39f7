//! Own data on the command line: `plateau data info` and `--dataset PATH`.

use std::path::PathBuf;

use crate::support::outcome::{failure, object, text};
use crate::support::program::plateau;
use crate::support::write::{cifar, image, png_image};

fn fixture(name: &str) -> String {
    format!(
        "{}/tests/fixtures/readers/{name}",
        env!("CARGO_MANIFEST_DIR")
    )
}

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = crate::support::folder::folder(&format!("readers-cli-{name}"));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn data_info_says_what_was_found_and_shows_it() {
    let text = text(&plateau(&["data", "info", &fixture("cifar10.tar.gz")]));
    for line in [
        "name       cifar10\n",
        "format     CIFAR-10 binary in tar.gz\n",
        "images     6 of 32×32, red, green and blue\n",
        "parts      5 training, 0 validation, 1 test\n",
        "mirrored   yes, unless --no-flip is given\n",
        "classes    10\n",
        "                   1  airplane\n",
        "                   0  truck\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    // No colours where nobody sees them; the picture has sixteen lines.
    assert!(!text.contains('\x1b'));
    assert!(
        text.lines().filter(|line| line.contains('▒')).count() >= 14,
        "{text}"
    );
}

#[test]
fn data_info_gives_one_json_object() {
    let value = object(&plateau(&[
        "data",
        "info",
        "--json",
        &fixture("fortran.npz"),
    ]));
    assert_eq!(value["format"], "NPZ");
    assert_eq!(
        [
            &value["images"],
            &value["training"],
            &value["validation"],
            &value["test"]
        ],
        [7, 4, 0, 3]
    );
    assert_eq!(
        [&value["channels"], &value["height"], &value["width"]],
        [1, 5, 6]
    );
    assert_eq!(
        value["classes"][1],
        serde_json::json!({"name": "7", "images": 4})
    );
    // Mean and deviation of what a search may see, without the test part.
    let seen: Vec<f64> = (0..4)
        .flat_map(|n| image(n, [1, 5, 6]))
        .map(f64::from)
        .collect();
    let mean = seen.iter().sum::<f64>() / 120.0;
    let deviation = (seen.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 120.0).sqrt();
    assert!((value["mean"][0].as_f64().unwrap() - mean).abs() < 1e-3);
    assert!((value["deviation"][0].as_f64().unwrap() - deviation).abs() < 1e-3);
    assert_eq!(value["hash"].as_str().unwrap().len(), 64);
}

#[test]
fn what_is_not_taken_as_it_stands_is_a_note_of_data_info_and_of_a_run() {
    let folder = folder("notes");
    for (name, bytes) in [
        ("cat/0.png", png_image(0, 3, 8, 8)),
        ("cat/1.png", png_image(1, 3, 8, 8)),
        ("cat/2.png", png_image(2, 3, 8, 8)),
        ("cat/3.png", png_image(3, 3, 8, 8)),
        ("dog/0.png", png_image(4, 3, 8, 8)),
        ("dog/1.png", png_image(5, 3, 8, 8)),
        ("dog/3.png", png_image(6, 3, 8, 8)),
        ("dog/4.png", png_image(7, 3, 8, 8)),
        ("dog/2.heic", b"\0\0\0\x18ftypheic\0\0\0\0".to_vec()),
    ] {
        std::fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let path = folder.to_str().unwrap();
    let note = "left out, HEIC is not read: dog/2.heic";
    let info = plateau(&["data", "info", path]);
    let said = String::from_utf8_lossy(&info.stderr);
    assert_eq!(said, format!("note: {note}\n"));
    let value = object(&plateau(&["data", "info", path, "--json"]));
    assert_eq!(value["notes"], serde_json::json!([note]));
    let run = folder.join("run");
    let search = plateau(&[
        "search",
        "--dataset",
        path,
        "--strategy",
        "random",
        "--test-share",
        "0.25",
        "--batch",
        "2",
        "--train-epochs",
        "1",
        "--train-batch",
        "2",
        "--train-channels",
        "4",
        "--train-layers",
        "3",
        "--device",
        "cpu",
        "--run-dir",
        run.to_str().unwrap(),
    ]);
    let said = String::from_utf8_lossy(&search.stderr);
    assert!(said.contains(&format!("note     {note}\n")), "{said}");
    let config = std::fs::read_to_string(run.join("config.json")).unwrap();
    assert!(config.contains(note), "{config}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn data_info_shows_a_built_in_set_at_another_size() {
    let value = object(&plateau(&[
        "data",
        "info",
        "--json",
        "mnist5k#size=14#grey",
    ]));
    assert_eq!(value["name"], "mnist5k#size=14,grey");
    assert_eq!(value["format"], "built in");
    assert_eq!(
        [&value["images"], &value["height"], &value["width"]],
        [5000, 14, 14]
    );
    assert_eq!(
        value["notes"],
        serde_json::json!([
            "scaled from 28×28 to 14×14 by area mean",
            "grey: the images are grey already, and nothing was changed"
        ])
    );
    let line = failure(&plateau(&["data", "info", "mnist5k#siez=14"]));
    assert!(line.contains("(did you mean size?)"), "{line}");
}

#[test]
fn data_info_writes_a_sheet_of_the_classes() {
    let folder = folder("sheet");
    let sheet = folder.join("sheet.png");
    text(&plateau(&[
        "data",
        "info",
        "mnist5k",
        "--sheet",
        sheet.to_str().unwrap(),
    ]));
    let sheet = image::open(&sheet).unwrap().to_luma8();
    // Ten rows of ten images of 28×28 with a line between.
    assert_eq!(sheet.dimensions(), (290, 290));
    let mnist = plateau::data::Dataset::load("mnist5k").unwrap();
    let second_one = mnist.image(501).unwrap();
    for y in 0..28 {
        for x in 0..28 {
            assert_eq!(
                sheet.get_pixel(29 + x, 29 + y).0[0],
                second_one[(y * 28 + x) as usize]
            );
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn damaged_and_missing_data_end_in_one_line() {
    let folder = folder("damaged");
    let file = folder.join("data_batch_1.bin");
    std::fs::write(&file, cifar(&[&[1], &[10]], 0)).unwrap();
    for (path, why) in [
        (
            file.to_str().unwrap(),
            "data_batch_1.bin, byte 3073: label 10 is not from 0 to 9",
        ),
        ("no/such/file", "unknown data set 'no/such/file'"),
    ] {
        let run = folder.join(format!("run of {} letters", path.len()));
        let run = run.to_str().unwrap();
        for args in [
            vec!["data", "info", path],
            vec![
                "search",
                "--device",
                "cpu",
                "--dataset",
                path,
                "--run-dir",
                run,
            ],
        ] {
            let output = plateau(&args);
            assert_eq!(output.status.code(), Some(1));
            let text = String::from_utf8(output.stderr).unwrap();
            assert_eq!(text.lines().count(), 1, "{text}");
            assert!(
                text.starts_with("plateau: ") && text.contains(why),
                "{text}"
            );
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_path_with_options_is_searched_trained_and_kept_in_the_run() {
    let folder = folder("search");
    for n in 0..40 {
        let name = format!("photos/{}/{n}.png", ["cat", "dog"][n % 2]);
        std::fs::create_dir_all(folder.join(&name).parent().unwrap()).unwrap();
        std::fs::write(folder.join(name), png_image(n, 3, 9, 9)).unwrap();
    }
    let path = format!("{}/photos#size=8", folder.display());
    let run = folder.join("run");
    let value = object(&plateau(&[
        "search",
        "--json",
        "--device",
        "cpu",
        "--dataset",
        &path,
        "--run-dir",
        run.to_str().unwrap(),
        "--strategy",
        "darts",
        "--channels",
        "4",
        "--layers",
        "3",
        "--epochs",
        "1",
        "--batch",
        "8",
        "--train-channels",
        "4",
        "--train-layers",
        "3",
        "--train-epochs",
        "1",
    ]));
    assert_eq!(value["dataset"], path.as_str());
    assert_eq!(value["test_images"], 12);
    let config = std::fs::read_to_string(run.join("config.json")).unwrap();
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    assert_eq!(config["config"]["dataset"], path.as_str());
    assert_eq!(config["dataset"]["name"], "photos#size=8");
    assert_eq!(config["dataset"]["image"], serde_json::json!([3, 8, 8]));
    std::fs::remove_dir_all(folder).unwrap();
}
