//! A trained network as files of other programs, on the command line.

use std::fs;
use std::process::Output;

use plateau::record::read_files;
use serde_json::Value;

use crate::support::folder::folder;
use crate::support::outcome::{failure, text};
use crate::support::peers;
use crate::support::program::plateau;
use crate::support::runs::interrupted;

fn export(run: &str, flags: &str) -> Output {
    let flags = flags.split_whitespace();
    plateau(&["export", run].into_iter().chain(flags).collect::<Vec<_>>())
}

/// Trains a small network on the digits.
fn train(run: &str) {
    let small = "--dataset digits --device cpu --test-share 0.8 --train-channels 2 --train-layers 2 --train-epochs 1 --run-dir";
    let args = ["train", "darts-v2"].into_iter();
    let args: Vec<_> = args.chain(small.split(' ')).chain([run]).collect();
    let trained = plateau(&args);
    assert!(trained.status.success(), "{trained:?}");
}

#[test]
fn a_trained_run_is_exported_from_its_folder_and_from_its_zip() {
    let folder = folder("exported");
    let run = folder.to_str().unwrap();
    train(run);

    let written = export(run, "--to onnx");
    assert!(written.status.success(), "{written:?}");
    let said = String::from_utf8(written.stderr).unwrap();
    assert!(
        said.contains("network.onnx (images of 1×8×8, 10 classes)"),
        "{said}"
    );
    let model = fs::read(folder.join("network.onnx")).unwrap();

    for name in ["config.json", "result.json", "-"] {
        let out = if name == "-" {
            name.into()
        } else {
            folder.join(name)
        };
        let line = failure(&export(
            run,
            &format!("--to onnx --replace --out {}", out.display()),
        ));
        assert!(line.contains("--out"), "{line}");
    }
    assert!(
        fs::read_to_string(folder.join("config.json"))
            .unwrap()
            .starts_with('{')
    );

    let again = failure(&export(run, "--to onnx"));
    assert!(
        again.contains("network.onnx is there already; give --replace"),
        "{again}"
    );
    assert!(export(run, "--to onnx --raw --replace").status.success());
    let raw = fs::read(folder.join("network.onnx")).unwrap();
    assert!(raw.len() < model.len(), "the normalisation is in it");

    let zip = folder.join("run.zip");
    fs::write(&zip, read_files(&folder).unwrap().to_zip("run").unwrap()).unwrap();
    let zip = zip.to_str().unwrap();
    let place = failure(&export(zip, "--to onnx"));
    assert!(place.contains("give --out PATH"), "{place}");
    let out = folder.join("from-zip.onnx");
    assert!(
        export(zip, &format!("--to onnx --out {}", out.display()))
            .status
            .success()
    );
    assert_eq!(fs::read(&out).unwrap(), model);
    let line = failure(&plateau(&["predict", zip, "no.png"]));
    assert!(line.contains("no.png"), "the network is read: {line}");

    assert!(export(run, "--to pytorch").status.success());
    for name in ["network.py", "weights.safetensors"] {
        assert!(folder.join("pytorch").join(name).is_file(), "{name}");
    }
    fs::remove_dir_all(&folder).unwrap();
}

/// Draws pictures into a folder, and what the network beside it says of each.
const OF_PICTURES: &str = r#"
import json, random, sys
from PIL import Image
folder, pictures = sys.argv[1:]
sys.path.insert(0, folder)
import network
random.seed(0)
trained = network.load()
upright, turned = Image.Exif(), Image.Exif()
turned[0x112] = 6
answers = {}
for mode, size, exif, name in [("RGBA", (13, 8), upright, "wide"), ("RGBA", (13, 8), turned, "turned"), ("LA", (8, 11), upright, "tall"),
                               ("RGB", (30, 20), upright, "large"), ("I;16", (8, 8), upright, "deep")]:
    count = size[0] * size[1] * {"I;16": 2}.get(mode, len(mode))
    path = f"{pictures}/{name}.png"
    Image.frombytes(mode, size, random.randbytes(count)).save(path, exif=exif)
    try:
        pixels = network.pixels(path, trained.description)
        answers[path] = trained(pixels)[0].tolist()
    except SystemExit as refused:
        answers[path] = str(refused)
print(json.dumps(answers))
"#;

#[test]
fn a_picture_of_any_shape_is_read_as_plateau_predict_reads_it_by_the_real_pytorch() {
    let folder = folder("pictures-for-pytorch");
    let run = folder.to_str().unwrap();
    train(run);
    assert!(export(run, "--to pytorch").status.success());
    let pictures = folder.join("pictures");
    fs::create_dir(&pictures).unwrap();
    let network = folder.join("pytorch");
    let said = peers::said(
        OF_PICTURES,
        &[&network, &pictures].map(|path| path.to_str().unwrap()),
    );
    for (path, theirs) in said.as_object().unwrap() {
        if path.ends_with("deep.png") {
            let line = theirs.as_str().unwrap();
            assert!(line.contains("more than 8 bits"), "{line}");
            continue;
        }
        let ours = plateau(&["predict", run, path, "--json", "--device", "cpu"]);
        let ours: Value = serde_json::from_str(&text(&ours)).unwrap();
        // Two programs round what they scale.
        let most = if path.ends_with("large.png") {
            0.3
        } else {
            1e-4
        };
        let ours = ours["images"][0]["logits"].as_array().unwrap();
        for (ours, theirs) in ours.iter().zip(theirs.as_array().unwrap()) {
            let apart = (ours.as_f64().unwrap() - theirs.as_f64().unwrap()).abs();
            assert!(apart < most, "{path}: {ours} and {theirs}");
        }
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_run_without_a_trained_network_is_refused_in_one_line() {
    let folder = folder("not-exported");
    interrupted(&folder);
    let run = folder.to_str().unwrap();
    for format in ["onnx", "pytorch"] {
        let line = failure(&export(run, &format!("--to {format}")));
        assert!(line.contains("the run has no trained network"), "{line}");
    }
    let line = failure(&export(run, "--to pytorch --raw"));
    assert!(line.contains("--raw is only for --to onnx"), "{line}");
    assert!(!folder.join("pytorch").exists());
    fs::remove_dir_all(&folder).unwrap();
}
