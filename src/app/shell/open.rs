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
use crate::app::lessons::Lesson;
use crate::app::pane::Pane;
#[cfg(not(target_arch = "wasm32"))]
use crate::app::panels::search::SearchPanel;
use crate::app::runs::kept_run::Ask;
use crate::app::runs::notice::{About, Notice};
use crate::app::runs::recording::Recording;
#[cfg(not(target_arch = "wasm32"))]
use crate::app::runs::run_folders::kept_run;
use crate::app::runs::supernet::SupernetState;
use crate::data::{hand_over, is_picture, short_name};
use crate::json::problem;
use crate::landscape::{ReadTable, Table, TableError, Values};
use crate::packed::{MOST_OF_A_REPORT, unpacked};
#[cfg(not(target_arch = "wasm32"))]
use crate::record::EVENTS;
use crate::record::{RunFileError, RunFiles};
use crate::session::{Command, RUN_VERSION, RunConfig};
use crate::space::{Genotype, GenotypeError, Reading, without_mark};
use crate::study::compare::Comparison;

/// What of a run folder's `config.json` says how to repeat the run.
#[derive(Deserialize)]
struct ConfigFile {
    config: RunConfig,
}

/// The settings in a `config.json`; nothing where it holds something else.
fn settings(bytes: &[u8]) -> Option<Result<RunConfig, String>> {
    let file: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let config = file.get("config")?.as_object()?;
    let version = config.get("version")?.as_u64();
    if let Some(version) = version.filter(|version| *version > u64::from(RUN_VERSION)) {
        return Some(Err(format!(
            "a newer Plateau wrote it (version {version} of the settings, and {RUN_VERSION} is known here); open it with that version"
        )));
    }
    // From the text again: a JSON value would not keep every number as it was written.
    let read = serde_json::from_slice::<ConfigFile>(bytes);
    let read = read.map_err(|error| format!("its settings cannot be read: {}", problem(&error)));
    Some(read.and_then(|file| {
        let checked = file.config.check();
        checked.map_err(|error| error.to_string())?;
        Ok(file.config)
    }))
}

impl App {
    /// Opens a file that a person chose or dropped, by its content: a run, its configuration, a genotype, a table or a lesson.
    ///
    /// Returns whether it could be opened; the notices say why not.
    pub fn open(&mut self, name: &str, bytes: &[u8]) -> bool {
        let opened = self.try_open(name, bytes);
        let ok = opened.is_ok();
        let told = opened.map_or_else(Notice::error, Notice::info);
        self.notices.push(told.about(About::Opening));
        ok
    }

    /// Opens files that were chosen or dropped together. A picture alone is for the trained network; what is nothing else is read as a data
    /// set.
    pub(super) fn open_files(&mut self, context: &egui::Context, files: Vec<OpenedFile>) {
        let [file] = &files[..] else {
            self.files.read_data(files, self.data.options(), context);
            return;
        };
        // A single picture is no data set.
        if is_picture(&file.bytes) {
            self.ask_network(context, files);
            return;
        }
        self.opened = None;
        let table = |app: &Self| app.table.as_ref().map(|open| open.table.clone());
        let before = table(self);
        let opened = match is_run(file) {
            true => self.try_run(&file.name, Recording::from_bytes(&file.bytes)),
            false => self.try_open(&file.name, &file.bytes),
        };
        match opened {
            Ok(text) => {
                let same = |(one, other): (Arc<Table>, Arc<Table>)| Arc::ptr_eq(&one, &other);
                if !before.zip(table(self)).is_some_and(same) {
                    self.table_path.clone_from(&file.path);
                }
                #[cfg(not(target_arch = "wasm32"))]
                if let Some(path) = file.path.as_ref().filter(|_| self.opened.is_some()) {
                    self.take_path(Path::new(path), &file.bytes);
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
            Err(_) if may_be_data(file) && !is_run(file) => {
                self.files.read_data(files, self.data.options(), context);
            }
            Err(text) => self.notices.push(Notice::error(text).about(About::Opening)),
        }
    }

    /// The run that was opened has a path: it can be kept where it is.
    #[cfg(not(target_arch = "wasm32"))]
    fn take_path(&mut self, path: &Path, events: &[u8]) {
        let damaged = self.run_files.warning.is_some();
        if path.is_dir()
            && let Some(run) = kept_run(path, damaged.then_some(events))
        {
            self.take_kept(run);
        } else if !path.exists() {
            // As text, its path is another.
            let text =
                "the run cannot go on from here, since its path is no UTF-8: rename its folder";
            self.notices.push(Notice::info(text));
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
        if let Some(read) = Lesson::recognised(&text) {
            let lesson = read.map_err(|error| format!("{name}: {error}"))?;
            let cards = counted(lesson.cards.len(), "card");
            self.begin_lesson(None, Arc::new(lesson));
            return Ok(format!("opened the lesson {name}: {cards}"));
        }
        if RunFiles::recognises(bytes) {
            let read = Recording::from_bytes(bytes);
            let other = |error: &RunFileError| !bytes.starts_with(b"{") && error.is_other_content();
            if !read.as_ref().is_err_and(other) {
                return self.try_run(name, read);
            }
        }
        if let Some(read) = settings(bytes) {
            let config = read.map_err(|error| format!("{name}: {error}"))?;
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

    /// Opens a run.
    pub(super) fn try_run(
        &mut self,
        name: &str,
        read: Result<Recording, RunFileError>,
    ) -> Result<String, String> {
        let recording = read.map_err(|error| format!("{name}: {error}"))?;
        if self.session().is_busy() || self.races() {
            return Err(format!("a run is going on; stop it before you open {name}"));
        }
        self.end_race();
        self.run = recording.view(name);
        self.run_files = recording.files;
        self.supernet = SupernetState::Unknown;
        (self.kept, self.changed, self.unfinished) = (None, None, None);
        self.opened = Some(name.to_owned());
        self.dock.show(Pane::Run);
        let steps = counted(self.run.steps.len(), "step");
        let left_out = self.run_files.left_out.iter();
        let left_out = left_out.map(|what| format!("; left out: {what}"));
        let warning = self.run_files.warning.iter();
        let notes: String = warning
            .map(|warning| format!("; {warning}"))
            .chain(left_out)
            .collect();
        Ok(format!("opened the run {name}: {steps}{notes}"))
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
                self.editor.bring(genotype);
                self.dock.show(Pane::Editor);
                let told: Vec<String> = std::iter::once(format!("opened the genotype {name}"))
                    .chain(notes)
                    .collect();
                Ok(told.join("; "))
            }
            Err(GenotypeError::UnknownForm | GenotypeError::TooLarge | GenotypeError::NotText) => {
                Err(format!(
                    "{name} is neither a run, its configuration, a lesson, a genotype nor a table of results (as a table: {table})"
                ))
            }
            Err(error @ GenotypeError::Several(_)) => Err(format!(
                "{name}: {error}; paste one of them into the cell editor"
            )),
            Err(error) => Err(format!("{name}: {error}")),
        }
    }
}

/// Whether a file stands for a folder that holds a run, whatever is in it.
fn is_run(file: &OpenedFile) -> bool {
    #[cfg(not(target_arch = "wasm32"))]
    let is_run = |path: &String| Path::new(path).join(EVENTS).exists();
    #[cfg(target_arch = "wasm32")]
    let is_run = |_: &String| false;
    file.path.as_ref().is_some_and(is_run)
}
