//! What is remembered between two days, beside the layout.

use eframe::egui;
use serde::{Deserialize, Serialize};

use super::{App, HABITS_KEY, LAYOUT_KEY, first_genotype};
use crate::app::panels::editor::Editor;
use crate::app::panels::forecast::Speeds;
use crate::app::panels::search::SearchPanel;
use crate::app::runs::recording::Recording;
use crate::app::share_link::Fragment;
use crate::data::built_in;
use crate::session::RunConfig;
use crate::space::Genotype;

/// Where the library of the window has its memory: all of it natively, and in a browser.
const MEMORY_KEYS: [&str; 2] = ["egui", "egui_memory_ron"];

/// What is remembered. What another version wrote and this one cannot read is as good as nothing, so it stands here as text.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Habits {
    projector: bool,
    toured: bool,
    speeds: Speeds,
    raced: Speeds,
    theme: Option<egui::ThemePreference>,
    /// The preset by its name.
    preset: Option<String>,
    /// Who races with the run, by its name.
    rival: Option<String>,
    /// The settings as in a run's `config.json`.
    config: Option<String>,
    /// The edited cell.
    cell: Option<String>,
    /// Path and metric of the open table.
    table: Option<(String, String)>,
    /// The interrupted run that the person did not want to go on with.
    declined: Option<String>,
    /// The race that the person did not want to see again, by one of its sides.
    declined_race: Option<String>,
}

impl App {
    /// Puts everything where it was. What a link says goes first.
    pub(super) fn restore(
        &mut self,
        context: &egui::Context,
        storage: &dyn eframe::Storage,
        link: &Fragment,
    ) {
        if let Some(tree) = eframe::get_value(storage, LAYOUT_KEY) {
            self.dock.restore(tree);
        }
        let Some(habits) = eframe::get_value::<Habits>(storage, HABITS_KEY) else {
            return;
        };
        self.search.speeds = habits.speeds;
        self.toured = habits.toured;
        self.search.raced = habits.raced;
        self.declined = habits.declined;
        self.declined_race = habits.declined_race;
        self.set_projector(context, habits.projector);
        if let Some(theme) = habits.theme {
            context.set_theme(theme);
        }
        let cell = habits.cell.and_then(|text| Genotype::parse(&text).ok());
        if let (None, Some(cell)) = (&link.cell, cell) {
            self.editor = Editor::new(cell);
        }
        if !link.has_settings() {
            let rival = habits.rival.and_then(|name| name.parse().ok());
            if self.restore_settings(context, habits.preset, habits.config) {
                self.search.set_rival(rival);
            }
        }
        #[cfg(not(target_arch = "wasm32"))]
        if let Some((path, metric)) = habits.table {
            self.files.table_again(path, metric, context);
        }
    }

    /// Takes up the settings of another day; whether they can be read.
    fn restore_settings(
        &mut self,
        context: &egui::Context,
        preset: Option<String>,
        config: Option<String>,
    ) -> bool {
        let config = config.and_then(|text| serde_json::from_str::<RunConfig>(&text).ok());
        let preset = preset.and_then(|name| name.parse().ok());
        let (Some(mut config), Some(preset)) = (config, preset) else {
            return false;
        };
        if config.check().is_err() {
            return false;
        }
        if built_in(&config.dataset).is_none() {
            // Data of one's own may take long to read, and a page has forgotten them.
            let name = std::mem::replace(&mut config.dataset, self.search.config().dataset.clone());
            #[cfg(not(target_arch = "wasm32"))]
            self.files.data_again(name, context);
            #[cfg(target_arch = "wasm32")]
            let _ = (name, context);
        }
        self.search.restore(&Fragment {
            preset: Some(preset),
            ..Fragment::default()
        });
        self.search.set_config(config);
        true
    }

    /// Remembers everything but what a new user has, too, and what a later version may have otherwise.
    pub(super) fn remember(&self, storage: &mut dyn eframe::Storage) {
        eframe::set_value(storage, LAYOUT_KEY, self.dock.tree());
        let config = self.search.config();
        let preset = self.search.fragment().preset;
        let new = SearchPanel::first();
        let first = first_genotype(&Recording::demo().view("recorded"));
        let rival = self.search.rival();
        let changed =
            config != new.config() || preset != new.fragment().preset || rival != new.rival();
        let cell = self.editor.genotype();
        let table = self.table.as_ref().zip(self.table_path.as_ref());
        // What goes on after all may be interrupted again.
        let going = self.kept.as_ref().filter(|_| self.run.live);
        let declined = self.declined.clone();
        let habits = Habits {
            projector: self.projector,
            toured: self.toured,
            speeds: self.search.speeds.clone(),
            raced: self.search.raced.clone(),
            theme: Some(self.theme),
            preset: preset
                .filter(|_| changed)
                .map(|preset| preset.name().to_owned()),
            rival: rival
                .filter(|_| changed)
                .map(|rival| rival.name().to_owned()),
            config: serde_json::to_string(config).ok().filter(|_| changed),
            cell: (*cell != first).then(|| cell.to_json()),
            table: table.map(|(table, path)| (path.clone(), table.metric.clone())),
            declined: declined.filter(|name| Some(name) != going),
            declined_race: self.declined_race.clone(),
        };
        eframe::set_value(storage, HABITS_KEY, &habits);
        self.clear_memory(storage);
    }

    /// Forgets what an earlier version remembered of scrolled panels and places of windows. Natively the library reads its zoom
    /// before it makes the window, whose size it keeps in zoomed points.
    fn clear_memory(&self, storage: &mut dyn eframe::Storage) {
        let [native, page] = MEMORY_KEYS;
        if cfg!(target_arch = "wasm32") {
            storage.remove_string(page);
        } else {
            let mut memory = egui::Memory::default();
            memory.options.theme_preference = self.theme;
            memory.options.zoom_factor = self.zoom();
            eframe::set_value(storage, native, &memory);
        }
    }
}
