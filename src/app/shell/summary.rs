//! Where the window stands, for a link and for a script that drives it.

use serde_json::{Value, json};

use super::App;
use crate::app::share_link::Fragment;
use crate::data::built_in;
use crate::record::{RunState, RunView};

impl App {
    /// What a link to what is shown now carries. A data set or a lesson of one's own is not in it.
    pub fn fragment(&self) -> Fragment {
        let mut fragment = self.search.fragment();
        fragment.dataset = fragment.dataset.filter(|name| built_in(name).is_some());
        fragment.cell = Some(self.editor.genotype().clone());
        fragment.lesson = self.lesson_place();
        fragment
    }

    /// What another person opens to see the same settings and the same cell: an address in the browser, a command natively.
    pub fn link(&self) -> String {
        let fragment = self.fragment().to_text();
        #[cfg(target_arch = "wasm32")]
        {
            let address = web_sys::window().and_then(|window| window.location().href().ok());
            let address = address.unwrap_or_default();
            let page = address.split('#').next().unwrap_or_default();
            format!("{page}#{fragment}")
        }
        #[cfg(not(target_arch = "wasm32"))]
        format!("plateau app --link '{fragment}'")
    }

    /// The state of the window: `session`, `device` (the GPU, once it has been checked), `run` (name, whether it is live, its state, its device, losses of its steps and the one
    /// that is looked at), `rival` (of that what tells where it stands), `config`, `edited`, `table`, `lesson` (its title and the place of its
    /// card) and `notices`.
    pub fn summary(&self) -> Value {
        let run = &self.run;
        let rival = self.rival().map(|rival| {
            json!({
                "name": rival.name,
                "live": rival.live,
                "state": state(rival),
                "steps": rival.steps.len(),
            })
        });
        let losses = |loss: fn(&crate::session::SearchStep) -> f32| -> Vec<f32> {
            run.steps.iter().map(loss).collect()
        };
        json!({
            "session": format!("{:?}", self.session()),
            "device": self.device.as_ref().map(|device| &device.name),
            "run": {
                "name": run.name,
                "live": run.live,
                "state": state(run),
                "device": run.device.as_ref().map(|device| &device.name),
                "steps": run.steps.len(),
                "trained": run.training.as_ref().map_or(0, |training| training.steps.len()),
                "position": run.position(),
                "train_losses": losses(|step| step.train_loss),
                "validation_losses": losses(|step| step.validation_loss),
            },
            "rival": rival,
            "config": self.search.config(),
            "edited": self.editor.genotype().to_compact(),
            "table": self.table_name(),
            "lesson": self.lesson().map(|(lesson, at)| json!({ "title": lesson.title, "at": at })),
            "notices": self.notices().iter().map(|notice| &notice.text).collect::<Vec<_>>(),
        })
    }
}

/// Where a run stands, in a word.
fn state(run: &RunView) -> &'static str {
    match &run.state {
        RunState::Empty => "empty",
        RunState::Running => "running",
        RunState::Held => "held",
        RunState::Stopped => "stopped",
        RunState::Finished => "finished",
        RunState::Failed(_) => "failed",
    }
}
