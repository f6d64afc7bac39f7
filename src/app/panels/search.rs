//! Settings and controls of a search.

use eframe::egui::{self, CollapsingHeader, RichText, TextStyle, WidgetText};

use crate::data::{EMBEDDED, built_in, handed_names, is_coming, short_name};
use crate::search::Strategy;
use crate::session::settings::Group;
use crate::session::{
    Command, DeviceChoice, DeviceInfo, KernelChoice, MemoryChoice, Preset, RunConfig, Start,
    has_room_for_head,
};
use crate::space::{Candidates, Genotype, Space};

use super::device::device;
use super::forecast::{self, DataFacts, RunForecast, Speeds, bytes};
use super::settings::{self, choice, grid, row};
use super::state_words::state_words;
use super::strategy_choice;
use crate::app::context::{Action, Context};
use crate::app::draw::theme::{self, SPACE};
use crate::app::runs::labels::in_labels;
use crate::app::runs::link::SessionState;
use crate::app::runs::supernet::JudgeOf;
use crate::app::share_link::Fragment;
use crate::record::{RunState, RunView};
use crate::study::compare::judge_of;

/// Steps of a search in the time that a judge for cells edited by hand is trained: on the digits 240 epochs, after which it reads nine of ten
/// images right with cells of single operations, and two of three after 60.
const JUDGE_STEPS: usize = 2_400;
/// Pixels of an image up to which it takes so many; of larger ones fewer, so that it is trained in two minutes on two cores.
const JUDGE_PIXELS: usize = 200;
/// Epochs of that, at most.
const MOST_JUDGE_EPOCHS: usize = 240;

/// Height of the bar that says how far a run is, points.
const PROGRESS: f32 = 18.0;
/// Where a time comes from, in as many words as it takes.
const LONG_TIME: &str =
    "search 10 min 10 s, by steps of 0.10 s; training: time known after its first epochs";

/// State of the panel.
pub struct SearchPanel {
    preset: Preset,
    config: RunConfig,
    /// Who races with it.
    rival: Option<Strategy>,
    /// What steps took on this machine.
    pub speeds: Speeds,
    /// What they took in races, whose sides share it.
    pub raced: Speeds,
    facts: Option<(String, f64, Result<DataFacts, String>)>,
    /// Of the run, and of its rival.
    forecasts: Option<(Vec<RunConfig>, Option<DeviceInfo>, Vec<RunForecast>)>,
    /// The settings that the judge was asked for with, the run that trains it, and its steps.
    judge: Option<(RunConfig, Option<(RunConfig, usize)>)>,
}

impl Default for SearchPanel {
    fn default() -> Self {
        let preset = Preset::Quick;
        Self {
            preset,
            rival: None,
            config: preset.run(EMBEDDED[0], Space::Darts, Strategy::NaDarts),
            speeds: Speeds::default(),
            raced: Speeds::default(),
            facts: None,
            forecasts: None,
            judge: None,
        }
    }
}

impl SearchPanel {
    /// The settings of a new user: those of the recorded race, so that *Run* makes it anew and trains what is found.
    pub fn first() -> Self {
        let (preset, space) = (Preset::Quick, Space::NasBench201Small);
        Self {
            config: preset.run("fashion", space, Strategy::NaDarts),
            rival: Some(Strategy::Darts),
            ..Self::default()
        }
    }

    /// Who races with the run.
    pub fn rival(&self) -> Option<Strategy> {
        self.rival
    }

    /// Changes who races with it.
    pub fn set_rival(&mut self, rival: Option<Strategy>) {
        self.rival = rival;
    }

    /// The run that the settings describe.
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// Changes the settings from outside, as a test or a link does.
    pub fn set_config(&mut self, config: RunConfig) {
        self.config = config;
    }

    /// Takes up the settings that a link carries.
    pub fn restore(&mut self, link: &Fragment) {
        self.preset = link.preset.unwrap_or(self.preset);
        let space = link.space.unwrap_or(self.space());
        let strategy = link.strategy.unwrap_or(self.strategy());
        let mut search = self.preset.search(space, strategy);
        search.candidates = link.candidates.clone().unwrap_or_default();
        self.config.search = Some(search);
        self.config.train = self.preset.train(space);
        let rival = link.rival.filter(|&rival| rival != strategy);
        // Who says how it searches says who races with it, too.
        self.rival = match link.strategy {
            Some(_) => rival,
            None => rival.or(self.rival),
        };
        self.config.seed = link.seed.unwrap_or(self.config.seed);
        self.config.device = link.device.unwrap_or(self.config.device);
        if let Some(name) = &link.dataset {
            self.config.dataset.clone_from(name);
        }
    }

    /// The next run is on this data set.
    pub fn use_dataset(&mut self, name: &str) {
        self.config.dataset = name.to_owned();
        self.facts = None;
    }

    /// What is known of the data set is found out anew.
    #[cfg(target_arch = "wasm32")]
    pub fn look_again(&mut self) {
        self.facts = None;
        self.judge = None;
    }

    /// The settings that a link carries.
    pub fn fragment(&self) -> Fragment {
        Fragment {
            preset: Some(self.preset),
            strategy: Some(self.strategy()),
            rival: self.rival.filter(|&rival| rival != self.strategy()),
            space: Some(self.space()),
            candidates: self.candidates(),
            seed: Some(self.config.seed),
            dataset: Some(self.config.dataset.clone()),
            device: Some(self.config.device).filter(|device| *device != DeviceChoice::Auto),
            cell: None,
            lesson: None,
        }
    }

    /// A run that trains an architecture from scratch with the panel's settings.
    pub fn training_of(&self, genotype: Genotype) -> RunConfig {
        let same_space = self
            .config
            .search
            .as_ref()
            .is_some_and(|search| search.space == genotype.space());
        let train = if same_space {
            self.config.train.clone()
        } else {
            self.preset.train(genotype.space())
        };
        let mut config = RunConfig {
            search: None,
            genotype: Some(genotype),
            train,
            ..self.config.clone()
        };
        self.fit_to_images(&mut config);
        config
    }

    /// The run that trains a judge, in a minute or two on two cores, where this panel's runs compute.
    pub fn judge_of(&self, of: &JudgeOf) -> RunConfig {
        let settings = self.judge_settings(of);
        // A data set that cannot be read is told by the run.
        let epochs = forecast::facts(&settings).ok().and_then(|facts| {
            let steps = forecast::forecast(&settings, &facts, None).steps;
            let an_epoch = steps / settings.search.as_ref()?.epochs.max(1);
            let [_, rows, columns] = facts.image;
            let most = JUDGE_STEPS * JUDGE_PIXELS / (rows * columns).max(JUDGE_PIXELS);
            Some(most / an_epoch.max(1))
        });
        let epochs = epochs.map_or(1, |epochs| epochs.clamp(1, MOST_JUDGE_EPOCHS));
        judge_of(&settings, epochs)
    }

    fn judge_settings(&self, of: &JudgeOf) -> RunConfig {
        RunConfig {
            device: self.config.device,
            kernels: self.config.kernels,
            memory: self.config.memory,
            ..Preset::Quick.run(&of.dataset, of.space, Strategy::Rsps)
        }
    }

    /// What training a judge would take of which so many steps are done; none where its images would have to be read for that.
    pub fn judge_cost(&mut self, of: &JudgeOf, done: usize) -> Option<String> {
        let settings = self.judge_settings(of);
        if self.judge.as_ref().is_none_or(|known| known.0 != settings) {
            let at_hand = built_in(&of.dataset).is_some() || handed_names().contains(&of.dataset);
            let config = at_hand.then(|| self.judge_of(of));
            let known = config.and_then(|config| {
                let facts = forecast::facts(&config).ok()?;
                let steps = forecast::forecast(&config, &facts, None).steps;
                Some((config, steps))
            });
            self.judge = Some((settings, known));
        }
        let (config, steps) = self.judge.as_ref()?.1.as_ref()?;
        let [pace, _] = self.speeds.get(config);
        Some(forecast::of_judge(steps.saturating_sub(done), pace))
    }

    /// Draws the panel.
    pub fn show(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        self.measure(context);
        theme::scroll_panel(ui, "search", |ui| {
            self.controls(ui, context);
            self.main_settings(ui);
            // What it says comes and goes, and must not change what lies below it.
            ui.scope(|ui| self.forecast(ui, context.run.device.as_ref()));
            self.more_settings(ui);
        });
    }

    /// Remembers how fast live runs search and train. Those that share the machine say nothing about one that has it for itself.
    fn measure(&mut self, context: &Context) {
        let judge = &context.judge.training;
        let trained = context.trained.filter(|run| goes_on(run));
        match (context.rival.filter(|run| run.live), trained) {
            (None, None) if context.session == SessionState::Idle && goes_on(judge) => {
                self.speeds.measure(judge);
            }
            _ if context.judge.is_training() => {}
            (Some(rival), None) if goes_on(context.run) && goes_on(rival) => {
                self.raced.measure(context.run);
                self.raced.measure(rival);
            }
            (Some(_), _) => {}
            (None, _) => {
                self.speeds.measure(context.run);
                if let Some(trained) = context.trained {
                    self.speeds.measure(trained);
                }
            }
        }
    }

    /// The auxiliary head, shifts and cutouts of a preset may need larger images than a data set has. Says what was scaled.
    fn fit_to_images(&self, config: &mut RunConfig) -> Vec<String> {
        let Some((_, _, Ok(facts))) = &self.facts else {
            return Vec::new();
        };
        let [_, rows, columns] = facts.image;
        if !has_room_for_head([rows, columns]) {
            config.train.auxiliary_weight = 0.0;
        }
        let space = config.genotype.as_ref().map(Genotype::space);
        let (search, train) = (config.search.as_mut(), &mut config.train);
        let space = space.unwrap_or(self.space());
        self.preset.fit(space, search, train, [rows, columns])
    }

    /// Asks for the run, and for its rival where there is one.
    pub fn begin(&self, actions: &mut Vec<Action>) {
        let mut sides = self.sides().into_iter().map(|mut config| {
            self.fit_to_images(&mut config);
            Box::new(Start::kept(config))
        });
        let own = sides.next().map(Command::Start).map(Action::Send);
        actions.extend(own.into_iter().chain(sides.map(Action::Race)));
    }

    /// The run that the settings describe, and the one that races with it.
    fn sides(&self) -> Vec<RunConfig> {
        let mut sides = vec![self.config.clone()];
        let mut other = self.config.clone();
        if let (Some(rival), Some(search)) = (self.rival, &mut other.search)
            && search.strategy != rival
        {
            search.strategy = rival;
            sides.push(other);
        }
        sides
    }

    fn controls(&mut self, ui: &mut egui::Ui, context: &mut Context) {
        let width = ui.available_width();
        let whole = egui::vec2(width, 32.0);
        if context.session.is_busy() {
            hold(ui, whole, context);
        } else {
            let (text, enabled) = match context.session {
                SessionState::Starting => ("Starting…", false),
                SessionState::Gone => ("▶  Run", false),
                _ => ("▶  Run", true),
            };
            let run = main_button(ui, text, enabled, whole);
            let help = "Starts the search, then trains and tests what it found (Ctrl+Enter)";
            if run.on_hover_text(help).clicked() {
                self.begin(context.actions);
            }
        }
        ui.horizontal_wrapped(|ui| {
            let half = egui::vec2(((width - SPACE[1]) / 2.0).floor(), 26.0);
            let goes_on = context.session.obeys();
            let step = egui::Button::new("Step").min_size(half);
            if ui
                .add_enabled(goes_on, step)
                .on_hover_text("Takes one step and holds (N)")
                .clicked()
            {
                context.actions.push(Action::Send(Command::Step));
            }
            // A step can take seconds, and only its end is the end of the run.
            let word = match context.session {
                SessionState::Stopping => "Stopping…",
                _ => "Stop",
            };
            let stop = egui::Button::new(word).min_size(half);
            if ui
                .add_enabled(goes_on, stop)
                .on_hover_text("Ends the run after this step; what was found is kept (Ctrl+Period)")
                .clicked()
            {
                context.actions.push(Action::Send(Command::Stop));
            }
        });
        // The room is kept while there is no run, so that nothing below moves when one begins.
        let words = ui.text_style_height(&TextStyle::Small);
        let height = PROGRESS + ui.spacing().item_spacing.y + words;
        let (room, _) = ui.allocate_exact_size(egui::vec2(width, height), egui::Sense::hover());
        let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(room));
        let train_pace = |speeds: &Speeds, run: &RunView| {
            let [_, training] = speeds.get(run.config.as_ref()?);
            training
        };
        match context.rival.filter(|rival| rival.live) {
            Some(rival) => ui.columns(2, |columns| {
                for (ui, run) in columns.iter_mut().zip([context.run, rival]) {
                    let name = run.config.as_ref().map(|own| strategy_of(own).title());
                    progress(ui, run, name, train_pace(&self.raced, run));
                }
            }),
            None if context.run.live => {
                progress(
                    &mut ui,
                    context.run,
                    None,
                    train_pace(&self.speeds, context.run),
                );
            }
            None => {}
        }
    }

    fn main_settings(&mut self, ui: &mut egui::Ui) {
        let mut preset = self.preset;
        let mut space = self.space();
        let mut strategy = self.strategy();
        grid(ui, "main-settings", |ui| {
            let help = "The images of the next run. Drop a file or a folder of your own on the window, and it stands here, too.";
            row(ui, "Data set", help, |ui, label| self.dataset(ui, label));
            let help = "Which cells are searched.";
            row(ui, "Space", help, |ui, label| {
                let options = Space::ALL.map(|space| (space, space.title(), space_words(space)));
                choice(ui, label, "space", &mut space, &options);
            });
            let help = "How architectures are searched.";
            row(ui, "Strategy", help, |ui, label| {
                let mut chosen = Some(strategy);
                strategy_choice::choice(ui, label, "strategy", &mut chosen, None, None);
                strategy = chosen.unwrap_or(strategy);
            });
            let help = "A second strategy that searches at the same time, with the same seed, images and settings. What each finds is trained.";
            row(ui, "Race against", help, |ui, label| {
                let nobody = Some(["nobody", "One run alone."]);
                strategy_choice::choice(
                    ui,
                    label,
                    "rival",
                    &mut self.rival,
                    nobody,
                    Some(strategy),
                );
            });
            let help = "Starting point of all settings below.";
            row(ui, "Preset", help, |ui, label| {
                let options = [Preset::Quick, Preset::Teach, Preset::Paper]
                    .map(|preset| (preset, preset.title(), preset_words(preset)));
                choice(ui, label, "preset", &mut preset, &options);
            });
        });
        if preset != self.preset || space != self.space() {
            self.preset = preset;
            self.config.search = Some(preset.search(space, strategy));
            self.config.train = preset.train(space);
        }
        if let Some(search) = &mut self.config.search {
            search.strategy = strategy;
        }
    }

    /// The choice of the images.
    fn dataset(&mut self, ui: &mut egui::Ui, label: egui::Id) {
        let mut names: Vec<String> = EMBEDDED.map(String::from).into();
        names.extend(handed_names());
        if !names.contains(&self.config.dataset) {
            names.push(self.config.dataset.clone());
        }
        let before = names.iter().position(|name| *name == self.config.dataset);
        let mut at = before.unwrap_or_default();
        let options: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(index, name)| (index, short_name(name), dataset_words(name)))
            .collect();
        choice(ui, label, "dataset", &mut at, &options);
        if before != Some(at)
            && let Some(name) = names.get(at)
        {
            self.use_dataset(name);
        }
    }

    /// What it chooses among, if not all of its space.
    fn candidates(&self) -> Option<Candidates> {
        let search = self.config.search.as_ref()?;
        Some(search.candidates.clone()).filter(|candidates| !candidates.is_all())
    }

    fn space(&self) -> Space {
        self.config
            .search
            .as_ref()
            .map_or(Space::Darts, |search| search.space)
    }

    fn strategy(&self) -> Strategy {
        strategy_of(&self.config)
    }

    fn forecast(&mut self, ui: &mut egui::Ui, device: Option<&DeviceInfo>) {
        let coming = is_coming(&self.config.dataset);
        let stale = self.facts.as_ref().is_none_or(|(name, share, _)| {
            *name != self.config.dataset || *share != self.config.test_share
        });
        let stale = stale || coming;
        if stale {
            self.facts = Some((
                self.config.dataset.clone(),
                self.config.test_share,
                forecast::facts(&self.config),
            ));
        }
        let facts = match &self.facts {
            Some((_, _, Ok(facts))) => facts,
            Some((_, _, Err(error))) => {
                let color = match coming {
                    true => ui.visuals().weak_text_color(),
                    false => ui.visuals().error_fg_color,
                };
                ui.colored_label(color, in_labels(error));
                return;
            }
            None => return,
        };
        let sides = self.sides();
        let known = self.forecasts.as_ref();
        if known.is_none_or(|(known, on, _)| *known != sides || on.as_ref() != device) {
            let forecasts = sides
                .iter()
                .map(|side| forecast::forecast(side, facts, device));
            let forecasts = forecasts.collect();
            self.forecasts = Some((sides, device.cloned(), forecasts));
        }
        let Some((sides, _, forecasts)) = &self.forecasts else {
            return;
        };
        let [forecast, ..] = &forecasts[..] else {
            return;
        };
        ui.add_space(SPACE[0]);
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 2.0;
            let [weights, architecture, test] = facts.split;
            if forecast.memory.is_none() && self.config.search.is_some() {
                ui.label("No search: one architecture is drawn and trained.");
            }
            let (work, time) = self.work(sides, forecasts);
            // The times come with the first steps of a run.
            let steps = work.split("about ").next().unwrap_or_default();
            let steps = steps.trim_end_matches([',', ';', ' ']);
            let longer = format!("{steps}; about 10 min 10 s for both");
            label_in_room_of(ui, longer.into(), work.into());
            label_in_room_of(ui, theme::note(LONG_TIME), theme::note(time));
            match &forecast.memory {
                Some(Ok((needed, keeps))) => {
                    let text = format!("about {} of memory for a search step", bytes(*needed));
                    let kept = match *keeps {
                        "keep" => "every branch is kept",
                        "recompute" => "branches are computed again",
                        _ => "the baseline keeps everything",
                    };
                    ui.label(theme::note(text)).on_hover_text(format!(
                        "The peak by arithmetic, before anything is allocated; {kept}."
                    ));
                }
                Some(Err(error)) => {
                    ui.colored_label(ui.visuals().error_fg_color, in_labels(error));
                }
                None => {}
            }
            ui.label(theme::note(format!(
                "{weights} images train weights, {architecture} train α, {test} test once"
            )));
        });
        match self.start_check() {
            Err(error) => {
                ui.colored_label(ui.visuals().error_fg_color, in_labels(&error));
            }
            Ok(notes) => notes.into_iter().for_each(|note| {
                ui.label(theme::note(note));
            }),
        }
    }

    /// What there is to do and how long it takes, and where that time comes from.
    fn work(&self, sides: &[RunConfig], forecasts: &[RunForecast]) -> (String, String) {
        match (sides, forecasts) {
            ([own, rival], [one, other]) => {
                let raced = [own, rival].map(|side| self.raced.get(side));
                let alone = [own, rival].map(|side| self.speeds.get(side));
                let paces = match raced[0] {
                    [None, None] => alone[0],
                    known => known,
                };
                let work = [(strategy_of(own), one), (strategy_of(rival), other)];
                (forecast::race(work, raced, alone), one.time(paces))
            }
            ([own], [one]) => {
                let paces = self.speeds.get(own);
                (one.work(paces), one.time(paces))
            }
            // Every side has its forecast.
            _ => Default::default(),
        }
    }

    /// What is wrong with the settings, or what is changed where they do not fit the images.
    fn start_check(&self) -> Result<Vec<String>, String> {
        let mut config = self.config.clone();
        let notes = self.fit_to_images(&mut config);
        let checked = match &self.facts {
            Some((_, _, Ok(facts))) => config.check_images([facts.image[1], facts.image[2]]),
            _ => Ok(()),
        };
        let checked = config.check().and(checked);
        checked.map(|()| notes).map_err(|error| error.to_string())
    }

    fn more_settings(&mut self, ui: &mut egui::Ui) {
        ui.add_space(SPACE[0]);
        let Some(search) = &mut self.config.search else {
            return;
        };
        for (name, group) in [
            ("Search size", Group::Size),
            ("Neighborhood", Group::Neighborhood),
            ("Curvature in α", Group::Curvature),
            ("Rates and penalties", Group::Rates),
            ("Search images", Group::Images),
        ] {
            if settings::any(search, group) {
                section(ui, name, false, |ui| settings::search(ui, search, group));
            }
        }
        section(ui, "Training from scratch", false, |ui| {
            settings::training(ui, &mut self.config.train);
        });
        section(ui, "Machine", false, |ui| {
            machine(ui, &mut self.config);
        });
        ui.add_space(SPACE[0]);
        let reset = ui
            .button("Back to the preset")
            .on_hover_text("Undoes every change to the settings above");
        if reset.clicked() {
            let (space, strategy) = (self.space(), self.strategy());
            self.config.search = Some(self.preset.search(space, strategy));
            self.config.train = self.preset.train(space);
        }
    }
}

/// How a run of this panel searches.
fn strategy_of(config: &RunConfig) -> Strategy {
    let search = config.search.as_ref();
    search.map_or(Strategy::NaDarts, |search| search.strategy)
}

/// Whether a run is made now.
fn goes_on(run: &RunView) -> bool {
    run.live && run.state == RunState::Running
}

/// The button of the panel that matters most, its text in the middle as that of the others.
fn main_button(ui: &mut egui::Ui, text: &str, enabled: bool, size: egui::Vec2) -> egui::Response {
    let button = theme::primary_button(ui, text).min_size(size);
    let middle = |ui: &mut egui::Ui| ui.add_enabled(enabled, button);
    ui.vertical_centered_justified(middle).inner
}

/// The button that holds a run or lets it go on.
fn hold(ui: &mut egui::Ui, size: egui::Vec2, context: &mut Context) {
    let mut runs = [Some(context.run), context.rival].into_iter().flatten();
    let (text, help, command) = match runs.any(|run| run.live && run.state == RunState::Held) {
        true => ("▶  Resume", "Goes on (Space)", Command::Resume),
        false => (
            "▮▮  Pause",
            "Holds before the next step (Space)",
            Command::Pause,
        ),
    };
    let goes_on = context.session == SessionState::Busy;
    let button = main_button(ui, text, goes_on, size);
    if button.on_hover_text(help).clicked() {
        context.actions.push(Action::Send(command));
    }
}

fn section(ui: &mut egui::Ui, title: &str, open: bool, rows: impl FnOnce(&mut egui::Ui)) {
    CollapsingHeader::new(title)
        .default_open(open)
        .show(ui, |ui| grid(ui, title, rows));
}

fn machine(ui: &mut egui::Ui, config: &mut RunConfig) {
    let help = "Where it computes.";
    row(ui, "Device", help, |ui, label| {
        device(ui, label, &mut config.device);
    });
    let help = "How mixed operations are computed; both agree to rounding.";
    row(ui, "Kernels", help, |ui, label| {
        let options = [
            (
                KernelChoice::Fused,
                "Fused",
                "All operations of an edge at once, by kernels of this program: the fastest.",
            ),
            (
                KernelChoice::Stock,
                "Stock",
                "One operation after the other, by those of the Burn library: the baseline.",
            ),
        ];
        choice(ui, label, "kernels", &mut config.kernels, &options);
    });
    let help = "What the fused kernels keep for the backward pass.";
    row(ui, "Memory", help, |ui, label| {
        let options = [
            (
                MemoryChoice::Auto,
                "Automatic",
                "Keeps as much as fits by the forecast.",
            ),
            (
                MemoryChoice::Keep,
                "Keep branches",
                "Every branch stays: faster, several times the memory.",
            ),
            (
                MemoryChoice::Recompute,
                "Compute again",
                "Only the cells' states stay; branches are computed a second time.",
            ),
        ];
        choice(ui, label, "memory", &mut config.memory, &options);
    });
    if let Some(search) = &mut config.search {
        settings::search(ui, search, Group::Machine);
    }
    let help = "Seed of everything random: the same seed on the same device gives the same run.";
    row(ui, "Seed", help, |ui, label| {
        ui.add(egui::DragValue::new(&mut config.seed).speed(0.1))
            .labelled_by(label)
            .on_hover_text(help);
    });
    let help = "Share of the images that no search ever sees, for the one test at the end.";
    row(ui, "Test share", help, |ui, label| {
        ui.add(
            egui::DragValue::new(&mut config.test_share)
                .range(0.01..=0.9)
                .speed(0.01),
        )
        .labelled_by(label)
        .on_hover_text(help);
    });
}

/// A data set in one sentence.
fn dataset_words(name: &str) -> &'static str {
    match EMBEDDED.iter().position(|known| *known == name) {
        Some(0) => {
            "Handwritten digits of UCI: 1,797 grey images of 8×8 pixels; a run takes minutes."
        }
        Some(1) => "Handwritten digits of MNIST: 5,000 grey images of 28×28 pixels.",
        Some(_) => "Clothes of Fashion-MNIST: 3,000 grey images of 28×28 pixels.",
        None => "Your own images; the panel Data shows them.",
    }
}

/// A space in one sentence.
fn space_words(space: Space) -> &'static str {
    match space {
        Space::Darts => "A normal and a reduction cell, each of 14 edges with 8 operations.",
        Space::NasBench201 => "One cell of 6 edges with 5 operations: 15,625 cells in all.",
        Space::NasBench201Small => {
            "One cell of 3 edges with 5 operations: 125 cells in all, and a table of them is built in."
        }
    }
}

/// A preset in one sentence.
fn preset_words(preset: Preset) -> &'static str {
    match preset {
        Preset::Quick => "Minutes on two CPU cores with the digits.",
        Preset::Teach => "A search that one can watch: minutes on a laptop's GPU.",
        Preset::Paper => "The settings of the paper on DARTS: hours on a strong GPU.",
    }
}

/// How far a live run is, with the time that is left. `name`: what tells a side of a race from the other. `train_pace`: seconds a training
/// step of such a run took before.
fn progress(ui: &mut egui::Ui, run: &RunView, name: Option<&str>, train_pace: Option<f64>) {
    let Some(progress) = run.progress() else {
        return;
    };
    let share = progress.done as f32 / progress.total.max(1) as f32;
    let text = format!("{} {} of {}", progress.phase, progress.done, progress.total);
    ui.add(
        egui::ProgressBar::new(share)
            .desired_height(PROGRESS)
            .corner_radius(4.0)
            .text(theme::note(text.clone()).color(ui.visuals().text_color())),
    )
    .widget_info(|| {
        let text = name.map_or(text.clone(), |name| format!("{name}: {text}"));
        egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, text)
    });
    let going = matches!(run.state, RunState::Running | RunState::Held);
    let left =
        forecast::left(&progress, train_pace).filter(|_| going && progress.done < progress.total);
    let words = match name {
        Some(name) => Some(format!(
            "{name}: {}",
            left.unwrap_or(state_words(run, false).0.into())
        )),
        None => left,
    };
    if let Some(words) = words {
        ui.add(egui::Label::new(theme::note(words)).truncate());
    }
}

/// A text in the room of a longer one, so that nothing below moves when that comes.
fn label_in_room_of(ui: &mut egui::Ui, longer: RichText, text: RichText) {
    let wrap = Some(egui::TextWrapMode::Wrap);
    let width = ui.available_width();
    let longer = WidgetText::from(longer).into_galley(ui, wrap, width, TextStyle::Body);
    ui.scope(|ui| {
        ui.set_min_height(longer.size().y);
        ui.label(text);
    });
}
