//! What a run is said to take, before it starts and while it goes on.

use eframe::egui::{self, Role};
use egui_kittest::kittest::Queryable;
use plateau::app::forecast::{RunForecast, Speeds, facts, forecast};
use plateau::app::{RunView, SearchPanel};
use plateau::search::Strategy;
use plateau::session::{Event, Preset, RunConfig, RunKind};
use plateau::space::{Genotype, Space};

use super::{Bench, window};
use crate::window::digits_search;

fn of(config: &RunConfig) -> RunForecast {
    forecast(config, &facts(config).unwrap(), None)
}

fn quick() -> RunConfig {
    Preset::Quick.run("digits", Space::Darts, Strategy::NaDarts)
}

/// A panel beside the recorded run as if it were made now, up to its event of that number.
fn panel_in(events: usize) -> Bench<SearchPanel> {
    let recorded = digits_search().events;
    let mut run = RunView::default();
    run.live = true;
    for event in &recorded[..events] {
        run.apply_timed(event);
    }
    let mut panel = SearchPanel::default();
    panel.set_config(run.config.clone().unwrap());
    let mut bench = Bench::new(panel, None);
    bench.run = run;
    bench
}

#[test]
fn a_forecast_covers_the_training_behind_the_search() {
    let both = of(&quick());
    assert_eq!(
        both.work([Some(0.5), Some(0.5)]),
        "54 search steps + 570 training steps, about 5 min 12 s"
    );
    assert_eq!(
        both.time([Some(0.5), Some(0.05)]),
        "search 27 s, by steps of 0.50 s; training 29 s, by steps of 50 ms"
    );
    // A time that leaves most of the run out is not given as the run's.
    assert_eq!(
        both.work([Some(0.5), None]),
        "54 search steps + 570 training steps"
    );
    assert_eq!(
        both.time([Some(0.5), None]),
        "search 27 s, by steps of 0.50 s; training: time known after its first epochs"
    );
}

#[test]
fn a_run_that_only_searches_or_only_trains_forecasts_that_alone() {
    let mut config = quick();
    config.kind = RunKind::SearchOnly;
    let search = of(&config);
    assert_eq!(
        search.work([Some(1.0), None]),
        "54 search steps, about 54 s"
    );
    config = quick();
    config.search = None;
    config.genotype = Genotype::preset("darts-v2");
    let training = of(&config);
    assert!(training.memory.is_none());
    assert_eq!(
        training.work([None, Some(0.1)]),
        "570 training steps, about 57 s"
    );
    let drawn = Preset::Quick.run("digits", Space::Darts, Strategy::Random);
    assert_eq!(of(&drawn).work([None; 2]), "570 training steps");
}

#[test]
fn the_pace_of_training_is_kept_for_runs_whose_steps_cost_the_same() {
    let mut speeds = Speeds::default();
    speeds.set(&quick(), [Some(0.5), None]);
    speeds.set(&quick(), [None, Some(0.25)]);
    assert_eq!(speeds.get(&quick()), [Some(0.5), Some(0.25)]);
    // More epochs and another strategy leave a training step what it was; more channels do not.
    let mut other = Preset::Quick.run("digits", Space::Darts, Strategy::Darts);
    other.train.epochs = 7;
    assert_eq!(speeds.get(&other), [None, Some(0.25)]);
    other.train.channels *= 2;
    assert_eq!(speeds.get(&other), [None, None]);
}

#[test]
fn a_run_that_was_trained_tells_how_long_the_next_whole_run_will_take() {
    let harness = window(panel_in(digits_search().events.len()), SearchPanel::show);
    harness.get_by_label_contains("54 search steps + 570 training steps, about ");
}

#[test]
fn the_time_that_is_left_of_a_search_names_the_training_to_come() {
    let recorded = digits_search().events;
    let is_step = |event: &Event| matches!(event, Event::SearchStep(_));
    let steps = recorded.iter().enumerate();
    let mut places = steps.filter(|(_, timed)| is_step(&timed.event));
    let (place, _) = places.nth(9).unwrap();
    let mut bench = panel_in(place + 1);
    let harness = window(panel_in(place + 1), SearchPanel::show);
    harness.get_by_label_contains("left of the search, then 570 training steps");

    let config = bench.run.config.clone().unwrap();
    bench.panel.speeds.set(&config, [None, Some(1.0)]);
    let harness = window(bench, SearchPanel::show);
    harness.get_by_label_contains(" left: ");
    harness.get_by_label_contains(" of the search, then 570 training steps");
}

#[test]
fn nothing_of_the_settings_moves_when_a_run_begins_goes_on_and_ends() {
    let recorded = digits_search().events;
    let of_steps = |count: usize| {
        let is_step = |event: &Event| matches!(event, Event::SearchStep(_));
        let steps = recorded.iter().enumerate();
        let mut places = steps.filter(|(_, timed)| is_step(&timed.event));
        places.nth(count - 1).unwrap().0 + 1
    };
    // As wide as the panel of a window of 1,280 points.
    let places = |bench: Bench<SearchPanel>| {
        let mut harness = window(bench, SearchPanel::show);
        harness.set_size(egui::vec2(246.0, 900.0));
        harness.run();
        let section = |name| {
            let section = harness.get_by_role_and_label(Role::DisclosureTriangle, name);
            section.rect().top()
        };
        let list = harness.get_by_role_and_label(Role::ComboBox, "Data set");
        [list.rect().top(), section("Search size")]
    };
    let mut idle = panel_in(1);
    idle.run = RunView::default();
    let before = places(idle);
    for events in [of_steps(1), of_steps(10), of_steps(54), recorded.len()] {
        let after = places(panel_in(events));
        let moved = [0, 1].map(|place| (before[place] - after[place]).abs());
        assert!(moved[0] < 0.5 && moved[1] < 0.5, "{events}: by {moved:?}");
    }
}

#[test]
fn a_race_is_forecast_with_both_sides_by_earlier_races_or_by_what_each_takes_alone() {
    let [own, rival] = [Strategy::NaDarts, Strategy::Darts]
        .map(|strategy| Preset::Quick.run("digits", Space::Darts, strategy));
    let panel = || {
        let mut panel = SearchPanel::default();
        panel.set_config(own.clone());
        panel.set_rival(Some(Strategy::Darts));
        panel
    };
    let steps = "each side: 54 search steps + 570 training steps";
    let harness = window(Bench::new(panel(), None), SearchPanel::show);
    harness.get_by_label(steps);

    // Alone they take 54 · 0.2 + 570 · 0.05 and 54 · 0.1 + 570 · 0.05 seconds, and share the machine.
    let mut alone = panel();
    alone.speeds.set(&own, [Some(0.2), Some(0.05)]);
    alone.speeds.set(&rival, [Some(0.1), None]);
    let harness = window(Bench::new(alone, None), SearchPanel::show);
    harness.get_by_label(&format!("{steps}; about 1 min 13 s for both"));

    // In a race the longer side takes 54 · 0.5 + 570 · 0.1.
    let mut raced = panel();
    raced.speeds.set(&own, [Some(0.2), Some(0.05)]);
    raced.raced.set(&own, [Some(0.5), Some(0.1)]);
    raced.raced.set(&rival, [Some(0.25), None]);
    let harness = window(Bench::new(raced, None), SearchPanel::show);
    harness.get_by_label(&format!("{steps}; about 1 min 24 s for both"));
    harness.get_by_label("search 27 s, by steps of 0.50 s; training 57 s, by steps of 0.10 s");
}
