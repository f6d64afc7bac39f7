//! What is said where something was typed wrongly, and what text from outside may do to a terminal.

use std::process::Output;

use plateau::json::problem;
use plateau::nearest::nearest;
use plateau::search::{Family, Strategy};
use plateau::session::{DatasetInfo, DeviceChoice};
use plateau::visible::{visible, visible_json};

use crate::support::folder::folder;
use crate::support::program::plateau;
use crate::support::write::png_image;

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_negative_number_is_refused_as_a_number_and_not_as_an_option() {
    for args in [
        "search --seed -1",
        "train darts-v2 --seed -1",
        "sample --table builtin --seed -12",
        "compare --seeds -3",
        "bench --steps -1",
        "search --epochs -5",
        "train darts-v2 --train-batch -32",
        "tabulate --out no.csv --seeds -2",
    ] {
        let args: Vec<&str> = args.split(' ').collect();
        let output = plateau(&args);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
        assert!(
            text.contains("a whole number from 0 is expected"),
            "{args:?}: {text}"
        );
        assert!(!text.contains("unexpected"), "{args:?}: {text}");
    }
    let output = plateau(&["search", "--test-share", "-0.5"]);
    assert_eq!(
        stderr(&output),
        "plateau: --test-share is -0.5: too small, use 0.01 to 0.9\n"
    );
}

#[test]
fn a_number_that_is_none_is_refused_in_words() {
    for (args, words) in [
        ("search --seed 1.5", "a whole number from 0 is expected"),
        ("search --epochs ten", "a whole number from 0 is expected"),
        (
            "search --seed 99999999999999999999",
            "the number is too large",
        ),
        ("search --rho 0,5", "a number such as 0.5 is expected"),
        (
            "train darts-v2 --drop-path none",
            "a number such as 0.5 is expected",
        ),
    ] {
        let args: Vec<&str> = args.split(' ').collect();
        let output = plateau(&args);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
        assert!(text.contains(words), "{args:?}: {text}");
        assert!(!text.contains("invalid digit"), "{args:?}: {text}");
    }
}

#[test]
fn a_name_that_is_nearly_right_brings_the_right_one() {
    for (args, meant) in [
        ("search --strategy na-dart", "na-darts"),
        ("search --strategy NA_DARTS", "na-darts"),
        ("search --strategy nars", "na-rs"),
        ("compare --strategies random,dats", "darts"),
        ("search --preset papr", "paper"),
        ("search --device gpuu", "gpu"),
        ("search --kernels fussed", "fused"),
        ("search --memory recomute", "recompute"),
        ("search --representation permutaion", "permutation"),
        ("search --hessian-point acsended", "ascended"),
        ("bench --size tech", "teach"),
        ("spectrum --table builtin --transform ranks", "rank"),
        ("data info minst5k", "mnist5k"),
        ("data info digit", "digits"),
        ("genotype show darts_v2", "darts-v2"),
        ("train pcdarts-cifar", "pc-darts-cifar"),
        (
            "neighborhood best --table builtin --metric testaccuracy",
            "TestAccuracy",
        ),
    ] {
        let args: Vec<&str> = args.split(' ').collect();
        let output = plateau(&args);
        let text = stderr(&output);
        assert!(!output.status.success(), "{args:?}");
        let question = format!("(did you mean {meant}?)");
        assert!(text.contains(&question), "{args:?}: {text}");
    }
}

#[test]
fn a_name_that_is_like_none_brings_the_list_alone() {
    for args in [
        "search --strategy evolution",
        "search --preset overnight",
        "data info imagenet",
        "genotype show my-best-cell",
        "neighborhood best --table builtin --metric latency",
    ] {
        let args: Vec<&str> = args.split(' ').collect();
        let text = stderr(&plateau(&args));
        assert!(!text.contains("did you mean"), "{args:?}: {text}");
    }
}

#[test]
fn the_nearest_name_is_found_by_letters_alone() {
    let names = Strategy::ALL.map(Strategy::name);
    for (wanted, meant) in [
        ("drats", Some("darts")),
        ("darts2nd", Some("darts-2nd")),
        ("Random", Some("random")),
        ("na darts 2nd", Some("na-darts-2nd")),
        ("sdart-rs", Some("sdarts-rs")),
        ("a2", Some("a2m")),
        ("", None),
        ("x", None),
        ("gradient", None),
    ] {
        assert_eq!(nearest(wanted, names), meant, "{wanted}");
    }
    let long = "darts".repeat(10_000);
    assert_eq!(nearest(&long, names), None);
    assert_eq!(nearest("größe", ["grösse", "länge"]), Some("grösse"));
}

/// Control characters of several kinds: colours, an erased screen, the one-byte start of a command, a carriage return, a bell, the
/// delete key, a turned direction of writing.
const HOSTILE: [&str; 7] = [
    "\u{1b}[31mred",
    "\u{1b}[2J",
    "\u{9b}31m",
    "fine\rgone",
    "bell\u{7}",
    "del\u{7f}",
    "\u{202e}gpj.tac",
];

fn is_clean(text: &str) -> bool {
    text.split('\n').all(|line| visible(line) == line)
}

#[test]
fn what_is_shown_has_no_control_character_and_the_rest_as_it_was() {
    for text in HOSTILE {
        let shown = visible(text);
        assert_ne!(shown, text);
        assert!(is_clean(&shown), "{shown}");
        let json = visible_json(&serde_json::to_string(text).unwrap());
        assert!(is_clean(&json), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
    assert_eq!(visible("a\nb\tc"), "a\\nb\\tc");
    assert_eq!(visible("\u{1b}[2J\u{202e}"), "\\u{1b}[2J\\u{202e}");
    for text in ["Möwe 猫 ✓", "α ± 0.5 %", "C:\\new", "👩‍🔬"] {
        assert_eq!(visible(text), text);
    }
}

#[test]
fn names_from_outside_reach_the_terminal_without_control_characters() {
    for (number, hostile) in HOSTILE.iter().enumerate() {
        let folder = folder(&format!("words-{number}"));
        // The data set's name, a class, and both in a refusal.
        for (set, class) in [("plain", *hostile), (*hostile, "plain")] {
            let photos = folder.join(set);
            for (n, class) in [class, "other"].iter().enumerate() {
                std::fs::create_dir_all(photos.join(class)).unwrap();
                let image = png_image(n, 3, 9, 9);
                std::fs::write(photos.join(class).join("a.png"), image).unwrap();
            }
            for json in [false, true] {
                let mut args = vec!["data", "info", photos.to_str().unwrap()];
                args.extend(json.then_some("--json"));
                let output = plateau(&args);
                let text = String::from_utf8(output.stdout.clone()).unwrap();
                let messages = stderr(&output);
                assert!(is_clean(&text), "{hostile:?}: {text}");
                assert!(is_clean(&messages), "{hostile:?}: {messages}");
                if json && output.status.success() {
                    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
                    let classes = value["classes"].as_array().unwrap();
                    assert!(
                        classes.iter().any(|found| found["name"] == visible(class)),
                        "{text}"
                    );
                }
            }
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn messages_quote_what_was_typed_without_its_control_characters() {
    for hostile in HOSTILE {
        let flag = format!("--{hostile}");
        let file = format!("no/{hostile}");
        let text = format!("Genotype(normal=[('{hostile}', 0)])");
        for args in [
            &["data", "info", &file][..],
            &["genotype", "show", &file],
            &["genotype", "show", &text],
            &["neighborhood", "best", "--table", &file],
            &[
                "neighborhood",
                "best",
                "--table",
                "builtin",
                "--metric",
                hostile,
            ],
            &["search", "--strategy", hostile],
            &["search", &flag],
            &["app", "--link", hostile],
        ] {
            let output = plateau(args);
            let messages = stderr(&output);
            assert!(!output.status.success(), "{args:?}");
            assert!(is_clean(&messages), "{args:?}: {messages:?}");
            if output.status.code() == Some(1) {
                assert_eq!(messages.lines().count(), 1, "{args:?}: {messages}");
            }
        }
    }
}

#[test]
fn what_is_wrong_with_json_is_said_without_the_names_of_types() {
    fn said<T: serde::de::DeserializeOwned>(json: &str) -> String {
        problem(&serde_json::from_str::<T>(json).err().expect("it reads"))
    }
    for (said, words) in [
        (
            said::<DeviceChoice>("\"gpuu\""),
            "unknown word 'gpuu' (did you mean gpu?)",
        ),
        (said::<DatasetInfo>("{}"), "the field 'name' is missing"),
        (
            said::<Vec<u32>>("[-1]"),
            "the number -1 stands where a whole number from 0 belongs",
        ),
        (
            said::<Vec<f64>>("[\"x\"]"),
            "the text \"x\" stands where a number belongs",
        ),
        (
            said::<Vec<f64>>("{}"),
            "an object stands where a list belongs",
        ),
        (said::<Vec<f64>>("[1"), "it ends too early"),
        (said::<Vec<f64>>("[1] 2"), "trailing characters"),
    ] {
        assert_eq!(said, words);
    }
}

#[test]
fn the_help_of_a_search_groups_its_strategies_and_says_what_each_does() {
    let output = plateau(&["search", "--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut last = 0;
    for family in Family::ALL {
        let heading = format!("{}:", family.title());
        let at = words
            .find(&heading)
            .unwrap_or_else(|| panic!("{heading}: {help}"));
        assert!(at > last, "{heading}");
        last = at;
        for strategy in Strategy::ALL {
            if strategy.family() == family {
                let said = format!("{strategy}: {}", strategy.sentence());
                assert!(words[at..].contains(&said), "{said}");
            }
        }
    }
    assert!(words.contains("na-rs: "));
}
