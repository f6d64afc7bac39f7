//! Every setting is said once: what its table says holds for files, flags, arms and the window.

use std::collections::BTreeSet;

use plateau::search::Strategy;
use plateau::session::settings::{SEARCH, Setting, TRAIN, Value};
use plateau::session::{Preset, RunConfig, differences};
use plateau::space::Space;

fn presets() -> Vec<RunConfig> {
    let mut all = Vec::new();
    for preset in [Preset::Quick, Preset::Teach, Preset::Paper] {
        for strategy in Strategy::ALL {
            for space in [Space::Darts, Space::NasBench201] {
                all.push(preset.run("digits", space, strategy));
            }
        }
    }
    all
}

/// What is written is what is read, also of every word; other texts are refused.
fn reads_what_it_writes<C: Clone + PartialEq + std::fmt::Debug>(setting: &Setting<C>, config: &C) {
    let flag = setting.flag;
    let mut again = config.clone();
    setting.set(&mut again, &setting.text(config)).unwrap();
    assert_eq!(again, *config, "{flag}");
    if let Value::Word(words, ..) = &setting.value {
        for word in *words {
            setting.set(&mut again, word.text).unwrap();
            assert!(setting.text(&again).starts_with(word.text), "{flag}");
            // A form that is numbers alone stands for any of them.
            let numbers = |letter: char| letter.is_uppercase() || letter == ':';
            if !word.form.chars().all(numbers) {
                assert_eq!(word.text.split(':').next(), word.form.split(':').next());
            }
        }
    }
    assert!(setting.set(&mut again, "no such value").is_err(), "{flag}");
}

#[test]
fn a_setting_reads_what_it_writes() {
    for config in presets() {
        let search = config.search.as_ref().unwrap();
        for setting in SEARCH {
            reads_what_it_writes(setting, search);
        }
        for setting in TRAIN {
            reads_what_it_writes(setting, &config.train);
        }
        config.check().unwrap();
    }
}

#[test]
fn every_field_of_a_search_and_of_training_has_a_row_of_its_own() {
    let mut config = Preset::Quick.run("digits", Space::Darts, Strategy::NaDarts);
    // Left away where they are all, as in runs of earlier versions.
    config.search.as_mut().unwrap().candidates = "S2".parse().unwrap();
    let json = serde_json::to_value(&config).unwrap();
    let fields = |part: &str, others: &[&str]| -> BTreeSet<String> {
        let object = json[part].as_object().unwrap();
        let augmentation = object["augmentation"].as_object().unwrap();
        object
            .keys()
            .chain(augmentation.keys())
            .filter(|key| *key != "augmentation" && !others.contains(&key.as_str()))
            .cloned()
            .collect()
    };
    // A flag takes mirroring away, and others say what training is about.
    let field = |flag: &str| {
        let key = flag.trim_start_matches("--").trim_start_matches("train-");
        key.replace("no-flip", "flip").replace('-', "_")
    };
    let rows: BTreeSet<String> = SEARCH.iter().map(|row| field(row.flag)).collect();
    assert_eq!(rows, fields("search", &["space", "strategy", "replica"]));
    let rows: BTreeSet<String> = TRAIN.iter().map(|row| field(row.flag)).collect();
    assert_eq!(rows, fields("train", &[]));
    let flags = SEARCH.iter().map(|row| row.flag);
    let flags: BTreeSet<&str> = flags.chain(TRAIN.iter().map(|row| row.flag)).collect();
    assert_eq!(flags.len(), SEARCH.len() + TRAIN.len());
}

#[test]
fn a_number_just_out_of_its_range_is_refused_by_its_flag() {
    let config = Preset::Quick.run("digits", Space::Darts, Strategy::NaDarts);
    for setting in SEARCH {
        let beyond = match &setting.value {
            Value::Whole([_, high], _) => (high + 1).to_string(),
            Value::Real([_, high], _) => (high * 1.001).to_string(),
            _ => continue,
        };
        let mut config = config.clone();
        setting
            .set(config.search.as_mut().unwrap(), &beyond)
            .unwrap();
        let refused = config.check().unwrap_err().to_string();
        assert!(
            refused.starts_with(&format!("{} is ", setting.flag)) && refused.contains("too large"),
            "{refused}"
        );
    }
}

#[test]
fn a_difference_is_said_by_its_flag_once() {
    let there = Preset::Quick.run("digits", Space::Darts, Strategy::NaDarts);
    let mut here = there.clone();
    here.train.augmentation.flip = false;
    here.search.as_mut().unwrap().radius = 3;
    here.seed = 5;
    assert_eq!(
        differences(&there, &here),
        [
            "--radius is 1 there, 3 here",
            "--train-no-flip is false there, true here",
            "seed is 0 there, 5 here",
        ]
    );
    assert_eq!(differences(&here, &here), Vec::<String>::new());
}
