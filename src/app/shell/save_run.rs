//! Saves the shown run or its rival: what it measured, for other programs, and all of it as a zip.

use eframe::egui;
use web_time::SystemTime;

use super::App;
use crate::app::context::{Action, Racer};
use crate::app::runs::kept_run::{Ask, name_of};
use crate::app::runs::notice::{About, Notice};
use crate::app::runs::recording::Recording;
use crate::export::{EVENT_FILE, Picture, curves, curves_csv, event_file};
use crate::record::{RunFileError, RunFiles, RunView};

/// A run as far as the window knows it.
pub struct Known<'a> {
    run: &'a RunView,
    /// Its files.
    pub files: &'a RunFiles,
    /// The name by which the keeper of runs has it.
    pub kept: Option<&'a String>,
    changed: Option<SystemTime>,
}

impl Known<'_> {
    /// What its files are called, without their endings.
    pub fn name(&self) -> String {
        match (self.kept, &self.run.config) {
            (Some(name), _) => name_of(name.as_ref()),
            (None, Some(config)) => config.name(),
            (None, None) => "run".into(),
        }
    }
}

impl App {
    /// One of the runs that are shown; none: nobody races.
    pub(super) fn known(&self, racer: Racer) -> Option<Known<'_>> {
        match racer {
            Racer::Shown => Some(Known {
                run: &self.run,
                files: &self.run_files,
                kept: self.kept.as_ref(),
                changed: self.changed,
            }),
            Racer::Rival => self.rival.as_ref().map(|rival| Known {
                run: &rival.run,
                files: &rival.files,
                kept: rival.kept.as_ref(),
                changed: rival.changed,
            }),
        }
    }

    /// Saves what every step measured as CSV.
    pub(super) fn save_curves(&mut self, racer: Racer, context: &egui::Context) {
        let Some(known) = self.known(racer) else {
            return;
        };
        match Recording::from_bytes(known.files.events.as_bytes()) {
            Ok(run) => {
                let csv = curves_csv(&curves(&run.events));
                let name = format!("{}.csv", known.name());
                self.files.save(name, csv.into_bytes(), context);
            }
            Err(error) => self.not_saved(error.to_string()),
        }
    }

    /// Saves an event file of TensorBoard, once the cells are drawn.
    pub(super) fn save_event_file(&mut self, racer: Racer, context: &egui::Context) {
        let Some(known) = self.known(racer) else {
            return;
        };
        let run = match Recording::from_bytes(known.files.events.as_bytes()) {
            Ok(run) => run,
            Err(error) => return self.not_saved(error.to_string()),
        };
        let last = known.changed.unwrap_or_else(SystemTime::now);
        // No clock stands before 1970.
        let last = last
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let started = last.as_secs_f64() - known.run.seconds;
        let name = format!("{EVENT_FILE}.{}", known.name());
        let made = move |pictures: &[Picture]| Action::SaveFile {
            name,
            bytes: event_file(&run.events, started, pictures),
        };
        let genotype = known.run.genotype().cloned();
        self.files.save_with_cells(genotype, made, context);
    }

    /// Saves all of it as a zip.
    pub(super) fn save_run(&mut self, racer: Racer, context: &egui::Context) {
        let Some(known) = self.known(racer) else {
            return;
        };
        // The keeper has more files than the window hears of.
        let kept = known.kept.cloned();
        if !kept.is_some_and(|name| self.shelf.ask(Ask::Files(name))) {
            let name = known.name();
            self.save_zip(known.files.to_zip(&name), &name, context);
        }
    }

    /// The keeper has read the files of a run, for a zip.
    pub(super) fn take_files(
        &mut self,
        kept: &String,
        files: Result<RunFiles, String>,
        context: &egui::Context,
    ) {
        let name = name_of(kept.as_ref());
        let racers = [Racer::Shown, Racer::Rival].into_iter();
        let mut known = racers.filter_map(|racer| self.known(racer));
        // Another run may be shown by now.
        let known = known.find(|known| known.kept == Some(kept));
        let (zip, problems) = match files {
            Ok(mut files) => {
                if let Some(known) = known
                    && known.files.events.len() > files.events.len()
                {
                    files.events.clone_from(&known.files.events);
                }
                let left_out = files.left_out.iter();
                let problems = left_out.map(|left_out| format!("not in the zip: {left_out}"));
                (files.to_zip(&name), problems.collect())
            }
            Err(message) => match known {
                Some(known) => {
                    let text = format!("only what the window knows is saved: {message}");
                    (known.files.to_zip(&name), vec![text])
                }
                None => return self.not_saved(message),
            },
        };
        let problems: Vec<String> = problems;
        self.notices.extend(problems.into_iter().map(Notice::error));
        self.save_zip(zip, &name, context);
    }

    fn save_zip(
        &mut self,
        zip: Result<Vec<u8>, RunFileError>,
        name: &str,
        context: &egui::Context,
    ) {
        match zip {
            Ok(bytes) => self.files.save(format!("{name}.zip"), bytes, context),
            Err(error) => self.not_saved(error.to_string()),
        }
    }

    /// Says why something is not saved.
    pub(super) fn not_saved(&mut self, why: String) {
        self.notices.push(Notice::error(why).about(About::Saving));
    }
}
