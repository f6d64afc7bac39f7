//! `plateau predict`: what images show, by the network that a run has trained.

use std::fs;
use std::path::Path;

use plateau::data::Dataset;
use plateau::session::TrainedNetwork;
use serde_json::Value;

use crate::support::folder::folder;
use crate::support::program::plateau;
use crate::support::write::{idx, npy, png};

const CELL: &str =
    "|nor_conv_3x3~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|skip_connect~0|none~1|avg_pool_3x3~2|";
const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
/// Images for training, and behind them for the test.
const IMAGES: [usize; 2] = [200, 100];

/// Digits in IDX with an official test part, and a run that was trained on them; the labels of the test part.
fn trained(folder: &Path) -> Vec<u16> {
    let digits = Dataset::load("digits").unwrap();
    let data = folder.join("data");
    fs::create_dir_all(&data).unwrap();
    let mut from = 0;
    for (part, count) in ["train", "t10k"].into_iter().zip(IMAGES) {
        let pixels = &digits.images[64 * from..][..64 * count];
        let labels = digits.labels[from..][..count].iter();
        let labels: Vec<u8> = labels.map(|&label| label as u8).collect();
        let count32 = count as u32;
        let images = idx(8, &[count32, 8, 8], pixels);
        fs::write(data.join(format!("{part}-images-idx3-ubyte")), images).unwrap();
        let labels = idx(8, &[count32], &labels);
        fs::write(data.join(format!("{part}-labels-idx1-ubyte")), labels).unwrap();
        from += count;
    }
    let [data, run] = [data, folder.join("run")].map(|path| path.to_str().unwrap().to_owned());
    let small =
        "--device cpu --train-channels 4 --train-layers 1 --train-epochs 2 --train-batch 50";
    let mut args = vec!["train", CELL, "--dataset", &data, "--run-dir", &run];
    args.extend(small.split_whitespace());
    let output = plateau(&args);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    digits.labels[IMAGES[0]..][..IMAGES[1]].to_vec()
}

/// What the program answers, as JSON.
fn answers(run: &str, images: &[&str]) -> Value {
    let args = [&["predict", "--device", "cpu", "--json", run], images].concat();
    let output = plateau(&args);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The one line that a refused command leaves.
fn refused(args: &[&str]) -> String {
    let output = plateau(&[&["predict"], args].concat());
    assert_eq!(output.status.code(), Some(1), "{args:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

#[test]
fn predictions_of_the_test_images_are_as_right_as_the_run_says_and_pictures_show_the_same() {
    let folder = folder("predict");
    let labels = trained(&folder);
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (run, test) = (path("run"), path(&format!("data/{TEST_IMAGES}")));
    let of_array = answers(&run, &[&test]);
    let images = of_array["images"].as_array().unwrap();
    assert_eq!(images.len(), labels.len());
    let right = images
        .iter()
        .zip(&labels)
        .filter(|(answer, label)| answer["answers"][0]["class"] == label.to_string());
    let share = right.count() as f64 / labels.len() as f64;
    let result = fs::read(folder.join("run/result.json")).unwrap();
    let result: Value = serde_json::from_slice(&result).unwrap();
    assert_eq!(result["test_accuracy"], share);
    assert_eq!(images[7]["image"], 7);
    assert_eq!(images[7]["answers"].as_array().unwrap().len(), 5);
    assert_eq!(images[7]["logits"].as_array().unwrap().len(), 10);

    // The same images as pictures: a viewer's white is 255, these digits go to 16.
    let digits = Dataset::load("digits").unwrap();
    let mut pictures = Vec::new();
    for number in [0, 1] {
        let pixels = digits.image((IMAGES[0] + number) as u32).unwrap();
        let bright: Vec<u8> = pixels
            .iter()
            .map(|&pixel| ((u32::from(pixel) * 255 + 8) / 16) as u8)
            .collect();
        let file = path(&format!("{number}.png"));
        fs::write(&file, png(8, 8, 1, &bright)).unwrap();
        pictures.push(file);
    }
    let network = path("run/network.safetensors");
    let of_pictures = answers(&network, &[&pictures[0], &pictures[1]]);
    let note = of_pictures["notes"][0].as_str().unwrap();
    assert!(note.contains("from 0 to 255 are read as 0 to 16"), "{note}");
    for number in [0, 1] {
        let [one, other] = [&of_array, &of_pictures].map(|all| &all["images"][number]["logits"]);
        for class in 0..10 {
            let [one, other] = [one, other].map(|logits| logits[class].as_f64().unwrap());
            assert!((one - other).abs() < 1e-4, "{one} {other}");
        }
    }
    // A person reads a line an image.
    let output = plateau(&[
        "predict",
        &run,
        &pictures[0],
        "--top",
        "2",
        "--device",
        "cpu",
    ]);
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert!(lines[0].contains("0.png  "), "{said}");
    assert_eq!(lines[0].matches(" %").count(), 2, "{said}");
    // Another size and colours are brought to those of the network, and that is said.
    let large = path("large.png");
    fs::write(&large, png(12, 16, 3, &[200; 12 * 16 * 3])).unwrap();
    let notes = answers(&run, &[&large])["notes"].to_string();
    assert!(
        notes.contains("to 8×8") && notes.contains("grey"),
        "{notes}"
    );
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_cannot_be_predicted_is_refused_in_one_line_that_says_what_to_do() {
    let folder = folder("predict-refused");
    trained(&folder);
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (run, test) = (path("run"), path(&format!("data/{TEST_IMAGES}")));
    assert!(refused(&[&run, &path("no-such.png")]).contains("there is no such file"));
    fs::write(folder.join("text.png"), "a text").unwrap();
    assert!(refused(&[&run, &path("text.png")]).contains("named like an image"));
    fs::write(folder.join("notes.txt"), "a text").unwrap();
    assert!(refused(&[&run, &path("notes.txt")]).contains("no image is found"));
    fs::write(folder.join("long.png"), png(1, 20_000, 1, &[9; 20_000])).unwrap();
    let said = refused(&[&run, &path("long.png")]);
    assert!(said.contains("a side may have 16384 pixels"), "{said}");
    assert!(refused(&[&path("none"), &test]).contains("none"));
    assert!(refused(&[&test, &test]).contains("not a trained network"));

    let file = folder.join("run/network.safetensors");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, &bytes).unwrap();
    let said = refused(&[&run, &test]);
    assert!(
        said.contains("network.safetensors: the trained network is damaged"),
        "{said}"
    );
    fs::remove_file(&file).unwrap();
    let said = refused(&[&run, &test]);
    assert!(said.contains("no trained network; plateau train"), "{said}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn an_array_of_height_and_width_is_one_picture_and_what_cannot_be_read_keeps_no_other_from_its_answer()
 {
    let folder = folder("predict-some");
    trained(&folder);
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (run, test) = (path("run"), path(&format!("data/{TEST_IMAGES}")));
    let digits = Dataset::load("digits").unwrap();
    let pixels = digits.image(IMAGES[0] as u32).unwrap();
    let one = path("one.npy");
    fs::write(&one, npy(1, "'|u1'", false, "(8, 8)", pixels)).unwrap();
    let alone = answers(&run, &[&one]);
    assert_eq!(alone["images"].as_array().unwrap().len(), 1);
    let among = answers(&run, &[&test]);
    for class in 0..10 {
        let [one, other] =
            [&alone, &among].map(|all| all["images"][0]["logits"][class].as_f64().unwrap());
        assert!((one - other).abs() < 1e-4, "{one} {other}");
    }
    let notes = alone["notes"].to_string();
    assert!(notes.contains("read as one grey picture"), "{notes}");

    fs::write(folder.join("text.png"), "a text").unwrap();
    let pictures = folder.join("pictures");
    fs::create_dir(&pictures).unwrap();
    let whole = png(8, 8, 1, &[9; 64]);
    fs::write(pictures.join("a.png"), &whole).unwrap();
    fs::write(pictures.join("b.png"), &whole[..whole.len() / 2]).unwrap();
    let asked = ["text.png", "one.npy", "no-such.png", "pictures", "one.npy"].map(path);
    let mut args = vec!["predict", "--device", "cpu", &run];
    args.extend(asked.iter().map(String::as_str));
    let output = plateau(&args);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.lines().count(), 3, "{said}");
    let said = String::from_utf8(output.stderr).unwrap();
    let refused = said.lines().filter(|line| line.starts_with("plateau: "));
    let refused: Vec<&str> = refused.collect();
    assert_eq!(refused.len(), 3, "{said}");
    for (line, name) in refused.iter().zip(["text.png", "no-such.png", "b.png"]) {
        assert!(line.contains(name), "{said}");
    }

    args.push("--json");
    let output = plateau(&args);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let images = report["images"].as_array().unwrap();
    let is_refused = images.iter().map(|image| image["error"].is_string());
    let is_refused: Vec<bool> = is_refused.collect();
    assert_eq!(is_refused, [true, false, true, false, true, false]);
    assert!(images[4]["file"].as_str().unwrap().contains("b.png"));
    assert!(images[4]["answers"].is_null());
    let [first, last] = [1, 5].map(|place| images[place]["answers"][0]["class"].as_str());
    assert!(first.is_some() && first == last, "{images:?}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_network_with_a_negative_variance_is_neither_asked_nor_exported() {
    let folder = folder("negative-variance");
    trained(&folder);
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let file = folder.join("run/network.safetensors");
    let mut network = TrainedNetwork::from_bytes(&fs::read(&file).unwrap()).unwrap();
    let tensor = network.tensors.get_mut("last.norm.variance").unwrap();
    tensor.values[0] = -1e-3;
    fs::write(&file, network.to_bytes().unwrap()).unwrap();
    let (run, test) = (path("run"), path(&format!("data/{TEST_IMAGES}")));
    let export = |to| plateau(&["export", &run, "--to", to]);
    let said = [export("onnx"), export("pytorch")].map(|output| {
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    });
    for said in said.into_iter().chain([refused(&[&run, &test])]) {
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(
            said.contains("network.safetensors: ") && said.contains("in last.norm.variance,"),
            "{said}"
        );
    }
    assert!(!folder.join("run/network.onnx").exists());
    fs::remove_dir_all(&folder).unwrap();
}
