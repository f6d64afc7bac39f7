//! The runs that are kept, in `runs/` natively and in the browser's storage there: listed, opened, and gone on with.
//!
//! Whoever keeps them answers later, through a channel, so that the window never waits.

use async_channel::{Receiver, Sender};
use eframe::egui;

use super::context::{Action, SessionState};
use super::theme::{self, SPACE};
use crate::record::RunFiles;

/// A run that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRun {
    /// What it is called where it is kept.
    pub name: String,
    /// Whether it has not reached its end and has a checkpoint.
    pub can_go_on: bool,
}

/// What the window asks the keeper of runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Which runs there are.
    List,
    /// The events of a run.
    Open(String),
    /// Let the session go on with a run from its checkpoint.
    GoOn(String),
    /// The files of a run.
    Files(String),
    /// Keep a run that was opened from a file, by its name, where it could not be opened again or gone on with otherwise.
    Keep(String, RunFiles),
    /// Forget a run.
    #[cfg(target_arch = "wasm32")]
    Remove(String),
}

/// What the keeper answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// All runs.
    Listed(Vec<KeptRun>),
    /// A run's events.
    Opened {
        /// Its name.
        run: KeptRun,
        /// The lines of its `events.jsonl`.
        events: String,
    },
    /// A run's files.
    Files {
        /// Its name.
        name: String,
        /// Its files; its events may end before those that the window has heard.
        files: RunFiles,
    },
    /// A run that was opened from a file is kept.
    Kept(KeptRun),
    /// The session goes on with a run.
    GoesOn {
        /// Its name.
        name: String,
        /// What it had said before the state that it goes on from.
        events: String,
    },
    /// It could not be done, and why.
    Failed(String),
}

/// The line to the keeper, and its window.
pub struct Shelf {
    asks: Sender<Ask>,
    answers: Receiver<Answer>,
    runs: Option<Vec<KeptRun>>,
    shown: bool,
}

impl Default for Shelf {
    /// A shelf that keeps nothing.
    fn default() -> Self {
        Self::new(async_channel::bounded(1).0, async_channel::bounded(1).1)
    }
}

impl Shelf {
    /// A line to a keeper.
    pub fn new(asks: Sender<Ask>, answers: Receiver<Answer>) -> Self {
        Self {
            asks,
            answers,
            runs: None,
            shown: false,
        }
    }

    /// Asks the keeper; false: there is none.
    pub fn ask(&self, ask: Ask) -> bool {
        self.asks.try_send(ask).is_ok()
    }

    /// The next answer that concerns the window.
    pub fn answer(&mut self) -> Option<Answer> {
        loop {
            match self.answers.try_recv().ok()? {
                Answer::Listed(runs) => self.runs = Some(runs),
                answer => return Some(answer),
            }
        }
    }

    /// Shows the list.
    pub fn open(&mut self) {
        self.shown = true;
        self.runs = None;
        if !self.ask(Ask::List) {
            self.runs = Some(Vec::new());
        }
    }

    /// Draws the list, while it is shown.
    pub fn window(
        &mut self,
        context: &egui::Context,
        session: SessionState,
        actions: &mut Vec<Action>,
    ) {
        let mut shown = self.shown;
        let mut done = false;
        egui::Window::new("Kept runs")
            .open(&mut shown)
            .default_size([460.0, 320.0])
            .show(context, |ui| {
                let Some(runs) = &self.runs else {
                    ui.spinner();
                    return;
                };
                let place = if cfg!(target_arch = "wasm32") {
                    "in this browser's storage"
                } else {
                    "in the folder runs"
                };
                ui.label(theme::note(match runs.len() {
                    0 => format!("No run is kept {place} yet: start one with Run."),
                    count => format!("{count} runs {place}"),
                }));
                ui.add_space(SPACE[0]);
                egui::ScrollArea::vertical()
                    .auto_shrink(false)
                    .show(ui, |ui| {
                        for run in runs {
                            done |= row(ui, run, session, actions);
                        }
                    });
            });
        self.shown = shown && !done;
    }
}

/// One run of the list. Returns whether the list has served its purpose.
fn row(ui: &mut egui::Ui, run: &KeptRun, session: SessionState, actions: &mut Vec<Action>) -> bool {
    let name = &run.name;
    let mut done = false;
    ui.horizontal(|ui| {
        let button = |ui: &mut egui::Ui, enabled, word: &str, help: &str| {
            let button = ui.add_enabled(enabled, egui::Button::new(word));
            let label = format!("{word} {name}");
            button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, &label));
            button.on_hover_text(help).clicked()
        };
        let free = session != SessionState::Busy;
        if button(ui, free, "Open", "Shows the run") {
            actions.push(Action::Shelf(Ask::Open(name.clone())));
            done = true;
        }
        let idle = session == SessionState::Idle;
        if run.can_go_on
            && button(
                ui,
                idle,
                "Go on",
                "Goes on from its last checkpoint, bit for bit",
            )
        {
            actions.push(Action::Shelf(Ask::GoOn(name.clone())));
            done = true;
        }
        #[cfg(target_arch = "wasm32")]
        if button(
            ui,
            free,
            "Remove",
            "Removes the run from this browser's storage for good",
        ) {
            actions.push(Action::Shelf(Ask::Remove(name.clone())));
        }
        ui.label(name);
        if run.can_go_on {
            ui.label(theme::note("unfinished"));
        }
    });
    done
}
