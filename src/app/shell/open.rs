//! Opens what a person chose or dropped, by its content.

use std::borrow::Cow;
#[cfg(not(target_arch = "wasm32"))]
use std::path::Path;
use std::sync::Arc;

use eframe::egui;
use serde::Deserialize;

use super::App;
use super::files::may_be_data;
#[cfg(not(target_arch = "wasm32"))]
use crate::app::context::Again;
use crate::app::context::{Action, OpenTable, OpenedFile, ReadData};
use crate::app::draw::words::counted;
use crate::app::pane::Pane;
#[cfg(not(target_arch = "wasm32"))]
use crate::app::panels::search::SearchPanel;
use crate::app::runs::kept_run::Ask;
use crate::app::runs::notice::{About, Notice};
use crate::app::runs::recording::Recording;
#[cfg(not(target_arch = "wasm32"))]
use crate::app::runs::run_folders::kept_run;
use crate::app::runs::supernet::SupernetState;
use crate::data::{hand_over, short_name};
use crate::landscape::{ReadTable, Table, TableError, Values};
use crate::packed::{MOST_OF_A_REPORT, unpacked};
use crate::record::RunFiles;
use crate::session::{Command, RunConfig};
use crate::space::{Genotype, GenotypeError, Reading, without_mark};
use crate::study::compare::Comparison;

/// What of a run folder's `config.json` says how to repeat the run.
#[derive(Deserialize)]
struct ConfigFile {
    config: RunConfig,
}

impl App {
    /// Opens a file that a person chose or dropped, by its content: a run, its configuration, a genotype or a table.
    ///
    /// Returns whether it could be opened; the notices say why not.
    pub fn open(&mut self, name: &str, bytes: &[u8]) -> bool {
        let opened = self.try_open(name, bytes);
        let ok = opened.is_ok();
        let told = opened.map_or_else(Notice::error, Notice::info);
        self.notices.push(told.about(About::Opening));
        ok
    }

    /// Opens files that were chosen or dropped together. What is nothing else is read as a data set.
    pub(super) fn open_files(&mut self, context: &egui::Context, files: Vec<OpenedFile>) {
        let [file] = &files[..] else {
            self.files.read_data(files, self.data.options(), context);
            return;
        };
        self.opened = None;
        let table = |app: &Self| app.table.as_ref().map(|open| open.table.clone());
        let before = table(self);
        match self.try_open(&file.name, &file.bytes) {
            Ok(text) => {
                let same = |(one, other): (Arc<Table>, Arc<Table>)| Arc::ptr_eq(&one, &other);
                if !before.zip(table(self)).is_some_and(same) {
                    self.table_path.clone_from(&file.path);
                }
                #[cfg(not(target_arch = "wasm32"))]
                if let Some(path) = file.path.as_ref().map(Path::new)
                    && self.opened.is_some()
                    && let Some(run) = kept_run(path).filter(|_| path.is_dir())
                {
                    self.take_kept(run);
                }
                // The browser forgets files that were dropped; the desktop has them where they were. Nobody can go on with a run in a zip.
                if let Some(name) = self.opened.clone()
                    && (cfg!(target_arch = "wasm32") || self.run_files.checkpoint().is_some())
                {
                    let kept = Ask::Keep(name, self.run_files.clone());
                    self.actions.push(Action::Shelf(kept));
                }
                self.notices.push(Notice::info(text).about(About::Opening));
            }
            Err(_) if may_be_data(file) => {
                self.files.read_data(files, self.data.options(), context);
            }
            Err(text) => self.notices.push(Notice::error(text).about(About::Opening)),
        }
    }

    /// A data set was read: runs can use it from now on.
    pub(super) fn take_data(&mut self, read: Result<ReadData, String>) {
        match read {
            Ok(ReadData {
                name,
                dataset,
                scaled,
                files,
            }) => {
                if !files.is_empty() {
                    let name = name.clone();
                    let added = Command::AddData { name, files };
                    for line in self.lines() {
                        line.send(added.clone());
                    }
                    self.added.push(added);
                }
                let mut text = format!(
                    "{}: {}, used by the next run",
                    short_name(&name),
                    counted(dataset.len(), "image")
                );
                if scaled {
                    text.push_str(&format!(
                        "; they differ in size and were scaled to {}×{} (another size: Data, Options)",
                        dataset.height, dataset.width
                    ));
                }
                hand_over(&name, dataset);
                self.search.use_dataset(&name);
                self.data.choose(&name);
                self.dock.show(Pane::Data);
                self.notices.push(Notice::info(text).about(About::Opening));
            }
            Err(text) => self.notices.push(Notice::error(text).about(About::Opening)),
        }
    }

    /// Takes up what was open on another day, unless the person has opened something else since.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn take_again(&mut self, again: Again) {
        match again {
            Again::Table(..) if self.table_path.is_some() => {}
            Again::Table(path, Ok(table)) => {
                self.table = Some(table);
                self.table_path = Some(path);
            }
            Again::Table(_, Err(error)) => self.notices.push(Notice::info(format!(
                "the table of last time cannot be read: {error}; the built-in one is open instead"
            ))),
            Again::Data(name, Ok(dataset)) => {
                hand_over(&name, dataset);
                // As long as nobody has chosen others.
                if self.search.config().dataset == SearchPanel::first().config().dataset {
                    self.search.use_dataset(&name);
                }
            }
            Again::Data(name, Err(error)) => self.notices.push(Notice::info(format!(
                "the images of last time, {}, cannot be read: {error}; the next run is on {}",
                short_name(&name),
                self.search.config().dataset
            ))),
        }
    }

    fn try_open(&mut self, name: &str, bytes: &[u8]) -> Result<String, String> {
        let bytes = &*without_mark(bytes);
        // Once for both; what is too large or damaged is neither.
        let text = unpacked(bytes, MOST_OF_A_REPORT).unwrap_or(Cow::Borrowed(bytes));
        if let Some(read) = Comparison::recognised(&text) {
            let comparison = read.map_err(|error| format!("{name}: {error}"))?;
            let runs = counted(comparison.entries.len(), "run");
            self.comparison.open(name, comparison);
            return Ok(format!("opened the comparison {name}: {runs}"));
        }
        if let Some(read) = Values::recognised(&text) {
            return self.values.open(name, read);
        }
        let run = RunFiles::recognises(bytes).then(|| Recording::from_bytes(bytes));
        if let Some(Err(error)) = &run
            && (bytes.starts_with(b"{") || !error.is_other_content())
        {
            return Err(format!("{name}: {error}"));
        }
        if let Some(Ok(recording)) = run {
            if self.session().is_busy() {
                return Err(format!("a run is going on; stop it before you open {name}"));
            }
            self.end_race();
            self.run = recording.view(name);
            self.run_files = recording.files;
            self.supernet = SupernetState::Unknown;
            (self.kept, self.unfinished) = (None, None);
            self.opened = Some(name.to_owned());
            self.dock.show(Pane::Run);
            let steps = counted(self.run.steps.len(), "step");
            let left_out = self.run_files.left_out.iter();
            let left_out: String = left_out.map(|what| format!("; left out: {what}")).collect();
            return Ok(format!("opened the run {name}: {steps}{left_out}"));
        }
        if let Ok(file) = serde_json::from_slice::<ConfigFile>(bytes) {
            let config = file.config;
            let checked = config.check();
            checked.map_err(|error| format!("{name}: {error}"))?;
            self.search.set_config(config);
            self.dock.show(Pane::Search);
            return Ok(format!("took the settings of {name}"));
        }
        let ReadTable { table, notes } = match ReadTable::from_bytes(bytes, &[]) {
            Ok(read) => read,
            Err(error) => return self.try_genotype(name, bytes, &error),
        };
        let metric = table.metrics().first().cloned().unwrap_or_default();
        self.table = Some(OpenTable {
            name: name.into(),
            table: Arc::new(table),
            metric,
        });
        // Who knows the path says so.
        self.table_path = None;
        self.dock.show(Pane::Landscape);
        let said = std::iter::once(format!("opened the table {name}")).chain(notes);
        Ok(said.collect::<Vec<_>>().join("; "))
    }

    /// Opens what is no table as a genotype. A table with a mistake is none, though it holds many.
    fn try_genotype(
        &mut self,
        name: &str,
        bytes: &[u8],
        table: &TableError,
    ) -> Result<String, String> {
        let read = match name.ends_with(".csv") {
            true => Err(GenotypeError::UnknownForm),
            false => Genotype::read(bytes, None),
        };
        match read {
            Ok(Reading { genotype, notes }) => {
                self.editor.edit(genotype);
                self.dock.show(Pane::Editor);
                let told: Vec<String> = std::iter::once(format!("opened the genotype {name}"))
                    .chain(notes)
                    .collect();
                Ok(told.join("; "))
            }
            Err(GenotypeError::UnknownForm | GenotypeError::TooLarge | GenotypeError::NotText) => {
                Err(format!(
                    "{name} is neither a run, its configuration, a genotype nor a table of results (as a table: {table})"
                ))
            }
            Err(error @ GenotypeError::Several(_)) => Err(format!(
                "{name}: {error}; paste one of them into the cell editor"
            )),
            Err(error) => Err(format!("{name}: {error}")),
        }
    }
}
