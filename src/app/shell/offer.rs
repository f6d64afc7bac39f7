//! The offer to go on with a run that was interrupted, or with both sides of a race, and to see a race that is over.

use eframe::egui;

use super::App;
use super::notices::{self, Pressed};
use crate::app::context::Action;
use crate::app::draw::theme::{self, Hue};
use crate::app::runs::kept_run::{Ask, KeptRun, name_of};
use crate::app::runs::link::Seat;
use crate::record::Progress;

/// A kept run that the window offers to go on with, or to show where it cannot go on.
pub struct Offer {
    run: KeptRun,
    /// Whether it is the run that is shown, or its rival.
    shown: bool,
}

impl Offer {
    /// That of the shown run, or of its rival.
    pub fn of_shown(run: KeptRun) -> Self {
        Self { run, shown: true }
    }

    /// Whether it is that of the shown run, or of its rival.
    pub fn is_of_shown(&self) -> bool {
        self.shown
    }
}

impl App {
    /// Offers the first of these that the person did not decline before, unless something else was begun: to go on with the newest
    /// interrupted run, or to show the last race.
    pub(super) fn offer_at_start(&mut self, newest: [Option<KeptRun>; 2]) {
        let begun = self.run.live || self.opened.is_some() || self.kept.is_some();
        let declined = |run: &KeptRun| {
            let mut names = [&self.declined, &self.declined_race].into_iter().flatten();
            names.any(|name| *name == run.name || run.rival.as_ref() == Some(name))
        };
        let mut newest = newest.into_iter().flatten();
        if let Some(run) = newest.find(|run| !begun && !declined(run)) {
            if run.can_go_on {
                // Where it stands is read meanwhile.
                self.shelf.describe(&run.name);
            }
            self.unfinished = Some(Offer { run, shown: false });
        }
    }

    /// Offers to go on with a run that was interrupted or to show a race, and says that so many failures have no room.
    pub(super) fn offer(&mut self, ui: &mut egui::Ui, more: usize) {
        let Some(offer) = &self.unfinished else {
            return;
        };
        let (text, color) = (self.words(offer), theme::hue(ui.visuals(), Hue::Accent));
        let accept = match offer.run.can_go_on {
            true => "Go on",
            false => "Show the race",
        };
        let accepted = match notices::strip(ui, &text, &[accept, "Not now"], more, color) {
            Some(Pressed::Button(button)) => button == 0,
            Some(Pressed::More) => {
                self.notices.listed = true;
                return;
            }
            None => return,
        };
        if let Some(Offer { run, .. }) = self.unfinished.take() {
            match accepted {
                true => {
                    let ask = match run.can_go_on {
                        true => Ask::GoOn(run.name, Seat::Shown),
                        false => Ask::Open(run.name),
                    };
                    self.actions.push(Action::Shelf(ask));
                }
                // Whoever declines the one has not asked for the other again.
                false if run.can_go_on => self.declined = Some(run.name),
                false => self.declined_race = Some(run.name),
            }
        }
    }

    /// What the offer says.
    pub(super) fn words(&self, offer: &Offer) -> String {
        let Offer { run, shown } = offer;
        let name = |name: &String| name_of(name.as_ref());
        if let (false, Some(rival)) = (run.can_go_on, &run.rival) {
            let sides = format!("{} and {}", name(&run.name), name(rival));
            return format!("Your last race, {sides}, is kept.");
        }
        let (what, progress) = match (shown, &run.rival, &self.rival) {
            (true, _, Some(rival)) if self.kept.as_ref() != Some(&run.name) => {
                ("This race".to_owned(), rival.run.progress())
            }
            (true, _, Some(_)) => ("This race".to_owned(), self.run.progress()),
            (true, _, None) => ("This run".to_owned(), self.run.progress()),
            (false, rival, _) => {
                let digest = self.shelf.digests.get(&run.name);
                let digest = digest.and_then(|digest| digest.as_ref().ok());
                let what = match rival {
                    Some(rival) => format!("The race of {} and {}", name(&run.name), name(rival)),
                    None => format!("The run {}", name(&run.name)),
                };
                (what, digest.and_then(|digest| digest.progress))
            }
        };
        let place = progress.map_or(String::new(), place);
        format!("{what} was interrupted{place}.")
    }
}

/// Where a run stands.
fn place(progress: Progress) -> String {
    let Progress {
        phase, done, total, ..
    } = progress;
    match phase {
        "search" => format!(" at step {done} of {total}"),
        _ => format!(" in its {phase}, at step {done} of {total}"),
    }
}
