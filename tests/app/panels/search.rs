//! The settings of a run: names for people, and help that says more than they do.

use std::time::{Duration, Instant};

use eframe::egui::Role;
use egui_kittest::kittest::Queryable;
use plateau::app::SearchPanel;
use plateau::app::strategy_picture::groups;
use plateau::search::{Family, Strategy};
use plateau::session::settings::{SEARCH, Setting, TRAIN, Value};
use plateau::session::{DeviceChoice, Preset, RunConfig};
use plateau::space::Space;

use super::{Bench, window};

fn panel(config: RunConfig) -> Bench<SearchPanel> {
    let mut panel = SearchPanel::default();
    panel.set_config(config);
    Bench::new(panel, None)
}

#[test]
fn choices_show_names_and_not_words_of_the_command_line() {
    let harness = window(Bench::new(SearchPanel::default(), None), SearchPanel::show);
    for shown in ["DARTS", "NA-DARTS", "Quick"] {
        harness.get_by_value(shown);
    }
    let other = Preset::Quick.run("digits", Space::NasBench201Small, Strategy::Darts2nd);
    let harness = window(panel(other), SearchPanel::show);
    for shown in ["3-edge NAS-Bench-201", "DARTS, 2nd order"] {
        harness.get_by_value(shown);
    }
}

#[test]
fn no_two_choices_have_one_name_and_none_is_an_identifier() {
    let spaces = Space::ALL.map(|space| (space.title(), space.name()));
    let strategies = Strategy::ALL.map(|strategy| (strategy.title(), strategy.name()));
    for titles in [&spaces[..], &strategies] {
        for (index, (title, name)) in titles.iter().enumerate() {
            assert_ne!(title, name);
            assert!(titles[..index].iter().all(|(other, _)| other != title));
        }
    }
}

/// Checks what a person reads about a setting.
fn check<C: Clone>(setting: &Setting<C>) {
    let begins = |help: &str, label: &str| {
        // Behind the strategy that it is for.
        let said = help.split_once(": ").map_or(help, |(_, said)| said);
        let label = label.to_lowercase();
        [help, said]
            .iter()
            .any(|said| said.to_lowercase().starts_with(&label))
    };
    assert!(!begins(setting.help, setting.label), "{}", setting.label);
    for word in ["--", "na-rs", "FROM:TO"] {
        assert!(!setting.help.contains(word), "{}: {word}", setting.label);
    }
    if let Value::Word(words, ..) = &setting.value {
        for word in *words {
            let (help, label) = (word.help, word.label);
            assert!(help.is_empty() || !begins(help, label), "{label}: {help}");
            assert!(!help.contains("--"), "{label}: {help}");
        }
    }
}

#[test]
fn help_neither_repeats_its_label_nor_speaks_of_the_command_line() {
    SEARCH.iter().for_each(check);
    TRAIN.iter().for_each(check);
    // The command line still hears what concerns it alone.
    let radius = SEARCH.iter().find(|setting| setting.key() == "radius");
    assert!(radius.unwrap().sentence().contains("na-rs: 1 to 6"));
}

#[test]
fn the_adapters_of_the_machine_can_be_chosen_by_number_and_name() {
    let mut config = Preset::Quick.run("digits", Space::Darts, Strategy::Darts);
    config.device = DeviceChoice::Adapter(77);
    let mut harness = window(panel(config), SearchPanel::show);
    harness
        .get_by_role_and_label(Role::DisclosureTriangle, "Machine")
        .click_accesskit();
    harness.run_ok();
    // Of another machine.
    harness.get_by_value("GPU 77");
    let start = Instant::now();
    while harness.query_by_label_contains("GPU 0: ").is_none() {
        assert!(start.elapsed() < Duration::from_secs(20), "no adapter");
        if harness.query_by_label("Automatic").is_none() {
            harness
                .get_by_role_and_label(Role::ComboBox, "Device")
                .click_accesskit();
        }
        std::thread::sleep(Duration::from_millis(20));
        harness.run_ok();
    }
    harness.get_by_label_contains("GPU 0: ").click_accesskit();
    harness.run_ok();
    let chosen = harness.state().panel.config().device;
    assert_eq!(chosen, DeviceChoice::Adapter(0));
}

#[test]
fn strategies_stand_in_three_groups_each_with_a_picture_of_what_it_mixes() {
    for strategy in Strategy::ALL {
        let bars = groups(strategy);
        let expected = match strategy {
            Strategy::Rsps => 3,
            strategy if strategy.neighborhood_aware() => 3,
            _ => 1,
        };
        assert_eq!(bars.len(), expected, "{strategy}");
        // What a step computes: of GDAS one operation, of FairDARTS weights that are no shares.
        let sum: f32 = bars[0].weights.iter().sum();
        let shares = strategy.plain() != Strategy::FairDarts;
        assert_eq!((sum - 1.0).abs() < 1e-5, shares, "{strategy} {sum}");
        let computed = bars[0].weights.iter().filter(|&&weight| weight > 0.0);
        let single = strategy.by_paths() || !strategy.by_gradient();
        assert_eq!(computed.count() == 1, single, "{strategy}");
    }
    let of = |strategy| groups(strategy).remove(0);
    for other in [
        Strategy::Snas,
        Strategy::DrNas,
        Strategy::FairDarts,
        Strategy::DartsMinus,
        Strategy::SdartsRs,
    ] {
        assert_ne!(of(other), of(Strategy::Darts), "{other}");
    }
    let quick = Preset::Quick.run("digits", Space::Darts, Strategy::NaDarts);
    let mut harness = window(panel(quick), SearchPanel::show);
    harness
        .get_by_role_and_label(Role::ComboBox, "Strategy")
        .click();
    harness.run();
    for family in Family::ALL {
        harness.get_by_label(family.title());
    }
    harness.get_by_label("GDAS").click();
    harness.run();
    harness.get_by_value("GDAS");
}
