//! Genotypes on the command line: files of several, the standard input, pipes, and what is said of them.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use plateau::space::Genotype;

use crate::support::folder::folder;
use crate::support::outcome::{failure, text};
use crate::support::program::plateau;

const NB201: &str =
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_1x1~1|none~2|";

fn python(preset: &str) -> String {
    Genotype::preset(preset).unwrap().to_python().unwrap()
}

fn convert(argument: &Path, to: &str) -> Output {
    plateau(&[
        "genotype",
        "convert",
        argument.to_str().unwrap(),
        "--to",
        to,
    ])
}

/// The notes on stderr of a success.
fn notes(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs the program with bytes on its standard input.
fn fed(args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_plateau"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It stops reading what is too long.
    let _stopped = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[test]
fn a_log_gives_its_last_genotype_and_a_note_with_the_lines() {
    let folder = folder("log");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("log.txt");
    let (first, last) = (python("darts-v1"), python("darts-v2"));
    let log =
        format!("07:00 epoch 0\n07:01 genotype = {first}\n07:02 genotype = {last}\n07:03 acc 61\n");
    std::fs::write(&path, log).unwrap();
    let output = convert(&path, "python");
    assert_eq!(text(&output), format!("{last}\n"));
    let expected = format!(
        "note: {}: 2 genotypes are in it, in lines 2 and 3; the last is read\n",
        path.display()
    );
    assert_eq!(notes(&output), expected);
    // A genotype that stands alone needs no word.
    std::fs::write(&path, format!("\u{feff}x = {first}\r\n")).unwrap();
    assert_eq!(notes(&convert(&path, "python")), "");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_name_behind_a_colon_picks_one_genotype_of_a_python_file() {
    let folder = folder("genotypes");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("genotypes.py");
    let (first, last) = (python("darts-v1"), python("darts-v2"));
    let head =
        "from collections import namedtuple\nGenotype = namedtuple('Genotype', 'normal reduce')\n";
    std::fs::write(
        &path,
        format!("{head}FIRST = {first}\nSECOND = {last}\nBEST = SECOND\n"),
    )
    .unwrap();
    let named = |name: &str| folder.join(format!("genotypes.py:{name}"));

    let line = failure(&convert(&path, "python"));
    assert!(
        line.contains("it holds 2 genotypes: FIRST (line 3) and SECOND (line 4)"),
        "{line}"
    );
    assert!(
        line.contains("genotypes.py:FIRST picks the first"),
        "{line}"
    );
    for (name, expected) in [("FIRST", &first), ("SECOND", &last), ("BEST", &last)] {
        let output = convert(&named(name), "python");
        assert_eq!(
            (text(&output), notes(&output)),
            (format!("{expected}\n"), String::new()),
            "{name}"
        );
    }
    let line = failure(&convert(&named("SECND"), "python"));
    assert!(
        line.contains("no genotype in it is called \"SECND\"; did you mean SECOND?"),
        "{line}"
    );
    // A file that is really called so is that file.
    std::fs::write(named("FIRST"), &last).unwrap();
    assert_eq!(
        text(&convert(&named("FIRST"), "python")),
        format!("{last}\n")
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_standard_input_and_pipes_are_read_once_by_every_command() {
    let log = format!("best so far\n{NB201}\nacc 93\n");
    let output = fed(
        &["genotype", "convert", "-", "--to", "string"],
        log.as_bytes(),
    );
    assert_eq!(text(&output), format!("{NB201}\n"));
    assert!(
        notes(&output)
            .starts_with("note: standard input: the genotype in line 2, column 1, is read")
    );
    let file = format!("A = {}\nB = {}\n", python("darts-v1"), python("darts-v2"));
    let output = fed(
        &["genotype", "convert", "/dev/stdin:B", "--to", "python"],
        file.as_bytes(),
    );
    assert_eq!(text(&output), format!("{}\n", python("darts-v2")));
    let line = failure(&fed(&["genotype", "show", "-"], file.as_bytes()));
    assert!(
        line.contains("A (line 1) and B (line 2); give only one of them"),
        "{line}"
    );
    let line = failure(&fed(&["genotype", "show", "-"], b" \n"));
    assert_eq!(line, "plateau: standard input: it is empty\n");
    let line = failure(&fed(
        &["genotype", "show", "-"],
        &b"noise\n".repeat(3 << 20),
    ));
    assert!(line.contains("more than 16 MiB"), "{line}");
    // A genotype whose space must be known before it can be scored is not read twice.
    let scored = [
        "neighborhood",
        "-",
        "--train",
        "--device",
        "cpu",
        "--epochs",
        "1",
        "--radius",
        "9",
    ];
    let line = failure(&fed(&scored, NB201.as_bytes()));
    assert!(
        line.contains("the radius must be between 1 and 6"),
        "{line}"
    );

    let script = "\"$0\" genotype convert <(printf '%s' \"$1\" | tr ';' '\\n') --to string";
    let piped = |input: &str| {
        let mut bash = Command::new("bash");
        bash.args(["-c", script, env!("CARGO_BIN_EXE_plateau"), input]);
        bash.output().unwrap()
    };
    assert_eq!(text(&piped(&format!("{NB201};"))), format!("{NB201}\n"));
    assert!(failure(&piped("")).contains("it is empty"));
}

#[test]
fn what_is_neither_a_file_nor_a_text_is_said_with_the_nearest_preset() {
    let line = failure(&plateau(&["genotype", "show", "darts_v3"]));
    assert!(
        line.contains("neither a file nor a preset (did you mean darts-v1?)"),
        "{line}"
    );
    let line = failure(&plateau(&["genotype", "show", "no-such.py:FIRST"]));
    assert!(
        line.contains("'no-such.py:FIRST' is neither a file nor a preset"),
        "{line}"
    );
    let line = failure(&plateau(&["genotype", "show", "src"]));
    assert!(line.contains("src is a folder"), "{line}");
    // The form of links, and a string without its outer bars, are texts.
    let shown = text(&plateau(&[
        "genotype", "convert", "n334120", "--to", "string",
    ]));
    assert_eq!(shown, format!("{NB201}\n"));
    let output = plateau(&[
        "genotype",
        "convert",
        NB201.trim_matches('|'),
        "--to",
        "string",
    ]);
    assert_eq!(text(&output), format!("{NB201}\n"));
    assert!(
        notes(&output).starts_with("note: an outer bar"),
        "{output:?}"
    );
}
