//! A trained network as files of other programs, on the command line.

use std::fs;
use std::process::Output;

use plateau::record::read_files;

use crate::support::folder::folder;
use crate::support::outcome::failure;
use crate::support::program::plateau;
use crate::support::runs::interrupted;

fn export(run: &str, flags: &str) -> Output {
    let flags = flags.split_whitespace();
    plateau(&["export", run].into_iter().chain(flags).collect::<Vec<_>>())
}

#[test]
fn a_trained_run_is_exported_from_its_folder_and_from_its_zip() {
    let folder = folder("exported");
    let run = folder.to_str().unwrap();
    let small = "--dataset digits --device cpu --test-share 0.8 --train-channels 2 --train-layers 2 --train-epochs 1 --run-dir";
    let args = ["train", "darts-v2"].into_iter();
    let args: Vec<_> = args.chain(small.split(' ')).chain([run]).collect();
    let trained = plateau(&args);
    assert!(trained.status.success(), "{trained:?}");

    let written = export(run, "--to onnx");
    assert!(written.status.success(), "{written:?}");
    let said = String::from_utf8(written.stderr).unwrap();
    assert!(
        said.contains("network.onnx (images of 1×8×8, 10 classes)"),
        "{said}"
    );
    let model = fs::read(folder.join("network.onnx")).unwrap();

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

    assert!(export(run, "--to pytorch").status.success());
    for name in ["network.py", "weights.safetensors"] {
        assert!(folder.join("pytorch").join(name).is_file(), "{name}");
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
