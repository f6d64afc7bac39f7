//! The runs that are kept, in `runs/` natively and in the browser's storage there: listed, opened, and gone on with.

use eframe::egui;

use crate::app::context::Action;
use crate::app::draw::theme::{self, Lies, SPACE};
use crate::app::runs::kept_run::{Ask, KeptRun};
use crate::app::runs::link::SessionState;
use crate::app::runs::shelf::Shelf;

/// Draws the list, while it is shown.
pub fn window(
    shelf: &mut Shelf,
    context: &egui::Context,
    session: SessionState,
    actions: &mut Vec<Action>,
) {
    let mut shown = shelf.shown;
    let mut done = false;
    let lies = Lies::Free([460.0, 320.0]);
    theme::window_over(context, "Kept runs", &mut shown, lies, |ui| {
        let runs = match &shelf.runs {
            None => {
                ui.spinner();
                return;
            }
            Some(Err(message)) => {
                ui.colored_label(ui.visuals().error_fg_color, message);
                return;
            }
            Some(Ok(runs)) => runs,
        };
        let place = if cfg!(target_arch = "wasm32") {
            "in this browser's storage"
        } else {
            "in the folder runs"
        };
        ui.label(theme::note(match runs.len() {
            0 => format!("No run is kept {place} yet: start one with Run."),
            1 => format!("1 run {place}"),
            count => format!("{count} runs {place}"),
        }));
        ui.add_space(SPACE[0]);
        for run in runs {
            done |= row(ui, run, session, actions);
        }
    });
    shelf.shown = shown && !done;
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
