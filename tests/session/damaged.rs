//! Logs, checkpoints and archives that are damaged, of a newer Plateau, or something else.

use std::fs;
use std::path::Path;

use plateau::record::{
    Recorder, RunFiles, SUPERNET_FILE, can_go_on, load, load_supernet, read_lines, read_log, save,
};

use crate::support::folder::folder;
use crate::support::runs::{interrupted, replace, replace_line};
use crate::support::write::{Member, zip};

/// The file of the fixture's checkpoint.
const CHECKPOINT: &str = "checkpoint-000030.safetensors";

/// How many events of a folder are read, and what is said of them.
fn shown(folder: &Path) -> (usize, String) {
    let bytes = read_log(folder).unwrap();
    match RunFiles::from_bytes(&bytes) {
        Ok((files, said)) => (said.len(), files.warning.unwrap_or_default()),
        Err(error) => (0, error.to_string()),
    }
}

/// Why a folder cannot be gone on with.
fn refusal(folder: &Path) -> String {
    let found = Recorder::interrupted(folder);
    found.err().expect("it goes on").to_string()
}

#[test]
fn a_log_that_is_damaged_newer_or_none_is_told_in_words_and_shown_up_to_there() {
    type Change = fn(&Path);
    let cases: [(Change, usize, &str); 7] = [
        (
            |folder| replace_line(folder, 5, "{\"seconds\":1,\"event\":\"paused\",\"x"),
            4,
            "it ends too early); what is before it is shown",
        ),
        (
            |folder| replace(folder, "events.jsonl", "\"step\":1,", "\"step\":\"one\","),
            2,
            "line 3: the line is damaged (the text \"one\" stands where a whole number from 0 belongs); what is before it is shown",
        ),
        (
            |folder| replace_line(folder, 7, "{\"seconds\":1,\"event\":\"dreamt\",\"of\":[]}"),
            6,
            "line 7: a newer Plateau wrote it (Plateau 0.1.0 does not know the event 'dreamt'); open it with that version; what is before it \
             is shown",
        ),
        (
            |folder| replace(folder, "events.jsonl", "\"version\":1", "\"version\":99"),
            30,
            "a newer Plateau wrote it (its settings have version 99, and 1 is known here), so some of it may be missing here",
        ),
        (
            |folder| {
                replace(
                    folder,
                    "events.jsonl",
                    "\"plateau\":\"0.1.0\"",
                    "\"plateau\":\"7.0.0\"",
                )
            },
            30,
            "a newer Plateau wrote it (Plateau 7.0.0, and this is 0.1.0), so some of it may be missing here",
        ),
        (
            |folder| {
                replace(
                    folder,
                    "events.jsonl",
                    "\"version\":1",
                    "\"version\":99,\"dreams\":3",
                );
            },
            0,
            "line 1: a newer Plateau wrote it (its settings have version 99, and 1 is known here); open it with that version",
        ),
        (
            |folder| replace_line(folder, 1, "{\"seconds\":1}"),
            0,
            "line 1: this is no event of a run (the field 'event' is missing): the file is something else, or its beginning is damaged",
        ),
    ];
    for (number, (change, events, words)) in cases.into_iter().enumerate() {
        let folder = folder(&format!("log-{number}"));
        interrupted(&folder);
        change(&folder);
        let (read, said) = shown(&folder);
        assert_eq!(read, events, "{said}");
        assert!(said.ends_with(words), "{said}");
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn a_run_of_a_newer_plateau_is_not_gone_on_with_and_keeps_every_byte() {
    type Change = fn(&Path);
    let cases: [Change; 3] = [
        |folder| replace(folder, "events.jsonl", "\"version\":1", "\"version\":99"),
        |folder| replace(folder, "config.json", "\"version\": 1", "\"version\": 99"),
        // Behind the checkpoint, where a damaged line is cut off.
        |folder| {
            let path = folder.join("events.jsonl");
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, text + "{\"seconds\":1,\"event\":\"dreamt\"}\n").unwrap();
        },
    ];
    for (number, change) in cases.into_iter().enumerate() {
        let folder = folder(&format!("newer-{number}"));
        interrupted(&folder);
        change(&folder);
        let before = fs::read(folder.join("events.jsonl")).unwrap();
        let said = refusal(&folder);
        assert!(said.contains("a newer Plateau wrote it"), "{said}");
        let lines = read_lines(&before[..]).unwrap();
        let said = can_go_on(&folder, Some(&lines)).unwrap_err();
        assert!(said.contains("a newer Plateau wrote it"), "{said}");
        assert_eq!(fs::read(folder.join("events.jsonl")).unwrap(), before);
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn only_a_run_with_a_checkpoint_that_can_be_read_is_offered_to_go_on() {
    let folder = folder("offer");
    interrupted(&folder);
    assert_eq!(can_go_on(&folder, None), Ok(true));
    let path = folder.join(CHECKPOINT);
    let whole = fs::read(&path).unwrap();
    let mut earlier = load(&path).unwrap();

    for (length, words) in [(0, "it ends within its header"), (60_000, "it was cut")] {
        fs::write(&path, &whole[..length]).unwrap();
        let said = can_go_on(&folder, None).unwrap_err();
        assert!(
            said.contains(words) && said.contains("start it anew"),
            "{said}"
        );
        let said = refusal(&folder);
        assert!(
            said.contains(CHECKPOINT) && said.contains("start it anew"),
            "{said}"
        );
    }
    // The one before it serves.
    earlier.position.events = 20;
    save(&folder, &earlier).unwrap();
    assert_eq!(can_go_on(&folder, None), Ok(true));
    let found = Recorder::interrupted(&folder).unwrap();
    assert!(found.notes()[0].contains("the checkpoint before it is used"));
    drop(found);

    // Unless the events are damaged before that, too.
    fs::write(&path, &whole).unwrap();
    replace_line(&folder, 5, "{}");
    let lines = read_lines(&read_log(&folder).unwrap()[..]).unwrap();
    let said = can_go_on(&folder, Some(&lines)).unwrap_err();
    assert!(said.contains("damaged before every checkpoint"), "{said}");
    let said = refusal(&folder);
    assert!(
        said.contains("events.jsonl:5: the line is damaged"),
        "{said}"
    );

    // Another version would go on otherwise.
    earlier.position.events = 40;
    earlier.position.plateau = "7.0.0".into();
    save(&folder, &earlier).unwrap();
    let said = can_go_on(&folder, None).unwrap_err();
    assert!(
        said.contains("the checkpoint is of Plateau 7.0.0"),
        "{said}"
    );
    fs::remove_dir_all(&folder).unwrap();
}

#[cfg(unix)]
#[test]
fn what_is_no_run_folder_is_told_apart() {
    use std::os::unix::fs::symlink;

    let base = folder("no-folder");
    interrupted(&base.join("run"));
    symlink(base.join("nowhere"), base.join("link")).unwrap();
    fs::create_dir_all(base.join("strange/events.jsonl")).unwrap();
    fs::create_dir_all(base.join("empty")).unwrap();
    symlink(base.join("nowhere"), base.join("empty/events.jsonl")).unwrap();
    for (name, words) in [
        (
            "link",
            "link cannot be resumed: it is a link that leads nowhere",
        ),
        (
            "run/config.json",
            "it is a file; name the folder of the run",
        ),
        ("strange", "events.jsonl: it is no file"),
        (
            "empty",
            "empty/events.jsonl: it is a link that leads nowhere",
        ),
    ] {
        let said = refusal(&base.join(name));
        assert!(said.contains(words), "{said}");
    }
    // A checkpoint that is such a link does not hide the one before it.
    let run = base.join("run");
    symlink(
        base.join("nowhere"),
        run.join("checkpoint-000031.safetensors"),
    )
    .unwrap();
    assert_eq!(can_go_on(&run, None), Ok(true));
    assert!(Recorder::interrupted(&run).is_ok());
    // What cannot be read is missing in a zip, and said to be.
    let files = plateau::record::read_files(&run).unwrap();
    let [left_out] = &files.left_out[..] else {
        panic!("{:?}", files.left_out);
    };
    assert!(left_out.contains("leads nowhere"), "{left_out}");
    assert!(files.others.contains_key(CHECKPOINT));
    fs::remove_dir_all(&base).unwrap();
}

#[test]
fn a_supernet_that_is_damaged_is_taken_from_the_checkpoints_which_is_said() {
    let folder = folder("supernet");
    interrupted(&folder);
    let state = load(&folder.join(CHECKPOINT)).unwrap();
    assert!(load_supernet(&folder).unwrap().note().is_none());
    for bytes in [&b""[..], b"nonsense"] {
        fs::write(folder.join(SUPERNET_FILE), bytes).unwrap();
        let found = load_supernet(&folder).unwrap();
        let note = found.note().unwrap();
        assert!(note.contains(SUPERNET_FILE), "{note}");
        assert!(
            note.ends_with("; the checkpoint after step 19 of 60 is used instead"),
            "{note}"
        );
        assert_eq!(found.checkpoint, state);
    }
    fs::remove_file(folder.join(CHECKPOINT)).unwrap();
    let said = load_supernet(&folder).unwrap_err().to_string();
    assert!(said.contains(SUPERNET_FILE), "{said}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_zip_says_which_run_is_opened_which_is_damaged_and_which_weights_serve() {
    let folder = folder("zips");
    interrupted(&folder);
    let log = read_log(&folder).unwrap();
    let state = fs::read(folder.join(CHECKPOINT)).unwrap();

    let two = ["a", "b"].map(|name| Member::deflated(&format!("{name}/events.jsonl"), &log));
    let (files, said) = RunFiles::from_bytes(&zip(&two)).unwrap();
    assert_eq!(said.len(), 30);
    assert_eq!(files.left_out, ["b/events.jsonl: another run"]);

    let mut damaged = Member::stored("a/events.jsonl", &log);
    damaged.crc ^= 1;
    let error = RunFiles::from_bytes(&zip(&[damaged])).unwrap_err();
    assert!(!error.is_other_content());
    let error = error.to_string();
    assert!(
        error.starts_with("a/events.jsonl in it is damaged ("),
        "{error}"
    );

    let members = [
        Member::stored("a/events.jsonl", &log),
        Member::stored(&format!("a/{SUPERNET_FILE}"), b""),
        Member::stored(&format!("a/{CHECKPOINT}"), &state),
    ];
    let (files, _) = RunFiles::from_bytes(&zip(&members)).unwrap();
    let [left_out] = &files.left_out[..] else {
        panic!("{:?}", files.left_out);
    };
    assert!(left_out.starts_with(SUPERNET_FILE), "{left_out}");
    assert_eq!(files.supernet().unwrap().position.step, 19);
    fs::remove_dir_all(&folder).unwrap();
}
