//! What the command line says of kept runs and files that are damaged, of a newer Plateau, or oddly named.

use std::fs;
use std::path::Path;
use std::process::Output;

use plateau::record::SUPERNET_FILE;
use plateau::space::Genotype;

use crate::support::folder::folder;
use crate::support::program::plateau;
use crate::support::runs::{interrupted, replace, replace_line};

/// The words of the reader of JSON.
const FOREIGN: [&str; 6] = ["variant", "missing field", "invalid", "struct", "`", "u64"];

/// The one line of a refusal.
fn refusal(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let line = text.lines().last().unwrap_or_default().to_owned();
    assert!(line.starts_with("plateau: "), "{text}");
    for word in FOREIGN {
        assert!(!line.contains(word), "{line}");
    }
    line
}

fn resume(folder: &Path) -> Output {
    plateau(&["search", "--resume", folder.to_str().unwrap()])
}

#[test]
fn a_run_that_cannot_go_on_says_why_in_one_line_with_file_and_line() {
    type Change = fn(&Path);
    let cases: [(Change, &str); 5] = [
        (
            |folder| replace_line(folder, 9, "{\"seconds\":1,\"event\":\"dreamt\"}"),
            "events.jsonl:9: a newer Plateau wrote it (Plateau 0.1.0 does not know the event 'dreamt'); open it with that version",
        ),
        (
            |folder| replace(folder, "events.jsonl", "\"seed\":0", "\"seed\":\"zero\""),
            "events.jsonl:1: the line is damaged (the text \"zero\" stands where a whole number from 0 belongs)",
        ),
        (
            |folder| replace_line(folder, 9, "{}"),
            "events.jsonl:9: the line is damaged (the field 'seconds' is missing); the window shows what is before it",
        ),
        (
            |folder| replace(folder, "config.json", "\"version\": 1", "\"version\": 99"),
            "a newer Plateau wrote it (its settings have version 99, and 1 is known here); go on with it in that version",
        ),
        (
            |folder| fs::write(folder.join("checkpoint-000030.safetensors"), "").unwrap(),
            "it ends within its header; there is no other that can be read, so the run cannot go on: start it anew",
        ),
    ];
    for (number, (change, words)) in cases.into_iter().enumerate() {
        let folder = folder(&format!("cannot-{number}"));
        interrupted(&folder);
        change(&folder);
        let line = refusal(&resume(&folder));
        assert!(line.contains(words), "{line}");
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn a_genotype_with_a_mistake_is_told_without_the_names_of_types() {
    let folder = folder("genotype-json");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("genotype.json");
    let json = Genotype::preset("darts-v2").unwrap().to_json();
    for (old, new, words) in [
        (
            "sep_conv_3x3",
            "sep_conv_3x4",
            "unknown word 'sep_conv_3x4' (did you mean sep_conv_3x3?)",
        ),
        (
            "\"concat\"",
            "\"conca\"",
            "unknown field 'conca' (did you mean concat?)",
        ),
        (
            "\"from\":0",
            "\"from\":-1",
            "the number -1 stands where a whole number from 0 belongs",
        ),
    ] {
        fs::write(&file, json.replacen(old, new, 1)).unwrap();
        let line = refusal(&plateau(&["genotype", "show", file.to_str().unwrap()]));
        assert!(line.contains(words), "{line}");
        assert!(line.contains("genotype.json: line 1, column "), "{line}");
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn weights_come_from_a_checkpoint_where_the_file_of_the_supernet_is_empty() {
    let folder = folder("empty-supernet");
    interrupted(&folder);
    fs::write(folder.join(SUPERNET_FILE), "").unwrap();
    let output = plateau(&[
        "neighborhood",
        "|none~0|+|none~0|none~1|",
        "--run",
        folder.to_str().unwrap(),
        "--own-weights",
        "--batches",
        "1",
        "--device",
        "cpu",
    ]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains(
            "it ends within its header; the checkpoint after step 19 of 60 is used instead"
        ),
        "{text}"
    );
    fs::remove_dir_all(&folder).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_in_a_folder_whose_name_is_no_text_goes_on() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::process::Command;

    let base = folder("odd-name");
    let odd = base.join(OsStr::from_bytes(b"odd\xff"));
    interrupted(&odd);
    let output = Command::new(env!("CARGO_BIN_EXE_plateau"))
        .args(["search", "--resume"])
        .arg(&odd)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(odd.join("result.json").is_file());
    fs::remove_dir_all(&base).unwrap();
}

#[test]
fn a_run_that_is_not_there_is_named_and_no_file_in_it() {
    let folder = folder("no-run");
    fs::create_dir_all(folder.join("empty")).unwrap();
    fs::write(folder.join("file"), "a text").unwrap();
    let [none, empty, file] = ["none", "empty", "file"].map(|name| folder.join(name));
    for command in [
        "export RUN --to csv",
        "export RUN --to onnx",
        "predict RUN a.png",
        "search --resume RUN",
        "train --resume RUN",
        "search --resume RUN --table no.csv",
        "neighborhood darts-v1 --run RUN",
    ] {
        let said = |run: &Path| {
            let run = run.to_str().unwrap();
            let args = command.split(' ');
            let args: Vec<&str> = args
                .map(|word| if word == "RUN" { run } else { word })
                .collect();
            let said = refusal(&plateau(&args));
            assert!(
                !said.contains("os error") && !said.contains("events.jsonl"),
                "{said}"
            );
            said
        };
        let said_of = [&none, &empty, &file].map(|run| said(run));
        let none = &said_of[0];
        assert!(none.contains("run folder"), "{none}");
        assert!(none.contains("/none"), "{none}");
        let empty = &said_of[1];
        assert!(empty.contains("holds no run"), "{empty}");
        let file = &said_of[2];
        assert!(file.contains("/file"), "{file}");
    }
    fs::remove_dir_all(&folder).unwrap();
}
